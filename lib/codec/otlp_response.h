/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CODEC_OTLP_RESPONSE_H
#define TEL_CODEC_OTLP_RESPONSE_H
/*
 * What an OTLP server answers: ExportMetricsServiceResponse (metrics_service.proto) and google.rpc.Status (status.proto,
 * error_details.proto). Answers of backends are unchecked bytes: texts may be anything and are printed through
 * tel__slice_printable(). Slices point into what was decoded. Rules of proto3 apply: the last of a repeated scalar wins,
 * repeated messages merge, a known field of another wire type is an unknown field.
 */
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/dynbuf.h"
#include "base/visibility.h"

typedef struct tel__otlp_response {
	bool partial;            /* partial_success says something: points were rejected, or a warning */
	int64_t rejected_points; /* 0 with a message = warning; negative as received, treat it as 0 */
	tel_slice message;       /* may be empty */
} tel__otlp_response;

typedef struct tel__rpc_status {
	int32_t code;            /* gRPC status code, any value */
	tel_slice message;       /* may be empty */
	bool has_retry;          /* details hold a RetryInfo: RESOURCE_EXHAUSTED may be retried, protocols.md 2.2 */
	uint64_t retry_delay_ns; /* its delay, 0 when it was negative or absent, saturated */
	tel_slice bad_field;     /* first field violation of a BadRequest, or empty */
	tel_slice bad_reason;    /* its description, or empty */
} tel__rpc_status;

TEL_PRIVATE_BEGIN

/* TEL_OK; TEL_ERR_MALFORMED (err: why and the byte offset of the damaged field in bytes). */
tel_err tel__otlp_response_decode(tel_slice bytes, tel__otlp_response *ret_response, tel_error *err);
/* Full success is zero bytes (protocols.md 2.1: partial_success unset). A message that would carry the answer over
 * max_bytes is shortened at a UTF-8 border. TEL_OK; out's error; TEL_ERR_LIMIT when it does not fit even without text. */
tel_err tel__otlp_response_encode(const tel__otlp_response *response, size_t max_bytes, tel__dynbuf *out);

tel_err tel__rpc_status_decode(tel_slice bytes, tel__rpc_status *ret_status, tel_error *err);
tel_err tel__rpc_status_encode(const tel__rpc_status *status, size_t max_bytes, tel__dynbuf *out);

TEL_PRIVATE_END
#endif
