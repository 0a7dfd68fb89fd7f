/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SEAMS_FAKESOCK_H
#define TESTS_SEAMS_FAKESOCK_H
/*
 * Sockets of an inner set of ops (the real ones, &tel__sock_system) with trouble on top: EAGAIN, EINTR, ECONNRESET at
 * the k-th call by plan, reads and writes of at most a few bytes, and an EAGAIN before every n-th transfer. Hand &s.ops
 * to the code under test.
 */
#include "base/seams.h"
#include "seams/faultplan.h"

enum {
	FAKESOCK_SOCKET,
	FAKESOCK_CONNECT,
	FAKESOCK_ACCEPT,
	FAKESOCK_RECV,
	FAKESOCK_SEND,
	FAKESOCK_SHUTDOWN,
	FAKESOCK_CLOSE
};

typedef struct fakesock {
	tel__sock_ops ops;
	const tel__sock_ops *inner;
	faultplan plan;
	size_t recv_most, send_most; /* bytes per call; SIZE_MAX = any, 1 = byte by byte */
	unsigned again_every;        /* each n-th recv and send answers EAGAIN first; 0 = never */
	uint64_t transfers;
} fakesock;

void fakesock_init(fakesock *s, const tel__sock_ops *inner);
/* faults are borrowed; counting starts again. */
void fakesock_plan(fakesock *s, const fault *faults, size_t count);

#endif
