/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONFIG_EMIT_H
#define TEL_CONFIG_EMIT_H
/* YAML out: block style, two blanks per level, strings quoted where a plain one would read back as something else. */
#include "base/dynbuf.h"
#include "base/keys.h"
#include "wire/yaml.h"

typedef struct tel__emitter {
	tel__dynbuf *out;
	bool go_yaml;      /* in a section of Prometheus, base/keys.h: what is empty is left out, its library trips over some */
	bool dollars;      /* a dollar in a value is doubled: the text will be expanded when it is loaded */
} tel__emitter;

TEL_PRIVATE_BEGIN

void tel__emit_indent(tel__emitter *e, unsigned level);
/* "key:" at its level; what follows brings its own blank or line break. */
void tel__emit_key(tel__emitter *e, unsigned level, tel_slice key);
/* A string value. User and password of a URL are masked. */
void tel__emit_string(tel__emitter *e, tel_slice text);
void tel__emit_double(tel__emitter *e, double value);
void tel__emit_masked(tel__emitter *e, tel_slice secret); /* empty stays empty */
/* The value of a scalar row: no section, list or map. */
void tel__emit_field(tel__emitter *e, const tel__key *row, const void *field);
/* A tree after "key:", at level + 1 when it is not empty; values of keys that look like secrets are masked,
 * with secret all of them. */
void tel__emit_node(tel__emitter *e, unsigned level, const tel__node *node, bool secret);

TEL_PRIVATE_END
#endif
