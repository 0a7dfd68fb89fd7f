/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PROCESS_CASES_H
#define TESTS_PROCESS_CASES_H
/*
 * Runs the recorded cases of conformance/processors: configuration and inputs through the library, what comes out beside
 * what the Collector gave. A case whose components have no code yet is counted and named, not skipped in silence.
 */
#include <stdbool.h>
#include <stddef.h>

typedef struct cases_result {
	size_t seen, passed, failed;
	size_t refused;    /* a component is left out on purpose, and the configuration says so */
	size_t missing;    /* a component has no code here */
	char lacking[256]; /* which: a blank before each */
} cases_result;

/* All cases of a folder; failing ones are printed. false = the folder is absent. */
bool cases_run(const char *folder, cases_result *ret_result);

#endif
