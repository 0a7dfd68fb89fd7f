/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ABI_EMBED_SCENARIO_H
#define TESTS_ABI_EMBED_SCENARIO_H
/*
 * The same work through every door of a context: a server that answers late by a timer, a client that posts to it three
 * times in a row, a call that is cancelled, one that runs into its timeout, and blocking work that is handed away.
 */
#include "seams/cm.h"

#include <stdio.h>

#include "net/ctx_i.h"
#include "net/http_client.h"

typedef struct scenario {
	tel_ctx *ctx;
	tel__http_server *server;
	tel__http_client *client;
	tel__timer late;
	tel__http_request *held;
	tel__offload job;
	unsigned answers, timeouts, aborted, work;
	char url[64];
	bool done;
} scenario;

static inline void scenario_next(scenario *s);

static inline void scenario_late(void *user)
{
	scenario *s = user;
	tel__http_response rsp = { .status = 200, .body = TEL_SLICE_LIT("late") };
	tel__http_respond(s->held, &rsp);
	s->held = NULL;
}

static inline void scenario_head(void *user, tel__http_request *req)
{
	(void)user;
	if (tel__slice_is(tel__http_path(req), "/never"))
		return;
	tel__http_take_body(req, TEL__BODY_PLAIN, 1000);
}

static inline void scenario_body(void *user, tel__http_request *req, tel_buf *body, bool compressed)
{
	scenario *s = user;
	assert_slice(tel_buf_get(body), "hello");
	assert_false(compressed);
	s->held = req;
	tel__ctx_arm(s->ctx, &s->late, tel__ctx_mono_ns(s->ctx) + 2000000u);
}

static inline void scenario_body_error(void *user, tel__http_request *req, const tel_error *err)
{
	(void)user;
	(void)req;
	fail_msg("%s", err->msg);
}

static inline void scenario_abort(void *user, tel__http_request *req)
{
	(void)req;
	((scenario *)user)->aborted++;
}

static inline void scenario_answer(void *user, const tel__http_answer *a)
{
	scenario *s = user;
	assert_int_equal(a->err, TEL_OK);
	assert_slice(a->body, "late");
	s->answers++;
	scenario_next(s);
}

static inline void scenario_timeout(void *user, const tel__http_answer *a)
{
	scenario *s = user;
	assert_int_equal(a->err, TEL_ERR_TIMEOUT);
	s->timeouts++;
	scenario_next(s);
}

static inline void scenario_cancelled(void *user, const tel__http_answer *a)
{
	(void)user;
	(void)a;
	fail_msg("a cancelled call was told");
}

static inline void scenario_work(void *user)
{
	((scenario *)user)->work++;
}

static inline void scenario_worked(void *user)
{
	scenario *s = user;
	s->done = true;
	tel__ctx_busy(s->ctx, -1);
}

static inline void scenario_next(scenario *s)
{
	tel_slice body = TEL_SLICE_LIT("hello");
	char url[96];
	uint64_t id;
	bool post = s->answers < 3;
	snprintf(url, sizeof(url), "%s%s", s->url, post ? "/post" : "/never");
	tel__http_call call = { .method = TEL_SLICE_LIT("POST"), .url = tel__slice_str(url), .body = &body, .body_count = 1 };
	if (post) {
		assert_ok(tel__http_client_send(s->client, &call, scenario_cancelled, s, &id, NULL));
		tel__http_client_cancel(s->client, id);
		assert_ok(tel__http_client_send(s->client, &call, scenario_answer, s, &id, NULL));
	} else if (!s->timeouts) {
		call.timeout_ns = 5000000u;
		assert_ok(tel__http_client_send(s->client, &call, scenario_timeout, s, &id, NULL));
	} else {
		s->job = (tel__offload){ .run = scenario_work, .done = scenario_worked, .user = s };
		tel__ctx_offload(s->ctx, &s->job);
	}
}

static inline void scenario_start(scenario *s, tel_ctx *ctx)
{
	tel__http_server_opts so = { .proto = TEL__HTTP_1 };
	tel__http_client_opts co = { .user_agent = TEL_SLICE_LIT("embed") };
	tel__http_service service = { scenario_head, scenario_body, scenario_body_error, scenario_abort, s };
	*s = (scenario){ .ctx = ctx };
	assert_ok(tel__http_server_new(ctx, TEL_SLICE_LIT("127.0.0.1:0"), &so, &service, &s->server, NULL));
	assert_ok(tel__http_client_new(ctx, &co, &s->client, NULL));
	assert_ok(tel__ctx_timer_init(ctx, &s->late, scenario_late, s));
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", tel__http_server_port(s->server));
	tel__ctx_busy(ctx, 1);
	scenario_next(s);
}

static inline void scenario_end(scenario *s)
{
	assert_true(s->done);
	assert_int_equal(s->answers, 3);
	assert_int_equal(s->timeouts, 1);
	assert_int_equal(s->work, 1);
	tel__http_client_free(s->client);
	tel__ctx_timer_fini(s->ctx, &s->late);
	tel__http_server_free(s->server);
	assert_true(tel__ctx_next_deadline(s->ctx) == UINT64_MAX);
}

#endif
