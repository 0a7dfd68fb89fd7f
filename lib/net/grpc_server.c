/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_server.h"

#include "base/num.h"
#include "base/slice_i.h"

/* "application/grpc", alone or followed by "+subtype" or parameters: gRPC PROTOCOL-HTTP2.md, Requests. */
static bool is_grpc(tel_slice type)
{
	const tel_slice prefix = TEL_SLICE_LIT("application/grpc");
	tel_slice subtype;

	type = tel__slice_trim(type);
	if (type.len < prefix.len || !tel__slice_eq_nocase(tel__slice_sub(type, 0, prefix.len), prefix))
		return false;
	type = tel__slice_sub(type, prefix.len, type.len - prefix.len);
	if (type.len == 0 || type.ptr[0] == ';' || type.ptr[0] == ' ')
		return true;
	if (type.ptr[0] != '+')
		return false;
	/* The message is protobuf: another subtype cannot be read. */
	subtype = tel__slice_sub(type, 1, type.len - 1);
	subtype.len = tel__slice_find(subtype, ';');
	return tel__slice_eq_nocase(tel__slice_trim(subtype), TEL_SLICE_LIT("proto"));
}

static void refuse(tel__http_request *req, unsigned status, tel_slice text)
{
	const tel__http_header headers[] = {
		{ TEL_SLICE_LIT("content-type"), TEL_SLICE_LIT("text/plain; charset=utf-8") },
	};
	const tel__http_response rsp = { .status = status, .headers = headers, .header_count = 1, .body = text };

	tel__http_respond(req, &rsp);
}

static void answer_late(tel__http_request *req)
{
	const tel_slice none = { NULL, 0 };

	tel__grpc_respond(req, TEL__GRPC_DEADLINE_EXCEEDED, TEL_SLICE_LIT("context deadline exceeded"), none, none);
}

bool tel__grpc_check_head(tel__http_request *req)
{
	uint64_t timeout, now;
	tel_slice type;

	if (!tel__slice_is(tel__http_method(req), "POST")) {
		refuse(req, 405, TEL_SLICE_LIT("gRPC requires HTTP/2 and the method POST\n"));
		return false;
	}
	if (tel__http_version(req) != 20 || !tel__http_header_get(req, "content-type", &type) || !is_grpc(type)) {
		refuse(req, 415, TEL_SLICE_LIT("the content type is not application/grpc\n"));
		return false;
	}
	timeout = tel__grpc_timeout_ns(req);
	now = tel__ctx_mono_ns(tel__http_ctx(req));
	if (timeout < UINT64_MAX - now)
		tel__http_set_deadline(req, now + timeout, answer_late);
	return true;
}

uint64_t tel__grpc_timeout_ns(const tel__http_request *req)
{
	tel_slice text;
	uint64_t ns;

	if (!tel__http_header_get(req, "grpc-timeout", &text) || tel__grpc_timeout_parse(text, &ns) != TEL_OK)
		return UINT64_MAX;
	return ns;
}

enum {
	STATUS_FIELDS = 3,
	MESSAGE_BYTES = 2 * 1024, /* longer texts are cut: clients limit the header list to 8 KiB and more */
	MESSAGE_MAX = 3 * MESSAGE_BYTES,
	DETAILS_MAX = 8 * 1024
};

/* The fields that carry the outcome. */
static size_t status_fields(tel__http_header *out, int32_t status, tel_slice digits, tel_slice message, tel_slice details)
{
	size_t n = 0;

	out[n++] = (tel__http_header){ TEL_SLICE_LIT("grpc-status"), digits };
	if (message.len)
		out[n++] = (tel__http_header){ TEL_SLICE_LIT("grpc-message"), message };
	if (details.len && status != TEL__GRPC_OK)
		out[n++] = (tel__http_header){ TEL_SLICE_LIT("grpc-status-details-bin"), details };
	return n;
}

static void respond_message(tel__http_request *req, const tel__http_header *fields, size_t count, tel_slice body)
{
	const tel__http_header type = { TEL_SLICE_LIT("content-type"), TEL_SLICE_LIT("application/grpc") };
	tel__http_response rsp = { .status = 200, .headers = &type, .header_count = 1, .trailers = fields,
		.trailer_count = count };
	tel__dynbuf message;
	uint8_t prefix[TEL__GRPC_PREFIX_LEN];
	char small[256];

	tel__grpc_prefix_write(false, (uint32_t)body.len, prefix);
	if (body.len <= sizeof(small) - sizeof(prefix)) {
		memcpy(small, prefix, sizeof(prefix));
		if (body.len)
			memcpy(small + sizeof(prefix), body.ptr, body.len);
		rsp.body = (tel_slice){ small, sizeof(prefix) + body.len };
		tel__http_respond(req, &rsp);
		return;
	}
	tel__dynbuf_init(&message, tel__ctx_alloc(tel__http_ctx(req)), UINT32_MAX);
	tel__dynbuf_put(&message, prefix, sizeof(prefix));
	tel__dynbuf_slice(&message, body);
	rsp.body = tel__dynbuf_get(&message);
	if (tel__dynbuf_error(&message) == TEL_OK)
		tel__http_respond(req, &rsp);
	else
		tel__grpc_respond(req, TEL__GRPC_RESOURCE_EXHAUSTED, TEL_SLICE_LIT("out of memory"), (tel_slice){ NULL, 0 },
		                  (tel_slice){ NULL, 0 });
	tel__dynbuf_fini(&message);
}

static void respond_trailers_only(tel__http_request *req, const tel__http_header *fields, size_t count)
{
	tel__http_header headers[1 + STATUS_FIELDS];
	const tel__http_response rsp = { .status = 200, .headers = headers, .header_count = 1 + count };

	headers[0] = (tel__http_header){ TEL_SLICE_LIT("content-type"), TEL_SLICE_LIT("application/grpc") };
	memcpy(headers + 1, fields, count * sizeof(*fields));
	tel__http_respond(req, &rsp);
}

void tel__grpc_respond(tel__http_request *req, int32_t status, tel_slice message, tel_slice details, tel_slice body)
{
	const tel_alloc *alloc = tel__ctx_alloc(tel__http_ctx(req));
	tel__http_header fields[STATUS_FIELDS];
	tel__dynbuf text, bin;
	char digits[TEL__NUM_INT_MAX];
	size_t count;

	if (message.len > MESSAGE_BYTES)
		message.len = MESSAGE_BYTES;
	tel__dynbuf_init(&text, alloc, MESSAGE_MAX);
	tel__dynbuf_init(&bin, alloc, DETAILS_MAX);
	if (message.len)
		tel__grpc_message_encode(message, &text);
	if (details.len)
		tel__grpc_bin_encode(details, &bin);
	/* Details that do not fit, or no memory: the status alone still says what to do. */
	if (tel__dynbuf_error(&text) != TEL_OK)
		tel__dynbuf_reset(&text);
	if (tel__dynbuf_error(&bin) != TEL_OK)
		tel__dynbuf_reset(&bin);
	count = status_fields(fields, status, (tel_slice){ digits, tel__num_format_i64(status, digits) },
	                      tel__dynbuf_get(&text), tel__dynbuf_get(&bin));
	if (status == TEL__GRPC_OK)
		respond_message(req, fields, count, body);
	else
		respond_trailers_only(req, fields, count);
	tel__dynbuf_fini(&text);
	tel__dynbuf_fini(&bin);
}

void tel__grpc_refuse_encoding(tel__http_request *req, tel_slice message, tel_slice accepted)
{
	tel__http_header fields[STATUS_FIELDS];
	char digits[TEL__NUM_INT_MAX];
	tel__dynbuf text;
	size_t count;

	tel__dynbuf_init(&text, tel__ctx_alloc(tel__http_ctx(req)), MESSAGE_MAX);
	tel__grpc_message_encode(message, &text);
	if (tel__dynbuf_error(&text) != TEL_OK)
		tel__dynbuf_reset(&text);
	count = status_fields(fields, TEL__GRPC_UNIMPLEMENTED,
	                      (tel_slice){ digits, tel__num_format_i64(TEL__GRPC_UNIMPLEMENTED, digits) },
	                      tel__dynbuf_get(&text), (tel_slice){ NULL, 0 });
	fields[count++] = (tel__http_header){ TEL_SLICE_LIT("grpc-accept-encoding"), accepted };
	respond_trailers_only(req, fields, count);
	tel__dynbuf_fini(&text);
}
