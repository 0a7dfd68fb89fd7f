/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_i.h"
#include "seams/cm.h"

typedef struct seen {
	int count;
	tel_log_entry entry;
} seen;

static void keep(void *user, const tel_log_entry *entry)
{
	seen *s = user;

	s->count++;
	s->entry = *entry;
}

static void log_hands_message_source_and_fields_to_the_sink(void **state)
{
	seen s = { 0 };
	tel_log_sink sink = { keep, &s, TEL_LOG_INFO };
	tel__log_source source = { TEL_SLICE_LIT("otlp"), TEL_SLICE_LIT("receiver"), TEL_SLICE_LIT("metrics") };
	tel_log_field fields[] = { TEL__LOG_STR("peer", TEL_SLICE_LIT("10.0.0.1")), TEL__LOG_NUM("bytes", 12) };

	(void)state;
	tel__log(&sink, TEL_LOG_DEBUG, &source, "not wanted", NULL, 0);
	assert_int_equal(s.count, 0);
	tel__log(&sink, TEL_LOG_WARN, &source, "refused", fields, 2);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.entry.level, TEL_LOG_WARN);
	assert_slice(s.entry.msg, "refused");
	assert_slice(s.entry.component_id, "otlp");
	assert_slice(s.entry.component_kind, "receiver");
	assert_slice(s.entry.pipeline_id, "metrics");
	assert_int_equal(s.entry.field_count, 2);
	assert_true(s.entry.fields[1].is_number && s.entry.fields[1].number == 12);
}

static void log_without_sink_or_source_is_quiet(void **state)
{
	seen s = { 0 };
	tel_log_sink sink = { NULL, NULL, TEL_LOG_DEBUG }, other = { keep, &s, TEL_LOG_DEBUG };

	(void)state;
	tel__log(NULL, TEL_LOG_ERROR, NULL, "lost", NULL, 0);
	tel__log(&sink, TEL_LOG_ERROR, NULL, "lost", NULL, 0);
	tel__log(&other, TEL_LOG_ERROR, NULL, "kept", NULL, 0);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.entry.component_id.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_hands_message_source_and_fields_to_the_sink),
		cmocka_unit_test(log_without_sink_or_source_is_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
