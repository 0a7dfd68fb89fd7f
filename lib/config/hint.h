/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONFIG_HINT_H
#define TEL_CONFIG_HINT_H
/*
 * The teaching half of a finding: what was probably meant, where a key stands, what a value looks like. The message keeps
 * the Collector's words; the hint is ours and stands beside it. Each call below adds to the hint of the next finding that
 * the loader reports; nothing is added when nothing useful is known.
 */
#include "config/loader.h"
#include "base/nearest.h"

TEL_PRIVATE_BEGIN

/* key is unknown in level; the component's whole table is searched for where it would be right. several: one of the keys
 * that the finding is about, so the hint names it. */
void tel__hint_key(tel__loader *l, const tel__key_table *level, tel_slice key, bool several);
/* The keys of a level, when they are few. */
void tel__hint_known(tel__loader *l, const tel__key_table *level);
/* node, no map, stands where keys of table belong. */
void tel__hint_below(tel__loader *l, const tel__key_table *table, const tel__node *node);
/* key is unknown at the top of a file. */
void tel__hint_section(tel__loader *l, tel_slice key);
/* A value of row that cannot be decoded. */
void tel__hint_value(tel__loader *l, const tel__key *row, const tel__node *node);
/* A component type that is unknown as kind. */
void tel__hint_type(tel__loader *l, tel__component_kind kind, tel_slice type);
/* A reference to a component that is not configured. */
void tel__hint_reference(tel__loader *l, tel__component_kind kind, tel_slice id);
/* An id of a pipeline that is not there. */
void tel__hint_pipeline(tel__loader *l, tel_slice id);
/* A word that is none of words (NULL-terminated). */
void tel__hint_word(tel__loader *l, tel_slice word, const char *const *words);
/* A text that is no YAML, and what the parser said. */
void tel__hint_yaml(tel__loader *l, tel_slice text, const tel_error *err);

TEL_PRIVATE_END
#endif
