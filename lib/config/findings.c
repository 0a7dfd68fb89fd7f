/* SPDX-License-Identifier: Apache-2.0 */
#include "config/findings.h"

#include "base/arena.h"
#include "base/dynbuf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "wire/json_text.h"

struct tel_findings {
	tel_alloc alloc;
	tel__arena *arena;
	tel_finding *items; /* in the arena */
	size_t count, cap;
	tel_err error;
};

tel_err tel_findings_new(const tel_alloc *alloc, tel_findings **ret_findings)
{
	const tel_alloc *a = tel__alloc_or_default(alloc);
	tel_findings *f = tel__mem_zero(a, 1, sizeof(*f));

	if (!f)
		return TEL_ERR_NOMEM;
	f->alloc = *a;
	if (tel__arena_new(&f->alloc, 0, NULL, &f->arena) != TEL_OK) {
		tel__mem_free(a, f, 1, sizeof(*f));
		return TEL_ERR_NOMEM;
	}
	*ret_findings = f;
	return TEL_OK;
}

void tel_findings_free(tel_findings *findings)
{
	tel_alloc alloc;

	if (!findings)
		return;
	alloc = findings->alloc;
	tel__arena_unref(findings->arena);
	tel__mem_free(&alloc, findings, 1, sizeof(*findings));
}

size_t tel_findings_count(const tel_findings *findings)
{
	return findings->count;
}

tel_err tel_findings_get(const tel_findings *findings, size_t index, tel_finding *ret_finding)
{
	if (index >= findings->count)
		return TEL_ERR_NOT_FOUND;
	*ret_finding = findings->items[index];
	return TEL_OK;
}

tel_err tel__findings_error(const tel_findings *findings)
{
	return findings ? findings->error : TEL_OK;
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Copies text with control characters as \xNN, so that a finding is one line wherever it is printed (security.md S65). */
static bool copy_clean(tel_findings *f, tel_slice text, tel_slice *ret_copy)
{
	static const char hex[] = "0123456789abcdef";
	size_t extra = 0, n = 0;
	char *out;

	for (size_t i = 0; i < text.len; i++)
		extra += is_control(text.ptr[i]) ? 3 : 0;
	*ret_copy = TEL_SLICE_LIT("");
	if (text.len == 0)
		return true;
	out = tel__arena_alloc(f->arena, text.len + extra);
	if (!out)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (is_control(text.ptr[i])) {
			out[n++] = '\\';
			out[n++] = 'x';
			out[n++] = hex[(unsigned char)text.ptr[i] >> 4];
			out[n++] = hex[(unsigned char)text.ptr[i] & 15];
		} else {
			out[n++] = text.ptr[i];
		}
	}
	*ret_copy = (tel_slice){ out, n };
	return true;
}

static tel_finding *next_item(tel_findings *f)
{
	size_t cap = f->cap ? f->cap * 2 : 16;
	tel_finding *items;

	if (f->count < f->cap)
		return &f->items[f->count];
	items = f->items ? tel__arena_grow(f->arena, f->items, f->cap * sizeof(*items), cap * sizeof(*items))
	                 : tel__arena_array(f->arena, cap, sizeof(*items));
	if (!items)
		return NULL;
	f->items = items;
	f->cap = cap;
	return &f->items[f->count];
}

void tel__findings_add(tel_findings *findings, const tel_finding *finding)
{
	tel_finding copy, *item;

	if (!findings || findings->count >= TEL_LIMIT_FINDINGS)
		return;
	copy = *finding;
	if (findings->count == TEL_LIMIT_FINDINGS - 1)
		copy = (tel_finding){ .level = TEL_FINDING_ERROR, .message = TEL_SLICE_LIT("more findings are not shown") };
	item = next_item(findings);
	if (!item || !copy_clean(findings, copy.source, &copy.source) || !copy_clean(findings, copy.path, &copy.path) ||
	    !copy_clean(findings, copy.message, &copy.message) || !copy_clean(findings, copy.hint, &copy.hint)) {
		findings->error = TEL_ERR_NOMEM;
		return;
	}
	*item = copy;
	findings->count++;
}

static void put_member(tel__dynbuf *out, const char *name, tel_slice value)
{
	tel__dynbuf_fmt(out, ", \"%s\": ", name);
	tel__json_string(out, value);
}

tel_err tel_findings_print(const tel_findings *findings, const tel_alloc *alloc, tel_buf **ret_text)
{
	tel__dynbuf out;
	tel_err rc;

	tel__dynbuf_init(&out, tel__alloc_or_default(alloc), TEL_LIMIT_PRINT_BYTES);
	tel__dynbuf_byte(&out, '[');
	for (size_t i = 0; i < findings->count; i++) {
		const tel_finding *f = &findings->items[i];

		tel__dynbuf_puts(&out, i ? ",\n  " : "\n  ");
		tel__dynbuf_fmt(&out, "{\"level\": \"%s\"", f->level == TEL_FINDING_ERROR ? "error" : "warning");
		put_member(&out, "file", f->source);
		tel__dynbuf_fmt(&out, ", \"line\": %u, \"column\": %u", f->line, f->column);
		put_member(&out, "path", f->path);
		put_member(&out, "message", f->message);
		put_member(&out, "hint", f->hint);
		tel__dynbuf_byte(&out, '}');
	}
	tel__dynbuf_puts(&out, findings->count ? "\n]\n" : "]\n");
	rc = tel__dynbuf_take(&out, ret_text);
	tel__dynbuf_fini(&out);
	return rc;
}
