/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/otlp_world.h"

#include <stdio.h>

#include <telemetry/otlp.h>

#include "base/slice_i.h"
#include "wire/coding.h"

static void on_head(void *user, tel__http_request *req)
{
	otlp_world *w = user;
	size_t count, n;
	const tel__http_header *h = tel__http_headers(req, &count);
	n = (size_t)snprintf(w->head, sizeof w->head, TEL_SLICE_FMT " " TEL_SLICE_FMT " ", TEL_SLICE_ARG(tel__http_method(req)),
	                     TEL_SLICE_ARG(tel__http_path(req)));
	for (size_t i = 0; i < count; i++)
		n += (size_t)snprintf(w->head + n, sizeof w->head - n, TEL_SLICE_FMT "=" TEL_SLICE_FMT ";",
		                      TEL_SLICE_ARG(h[i].name), TEL_SLICE_ARG(h[i].value));
	assert_true(n < sizeof w->head);
	tel__http_take_body(req, tel__http_version(req) == 20 ? TEL__BODY_GRPC : TEL__BODY_PLAIN, 64 << 20);
}

static uint64_t count_points(tel_buf *body, tel__coding coding, bool json)
{
	tel_metrics *m;
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	tel_buf *plain = tel_buf_ref(body);
	if (coding != TEL__CODING_NONE) {
		tel__coder *c;
		tel_buf_unref(plain);
		assert_ok(tel__coder_new(NULL, &c));
		assert_ok(tel__coder_inflate(c, coding, NULL, tel_buf_get(body), 64 << 20, &plain, NULL));
		tel__coder_free(c);
	}
	if (json)
		assert_ok(tel_otlp_json_decode(tel_buf_get(plain), NULL, &m, NULL, NULL));
	else
		assert_ok(tel_otlp_decode(plain, NULL, &m, NULL, NULL));
	tel_buf_unref(plain);
	tel_metrics_count(m, &counts);
	tel_metrics_free(m);
	return counts.points;
}

static void on_body(void *user, tel__http_request *req, tel_buf *body, bool grpc_compressed)
{
	otlp_world *w = user;
	tel_slice name = { "", 0 }, type;
	tel__coding coding = TEL__CODING_NONE;
	bool grpc = tel__http_version(req) == 20;
	tel__http_header_get(req, grpc ? "grpc-encoding" : "content-encoding", &name);
	if (!grpc || grpc_compressed)
		assert_true(tel__coding_find(name, &coding));
	if (grpc && coding == TEL__CODING_SNAPPY) /* gRPC peers read streams only */
		coding = TEL__CODING_SNAPPY_FRAMED;
	bool json = tel__http_header_get(req, "content-type", &type) && tel__slice_is(type, "application/json");
	w->requests++;
	w->points += count_points(body, coding, json);
	if (w->hang) {
		w->held[w->held_count++] = req;
		return;
	}
	if (grpc) {
		tel__grpc_respond(req, w->grpc_status, w->message, w->details, w->body);
		if (w->answer_once) {
			w->answer_once = false;
			w->grpc_status = 0;
			w->message = w->details = (tel_slice){ NULL, 0 };
		}
		return;
	}
	tel__http_header headers[2] = { { TEL_SLICE_LIT("Content-Type"), tel__slice_str(w->content_type) },
		                        { TEL_SLICE_LIT("Retry-After"), tel__slice_str(w->retry_after) } };
	tel__http_response rsp = { .status = w->status, .headers = headers, .header_count = w->retry_after ? 2 : 1,
		                   .body = w->body };
	tel__http_respond(req, &rsp);
}

static void on_body_error(void *user, tel__http_request *req, const tel_error *err)
{
	(void)user, (void)req;
	fail_msg("the body could not be read: %s", err->msg);
}

static void on_abort(void *user, tel__http_request *req)
{
	otlp_world *w = user;
	for (size_t i = 0; i < w->held_count; i++)
		if (w->held[i] == req)
			w->held[i] = w->held[--w->held_count];
}

static void open_server(otlp_world *w, tel__http_proto proto, tel__http_server **ret_server)
{
	tel__http_service service = { on_head, on_body, on_body_error, on_abort, w };
	tel__http_server_opts opts = { .proto = proto };
	tel_error err = TEL_ERROR_INIT;
	if (tel__http_server_new(w->ctx, TEL_SLICE_LIT("localhost:0"), &opts, &service, ret_server, &err) != TEL_OK)
		fail_msg("%s", err.msg);
}

void otlp_world_init(otlp_world *w)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	memset(w, 0, sizeof *w);
	failalloc_init(&w->mem);
	opts.alloc = w->mem.alloc;
	opts.clock = fake_clock_ops(&w->clock);
	assert_ok(tel_ctx_new(&opts, &w->ctx, NULL));
	open_server(w, TEL__HTTP_1, &w->http);
	open_server(w, TEL__HTTP_2, &w->grpc);
	snprintf(w->http_url, sizeof w->http_url, "http://127.0.0.1:%u", tel__http_server_port(w->http));
	snprintf(w->grpc_endpoint, sizeof w->grpc_endpoint, "http://127.0.0.1:%u", tel__http_server_port(w->grpc));
	w->status = 200;
	w->content_type = "application/x-protobuf";
}

void otlp_world_fini(otlp_world *w)
{
	tel__http_server_free(w->http);
	tel__http_server_free(w->grpc);
	tel_ctx_free(w->ctx);
	assert_true(failalloc_is_clean(&w->mem));
}

void otlp_world_spin(otlp_world *w, unsigned ms)
{
	for (unsigned i = 0; i < ms; i++) {
		assert_ok(tel_ctx_run_once(w->ctx, 0));
		fake_clock_advance(&w->clock, 1000000);
	}
}

bool otlp_world_run(otlp_world *w, bool (*until)(void *user), void *user)
{
	for (unsigned i = 0; i < 20000; i++) {
		if (until(user))
			return true;
		otlp_world_spin(w, 1);
	}
	return false;
}
