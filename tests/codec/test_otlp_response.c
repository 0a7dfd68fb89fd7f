/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "codec/otlp_response.h"
#include "codec/otlp_response_json.h"
#include "torture/torture.h"

enum { ROOM = 4096 };

static tel__dynbuf buffer(size_t max)
{
	tel__dynbuf b;

	tel__dynbuf_init(&b, &tel__alloc_libc, max);
	return b;
}

static void full_success_is_zero_bytes(void **state)
{
	tel__dynbuf out = buffer(ROOM);
	tel__otlp_response response = { false, 0, { NULL, 0 } }, back = { true, 1, { NULL, 0 } };

	(void)state;
	assert_int_equal(tel__otlp_response_encode(&response, ROOM, &out), TEL_OK);
	assert_int_equal(out.len, 0);
	assert_int_equal(tel__otlp_response_decode(tel__dynbuf_get(&out), &back, NULL), TEL_OK);
	assert_false(back.partial);
	tel__dynbuf_fini(&out);
}

static void partial_success_round_trips(void **state)
{
	tel__dynbuf out = buffer(ROOM);
	tel__otlp_response response = { true, 17, TEL_SLICE_LIT("bad text") }, back;

	(void)state;
	assert_int_equal(tel__otlp_response_encode(&response, ROOM, &out), TEL_OK);
	assert_memory_equal(out.ptr, "\x0a\x0c\x08\x11\x12\x08" "bad text", 14);
	assert_int_equal(tel__otlp_response_decode(tel__dynbuf_get(&out), &back, NULL), TEL_OK);
	assert_true(back.partial);
	assert_int_equal(back.rejected_points, 17);
	assert_true(tel__slice_is(back.message, "bad text"));
	tel__dynbuf_fini(&out);
}

static void an_empty_partial_success_is_full_success(void **state)
{
	tel__otlp_response back;

	(void)state;
	assert_int_equal(tel__otlp_response_decode(TEL_SLICE_LIT("\x0a\x00"), &back, NULL), TEL_OK);
	assert_false(back.partial);
}

static void a_message_alone_is_a_warning(void **state)
{
	tel__otlp_response back;

	(void)state;
	assert_int_equal(tel__otlp_response_decode(TEL_SLICE_LIT("\x0a\x03\x12\x01x"), &back, NULL), TEL_OK);
	assert_true(back.partial);
	assert_int_equal(back.rejected_points, 0);
}

static void repeated_partial_success_merges_and_unknown_fields_are_skipped(void **state)
{
	static const char bytes[] = "\x0a\x03\x12\x01x\x3a\x01z\x0a\x02\x08\x05\x09" "12345678";
	tel__otlp_response back;

	(void)state;
	assert_int_equal(tel__otlp_response_decode((tel_slice){ bytes, sizeof bytes - 1 }, &back, NULL), TEL_OK);
	assert_int_equal(back.rejected_points, 5);
	assert_true(tel__slice_is(back.message, "x"));
}

static void damage_is_refused_with_its_offset(void **state)
{
	tel__otlp_response back;
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	assert_int_equal(tel__otlp_response_decode(TEL_SLICE_LIT("\x0a\x05\x08\x01\x12\x09x"), &back, &err), TEL_ERR_MALFORMED);
	assert_int_equal(err.offset, 4);
	assert_non_null(strstr(err.msg, "reaches past the end"));
}

static void a_long_message_is_shortened_at_a_character(void **state)
{
	tel__otlp_response response = { true, 1, { NULL, 0 } }, back;
	char text[301];
	tel__dynbuf out;

	(void)state;
	for (size_t i = 0; i < 300; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	response.message = (tel_slice){ text, 300 };
	for (size_t max = 6; max < 320; max++) {
		out = buffer(ROOM);
		assert_int_equal(tel__otlp_response_encode(&response, max, &out), TEL_OK);
		assert_true(out.len <= max);
		assert_int_equal(tel__otlp_response_decode(tel__dynbuf_get(&out), &back, NULL), TEL_OK);
		assert_int_equal(back.message.len % 3, 0);
		assert_true(back.message.len == 300 || back.message.len + 16 >= max);
		tel__dynbuf_fini(&out);
	}
	out = buffer(ROOM);
	assert_int_equal(tel__otlp_response_encode(&response, 3, &out), TEL_ERR_LIMIT);
	assert_int_equal(out.len, 0);
	tel__dynbuf_fini(&out);
}

static void a_status_round_trips_with_its_details(void **state)
{
	tel__rpc_status status = { 14, TEL_SLICE_LIT("queue is full"), true, 1500000000, TEL_SLICE_LIT("metrics[3].name"),
		                   TEL_SLICE_LIT("not UTF-8") };
	tel__dynbuf out = buffer(ROOM);
	tel__rpc_status back;

	(void)state;
	assert_int_equal(tel__rpc_status_encode(&status, ROOM, &out), TEL_OK);
	assert_int_equal(tel__rpc_status_decode(tel__dynbuf_get(&out), &back, NULL), TEL_OK);
	assert_int_equal(back.code, 14);
	assert_true(tel__slice_is(back.message, "queue is full"));
	assert_true(back.has_retry);
	assert_int_equal(back.retry_delay_ns, 1500000000);
	assert_true(tel__slice_is(back.bad_field, "metrics[3].name"));
	assert_true(tel__slice_is(back.bad_reason, "not UTF-8"));
	tel__dynbuf_fini(&out);
}

/* A Status whose only detail is RetryInfo { retry_delay { seconds, nanos } }. */
static uint64_t delay_of(int64_t seconds, int64_t nanos)
{
	tel__dynbuf out = buffer(ROOM), duration = buffer(ROOM);
	tel__rpc_status status;
	uint64_t v[2] = { (uint64_t)seconds, (uint64_t)nanos };

	for (int i = 0; i < 2; i++) {
		tel__dynbuf_byte(&duration, (char)((i + 1) << 3));
		for (uint64_t n = v[i];; n >>= 7) {
			tel__dynbuf_byte(&duration, (char)(n >= 0x80 ? (n & 0x7f) | 0x80 : n));
			if (n < 0x80)
				break;
		}
	}
	tel__dynbuf_byte(&out, 0x1a);
	tel__dynbuf_byte(&out, (char)(2 + 25 + 2 + 2 + duration.len));
	tel__dynbuf_byte(&out, 0x0a);
	tel__dynbuf_byte(&out, 25);
	tel__dynbuf_puts(&out, "t.io/google.rpc.RetryInfo");
	tel__dynbuf_byte(&out, 0x12);
	tel__dynbuf_byte(&out, (char)(2 + duration.len));
	tel__dynbuf_byte(&out, 0x0a);
	tel__dynbuf_byte(&out, (char)duration.len);
	tel__dynbuf_put(&out, duration.ptr, duration.len);
	assert_int_equal(tel__rpc_status_decode(tel__dynbuf_get(&out), &status, NULL), TEL_OK);
	assert_true(status.has_retry);
	tel__dynbuf_fini(&out);
	tel__dynbuf_fini(&duration);
	return status.retry_delay_ns;
}

static void retry_delays_never_wrap(void **state)
{
	(void)state;
	assert_int_equal(delay_of(0, 500), 500);
	assert_int_equal(delay_of(2, 5), 2000000005);
	assert_int_equal(delay_of(-1, 0), 0);
	assert_int_equal(delay_of(0, -7), 0);
	assert_int_equal(delay_of(INT64_MIN, -7), 0);
	assert_true(delay_of(INT64_MAX, 0) == UINT64_MAX);
	assert_true(delay_of(INT64_MAX / 1000000000, 999999999) == UINT64_MAX);
}

static void details_of_other_types_are_ignored(void **state)
{
	static const char bytes[] = "\x08\x08\x1a\x0f\x0a\x09" "x/y.Other\x12\x02\xff\xff";
	tel__rpc_status status;

	(void)state;
	assert_int_equal(tel__rpc_status_decode((tel_slice){ bytes, sizeof bytes - 1 }, &status, NULL), TEL_OK);
	assert_int_equal(status.code, 8);
	assert_false(status.has_retry);
}

static void a_negative_code_is_read_as_it_is(void **state)
{
	static const char bytes[] = "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	tel__rpc_status status;

	(void)state;
	assert_int_equal(tel__rpc_status_decode((tel_slice){ bytes, sizeof bytes - 1 }, &status, NULL), TEL_OK);
	assert_int_equal(status.code, -1);
}

static void damage_inside_a_known_detail_is_refused(void **state)
{
	static const char bytes[] = "\x1a\x1f\x0a\x19t.io/google.rpc.RetryInfo\x12\x02\x0a\x09";
	tel__rpc_status status;
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	assert_int_equal(tel__rpc_status_decode((tel_slice){ bytes, sizeof bytes - 1 }, &status, &err), TEL_ERR_MALFORMED);
	assert_int_equal(err.offset, 31);
}

static tel_err encode_under_failure(const tel_alloc *alloc, void *user)
{
	tel__dynbuf out;
	tel_err code;

	tel__dynbuf_init(&out, alloc, ROOM);
	code = tel__rpc_status_encode(user, ROOM, &out);
	tel__dynbuf_fini(&out);
	return code;
}

static void every_allocation_may_fail(void **state)
{
	tel__rpc_status status = { 14, TEL_SLICE_LIT("full"), true, 1500000000, TEL_SLICE_LIT("f"), TEL_SLICE_LIT("r") };

	(void)state;
	torture_alloc(encode_under_failure, &status);
}

static void answers_in_json_are_written_and_read_back(void **state)
{
	tel__otlp_response response = { true, 7, TEL_SLICE_LIT("a \"reason\"\n") }, back;
	tel__rpc_status status;
	tel__dynbuf out;
	char text[64];

	(void)state;
	tel__dynbuf_init(&out, &tel__alloc_libc, 4096);
	assert_int_equal(tel__otlp_response_json_encode(&response, 4096, &out), TEL_OK);
	assert_int_equal(tel__otlp_response_json_decode(tel__dynbuf_get(&out), text, sizeof text, &back, NULL), TEL_OK);
	assert_true(back.partial);
	assert_int_equal(back.rejected_points, 7);
	assert_true(tel__slice_eq(back.message, response.message));
	tel__dynbuf_reset(&out);
	response = (tel__otlp_response){ 0 };
	assert_int_equal(tel__otlp_response_json_encode(&response, 4096, &out), TEL_OK);
	assert_true(tel__slice_is(tel__dynbuf_get(&out), "{\"partialSuccess\":{}}"));
	assert_int_equal(tel__otlp_response_json_decode(tel__dynbuf_get(&out), text, sizeof text, &back, NULL), TEL_OK);
	assert_false(back.partial);
	tel__dynbuf_reset(&out);
	assert_int_equal(tel__rpc_status_json_encode(14, TEL_SLICE_LIT("full"), 4096, &out), TEL_OK);
	assert_int_equal(tel__rpc_status_json_decode(tel__dynbuf_get(&out), text, sizeof text, &status, NULL), TEL_OK);
	assert_int_equal(status.code, 14);
	assert_true(tel__slice_is(status.message, "full"));
	tel__dynbuf_fini(&out);
}

/* Whatever a backend sends: unknown members are skipped, wrong types read as nothing, long texts are cut. */
static void answers_in_json_may_hold_anything(void **state)
{
	static const struct {
		const char *json;
		tel_err code;
		int64_t rejected;
		const char *message;
	} rows[] = {
		{ "{}", TEL_OK, 0, "" },
		{ "{\"x\":[1,{}],\"partial_success\":{\"rejected_data_points\":3,\"y\":null,\"error_message\":\"e\"}}", TEL_OK, 3, "e" },
		{ "{\"partialSuccess\":null}", TEL_OK, 0, "" },
		{ "{\"partialSuccess\":[]}", TEL_OK, 0, "" },
		{ "{\"partialSuccess\":{\"rejectedDataPoints\":{},\"errorMessage\":5}}", TEL_OK, 0, "" },
		{ "{\"partialSuccess\":{\"rejectedDataPoints\":\"many\",\"errorMessage\":\"0123456789abcdef\"}}", TEL_OK, 0, "0123456789" },
		{ "{\"partialSuccess\":{\"errorMessage\":\"\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\"}}", TEL_OK, 0,
		  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9" },
		{ "", TEL_ERR_MALFORMED, 0, "" },
		{ "[]", TEL_ERR_MALFORMED, 0, "" },
		{ "{\"partialSuccess\":{}", TEL_ERR_MALFORMED, 0, "" },
		{ "{} {}", TEL_ERR_MALFORMED, 0, "" },
	};
	tel__otlp_response r;
	char text[10];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		r = (tel__otlp_response){ 0 };
		if (tel__otlp_response_json_decode(tel__slice_str(rows[i].json), text, sizeof text, &r, NULL) != rows[i].code ||
		    r.rejected_points != rows[i].rejected || !tel__slice_is(r.message, rows[i].message))
			fail_msg("row %zu: %s", i, rows[i].json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_in_json_are_written_and_read_back),
		cmocka_unit_test(answers_in_json_may_hold_anything),
		cmocka_unit_test(full_success_is_zero_bytes),
		cmocka_unit_test(partial_success_round_trips),
		cmocka_unit_test(an_empty_partial_success_is_full_success),
		cmocka_unit_test(a_message_alone_is_a_warning),
		cmocka_unit_test(repeated_partial_success_merges_and_unknown_fields_are_skipped),
		cmocka_unit_test(damage_is_refused_with_its_offset),
		cmocka_unit_test(a_long_message_is_shortened_at_a_character),
		cmocka_unit_test(a_status_round_trips_with_its_details),
		cmocka_unit_test(retry_delays_never_wrap),
		cmocka_unit_test(details_of_other_types_are_ignored),
		cmocka_unit_test(a_negative_code_is_read_as_it_is),
		cmocka_unit_test(damage_inside_a_known_detail_is_refused),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
