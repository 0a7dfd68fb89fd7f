/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_GRPC_H
#define TEL_WIRE_GRPC_H
/*
 * gRPC over HTTP/2 as bytes: the message prefix, the header values, and the tables that turn the outcome of a transport
 * into a status. Rules: gRPC PROTOCOL-HTTP2.md; protocols.md 2.2.
 */
#include "base/dynbuf.h"

/* gRPC status codes. */
enum {
	TEL__GRPC_OK = 0, TEL__GRPC_CANCELLED = 1, TEL__GRPC_UNKNOWN = 2, TEL__GRPC_INVALID_ARGUMENT = 3,
	TEL__GRPC_DEADLINE_EXCEEDED = 4, TEL__GRPC_NOT_FOUND = 5, TEL__GRPC_ALREADY_EXISTS = 6,
	TEL__GRPC_PERMISSION_DENIED = 7, TEL__GRPC_RESOURCE_EXHAUSTED = 8, TEL__GRPC_FAILED_PRECONDITION = 9,
	TEL__GRPC_ABORTED = 10, TEL__GRPC_OUT_OF_RANGE = 11, TEL__GRPC_UNIMPLEMENTED = 12, TEL__GRPC_INTERNAL = 13,
	TEL__GRPC_UNAVAILABLE = 14, TEL__GRPC_DATA_LOSS = 15, TEL__GRPC_UNAUTHENTICATED = 16
};

enum { TEL__GRPC_PREFIX_LEN = 5, TEL__GRPC_TIMEOUT_LEN = 9 };

TEL_PRIVATE_BEGIN

const char *tel__grpc_status_name(int32_t status); /* "Unavailable", as Go prints it; "Code(17)" is "Unknown" here */
/* The status that an answer without grpc-status stands for. */
int32_t tel__grpc_status_from_http(unsigned http_status);
/* The status that a reset with this HTTP/2 error code stands for. */
int32_t tel__grpc_status_from_reset(uint32_t h2_error);

void tel__grpc_prefix_write(bool compressed, uint32_t len, uint8_t out[TEL__GRPC_PREFIX_LEN]);
/* TEL_OK or TEL_ERR_MALFORMED (the flag is neither 0 nor 1). */
tel_err tel__grpc_prefix_read(const uint8_t in[TEL__GRPC_PREFIX_LEN], bool *ret_compressed, uint32_t *ret_len);

/* grpc-message: everything but printable ASCII without '%' is percent-encoded. */
void tel__grpc_message_encode(tel_slice text, tel__dynbuf *out);
/* Never fails and drops nothing: what is not an escape is taken as it stands. */
void tel__grpc_message_decode(tel_slice text, tel__dynbuf *out);

/* grpc-timeout: at most 8 digits and a unit, rounded up. Returns the length, at most TEL__GRPC_TIMEOUT_LEN. */
size_t tel__grpc_timeout_format(uint64_t ns, char *out);
/* TEL_OK (what does not fit is UINT64_MAX) or TEL_ERR_MALFORMED. */
tel_err tel__grpc_timeout_parse(tel_slice text, uint64_t *ret_ns);

/* Values of "-bin" headers: base64, written without padding, read with or without; several joined by commas are read
 * as their first. TEL_ERR_MALFORMED leaves out as it was. */
void tel__grpc_bin_encode(tel_slice bytes, tel__dynbuf *out);
tel_err tel__grpc_bin_decode(tel_slice text, tel__dynbuf *out);

TEL_PRIVATE_END
#endif
