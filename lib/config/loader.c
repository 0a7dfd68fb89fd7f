/* SPDX-License-Identifier: Apache-2.0 */
#include "config/loader.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "base/slice_i.h"
#include "config/findings.h"

enum { MESSAGE_MAX = 8192, PATH_MAX_BYTES = 8192 };

tel__position tel__position_of(const tel__node *node)
{
	return node ? (tel__position){ node->source, node->line, node->column } : (tel__position){ 0, 0, 0 };
}

tel__position tel__position_key(const tel__node_entry *entry)
{
	return (tel__position){ entry->source, entry->line, entry->column };
}

tel__position tel__position_in(const tel__node *node, tel_slice key)
{
	const tel__node_entry *entry = tel__node_find(node, key);

	return entry ? tel__position_key(entry) : tel__position_of(node);
}

/* Depth is bounded by the depth of a document. */
static void put_path(tel__dynbuf *out, const tel__path *path)
{
	if (!path)
		return;
	put_path(out, path->parent);
	if (path->name.len == 0)
		return;
	if (out->len > 0)
		tel__dynbuf_puts(out, "::");
	tel__dynbuf_slice(out, path->name);
}

void tel__loader_hint(tel__loader *l, const char *fmt, ...)
{
	size_t room = sizeof(l->hint) - l->hint_len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(l->hint + l->hint_len, room, fmt, args);
	va_end(args);
	l->hint_len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

void tel__loader_report(tel__loader *l, tel_finding_level level, tel__position at, const tel__path *path,
                        const char *fmt, ...)
{
	char message[MESSAGE_MAX];
	tel_finding finding = { .level = level, .line = at.line, .column = at.column, .hint = { l->hint, l->hint_len } };
	tel__dynbuf text;
	va_list args;
	int n;

	l->errors += level == TEL_FINDING_ERROR;
	l->hint_len = 0;
	if (!l->findings)
		return;
	va_start(args, fmt);
	n = vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	finding.message = (tel_slice){ message, n < 0 ? 0 : (size_t)n < sizeof(message) ? (size_t)n : sizeof(message) - 1 };
	if (at.line > 0 && at.source < l->source_count)
		finding.source = l->sources[at.source].name;
	tel__dynbuf_init(&text, &l->config->alloc, PATH_MAX_BYTES);
	put_path(&text, path);
	finding.path = tel__dynbuf_get(&text);
	tel__findings_add(l->findings, &finding);
	if (tel__dynbuf_error(&text) == TEL_ERR_NOMEM || tel__findings_error(l->findings) != TEL_OK)
		l->fatal = TEL_ERR_NOMEM;
	tel__dynbuf_fini(&text);
}

tel_err tel__loader_arena_error(tel__loader *l)
{
	tel_err code = tel__arena_error(l->config->arena);

	if (code == TEL_OK || code == TEL_ERR_NOMEM)
		return TEL_ERR_NOMEM;
	tel__loader_error(l, ((tel__position){ 0, 0, 0 }), NULL, "the configuration needs more memory than it may have");
	return TEL_ERR_CONFIG;
}
