/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_INDEX_H
#define TEL_MODEL_INDEX_H
/*
 * From bytes to a batch. Structure (request, resource, scope, metric) becomes records; what is below a metric is
 * validated or, when trusted, skipped by length.
 */
#include <telemetry/buf.h>
#include <telemetry/metrics.h>

#include "base/budget.h"
#include "base/visibility.h"

typedef struct tel__index_opts {
	bool trusted;       /* structure only */
	bool keep_bad_text; /* text that is not UTF-8 stays in */
	unsigned max_depth; /* levels of AnyValue, at least 1 */
	size_t max_bytes;   /* of records */
	const tel_alloc *alloc;
	tel__budget *budget; /* records and edits are charged to it (security.md S7); may be NULL */
} tel__index_opts;

typedef struct tel__index_report {
	uint64_t rejected_points, rejected_nodes, merged_nodes, unknown_fields;
	char message[256]; /* of the first cut */
} tel__index_report;

TEL_PRIVATE_BEGIN

/* TEL_OK; TEL_ERR_MALFORMED; TEL_ERR_LIMIT; TEL_ERR_NOMEM; with a budget TEL_ERR_BUDGET. */
tel_err tel__index(tel_buf *payload, const tel__index_opts *opts, tel_metrics **ret_metrics,
                   tel__index_report *ret_report, tel_error *err);

TEL_PRIVATE_END
#endif
