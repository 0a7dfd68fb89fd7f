/* SPDX-License-Identifier: Apache-2.0 */
#include "net/h2_world.h"

#include <stdio.h>

#include "base/slice_i.h"
#include "seams/cm.h"

static void forget(h2_world *w, tel__http_request *req)
{
	size_t i;

	for (i = 0; i < w->held_count; i++)
		if (w->held[i] == req)
			w->held[i] = w->held[--w->held_count];
}

static void take(h2_world *w, tel__http_request *req)
{
	tel__http_take_body(req, w->plain ? TEL__BODY_PLAIN : TEL__BODY_GRPC, w->max_body ? w->max_body : 4 << 20);
}

static void on_head(void *user, tel__http_request *req)
{
	h2_world *w = user;
	tel_slice path = tel__http_path(req);

	w->heads++;
	snprintf(w->last_path, sizeof(w->last_path), TEL_SLICE_FMT, TEL_SLICE_ARG(path));
	w->last_timeout_ns = tel__grpc_timeout_ns(req);
	if (!w->plain && !tel__grpc_check_head(req)) {
		w->refused_heads++;
		return;
	}
	if (w->late_body)
		w->held[w->held_count++] = req;
	else
		take(w, req);
}

static void answer(h2_world *w, tel__http_request *req)
{
	const tel__http_response rsp = { .status = 200, .body = w->reply };

	if (w->plain)
		tel__http_respond(req, &rsp);
	else
		tel__grpc_respond(req, w->status, w->message, w->details, w->reply);
}

static void on_body(void *user, tel__http_request *req, tel_buf *body, bool compressed)
{
	h2_world *w = user;

	w->bodies++;
	w->last_compressed = compressed;
	tel_buf_unref(w->last_body);
	w->last_body = tel_buf_ref(body);
	if (w->saw_body)
		w->saw_body(w->saw_user, body, compressed);
	if (w->hold && w->held_count < WORLD_HELD)
		w->held[w->held_count++] = req;
	else
		answer(w, req);
}

static void on_body_error(void *user, tel__http_request *req, const tel_error *err)
{
	h2_world *w = user;
	int32_t status = err->code == TEL_ERR_LIMIT ? TEL__GRPC_RESOURCE_EXHAUSTED
		: err->code == TEL_ERR_BUDGET ? TEL__GRPC_UNAVAILABLE : TEL__GRPC_INTERNAL;

	w->body_errors++;
	w->last_error = err->code;
	tel__grpc_respond(req, status, tel__slice_str(err->msg), (tel_slice){ NULL, 0 }, (tel_slice){ NULL, 0 });
}

static void on_abort(void *user, tel__http_request *req)
{
	h2_world *w = user;

	w->aborts++;
	forget(w, req);
}

tel_err world_start(h2_world *w, size_t limit_bytes, const tel__http_server_opts *opts)
{
	const tel__http_service service = { on_head, on_body, on_body_error, on_abort, w };
	tel_ctx_opts ctx_opts = TEL_CTX_OPTS_INIT;
	tel__http_server_opts server_opts = { .proto = TEL__HTTP_2 };
	tel_err code;

	if (opts)
		server_opts = *opts;
	server_opts.proto = TEL__HTTP_2;
	ctx_opts.alloc = w->mem.alloc;
	ctx_opts.clock = fake_clock_ops(&w->clock);
	ctx_opts.random = w->random.random;
	ctx_opts.memory_limit_bytes = limit_bytes;
	code = tel_ctx_new(&ctx_opts, &w->ctx, NULL);
	if (code != TEL_OK)
		return code;
	tel__ctx_set_seams(w->ctx, &w->sock.ops, NULL, NULL);
	code = tel__http_server_new(w->ctx, TEL_SLICE_LIT("127.0.0.1:0"), &server_opts, &service, &w->server, NULL);
	if (code != TEL_OK)
		world_stop(w);
	return code;
}

void world_stop(h2_world *w)
{
	tel_buf_unref(w->last_body);
	w->last_body = NULL;
	tel__http_server_free(w->server);
	w->server = NULL;
	tel_ctx_free(w->ctx);
	w->ctx = NULL;
}

void world_init(h2_world *w, size_t limit_bytes, const tel__http_server_opts *opts)
{
	memset(w, 0, sizeof(*w));
	failalloc_init(&w->mem);
	fakesock_init(&w->sock, &tel__sock_system);
	fakerandom_init(&w->random, 1);
	assert_ok(world_start(w, limit_bytes, opts));
}

void world_fini(h2_world *w)
{
	world_stop(w);
	assert_true(failalloc_is_clean(&w->mem));
}

void world_release(h2_world *w)
{
	while (w->held_count) {
		tel__http_request *req = w->held[--w->held_count];

		answer(w, req);
	}
}

void world_take(h2_world *w)
{
	while (w->held_count) {
		tel__http_request *req = w->held[--w->held_count];

		take(w, req);
	}
}

size_t world_reserved(h2_world *w)
{
	tel__budget_stats stats;

	tel__budget_get(tel__ctx_budget(w->ctx), &stats);
	return stats.reserved;
}
