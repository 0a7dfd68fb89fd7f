/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONTROL_PARSED_H
#define TESTS_CONTROL_PARSED_H
/* Resources out of a text, with what was found, one line each: "E 3:5 spec.x: message". */
#include <telemetry/pipeline.h>

typedef struct parsed {
	tel_pipeline_set *set; /* NULL when it was refused */
	tel_findings *findings;
	tel_err rc;
	char text[16384];
} parsed;

void parsed_init(parsed *p, const char *text, bool strict);
/* Adds what defaulting and validation find; rc is that of the last step. */
void parsed_validate(parsed *p, bool defaulting);
void parsed_fini(parsed *p);
/* Fails the test unless the findings are these. */
void parsed_expect(const parsed *p, const char *name, const char *findings);
/* The whole file; fails the test when it is not there. */
char *parsed_read_file(const char *path);

#endif
