/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_call.h"

#include <assert.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"

enum {
	FIXED_FIELDS = 8, /* pseudo-headers, te, content-type, user-agent, grpc-encoding */
	MAX_METADATA = TEL__GRPC_HEAD_FIELDS - FIXED_FIELDS - 1 /* grpc-timeout */
};

/* ---- request ---- */

static bool is_reserved(tel_slice name)
{
	static const char *const names[] = { "te", "content-type", "user-agent", "connection", "transfer-encoding", "host" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (tel__slice_is(name, names[i]))
			return true;
	return tel__slice_starts(name, TEL_SLICE_LIT("grpc-"));
}

/* gRPC PROTOCOL-HTTP2.md, Custom-Metadata; security.md S29. Values may be secrets: the message names the field only. */
static tel_err check_metadata(const tel__http_header *field, tel_error *err)
{
	const char *wrong = NULL;
	char shown[64];

	if (!nghttp2_check_header_name((const uint8_t *)field->name.ptr, field->name.len) || field->name.ptr[0] == ':')
		wrong = "is not a lower-case header name";
	else if (is_reserved(field->name))
		wrong = "is reserved for gRPC";
	else if (!tel__slice_ends(field->name, TEL_SLICE_LIT("-bin")) &&
	         !nghttp2_check_header_value((const uint8_t *)field->value.ptr, field->value.len))
		wrong = "has a value with control characters";
	if (!wrong)
		return TEL_OK;
	return tel__fail(err, TEL_ERR_ARG, "metadata \"%s\" %s", tel__slice_printable(field->name, shown, sizeof(shown)),
	                 wrong);
}

static tel_err check_call(const tel__grpc_call *call, tel_error *err)
{
	tel_err code = TEL_OK;
	size_t i;

	if (call->path.len < 2 || call->path.ptr[0] != '/' ||
	    !nghttp2_check_path((const uint8_t *)call->path.ptr, call->path.len))
		return tel__fail(err, TEL_ERR_ARG, "the path is not /service/method");
	if (call->metadata_count > MAX_METADATA)
		return tel__fail(err, TEL_ERR_ARG, "more than %d metadata fields", (int)MAX_METADATA);
	if (!nghttp2_check_header_value((const uint8_t *)call->encoding.ptr, call->encoding.len))
		return tel__fail(err, TEL_ERR_ARG, "the encoding is not a token");
	for (i = 0; i < call->metadata_count && code == TEL_OK; i++)
		code = check_metadata(&call->metadata[i], err);
	return code;
}

/* Fields are noted by their lengths first, since the text may move while it grows. */
typedef struct head_builder {
	tel__dynbuf text;
	size_t name_len[TEL__GRPC_HEAD_FIELDS], value_len[TEL__GRPC_HEAD_FIELDS];
	size_t count;
} head_builder;

static void put_field(head_builder *b, tel_slice name, tel_slice value)
{
	size_t before;

	assert(b->count < TEL__GRPC_HEAD_FIELDS);
	tel__dynbuf_slice(&b->text, name);
	before = b->text.len;
	if (tel__slice_ends(name, TEL_SLICE_LIT("-bin")))
		tel__grpc_bin_encode(value, &b->text);
	else
		tel__dynbuf_slice(&b->text, value);
	b->name_len[b->count] = name.len;
	b->value_len[b->count++] = b->text.len - before;
}

static void put_fields(head_builder *b, const tel__grpc_call *call, const tel__grpc_peer *peer)
{
	size_t i;

	put_field(b, TEL_SLICE_LIT(":method"), TEL_SLICE_LIT("POST"));
	put_field(b, TEL_SLICE_LIT(":scheme"), peer->secure ? TEL_SLICE_LIT("https") : TEL_SLICE_LIT("http"));
	put_field(b, TEL_SLICE_LIT(":path"), call->path);
	put_field(b, TEL_SLICE_LIT(":authority"), peer->authority);
	put_field(b, TEL_SLICE_LIT("te"), TEL_SLICE_LIT("trailers"));
	put_field(b, TEL_SLICE_LIT("content-type"), TEL_SLICE_LIT("application/grpc"));
	if (peer->user_agent.len)
		put_field(b, TEL_SLICE_LIT("user-agent"), peer->user_agent);
	if (call->encoding.len)
		put_field(b, TEL_SLICE_LIT("grpc-encoding"), call->encoding);
	for (i = 0; i < call->metadata_count; i++)
		put_field(b, call->metadata[i].name, call->metadata[i].value);
}

static tel_err build_head(tel__grpc_pending *p, const tel_alloc *alloc, const tel__grpc_call *call,
                          const tel__grpc_peer *peer, tel_error *err)
{
	head_builder b = { .count = 0 };
	nghttp2_nv *nv;
	char *text;
	size_t i;

	tel__dynbuf_init(&b.text, alloc, TEL_LIMIT_HEADER_LIST_BYTES * 4);
	put_fields(&b, call, peer);
	if (tel__dynbuf_error(&b.text) == TEL_OK) {
		p->head_size = b.count * sizeof(*nv) + b.text.len;
		p->head = tel__mem_new(alloc, p->head_size, 1);
	}
	if (!p->head) {
		tel_err code = tel__dynbuf_error(&b.text);

		tel__dynbuf_fini(&b.text);
		return code == TEL_ERR_LIMIT ? tel__fail(err, TEL_ERR_ARG, "the metadata is larger than 64 KiB")
			: tel__fail_nomem(err);
	}
	p->head_count = b.count;
	nv = (nghttp2_nv *)(void *)p->head;
	text = p->head + b.count * sizeof(*nv);
	memcpy(text, b.text.ptr, b.text.len);
	for (i = 0; i < b.count; i++) {
		nv[i] = (nghttp2_nv){ (uint8_t *)text, (uint8_t *)text + b.name_len[i], b.name_len[i], b.value_len[i],
			NGHTTP2_NV_FLAG_NONE };
		text += b.name_len[i] + b.value_len[i];
	}
	tel__dynbuf_fini(&b.text);
	return TEL_OK;
}

static tel_err init_source(tel__grpc_pending *p, const tel__grpc_call *call, tel_error *err)
{
	size_t len = 0, i;

	for (i = 0; i < call->body_count; i++)
		if (!tel__size_add(len, call->body[i].len, &len) || len > UINT32_MAX)
			return tel__fail(err, TEL_ERR_LIMIT, "the message does not fit into a gRPC frame of 4 GiB");
	p->source = (tel__h2_source){ .slices = call->body, .count = call->body_count };
	tel__grpc_prefix_write(call->encoding.len != 0 && !tel__slice_is(call->encoding, "identity"), (uint32_t)len,
	                       p->source.head);
	p->source.head_len = TEL__GRPC_PREFIX_LEN;
	p->source.left = TEL__GRPC_PREFIX_LEN + len;
	p->start = p->source;
	return TEL_OK;
}

tel_err tel__grpc_pending_new(tel_ctx *ctx, const tel__grpc_call *call, const tel__grpc_peer *peer,
                              tel__grpc_pending **ret_call, tel_error *err)
{
	const tel_alloc *alloc = tel__ctx_alloc(ctx);
	tel_err code = check_call(call, err);
	tel__grpc_pending *p;

	if (code != TEL_OK)
		return code;
	p = tel__mem_zero(alloc, 1, sizeof(*p));
	if (!p)
		return tel__fail_nomem(err);
	p->status = -1;
	tel__dynbuf_init(&p->message, alloc, TEL__GRPC_MESSAGE_BYTES);
	tel__dynbuf_init(&p->details, alloc, TEL__GRPC_DETAILS_BYTES);
	tel__dynbuf_init(&p->body_why, alloc, TEL__GRPC_MESSAGE_BYTES);
	tel__body_init_answer(&p->body, alloc, tel__ctx_budget(ctx), TEL__BODY_GRPC,
	               call->max_response_bytes ? call->max_response_bytes : TEL_LIMIT_RESPONSE_BYTES);
	code = init_source(p, call, err);
	if (code == TEL_OK)
		code = build_head(p, alloc, call, peer, err);
	if (code != TEL_OK) {
		tel__grpc_pending_free(p, ctx);
		return code;
	}
	*ret_call = p;
	return TEL_OK;
}

void tel__grpc_pending_free(tel__grpc_pending *p, tel_ctx *ctx)
{
	const tel_alloc *alloc = tel__ctx_alloc(ctx);

	if (p->head) {
		explicit_bzero(p->head, p->head_size); /* credentials among it */
		tel__mem_free(alloc, p->head, p->head_size, 1);
	}
	tel__body_fini(&p->body);
	tel_buf_unref(p->message_buf);
	tel__dynbuf_fini(&p->message);
	tel__dynbuf_fini(&p->details);
	tel__dynbuf_fini(&p->body_why);
	tel__mem_free(alloc, p, 1, sizeof(*p));
}

size_t tel__grpc_pending_head(const tel__grpc_pending *p, uint64_t now_ns, char timeout[TEL__GRPC_TIMEOUT_LEN],
                              nghttp2_nv *out)
{
	static const char name[] = "grpc-timeout";
	size_t n = p->head_count;

	memcpy(out, p->head, n * sizeof(*out));
	if (p->deadline_ns != UINT64_MAX) {
		uint64_t left = p->deadline_ns > now_ns ? p->deadline_ns - now_ns : 1;

		out[n++] = (nghttp2_nv){ (uint8_t *)(uintptr_t)name, (uint8_t *)timeout, sizeof(name) - 1,
			tel__grpc_timeout_format(left, timeout), NGHTTP2_NV_FLAG_NONE };
	}
	return n;
}

/* ---- answer ---- */

/* What fits of a text. */
static void keep_text(tel__dynbuf *to, tel_slice text, void (*decode)(tel_slice, tel__dynbuf *))
{
	tel__dynbuf_reset(to);
	if (text.len > TEL__GRPC_MESSAGE_BYTES)
		text.len = TEL__GRPC_MESSAGE_BYTES;
	decode(text, to);
	if (tel__dynbuf_error(to) != TEL_OK)
		tel__dynbuf_reset(to);
}

static void note_status(tel__grpc_pending *p, tel_slice value)
{
	int64_t status;

	if (tel__num_parse_i64(value, &status) != TEL_OK || status < 0 || status > TEL__GRPC_UNAUTHENTICATED)
		status = TEL__GRPC_UNKNOWN;
	p->status = (int32_t)status;
	p->from_peer = true;
}

void tel__grpc_pending_header(tel__grpc_pending *p, tel_slice name, tel_slice value)
{
	uint64_t n;

	if (p->settled)
		return;
	p->header_bytes += name.len + value.len + 32;
	if (p->header_bytes > 16 * TEL_LIMIT_HEADER_LIST_BYTES) {
		tel__grpc_pending_settle(p, TEL__GRPC_INTERNAL, "the header fields of the answer are larger than 256 KiB", NULL);
	} else if (tel__slice_is(name, ":status")) {
		if (tel__num_parse_u64(value, &n) == TEL_OK)
			p->http_status = (unsigned)n;
	} else if (tel__slice_is(name, "content-type")) {
		p->grpc_type = tel__slice_starts(value, TEL_SLICE_LIT("application/grpc"));
	} else if (tel__slice_is(name, "grpc-status")) {
		note_status(p, value);
	} else if (tel__slice_is(name, "grpc-message")) {
		keep_text(&p->message, value, tel__grpc_message_decode);
	} else if (tel__slice_is(name, "grpc-status-details-bin")) {
		tel__dynbuf_reset(&p->details);
		if (tel__grpc_bin_decode(value, &p->details) != TEL_OK || tel__dynbuf_error(&p->details) != TEL_OK)
			tel__dynbuf_reset(&p->details);
	} else if (tel__slice_is(name, "grpc-encoding") && value.len <= sizeof(p->encoding)) {
		memcpy(p->encoding, value.ptr, value.len);
		p->encoding_len = value.len;
	}
}

void tel__grpc_pending_settle(tel__grpc_pending *p, int32_t status, const char *text, const char *more)
{
	if (p->settled)
		return;
	p->settled = true;
	p->from_peer = false;
	p->status = status;
	tel_buf_unref(p->message_buf);
	p->message_buf = NULL;
	tel__dynbuf_reset(&p->details);
	tel__dynbuf_reset(&p->message);
	tel__dynbuf_puts(&p->message, text);
	if (more) {
		tel__dynbuf_puts(&p->message, ": ");
		tel__dynbuf_puts(&p->message, more);
	}
}

/* The message cannot be read; what it would have said is lost, the verdict of the trailers is not. */
static void unreadable(tel__grpc_pending *p, tel_err code, const char *why)
{
	tel__body_fini(&p->body);
	p->body_err = code;
	p->body.compressed = false;
	tel__dynbuf_reset(&p->body_why);
	tel__dynbuf_puts(&p->body_why, why);
}

bool tel__grpc_pending_data(tel__grpc_pending *p, tel_slice bytes)
{
	tel_error err = TEL_ERROR_INIT;
	tel_err code = p->body_err == TEL_OK ? tel__body_feed(&p->body, bytes, &err) : p->body_err;

	if (code != TEL_OK && p->body_err == TEL_OK)
		unreadable(p, code, err.msg);
	return code == TEL_OK;
}

/* Status OK came: the data was accepted, also when the message is damaged or too long (protocols.md 2.3 has the rule for
 * HTTP). One without any byte is taken for an empty one. */
static void complete_ok(tel__grpc_pending *p)
{
	tel_error err = TEL_ERROR_INIT;
	tel_err code;

	p->settled = true;
	if (p->body_err != TEL_OK || p->body.prefix_len == 0)
		return;
	code = tel__body_finish(&p->body, &p->message_buf, &err);
	if (code != TEL_OK)
		unreadable(p, code, err.msg);
	else if (p->body.compressed && p->encoding_len == 0)
		unreadable(p, TEL_ERR_MALFORMED, "gRPC message: compressed, but no grpc-encoding is named");
}

static void complete_without_status(tel__grpc_pending *p)
{
	char text[64] = "the answer has no grpc-status, HTTP status ";
	size_t n = strlen(text);

	text[n + tel__num_format_u64(p->http_status, text + n)] = '\0';
	tel__grpc_pending_settle(p, tel__grpc_status_from_http(p->http_status), text, NULL);
	p->from_peer = p->http_status != 0;
}

bool tel__grpc_pending_untouched(const tel__grpc_pending *p)
{
	return !p->settled && p->status < 0 && !p->http_status && !p->header_bytes;
}

void tel__grpc_pending_rewind(tel__grpc_pending *p)
{
	p->source = p->start;
	p->refusals++;
}

void tel__grpc_pending_complete(tel__grpc_pending *p, uint32_t h2_error)
{
	if (p->settled)
		return;
	if (p->status == TEL__GRPC_OK)
		complete_ok(p);
	else if (p->status > 0)
		p->settled = true;
	else if (h2_error != NGHTTP2_NO_ERROR)
		tel__grpc_pending_settle(p, tel__grpc_status_from_reset(h2_error), "the stream was reset by the peer",
		                         nghttp2_http2_strerror(h2_error));
	else
		complete_without_status(p);
}

void tel__grpc_pending_answer(const tel__grpc_pending *p, tel__grpc_answer *ret_answer)
{
	*ret_answer = (tel__grpc_answer){
		.status = p->status,
		.from_peer = p->from_peer,
		.message = tel__dynbuf_get(&p->message),
		.details = tel__dynbuf_get(&p->details),
		.body_compressed = p->body.compressed,
		.body_encoding = { p->encoding, p->encoding_len },
	};
	if (p->message_buf && p->body_err == TEL_OK)
		ret_answer->body = tel_buf_get(p->message_buf);
	if (p->status == TEL__GRPC_OK && p->body_err != TEL_OK) {
		ret_answer->body_err = p->body_err;
		ret_answer->message = tel__dynbuf_get(&p->body_why);
	}
}
