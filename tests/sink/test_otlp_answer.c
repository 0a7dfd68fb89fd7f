/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of backends, line by line: faults.md D7 - D9, D16, D17; delivery.md issue 29. */
#include "seams/cm.h"

#include "base/mem.h"
#include "base/slice_i.h"
#include "codec/otlp_response.h"
#include "sink/otlp_answer.h"

static const tel_slice url = TEL_SLICE_LIT("http://b/v1/metrics");
static char text[TEL__ANSWER_TEXT];

static tel__export_outcome http(tel_err err, unsigned status, const char *type, tel_slice body, const char *retry_after)
{
	tel__http_header headers[] = { { TEL_SLICE_LIT("content-type"), tel__slice_str(type) },
		                       { TEL_SLICE_LIT("RETRY-AFTER"), tel__slice_str(retry_after) } };
	tel__http_answer a = { .err = err, .status = status, .body = body, .headers = headers,
		               .header_count = retry_after ? 2 : 1, .message = "it broke" };
	tel__export_outcome o;
	tel__otlp_answer_http(&a, url, UINT64_C(1700000000000000000), text, &o);
	return o;
}

#define EMPTY ((tel_slice){ NULL, 0 })
#define PROTO "application/x-protobuf; charset=utf-8"

static void every_failure_of_the_network_is_retried(void **state)
{
	(void)state;
	static const tel_err errs[] = { TEL_ERR_TIMEOUT, TEL_ERR_DNS, TEL_ERR_TRANSPORT, TEL_ERR_TLS, TEL_ERR_NOMEM,
		                        TEL_ERR_LIMIT, TEL_ERR_CLOSED };
	for (size_t i = 0; i < sizeof errs / sizeof errs[0]; i++) {
		tel__export_outcome o = http(errs[i], 0, "", EMPTY, NULL);
		assert_int_equal(o.verdict, TEL__EXPORT_RETRY);
		assert_int_equal(o.grpc_status, 14);
		assert_slice(o.message, "failed to make an HTTP request: Post \"http://b/v1/metrics\": it broke");
	}
}

static void every_status_goes_by_the_table(void **state)
{
	(void)state;
	for (unsigned status = 100; status <= 599; status++) {
		tel__export_outcome o = http(TEL_OK, status, "text/html", TEL_SLICE_LIT("<html>"), NULL);
		bool ok = status >= 200 && status <= 299;
		bool retry = status == 429 || status == 502 || status == 503 || status == 504;
		assert_int_equal(o.verdict, ok ? TEL__EXPORT_OK : retry ? TEL__EXPORT_RETRY
		                                          : status == 413 ? TEL__EXPORT_TOO_BIG : TEL__EXPORT_PERMANENT);
		assert_int_equal(o.message.len == 0, ok);
	}
}

static void retry_after_counts_with_429_and_503_only(void **state)
{
	(void)state;
	assert_int_equal(http(TEL_OK, 429, "", EMPTY, "7").retry_after_ns, UINT64_C(7000000000));
	assert_int_equal(http(TEL_OK, 503, "", EMPTY, "7").retry_after_ns, UINT64_C(7000000000));
	assert_int_equal(http(TEL_OK, 502, "", EMPTY, "7").retry_after_ns, 0);
	assert_int_equal(http(TEL_OK, 503, "", EMPTY, "whenever").retry_after_ns, 0);
}

static void a_status_in_the_body_is_quoted(void **state)
{
	(void)state;
	tel__rpc_status status = { .code = 3, .message = TEL_SLICE_LIT("no \x01 name") };
	tel__dynbuf b;
	tel__dynbuf_init(&b, &tel__alloc_libc, 1000);
	assert_ok(tel__rpc_status_encode(&status, 1000, &b));
	tel__export_outcome o = http(TEL_OK, 400, PROTO, tel__dynbuf_get(&b), NULL);
	assert_slice(o.message, "rpc error: code = InvalidArgument desc = error exporting items, request to "
	                        "http://b/v1/metrics responded with HTTP Status Code 400, Message=no \\x01 name, Details=[]");
	o = http(TEL_OK, 400, "text/plain", tel__dynbuf_get(&b), NULL);
	assert_slice(o.message, "rpc error: code = InvalidArgument desc = error exporting items, request to "
	                        "http://b/v1/metrics responded with HTTP Status Code 400");
	tel__dynbuf_fini(&b);
}

static tel__export_outcome success(int64_t rejected, const char *message, bool grpc)
{
	tel__otlp_response rsp = { true, rejected, tel__slice_str(message) };
	tel__dynbuf b;
	tel__export_outcome o;
	tel__dynbuf_init(&b, &tel__alloc_libc, 1000);
	assert_ok(tel__otlp_response_encode(&rsp, 1000, &b));
	if (grpc) {
		tel__grpc_answer a = { .body = tel__dynbuf_get(&b), .from_peer = true };
		tel__otlp_answer_grpc(&a, text, &o);
	} else {
		o = http(TEL_OK, 200, PROTO, tel__dynbuf_get(&b), NULL);
	}
	tel__dynbuf_fini(&b);
	return o;
}

static void partial_success_is_read(void **state)
{
	(void)state;
	for (int grpc = 0; grpc < 2; grpc++) {
		tel__export_outcome o = success(5, "old", grpc);
		assert_int_equal(o.verdict, TEL__EXPORT_OK);
		assert_int_equal(o.rejected_points, 5);
		assert_slice(o.message, "old");
		o = success(-5, "odd", grpc);
		assert_int_equal(o.rejected_points, 0);
		o = success(0, "warning", grpc);
		assert_int_equal(o.rejected_points, 0);
		assert_slice(o.message, "warning");
		o = success(5, "", grpc);
		assert_true(o.message.len > 0);
	}
}

static void accepted_data_is_accepted_whatever_the_body_is(void **state)
{
	(void)state;
	tel__export_outcome o = http(TEL_OK, 202, PROTO, TEL_SLICE_LIT("\xff\xff"), NULL);
	assert_int_equal(o.verdict, TEL__EXPORT_OK);
	assert_true(o.message.len > 0);
	o = http(TEL_ERR_LIMIT, 200, PROTO, EMPTY, NULL);
	assert_int_equal(o.verdict, TEL__EXPORT_OK);
	assert_true(o.message.len > 0);
	o = http(TEL_ERR_BUDGET, 200, PROTO, EMPTY, NULL);
	assert_int_equal(o.verdict, TEL__EXPORT_OK);
	assert_true(o.message.len > 0);
	o = http(TEL_OK, 200, "text/plain", TEL_SLICE_LIT("\xff\xff"), NULL);
	assert_int_equal(o.message.len, 0);
	static const struct {
		tel_err err;
		const char *text;
	} rows[] = {
		{ TEL_ERR_LIMIT, "the backend accepted the data, but its answer is too long" },
		{ TEL_ERR_BUDGET, "the backend accepted the data, but there is no memory for its answer" },
		{ TEL_ERR_NOMEM, "the backend accepted the data, but there is no memory for its answer" },
		{ TEL_ERR_MALFORMED, "the backend accepted the data, but its answer cannot be read: truncated" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		tel__grpc_answer unread = { .body_err = rows[i].err, .from_peer = true, .message = TEL_SLICE_LIT("truncated") };
		tel__otlp_answer_grpc(&unread, text, &o);
		assert_int_equal(o.verdict, TEL__EXPORT_OK);
		assert_true(tel__slice_is(o.message, rows[i].text));
	}
	tel__grpc_answer a = { .body = TEL_SLICE_LIT("\xff\xff"), .from_peer = true };
	tel__otlp_answer_grpc(&a, text, &o);
	assert_int_equal(o.verdict, TEL__EXPORT_OK);
	a.body_compressed = true;
	tel__otlp_answer_grpc(&a, text, &o);
	assert_int_equal(o.verdict, TEL__EXPORT_OK);
}

static void a_status_whose_body_is_too_long_still_counts(void **state)
{
	(void)state;
	assert_int_equal(http(TEL_ERR_LIMIT, 503, PROTO, EMPTY, "3").verdict, TEL__EXPORT_RETRY);
	assert_int_equal(http(TEL_ERR_LIMIT, 400, PROTO, EMPTY, NULL).verdict, TEL__EXPORT_PERMANENT);
}

static void retry_info_makes_resource_exhausted_retryable(void **state)
{
	(void)state;
	tel__rpc_status status = { .code = 8, .message = TEL_SLICE_LIT("slow"), .has_retry = true,
		                   .retry_delay_ns = UINT64_C(4000000000) };
	tel__dynbuf b;
	tel__export_outcome o;
	tel__dynbuf_init(&b, &tel__alloc_libc, 1000);
	assert_ok(tel__rpc_status_encode(&status, 1000, &b));
	tel__grpc_answer a = { .status = 8, .from_peer = true, .message = TEL_SLICE_LIT("slow"), .details = tel__dynbuf_get(&b) };
	tel__otlp_answer_grpc(&a, text, &o);
	assert_int_equal(o.verdict, TEL__EXPORT_RETRY);
	assert_int_equal(o.retry_after_ns, UINT64_C(4000000000));
	assert_slice(o.message, "rpc error: code = ResourceExhausted desc = slow");
	a.details = TEL_SLICE_LIT("\xff");
	tel__otlp_answer_grpc(&a, text, &o);
	assert_int_equal(o.verdict, TEL__EXPORT_PERMANENT);
	a.details = EMPTY;
	tel__otlp_answer_grpc(&a, text, &o);
	assert_int_equal(o.verdict, TEL__EXPORT_PERMANENT);
	tel__dynbuf_fini(&b);
}

static void long_texts_are_cut(void **state)
{
	(void)state;
	static char huge[100000];
	memset(huge, 'x', sizeof huge);
	tel__export_outcome o;
	tel__grpc_answer a = { .status = 13, .from_peer = true, .message = { huge, sizeof huge } };
	tel__otlp_answer_grpc(&a, text, &o);
	assert_int_equal(o.verdict, TEL__EXPORT_PERMANENT);
	assert_true(o.message.len < TEL__ANSWER_TEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_failure_of_the_network_is_retried),
		cmocka_unit_test(every_status_goes_by_the_table),
		cmocka_unit_test(retry_after_counts_with_429_and_503_only),
		cmocka_unit_test(a_status_in_the_body_is_quoted),
		cmocka_unit_test(partial_success_is_read),
		cmocka_unit_test(accepted_data_is_accepted_whatever_the_body_is),
		cmocka_unit_test(a_status_whose_body_is_too_long_still_counts),
		cmocka_unit_test(retry_info_makes_resource_exhausted_retryable),
		cmocka_unit_test(long_texts_are_cut),
	};
	return cmocka_run_group_tests_name("sink/otlp_answer", tests, NULL, NULL);
}
