/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_CUMULATIVETODELTA_H
#define TEL_PROCESS_CUMULATIVETODELTA_H
/* Processor cumulativetodelta: what a counter grew by, instead of what it came to. otel-processing.md 7.4. */
#include "process/match.h"
#include "process/processor.h"

typedef struct tel__delta_match {
	tel__name_match names;
	tel__key_strings metric_types;
} tel__delta_match;

typedef enum tel__delta_initial { TEL__DELTA_AUTO, TEL__DELTA_KEEP, TEL__DELTA_DROP } tel__delta_initial;

typedef struct tel__delta_options {
	tel__delta_match include, exclude;
	int64_t max_staleness_ns; /* 0 = for ever */
	int32_t initial_value;    /* tel__delta_initial */
} tel__delta_options;

TEL_PRIVATE_BEGIN
extern const tel__key_table tel__delta_table;
extern const tel__component tel__cumulativetodelta;
TEL_PRIVATE_END
#endif
