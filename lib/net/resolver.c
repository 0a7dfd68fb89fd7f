/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One c-ares channel per query: a query is rare (a connection is kept), and a fresh channel reads the resolver
 * configuration as it is now.
 */
#include <ares.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "net/resolver.h"

enum { MAX_HOST = 255, MAX_FDS = 16 };

struct tel__resolve {
	tel_ctx *ctx;
	void (*done)(void *user, const tel__address *addresses, size_t count, const tel_error *err);
	void *user;
	char host[MAX_HOST + 1];
	uint16_t port;
	ares_channel channel;
	bool open; /* the channel exists */
	tel__watch fds[MAX_FDS];
	bool fd_used[MAX_FDS];
	tel__timer timer;
	tel__deferred deferred;
	tel__address addresses[TEL__RESOLVE_MAX];
	size_t count;
	tel_error error;
};

static void query_free(tel__resolve *q)
{
	tel__ctx_undefer(q->ctx, &q->deferred);
	if (q->open) {
		q->open = false;
		q->done = NULL; /* the answer that ares_destroy gives is for nobody */
		ares_destroy(q->channel);
	}
	for (int i = 0; i < MAX_FDS; i++)
		if (q->fd_used[i])
			tel__ctx_unwatch(q->ctx, &q->fds[i]);
	tel__ctx_timer_fini(q->ctx, &q->timer);
	tel__mem_free(tel__ctx_alloc(q->ctx), q, 1, sizeof(*q));
}

/* Outside of c-ares, so that done may do anything. */
static void on_answer(void *user)
{
	tel__resolve *q = user;
	tel__address addresses[TEL__RESOLVE_MAX];
	tel_error error = q->error;
	size_t count = q->count;
	void (*done)(void *, const tel__address *, size_t, const tel_error *) = q->done;
	void *done_user = q->user;
	memcpy(addresses, q->addresses, sizeof(addresses));
	query_free(q);
	done(done_user, addresses, count, error.code == TEL_OK ? NULL : &error);
}

static void arm(tel__resolve *q)
{
	struct timeval tv;
	if (!q->open || q->deferred.queued)
		return;
	if (!ares_timeout(q->channel, NULL, &tv)) {
		tel__ctx_disarm(q->ctx, &q->timer);
		return;
	}
	/* up, by a millisecond: c-ares must find its own deadline passed, or the loop spins */
	uint64_t ns = (uint64_t)tv.tv_sec * 1000000000u + (uint64_t)tv.tv_usec * 1000u + 1000000u;
	tel__ctx_arm(q->ctx, &q->timer, tel__ctx_mono_ns(q->ctx) + ns);
}

static void on_fd(void *user, unsigned got, ares_socket_t fd)
{
	tel__resolve *q = user;
	ares_process_fd(q->channel, got & TEL_WANT_READ ? fd : ARES_SOCKET_BAD, got & TEL_WANT_WRITE ? fd : ARES_SOCKET_BAD);
	arm(q);
}

/* The watcher carries the query; which of its descriptors is ready is found by asking c-ares about all of them. */
static void on_ready(void *user, unsigned got)
{
	tel__resolve *q = user;
	int fds[MAX_FDS], n = 0;
	for (int i = 0; i < MAX_FDS; i++)
		if (q->fd_used[i] && q->fds[i].want)
			fds[n++] = q->fds[i].fd;
	for (int i = 0; i < n; i++)
		on_fd(q, got, fds[i]); /* non-blocking: a descriptor that is not ready answers so */
}

static void on_timer(void *user)
{
	tel__resolve *q = user;
	ares_process_fd(q->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm(q);
}

static void on_sock_state(void *user, ares_socket_t fd, int readable, int writable)
{
	tel__resolve *q = user;
	unsigned want = (readable ? TEL_WANT_READ : 0u) | (writable ? TEL_WANT_WRITE : 0u);
	int at = -1;
	for (int i = 0; i < MAX_FDS; i++) {
		if (q->fd_used[i] && q->fds[i].fd == fd) {
			if (want) {
				(void)tel__ctx_want(q->ctx, &q->fds[i], want);
			} else {
				tel__ctx_unwatch(q->ctx, &q->fds[i]);
				q->fd_used[i] = false;
			}
			return;
		}
		if (!q->fd_used[i])
			at = i;
	}
	/* A descriptor that cannot be watched is served by c-ares' own timeouts. */
	if (want && at >= 0)
		q->fd_used[at] = tel__ctx_watch(q->ctx, &q->fds[at], fd, want, on_ready, q) == TEL_OK;
}

static void add_address(tel__resolve *q, const struct ares_addrinfo_node *node)
{
	tel__address *a = &q->addresses[q->count];
	if (node->ai_addrlen > sizeof(a->u) || (node->ai_family != AF_INET && node->ai_family != AF_INET6))
		return;
	memcpy(&a->u, node->ai_addr, node->ai_addrlen);
	a->len = node->ai_addrlen;
	q->count++;
}

/* RFC 8305 section 4: the families alternate, the first one is that of the best address. */
static void add_addresses(tel__resolve *q, const struct ares_addrinfo *info)
{
	const struct ares_addrinfo_node *first = info->nodes, *other = info->nodes;
	int family = info->nodes ? info->nodes->ai_family : AF_UNSPEC;
	while (q->count < TEL__RESOLVE_MAX && (first || other)) {
		while (first && first->ai_family != family)
			first = first->ai_next;
		while (other && other->ai_family == family)
			other = other->ai_next;
		if (first) {
			add_address(q, first);
			first = first->ai_next;
		}
		if (other && q->count < TEL__RESOLVE_MAX) {
			add_address(q, other);
			other = other->ai_next;
		}
	}
}

static void on_addrinfo(void *user, int status, int timeouts, struct ares_addrinfo *info)
{
	tel__resolve *q = user;
	(void)timeouts;
	if (status == ARES_SUCCESS && q->done)
		add_addresses(q, info);
	if (info)
		ares_freeaddrinfo(info);
	if (!q->done)
		return;
	if (q->count == 0) {
		char shown[128];
		(void)tel__fail(&q->error, status == ARES_ENOMEM ? TEL_ERR_NOMEM : TEL_ERR_DNS, "resolve \"%s\": %s",
		                tel__slice_printable(tel__slice_str(q->host), shown, sizeof(shown)),
		                status == ARES_SUCCESS ? "no address" : ares_strerror(status));
	}
	tel__ctx_disarm(q->ctx, &q->timer);
	tel__ctx_defer(q->ctx, &q->deferred);
}

static tel_err ask(tel__resolve *q, tel_error *err)
{
	struct ares_options options = { .sock_state_cb = on_sock_state, .sock_state_cb_data = q };
	struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	char port[8];
	int rc = ares_init_options(&q->channel, &options, ARES_OPT_SOCK_STATE_CB);
	if (rc != ARES_SUCCESS)
		return tel__fail(err, rc == ARES_ENOMEM ? TEL_ERR_NOMEM : TEL_ERR_DNS, "start the resolver: %s",
		                 ares_strerror(rc));
	q->open = true;
	if (tel__ctx_dns_servers(q->ctx)[0])
		(void)ares_set_servers_ports_csv(q->channel, tel__ctx_dns_servers(q->ctx));
	snprintf(port, sizeof(port), "%u", q->port);
	ares_getaddrinfo(q->channel, q->host, port, &hints, on_addrinfo, q);
	arm(q);
	return TEL_OK;
}

tel_err tel__resolve_start(tel_ctx *ctx, tel_slice host, uint16_t port,
                           void (*done)(void *user, const tel__address *addresses, size_t count, const tel_error *err),
                           void *user, tel__resolve **ret_query, tel_error *err)
{
	if (host.len == 0 || host.len > MAX_HOST || memchr(host.ptr, 0, host.len))
		return tel__fail(err, TEL_ERR_ARG, "a host name has 1 to 255 bytes and no NUL");
	tel__resolve *q = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*q));
	if (!q)
		return tel__fail_nomem(err);
	q->ctx = ctx;
	q->done = done;
	q->user = user;
	q->port = port;
	q->error = (tel_error)TEL_ERROR_INIT;
	q->deferred = (tel__deferred){ .run = on_answer, .user = q };
	memcpy(q->host, host.ptr, host.len);
	tel_err rc = tel__ctx_timer_init(ctx, &q->timer, on_timer, q);
	if (rc != TEL_OK) {
		(void)tel__fail_nomem(err);
	} else if (tel__address_literal(host, port, &q->addresses[0])) {
		q->count = 1;
		tel__ctx_defer(ctx, &q->deferred);
	} else {
		rc = ask(q, err);
	}
	if (rc != TEL_OK) {
		query_free(q);
		return rc;
	}
	*ret_query = q;
	return TEL_OK;
}

void tel__resolve_cancel(tel__resolve *q)
{
	if (q)
		query_free(q);
}
