/* SPDX-License-Identifier: Apache-2.0 */
/* A host whose locale writes 1,5: every path between numbers and text gives the same bytes as in the C locale, for the
 * whole process (setlocale) and for one thread (uselocale). */
#include "abi/host_rig.h"

#include <locale.h>
#include <stdio.h>
#include <unistd.h>

#include <telemetry/config.h>
#include <telemetry/flow.h>
#include <telemetry/format.h>
#include <telemetry/otlp.h>

#include "base/dynbuf.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "flow/prom_text.h"
#include "sink/retry.h"

enum { TEXT = 32768 };

typedef struct text {
	char bytes[TEXT];
	size_t len;
} text;

static void add(text *t, const char *what, tel_slice s)
{
	assert_true(t->len + s.len + strlen(what) + 3 < TEXT);
	t->len += (size_t)sprintf(t->bytes + t->len, "%s:", what);
	memcpy(t->bytes + t->len, s.ptr, s.len);
	t->len += s.len;
	t->bytes[t->len++] = '\n';
	t->bytes[t->len] = '\0';
}

static tel_metrics *sample(void)
{
	static const double bounds[] = { 0.5, 2.25 };
	static const uint64_t counts[] = { 1, 2, 3 };
	tel_histogram h = TEL_HISTOGRAM_INIT;
	tel_builder *b;
	tel_metrics *m;

	h.count = 6;
	h.has = TEL_HAS_SUM | TEL_HAS_MIN | TEL_HAS_MAX;
	h.sum = 1234567.875;
	h.min = 1e-7;
	h.max = 1.5e300;
	h.bound_count = 2;
	h.bounds = bounds;
	h.bucket_counts = counts;
	assert_ok(tel_builder_new(NULL, 0, &b));
	tel_builder_times(b, 1700000000123456789u, 1700000060000000001u);
	tel_builder_resource_text(b, "I\xc4\xb0\xc4\xb1", "ratio=0.5");
	tel_builder_attr_double(b, "d", 0.1);
	tel_builder_gauge(b, "g", "1", "");
	tel_builder_point_double(b, 3.14159, NULL);
	tel_builder_point_double(b, -1e21, NULL);
	tel_builder_point_int(b, 1234567890123, NULL);
	tel_builder_histogram(b, "h", "s", "", TEL_DELTA);
	tel_builder_point_histogram(b, &h, NULL);
	assert_ok(tel_builder_finish(b, &m, NULL));
	tel_builder_free(b);
	return m;
}

static void batches_as_text(text *t)
{
	static const char json[] = "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"x\",\"gauge\":{\"dataPoints\":"
		"[{\"asDouble\":1.5e-3},{\"asDouble\":\"-2.75\"},{\"asInt\":\"-9007199254740993\"}]}}]}]}]}";
	tel_metrics *m[2] = { sample(), NULL };

	assert_ok(tel_otlp_json_decode(TEL_SLICE_LIT(json), NULL, &m[1], NULL, NULL));
	for (int i = 0; i < 2; i++) {
		for (int form = TEL_FORMAT_BASIC; form <= TEL_FORMAT_JSON; form++) {
			tel_buf *buf;
			assert_ok(tel_metrics_format(m[i], (tel_format)form, &buf, NULL));
			add(t, "format", tel_buf_get(buf));
			tel_buf_unref(buf);
		}
		tel_metrics_free(m[i]);
	}
}

static void numbers(text *t)
{
	static const char *const words[] = { "1.5", "-0.25e-3", "1,5", "1e400", "0.1", "123456789.123456789" };
	char out[64];

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		double v = 0;
		tel_err e = tel__num_parse_double(tel__slice_str(words[i]), &v);
		size_t n = tel__num_format_double(v, out);
		add(t, tel_err_name(e), (tel_slice){ out, n });
	}
}

static void log_lines(text *t)
{
	tel_log_field fields[] = { { TEL_SLICE_LIT("ratio"), { NULL, 0 }, 0.125, true },
		                       { TEL_SLICE_LIT("count"), { NULL, 0 }, 1234567, true } };
	tel_log_entry entry = { .size = sizeof entry, .level = TEL_LOG_WARN, .unix_ns = 1700000000123456789u,
		                    .msg = TEL_SLICE_LIT("half"), .fields = fields, .field_count = 2 };
	for (int form = TEL_LOG_CONSOLE; form <= TEL_LOG_JSON; form++) {
		tel_log_style style = TEL_LOG_STYLE_INIT;
		char out[4096];
		style.encoding = (tel_log_encoding)form;
		add(t, "log", (tel_slice){ out, tel_log_format(&style, &entry, out, sizeof out) });
	}
}

static void own_metrics(text *t)
{
	static const tel__prom_family family = { "load", "seconds", TEL__PROM_HISTOGRAM, "a load", NULL };
	static const uint32_t bounds[] = { 1, 5 };
	static const uint64_t counts[] = { 1, 2, 3 };
	tel__dynbuf out;
	tel__dynbuf_init(&out, NULL, 65536);
	tel__prom_writer w = { .out = &out };
	tel__prom_begin(&w, &family);
	tel__prom_histogram(&w, NULL, 0, bounds, 2, counts, 1234.5625);
	add(t, "prometheus", tel__dynbuf_get(&out));
	tel__dynbuf_fini(&out);
}

static void retry_after(text *t)
{
	static const char *const values[] = { "Wed, 21 Oct 2026 07:28:00 GMT", "Mit, 21 Okt 2026 07:28:00 GMT", "1.5", "1,5", "90" };
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		uint64_t ns = 0;
		char out[32];
		bool read = tel__retry_after_parse(tel__slice_str(values[i]), 1792567600000000000u, &ns);
		add(t, read ? "after" : "no", (tel_slice){ out, tel__num_format_u64(ns, out) });
	}
}

static void configuration(text *t)
{
	static const char yaml[] = "receivers: {otlp: {protocols: {grpc: }}}\n"
		"exporters: {otlp_http: {endpoint: 'http://a:1', timeout: 1.5s, retry_on_failure: {multiplier: 1.75, "
		"randomization_factor: 0.25}}}\n"
		"service: {pipelines: {metrics: {receivers: [otlp], exporters: [otlp_http]}}}\n";
	const tel_config_source source = { TEL_SLICE_LIT("t.yaml"), TEL_SLICE_LIT(yaml) };
	tel_config *config = NULL;
	tel_buf *out = NULL;

	assert_ok(tel_config_load(&source, 1, tel_components_all(), NULL, NULL, &config, NULL));
	assert_ok(tel_config_print(config, NULL, &out));
	add(t, "configuration", tel_buf_get(out));
	tel_buf_unref(out);
	tel_config_free(config);
}

static void everything(text *t)
{
	t->len = 0;
	batches_as_text(t);
	numbers(t);
	log_lines(t);
	own_metrics(t);
	retry_after(t);
	configuration(t);
}

/* ---- locales ---- */

static char FOLDER[64], NAME[64];

/* A locale with a decimal comma: one of the system's, else one that is made here. */
static bool find_locale(void)
{
	static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "nl_NL.UTF-8", "tr_TR.UTF-8" };
	char command[256];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!setlocale(LC_ALL, names[i]))
			continue;
		snprintf(NAME, sizeof NAME, "%s", names[i]);
		return localeconv()->decimal_point[0] == ',';
	}
	snprintf(FOLDER, sizeof FOLDER, "%s/tellocaleXXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(FOLDER))
		return false;
	snprintf(NAME, sizeof NAME, "de_DE.UTF-8");
	snprintf(command, sizeof command, "localedef --no-archive -i de_DE -f UTF-8 %s/%s >/dev/null 2>&1", FOLDER, NAME);
	if (system(command) != 0 || setenv("LOCPATH", FOLDER, 1) != 0)
		return false;
	return setlocale(LC_ALL, NAME) && localeconv()->decimal_point[0] == ',';
}

static int set_up(void **state)
{
	static bool found;
	found = find_locale();
	setlocale(LC_ALL, "C");
	*state = &found;
	return 0;
}

static int tear_down(void **state)
{
	char command[128];
	(void)state;
	setlocale(LC_ALL, "C");
	snprintf(command, sizeof command, "rm -rf '%s'", FOLDER);
	return FOLDER[0] ? system(command) : 0;
}

static text PLAIN, COMMA;

static void check_comma(void)
{
	char out[16];
	snprintf(out, sizeof out, "%.1f", 1.5);
	assert_string_equal(out, "1,5"); /* the locale is in force */
}

static void the_text_says_something(void **state)
{
	(void)state;
	setlocale(LC_ALL, "C");
	everything(&PLAIN);
	assert_non_null(strstr(PLAIN.bytes, "3.14159"));
	assert_non_null(strstr(PLAIN.bytes, "1234567.875"));
	assert_non_null(strstr(PLAIN.bytes, "0.125"));
	assert_non_null(strstr(PLAIN.bytes, "1.75"));
	assert_non_null(strstr(PLAIN.bytes, "1234.5625"));
	assert_non_null(strstr(PLAIN.bytes, "TEL_ERR_MALFORMED:0")); /* "1,5" is no number anywhere */
}

static void the_locale_of_the_process_changes_no_byte(void **state)
{
	if (!*(bool *)*state)
		skip();
	everything(&PLAIN);
	assert_non_null(setlocale(LC_ALL, NAME));
	check_comma();
	everything(&COMMA);
	setlocale(LC_ALL, "C");
	assert_string_equal(COMMA.bytes, PLAIN.bytes);
}

static void the_locale_of_a_thread_changes_no_byte(void **state)
{
	if (!*(bool *)*state)
		skip();
	everything(&PLAIN);
	locale_t german = newlocale(LC_ALL_MASK, NAME, (locale_t)0);
	assert_true(german != (locale_t)0);
	locale_t before = uselocale(german);
	check_comma();
	everything(&COMMA);
	uselocale(before);
	freelocale(german);
	assert_string_equal(COMMA.bytes, PLAIN.bytes);
}

static void batches_travel_in_any_locale(void **state)
{
	if (!*(bool *)*state)
		skip();
	assert_non_null(setlocale(LC_ALL, NAME));
	for (size_t i = 0; i < HOST_KINDS; i++) {
		const host_kind plain = { host_kinds[i].name, host_kinds[i].protocol, false };
		host h;
		host_open(&h, &plain, NULL, NULL);
		check_comma();
		assert_ok(host_send(&h, 100));
		assert_int_equal(h.batches, 1);
		host_close(&h);
	}
	setlocale(LC_ALL, "C");
}

/* The C library keeps the path list that it makes of LOCPATH in newlocale(): nobody can free it. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:__argz_add_sep\n";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_says_something),
		cmocka_unit_test(the_locale_of_the_process_changes_no_byte),
		cmocka_unit_test(the_locale_of_a_thread_changes_no_byte),
		cmocka_unit_test(batches_travel_in_any_locale),
	};
	return cmocka_run_group_tests_name("abi/locale", tests, set_up, tear_down);
}
