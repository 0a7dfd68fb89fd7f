/* SPDX-License-Identifier: Apache-2.0 */
/* A server takes over from another one in the same context: nobody is refused, and nobody is cut off. */
#include "net/http_world.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"

static http_world W; /* its server is the one that goes */
static tel__http_server *Next;
static unsigned Served; /* by Next */

static void next_head(void *user, tel__http_request *req)
{
	(void)user;
	Served++;
	tel__http_respond(req, &(tel__http_response){ .status = 204 });
}

static void next_nothing(void *user, tel__http_request *req)
{
	(void)user;
	(void)req;
}

static tel_err make_next(const char *endpoint, bool same, tel_error *err)
{
	tel__http_before before = { &W.server, 1, same ? W.server : NULL };
	tel__http_server_opts opts = { .proto = TEL__HTTP_1, .before = &before };
	tel__http_service service = { next_head, NULL, NULL, next_nothing, NULL };

	return tel__http_server_new(W.ctx, tel__slice_str(endpoint), &opts, &service, &Next, err);
}

static int set_up(void **state)
{
	(void)state;
	http_world_init(&W, NULL, NULL);
	Next = NULL;
	Served = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tel__http_server_free(Next);
	http_world_fini(&W);
	return 0;
}

static const char *here(const char *host, char *out)
{
	snprintf(out, 64, "%s:%u", host, tel__http_server_port(W.server));
	return out;
}

static int connect_to(unsigned port)
{
	tel__address a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(tel__address_literal(TEL_SLICE_LIT("127.0.0.1"), (uint16_t)port, &a));
	if (connect(fd, &a.u.sa, a.len) == 0)
		return fd; /* the kernel took it: nobody has accepted yet */
	close(fd);
	return -1;
}

/* The status line of the answer to one request, "" while there is none, "closed" when there will be none. */
static const char *ask(int fd)
{
	static const char request[] = "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n";
	static char out[4096];
	bool closed = false;
	size_t n;

	http_world_send(&W, fd, request, sizeof(request) - 1);
	n = http_world_receive(&W, fd, out, 0, sizeof(out) - 1, &closed);
	out[n] = '\0';
	return n || !closed ? out : "closed";
}

static size_t connections(void)
{
	tel__http_stats stats;

	tel__http_server_stats(W.server, &stats);
	return stats.open;
}

static bool says_close(const char *answer)
{
	return strstr(answer, "\r\nConnection: close\r\n") != NULL;
}

static void same_address_is_handed_over_with_who_waits(void **state)
{
	char at[64];
	int waiting = connect_to(tel__http_server_port(W.server)), old = http_world_connect(&W), later;

	(void)state;
	assert_true(strncmp(ask(old), "HTTP/1.1 200", 12) == 0);
	waiting = (close(waiting), connect_to(tel__http_server_port(W.server)));
	assert_int_equal(make_next(here("127.0.0.1", at), false, NULL), TEL_OK);
	assert_int_equal(tel__http_server_port(Next), tel__http_server_port(W.server));
	tel__http_server_start(Next);
	tel__http_server_retire(W.server);
	later = connect_to(tel__http_server_port(Next));
	assert_true(later >= 0);
	assert_true(strncmp(ask(waiting), "HTTP/1.1 204", 12) == 0);
	assert_true(strncmp(ask(later), "HTTP/1.1 204", 12) == 0);
	assert_int_equal(Served, 2);
	close(waiting);
	close(later);
	close(old);
}

static void kept_connection_gets_one_more_answer_and_is_closed(void **state)
{
	char at[64];
	int old = http_world_connect(&W);

	(void)state;
	assert_false(says_close(ask(old)));
	assert_int_equal(make_next(here("127.0.0.1", at), false, NULL), TEL_OK);
	tel__http_server_start(Next);
	tel__http_server_retire(W.server);
	assert_int_equal(connections(), 1);
	const char *answer = ask(old);
	assert_true(strncmp(answer, "HTTP/1.1 200", 12) == 0); /* by the server that it knows */
	assert_true(says_close(answer));
	assert_int_equal(connections(), 0);
	close(old);
}

static void refused_successor_changes_nothing(void **state)
{
	char at[64];
	int old = http_world_connect(&W), fresh;

	(void)state;
	assert_int_equal(make_next(here("127.0.0.1", at), false, NULL), TEL_OK);
	tel__http_server_free(Next); /* something else failed before it could start */
	Next = NULL;
	fresh = connect_to(tel__http_server_port(W.server));
	assert_true(strncmp(ask(fresh), "HTTP/1.1 200", 12) == 0);
	assert_false(says_close(ask(old)));
	assert_int_equal(make_next(here("127.0.0.1", at), false, NULL), TEL_OK); /* and may be tried again */
	close(fresh);
	close(old);
}

static void two_cannot_take_over_the_same_address(void **state)
{
	tel__http_before before = { &W.server, 1, NULL };
	tel__http_server_opts opts = { .proto = TEL__HTTP_1, .before = &before };
	tel__http_service service = { next_head, NULL, NULL, next_nothing, NULL };
	tel__http_server *second = NULL;
	tel_error err = TEL_ERROR_INIT;
	char at[64];

	(void)state;
	assert_int_equal(make_next(here("127.0.0.1", at), false, NULL), TEL_OK);
	assert_int_equal(tel__http_server_new(W.ctx, tel__slice_str(at), &opts, &service, &second, &err), TEL_ERR_IO);
	assert_non_null(strstr(err.msg, at));
	assert_null(second);
}

static void another_address_opens_before_the_old_one_closes(void **state)
{
	unsigned old_port = tel__http_server_port(W.server);
	int waiting, fresh;

	(void)state;
	assert_int_equal(make_next("127.0.0.1:0", false, NULL), TEL_OK);
	assert_int_not_equal(tel__http_server_port(Next), old_port);
	fresh = connect_to(tel__http_server_port(Next));
	waiting = connect_to(old_port); /* in the backlog when the address goes */
	tel__http_server_start(Next);
	tel__http_server_retire(W.server);
	assert_true(connect_to(old_port) < 0);
	assert_true(strncmp(ask(fresh), "HTTP/1.1 204", 12) == 0);
	assert_true(strncmp(ask(waiting), "HTTP/1.1 200", 12) == 0);
	close(fresh);
	close(waiting);
}

static void port_0_is_the_port_that_the_same_place_has(void **state)
{
	(void)state;
	assert_int_equal(make_next("127.0.0.1:0", true, NULL), TEL_OK);
	assert_int_equal(tel__http_server_port(Next), tel__http_server_port(W.server));
}

static void wider_address_opens_beside_the_narrow_one(void **state)
{
	char at[64], again[64];
	tel__http_server *stranger = NULL;
	tel__http_server_opts opts = { .proto = TEL__HTTP_1 };
	tel__http_service service = { next_head, NULL, NULL, next_nothing, NULL };
	int fd;

	(void)state;
	assert_int_equal(make_next(here("0.0.0.0", at), false, NULL), TEL_OK);
	/* who is no successor still finds the port in use */
	assert_int_equal(tel__http_server_new(W.ctx, tel__slice_str(here("127.0.0.1", again)), &opts, &service, &stranger, NULL),
	                 TEL_ERR_IO);
	tel__http_server_start(Next);
	tel__http_server_retire(W.server);
	fd = connect_to(tel__http_server_port(Next));
	assert_true(strncmp(ask(fd), "HTTP/1.1 204", 12) == 0);
	close(fd);
}

static void drain_closes_what_retiring_had_left_open(void **state)
{
	int old = http_world_connect(&W);

	(void)state;
	tel__http_server_retire(W.server);
	assert_int_equal(connections(), 1);
	tel__http_server_drain(W.server);
	assert_int_equal(connections(), 0);
	assert_string_equal(ask(old), "closed");
	close(old);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(same_address_is_handed_over_with_who_waits),
		CASE(kept_connection_gets_one_more_answer_and_is_closed),
		CASE(refused_successor_changes_nothing),
		CASE(two_cannot_take_over_the_same_address),
		CASE(another_address_opens_before_the_old_one_closes),
		CASE(port_0_is_the_port_that_the_same_place_has),
		CASE(wider_address_opens_beside_the_narrow_one),
		CASE(drain_closes_what_retiring_had_left_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
