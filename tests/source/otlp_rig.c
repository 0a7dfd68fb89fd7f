/* SPDX-License-Identifier: Apache-2.0 */
#include "source/otlp_rig.h"

#include <stdio.h>

#include <telemetry/builder.h>
#include <telemetry/otlp.h>

#include "codec/otlp_response.h"

static void keep(char *out, size_t cap, tel_slice s)
{
	snprintf(out, cap, "%.*s", (int)s.len, s.len ? s.ptr : "");
}

static tel_buf *finish(tel_builder *b)
{
	tel_metrics *m = NULL;
	tel_buf *buf = NULL;

	assert_ok(tel_builder_finish(b, &m, NULL));
	assert_ok(tel_otlp_encode(m, &buf, NULL));
	tel_metrics_free(m);
	tel_builder_free(b);
	return buf;
}

tel_buf *otlp_points(const char *name, unsigned count)
{
	tel_builder *b = NULL;

	assert_ok(tel_builder_new(NULL, 0, &b));
	tel_builder_times(b, 1, 2);
	tel_builder_resource(b, NULL);
	tel_builder_attr_str(b, "service.name", name);
	tel_builder_scope(b, "tests", NULL, NULL);
	tel_builder_gauge(b, "m", NULL, NULL);
	for (unsigned i = 1; i <= count; i++)
		tel_builder_point_int(b, i, NULL);
	return finish(b);
}

tel_buf *otlp_padded(unsigned count, size_t pad)
{
	tel_builder *b = NULL;
	char *text = malloc(pad + 1);

	assert_non_null(text);
	memset(text, 'x', pad);
	text[pad] = '\0';
	assert_ok(tel_builder_new(NULL, 0, &b));
	tel_builder_resource(b, NULL);
	tel_builder_scope(b, "tests", NULL, NULL);
	tel_builder_gauge(b, "m", NULL, NULL);
	for (unsigned i = 1; i <= count; i++) {
		tel_builder_point_int(b, i, NULL);
		tel_builder_attr_str(b, "pad", text);
	}
	free(text);
	return finish(b);
}

tel_buf *otlp_packed(tel__coding coding, tel_slice plain)
{
	tel__coder *coder = NULL;
	tel_buf *out = NULL;

	assert_ok(tel__coder_new(NULL, &coder));
	assert_ok(tel__coder_deflate(coder, coding, NULL, &plain, 1, TEL__CODING_LEVEL_AUTO, &out, NULL));
	tel__coder_free(coder);
	return out;
}

/* ---- client ---- */

void otlp_client_init(otlp_client *c, tel_ctx *ctx, fake_clock *clock, unsigned grpc_port, unsigned http_port)
{
	tel__http_client_opts http = { .user_agent = TEL_SLICE_LIT("test/1") };
	tel__grpc_client_opts grpc = { .host = TEL_SLICE_LIT("127.0.0.1"), .port = (uint16_t)grpc_port };

	*c = (otlp_client){ .ctx = ctx, .clock = clock, .grpc_port = grpc_port, .http_port = http_port };
	assert_ok(tel__http_client_new(ctx, &http, &c->http, NULL));
	if (grpc_port)
		assert_ok(tel__grpc_client_new(ctx, &grpc, &c->grpc, NULL));
}

void otlp_client_fini(otlp_client *c)
{
	tel__http_client_free(c->http);
	tel__grpc_client_free(c->grpc);
}

static void read_success(otlp_answer *a, tel_slice body)
{
	tel__otlp_response r = { 0 };

	assert_ok(tel__otlp_response_decode(body, &r, NULL));
	a->rejected = r.rejected_points;
	keep(a->rejected_message, sizeof(a->rejected_message), r.message);
}

static void read_status(otlp_answer *a, tel_slice bytes, bool with_message)
{
	tel__rpc_status s = { 0 };

	assert_ok(tel__rpc_status_decode(bytes, &s, NULL));
	a->code = s.code;
	a->has_retry = s.has_retry;
	a->retry_ns = s.retry_delay_ns;
	if (with_message)
		keep(a->message, sizeof(a->message), s.message);
}

static void on_http(void *user, const tel__http_answer *in)
{
	otlp_answer *a = user;
	tel_slice type = { NULL, 0 }, after = { NULL, 0 };

	a->calls++;
	a->err = in->err;
	a->status = in->status;
	a->code = -1;
	tel__http_answer_header(in, "content-type", &type);
	tel__http_answer_header(in, "retry-after", &after);
	keep(a->type, sizeof(a->type), type);
	keep(a->retry_after, sizeof(a->retry_after), after);
	a->body_len = in->body.len < sizeof(a->body) ? in->body.len : sizeof(a->body) - 1;
	if (a->body_len)
		memcpy(a->body, in->body.ptr, a->body_len);
	a->body[a->body_len] = '\0';
	if (in->err == TEL_OK && in->status == 200 && tel__slice_is(type, "application/x-protobuf"))
		read_success(a, in->body);
	else if (in->err == TEL_OK && tel__slice_is(type, "application/x-protobuf"))
		read_status(a, in->body, true);
}

static void on_grpc(void *user, const tel__grpc_answer *in)
{
	otlp_answer *a = user;

	a->calls++;
	a->grpc = in->status;
	a->from_peer = in->from_peer;
	a->code = -1;
	keep(a->message, sizeof(a->message), in->message);
	if (in->details.len)
		read_status(a, in->details, false);
	a->body_len = in->body.len;
	if (in->status == 0)
		read_success(a, in->body);
}

void otlp_post_start(otlp_client *c, const char *path, const char *type, const char *encoding, const tel_slice *body,
                     otlp_answer *a)
{
	tel__http_header headers[4] = { { TEL_SLICE_LIT("content-type"), tel__slice_str(type) },
		                            { TEL_SLICE_LIT("content-encoding"), tel__slice_str(encoding ? encoding : "") } };
	tel__http_call call = { .method = TEL_SLICE_LIT("POST"), .headers = headers, .header_count = encoding ? 2 : 1,
		                    .body = body, .body_count = 1 };
	tel_error err = TEL_ERROR_INIT;

	for (size_t i = 0; i < c->extra_count; i++)
		headers[call.header_count++] = c->extra[i];
	snprintf(c->url, sizeof(c->url), "http://127.0.0.1:%u%s", c->http_port, path);
	call.url = tel__slice_str(c->url);
	memset(a, 0, sizeof(*a));
	if (tel__http_client_send(c->http, &call, on_http, a, &c->id, &err))
		fail_msg("%s", err.msg);
}

void otlp_export_start(otlp_client *c, const char *method, const char *encoding, const tel_slice *body,
                       uint64_t timeout_ns, otlp_answer *a)
{
	tel__grpc_call call = { .path = tel__slice_str(method), .encoding = tel__slice_str(encoding ? encoding : ""),
		                    .body = body, .body_count = 1, .timeout_ns = timeout_ns,
		                    .metadata = c->extra, .metadata_count = c->extra_count };
	tel_error err = TEL_ERROR_INIT;

	memset(a, 0, sizeof(*a));
	if (tel__grpc_client_call(c->grpc, &call, on_grpc, a, &c->id, &err))
		fail_msg("%s", err.msg);
}

void otlp_wait(otlp_client *c, const otlp_answer *a)
{
	for (int i = 0; i < 20000 && !a->calls; i++) {
		(void)tel_ctx_run_once(c->ctx, 0);
		if (i > 20) /* libcurl has short timers of its own */
			fake_clock_advance(c->clock, 100000u);
	}
	assert_int_equal(a->calls, 1);
}

otlp_answer otlp_post(otlp_client *c, tel_slice body)
{
	otlp_answer a;
	otlp_post_start(c, "/v1/metrics", "application/x-protobuf", NULL, &body, &a);
	otlp_wait(c, &a);
	return a;
}

otlp_answer otlp_export(otlp_client *c, tel_slice body)
{
	otlp_answer a;
	otlp_export_start(c, OTLP_METHOD, NULL, &body, 0, &a);
	otlp_wait(c, &a);
	return a;
}
