/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_TESTS_SINK_RAW_PEER_H
#define TEL_TESTS_SINK_RAW_PEER_H
/* An HTTP/1 backend that writes whatever bytes the test gives it, stepped by the test. Not one line is shared with our own
 * server, so that it may answer what ours never would. */
#include <stdbool.h>
#include <stddef.h>

enum { RAW_PEER_CONNECTIONS = 16, RAW_PEER_REQUEST = 65536 };

typedef struct raw_peer {
	int listening;
	unsigned port;
	struct raw_peer_connection {
		int fd; /* -1 = free */
		size_t len;
		char in[RAW_PEER_REQUEST];
	} connections[RAW_PEER_CONNECTIONS];
	const char *next;  /* answers the next request; NULL = a 200 without body */
	unsigned requests; /* that came whole */
} raw_peer;

void raw_peer_init(raw_peer *p);
void raw_peer_fini(raw_peer *p);
/* Accepts, reads and answers what is there; does not wait. */
void raw_peer_step(raw_peer *p);

#endif
