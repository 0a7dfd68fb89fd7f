/* SPDX-License-Identifier: Apache-2.0 */
#include "net/h2_peer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_CAP = 4 << 20 };
static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

void peer_init(h2_peer *p, int fd, bool server)
{
	int one = 1;

	memset(p, 0, sizeof(*p));
	p->fd = fd;
	p->server = server;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	p->in = malloc(IN_CAP);
	assert_int_equal(nghttp2_hd_deflate_new(&p->deflater, 4096), 0);
	assert_int_equal(nghttp2_hd_inflate_new(&p->inflater), 0);
	assert_true(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
}

void peer_fini(h2_peer *p)
{
	size_t i;

	for (i = 0; i < PEER_STREAMS; i++)
		free(p->streams[i]);
	nghttp2_hd_deflate_del(p->deflater);
	nghttp2_hd_inflate_del(p->inflater);
	free(p->in);
	free(p->out);
	if (p->fd >= 0)
		close(p->fd);
}

int peer_connect(unsigned port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

peer_stream *peer_get(h2_peer *p, int32_t id)
{
	assert_true(id > 0 && id < PEER_STREAMS);
	if (!p->streams[id]) {
		p->streams[id] = calloc(1, sizeof(peer_stream));
		assert_non_null(p->streams[id]);
		p->streams[id]->grpc_status = -1;
	}
	return p->streams[id];
}

void peer_bytes(h2_peer *p, const void *bytes, size_t len)
{
	if (p->out_len + len > p->out_cap) {
		p->out_cap = 2 * (p->out_len + len);
		p->out = realloc(p->out, p->out_cap);
		assert_non_null(p->out);
	}
	if (len)
		memcpy(p->out + p->out_len, bytes, len);
	p->out_len += len;
}

void peer_frame(h2_peer *p, uint8_t type, uint8_t flags, int32_t id, const void *payload, size_t len)
{
	const uint8_t head[9] = { (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len, type, flags, (uint8_t)(id >> 24),
		(uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id };

	peer_bytes(p, head, sizeof(head));
	peer_bytes(p, payload, len);
}

void peer_u32(h2_peer *p, uint8_t type, int32_t id, uint32_t value)
{
	const uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };

	peer_frame(p, type, 0, id, bytes, sizeof(bytes));
}

void peer_hello(h2_peer *p)
{
	if (!p->server)
		peer_bytes(p, preface, sizeof(preface) - 1);
	peer_frame(p, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
}

void peer_headers(h2_peer *p, int32_t id, uint8_t flags, const char *const *pairs)
{
	nghttp2_nv nv[64];
	uint8_t block[65536];
	size_t n = 0;
	ssize_t len;

	for (; pairs[2 * n]; n++)
		nv[n] = (nghttp2_nv){ (uint8_t *)(uintptr_t)pairs[2 * n], (uint8_t *)(uintptr_t)pairs[2 * n + 1],
			strlen(pairs[2 * n]), strlen(pairs[2 * n + 1]), NGHTTP2_NV_FLAG_NONE };
	len = nghttp2_hd_deflate_hd(p->deflater, block, sizeof(block), nv, n);
	assert_true(len >= 0);
	peer_frame(p, NGHTTP2_HEADERS, flags | NGHTTP2_FLAG_END_HEADERS, id, block, (size_t)len);
}

void peer_grpc_head(h2_peer *p, int32_t id, uint8_t flags)
{
	static const char *const head[] = { ":method", "POST", ":scheme", "http", ":path", "/svc/Method", ":authority", "test",
		"te", "trailers", "content-type", "application/grpc", "grpc-timeout", "10S", NULL };

	peer_headers(p, id, flags, head);
}

static void note_text(char *to, size_t cap, nghttp2_nv nv)
{
	snprintf(to, cap, "%.*s", (int)nv.valuelen, (char *)nv.value);
}

static void note_header(peer_stream *st, nghttp2_nv nv)
{
	tel_slice name = { (char *)nv.name, nv.namelen };
	char number[16];

	note_text(number, sizeof(number), nv);
	if (tel__slice_is(name, ":status"))
		st->status = (unsigned)strtoul(number, NULL, 10);
	else if (tel__slice_is(name, "grpc-status"))
		st->grpc_status = (int)strtol(number, NULL, 10);
	else if (tel__slice_is(name, "grpc-message"))
		note_text(st->grpc_message, sizeof(st->grpc_message), nv);
	else if (tel__slice_is(name, "grpc-status-details-bin"))
		note_text(st->details, sizeof(st->details), nv);
	else if (tel__slice_is(name, ":path"))
		note_text(st->path, sizeof(st->path), nv);
	else if (tel__slice_is(name, ":authority"))
		note_text(st->authority, sizeof(st->authority), nv);
	else if (tel__slice_is(name, "grpc-timeout"))
		note_text(st->timeout, sizeof(st->timeout), nv);
	else if (tel__slice_is(name, "te"))
		note_text(st->te, sizeof(st->te), nv);
}

static void read_headers(h2_peer *p, peer_stream *st, const uint8_t *in, size_t len)
{
	for (;;) {
		nghttp2_nv nv;
		int flags = 0;
		ssize_t n = nghttp2_hd_inflate_hd2(p->inflater, &nv, &flags, in, len, 1);

		assert_true(n >= 0);
		in += n;
		len -= (size_t)n;
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			note_header(st, nv);
		if (flags & NGHTTP2_HD_INFLATE_FINAL)
			break;
	}
	nghttp2_hd_inflate_end_headers(p->inflater);
	st->header_blocks++;
}

static uint32_t u32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void read_settings(h2_peer *p, const uint8_t *in, size_t len)
{
	p->settings = true;
	for (; len >= 6; in += 6, len -= 6) {
		unsigned id = (unsigned)in[0] << 8 | in[1];

		if (id == NGHTTP2_SETTINGS_MAX_FRAME_SIZE)
			p->max_frame = u32(in + 2);
		else if (id == NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
			p->max_streams = u32(in + 2);
		else if (id == NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE)
			p->max_header_list = u32(in + 2);
	}
	if (!p->no_ack)
		peer_frame(p, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0);
}

static void read_stream_frame(h2_peer *p, uint8_t type, uint8_t flags, int32_t id, const uint8_t *in, size_t len)
{
	peer_stream *st = peer_get(p, id);

	if (type == NGHTTP2_HEADERS) {
		read_headers(p, st, in, len);
	} else if (type == NGHTTP2_DATA) {
		size_t room = sizeof(st->data) > st->data_len ? sizeof(st->data) - st->data_len : 0;

		if (len && room)
			memcpy(st->data + st->data_len, in, len < room ? len : room);
		st->data_len += len;
		if (len > st->largest_frame)
			st->largest_frame = len;
	} else if (type == NGHTTP2_RST_STREAM) {
		st->reset = true;
		st->reset_code = u32(in);
	} else if (type == NGHTTP2_WINDOW_UPDATE) {
		st->window += u32(in);
	}
	if ((type == NGHTTP2_HEADERS || type == NGHTTP2_DATA) && (flags & NGHTTP2_FLAG_END_STREAM))
		st->ended = true;
}

static void read_frame(h2_peer *p, uint8_t type, uint8_t flags, int32_t id, const uint8_t *in, size_t len)
{
	p->frames++;
	if (id != 0) {
		read_stream_frame(p, type, flags, id, in, len);
	} else if (type == NGHTTP2_SETTINGS) {
		if (flags & NGHTTP2_FLAG_ACK)
			p->settings_ack = true;
		else
			read_settings(p, in, len);
	} else if (type == NGHTTP2_PING && (flags & NGHTTP2_FLAG_ACK)) {
		p->pings_acked++;
	} else if (type == NGHTTP2_PING) {
		p->pings++;
		memcpy(p->ping, in, sizeof(p->ping));
	} else if (type == NGHTTP2_GOAWAY) {
		p->goaway = true;
		p->goaways++;
		p->goaway_last = u32(in);
		p->goaway_code = u32(in + 4);
	} else if (type == NGHTTP2_WINDOW_UPDATE) {
		p->window += u32(in);
	}
}

static void parse(h2_peer *p)
{
	size_t at = 0;

	if (p->server && !p->preface && p->in_len >= sizeof(preface) - 1) {
		assert_memory_equal(p->in, preface, sizeof(preface) - 1);
		p->preface = true;
		at = sizeof(preface) - 1;
	}
	while ((!p->server || p->preface) && p->in_len - at >= 9) {
		const uint8_t *f = p->in + at;
		size_t len = (size_t)f[0] << 16 | (size_t)f[1] << 8 | f[2];

		if (p->in_len - at < 9 + len)
			break;
		read_frame(p, f[3], f[4], (int32_t)(u32(f + 5) & 0x7fffffff), f + 9, len);
		at += 9 + len;
	}
	memmove(p->in, p->in + at, p->in_len - at);
	p->in_len -= at;
}

static bool move_bytes(h2_peer *p)
{
	bool moved = false;
	ssize_t n;

	while (p->out_len && (n = send(p->fd, p->out, p->out_len, MSG_NOSIGNAL)) > 0) {
		memmove(p->out, p->out + n, p->out_len - (size_t)n);
		p->out_len -= (size_t)n;
		moved = true;
	}
	while (!p->closed && p->in_len < IN_CAP) {
		n = recv(p->fd, p->in + p->in_len, IN_CAP - p->in_len, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			p->closed = true;
		if (n <= 0)
			break;
		p->in_len += (size_t)n;
		parse(p);
		moved = true;
	}
	return moved;
}

void peer_settle(h2_peer *p, tel_ctx *ctx)
{
	int still = 0;

	while (still < 5) {
		bool moved = move_bytes(p);

		(void)tel_ctx_run_once(ctx, 0);
		still = moved ? 0 : still + 1;
	}
}
