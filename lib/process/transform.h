/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_TRANSFORM_H
#define TEL_PROCESS_TRANSFORM_H
/* Processor transform: OTTL statements over metrics. otel-processing.md 4. */
#include "process/ottl_keys.h"

/* One element of metric_statements; all elements that are strings make one more, at the end. */
typedef struct tel__transform_entry {
	int32_t context;         /* tel__entry_context, when has_context; else to be inferred */
	int32_t error_mode;      /* tel__error_mode, when has_error_mode; else the processor's */
	bool has_context, has_error_mode;
	tel__key_strings conditions; /* any of them; none = always */
	tel__key_strings statements;
} tel__transform_entry;

typedef struct tel__transform_options {
	int32_t error_mode; /* tel__error_mode */
	bool flatten_data;
	tel__key_list metric_statements; /* of tel__transform_entry */
} tel__transform_options;

TEL_PRIVATE_BEGIN

extern const struct tel__processor_ops tel__transform_ops;
extern const tel__component tel__transform; /* type "transform" */

TEL_PRIVATE_END
#endif
