/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONTROL_PIPELINES_H
#define TESTS_CONTROL_PIPELINES_H
/*
 * Random sets of resources that an API server and the validating webhook would take: one to five MetricPipelines of both
 * versions with every input, output, credential, filter and transformation, the Secrets that they refer to, and at times a
 * Telemetry resource and facts. The same seed gives the same set. make_pipelines prints one, for tests in other languages.
 */
#include "base/dynbuf.h"

enum { PIPELINES_MAX = 5, PIPELINES_DOCUMENTS = 2 * PIPELINES_MAX + 2 };

/* What stands where a certificate belongs. NULL: a text that only looks like one. */
typedef struct pipelines_pem {
	const char *ca, *cert, *key;
} pipelines_pem;

typedef struct pipelines {
	tel__dynbuf text;                  /* the documents, each in JSON, which is YAML */
	size_t ends[PIPELINES_DOCUMENTS];  /* of each document in text */
	size_t count;                      /* documents */
	size_t pipeline_count;
} pipelines;

void pipelines_init(pipelines *p, uint64_t seed, const pipelines_pem *pem);
void pipelines_fini(pipelines *p);
tel_slice pipelines_document(const pipelines *p, size_t index);
/* The documents one behind the other, in the order of a seed; 0 = their own. NUL-terminated, free() it. */
char *pipelines_join(const pipelines *p, uint64_t seed);

#endif
