/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP/HTTP, protobuf and JSON; an answer has the type of its request. Status codes and texts: protocols.md 2.3, otel-processing.md 9.1. */
#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "codec/otlp_response_json.h"
#include "net/grpc_server.h" /* gRPC status codes */
#include "source/otlp_i.h"

static void respond(const tel__otlp_door *door, tel__http_request *req, unsigned status, tel_slice type, tel_slice body,
                    uint64_t retry_after_ns)
{
	char seconds[TEL__NUM_INT_MAX];
	tel__http_header headers[2 + TEL__OTLP_RESPONSE_HEADERS] = { { TEL_SLICE_LIT("content-type"), type } };
	tel__http_response rsp = { .status = status, .headers = headers, .header_count = 1, .body = body };

	if (retry_after_ns && (status == 429 || status == 503)) { /* whole seconds; a part counts as one */
		size_t n = tel__num_format_u64((retry_after_ns + 999999999u) / 1000000000u, seconds);
		headers[rsp.header_count++] = (tel__http_header){ TEL_SLICE_LIT("retry-after"), { seconds, n } };
	}
	for (size_t i = 0; i < door->response_headers.count; i++) {
		const tel__key_pair *h = &door->response_headers.items[i];
		headers[rsp.header_count++] = (tel__http_header){ h->key, h->value };
	}
	tel__http_respond(req, &rsp);
}

static void respond_text(const tel__otlp_door *door, tel__http_request *req, unsigned status, const char *text)
{
	respond(door, req, status, TEL_SLICE_LIT("text/plain"), tel__slice_str(text), 0);
}

/* The type of "type/subtype; parameters", compared without case. */
static bool media_type_is(tel_slice value, const char *type)
{
	size_t end = tel__slice_find(value, ';');
	return tel__slice_eq_nocase(tel__slice_trim(tel__slice_sub(value, 0, end)), tel__slice_str(type));
}

#define PROTOBUF "application/x-protobuf"
#define JSON "application/json"

static bool is_json(const tel__http_request *req)
{
	tel_slice type;

	return tel__http_header_get(req, "content-type", &type) && media_type_is(type, JSON);
}

/* An answer in the type of the request. */
static void respond_alike(const tel__otlp_door *door, tel__http_request *req, unsigned status, const tel__dynbuf *body,
                          uint64_t retry_after_ns)
{
	tel_slice type = is_json(req) ? TEL_SLICE_LIT(JSON) : TEL_SLICE_LIT(PROTOBUF);

	respond(door, req, status, type, tel__dynbuf_get(body), retry_after_ns);
}

static void respond_status(tel__otlp_door *door, tel__http_request *req, unsigned http, int32_t code, tel_slice message,
                           uint64_t retry_after_ns)
{
	tel__dynbuf body;

	tel__dynbuf_init(&body, tel__ctx_alloc(door->receiver->ctx), TEL__OTLP_ANSWER_BYTES);
	if (is_json(req))
		tel__rpc_status_json_encode(code, message, TEL__OTLP_ANSWER_BYTES, &body);
	else
		tel__otlp_encode_status(code, message, retry_after_ns, &body);
	respond_alike(door, req, http, &body, retry_after_ns);
	tel__dynbuf_fini(&body);
}

/* gRPC status of a pipeline to HTTP, as the Collector maps it. */
static unsigned http_of_grpc(int32_t status)
{
	switch (status) {
	case TEL__GRPC_CANCELLED:
	case TEL__GRPC_DEADLINE_EXCEEDED:
	case TEL__GRPC_ABORTED:
	case TEL__GRPC_OUT_OF_RANGE:
	case TEL__GRPC_UNAVAILABLE:
	case TEL__GRPC_DATA_LOSS:
		return 503;
	case TEL__GRPC_RESOURCE_EXHAUSTED:
		return 429;
	case TEL__GRPC_INVALID_ARGUMENT:
		return 400;
	case TEL__GRPC_UNAUTHENTICATED:
		return 401;
	case TEL__GRPC_PERMISSION_DENIED:
		return 403;
	case TEL__GRPC_UNIMPLEMENTED:
		return 404;
	default:
		return 500;
	}
}

static void count_unsupported(tel__otlp_door *door)
{
	door->stats.refused_requests[TEL__REFUSED_UNSUPPORTED]++;
}

/* Without the header the body is not packed, which compression_algorithms may rule out, too. */
static bool coding_of(const tel__otlp_door *door, tel__http_request *req, tel__coding *ret_coding, tel_slice *ret_name)
{
	*ret_name = (tel_slice){ "", 0 };
	tel__http_header_get(req, "content-encoding", ret_name);
	return tel__otlp_coding(door, *ret_name, ret_coding);
}

static void proceed(tel__otlp_door *door, tel__http_request *req)
{
	tel_slice type = { NULL, 0 }, name;
	tel__coding coding;

	if (!tel__slice_eq(tel__http_path(req), door->path)) {
		count_unsupported(door);
		respond_text(door, req, 404, "404 page not found");
		return;
	}
	if (!tel__slice_is(tel__http_method(req), "POST")) {
		count_unsupported(door);
		respond_text(door, req, 405, "405 method not allowed, supported: [POST]");
		return;
	}
	if (!tel__http_header_get(req, "content-type", &type) || !(media_type_is(type, PROTOBUF) || media_type_is(type, JSON))) {
		count_unsupported(door);
		respond_text(door, req, 415, "415 unsupported media type, supported: [application/json, application/x-protobuf]");
		return;
	}
	if (!coding_of(door, req, &coding, &name)) {
		tel_error err = TEL_ERROR_INIT;
		char text[48];
		tel__fail(&err, TEL_ERR_UNSUPPORTED, "unsupported Content-Encoding: %s",
		          tel__slice_printable(name, text, sizeof(text)));
		tel__otlp_refused(door, req, TEL__REFUSED_UNSUPPORTED, &err);
		return;
	}
	tel__http_take_body(req, TEL__BODY_PLAIN, door->max_bytes);
}

static void on_body(void *user, tel__http_request *req, tel_buf *body, bool compressed)
{
	tel__coding coding = TEL__CODING_NONE;
	tel_slice name;

	(void)compressed; /* gRPC's flag */
	(void)coding_of(user, req, &coding, &name); /* on_head has let it pass */
	tel__otlp_take(user, req, body, coding, is_json(req));
}

static void encode_json_success(uint64_t cut_points, const char *cut_message, tel__dynbuf *out)
{
	tel__otlp_response response = { cut_points > 0, (int64_t)cut_points, tel__slice_str(cut_message) };

	tel__otlp_response_json_encode(&response, TEL__OTLP_ANSWER_BYTES, out);
}

static void answer(tel__otlp_door *door, tel__http_request *req, const tel_outcome *outcome, uint64_t cut_points,
                   const char *cut_message)
{
	int32_t status = outcome->grpc_status;

	if (outcome->verdict == TEL_VERDICT_OK || outcome->verdict == TEL_VERDICT_FILTERED) {
		tel__dynbuf body;
		tel__dynbuf_init(&body, tel__ctx_alloc(door->receiver->ctx), TEL__OTLP_ANSWER_BYTES);
		if (is_json(req))
			encode_json_success(cut_points, cut_message, &body);
		else
			tel__otlp_encode_success(cut_points, cut_message, &body);
		respond_alike(door, req, 200, &body, 0);
		tel__dynbuf_fini(&body);
		return;
	}
	if (status == 0)
		status = outcome->verdict == TEL_VERDICT_RETRY ? TEL__GRPC_UNAVAILABLE : TEL__GRPC_INTERNAL;
	respond_status(door, req, http_of_grpc(status), status, outcome->message, outcome->retry_after_ns);
}

static void refuse(tel__otlp_door *door, tel__http_request *req, tel__refusal reason, const tel_error *err)
{
	switch (reason) {
	case TEL__REFUSED_TOO_LARGE:
		respond_status(door, req, 413, TEL__GRPC_INVALID_ARGUMENT, TEL_SLICE_LIT("http: request body too large"), 0);
		break;
	case TEL__REFUSED_BUDGET:
		respond_status(door, req, 503, TEL__GRPC_UNAVAILABLE, TEL_SLICE_LIT("data refused due to high memory usage"),
		               TEL__RETRY_HINT_NS);
		break;
	case TEL__REFUSED_UNAUTHENTICATED:
		respond_status(door, req, 401, TEL__GRPC_UNAUTHENTICATED, tel__slice_str(err->msg), 0);
		break;
	case TEL__REFUSED_AUTH_BUSY:
		respond_status(door, req, 503, TEL__GRPC_UNAVAILABLE, tel__slice_str(err->msg), TEL__RETRY_HINT_NS);
		break;
	default:
		respond_status(door, req, 400, TEL__GRPC_INVALID_ARGUMENT, tel__slice_str(err->msg), 0);
		break;
	}
}

const tel__otlp_door_ops tel__otlp_http_door = { answer, proceed, refuse };

void tel__otlp_http_service(tel__otlp_door *door, tel__http_service *ret_service)
{
	*ret_service = (tel__http_service){ tel__otlp_on_head, on_body, tel__otlp_on_body_error, tel__otlp_on_abort, door };
}
