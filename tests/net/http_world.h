/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NET_HTTP_WORLD_H
#define TESTS_NET_HTTP_WORLD_H
/*
 * A server on loopback with a service that the test scripts by path, and a raw client. Time is the test's. Paths:
 * /echo answers the body, /deny answers 404 without taking it, /later holds the head, /slow takes the body and holds
 * the answer, /big answers big_bytes bytes, /grow takes at most 1000 bytes.
 */
#include "seams/cm.h"

#include "net/fake_clock.h"
#include "net/http_server.h"

typedef struct http_world {
	fake_clock clock;
	tel_ctx *ctx;
	tel__http_server *server;
	unsigned heads, bodies, errors, aborts;
	tel_err last_error;
	size_t big_bytes;
	tel__http_request *held;
	tel_buf *held_body;
	char seen[16384]; /* "METHOD path?query vN name=value;...\n" of the last heads */
	size_t seen_len;
	char body[1 << 20]; /* of the last request */
	size_t body_len;
	char peer[64]; /* of the last request */
	bool close; /* answers ask for it */
} http_world;

void http_world_init(http_world *w, const tel_ctx_opts *ctx_opts, const tel__http_server_opts *opts);
/* For another server of the same world. */
tel__http_service http_world_service(http_world *w);
void http_world_fini(http_world *w);
int http_world_connect(http_world *w); /* a non-blocking socket */
/* Sends what the socket takes, lets the server work, and returns how much was sent. */
size_t http_world_send(http_world *w, int fd, const char *bytes, size_t len);
/* Appends what the server answered to out; *ret_closed: the server closed. Returns the new length. */
size_t http_world_receive(http_world *w, int fd, char *out, size_t len, size_t cap, bool *ret_closed);
/* One connection: sends everything in pieces of step bytes, returns everything that came (NUL-terminated, static). */
const char *http_world_exchange(http_world *w, const char *bytes, size_t len, size_t step, bool *ret_closed);
void http_world_respond(http_world *w, unsigned status, tel_slice body); /* to held */

#endif
