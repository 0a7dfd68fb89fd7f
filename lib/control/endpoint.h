/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_ENDPOINT_H
#define TEL_CONTROL_ENDPOINT_H
/* What the reconciler demands of a pipeline's Secrets and endpoint before it takes it (kyma-metrics.md 6.2, 6.3), and the
 * variables that the collector gets (3.7). */
#include <telemetry/status.h>

#include "control/doc.h"
#include "control/pipeline_set.h"

typedef enum tel__secret_problem {
	TEL__SECRET_OK,
	TEL__SECRET_FIELDS_MISSING, /* of the reference */
	TEL__SECRET_MISSING,
	TEL__SECRET_KEY_MISSING,
	TEL__SECRET_UNREADABLE /* the API server failed */
} tel__secret_problem;

/* One variable of the environment. */
typedef struct tel__variable_value {
	tel_slice name, value;
} tel__variable_value;

TEL_PRIVATE_BEGIN

/* The first reference of a pipeline that cannot be resolved, in the order of 6.2; message is the reconciler's. failures:
 * Secrets that are not in the set because they could not be read. */
tel__secret_problem tel__pipeline_secrets(const tel_pipeline_set *set, const tel_secret_failure *failures,
                                          size_t failure_count, const tel__metric_pipeline *p, char *message, size_t cap);
/* Is this endpoint (already resolved) one that the output can use? false: message is the reconciler's. */
bool tel__endpoint_check(const tel__otlp_output *o, tel_slice endpoint, char *message, size_t cap);
/* The port that a pipeline sends to; false: its endpoint says none, or cannot be read. Where HTTP leaves it out it is 4318
 * as Kyma has it, or in truth that of the scheme. */
bool tel__endpoint_port(const tel_pipeline_set *set, const tel__metric_pipeline *p, bool in_truth, uint16_t *ret_port);
/* Endpoint and path as one URL. */
tel_slice tel__endpoint_join(tel__doc *d, tel_slice endpoint, tel_slice path);
/* The two characters "\n" become a line break: PEM in one line. */
tel_slice tel__break_lines(tel__doc *d, tel_slice text);
/* Adds the variables of one pipeline to map (name: text), which tel__doc_sort_bytes() finishes. What cannot be resolved is
 * left out. */
void tel__pipeline_variables(tel__doc *d, const tel_pipeline_set *set, const tel__metric_pipeline *p, tel__node *map);

TEL_PRIVATE_END
#endif
