/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NET_H2_WORLD_H
#define TESTS_NET_H2_WORLD_H
/* A context with a clock that the test owns, sockets that it can disturb and an allocator that counts; an HTTP/2 server
 * in it whose service does what the test says and remembers what it saw. */
#include "net/fake_clock.h"
#include "net/grpc_server.h"
#include "net/system.h"
#include "seams/failalloc.h"
#include "seams/fakerandom.h"
#include "seams/fakesock.h"

enum { WORLD_HELD = 256 };

typedef struct h2_world {
	tel_ctx *ctx;
	fake_clock clock;
	failalloc mem;
	fakesock sock;
	fakerandom random;
	tel__http_server *server;

	/* What the service does. */
	bool hold;       /* keeps requests; world_release() answers them */
	bool late_body;  /* keeps the head; world_take() takes the body */
	bool plain;      /* not gRPC: takes the body as it is */
	void (*saw_body)(void *saw_user, tel_buf *body, bool compressed); /* NULL = nobody looks */
	void *saw_user;
	size_t max_body;
	int32_t status;  /* of the answers */
	tel_slice message, details, reply;

	/* What it saw. */
	tel__http_request *held[WORLD_HELD];
	size_t held_count, heads, bodies, body_errors, aborts, refused_heads;
	tel_err last_error;
	char last_path[128];
	uint64_t last_timeout_ns;
	bool last_compressed;
	tel_buf *last_body;
} h2_world;

/* limit_bytes of the memory budget; 0 = none. */
void world_init(h2_world *w, size_t limit_bytes, const tel__http_server_opts *opts);
void world_fini(h2_world *w); /* also checks that nothing leaked */
/* The same without cmocka's assertions, for runs in which memory is refused. */
tel_err world_start(h2_world *w, size_t limit_bytes, const tel__http_server_opts *opts);
void world_stop(h2_world *w);
void world_release(h2_world *w);
void world_take(h2_world *w);
size_t world_reserved(h2_world *w);
#endif
