/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_H2_KEEPER_H
#define TEL_NET_H2_KEEPER_H
/*
 * Keepalive of an HTTP/2 server connection as grpc-go does it (configgrpc's keepalive): how long a connection may be
 * idle, how old it may get, when the peer is asked whether it is still there, and how often the peer may ask. Decides
 * only; net/h2_server.c acts.
 */
#include "net/http_server.h"

TEL_PRIVATE_BEGIN

typedef struct tel__h2_keeper {
	const tel__http_keepalive *opts; /* the server's */
	uint64_t drain_ns, close_ns;     /* of age; UINT64_MAX = never */
	uint64_t pinged_ns;              /* our PING is on its way since; 0 = none */
	uint64_t peer_ping_ns;           /* the peer's last PING; 0 = none yet */
	unsigned strikes;                /* PINGs that came too early */
	bool answered;                   /* something was sent since the last PING: the strikes are forgotten */
} tel__h2_keeper;

typedef enum tel__h2_keep {
	TEL__H2_KEEP,
	TEL__H2_KEEP_PING,  /* send one and call tel__h2_keeper_pinged() */
	TEL__H2_KEEP_DRAIN, /* idle or old: no new requests */
	TEL__H2_KEEP_CLOSE, /* the grace is over: close with what is open */
	TEL__H2_KEEP_GONE   /* the PING was not answered */
} tel__h2_keep;

/* random spreads the age by +-10 %, so that connections made at once do not come back at once. */
void tel__h2_keeper_init(tel__h2_keeper *k, const tel__http_keepalive *opts, uint64_t now_ns, uint64_t random);
/* What is to be done now. idle_since_ns: UINT64_MAX while a request is open; received_ns: the peer's last bytes. */
tel__h2_keep tel__h2_keeper_check(tel__h2_keeper *k, uint64_t now_ns, uint64_t idle_since_ns, uint64_t received_ns,
                                  bool draining);
/* When check has to run at the latest; UINT64_MAX = never. */
uint64_t tel__h2_keeper_next(const tel__h2_keeper *k, uint64_t idle_since_ns, uint64_t received_ns, bool draining);
void tel__h2_keeper_pinged(tel__h2_keeper *k, uint64_t now_ns);
/* The peer sent a PING. false = it asks too often: GOAWAY ENHANCE_YOUR_CALM "too_many_pings". */
bool tel__h2_keeper_take_ping(tel__h2_keeper *k, uint64_t now_ns, bool has_streams);

TEL_PRIVATE_END
#endif
