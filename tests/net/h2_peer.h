/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NET_H2_PEER_H
#define TESTS_NET_H2_PEER_H
/*
 * The other side of an HTTP/2 connection, by hand: writes frames that a library would refuse to write, and reads what
 * comes back, frame by frame. Works on a socket that the test steps.
 */
#include <nghttp2/nghttp2.h>

#include "net/ctx_i.h"
#include "base/slice_i.h"

enum { PEER_STREAMS = 4096, PEER_TEXT = 512 };

typedef struct peer_stream {
	unsigned status;          /* :status */
	int grpc_status;          /* -1: none */
	char grpc_message[PEER_TEXT], details[PEER_TEXT], path[PEER_TEXT], timeout[32], te[32], authority[64];
	size_t data_len, header_blocks;
	uint8_t data[1 << 16];    /* the first bytes */
	bool ended, reset;
	uint32_t reset_code;
	uint64_t window;          /* sum of WINDOW_UPDATE */
	size_t largest_frame;
} peer_stream;

typedef struct h2_peer {
	int fd;
	nghttp2_hd_deflater *deflater;
	nghttp2_hd_inflater *inflater;
	uint8_t *in, *out;
	size_t in_len, out_len, out_cap;
	peer_stream *streams[PEER_STREAMS]; /* by id */
	bool closed, settings, settings_ack, goaway, preface;
	bool no_ack;              /* leaves SETTINGS without an answer */
	bool server;              /* expects the client's preface */
	uint32_t goaway_code, goaway_last, goaways;
	uint32_t max_frame, max_streams, max_header_list;
	size_t pings_acked, pings, frames;
	uint8_t ping[8];
	uint64_t window;          /* of the connection */
} h2_peer;

void peer_init(h2_peer *p, int fd, bool server);
void peer_fini(h2_peer *p);
int peer_connect(unsigned port); /* a non-blocking socket connected to loopback */
peer_stream *peer_get(h2_peer *p, int32_t id);

/* Appends to what is to be sent. */
void peer_bytes(h2_peer *p, const void *bytes, size_t len);
void peer_frame(h2_peer *p, uint8_t type, uint8_t flags, int32_t id, const void *payload, size_t len);
/* Preface (of a client) and SETTINGS. */
void peer_hello(h2_peer *p);
/* HEADERS from "name: value" pairs, ended by NULL. */
void peer_headers(h2_peer *p, int32_t id, uint8_t flags, const char *const *pairs);
void peer_grpc_head(h2_peer *p, int32_t id, uint8_t flags);
void peer_u32(h2_peer *p, uint8_t type, int32_t id, uint32_t value); /* RST_STREAM, WINDOW_UPDATE */
/* Sends what it can, lets the context run, reads what came; until nothing moves. */
void peer_settle(h2_peer *p, tel_ctx *ctx);
#endif
