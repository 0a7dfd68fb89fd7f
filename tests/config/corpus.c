/* SPDX-License-Identifier: Apache-2.0 */
#include "config/corpus.h"

#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/slice_i.h"

static size_t find_text(tel_slice text, const char *wanted)
{
	size_t i = 0;

	while (i < text.len && !tel__slice_starts(tel__slice_sub(text, i, text.len - i), tel__slice_str(wanted)))
		i++;
	return i;
}

/* The list of all types changes with each new component: its start and end are enough here. */
static void put_message(tel_slice message, tel__dynbuf *out)
{
	static const char list[] = "(valid values: [";
	size_t from = find_text(message, list);

	if (find_text(message, "unknown type: ") == message.len || from == message.len) {
		tel__dynbuf_slice(out, message);
		return;
	}
	tel__dynbuf_slice(out, tel__slice_sub(message, 0, from + sizeof(list) - 1));
	tel__dynbuf_puts(out, "...])");
}

void corpus_print_findings(const tel_findings *findings, tel__dynbuf *out)
{
	for (size_t i = 0; i < tel_findings_count(findings); i++) {
		tel_finding f;

		assert_ok(tel_findings_get(findings, i, &f));
		tel__dynbuf_fmt(out, "%u:%u: %s", f.line, f.column, f.level == TEL_FINDING_WARNING ? "warning: " : "");
		if (f.path.len)
			tel__dynbuf_fmt(out, TEL_SLICE_FMT ": ", TEL_SLICE_ARG(f.path));
		put_message(f.message, out);
		if (f.hint.len)
			tel__dynbuf_fmt(out, " (" TEL_SLICE_FMT ")", TEL_SLICE_ARG(f.hint));
		tel__dynbuf_byte(out, '\n');
	}
}

tel_slice corpus_take(tel_slice *text, const char *mark, tel_slice *ret_title)
{
	tel_slice before = *text, line;

	while (text->len > 0) {
		size_t start = (size_t)(text->ptr - before.ptr);

		tel__slice_next(text, '\n', &line);
		if (tel__slice_starts(line, tel__slice_str(mark))) {
			*ret_title = tel__slice_trim(tel__slice_sub(line, strlen(mark), line.len - strlen(mark)));
			return tel__slice_sub(before, 0, start);
		}
	}
	*ret_title = (tel_slice){ NULL, 0 };
	return before;
}

tel_buf *corpus_read(const char *name)
{
	const char *root = getenv("TEL_SRCDIR");
	tel__dynbuf text;
	char path[512];
	tel_buf *buf;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/tests/config/%s", root ? root : ".", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s: cannot be read", path);
	tel__dynbuf_init(&text, tel__alloc_or_default(NULL), 1 << 20);
	do {
		char *room = tel__dynbuf_room(&text, 4096);

		assert_non_null(room);
		n = fread(room, 1, 4096, file);
		tel__dynbuf_advance(&text, n);
	} while (n > 0);
	fclose(file);
	assert_ok(tel__dynbuf_take(&text, &buf));
	tel__dynbuf_fini(&text);
	return buf;
}
