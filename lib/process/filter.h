/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_FILTER_H
#define TEL_PROCESS_FILTER_H
/* Processor filter: drops what OTTL conditions or lists of names say. otel-processing.md 5. */
#include "process/ottl_keys.h"

/* One element of metric_conditions; all of them are one when they are strings. */
typedef struct tel__filter_entry {
	int32_t context;             /* tel__entry_context, when has_context; else each condition has its own */
	int32_t error_mode;          /* tel__error_mode, when has_error_mode; else the processor's */
	bool has_context, has_error_mode;
	tel__key_strings conditions; /* any of them drops */
} tel__filter_entry;

/* metrics.include and metrics.exclude */
typedef enum tel__match_type { TEL__MATCH_NONE, TEL__MATCH_STRICT, TEL__MATCH_REGEXP, TEL__MATCH_EXPR } tel__match_type;

typedef struct tel__filter_attribute {
	tel_slice key;
	const struct tel__node *value; /* NULL: any */
} tel__filter_attribute;

typedef struct tel__filter_match {
	int32_t match_type; /* tel__match_type */
	tel__key_strings metric_names, expressions;
	tel__key_list resource_attributes; /* of tel__filter_attribute; all must match */
} tel__filter_match;

typedef struct tel__filter_metrics {
	tel__filter_match *include, *exclude;
	tel__key_strings resource, metric, datapoint;
	bool has_resource, has_metric, has_datapoint;
} tel__filter_metrics;

typedef struct tel__filter_options {
	int32_t error_mode; /* tel__error_mode */
	tel__key_list metric_conditions; /* of tel__filter_entry */
	bool has_conditions;
	tel__filter_metrics metrics;
} tel__filter_options;

TEL_PRIVATE_BEGIN

extern const struct tel__processor_ops tel__filter_ops;
extern const tel__component tel__filter; /* type "filter" */

TEL_PRIVATE_END
#endif
