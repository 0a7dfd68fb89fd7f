/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_call.h"

#include <stdio.h>
#include <string.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"

static const uint64_t MS_NS = 1000000u;
enum {
	UPLOAD_MIN = 16 * 1024, /* what curl allows */
	UPLOAD_MAX = 120 * 1024,
	JOIN_MAX = 64 * 1024, /* up to here curl sends the body together with the head: worth one copy */
	REQUEST_TEXT_BYTES = 64 * 1024, /* one header line or the URL */
	STOP = 0 /* answer of a callback that ends the transfer: the error member says why */
};

/* ---- request ---- */

/* security.md S29: nothing that came from a configuration may end a line of the request. */
static bool is_clean(tel_slice s, unsigned char lowest)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < lowest && s.ptr[i] != '\t')
			return false;
	return true;
}

static tel_err add_line(tel__http_exchange *x, tel__dynbuf *b, tel_error *err)
{
	tel__dynbuf_byte(b, 0);
	if (tel__dynbuf_error(b) == TEL_ERR_LIMIT)
		return tel__fail(err, TEL_ERR_ARG, "a request header is longer than %d bytes", REQUEST_TEXT_BYTES);
	if (tel__dynbuf_error(b) != TEL_OK)
		return tel__fail_nomem(err);
	struct curl_slist *list = curl_slist_append(x->headers, tel__dynbuf_get(b).ptr);
	if (!list)
		return tel__fail_nomem(err);
	x->headers = list;
	return TEL_OK;
}

static tel_err add_header(tel__http_exchange *x, tel__dynbuf *b, const tel__http_header *h, tel_error *err)
{
	char shown[80];
	bool named = h->name.len && is_clean(h->name, 0x21) && tel__slice_find(h->name, ':') == h->name.len &&
	             tel__slice_find(h->name, '\t') == h->name.len;
	if (!named || !is_clean(h->value, 0x20))
		return tel__fail(err, TEL_ERR_ARG, "request header \"%s\" holds bytes that a header may not hold",
		                 tel__slice_printable(h->name, shown, sizeof(shown)));
	tel__dynbuf_reset(b);
	tel__dynbuf_slice(b, h->name);
	if (h->value.len) {
		tel__dynbuf_puts(b, ": ");
		tel__dynbuf_slice(b, h->value);
	} else {
		tel__dynbuf_byte(b, ';'); /* how curl wants an empty value written */
	}
	return add_line(x, b, err);
}

static tel_err add_headers(tel__http_exchange *x, const tel__http_call *call, tel__dynbuf *b, tel_error *err)
{
	bool typed = false;
	tel_err rc = TEL_OK;
	for (size_t i = 0; i < call->header_count && rc == TEL_OK; i++) {
		typed |= tel__slice_eq_nocase(call->headers[i].name, TEL_SLICE_LIT("content-type"));
		rc = add_header(x, b, &call->headers[i], err);
	}
	static const char *const off[] = { "Expect:", "Content-Type:" }; /* what curl would add by itself */
	for (size_t i = 0; i < (typed ? 1u : 2u) && rc == TEL_OK; i++) {
		tel__dynbuf_reset(b);
		tel__dynbuf_puts(b, off[i]);
		rc = add_line(x, b, err);
	}
	return rc;
}

static size_t on_upload(char *to, size_t size, size_t count, void *user)
{
	tel__http_exchange *x = user;
	size_t cap = size * count, n = 0;
	while (n < cap && x->body_index < x->body_count) {
		tel_slice s = x->body[x->body_index];
		size_t part = s.len - x->body_offset < cap - n ? s.len - x->body_offset : cap - n;
		if (part)
			memcpy(to + n, s.ptr + x->body_offset, part);
		n += part;
		x->body_offset += part;
		if (x->body_offset == s.len) {
			x->body_index++;
			x->body_offset = 0;
		}
	}
	return n;
}

/* A connection of the pool that turned out dead: curl starts over on a new one. */
static int on_rewind(void *user, curl_off_t offset, int origin)
{
	tel__http_exchange *x = user;
	if (origin != SEEK_SET || offset != 0)
		return CURL_SEEKFUNC_CANTSEEK;
	x->body_index = x->body_offset = 0;
	return CURL_SEEKFUNC_OK;
}

static tel_err join_body(tel__http_exchange *x, tel_error *err)
{
	x->joined = tel__mem_new(tel__ctx_alloc(x->ctx), (size_t)x->body_bytes, 1);
	if (!x->joined)
		return tel__fail_nomem(err);
	(void)on_upload(x->joined, 1, (size_t)x->body_bytes, x);
	return TEL_OK;
}

static tel_err copy_body(tel__http_exchange *x, const tel__http_call *call, tel_error *err)
{
	if (call->body_count == 0)
		return TEL_OK;
	x->body = tel__mem_new(tel__ctx_alloc(x->ctx), call->body_count, sizeof(*x->body));
	if (!x->body)
		return tel__fail_nomem(err);
	x->body_count = call->body_count;
	for (size_t i = 0; i < call->body_count; i++) {
		x->body[i] = call->body[i];
		x->body_bytes += call->body[i].len;
	}
	return x->body_count > 1 && x->body_bytes && x->body_bytes <= JOIN_MAX ? join_body(x, err) : TEL_OK;
}

static void set_body(tel__http_exchange *x)
{
	CURL *e = x->easy;
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body_bytes);
	if (x->body_count <= 1 || x->joined || !x->body_bytes) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, x->joined ? x->joined : x->body_bytes ? x->body[0].ptr : ""); /* borrowed */
	} else {
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, NULL);
		curl_easy_setopt(e, CURLOPT_READFUNCTION, on_upload);
		curl_easy_setopt(e, CURLOPT_READDATA, x);
		curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_rewind);
		curl_easy_setopt(e, CURLOPT_SEEKDATA, x);
	}
	uint64_t buffer = x->body_bytes < UPLOAD_MIN ? UPLOAD_MIN : x->body_bytes < UPLOAD_MAX ? x->body_bytes : UPLOAD_MAX;
	curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)buffer);
}

static tel_err set_method(tel__http_exchange *x, const tel__http_call *call, tel_error *err)
{
	char method[32];
	if (call->method.len == 0 || call->method.len >= sizeof(method) || !is_clean(call->method, 0x21) ||
	    tel__slice_find(call->method, '\t') < call->method.len)
		return tel__fail(err, TEL_ERR_ARG, "not a request method");
	memcpy(method, call->method.ptr, call->method.len);
	method[call->method.len] = 0;
	bool has_body = x->body_count > 0 || tel__slice_is(call->method, "POST") || tel__slice_is(call->method, "PUT");
	if (has_body)
		set_body(x);
	else if (tel__slice_is(call->method, "HEAD"))
		curl_easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(x->easy, CURLOPT_HTTPGET, 1L);
	CURLcode rc = tel__slice_is(call->method, "HEAD") ? CURLE_OK : curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, method);
	return rc == CURLE_OK ? TEL_OK : tel__fail_nomem(err);
}

static tel_err set_url(tel__http_exchange *x, tel_slice url, tel__dynbuf *b, tel_error *err)
{
	char shown[160];
	bool known = tel__slice_starts(url, TEL_SLICE_LIT("http://")) || tel__slice_starts(url, TEL_SLICE_LIT("https://"));
	if (!known || !is_clean(url, 0x21) || tel__slice_find(url, '\t') < url.len || url.len >= REQUEST_TEXT_BYTES)
		return tel__fail(err, TEL_ERR_ARG, "not a URL of http or https: \"%s\"",
		                 tel__slice_printable(url, shown, sizeof(shown)));
	tel__dynbuf_reset(b);
	tel__dynbuf_slice(b, url);
	tel__dynbuf_byte(b, 0);
	if (tel__dynbuf_error(b) != TEL_OK || curl_easy_setopt(x->easy, CURLOPT_URL, tel__dynbuf_get(b).ptr) != CURLE_OK)
		return tel__fail_nomem(err);
	return TEL_OK;
}

static tel_err set_user_agent(tel__http_exchange *x, tel_slice agent, tel__dynbuf *b, tel_error *err)
{
	if (!agent.len)
		return TEL_OK;
	tel__dynbuf_reset(b);
	tel__dynbuf_slice(b, agent);
	tel__dynbuf_byte(b, 0);
	if (tel__dynbuf_error(b) != TEL_OK ||
	    curl_easy_setopt(x->easy, CURLOPT_USERAGENT, tel__dynbuf_get(b).ptr) != CURLE_OK)
		return tel__fail_nomem(err);
	return TEL_OK;
}

/* ---- answer ---- */

static void drop_fields(tel__http_exchange *x)
{
	tel__dynbuf_reset(&x->head);
	x->field_count = x->head_bytes = 0;
}

static bool room_for_field(tel__http_exchange *x)
{
	if (x->field_count < x->field_cap)
		return true;
	size_t cap = x->field_cap ? 2 * x->field_cap : 16;
	tel__http_header *f = tel__mem_resize(tel__ctx_alloc(x->ctx), x->fields, x->field_cap, cap, sizeof(*f));
	if (!f)
		return false;
	x->fields = f;
	x->field_cap = cap;
	return true;
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
	tel__http_exchange *x = user;
	tel_slice s = tel__slice_trim((tel_slice){ line, size * count });
	size_t colon = tel__slice_find(s, ':');
	if (tel__slice_starts(s, TEL_SLICE_LIT("HTTP/"))) {
		drop_fields(x); /* those before were of an interim answer */
		return size * count;
	}
	if (colon == 0 || colon == s.len)
		return size * count;
	tel__http_header h = { tel__slice_sub(s, 0, colon), tel__slice_trim(tel__slice_sub(s, colon + 1, s.len - colon - 1)) };
	x->head_bytes += h.name.len + h.value.len + 32;
	if (x->head_bytes > TEL_LIMIT_HEADER_LIST_BYTES || x->field_count == TEL_LIMIT_HEADER_COUNT) {
		(void)tel__fail(&x->error, TEL_ERR_LIMIT, "the answer's headers are larger than %d bytes or %d fields",
		                TEL_LIMIT_HEADER_LIST_BYTES, TEL_LIMIT_HEADER_COUNT);
		return STOP;
	}
	tel__dynbuf_slice(&x->head, h.name);
	tel__dynbuf_slice(&x->head, h.value);
	if (tel__dynbuf_error(&x->head) != TEL_OK || !room_for_field(x)) {
		(void)tel__fail_nomem(&x->error);
		return STOP;
	}
	x->fields[x->field_count++] = h; /* the lengths; the pointers are set at the end */
	return size * count;
}

static size_t on_data(char *bytes, size_t size, size_t count, void *user)
{
	tel__http_exchange *x = user;
	curl_off_t known = -1;
	if (!x->received.buf && curl_easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &known) == CURLE_OK && known > 0 &&
	    tel__body_expect(&x->received, (size_t)known, &x->error) != TEL_OK)
		return STOP;
	if (tel__body_feed(&x->received, (tel_slice){ bytes, size * count }, &x->error) != TEL_OK)
		return STOP;
	return size * count;
}

static tel_err map_code(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return TEL_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return TEL_ERR_DNS;
	case CURLE_OPERATION_TIMEDOUT:
		return TEL_ERR_TIMEOUT;
	case CURLE_OUT_OF_MEMORY:
		return TEL_ERR_NOMEM;
	case CURLE_FILESIZE_EXCEEDED:
		return TEL_ERR_LIMIT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ENGINE_INITFAILED:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return TEL_ERR_TLS;
	default:
		return TEL_ERR_TRANSPORT;
	}
}

static void place_fields(tel__http_exchange *x)
{
	const char *at = tel__dynbuf_get(&x->head).ptr;
	for (size_t i = 0; i < x->field_count; i++) {
		x->fields[i].name.ptr = at;
		at += x->fields[i].name.len;
		x->fields[i].value.ptr = at;
		at += x->fields[i].value.len;
	}
}

void tel__http_exchange_answer(tel__http_exchange *x, CURLcode code, tel_buf **ret_buf, tel__http_answer *ret_answer)
{
	tel__http_answer a = { .err = map_code(code) };
	long status = 0;
	*ret_buf = NULL;
	if (a.err == TEL_OK && x->received.buf && tel__body_finish(&x->received, ret_buf, &x->error) != TEL_OK)
		a.err = x->error.code;
	if (a.err != TEL_OK && x->error.code != TEL_OK)
		a.err = x->error.code;
	/* What is our limit and not the peer's fault leaves its verdict standing. */
	if (a.err == TEL_OK || a.err == TEL_ERR_LIMIT || a.err == TEL_ERR_BUDGET || a.err == TEL_ERR_NOMEM) {
		curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
		place_fields(x);
		a.status = (unsigned)status;
		a.headers = x->fields;
		a.header_count = x->field_count;
	}
	if (a.err == TEL_OK && x->proxy && a.status == 407) { /* the proxy's word: the peer has not heard of the call */
		a = (tel__http_answer){ .err = TEL_ERR_TRANSPORT };
		tel_buf_unref(*ret_buf);
		*ret_buf = NULL;
		(void)tel__fail(&x->error, TEL_ERR_TRANSPORT, "407 Proxy Authentication Required");
	}
	if (a.err != TEL_OK) {
		const char *text = x->error.code != TEL_OK ? x->error.msg : x->curl_error[0] ? x->curl_error : curl_easy_strerror(code);
		if (x->proxy)
			snprintf(a.message, sizeof(a.message), "%.160s (through the proxy %.60s)", text, x->proxy->url);
		else
			snprintf(a.message, sizeof(a.message), "%s", text);
	} else {
		a.buf = *ret_buf;
		a.body = *ret_buf ? tel_buf_get(*ret_buf) : (tel_slice){ "", 0 };
	}
	*ret_answer = a;
}

bool tel__http_answer_header(const tel__http_answer *answer, const char *name, tel_slice *ret_value)
{
	for (size_t i = 0; i < answer->header_count; i++) {
		if (tel__slice_eq_nocase(answer->headers[i].name, tel__slice_str(name))) {
			*ret_value = answer->headers[i].value;
			return true;
		}
	}
	return false;
}

static void set_common(tel__http_exchange *x, const tel__http_client_opts *opts, size_t max_bytes)
{
	CURL *e = x->easy;
	uint64_t connect_ms = opts->connect_timeout_ns / MS_NS + (opts->connect_timeout_ns % MS_NS != 0);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 1L);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)(opts->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, connect_ms < INT32_MAX ? (long)connect_ms : (long)INT32_MAX);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->curl_error);
	curl_easy_setopt(e, CURLOPT_PRIVATE, x);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max_bytes);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers);
}

/* Without port, user information and brackets. */
static tel_slice host_of(tel_slice url)
{
	size_t start = TEL_SLICE_LIT("https://").len, end;
	tel_slice host = url.len > start ? tel__slice_sub(url, start, url.len - start) : (tel_slice){ "", 0 };
	for (end = 0; end < host.len && !strchr("/?#", host.ptr[end]); end++)
		;
	host.len = end;
	size_t at = tel__slice_find(host, '@');
	if (at < host.len)
		host = tel__slice_sub(host, at + 1, host.len - at - 1);
	if (host.len && host.ptr[0] == '[')
		return tel__slice_sub(host, 1, tel__slice_find(host, ']') - 1);
	return tel__slice_sub(host, 0, tel__slice_find(host, ':'));
}

/* curl makes a context of OpenSSL per connection: it gets the same material and rules as our own connections. */
static CURLcode on_ssl_ctx(CURL *easy, void *ssl_ctx, void *user)
{
	char *url = NULL;
	(void)curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
	return tel__tls_apply(user, ssl_ctx, host_of(tel__slice_str(url))) == TEL_OK ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

/* curl reads the environment when no proxy is set, so "none" is set too. */
static tel_err set_proxy(tel__http_exchange *x, const tel__proxy *proxy, tel_error *err)
{
	CURL *e = x->easy;
	CURLcode rc = curl_easy_setopt(e, CURLOPT_PROXY, proxy ? proxy->url : "");
	x->proxy = proxy;
	if (rc == CURLE_OK && proxy)
		rc = curl_easy_setopt(e, CURLOPT_NOPROXY, "");
	if (rc == CURLE_OK && proxy && proxy->user.ptr) {
		rc = curl_easy_setopt(e, CURLOPT_PROXYUSERNAME, proxy->user.ptr);
		if (rc == CURLE_OK)
			rc = curl_easy_setopt(e, CURLOPT_PROXYPASSWORD, proxy->password.ptr);
	}
	return rc == CURLE_OK ? TEL_OK : tel__fail_nomem(err);
}

static tel_err set_tls(tel__http_exchange *x, tel__tls_ctx *tls, tel_error *err)
{
	CURL *e = x->easy;
	if (curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx) != CURLE_OK)
		return tel__fail(err, TEL_ERR_UNSUPPORTED, "TLS needs a libcurl that is built with OpenSSL");
	curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, tls);
	/* Ours replaces what curl would read for each connection, and so do our checks of the name (RFC 9525: no CN). */
	curl_easy_setopt(e, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, tel__tls_verifies(tls) ? 1L : 0L);
	curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	return TEL_OK;
}

tel_err tel__http_exchange_setup(tel__http_exchange *x, const tel__http_call *call, const tel__http_client_opts *opts,
                                 tel_error *err)
{
	tel_ctx *ctx = x->ctx;
	size_t max = call->max_response_bytes ? call->max_response_bytes : TEL_LIMIT_RESPONSE_BYTES;
	tel__dynbuf b;
	x->error = (tel_error)TEL_ERROR_INIT;
	tel__dynbuf_init(&x->head, tel__ctx_alloc(ctx), TEL_LIMIT_HEADER_LIST_BYTES);
	tel__body_init_answer(&x->received, tel__ctx_alloc(ctx), tel__ctx_budget(ctx), TEL__BODY_PLAIN, max);
	tel__dynbuf_init(&b, tel__ctx_alloc(ctx), REQUEST_TEXT_BYTES);
	tel_err rc = copy_body(x, call, err);
	if (rc == TEL_OK)
		rc = set_url(x, call->url, &b, err);
	if (rc == TEL_OK)
		rc = set_method(x, call, err);
	if (rc == TEL_OK)
		rc = set_user_agent(x, opts->user_agent, &b, err);
	if (rc == TEL_OK)
		rc = add_headers(x, call, &b, err);
	if (rc == TEL_OK)
		set_common(x, opts, max);
	if (rc == TEL_OK)
		rc = set_proxy(x, opts->proxy, err);
	if (rc == TEL_OK && opts->tls)
		rc = set_tls(x, opts->tls, err);
	if (b.ptr)
		explicit_bzero(b.ptr, b.cap);
	tel__dynbuf_fini(&b);
	return rc;
}

void tel__http_exchange_fini(tel__http_exchange *x)
{
	const tel_alloc *alloc = tel__ctx_alloc(x->ctx);
	for (struct curl_slist *line = x->headers; line; line = line->next)
		explicit_bzero(line->data, strlen(line->data)); /* credentials among them */
	curl_slist_free_all(x->headers);
	tel__dynbuf_fini(&x->head);
	tel__body_fini(&x->received);
	if (x->fields)
		tel__mem_free(alloc, x->fields, x->field_cap, sizeof(*x->fields));
	if (x->joined)
		tel__mem_free(alloc, x->joined, (size_t)x->body_bytes, 1);
	if (x->body)
		tel__mem_free(alloc, x->body, x->body_count, sizeof(*x->body));
}
