/* SPDX-License-Identifier: Apache-2.0 */
/* Listening socket. Survives a full descriptor table by a reserve descriptor (security.md S27). */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "net/address.h"
#include "net/keepalive.h"
#include "net/stream.h"

enum {
	ACCEPT_BATCH = 16, /* connections per turn, so that a flood does not starve the others */
	SOCKETS = 2        /* "localhost" is two addresses */
};
static const uint64_t RETRY_NS = 100000000u; /* after a failure that time may heal */

typedef struct door {
	struct tel__listener *listener;
	tel__watch watch;
	int fd; /* -1 = not there */
} door;

struct tel__listener {
	tel_ctx *ctx;
	void (*on_accept)(void *user, tel__stream *s);
	void *user;
	door doors[SOCKETS];
	tel__timer retry;
	int reserve_fd;
	tel__address asked; /* what the endpoint stands for, with the port as it is */
	unsigned port;
	bool dual;          /* all addresses of both families */
	bool local;         /* localhost: 127.0.0.1 and ::1 */
	bool paused, resting;
	bool *freed; /* set while on_accept runs */
};

static int reserve_open(tel__listener *l)
{
	const tel__fs_ops *fs = tel__ctx_fs(l->ctx);
	return fs->open(fs->user, "/dev/null", O_RDONLY, 0);
}

static void reserve_close(tel__listener *l)
{
	const tel__fs_ops *fs = tel__ctx_fs(l->ctx);
	if (l->reserve_fd >= 0)
		fs->close(fs->user, l->reserve_fd);
	l->reserve_fd = -1;
}

static void update_interest(tel__listener *l)
{
	for (int i = 0; i < SOCKETS; i++)
		if (l->doors[i].fd >= 0)
			(void)tel__ctx_want(l->ctx, &l->doors[i].watch, l->paused || l->resting ? 0 : TEL_WANT_READ);
}

static void rest(tel__listener *l)
{
	l->resting = true;
	tel__ctx_arm(l->ctx, &l->retry, tel__ctx_mono_ns(l->ctx) + RETRY_NS);
	update_interest(l);
}

static void on_retry(void *user)
{
	tel__listener *l = user;
	l->resting = false;
	if (l->reserve_fd < 0)
		l->reserve_fd = reserve_open(l);
	update_interest(l);
}

/* No descriptor is left: give up the reserve, accept, and close at once, so that the peer learns it now. */
static void turn_away(tel__listener *l, int listening)
{
	const tel__sock_ops *ops = tel__ctx_sock(l->ctx);
	bool had = l->reserve_fd >= 0;
	reserve_close(l);
	int fd = had ? ops->accept(ops->user, listening, NULL, NULL) : -1;
	if (fd >= 0)
		ops->close(ops->user, fd);
	l->reserve_fd = reserve_open(l);
	if (l->reserve_fd < 0)
		rest(l);
}

/* false: nothing more to accept now. */
static bool accept_one(tel__listener *l, int listening)
{
	const tel__sock_ops *ops = tel__ctx_sock(l->ctx);
	tel__address peer = { .len = sizeof(peer.u) };
	char text[TEL__ADDRESS_TEXT_MAX];
	tel__stream *s;
	int fd = ops->accept(ops->user, listening, &peer.u.sa, &peer.len);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			turn_away(l, listening);
		else if (errno == ENOMEM || errno == ENOBUFS)
			rest(l);
		/* accept(2): errors of the new connection itself (ECONNABORTED and the like) concern nobody else */
		return errno == EINTR || errno == ECONNABORTED;
	}
	tel__address_format(&peer.u.sa, text);
	if (tel__stream_from_fd(l->ctx, fd, text, &s, NULL) == TEL_OK)
		l->on_accept(l->user, s);
	return true;
}

static void on_ready(void *user, unsigned got)
{
	const door *d = user;
	tel__listener *l = d->listener;
	bool freed = false;
	(void)got;
	l->freed = &freed;
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		bool more = accept_one(l, d->fd);
		if (freed)
			return;
		if (!more || l->paused || l->resting)
			break;
	}
	l->freed = NULL;
}

/* Nothing, "::" and "0.0.0.0" are all addresses of both families, as in Go's net.Listen. */
static bool is_any(const tel__address *a)
{
	return a->u.sa.sa_family == AF_INET ? a->u.in4.sin_addr.s_addr == 0 : IN6_IS_ADDR_UNSPECIFIED(&a->u.in6.sin6_addr);
}

static tel_err listen_address(tel__listener *l, tel_slice host, uint16_t port, tel_error *err)
{
	char shown[128];
	l->local = tel__slice_is(host, "localhost");
	l->dual = host.len == 0;
	if (l->local)
		host = TEL_SLICE_LIT("127.0.0.1"); /* goes first, as in the Collector */
	if (!l->dual && !tel__address_literal(host, port, &l->asked))
		return tel__fail(err, TEL_ERR_ARG, "cannot listen on \"%s\": an address of this machine, \"localhost\" or "
		                                   "nothing is needed",
		                 tel__slice_printable(host, shown, sizeof(shown)));
	l->dual = l->dual || is_any(&l->asked);
	if (l->dual)
		(void)tel__address_literal(TEL_SLICE_LIT("::"), port, &l->asked);
	return TEL_OK;
}

static int open_bound(const tel__sock_ops *ops, const tel__address *a, bool dual, bool share)
{
	int on = 1, off = 0;
	int fd = ops->socket(ops->user, a->u.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (share)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* inherited by what is accepted */
	tel__keepalive_set(fd);
	if (a->u.sa.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, dual ? &off : &on, sizeof(on));
	if (bind(fd, &a->u.sa, a->len) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	int saved = errno;
	ops->close(ops->user, fd);
	errno = saved;
	return -1;
}

static unsigned port_of(const tel__address *a)
{
	return ntohs(a->u.sa.sa_family == AF_INET ? a->u.in4.sin_port : a->u.in6.sin6_port);
}

static void set_port(tel__address *a, unsigned port)
{
	if (a->u.sa.sa_family == AF_INET)
		a->u.in4.sin_port = htons((uint16_t)port);
	else
		a->u.in6.sin6_port = htons((uint16_t)port);
}

static void set_shared(tel__listener *const *beside, size_t count, int on)
{
	for (size_t i = 0; i < count; i++)
		for (int k = 0; k < SOCKETS; k++)
			if (beside[i]->doors[k].fd >= 0)
				(void)setsockopt(beside[i]->doors[k].fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
}

/* A socket on a. One of ours that is in the way shares its port for as long as the bind takes, and not longer: a second
 * gateway on the same port must fail. */
static int open_beside(const tel__sock_ops *ops, const tel__address *a, bool dual, tel__listener *const *beside,
                       size_t count)
{
	int off = 0, fd = open_bound(ops, a, dual, false), saved;
	if (fd >= 0 || errno != EADDRINUSE || count == 0)
		return fd;
	set_shared(beside, count, 1);
	fd = open_bound(ops, a, dual, true);
	saved = errno;
	set_shared(beside, count, 0);
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &off, sizeof(off));
	errno = saved;
	return fd;
}

/* What the endpoint asks for. */
static tel_err read_endpoint(tel__listener *l, tel_slice endpoint, tel_error *err)
{
	tel_slice host;
	uint16_t port;
	tel_err rc = tel__address_split(endpoint, &host, &port, err);
	return rc == TEL_OK ? listen_address(l, host, port, err) : rc;
}

static tel_err open_sockets(tel__listener *l, tel_slice endpoint, tel__listener *const *beside, size_t count,
                            tel_error *err)
{
	const tel__sock_ops *ops = tel__ctx_sock(l->ctx);
	tel__address a;
	char shown[128];
	int *fd = &l->doors[0].fd;
	tel_err rc = read_endpoint(l, endpoint, err);
	if (rc != TEL_OK)
		return rc;
	a = l->asked;
	*fd = open_beside(ops, &a, l->dual, beside, count);
	/* A kernel without IPv6: all addresses are the IPv4 ones. */
	if (*fd < 0 && l->dual && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL) &&
	    tel__address_literal(TEL_SLICE_LIT("0.0.0.0"), (uint16_t)port_of(&l->asked), &a))
		*fd = open_beside(ops, &a, false, beside, count);
	if (*fd < 0)
		return tel__fail_errno(err, errno == ENOMEM ? TEL_ERR_NOMEM : TEL_ERR_IO, errno, "listen on \"%s\"",
		                       tel__slice_printable(endpoint, shown, sizeof(shown)));
	a.len = sizeof(a.u);
	l->port = port_of(&l->asked);
	if (getsockname(*fd, &a.u.sa, &a.len) == 0)
		l->port = port_of(&a);
	set_port(&l->asked, l->port);
	/* Clients may find ::1 under this name. Go listens on the first address only, so this one is no condition. */
	if (l->local && tel__address_literal(TEL_SLICE_LIT("::1"), (uint16_t)l->port, &a))
		l->doors[1].fd = open_beside(ops, &a, false, beside, count);
	return TEL_OK;
}

static tel_err watch_sockets(tel__listener *l, tel_error *err)
{
	tel_err rc = TEL_OK;
	for (int i = 0; i < SOCKETS && rc == TEL_OK; i++)
		if (l->doors[i].fd >= 0)
			rc = tel__ctx_watch(l->ctx, &l->doors[i].watch, l->doors[i].fd, TEL_WANT_READ, on_ready, &l->doors[i]);
	return rc == TEL_OK ? rc : tel__fail(err, rc, "the listening socket could not be watched");
}

tel_err tel__listener_new_beside(tel_ctx *ctx, tel_slice endpoint, tel__listener *const *beside, size_t count,
                                 void (*on_accept)(void *user, tel__stream *s), void *user,
                                 tel__listener **ret_listener, tel_error *err)
{
	tel__listener *l = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*l));
	if (!l)
		return tel__fail_nomem(err);
	l->ctx = ctx;
	l->on_accept = on_accept;
	l->user = user;
	l->reserve_fd = -1;
	for (int i = 0; i < SOCKETS; i++) {
		l->doors[i].listener = l;
		l->doors[i].fd = -1;
	}
	tel_err rc = tel__ctx_timer_init(ctx, &l->retry, on_retry, l);
	if (rc != TEL_OK)
		(void)tel__fail_nomem(err);
	else
		rc = open_sockets(l, endpoint, beside, count, err);
	if (rc == TEL_OK) {
		l->reserve_fd = reserve_open(l);
		rc = watch_sockets(l, err);
	}
	if (rc != TEL_OK) {
		tel__listener_free(l);
		return rc;
	}
	*ret_listener = l;
	return TEL_OK;
}

tel_err tel__listener_new(tel_ctx *ctx, tel_slice endpoint, void (*on_accept)(void *user, tel__stream *s), void *user,
                          tel__listener **ret_listener, tel_error *err)
{
	return tel__listener_new_beside(ctx, endpoint, NULL, 0, on_accept, user, ret_listener, err);
}

static bool same_host(const tel__address *a, const tel__address *b)
{
	if (a->u.sa.sa_family != b->u.sa.sa_family)
		return false;
	if (a->u.sa.sa_family == AF_INET)
		return a->u.in4.sin_addr.s_addr == b->u.in4.sin_addr.s_addr;
	return memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr, sizeof(a->u.in6.sin6_addr)) == 0 &&
	       a->u.in6.sin6_scope_id == b->u.in6.sin6_scope_id;
}

bool tel__listener_serves(const tel__listener *l, tel_slice endpoint, bool any_port)
{
	tel__listener other = { .port = 0 };
	if (read_endpoint(&other, endpoint, NULL) != TEL_OK || other.dual != l->dual || other.local != l->local ||
	    !same_host(&other.asked, &l->asked))
		return false;
	return port_of(&other.asked) == l->port || (port_of(&other.asked) == 0 && any_port);
}

void tel__listener_give(tel__listener *l, void (*on_accept)(void *user, tel__stream *s), void *user)
{
	l->on_accept = on_accept;
	l->user = user;
}

void tel__listener_accept_all(tel__listener *l)
{
	for (int k = 0; k < SOCKETS; k++)
		for (int i = 0; i < SOMAXCONN && l->doors[k].fd >= 0 && !l->resting && accept_one(l, l->doors[k].fd); i++) {
		}
}

unsigned tel__listener_port(const tel__listener *l)
{
	return l->port;
}

void tel__listener_pause(tel__listener *l, bool paused)
{
	l->paused = paused;
	update_interest(l);
}

void tel__listener_free(tel__listener *l)
{
	if (!l)
		return;
	const tel__sock_ops *ops = tel__ctx_sock(l->ctx);
	if (l->freed)
		*l->freed = true;
	tel__ctx_timer_fini(l->ctx, &l->retry);
	for (int i = 0; i < SOCKETS; i++) {
		tel__ctx_unwatch(l->ctx, &l->doors[i].watch);
		if (l->doors[i].fd >= 0)
			ops->close(ops->user, l->doors[i].fd);
	}
	reserve_close(l);
	tel__mem_free(tel__ctx_alloc(l->ctx), l, 1, sizeof(*l));
}
