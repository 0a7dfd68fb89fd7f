/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_RELABEL_RELABEL_H
#define TEL_PROCESS_RELABEL_RELABEL_H
/*
 * Relabeling as Prometheus does it: compiled rules over a set of labels. otel-scraping.md 3. Rules are immutable; a run holds
 * what applying them needs and serves one user at a time.
 */
#include <telemetry/crypto.h>

#include "base/arena.h"
#include "base/keys.h"
#include "process/relabel/options.h"

typedef struct tel__label {
	tel_slice name, value;
} tel__label;

/* Labels by name; one with an empty value does not exist. Names and values live in the arena, or longer than the set. */
typedef struct tel__labels {
	tel__arena *arena;
	tel__label *items;
	size_t count, cap;
} tel__labels;

typedef struct tel__relabel tel__relabel;
typedef struct tel__relabel_run tel__relabel_run;

TEL_PRIVATE_BEGIN

void tel__labels_init(tel__labels *labels, tel__arena *arena);
/* Empty: there is none. */
tel_slice tel__labels_get(const tel__labels *labels, tel_slice name);
/* Texts are copied into the arena; an empty value deletes. false: the arena refused. */
bool tel__labels_set(tel__labels *labels, tel_slice name, tel_slice value);

/* rules: of tel__relabel_options, which have passed their checks; read during the call only. crypto may be NULL: hashmod is
 * then refused. TEL_ERR_MALFORMED, TEL_ERR_LIMIT (a regex), TEL_ERR_ARG (keys), TEL_ERR_UNSUPPORTED (hashmod), TEL_ERR_NOMEM. */
tel_err tel__relabel_new(const tel_alloc *alloc, const tel__key_list *rules, bool legacy, const tel_crypto_ops *crypto,
                         tel__relabel **ret_relabel, tel_error *err);
void tel__relabel_free(tel__relabel *relabel);
tel_err tel__relabel_run_new(const tel_alloc *alloc, tel__relabel_run **ret_run);
void tel__relabel_run_free(tel__relabel_run *run);

/* Applies all rules in order. *ret_dropped: index of the rule that dropped the set (which is then half done), or
 * TEL__RELABEL_KEPT. TEL_ERR_LIMIT (a value over 1 MiB, a match that took too much), TEL_ERR_NOMEM, what a digest says. */
#define TEL__RELABEL_KEPT ((size_t)-1)
tel_err tel__relabel_apply(const tel__relabel *relabel, tel__relabel_run *run, tel__labels *labels, size_t *ret_dropped,
                           tel_error *err);

TEL_PRIVATE_END
#endif
