/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backend that answers anything: each call gets exactly one outcome with a real status, in bounded memory, and nothing
 * stays reserved.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/slice_i.h"
#include "fuzz/fuzz.h"
#include "net/grpc_client.h"
#include "net/system.h"

enum { CALLS = 3 };

/* Sockets whose peer is the input: always ready, since a byte lies in them that nobody reads. */
typedef struct backend {
	tel_slice left;
	size_t cut;
	uint64_t now_ns;
	unsigned connects;
	int other; /* end of the last pair */
} backend;

typedef struct outcome {
	unsigned count;
} outcome;

static int b_socket(void *user, int domain, int type, int protocol)
{
	backend *b = user;
	int pair[2];

	(void)domain, (void)type, (void)protocol;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	fuzz_check(write(pair[1], "x", 1) == 1);
	if (b->other >= 0)
		close(b->other);
	b->other = pair[1];
	return pair[0];
}

static int b_connect(void *user, int fd, const struct sockaddr *addr, socklen_t len)
{
	backend *b = user;

	(void)fd, (void)addr, (void)len;
	b->connects++;
	return 0;
}

static ssize_t b_recv(void *user, int fd, void *buf, size_t len)
{
	backend *b = user;
	size_t n = b->left.len < b->cut ? b->left.len : b->cut;

	(void)fd;
	n = n < len ? n : len;
	if (!n) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(buf, b->left.ptr, n);
	b->left = tel__slice_sub(b->left, n, b->left.len - n);
	return (ssize_t)n;
}

static ssize_t b_sendv(void *user, int fd, const struct iovec *iov, int count)
{
	ssize_t n = 0;
	int i;

	(void)user, (void)fd;
	for (i = 0; i < count; i++)
		n += (ssize_t)iov[i].iov_len;
	return n;
}

static int b_shutdown(void *user, int fd, int how)
{
	(void)user, (void)fd, (void)how;
	return 0;
}

static int b_close(void *user, int fd)
{
	(void)user;
	return close(fd);
}

static uint64_t b_clock(void *user)
{
	return ((backend *)user)->now_ns;
}

static void on_done(void *user, const tel__grpc_answer *a)
{
	outcome *o = user;

	o->count++;
	fuzz_check(a->status >= 0 && a->status <= TEL__GRPC_UNAUTHENTICATED);
	fuzz_check(a->message.len <= 8 * 1024 && a->body.len <= 4096);
	fuzz_check(a->status == 0 || a->body.len == 0);
}

static void start(tel__grpc_client *c, outcome outcomes[CALLS])
{
	static const tel_slice body = TEL_SLICE_LIT("hello");
	const tel__grpc_call call = { .path = TEL_SLICE_LIT("/s/M"), .body = &body, .body_count = 1,
		.max_response_bytes = 4096, .timeout_ns = 10000000000 };
	uint64_t id;
	int i;

	for (i = 0; i < CALLS; i++)
		fuzz_check(tel__grpc_client_call(c, &call, on_done, &outcomes[i], &id, NULL) == TEL_OK);
}

static void run(tel_slice bytes, size_t cut)
{
	backend b = { .left = bytes, .cut = cut, .now_ns = 1000000000, .other = -1 };
	const tel__sock_ops ops = { b_socket, b_connect, tel__sock_system.accept, b_recv, b_sendv, b_shutdown, b_close, &b };
	const tel__grpc_client_opts client_opts = { .host = TEL_SLICE_LIT("127.0.0.1"), .port = 1 };
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	outcome outcomes[CALLS] = { { 0 } };
	tel__budget_stats stats;
	tel__grpc_client *c;
	tel_ctx *ctx;
	size_t i;

	opts.clock = (tel_clock){ b_clock, b_clock, &b };
	fuzz_check(tel_ctx_new(&opts, &ctx, NULL) == TEL_OK);
	tel__ctx_set_seams(ctx, &ops, NULL, NULL);
	fuzz_check(tel__grpc_client_new(ctx, &client_opts, &c, NULL) == TEL_OK);
	start(c, outcomes);
	for (i = 0; i < 20 + bytes.len / (cut < 64 ? cut : 64); i++)
		(void)tel_ctx_run_once(ctx, 0);
	for (i = 0; i < 12; i++) { /* past the calls' timeout */
		b.now_ns += 1000000000;
		(void)tel_ctx_run_once(ctx, 0);
		(void)tel_ctx_run_once(ctx, 0);
	}
	for (i = 0; i < CALLS; i++)
		fuzz_check(outcomes[i].count == 1);
	tel__grpc_client_free(c);
	tel__budget_get(tel__ctx_budget(ctx), &stats);
	fuzz_check(stats.reserved == 0);
	tel_ctx_free(ctx);
	if (b.other >= 0)
		close(b.other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* SETTINGS first, unless the input brings its own: without them no call is sent. */
	char *bytes = malloc(9 + size);

	fuzz_check(bytes);
	memcpy(bytes, "\0\0\0\4\0\0\0\0\0", 9);
	if (size)
		memcpy(bytes + 9, data, size);
	if (size > 3 && data[3] == 4)
		run((tel_slice){ bytes + 9, size }, SIZE_MAX);
	run((tel_slice){ bytes, 9 + size }, 1 + size % 29);
	run((tel_slice){ bytes, 9 + size }, SIZE_MAX);
	free(bytes);
	return 0;
}
