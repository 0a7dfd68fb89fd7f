/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP/gRPC: one unary method. protocols.md 2.2, otel-processing.md 9.1. */
#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/slice_i.h"
#include "net/grpc_server.h"
#include "source/otlp_i.h"

#define SERVICE "opentelemetry.proto.collector.metrics.v1.MetricsService"

static void proceed(tel__otlp_door *door, tel__http_request *req)
{
	tel_slice path = tel__http_path(req), encoding;
	tel__coding coding;
	tel_slice none = { NULL, 0 };

	if (!tel__grpc_check_head(req)) {
		door->stats.refused_requests[TEL__REFUSED_UNSUPPORTED]++;
		return;
	}
	if (!tel__slice_eq(path, door->path)) {
		bool service = tel__slice_starts(path, TEL_SLICE_LIT("/" SERVICE "/"));
		door->stats.refused_requests[TEL__REFUSED_UNSUPPORTED]++;
		tel__grpc_respond(req, TEL__GRPC_UNIMPLEMENTED,
		                  service ? TEL_SLICE_LIT("unknown method for service " SERVICE) : TEL_SLICE_LIT("unknown service"),
		                  none, none);
		return;
	}
	if (tel__http_header_get(req, "grpc-encoding", &encoding) && !tel__otlp_coding(door, encoding, &coding)) {
		tel_error err = TEL_ERROR_INIT;
		char name[48];
		tel__fail(&err, TEL_ERR_UNSUPPORTED, "grpc: Decompressor is not installed for grpc-encoding \"%s\"",
		          tel__slice_printable(encoding, name, sizeof(name)));
		tel__otlp_refused(door, req, TEL__REFUSED_UNSUPPORTED, &err);
		return;
	}
	tel__http_take_body(req, TEL__BODY_GRPC, door->max_bytes);
}

static void on_body(void *user, tel__http_request *req, tel_buf *body, bool compressed)
{
	tel__otlp_door *door = user;
	tel__coding coding = TEL__CODING_NONE;
	tel_slice encoding = { NULL, 0 };

	if (compressed) {
		tel__http_header_get(req, "grpc-encoding", &encoding);
		if (!tel__otlp_coding(door, encoding, &coding) || coding == TEL__CODING_NONE) {
			tel_error err = TEL_ERROR_INIT;
			tel__fail(&err, TEL_ERR_MALFORMED, "grpc: compressed flag set with identity or empty encoding");
			tel__otlp_refused(door, req, TEL__REFUSED_MALFORMED, &err);
			return;
		}
	}
	tel__otlp_take(door, req, body, coding, false);
}

static void answer(tel__otlp_door *door, tel__http_request *req, const tel_outcome *outcome, uint64_t cut_points,
                   const char *cut_message)
{
	const tel_alloc *alloc = tel__ctx_alloc(door->receiver->ctx);
	tel_slice none = { NULL, 0 };
	tel__dynbuf body;
	int32_t status = outcome->grpc_status;

	tel__dynbuf_init(&body, alloc, TEL__OTLP_ANSWER_BYTES);
	if (outcome->verdict == TEL_VERDICT_OK || outcome->verdict == TEL_VERDICT_FILTERED) {
		tel__otlp_encode_success(cut_points, cut_message, &body);
		tel__grpc_respond(req, TEL__GRPC_OK, none, none, tel__dynbuf_get(&body));
	} else {
		tel_slice details = none;
		if (status == 0)
			status = outcome->verdict == TEL_VERDICT_RETRY ? TEL__GRPC_UNAVAILABLE : TEL__GRPC_INTERNAL;
		if (outcome->retry_after_ns) {
			tel__otlp_encode_status(status, outcome->message, outcome->retry_after_ns, &body);
			details = tel__dynbuf_get(&body);
		}
		tel__grpc_respond(req, status, outcome->message, details, none);
	}
	tel__dynbuf_fini(&body);
}

static tel_slice accepted_encodings(void)
{
	return tel__coding_is_offered(TEL__CODING_SNAPPY) ? TEL_SLICE_LIT("identity,gzip,snappy,zstd")
	                                                  : TEL_SLICE_LIT("identity,gzip,zstd");
}

static void refuse(tel__otlp_door *door, tel__http_request *req, tel__refusal reason, const tel_error *err)
{
	static const int32_t status[TEL__REFUSAL_COUNT] = {
		[TEL__REFUSED_TOO_LARGE] = TEL__GRPC_RESOURCE_EXHAUSTED,
		[TEL__REFUSED_BUDGET] = TEL__GRPC_UNAVAILABLE,
		[TEL__REFUSED_MALFORMED] = TEL__GRPC_INVALID_ARGUMENT,
		[TEL__REFUSED_UNSUPPORTED] = TEL__GRPC_UNIMPLEMENTED,
		[TEL__REFUSED_ABORTED] = TEL__GRPC_CANCELLED,
		[TEL__REFUSED_UNAUTHENTICATED] = TEL__GRPC_UNAUTHENTICATED,
	};
	tel_slice none = { NULL, 0 };
	tel_outcome outcome = TEL_OUTCOME_INIT;

	if (reason == TEL__REFUSED_BUDGET || reason == TEL__REFUSED_AUTH_BUSY) {
		outcome.verdict = TEL_VERDICT_RETRY;
		outcome.retry_after_ns = TEL__RETRY_HINT_NS;
		outcome.message = reason == TEL__REFUSED_BUDGET ? TEL_SLICE_LIT("data refused due to high memory usage")
		                                                : tel__slice_str(err->msg);
		answer(door, req, &outcome, 0, "");
	} else if (reason == TEL__REFUSED_UNSUPPORTED) {
		tel__grpc_refuse_encoding(req, tel__slice_str(err->msg), accepted_encodings());
	} else {
		tel__grpc_respond(req, status[reason], tel__slice_str(err->msg), none, none);
	}
}

const tel__otlp_door_ops tel__otlp_grpc_door = { answer, proceed, refuse };

void tel__otlp_grpc_service(tel__otlp_door *door, tel__http_service *ret_service)
{
	door->path = TEL_SLICE_LIT("/" SERVICE "/Export");
	door->codings = 1u << TEL__CODING_NONE | 1u << TEL__CODING_GZIP | 1u << TEL__CODING_SNAPPY | 1u << TEL__CODING_ZSTD;
	*ret_service = (tel__http_service){ tel__otlp_on_head, on_body, tel__otlp_on_body_error, tel__otlp_on_abort, door };
}
