/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configurations that people really write by mistake, and what they are told. Each file of tests/config/broken holds
 * cases of one kind: a line "=== name", the YAML, a line "--- expected", and the findings, one per line, as
 * LINE:COLUMN: path: message (hint), with "..." for the list of all component types. With TEL_BROKEN_PRINT set to a file's
 * name in the environment the program prints it anew, to be read before it is kept.
 */
#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include <telemetry/config.h>
#include <telemetry/flow.h>

#include "base/dynbuf.h"
#include "base/mem.h"
#include "base/slice_i.h"

static const char *const files[] = { "yaml.txt", "sections.txt", "keys.txt", "values.txt", "ids.txt", "references.txt",
	                                 "components.txt", "variables.txt", "transform.txt", "filter.txt",
	                             "routing.txt", "kube.txt" };
enum { FILES = sizeof(files) / sizeof(files[0]), MUST = 100 };

static tel_err lookup(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text)
{
	(void)user;
	if (!tel__slice_is(scheme, "env"))
		return TEL_ERR_UNSUPPORTED;
	if (tel__slice_is(name, "WORD"))
		*ret_text = TEL_SLICE_LIT("word");
	else if (tel__slice_is(name, "NUMBER"))
		*ret_text = TEL_SLICE_LIT("5");
	else if (tel__slice_is(name, "MAP"))
		*ret_text = TEL_SLICE_LIT("{a: 1}");
	else if (tel__slice_is(name, "LOOP"))
		*ret_text = TEL_SLICE_LIT("${LOOP}");
	else
		return TEL_ERR_NOT_FOUND;
	return TEL_OK;
}

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

static void print_findings(const tel_findings *findings, tel__dynbuf *out)
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

/* What a case says; true when the configuration is refused. */
static bool findings_of(tel_slice text, tel__dynbuf *out)
{
	tel_config_source source = { TEL_SLICE_LIT("case"), text };
	tel_config_env env = { lookup, NULL };
	tel_findings *findings;
	tel_config *config = NULL;
	tel_config_opts opts = TEL_CONFIG_OPTS_INIT;
	tel_err rc;

	opts.strict_env = true;
	assert_ok(tel_findings_new(NULL, &findings));
	rc = tel_config_load(&source, 1, tel_components_all(), &env, &opts, &config, findings);
	assert_true(rc == TEL_OK || rc == TEL_ERR_CONFIG);
	print_findings(findings, out);
	tel_findings_free(findings);
	tel_config_free(config);
	return rc == TEL_ERR_CONFIG;
}

/* Takes what stands before the line that starts with mark off text, and the rest of that line as ret_title. */
static tel_slice take_until(tel_slice *text, const char *mark, tel_slice *ret_title)
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

static tel_buf *read_file(const char *name)
{
	const char *root = getenv("TEL_SRCDIR");
	tel__dynbuf text;
	char path[512];
	tel_buf *buf;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/tests/config/broken/%s", root ? root : ".", name);
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

static size_t check_file(const char *name, const char *print)
{
	tel_buf *buf = read_file(name);
	tel_slice rest = tel_buf_get(buf), title, next, head = take_until(&rest, "=== ", &title);
	size_t count = 0;

	if (print)
		printf(TEL_SLICE_FMT, TEL_SLICE_ARG(head));
	for (; title.ptr; title = next, count++) {
		tel_slice yaml = take_until(&rest, "--- expected", &next), expected = take_until(&rest, "=== ", &next);
		tel__dynbuf got;

		tel__dynbuf_init(&got, tel__alloc_or_default(NULL), 1 << 20);
		if (!findings_of(yaml, &got))
			fail_msg("%s: " TEL_SLICE_FMT ": was not refused", name, TEL_SLICE_ARG(title));
		if (print)
			printf("=== " TEL_SLICE_FMT "\n" TEL_SLICE_FMT "--- expected\n" TEL_SLICE_FMT, TEL_SLICE_ARG(title),
			       TEL_SLICE_ARG(yaml), TEL_SLICE_ARG(tel__dynbuf_get(&got)));
		else if (!tel__slice_eq(tel__dynbuf_get(&got), expected))
			fail_msg("%s: " TEL_SLICE_FMT ": expected\n" TEL_SLICE_FMT "but the findings are\n" TEL_SLICE_FMT, name,
			         TEL_SLICE_ARG(title), TEL_SLICE_ARG(expected), TEL_SLICE_ARG(tel__dynbuf_get(&got)));
		tel__dynbuf_fini(&got);
	}
	tel_buf_unref(buf);
	return count;
}

static void every_broken_configuration_says_what_where_and_what_was_meant(void **state)
{
	const char *only = getenv("TEL_BROKEN_PRINT");
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < FILES; i++)
		if (!only || strcmp(only, files[i]) == 0)
			count += check_file(files[i], only);
	if (!only)
		assert_true(count >= MUST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_broken_configuration_says_what_where_and_what_was_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
