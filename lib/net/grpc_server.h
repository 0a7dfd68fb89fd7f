/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_GRPC_SERVER_H
#define TEL_NET_GRPC_SERVER_H
/* gRPC unary on top of an HTTP/2 request: checks of the head, timeout, and the answer as trailers. */
#include "net/http_server.h"

TEL_PRIVATE_BEGIN

/* gRPC status codes. */
enum {
	TEL__GRPC_OK = 0, TEL__GRPC_CANCELLED = 1, TEL__GRPC_UNKNOWN = 2, TEL__GRPC_INVALID_ARGUMENT = 3,
	TEL__GRPC_DEADLINE_EXCEEDED = 4, TEL__GRPC_NOT_FOUND = 5, TEL__GRPC_ALREADY_EXISTS = 6,
	TEL__GRPC_PERMISSION_DENIED = 7, TEL__GRPC_RESOURCE_EXHAUSTED = 8, TEL__GRPC_FAILED_PRECONDITION = 9,
	TEL__GRPC_ABORTED = 10, TEL__GRPC_OUT_OF_RANGE = 11, TEL__GRPC_UNIMPLEMENTED = 12, TEL__GRPC_INTERNAL = 13,
	TEL__GRPC_UNAVAILABLE = 14, TEL__GRPC_DATA_LOSS = 15, TEL__GRPC_UNAUTHENTICATED = 16
};
const char *tel__grpc_status_name(int32_t status); /* "Unavailable", as Go prints it */

/* True when the head is a gRPC request; else it was answered (405, 415) and req is gone. */
bool tel__grpc_check_head(tel__http_request *req);
/* grpc-timeout in nanoseconds, UINT64_MAX when absent or unreadable. */
uint64_t tel__grpc_timeout_ns(const tel__http_request *req);
/* details: an encoded google.rpc.Status, sent as grpc-status-details-bin, or empty. message is percent-encoded here. */
void tel__grpc_respond(tel__http_request *req, int32_t status, tel_slice message, tel_slice details, tel_slice body);

TEL_PRIVATE_END
#endif
