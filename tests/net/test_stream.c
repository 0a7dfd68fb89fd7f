/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/fake_clock.h"
#include "net/resolver.h"
#include "net/stream.h"
#include "net/system.h"
#include "seams/failalloc.h"

typedef struct world {
	tel_ctx *ctx;
	fake_clock clock;
	tel__sock_ops sock;
	int accept_errno; /* for one call */
	int refuse_accepts;
	int connects, closes;
	int hang_connects; /* so many connects stay in progress for ever */
	int hung_peer;
	tel__stream *server, *client;
	tel_error error;
	int dialed;
	int sent, kept_alive; /* pieces sent, and how many of them on sockets that notice a peer which is gone */
} world;

static int w_socket(void *user, int domain, int type, int protocol)
{
	(void)user;
	return tel__sock_system.socket(NULL, domain, type, protocol);
}

/* Puts a socket that is never writable in the place of fd: a connect that stays in progress. */
static void hang(world *w, int fd)
{
	char block[4096] = { 0 };
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	while (write(pair[0], block, sizeof(block)) > 0)
		;
	assert_int_equal(dup2(pair[0], fd), fd);
	close(pair[0]);
	w->hung_peer = pair[1];
}

static int w_connect(void *user, int fd, const struct sockaddr *addr, socklen_t len)
{
	world *w = user;
	w->connects++;
	if (w->hang_connects > 0) {
		w->hang_connects--;
		hang(w, fd);
		errno = EINPROGRESS;
		return -1;
	}
	return tel__sock_system.connect(NULL, fd, addr, len);
}

static int w_accept(void *user, int fd, struct sockaddr *addr, socklen_t *len)
{
	world *w = user;
	if (w->refuse_accepts > 0) {
		w->refuse_accepts--;
		errno = w->accept_errno;
		return -1;
	}
	return tel__sock_system.accept(NULL, fd, addr, len);
}

static ssize_t w_recv(void *user, int fd, void *buf, size_t len)
{
	(void)user;
	return tel__sock_system.recv(NULL, fd, buf, len);
}

static ssize_t w_sendv(void *user, int fd, const struct iovec *iov, int count)
{
	world *w = user;
	unsigned on = 0, timeout_ms = 0;
	socklen_t len = sizeof(on);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &len), 0);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &len), 0);
	w->sent++;
	w->kept_alive += on && timeout_ms;
	return tel__sock_system.sendv(NULL, fd, iov, count);
}

static int w_shutdown(void *user, int fd, int how)
{
	(void)user;
	return tel__sock_system.shutdown(NULL, fd, how);
}

static int w_close(void *user, int fd)
{
	((world *)user)->closes++;
	return tel__sock_system.close(NULL, fd);
}

static void world_init(world *w)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	*w = (world){ .sock = { w_socket, w_connect, w_accept, w_recv, w_sendv, w_shutdown, w_close, w } };
	w->error = (tel_error)TEL_ERROR_INIT;
	opts.clock = fake_clock_ops(&w->clock);
	assert_int_equal(tel_ctx_new(&opts, &w->ctx, NULL), TEL_OK);
	tel__ctx_set_seams(w->ctx, &w->sock, NULL, NULL);
}

static void world_fini(world *w)
{
	tel__stream_free(w->server);
	tel__stream_free(w->client);
	tel_ctx_free(w->ctx);
}

static void on_accept(void *user, tel__stream *s)
{
	world *w = user;
	tel__stream_free(w->server);
	w->server = s;
}

static void on_dialed(void *user, tel__stream *s, const tel_error *err)
{
	world *w = user;
	w->dialed++;
	w->client = s;
	if (err)
		w->error = *err;
}

static tel__listener *listen_any(world *w, const char *endpoint)
{
	tel__listener *l = NULL;
	tel_error err = TEL_ERROR_INIT;
	if (tel__listener_new(w->ctx, tel__slice_str(endpoint), on_accept, w, &l, &err) != TEL_OK)
		fail_msg("%s", err.msg);
	assert_true(tel__listener_port(l) > 0);
	return l;
}

static tel__dial *dial(world *w, const char *host, unsigned port)
{
	tel__dial *d = NULL;
	assert_int_equal(tel__dial_start(w->ctx, tel__slice_str(host), (uint16_t)port, w->clock.mono_ns + 5000000000u,
	                                 on_dialed, w, &d, NULL), TEL_OK);
	return d;
}

static void send_text(tel__stream *s, const char *text)
{
	struct iovec iov = { (void *)(uintptr_t)text, strlen(text) };
	size_t n = 0;
	assert_int_equal(tel__stream_writev(s, &iov, 1, &n), TEL_OK);
	assert_int_equal(n, strlen(text));
}

static void a_connection_carries_bytes_both_ways_until_it_ends(void **state)
{
	(void)state;
	world w;
	char buf[16];
	size_t n = 0;
	world_init(&w);
	tel__listener *l = listen_any(&w, "127.0.0.1:0");
	(void)dial(&w, "127.0.0.1", tel__listener_port(l));
	assert_int_equal(w.dialed, 0); /* not inside the call */
	ctx_settle(w.ctx);
	assert_int_equal(w.dialed, 1);
	assert_non_null(w.client);
	assert_non_null(w.server);
	assert_int_equal(strncmp(w.server->peer, "127.0.0.1:", 10), 0);
	send_text(w.client, "ping");
	assert_int_equal(tel__stream_read(w.server, buf, sizeof(buf), &n), TEL_OK);
	assert_int_equal(n, 4);
	assert_int_equal(tel__stream_read(w.server, buf, sizeof(buf), &n), TEL_ERR_AGAIN);
	send_text(w.server, "pong!");
	assert_int_equal(tel__stream_read(w.client, buf, sizeof(buf), &n), TEL_OK);
	assert_int_equal(n, 5);
	assert_int_equal(w.sent, 2);
	assert_int_equal(w.kept_alive, 2);
	assert_int_equal(tel__stream_shutdown(w.client), TEL_OK);
	assert_int_equal(tel__stream_read(w.server, buf, sizeof(buf), &n), TEL_ERR_CLOSED);
	tel__listener_free(l);
	world_fini(&w);
}

static void a_port_alone_listens_on_both_families(void **state)
{
	(void)state;
	world w;
	world_init(&w);
	tel__listener *l = listen_any(&w, ":0");
	(void)dial(&w, "127.0.0.1", tel__listener_port(l));
	ctx_settle(w.ctx);
	assert_non_null(w.client);
	assert_non_null(w.server);
	assert_int_equal(strncmp(w.server->peer, "127.0.0.1:", 10), 0); /* not ::ffff:127.0.0.1 */
	tel__listener_free(l);
	world_fini(&w);
}

static void endpoints_that_cannot_be_listened_on_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "4317", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1",
		                           "[::1]", "example.invalid:80", "127.0.0.1:+1", ":0x1", "[127.0.0.1:1" };
	world w;
	world_init(&w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tel__listener *l = NULL;
		tel_error err = TEL_ERROR_INIT;
		assert_int_equal(tel__listener_new(w.ctx, tel__slice_str(bad[i]), on_accept, &w, &l, &err), TEL_ERR_ARG);
		assert_true(err.msg[0] != 0);
	}
	tel__listener *l = listen_any(&w, "localhost:0"), *again = NULL;
	char endpoint[32];
	snprintf(endpoint, sizeof(endpoint), "127.0.0.1:%u", tel__listener_port(l));
	assert_int_equal(tel__listener_new(w.ctx, tel__slice_str(endpoint), on_accept, &w, &again, &w.error), TEL_ERR_IO);
	assert_int_equal(w.error.detail, EADDRINUSE);
	tel__listener_free(l);
	world_fini(&w);
}

static void a_full_descriptor_table_turns_one_peer_away_and_not_the_listener(void **state)
{
	(void)state;
	world w;
	char buf[4];
	size_t n;
	world_init(&w);
	tel__listener *l = listen_any(&w, "127.0.0.1:0");
	w.accept_errno = EMFILE;
	w.refuse_accepts = 1;
	(void)dial(&w, "127.0.0.1", tel__listener_port(l));
	ctx_settle(w.ctx);
	assert_non_null(w.client);
	assert_null(w.server);
	tel_err rc = tel__stream_read(w.client, buf, sizeof(buf), &n);
	assert_true(rc == TEL_ERR_CLOSED || rc == TEL_ERR_TRANSPORT); /* it learns at once */
	tel__stream_free(w.client);
	w.client = NULL;
	(void)dial(&w, "127.0.0.1", tel__listener_port(l));
	ctx_settle(w.ctx);
	assert_non_null(w.server);
	tel__listener_free(l);
	world_fini(&w);
}

static void a_listener_without_memory_rests_and_comes_back(void **state)
{
	(void)state;
	world w;
	world_init(&w);
	tel__listener *l = listen_any(&w, "127.0.0.1:0");
	w.accept_errno = ENOBUFS;
	w.refuse_accepts = 1;
	(void)dial(&w, "127.0.0.1", tel__listener_port(l));
	ctx_settle(w.ctx);
	assert_null(w.server);
	fake_clock_advance(&w.clock, 100000000u);
	ctx_settle(w.ctx);
	assert_non_null(w.server);
	tel__listener_free(l);
	world_fini(&w);
}

static void a_refused_connection_says_where_and_why(void **state)
{
	(void)state;
	world w;
	world_init(&w);
	tel__listener *l = listen_any(&w, "127.0.0.1:0");
	unsigned port = tel__listener_port(l);
	tel__listener_free(l);
	(void)dial(&w, "127.0.0.1", port);
	ctx_settle(w.ctx);
	assert_int_equal(w.dialed, 1);
	assert_null(w.client);
	assert_int_equal(w.error.code, TEL_ERR_TRANSPORT);
	assert_int_equal(w.error.detail, ECONNREFUSED);
	assert_non_null(strstr(w.error.msg, "127.0.0.1:"));
	assert_true(tel__ctx_next_deadline(w.ctx) == UINT64_MAX); /* nothing is left behind */
	world_fini(&w);
}

static void a_cancelled_dial_is_silent_at_every_stage(void **state)
{
	(void)state;
	for (int turns = 0; turns < 3; turns++) {
		world w;
		world_init(&w);
		tel__listener *l = listen_any(&w, "127.0.0.1:0");
		tel__dial *d = dial(&w, "127.0.0.1", tel__listener_port(l));
		for (int i = 0; i < turns && !w.dialed; i++)
			tel_ctx_run_once(w.ctx, 0);
		if (!w.dialed) {
			tel__dial_cancel(d);
			ctx_settle(w.ctx);
			assert_int_equal(w.dialed, 0);
			assert_true(tel__ctx_next_deadline(w.ctx) == UINT64_MAX);
		}
		tel__listener_free(l);
		world_fini(&w);
	}
}

static void a_name_of_the_host_file_is_dialed(void **state)
{
	(void)state;
	world w;
	world_init(&w);
	tel__ctx_set_dns_servers(w.ctx, "127.0.0.1:1"); /* nobody answers there, and nobody is asked */
	tel__listener *l = listen_any(&w, ":0");
	(void)dial(&w, "localhost", tel__listener_port(l));
	for (int i = 0; i < 100 && !w.dialed; i++) {
		tel_ctx_run_once(w.ctx, 0);
		fake_clock_advance(&w.clock, 10000000u);
	}
	assert_int_equal(w.dialed, 1);
	assert_non_null(w.client);
	tel__listener_free(l);
	world_fini(&w);
}

static void a_dial_that_nobody_answers_ends_at_its_deadline(void **state)
{
	(void)state;
	world w;
	world_init(&w);
	tel__ctx_set_dns_servers(w.ctx, "127.0.0.1:1");
	tel__dial *d = NULL;
	/* The name server is a socket that never answers. */
	int silent = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	tel__address a;
	char csv[64];
	assert_true(tel__address_literal(TEL_SLICE_LIT("127.0.0.1"), 0, &a));
	assert_int_equal(bind(silent, &a.u.sa, a.len), 0);
	a.len = sizeof(a.u);
	assert_int_equal(getsockname(silent, &a.u.sa, &a.len), 0);
	tel__address_format(&a.u.sa, csv);
	tel__ctx_set_dns_servers(w.ctx, csv);
	assert_int_equal(tel__dial_start(w.ctx, TEL_SLICE_LIT("backend.invalid-zone.test"), 4317, w.clock.mono_ns + 1000000u,
	                                 on_dialed, &w, &d, NULL), TEL_OK);
	ctx_settle(w.ctx);
	assert_int_equal(w.dialed, 0);
	fake_clock_advance(&w.clock, 1000000u);
	ctx_settle(w.ctx);
	assert_int_equal(w.dialed, 1);
	assert_int_equal(w.error.code, TEL_ERR_TIMEOUT);
	assert_non_null(strstr(w.error.msg, "not resolved"));
	close(silent);
	world_fini(&w);
}

typedef struct zone {
	int fd;
	bool answer; /* A 127.0.0.1 and AAAA ::1; else NXDOMAIN */
} zone;

/* One answer of a name server, from the question. */
static void zone_serve(zone *z)
{
	uint8_t q[512], r[1024];
	struct sockaddr_storage from;
	for (;;) {
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(z->fd, q, sizeof(q), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
		if (n < 17)
			return;
		size_t end = 12;
		while (end < (size_t)n && q[end])
			end += q[end] + 1u;
		end += 5; /* root label, type, class */
		bool v6 = q[end - 3] == 28;
		memcpy(r, q, end);
		r[2] = 0x81;
		r[3] = z->answer ? 0x80 : 0x83;
		memset(r + 6, 0, 6);
		r[7] = z->answer ? 1 : 0;
		size_t at = end;
		if (z->answer) {
			static const uint8_t head[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1 };
			memcpy(r + at, head, sizeof(head));
			if (v6) {
				r[at + 3] = 28;
				r[at + 11] = 16;
				memset(r + at + 12, 0, 16);
				r[at + 27] = 1;
			}
			at += v6 ? 28 : 16;
		}
		assert_int_equal(sendto(z->fd, r, at, 0, (struct sockaddr *)&from, from_len), (ssize_t)at);
	}
}

static void zone_init(zone *z, world *w, bool answer, char csv[TEL__ADDRESS_TEXT_MAX])
{
	tel__address a;
	z->answer = answer;
	z->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(tel__address_literal(TEL_SLICE_LIT("127.0.0.1"), 0, &a));
	assert_int_equal(bind(z->fd, &a.u.sa, a.len), 0);
	a.len = sizeof(a.u);
	assert_int_equal(getsockname(z->fd, &a.u.sa, &a.len), 0);
	tel__address_format(&a.u.sa, csv);
	tel__ctx_set_dns_servers(w->ctx, csv);
}

static void dial_through_zone(world *w, zone *z, unsigned port, uint64_t step_ns)
{
	(void)dial(w, "backend.telemetry.test.", port);
	for (int i = 0; i < 200 && !w->dialed; i++) {
		tel_ctx_run_once(w->ctx, 0);
		zone_serve(z);
		fake_clock_advance(&w->clock, step_ns);
	}
	assert_int_equal(w->dialed, 1);
}

static void a_name_is_resolved_and_the_working_address_is_taken(void **state)
{
	(void)state;
	world w;
	zone z;
	char csv[TEL__ADDRESS_TEXT_MAX];
	world_init(&w);
	zone_init(&z, &w, true, csv);
	tel__listener *l = listen_any(&w, "127.0.0.1:0"); /* ::1 refuses or does not exist */
	dial_through_zone(&w, &z, tel__listener_port(l), 1000);
	assert_non_null(w.client);
	assert_int_equal(strncmp(w.client->peer, "127.0.0.1:", 10), 0);
	tel__listener_free(l);
	close(z.fd);
	world_fini(&w);
}

static void a_silent_address_does_not_hold_up_the_next_one(void **state)
{
	(void)state;
	world w;
	zone z;
	char csv[TEL__ADDRESS_TEXT_MAX];
	world_init(&w);
	zone_init(&z, &w, true, csv);
	tel__listener *l = listen_any(&w, ":0");
	w.hang_connects = 1;
	uint64_t start = w.clock.mono_ns;
	dial_through_zone(&w, &z, tel__listener_port(l), 5000000u);
	assert_non_null(w.client);
	assert_int_equal(w.connects, 2);
	assert_true(w.clock.mono_ns - start >= 250000000u); /* RFC 8305: not before the delay */
	assert_true(w.clock.mono_ns - start < 400000000u);
	close(w.hung_peer);
	tel__listener_free(l);
	close(z.fd);
	world_fini(&w);
}

static void a_name_that_does_not_exist_is_a_dns_error(void **state)
{
	(void)state;
	world w;
	zone z;
	char csv[TEL__ADDRESS_TEXT_MAX];
	world_init(&w);
	zone_init(&z, &w, false, csv);
	dial_through_zone(&w, &z, 4317, 1000);
	assert_null(w.client);
	assert_int_equal(w.error.code, TEL_ERR_DNS);
	assert_non_null(strstr(w.error.msg, "backend.telemetry.test"));
	close(z.fd);
	world_fini(&w);
}

static void two_addresses(void *user, const tel__address *addresses, size_t count, const tel_error *err)
{
	int *families = user;
	assert_null(err);
	assert_int_equal(count, 2);
	families[0] = addresses[0].u.sa.sa_family;
	families[1] = addresses[1].u.sa.sa_family;
}

static void addresses_of_both_families_alternate(void **state)
{
	(void)state;
	world w;
	zone z;
	char csv[TEL__ADDRESS_TEXT_MAX];
	int families[2] = { 0, 0 };
	tel__resolve *q;
	world_init(&w);
	zone_init(&z, &w, true, csv);
	assert_int_equal(tel__resolve_start(w.ctx, TEL_SLICE_LIT("backend.telemetry.test."), 1, two_addresses, families, &q,
	                                    NULL), TEL_OK);
	for (int i = 0; i < 200 && !families[0]; i++) {
		tel_ctx_run_once(w.ctx, 0);
		zone_serve(&z);
	}
	assert_true(families[0] != families[1]);
	close(z.fd);
	world_fini(&w);
}

static void connecting_survives_each_allocation_that_fails(void **state)
{
	(void)state;
	unsigned refused = 0;
	for (uint64_t nth = 1;; nth++) {
		world w = { .sock = { w_socket, w_connect, w_accept, w_recv, w_sendv, w_shutdown, w_close, &w } };
		tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
		tel__listener *l = NULL;
		tel__dial *d = NULL;
		failalloc f;
		failalloc_init(&f);
		opts.alloc = f.alloc;
		opts.clock = fake_clock_ops(&w.clock);
		assert_int_equal(tel_ctx_new(&opts, &w.ctx, NULL), TEL_OK);
		failalloc_fail_at(&f, nth, false);
		tel_err rc = tel__listener_new(w.ctx, TEL_SLICE_LIT("127.0.0.1:0"), on_accept, &w, &l, NULL);
		if (rc == TEL_OK)
			rc = tel__dial_start(w.ctx, TEL_SLICE_LIT("127.0.0.1"), (uint16_t)tel__listener_port(l), UINT64_MAX, on_dialed,
			                     &w, &d, NULL);
		refused += rc != TEL_OK;
		assert_true(rc == TEL_OK || rc == TEL_ERR_NOMEM);
		ctx_settle(w.ctx);
		assert_int_equal(w.dialed, rc == TEL_OK);
		assert_true(rc != TEL_OK || w.client || w.error.code == TEL_ERR_NOMEM);
		bool last = f.failed == 0;
		assert_true(!last || (w.client && w.server));
		tel__listener_free(l);
		world_fini(&w);
		assert_true(failalloc_is_clean(&f));
		if (last)
			break;
	}
	assert_true(refused >= 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_carries_bytes_both_ways_until_it_ends),
		cmocka_unit_test(a_port_alone_listens_on_both_families),
		cmocka_unit_test(endpoints_that_cannot_be_listened_on_are_refused),
		cmocka_unit_test(a_full_descriptor_table_turns_one_peer_away_and_not_the_listener),
		cmocka_unit_test(a_listener_without_memory_rests_and_comes_back),
		cmocka_unit_test(a_refused_connection_says_where_and_why),
		cmocka_unit_test(a_cancelled_dial_is_silent_at_every_stage),
		cmocka_unit_test(a_name_of_the_host_file_is_dialed),
		cmocka_unit_test(a_dial_that_nobody_answers_ends_at_its_deadline),
		cmocka_unit_test(a_name_is_resolved_and_the_working_address_is_taken),
		cmocka_unit_test(a_silent_address_does_not_hold_up_the_next_one),
		cmocka_unit_test(a_name_that_does_not_exist_is_a_dns_error),
		cmocka_unit_test(addresses_of_both_families_alternate),
		cmocka_unit_test(connecting_survives_each_allocation_that_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
