/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONFIG_DECODE_H
#define TEL_CONFIG_DECODE_H
/* Between decode.c (tables and sections) and decode_value.c (single values). */
#include "config/loader.h"

TEL_PRIVATE_BEGIN

/* The row for key, squashed tables included; *offset of its struct grows by where the squashed one stands. */
const tel__key *tel__table_row(const tel__key_table *table, tel_slice key, size_t *offset);
/* Fills the field of a row that is no section. Null nodes keep what is there. */
tel_err tel__decode_value(tel__loader *l, const tel__key *row, const tel__node *node, const tel__path *path, void *field,
                          bool *clean);
/* Reports what went wrong with the value at path; text follows "'name' ". */
void tel__decode_fail(tel__loader *l, const tel__node *node, const tel__path *path, bool *clean, const char *fmt, ...)
	TEL_PRINTF(5, 6);
/* The same in go-yaml's words, of a value that is not of this Go type. */
void tel__decode_mismatch(tel__loader *l, const tel__node *node, const tel__path *path, bool *clean, const char *type);
/* "'a.b[0]'" relative to the scope; the name of a struct when path is the scope itself. Returns out. */
const char *tel__decode_name(const tel__path *path, char *out, size_t cap);

TEL_PRIVATE_END
#endif
