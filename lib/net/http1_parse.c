/* SPDX-License-Identifier: Apache-2.0 */
/* Head and framing of a request. The head has passed http1_head.c; llhttp is the second opinion and decodes bodies. */
#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "net/http1_conn.h"

/* What chunk sizes, extensions and trailers may take beside the data: a free allowance, then so much per byte. */
enum { FRAMING_BYTES = 64 * 1024, FRAMING_PER_BYTE = 16 };

static int on_headers_complete(llhttp_t *p)
{
	tel__http1_conn *c = p->data;
	c->keep_alive = llhttp_should_keep_alive(p) != 0;
	p->upgrade = 0; /* we switch to no other protocol: RFC 9110 section 7.8 lets us ignore the wish */
	return 0;
}

static int on_body(llhttp_t *p, const char *at, size_t len)
{
	tel__http1_conn *c = p->data;
	c->body_bytes += len;
	if (c->phase == TEL__HTTP1_DISCARD)
		return 0;
	if (c->direct) {
		tel__body_advance(&c->req.body, len); /* it was received in its place */
		return 0;
	}
	return tel__body_feed(&c->req.body, (tel_slice){ at, len }, c->feed_error) == TEL_OK ? 0 : -1;
}

static int on_message_complete(llhttp_t *p)
{
	tel__http1_conn *c = p->data;
	c->complete = true;
	return HPE_PAUSED; /* what follows is another request */
}

static const llhttp_settings_t settings = {
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

static bool room_for_headers(tel__http1_conn *c, size_t lines)
{
	if (lines <= c->header_cap)
		return true;
	size_t cap = lines < 16 ? 16 : lines;
	tel__http_header *h = tel__mem_resize(tel__ctx_alloc(c->base.server->ctx), c->headers, c->header_cap, cap, sizeof(*h));
	if (!h)
		return false;
	c->headers = h;
	c->header_cap = cap;
	return true;
}

/* Up to the CR LF, which http1_head.c has seen. */
static tel_slice next_line(tel_slice *rest)
{
	size_t n = tel__slice_find(*rest, '\r');
	tel_slice line = tel__slice_sub(*rest, 0, n);
	*rest = tel__slice_sub(*rest, n + 2, rest->len - n - 2);
	return line;
}

static unsigned split_headers(tel__http1_conn *c, tel_slice rest)
{
	size_t size = 0, n = 0;
	while (rest.len > 2) {
		tel_slice line = next_line(&rest);
		size_t colon = tel__slice_find(line, ':');
		tel__http_header *h = &c->headers[n++];
		h->name = tel__slice_sub(line, 0, colon);
		h->value = tel__slice_trim(tel__slice_sub(line, colon + 1, line.len - colon - 1));
		size += h->name.len + h->value.len + 32;
	}
	c->req.headers = c->headers;
	c->req.header_count = n;
	return size > c->base.server->opts.header_list_bytes ? 431 : 0;
}

static unsigned read_length(tel_slice value)
{
	uint64_t length;
	/* security.md S10: digits only, below 2^63; no sign, no list, no base */
	return tel__num_parse_u64(value, &length) == TEL_OK && length <= INT64_MAX ? 0 : 400;
}

/* RFC 9112 section 6.1 and 6.3; anything that two parsers may frame differently is refused (security.md S28). */
static unsigned check_framing(tel__http1_conn *c, unsigned version)
{
	unsigned hosts = 0, lengths = 0, codings = 0, bad = 0;
	for (size_t i = 0; i < c->req.header_count; i++) {
		const tel__http_header *h = &c->req.headers[i];
		if (tel__slice_eq_nocase(h->name, TEL_SLICE_LIT("content-length"))) {
			lengths++;
			bad = bad ? bad : read_length(h->value);
		} else if (tel__slice_eq_nocase(h->name, TEL_SLICE_LIT("transfer-encoding"))) {
			codings++;
			c->chunked = tel__slice_eq_nocase(h->value, TEL_SLICE_LIT("chunked"));
			bad = bad ? bad : c->chunked ? 0 : 400;
		} else if (tel__slice_eq_nocase(h->name, TEL_SLICE_LIT("host"))) {
			hosts++;
		} else if (tel__slice_eq_nocase(h->name, TEL_SLICE_LIT("expect"))) {
			c->expects_continue = tel__slice_eq_nocase(h->value, TEL_SLICE_LIT("100-continue"));
			bad = bad ? bad : c->expects_continue ? 0 : 417;
		}
	}
	if (lengths > 1 || codings > 1 || lengths + codings > 1 || hosts > 1 || (hosts == 0 && version == 11) ||
	    (codings && version == 10))
		return 400;
	return bad;
}

static unsigned run_llhttp(tel__http1_conn *c, tel_slice head)
{
	llhttp_init(&c->parser, HTTP_REQUEST, &settings);
	c->parser.data = c;
	llhttp_errno_t rc = llhttp_execute(&c->parser, head.ptr, head.len);
	if (rc == HPE_INVALID_VERSION)
		return 505;
	if (rc != HPE_OK && !(rc == HPE_PAUSED && c->complete))
		return 400;
	if (c->parser.http_major != 1 || c->parser.http_minor > 1)
		return 505; /* llhttp knows more versions than we speak */
	return c->parser.method == HTTP_CONNECT ? 501 : 0;
}

unsigned tel__http1_parse_head(tel__http1_conn *c)
{
	tel_slice rest = { c->head, c->head_len };
	while (rest.len && (rest.ptr[0] == '\r' || rest.ptr[0] == '\n')) /* empty lines before the request line */
		rest = tel__slice_sub(rest, 1, rest.len - 1);
	tel_slice head = rest, line = next_line(&rest), method, target;
	if (c->scan.lines > TEL_LIMIT_HEADER_COUNT)
		return 431;
	if (!room_for_headers(c, c->scan.lines))
		return 503;
	c->complete = c->chunked = c->expects_continue = false;
	tel__http1_chunks_reset(&c->chunks);
	unsigned status = run_llhttp(c, head);
	if (status)
		return status;
	unsigned version = c->parser.http_major * 10u + c->parser.http_minor;
	(void)tel__slice_next(&line, ' ', &method);
	(void)tel__slice_next(&line, ' ', &target);
	tel__http_request_begin(&c->req, &tel__http1_request_ops, &c->base, version);
	c->req.method = method;
	tel__http_request_target(&c->req, target);
	status = split_headers(c, rest);
	if (!status)
		status = check_framing(c, version);
	if (status)
		tel__http_request_end(&c->req);
	return status;
}

tel_err tel__http1_parse_body(tel__http1_conn *c, tel_slice *in, tel_error *err)
{
	tel_error feed_error = TEL_ERROR_INIT;
	size_t used = in->len;
	if (c->chunked && tel__http1_chunks_feed(&c->chunks, *in, &used) == TEL__HTTP1_BAD)
		return tel__fail(err, TEL_ERR_MALFORMED, "request body: bad chunk after %zu bytes", c->wire_bytes);
	c->feed_error = &feed_error;
	llhttp_errno_t rc = llhttp_execute(&c->parser, in->ptr, used);
	c->feed_error = NULL;
	if (rc == HPE_PAUSED && c->complete)
		used = (size_t)(llhttp_get_error_pos(&c->parser) - in->ptr);
	else if (feed_error.code != TEL_OK)
		return *err = feed_error, feed_error.code;
	else if (rc != HPE_OK)
		return tel__fail(err, TEL_ERR_MALFORMED, "request body: %s", llhttp_get_error_reason(&c->parser));
	c->wire_bytes += used;
	*in = tel__slice_sub(*in, used, in->len - used);
	if ((c->wire_bytes - c->body_bytes) / FRAMING_PER_BYTE > c->body_bytes + FRAMING_BYTES / FRAMING_PER_BYTE)
		return tel__fail(err, TEL_ERR_LIMIT, "request body: %zu bytes of framing for %zu bytes of data",
		                 c->wire_bytes - c->body_bytes, c->body_bytes);
	return TEL_OK;
}
