/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_ADMISSION_H
#define TEL_NET_ADMISSION_H
/*
 * Who may connect, and who has to go when there is no room (design.md 6). The rules hold over all servers of a context:
 *
 *   a connection is charged 48 KiB (TLS 96 KiB); all of them together get at most half of the memory limit;
 *   a new peer for which there is no room takes the place of the one that has stalled longest, for at least a second;
 *   a body for which there is no room takes the bytes of the bodies that have stalled longest, likewise;
 *   one address gets at most max_per_peer connections of a server (IPv6: one /64). Off by default: behind a NAT or a
 *   proxy of a mesh all clients have one address.
 *
 * "Stalled" = since when the peer has not moved 4 KiB that we wait for, so bytes that drip do not count as progress.
 */
#include "net/http_conn.h"

TEL_PRIVATE_BEGIN

/* Admits the peer at the other end of a stream and charges it; who has the address is noted for tel__admission_leave().
 * false: the caller closes the stream; counted. */
bool tel__admission_enter(tel__http_server *srv, const char *peer, tel__http_who *ret_who);
/* Gives back what enter took. */
void tel__admission_leave(tel__http_server *srv, const tel__http_who *who);
/* Tries to reserve bytes for a body by shedding stalled ones; the bytes are not reserved yet when it answers true. */
bool tel__admission_make_room(tel_ctx *ctx, size_t bytes);

TEL_PRIVATE_END
#endif
