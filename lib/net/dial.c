/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting: all addresses of a name, the next one 250 ms after the previous (RFC 8305), the first that connects wins. */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "net/keepalive.h"
#include "net/resolver.h"
#include "net/stream.h"

static const uint64_t ATTEMPT_DELAY_NS = 250000000u; /* RFC 8305 section 5 */

typedef struct attempt {
	struct tel__dial *dial;
	tel__watch watch;
	int fd; /* -1 = not running */
} attempt;

struct tel__dial {
	tel_ctx *ctx;
	void (*done)(void *user, tel__stream *s, const tel_error *err);
	void *user;
	tel__resolve *query;
	tel__timer deadline, next;
	tel__address addresses[TEL__RESOLVE_MAX];
	attempt attempts[TEL__RESOLVE_MAX];
	size_t count, started, running;
	tel_error error; /* of the last attempt that failed */
};

static void attempt_close(attempt *a)
{
	const tel__sock_ops *ops = tel__ctx_sock(a->dial->ctx);
	if (a->fd < 0)
		return;
	tel__ctx_unwatch(a->dial->ctx, &a->watch);
	ops->close(ops->user, a->fd);
	a->fd = -1;
	a->dial->running--;
}

void tel__dial_cancel(tel__dial *d)
{
	if (!d)
		return;
	tel__resolve_cancel(d->query);
	for (size_t i = 0; i < d->started; i++)
		attempt_close(&d->attempts[i]);
	tel__ctx_timer_fini(d->ctx, &d->deadline);
	tel__ctx_timer_fini(d->ctx, &d->next);
	tel__mem_free(tel__ctx_alloc(d->ctx), d, 1, sizeof(*d));
}

/* Hands the result over; d is gone. */
static void finish(tel__dial *d, tel__stream *s, const tel_error *error)
{
	void (*done)(void *, tel__stream *, const tel_error *) = d->done;
	void *user = d->user;
	tel_error copy = error ? *error : (tel_error)TEL_ERROR_INIT;
	tel__dial_cancel(d);
	done(user, s, error ? &copy : NULL);
}

static void won(attempt *a)
{
	tel__dial *d = a->dial;
	char peer[TEL__ADDRESS_TEXT_MAX];
	tel_error error = TEL_ERROR_INIT;
	tel__stream *s = NULL;
	int fd = a->fd;
	tel__ctx_unwatch(d->ctx, &a->watch);
	a->fd = -1;
	d->running--;
	tel__address_format(&d->addresses[a - d->attempts].u.sa, peer);
	if (tel__stream_from_fd(d->ctx, fd, peer, &s, &error) == TEL_OK)
		finish(d, s, NULL);
	else
		finish(d, NULL, &error);
}

static void note_failure(attempt *a, int errnum)
{
	char peer[TEL__ADDRESS_TEXT_MAX];
	tel__address_format(&a->dial->addresses[a - a->dial->attempts].u.sa, peer);
	(void)tel__fail_errno(&a->dial->error, TEL_ERR_TRANSPORT, errnum, "connect to %s", peer);
	attempt_close(a);
}

static void on_writable(void *user, unsigned got)
{
	attempt *a = user;
	tel__dial *d = a->dial;
	int error = 0;
	socklen_t len = sizeof(error);
	(void)got;
	if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error == 0) {
		won(a);
		return;
	}
	note_failure(a, error);
	tel__ctx_arm(d->ctx, &d->next, tel__ctx_mono_ns(d->ctx)); /* no reason to wait for the delay */
}

/* true: the dial ended and d is gone. */
static bool attempt_start(tel__dial *d, attempt *a, const tel__address *to)
{
	const tel__sock_ops *ops = tel__ctx_sock(d->ctx);
	int on = 1;
	a->dial = d;
	d->running++;
	a->fd = ops->socket(ops->user, to->u.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd < 0) {
		d->running--;
		(void)tel__fail_errno(&d->error, TEL_ERR_TRANSPORT, errno, "socket");
		return false;
	}
	(void)setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	tel__keepalive_set(a->fd);
	int rc = ops->connect(ops->user, a->fd, &to->u.sa, to->len);
	if (rc == 0) {
		won(a);
		return true;
	}
	if (errno != EINPROGRESS && errno != EINTR) {
		note_failure(a, errno);
	} else if (tel__ctx_watch(d->ctx, &a->watch, a->fd, TEL_WANT_WRITE, on_writable, a) != TEL_OK) {
		note_failure(a, ENOMEM);
	}
	return false;
}

static void on_next(void *user)
{
	tel__dial *d = user;
	while (d->started < d->count) {
		size_t i = d->started++;
		if (attempt_start(d, &d->attempts[i], &d->addresses[i]))
			return;
		if (d->attempts[i].fd >= 0) {
			if (d->started < d->count)
				tel__ctx_arm(d->ctx, &d->next, tel__ctx_mono_ns(d->ctx) + ATTEMPT_DELAY_NS);
			return;
		}
	}
	if (d->running == 0)
		finish(d, NULL, &d->error);
}

static void on_addresses(void *user, const tel__address *addresses, size_t count, const tel_error *err)
{
	tel__dial *d = user;
	d->query = NULL;
	if (err) {
		finish(d, NULL, err);
		return;
	}
	memcpy(d->addresses, addresses, count * sizeof(*addresses));
	d->count = count;
	on_next(d);
}

static void on_deadline(void *user)
{
	tel__dial *d = user;
	tel_error error = TEL_ERROR_INIT;
	if (d->error.code != TEL_OK)
		(void)tel__fail(&error, TEL_ERR_TIMEOUT, "no connection in time, last failure: %.200s", d->error.msg);
	else
		(void)tel__fail(&error, TEL_ERR_TIMEOUT, "no connection in time: %s",
		                d->query ? "the name was not resolved" : "no address answered");
	finish(d, NULL, &error);
}

tel_err tel__dial_start(tel_ctx *ctx, tel_slice host, uint16_t port, uint64_t deadline_mono_ns,
                        void (*done)(void *user, tel__stream *s, const tel_error *err), void *user, tel__dial **ret_dial,
                        tel_error *err)
{
	tel__dial *d = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*d));
	if (!d)
		return tel__fail_nomem(err);
	d->ctx = ctx;
	d->done = done;
	d->user = user;
	d->error = (tel_error)TEL_ERROR_INIT;
	tel_err rc = tel__ctx_timer_init(ctx, &d->deadline, on_deadline, d);
	if (rc == TEL_OK)
		rc = tel__ctx_timer_init(ctx, &d->next, on_next, d);
	if (rc != TEL_OK)
		(void)tel__fail_nomem(err);
	else
		rc = tel__resolve_start(ctx, host, port, on_addresses, d, &d->query, err);
	if (rc != TEL_OK) {
		tel__dial_cancel(d);
		return rc;
	}
	tel__ctx_arm(ctx, &d->deadline, deadline_mono_ns);
	*ret_dial = d;
	return TEL_OK;
}
