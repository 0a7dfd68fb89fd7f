/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_RELABEL_OPTIONS_H
#define TEL_PROCESS_RELABEL_OPTIONS_H
/*
 * One relabeling rule as it is written: its keys and what Prometheus' validation says of it. otel-scraping.md 3.1, 3.6.
 * Lists of rules are rows of type SECTIONS with this table, below a row with TEL__KEY_GO_YAML.
 */
#include "base/keys.h"

typedef enum tel__relabel_action {
	TEL__RELABEL_REPLACE,
	TEL__RELABEL_KEEP,
	TEL__RELABEL_DROP,
	TEL__RELABEL_KEEP_EQUAL,
	TEL__RELABEL_DROP_EQUAL,
	TEL__RELABEL_HASH_MOD,
	TEL__RELABEL_LABEL_MAP,
	TEL__RELABEL_LABEL_DROP,
	TEL__RELABEL_LABEL_KEEP,
	TEL__RELABEL_LOWERCASE,
	TEL__RELABEL_UPPERCASE
} tel__relabel_action;

/* What an absent key stands for is filled in: ";", "(.*)", "$1", replace. */
typedef struct tel__relabel_options {
	tel__key_strings source_labels;
	tel_slice separator, regex, target_label, replacement;
	uint64_t modulus;
	int32_t action; /* tel__relabel_action */
	bool has_source_labels, has_separator, has_regex, has_modulus, has_target_label, has_replacement, has_action; /* written */
} tel__relabel_options;

TEL_PRIVATE_BEGIN

/* Reports, beside types and unknown keys, a regex that does not compile and source labels that are no names. */
extern const tel__key_table tel__relabel_keys;
extern const char *const tel__relabel_action_words[];

/* What the keys say of each other. legacy: names of labels by the old rule, [a-zA-Z_][a-zA-Z0-9_]*; else any UTF-8.
 * TEL_OK, or TEL_ERR_ARG with Prometheus' text; *ret_key (may be NULL) is then the key to blame. */
tel_err tel__relabel_validate(const tel__relabel_options *o, bool legacy, const char **ret_key, tel_error *err);

/* Whether text can name a label. */
bool tel__label_name_ok(tel_slice text, bool legacy);

TEL_PRIVATE_END
#endif
