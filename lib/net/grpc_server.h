/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_GRPC_SERVER_H
#define TEL_NET_GRPC_SERVER_H
/* gRPC unary on top of an HTTP/2 request: checks of the head, timeout, and the answer as trailers. */
#include "net/http_server.h"
#include "wire/grpc.h"

TEL_PRIVATE_BEGIN

/* True when the head is a gRPC request; else it was answered (405, 415) and req is gone. Its grpc-timeout is kept from here
 * on: after it on_abort runs, and the client is told DEADLINE_EXCEEDED. */
bool tel__grpc_check_head(tel__http_request *req);
/* grpc-timeout in nanoseconds, UINT64_MAX when absent or unreadable. */
uint64_t tel__grpc_timeout_ns(const tel__http_request *req);
/* details: an encoded google.rpc.Status, sent as grpc-status-details-bin, or empty. message is percent-encoded here. */
void tel__grpc_respond(tel__http_request *req, int32_t status, tel_slice message, tel_slice details, tel_slice body);
/* UNIMPLEMENTED for a grpc-encoding that is not known; accepted tells the client what is, as gRPC asks of servers. */
void tel__grpc_refuse_encoding(tel__http_request *req, tel_slice message, tel_slice accepted);

TEL_PRIVATE_END
#endif
