/* SPDX-License-Identifier: Apache-2.0 */
/* OTEL_EXPORTER_OTLP_* of any content: one line per variable, the text of a line is the value. What is accepted holds no
 * header that could break out of its line. */
#include <string.h>

#include "base/mem.h"
#include "fuzz/fuzz.h"
#include "sink/exporter_env.h"

static const char *const suffixes[] = { "HEADERS", "ENDPOINT", "PROTOCOL", "TIMEOUT", "COMPRESSION", "INSECURE" };
enum { COUNT = sizeof suffixes / sizeof suffixes[0], LINE = 512 };

typedef struct values {
	char text[COUNT][LINE];
} values;

static const char *lookup(void *user, const char *name)
{
	values *v = user;
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(name + strlen("OTEL_EXPORTER_OTLP_"), suffixes[i]) == 0)
			return v->text[i];
	return NULL;
}

static void check_text(tel_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		fuzz_check((unsigned char)s.ptr[i] >= ' ' && s.ptr[i] != 0x7f);
}

/* The first line once more, as a resource: a batch, or a reason. */
static void check_resource(const char *list)
{
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m;
	tel_builder *b;

	fuzz_check(tel_builder_new(NULL, 0, &b) == TEL_OK);
	tel_builder_resource_text(b, NULL, list);
	if (tel_builder_finish(b, &m, &err) == TEL_OK)
		tel_metrics_free(m);
	else
		fuzz_check(err.msg[0]);
	tel_builder_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	values v;
	size_t line = 0, n = 0;
	tel__arena *arena;
	tel_error err = TEL_ERROR_INIT;
	tel_exporter_opts opts = TEL_EXPORTER_OPTS_INIT;
	tel_exporter_env env = { sizeof env, lookup, &v };

	memset(&v, 0, sizeof v);
	for (size_t i = 0; i < size && line < COUNT; i++) {
		if (data[i] == '\n') {
			line++;
			n = 0;
		} else if (data[i] && n < LINE - 1) {
			v.text[line][n++] = (char)data[i];
		}
	}
	fuzz_check(tel__arena_new(&tel__alloc_libc, 1 << 20, NULL, &arena) == TEL_OK);
	tel_err e = tel__exporter_env_read(&env, arena, NULL, &opts, &err);
	fuzz_check(e == TEL_OK || err.msg[0]);
	for (size_t i = 0; e == TEL_OK && i < opts.header_count; i++) {
		fuzz_check(opts.headers[i].name.len > 0);
		check_text(opts.headers[i].name);
		check_text(opts.headers[i].value);
	}
	tel__arena_unref(arena);
	check_resource(v.text[0]);
	return 0;
}
