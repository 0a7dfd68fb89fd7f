/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_KEYS_H
#define TEL_PROCESS_OTTL_KEYS_H
/* What the key tables of transform, filter and routing share: words, and the check of OTTL texts where they stand. */
#include <telemetry/ottl.h>

#include "base/keys.h"

/* error_mode, otel-processing.md 1.9 */
typedef enum tel__error_mode { TEL__ERROR_PROPAGATE, TEL__ERROR_IGNORE, TEL__ERROR_SILENT } tel__error_mode;

#define TEL__ERROR_MODE_WORDS .words = tel__error_mode_words, .bad = "unknown error mode {}", .flags = TEL__KEY_NO_CASE

/* context of an entry; those of other signals are words, too, but nothing can be done with them. */
typedef enum tel__entry_context {
	TEL__ENTRY_RESOURCE,
	TEL__ENTRY_SCOPE,
	TEL__ENTRY_METRIC,
	TEL__ENTRY_DATAPOINT,
	TEL__ENTRY_OTHERS /* and above */
} tel__entry_context;

#define TEL__ENTRY_CONTEXT_WORDS .words = tel__entry_context_words, .bad = "unknown context {}", .flags = TEL__KEY_NO_CASE

/* Texts that belong together, and where they stand in the section that is checked. */
typedef struct tel__ottl_entry {
	const char *path;                           /* "metric_statements::3", or "" */
	const char *statements_key, *conditions_key; /* below path */
	tel__key_strings statements, conditions;
} tel__ottl_entry;

TEL_PRIVATE_BEGIN

extern const char *const tel__error_mode_words[];
extern const char *const tel__entry_context_words[];

/* The context for tel_ottl_opts; INFER for those of other signals. */
tel_ottl_context tel__entry_context_ottl(int32_t context);
/*
 * Reports what is wrong with the texts of an entry, each at its own place. opts.alloc is set here. Transform without a context
 * checks the texts as one group, everything else checks one by one. TEL_OK or TEL_ERR_NOMEM.
 */
tel_err tel__ottl_verify(const tel__key_check *c, const tel__ottl_entry *entry, const tel_ottl_opts *opts);

TEL_PRIVATE_END
#endif
