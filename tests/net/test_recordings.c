/* SPDX-License-Identifier: Apache-2.0 */
/* What real SDKs wrote on their connections (conformance/otlp-wire), fed to our servers whole, in pieces and byte by byte;
 * and what another server answered them, to our client.
 * Every file of the folder is used by a test or accounted for. */
#define _GNU_SOURCE /* memmem, accept4 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "net/grpc_client.h"
#include "net/h2_peer.h"
#include "net/h2_world.h"
#include "net/http_world.h"
#include "seams/cm.h"
#include "seams/conformance.h"
#include "wire/coding.h"

#define EXPORT "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"

static conformance set;

/* ---- gRPC ---- */

enum { BODIES = 64 };

typedef struct scene {
	h2_world w;
	h2_peer p;
	char digests[BODIES][65]; /* SHA-256 of the bodies as they came, unpacked */
	size_t lens[BODIES], count;
} scene;

static tel_buf *unpacked(tel_buf *body, bool compressed)
{
	tel__coder *c;
	tel_buf *plain;
	if (!compressed)
		return tel_buf_ref(body);
	assert_ok(tel__coder_new(NULL, &c));
	assert_ok(tel__coder_inflate(c, TEL__CODING_GZIP, NULL, tel_buf_get(body), 64 << 20, &plain, NULL));
	tel__coder_free(c);
	return plain;
}

static void note_body(void *user, tel_buf *body, bool compressed)
{
	scene *s = user;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n;
	tel_buf *plain = unpacked(body, compressed);
	tel_slice bytes = tel_buf_get(plain);
	assert_true(s->count < BODIES);
	assert_int_equal(EVP_Digest(bytes.ptr, bytes.len, digest, &n, EVP_sha256(), NULL), 1);
	for (unsigned i = 0; i < n; i++)
		snprintf(s->digests[s->count] + 2 * i, 3, "%02x", digest[i]);
	s->lens[s->count++] = bytes.len;
	tel_buf_unref(plain);
}

static void feed(scene *s, const conformance_file *wire, size_t cut, uint64_t seed)
{
	size_t n;
	for (size_t at = 0; at < wire->len; at += n) {
		n = cut ? cut : 1 + splitmix64(&seed) % 3000;
		n = n < wire->len - at ? n : wire->len - at;
		peer_bytes(&s->p, wire->ptr + at, n);
		if (cut == 1) {
			assert_int_equal(send(s->p.fd, s->p.out, s->p.out_len, MSG_NOSIGNAL), 1);
			s->p.out_len = 0;
			(void)tel_ctx_run_once(s->w.ctx, 0);
		} else {
			peer_settle(&s->p, s->w.ctx);
		}
	}
	peer_settle(&s->p, s->w.ctx);
}

/* Plays one recording to a server of its own. cut: bytes of each piece; 0 = at random. */
static void replay(scene *s, const char *name, size_t cut, uint64_t seed)
{
	conformance_file wire = conformance_read(&set, name);
	s->count = 0;
	world_init(&s->w, 0, NULL);
	s->w.saw_body = note_body;
	s->w.saw_user = s;
	peer_init(&s->p, peer_connect(tel__http_server_port(s->w.server)), false);
	s->p.no_ack = true; /* the recording has its own */
	feed(s, &wire, cut, seed);
	if (s->count == 0 || s->w.body_errors)
		fail_msg("%s: %zu bodies, %zu errors, closed %d, goaway %u", name, s->count, s->w.body_errors, s->p.closed,
		         s->p.goaway_code);
	assert_string_equal(s->w.last_path, EXPORT);
	peer_fini(&s->p);
	world_fini(&s->w);
	free(wire.ptr);
}

/* The bodies of a connection, in order, against its meta.json; of a single request against its body. */
static void check_bodies(const scene *s, const char *name)
{
	conformance_file meta, body;
	size_t stem = conformance_stem(name), i = 0;
	if (conformance_beside(&set, name, stem, ".body.bin", &body)) {
		static scene one;
		tel_buf *buf;
		one.count = 0;
		assert_ok(tel_buf_copy(NULL, (tel_slice){ body.ptr, body.len }, &buf));
		note_body(&one, buf, false);
		if (s->lens[s->count - 1] != body.len || strcmp(s->digests[s->count - 1], one.digests[0]) != 0)
			fail_msg("%s: the body differs", name);
		tel_buf_unref(buf);
		free(body.ptr);
		return;
	}
	if (!conformance_beside(&set, name, stem, ".meta.json", &meta))
		fail_msg("%s has neither body nor meta.json", name);
	for (const char *at = meta.ptr; (at = strstr(at, "\"body_bytes\": ")); i++) {
		const char *hex = strstr(at, "\"body_sha256\": \"");
		assert_non_null(hex);
		if (i >= s->count || s->lens[i] != strtoul(at + 14, NULL, 10) || memcmp(s->digests[i], hex + 16, 64) != 0)
			fail_msg("%s: request %zu differs", name, i);
		at = hex;
	}
	assert_int_equal(i, s->count);
	assert_true(i > 1);
	free(meta.ptr);
}

static bool is_wire(const char *name, bool grpc)
{
	return conformance_ends(name, ".wire.bin") && (strstr(name, "-grpc-") != NULL) == grpc;
}

static void connections_over_grpc_are_read_however_they_arrive(void **state)
{
	(void)state;
	static scene s;
	unsigned seen = 0;
	if (!set.count)
		skip();
	for (size_t i = 0; i < set.count; i++) {
		const char *name = set.names[i];
		if (!is_wire(name, true))
			continue;
		replay(&s, name, SIZE_MAX, 0);
		check_bodies(&s, name);
		for (uint64_t seed = 1; seed <= 5; seed++) {
			replay(&s, name, 0, seed);
			check_bodies(&s, name);
		}
		if (!strstr(name, "many.")) { /* a minute of turns */
			replay(&s, name, 1, 0);
			check_bodies(&s, name);
		}
		seen++;
	}
	assert_true(seen >= 13);
	print_message("# %u connections over gRPC\n", seen);
}

/* ---- the other direction: what another gRPC server answered, to our client ---- */

enum { CALLS = 64 };

typedef struct played {
	h2_world w; /* its server is not used */
	tel__grpc_client *client;
	const char *name;
	int listening, fd;
	unsigned answered;
} played;

static void on_answer(void *user, const tel__grpc_answer *a)
{
	played *p = user;
	if (a->status != 0 || !a->from_peer || a->body_err)
		fail_msg("%s: status %d, from the peer %d: " TEL_SLICE_FMT, p->name, a->status, a->from_peer, TEL_SLICE_ARG(a->message));
	p->answered++;
}

/* Numbers the streams 1, 3, 5, ... as our client does; the recorded client may have begun with 3. How many there are, and
 * where the first frame of one begins. */
static unsigned number_streams(conformance_file *server, size_t *ret_first)
{
	uint32_t ids[CALLS], count = 0;
	for (size_t at = 0; at + 9 <= server->len;) {
		uint8_t *h = (uint8_t *)server->ptr + at;
		uint32_t id = (uint32_t)h[5] << 24 | (uint32_t)h[6] << 16 | (uint32_t)h[7] << 8 | h[8], i = 0;
		at += 9 + ((size_t)h[0] << 16 | (size_t)h[1] << 8 | h[2]);
		while (i < count && ids[i] != id)
			i++;
		if (id == 0)
			continue;
		if (i == count && h[3] != NGHTTP2_HEADERS)
			fail_msg("a stream that begins with frame type %u", h[3]);
		if (count == 0)
			*ret_first = (size_t)(h - (uint8_t *)server->ptr);
		assert_true(i < CALLS);
		ids[i] = id;
		count = i == count ? count + 1 : count;
		h[5] = h[6] = h[7] = 0;
		h[8] = (uint8_t)(2 * i + 1);
	}
	return count;
}

static void turns(played *p, unsigned count)
{
	char sink[4096];
	while (count--) {
		assert_ok(tel_ctx_run_once(p->w.ctx, 0));
		if (p->fd < 0 && (p->fd = accept4(p->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
			assert_int_equal(setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)), 0);
		while (p->fd >= 0 && recv(p->fd, sink, sizeof sink, 0) > 0)
			;
	}
}

static void listen_anywhere(played *p, unsigned *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	p->listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(p->listening, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(p->listening, 1), 0);
	assert_int_equal(getsockname(p->listening, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
}

static void play(const char *name, size_t cut)
{
	static const tel_slice body = TEL_SLICE_LIT("body");
	static played p;
	conformance_file server = conformance_read(&set, name);
	size_t greeting = 0;
	unsigned port, calls = number_streams(&server, &greeting);
	tel__grpc_call call = { .path = TEL_SLICE_LIT(EXPORT), .body = &body, .body_count = 1 };
	uint64_t id;
	p = (played){ .name = name, .fd = -1 };
	world_init(&p.w, 0, NULL);
	listen_anywhere(&p, &port);
	tel__grpc_client_opts opts = { .host = TEL_SLICE_LIT("127.0.0.1"), .port = (uint16_t)port, .user_agent = TEL_SLICE_LIT("test") };
	assert_ok(tel__grpc_client_new(p.w.ctx, &opts, &p.client, NULL));
	for (unsigned i = 0; i < calls; i++)
		assert_ok(tel__grpc_client_call(p.client, &call, on_answer, &p, &id, NULL));
	turns(&p, 50);
	assert_true(p.fd >= 0);
	for (size_t at = 0, n; at < server.len; at += n) {
		size_t end = at < greeting ? greeting : server.len; /* calls begin when the server has shown its SETTINGS */
		n = cut < end - at ? cut : end - at;
		assert_int_equal(send(p.fd, server.ptr + at, n, MSG_NOSIGNAL), n);
		turns(&p, at + n == greeting ? 50 : 3);
	}
	turns(&p, 20);
	if (p.answered != calls || calls == 0)
		fail_msg("%s: %u of %u calls are answered", name, p.answered, calls);
	tel__grpc_client_free(p.client);
	ctx_settle(p.w.ctx);
	close(p.fd);
	close(p.listening);
	world_fini(&p.w);
	free(server.ptr);
}

static void answers_of_another_grpc_server_are_understood(void **state)
{
	(void)state;
	unsigned seen = 0;
	if (!set.count)
		skip();
	for (size_t i = 0; i < set.count; i++) {
		if (!conformance_ends(set.names[i], ".server.bin"))
			continue;
		play(set.names[i], SIZE_MAX);
		play(set.names[i], 7);
		play(set.names[i], 1);
		seen++;
	}
	assert_true(seen >= 13);
	print_message("# %u recordings of a gRPC server\n", seen);
}

/* ---- HTTP/1.1 ---- */

static http_world W;

/* The body of a recording, after chunking: what follows the head, with chunks removed by a reader of its own. */
static size_t recorded_body(const conformance_file *wire, char *out)
{
	const char *end = memmem(wire->ptr, wire->len, "\r\n\r\n", 4);
	assert_non_null(end);
	const char *body = end + 4;
	size_t n = 0, rest = wire->len - (size_t)(body - wire->ptr);
	if (!memmem(wire->ptr, (size_t)(end - wire->ptr), "chunked", 7)) {
		memcpy(out, body, rest);
		return rest;
	}
	for (;;) {
		char *after;
		unsigned long size = strtoul(body, &after, 16);
		if (size == 0)
			return n;
		memcpy(out + n, after + 2, size);
		n += size;
		body = after + 2 + size + 2;
	}
}

/* The body that the server saw is the one of the collection, once it is unpacked. */
static void check_recorded(const char *name, bool compressed)
{
	conformance_file body;
	size_t stem = conformance_stem(name);
	tel_buf *packed, *plain;
	if (!conformance_beside(&set, name, stem, ".body.bin", &body) && !conformance_beside(&set, name, stem, ".body.json", &body))
		fail_msg("%s has no body", name);
	assert_ok(tel_buf_copy(NULL, (tel_slice){ W.body, W.body_len }, &packed));
	plain = unpacked(packed, compressed);
	assert_int_equal(tel_buf_get(plain).len, body.len);
	assert_memory_equal(tel_buf_get(plain).ptr, body.ptr, body.len);
	tel_buf_unref(plain);
	tel_buf_unref(packed);
	free(body.ptr);
}

static void check_request(const char *name)
{
	static char body[1 << 20];
	static const size_t steps[] = { SIZE_MAX, 1, 2, 7, 100, 1448, 4096 };
	conformance_file wire = conformance_read(&set, name);
	size_t body_len = recorded_body(&wire, body);
	for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
		if (steps[s] == 1 && wire.len > 20000)
			continue; /* a minute of turns */
		unsigned before = W.bodies;
		const char *out = http_world_exchange(&W, wire.ptr, wire.len, steps[s], NULL);
		assert_int_equal(strncmp(out, "HTTP/1.1 200", 12), 0);
		assert_int_equal(W.bodies, before + 1);
		assert_int_equal(W.body_len, body_len);
		assert_memory_equal(W.body, body, body_len);
	}
	check_recorded(name, strstr(name, "gz") != NULL);
	free(wire.ptr);
}

static void requests_over_http_are_read_however_they_arrive(void **state)
{
	(void)state;
	unsigned seen = 0;
	if (!set.count)
		skip();
	http_world_init(&W, NULL, NULL);
	for (size_t i = 0; i < set.count; i++) {
		if (!is_wire(set.names[i], false))
			continue;
		check_request(set.names[i]);
		seen++;
	}
	http_world_fini(&W);
	assert_true(seen >= 12);
	print_message("# %u requests over HTTP/1.1\n", seen);
}

/* ---- coverage ---- */

static void every_file_of_the_folder_is_used_or_accounted_for(void **state)
{
	(void)state;
	static const char *const beside[] = { ".body.bin", ".body.json", ".meta.json", ".server.bin" };
	size_t wires = 0, companions = 0;
	if (!set.count)
		skip();
	for (size_t i = 0; i < set.count; i++) {
		const char *name = set.names[i];
		conformance_file wire;
		bool known = false;
		if (conformance_ends(name, ".wire.bin")) {
			wires++;
			continue;
		}
		for (size_t k = 0; k < sizeof beside / sizeof beside[0]; k++)
			known |= conformance_ends(name, beside[k]);
		if (!known || !conformance_beside(&set, name, conformance_stem(name), ".wire.bin", &wire))
			fail_msg("nothing uses %s", name);
		free(wire.ptr);
		companions++;
	}
	assert_int_equal(wires + companions, set.count);
	print_message("# otlp-wire: %zu recordings and %zu files beside them, of %zu\n", wires, companions, set.count);
}

static int open_set(void **state)
{
	(void)state;
	(void)conformance_open(&set, "otlp-wire");
	return 0;
}

static int close_set(void **state)
{
	(void)state;
	conformance_close(&set);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_over_grpc_are_read_however_they_arrive),
		cmocka_unit_test(answers_of_another_grpc_server_are_understood),
		cmocka_unit_test(requests_over_http_are_read_however_they_arrive),
		cmocka_unit_test(every_file_of_the_folder_is_used_or_accounted_for),
	};
	return cmocka_run_group_tests_name("net/recordings", tests, open_set, close_set);
}
