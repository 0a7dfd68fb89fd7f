/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's multi interface inside the context: curl names descriptors and a timer, the context serves them. Results
 * are collected first and told afterwards, when no function of curl is on the stack.
 */
#include <pthread.h>
#include <string.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "net/http_call.h"
#include "net/http_sockets.h"

enum { SPARE_HANDLES = 8 };
static const uint64_t MS_NS = 1000000u, CONNECT_NS = 30000000000u;

typedef struct sock {
	tel__http_client *client;
	tel__watch watch;
	struct sock *prev, *next;
} sock;

struct tel__http_client {
	tel_ctx *ctx;
	tel__http_client_opts opts; /* user_agent is our copy */
	CURLM *multi;
	tel__timer timer;
	sock *socks;
	tel__http_sockets sockets;
	tel__http_exchange *active, *finished; /* finished: oldest first */
	CURL *spare[SPARE_HANDLES];
	size_t spare_count;
	uint64_t next_id;
	tel__http_exchange *telling; /* its done is on the stack */
	bool *freed; /* told to whoever is on the stack when the client goes */
};

/* curl's own once is behind the same flag in every version; memory goes only to programs that have a client. */
static pthread_once_t global_once = PTHREAD_ONCE_INIT;

static void global_init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void list_add(tel__http_exchange **list, tel__http_exchange *x)
{
	x->prev = NULL;
	x->next = *list;
	if (*list)
		(*list)->prev = x;
	*list = x;
}

static void list_remove(tel__http_exchange **list, tel__http_exchange *x)
{
	if (x->prev)
		x->prev->next = x->next;
	else
		*list = x->next;
	if (x->next)
		x->next->prev = x->prev;
	x->prev = x->next = NULL;
}

/* ---- handles ---- */

static void handle_put(tel__http_client *c, CURL *easy)
{
	if (!easy)
		return;
	if (c->spare_count == SPARE_HANDLES) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy);
	c->spare[c->spare_count++] = easy;
}

static CURL *handle_get(tel__http_client *c)
{
	return c->spare_count ? c->spare[--c->spare_count] : curl_easy_init();
}

static void exchange_free(tel__http_client *c, tel__http_exchange *x)
{
	tel__ctx_timer_fini(c->ctx, &x->timer);
	if (x->in_multi)
		curl_multi_remove_handle(c->multi, x->easy);
	handle_put(c, x->easy);
	tel__http_exchange_fini(x);
	tel__mem_free(tel__ctx_alloc(c->ctx), x, 1, sizeof(*x));
}

static void list_free(tel__http_client *c, tel__http_exchange **list)
{
	while (*list) {
		tel__http_exchange *x = *list;
		list_remove(list, x);
		exchange_free(c, x);
	}
}

/* ---- results ---- */

static void finish(tel__http_client *c, tel__http_exchange *x, CURLcode code)
{
	list_remove(&c->active, x);
	if (x->in_multi)
		curl_multi_remove_handle(c->multi, x->easy);
	x->in_multi = false;
	tel__ctx_disarm(c->ctx, &x->timer);
	x->code = code;
	tel__http_exchange **end = &c->finished;
	tel__http_exchange *last = NULL;
	while (*end) {
		last = *end;
		end = &last->next;
	}
	x->prev = last;
	*end = x;
}

/* Tells what has finished. false: a callback freed the client. */
static bool tell(tel__http_client *c)
{
	bool freed = false;
	c->freed = &freed;
	while (!freed && c->finished) {
		tel__http_exchange *x = c->finished;
		tel__http_answer answer;
		tel_buf *buf;
		list_remove(&c->finished, x);
		tel__http_exchange_answer(x, x->code, &buf, &answer);
		c->telling = x;
		x->done(x->user, &answer);
		tel_buf_unref(buf);
		if (freed)
			return false; /* and x with it */
		c->telling = NULL;
		exchange_free(c, x);
	}
	c->freed = NULL;
	return true;
}

static void collect(tel__http_client *c)
{
	CURLMsg *msg;
	int left;
	while ((msg = curl_multi_info_read(c->multi, &left))) {
		tel__http_exchange *x = NULL;
		CURLcode code = msg->data.result;
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&x);
		finish(c, x, code);
	}
}

/* ---- curl's view of the loop ---- */

static tel_err multi_open(tel__http_client *c);

static void sock_free(tel__http_client *c, sock *s)
{
	if (s->prev)
		s->prev->next = s->next;
	else
		c->socks = s->next;
	if (s->next)
		s->next->prev = s->prev;
	tel__ctx_unwatch(c->ctx, &s->watch);
	tel__mem_free(tel__ctx_alloc(c->ctx), s, 1, sizeof(*s));
}

static void multi_close(tel__http_client *c)
{
	if (c->multi)
		curl_multi_cleanup(c->multi);
	c->multi = NULL;
	while (c->socks)
		sock_free(c, c->socks);
}

/* curl_multi_socket_action(3): after an error the state of all transfers is uncertain. */
static void fail_all(tel__http_client *c, CURLMcode code)
{
	while (c->active) {
		tel__http_exchange *x = c->active;
		(void)tel__fail(&x->error, code == CURLM_OUT_OF_MEMORY ? TEL_ERR_NOMEM : TEL_ERR_TRANSPORT, "HTTP client: %s",
		                curl_multi_strerror(code));
		finish(c, x, CURLE_RECV_ERROR);
	}
	multi_close(c);
	(void)multi_open(c); /* when it fails, the next send tries again */
}

/* false: a callback freed the client. */
static bool act(tel__http_client *c, curl_socket_t fd, int what)
{
	int running;
	CURLMcode rc = curl_multi_socket_action(c->multi, fd, what, &running);
	collect(c);
	if (rc != CURLM_OK)
		fail_all(c, rc);
	return tell(c);
}

static void on_sock_ready(void *user, unsigned got)
{
	sock *s = user;
	(void)act(s->client, s->watch.fd, (got & TEL_WANT_READ ? CURL_CSELECT_IN : 0) | (got & TEL_WANT_WRITE ? CURL_CSELECT_OUT : 0));
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *slot)
{
	tel__http_client *c = user;
	sock *s = slot;
	unsigned want = (what & CURL_POLL_IN ? TEL_WANT_READ : 0u) | (what & CURL_POLL_OUT ? TEL_WANT_WRITE : 0u);
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s)
			sock_free(c, s);
		return 0;
	}
	if (s)
		return tel__ctx_want(c->ctx, &s->watch, want) == TEL_OK ? 0 : -1;
	s = tel__mem_zero(tel__ctx_alloc(c->ctx), 1, sizeof(*s));
	if (!s)
		return -1;
	s->client = c;
	if (tel__ctx_watch(c->ctx, &s->watch, fd, want, on_sock_ready, s) != TEL_OK) {
		tel__mem_free(tel__ctx_alloc(c->ctx), s, 1, sizeof(*s));
		return -1;
	}
	s->next = c->socks;
	if (c->socks)
		c->socks->prev = s;
	c->socks = s;
	curl_multi_assign(c->multi, fd, s);
	return 0;
}

static void arm(tel__http_client *c, long ms)
{
	if (ms < 0)
		tel__ctx_disarm(c->ctx, &c->timer);
	else
		tel__ctx_arm(c->ctx, &c->timer, tel__ctx_mono_ns(c->ctx) + (uint64_t)ms * MS_NS);
}

static int on_timer_change(CURLM *multi, long ms, void *user)
{
	(void)multi;
	arm(user, ms);
	return 0;
}

static void on_timer(void *user)
{
	tel__http_client *c = user;
	if (!c->multi || !act(c, CURL_SOCKET_TIMEOUT, 0))
		return;
	/* curl tells changes only; its clock is finer than ours, so the time may not have come for it yet */
	long ms = -1;
	if (!c->timer.heap_index && c->multi && curl_multi_timeout(c->multi, &ms) == CURLM_OK && ms >= 0)
		arm(c, ms > 0 ? ms : 1);
}

static tel_err multi_open(tel__http_client *c)
{
	if (c->multi)
		return TEL_OK;
	c->multi = curl_multi_init();
	if (!c->multi)
		return TEL_ERR_NOMEM;
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer_change);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)c->opts.max_connections);
	return TEL_OK;
}

/* ---- calls ---- */

tel_err tel__http_client_new(tel_ctx *ctx, const tel__http_client_opts *opts, tel__http_client **ret_client, tel_error *err)
{
	const tel_alloc *alloc = tel__ctx_alloc(ctx);
	tel__http_client *c = tel__mem_zero(alloc, 1, sizeof(*c));
	char *agent = opts->user_agent.len ? tel__mem_new(alloc, opts->user_agent.len, 1) : NULL;
	if (!c || (opts->user_agent.len && !agent)) {
		if (c)
			tel__mem_free(alloc, c, 1, sizeof(*c));
		if (agent)
			tel__mem_free(alloc, agent, opts->user_agent.len, 1);
		return tel__fail_nomem(err);
	}
	c->ctx = ctx;
	c->sockets.alloc = alloc;
	c->opts = *opts;
	if (agent)
		memcpy(agent, opts->user_agent.ptr, opts->user_agent.len);
	c->opts.user_agent.ptr = agent;
	c->opts.connect_timeout_ns = opts->connect_timeout_ns ? opts->connect_timeout_ns : CONNECT_NS;
	pthread_once(&global_once, global_init);
	if (tel__ctx_timer_init(ctx, &c->timer, on_timer, c) != TEL_OK || multi_open(c) != TEL_OK) {
		tel__http_client_free(c);
		return tel__fail_nomem(err);
	}
	*ret_client = c;
	return TEL_OK;
}

/* Before anything of a client is freed in a child. */
static void let_go(tel__http_client *c)
{
	if (tel__ctx_check(c->ctx, NULL) != TEL_OK)
		tel__http_sockets_detach(&c->sockets);
}

void tel__http_client_free(tel__http_client *c)
{
	if (!c)
		return;
	const tel_alloc *alloc = tel__ctx_alloc(c->ctx);
	if (c->freed)
		*c->freed = true;
	let_go(c);
	if (c->telling)
		exchange_free(c, c->telling);
	list_free(c, &c->active);
	list_free(c, &c->finished);
	while (c->spare_count)
		curl_easy_cleanup(c->spare[--c->spare_count]);
	multi_close(c);
	tel__http_sockets_fini(&c->sockets);
	tel__ctx_timer_fini(c->ctx, &c->timer);
	if (c->opts.user_agent.ptr)
		tel__mem_free(alloc, (char *)(uintptr_t)c->opts.user_agent.ptr, c->opts.user_agent.len, 1);
	tel__mem_free(alloc, c, 1, sizeof(*c));
}

static void on_exchange_timer(void *user)
{
	tel__http_exchange *x = user;
	tel__http_client *c = x->client;
	(void)tel__fail(&x->error, TEL_ERR_TIMEOUT, "no answer in time");
	/* Over HTTP/2 curl would keep the connection, dead or not. */
	curl_easy_setopt(x->easy, CURLOPT_FORBID_REUSE, 1L);
	finish(c, x, CURLE_OPERATION_TIMEDOUT);
	(void)tell(c);
}

static tel_err start(tel__http_client *c, tel__http_exchange *x, const tel__http_call *call, tel_error *err)
{
	x->easy = handle_get(c);
	if (!x->easy || multi_open(c) != TEL_OK)
		return tel__fail_nomem(err);
	tel_err rc = tel__http_exchange_setup(x, call, &c->opts, err);
	if (rc != TEL_OK)
		return rc;
	tel__http_sockets_use(&c->sockets, x->easy);
	if (tel__ctx_timer_init(c->ctx, &x->timer, on_exchange_timer, x) != TEL_OK)
		return tel__fail_nomem(err);
	if (curl_multi_add_handle(c->multi, x->easy) != CURLM_OK)
		return tel__fail_nomem(err);
	x->in_multi = true;
	return TEL_OK;
}

tel_err tel__http_client_send(tel__http_client *c, const tel__http_call *call,
                              void (*done)(void *user, const tel__http_answer *answer), void *user, uint64_t *ret_id,
                              tel_error *err)
{
	tel_err rc = tel__ctx_check(c->ctx, err);
	if (rc != TEL_OK)
		return rc;
	tel__http_exchange *x = tel__mem_zero(tel__ctx_alloc(c->ctx), 1, sizeof(*x));
	if (!x)
		return tel__fail_nomem(err);
	x->ctx = c->ctx;
	x->client = c;
	x->done = done;
	x->user = user;
	x->id = ++c->next_id;
	rc = start(c, x, call, err);
	if (rc != TEL_OK) {
		exchange_free(c, x);
		return rc;
	}
	list_add(&c->active, x);
	uint64_t now = tel__ctx_mono_ns(c->ctx);
	if (call->timeout_ns && call->timeout_ns < UINT64_MAX - now)
		tel__ctx_arm(c->ctx, &x->timer, now + call->timeout_ns);
	*ret_id = x->id;
	return TEL_OK;
}

static bool cancel_in(tel__http_client *c, tel__http_exchange **list, uint64_t id)
{
	for (tel__http_exchange *x = *list; x; x = x->next) {
		if (x->id == id) {
			list_remove(list, x);
			exchange_free(c, x);
			return true;
		}
	}
	return false;
}

void tel__http_client_cancel(tel__http_client *c, uint64_t id)
{
	let_go(c);
	if (!cancel_in(c, &c->active, id))
		(void)cancel_in(c, &c->finished, id);
}
