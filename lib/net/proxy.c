/* SPDX-License-Identifier: Apache-2.0 */
/* golang.org/x/net/http/httpproxy, rule by rule. */
#include "net/proxy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/url.h"

enum { URL_EXTRA = 24 }; /* "socks5h://[]:65535" and a NUL */

typedef struct bypass {
	tel_slice name;     /* lower case; a rule of names: without its leading dot */
	uint8_t ip[16];     /* a rule of addresses, mapped into IPv6 */
	unsigned bits;      /* of ip that count, of 128 */
	uint32_t port;      /* 0 = any */
	bool is_ip, is_v4, only_below; /* ".name": not the name itself */
} bypass;

struct tel__proxies {
	const tel_alloc *alloc;
	tel__proxy http, https;
	bool has_http, has_https, bypass_all;
	char *text;         /* of the rules */
	size_t text_size;
	bypass *rules;
	size_t rule_count, rule_cap;
};

/* ---- one proxy ---- */

static bool same_url_rest(tel_slice url, const char *scheme, tel_slice *ret_rest)
{
	size_t n = strlen(scheme);
	if (url.len < n || !tel__slice_eq_nocase(tel__slice_sub(url, 0, n), tel__slice_str(scheme)))
		return false;
	*ret_rest = tel__slice_sub(url, n, url.len - n);
	return true;
}

static tel_err bad_url(tel_slice url, tel_err code, const char *why, tel_error *err)
{
	char clean[192], shown[192];
	return tel__fail(err, code, "proxy \"%s\": %s",
	                 tel__slice_printable(tel__url_redacted(url, clean, sizeof(clean)), shown, sizeof(shown)), why);
}

static int hex_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes what stands in a user information; no byte may be a control character. */
static bool put_decoded(char **to, tel_slice s, tel_slice *ret)
{
	char *from = *to;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '%') {
			int high = i + 2 < s.len ? hex_of(s.ptr[i + 1]) : -1, low = high < 0 ? -1 : hex_of(s.ptr[i + 2]);
			if (low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if ((unsigned char)c < ' ' || c == 0x7f)
			return false;
		*(*to)++ = c;
	}
	*(*to)++ = '\0'; /* curl wants texts */
	*ret = (tel_slice){ from, (size_t)(*to - 1 - from) };
	return true;
}

static tel_err cut_scheme(tel_slice url, tel_slice *ret_rest, tel__proxy_kind *ret_kind, uint16_t *ret_port, tel_error *err)
{
	*ret_kind = TEL__PROXY_HTTP;
	*ret_port = 80;
	if (same_url_rest(url, "http://", ret_rest))
		return TEL_OK;
	if (same_url_rest(url, "socks5://", ret_rest) || same_url_rest(url, "socks5h://", ret_rest)) {
		*ret_kind = TEL__PROXY_SOCKS5;
		*ret_port = 1080;
		return TEL_OK;
	}
	*ret_rest = url;
	for (size_t i = 0; i + 3 <= url.len; i++)
		if (memcmp(url.ptr + i, "://", 3) == 0)
			return bad_url(url, TEL_ERR_UNSUPPORTED, "its scheme is none of http, socks5 and socks5h", err);
	return TEL_OK; /* without a scheme it is http: Go's parseProxy */
}

/* Host and port, the latter optional. */
static tel_err cut_host(tel_slice url, tel_slice authority, tel_slice *ret_host, uint16_t *ret_port, tel_error *err)
{
	bool bracket = authority.len && authority.ptr[0] == '[';
	size_t close = bracket ? tel__slice_find(authority, ']') : 0;
	if (bracket ? close + 1 == authority.len : tel__slice_find(authority, ':') == authority.len) {
		*ret_host = bracket ? tel__slice_sub(authority, 1, close - 1) : authority;
	} else {
		tel_error why = TEL_ERROR_INIT;
		if (tel__address_split(authority, ret_host, ret_port, &why) != TEL_OK || *ret_port == 0)
			return bad_url(url, TEL_ERR_ARG, "the address is not host:port", err);
	}
	for (size_t i = 0; i < ret_host->len; i++)
		if ((unsigned char)ret_host->ptr[i] <= ' ' || ret_host->ptr[i] == 0x7f || strchr("\"<>\\^`{|}", ret_host->ptr[i]))
			return bad_url(url, TEL_ERR_ARG, "the host holds characters that a host may not hold", err);
	/* A zone need not be an interface of this machine to be text of an address. */
	if (ret_host->len == 0 || (bracket && !tel__address_is_v6_text(*ret_host)))
		return bad_url(url, TEL_ERR_ARG, "there is no host", err);
	return TEL_OK;
}

static tel_err fill_proxy(tel__proxy *p, tel_slice url, tel_slice user_info, tel_slice host, tel_error *err)
{
	char *to = p->text;
	size_t colon = tel__slice_find(user_info, ':');
	memcpy(to, host.ptr, host.len);
	p->host = (tel_slice){ to, host.len };
	to += host.len;
	*to++ = '\0';
	p->url = to;
	to += 1 + snprintf(to, host.len + URL_EXTRA, tel__slice_find(host, ':') < host.len ? "%s[%s]:%u" : "%s%s:%u",
	                   p->kind == TEL__PROXY_HTTP ? "http://" : "socks5h://", p->host.ptr, p->port);
	if (!user_info.ptr)
		return TEL_OK;
	tel_slice password = colon < user_info.len ? tel__slice_sub(user_info, colon + 1, user_info.len - colon - 1)
	                                           : (tel_slice){ "", 0 };
	if (!put_decoded(&to, tel__slice_sub(user_info, 0, colon), &p->user) || !put_decoded(&to, password, &p->password))
		return bad_url(url, TEL_ERR_ARG, "user or password are not percent-encoded text", err);
	if (tel__slice_find(p->user, ':') < p->user.len) /* RFC 7617 section 2 */
		return bad_url(url, TEL_ERR_ARG, "the user holds a colon", err);
	return TEL_OK;
}

tel_err tel__proxy_init(tel__proxy *p, const tel_alloc *alloc, tel_slice url, tel_error *err)
{
	tel_slice rest, host, user_info = { NULL, 0 };
	*p = (tel__proxy){ .kind = TEL__PROXY_HTTP };
	if (url.len == 0)
		return TEL_OK;
	tel_err rc = cut_scheme(url, &rest, &p->kind, &p->port, err);
	if (rc != TEL_OK)
		return rc;
	rest.len = tel__slice_find(rest, '/'); /* a path means nothing here */
	size_t at = tel__slice_rfind(rest, '@');
	if (at < rest.len) {
		user_info = tel__slice_sub(rest, 0, at);
		rest = tel__slice_sub(rest, at + 1, rest.len - at - 1);
	}
	rc = cut_host(url, rest, &host, &p->port, err);
	if (rc != TEL_OK)
		return rc;
	p->text_size = 2 * host.len + user_info.len + URL_EXTRA + 3;
	p->text = tel__mem_new(alloc, p->text_size, 1);
	if (!p->text)
		return tel__fail_nomem(err);
	rc = fill_proxy(p, url, user_info, host, err);
	if (rc != TEL_OK)
		tel__proxy_fini(p, alloc);
	return rc;
}

void tel__proxy_fini(tel__proxy *p, const tel_alloc *alloc)
{
	if (p->text) {
		volatile char *wipe = p->text; /* the password */
		for (size_t i = 0; i < p->text_size; i++)
			wipe[i] = 0;
		tel__mem_free(alloc, p->text, p->text_size, 1);
	}
	*p = (tel__proxy){ .kind = TEL__PROXY_HTTP };
}

/* ---- who goes without ---- */

/* As sixteen bytes, IPv4 mapped. */
static bool read_ip(tel_slice text, uint8_t ip[16], bool *ret_v4)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	tel__address a;
	if (!tel__address_literal(text, 0, &a))
		return false;
	*ret_v4 = a.u.sa.sa_family == AF_INET;
	if (*ret_v4) {
		memcpy(ip, mapped, sizeof(mapped));
		memcpy(ip + 12, &a.u.in4.sin_addr, 4);
	} else {
		memcpy(ip, &a.u.in6.sin6_addr, 16);
		*ret_v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;
	}
	return true;
}

static bool read_cidr(tel_slice text, bypass *r)
{
	size_t slash = tel__slice_find(text, '/');
	uint64_t bits;
	if (slash == text.len || !read_ip(tel__slice_sub(text, 0, slash), r->ip, &r->is_v4) ||
	    tel__num_parse_u64(tel__slice_sub(text, slash + 1, text.len - slash - 1), &bits) != TEL_OK ||
	    bits > (r->is_v4 ? 32u : 128u))
		return false;
	r->bits = (unsigned)bits + (r->is_v4 ? 96 : 0);
	r->is_ip = true;
	return true;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	return memcmp(a, b, whole) == 0 && (!rest || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

/* false: the entry means nothing. */
static bool read_rule(tel_slice entry, bypass *r)
{
	tel_slice host = entry;
	uint16_t port = 0;
	*r = (bypass){ .bits = 128 };
	if (read_cidr(entry, r))
		return true;
	if (!read_ip(entry, r->ip, &r->is_v4) && tel__slice_find(entry, ':') < entry.len) {
		if (tel__address_split(entry, &host, &port, NULL) != TEL_OK)
			return false;
		r->port = port;
	}
	if (read_ip(host, r->ip, &r->is_v4)) {
		r->is_ip = true;
		return true;
	}
	if (tel__slice_starts(host, TEL_SLICE_LIT("*.")))
		host = tel__slice_sub(host, 1, host.len - 1);
	if (host.len && host.ptr[0] == '.') {
		r->only_below = true;
		host = tel__slice_sub(host, 1, host.len - 1);
	}
	r->name = host;
	return host.len != 0;
}

static bool add_rules(tel__proxies *p, tel_slice list)
{
	tel_slice rest, entry;
	size_t count = 1;
	for (size_t i = 0; i < list.len; i++)
		count += list.ptr[i] == ',';
	p->text_size = list.len;
	p->rule_cap = count;
	p->text = tel__mem_new(p->alloc, list.len, 1);
	p->rules = tel__mem_new(p->alloc, count, sizeof(*p->rules));
	if (!p->text || !p->rules)
		return false;
	for (size_t i = 0; i < list.len; i++)
		p->text[i] = list.ptr[i] >= 'A' && list.ptr[i] <= 'Z' ? (char)(list.ptr[i] + ('a' - 'A')) : list.ptr[i];
	rest = (tel_slice){ p->text, list.len };
	while (tel__slice_next(&rest, ',', &entry)) {
		entry = tel__slice_trim(entry);
		if (tel__slice_is(entry, "*"))
			p->bypass_all = true;
		else if (entry.len && read_rule(entry, &p->rules[p->rule_count]))
			p->rule_count++;
	}
	return true;
}

static bool name_matches(const bypass *r, tel_slice host)
{
	tel_slice tail;
	if (r->name.len > host.len)
		return false;
	tail = tel__slice_sub(host, host.len - r->name.len, r->name.len);
	if (!tel__slice_eq_nocase(tail, r->name))
		return false;
	return host.len == r->name.len ? !r->only_below : host.ptr[host.len - r->name.len - 1] == '.';
}

static bool goes_without(const tel__proxies *p, tel_slice host, uint16_t port)
{
	static const uint8_t loopback6[16] = { [15] = 1 }, loopback4[16] = { [10] = 0xff, [11] = 0xff, [12] = 127 };
	uint8_t ip[16];
	bool v4 = false, is_ip = read_ip(host, ip, &v4);
	if (p->bypass_all || tel__slice_eq_nocase(host, TEL_SLICE_LIT("localhost")))
		return true;
	if (is_ip && (same_bits(ip, loopback6, 128) || same_bits(ip, loopback4, 104)))
		return true;
	for (size_t i = 0; i < p->rule_count; i++) {
		const bypass *r = &p->rules[i];
		if (r->port && r->port != port)
			continue;
		if (r->is_ip ? is_ip && v4 == r->is_v4 && same_bits(ip, r->ip, r->bits) : name_matches(r, host))
			return true;
	}
	return false;
}

/* ---- the rules together ---- */

static tel_err add_proxy(tel__proxies *p, tel__proxy *to, bool *ret_has, tel_slice url, const char *name, tel_error *err)
{
	tel_error why = TEL_ERROR_INIT;
	tel_err rc = tel__proxy_init(to, p->alloc, url, &why);
	*ret_has = rc == TEL_OK && url.len != 0;
	if (rc == TEL_OK)
		return rc;
	return rc == TEL_ERR_NOMEM ? tel__fail_nomem(err) : tel__fail(err, rc, "%s: %.220s", name, why.msg);
}

tel_err tel__proxies_new(const tel_alloc *alloc, const tel_proxies *texts, tel__proxies **ret, tel_error *err)
{
	tel__proxies *p;
	*ret = NULL;
	if (!texts->http.len && !texts->https.len)
		return TEL_OK;
	if (texts->none.len > TEL_LIMIT_NO_PROXY_BYTES)
		return tel__fail(err, TEL_ERR_LIMIT, "NO_PROXY is longer than %d bytes", TEL_LIMIT_NO_PROXY_BYTES);
	p = tel__mem_zero(alloc, 1, sizeof(*p));
	if (!p)
		return tel__fail_nomem(err);
	p->alloc = alloc;
	tel_err rc = add_proxy(p, &p->http, &p->has_http, tel__slice_trim(texts->http), "HTTP_PROXY", err);
	if (rc == TEL_OK)
		rc = add_proxy(p, &p->https, &p->has_https, tel__slice_trim(texts->https), "HTTPS_PROXY", err);
	if (rc == TEL_OK && texts->none.len && !add_rules(p, texts->none))
		rc = tel__fail_nomem(err);
	if (rc == TEL_OK)
		*ret = p;
	else
		tel__proxies_free(p);
	return rc;
}

void tel__proxies_free(tel__proxies *p)
{
	if (!p)
		return;
	const tel_alloc *alloc = p->alloc;
	tel__proxy_fini(&p->http, alloc);
	tel__proxy_fini(&p->https, alloc);
	tel__mem_free(alloc, p->text, p->text_size, 1);
	tel__mem_free(alloc, p->rules, p->rule_cap, sizeof(*p->rules));
	tel__mem_free(alloc, p, 1, sizeof(*p));
}

const tel__proxy *tel__proxies_for(const tel__proxies *p, bool https, tel_slice host, uint16_t port)
{
	if (!p || !(https ? p->has_https : p->has_http) || goes_without(p, host, port))
		return NULL;
	return https ? &p->https : &p->http;
}

const tel__proxy *tel__proxies_for_url(const tel__proxies *p, tel_slice url)
{
	tel_slice rest, host;
	bool https = same_url_rest(url, "https://", &rest);
	uint16_t port = https ? 443 : 80;
	if (!p || (!https && !same_url_rest(url, "http://", &rest)))
		return NULL;
	for (size_t i = 0; i < rest.len; i++)
		if (strchr("/?#", rest.ptr[i]))
			rest.len = i;
	size_t at = tel__slice_rfind(rest, '@');
	if (at < rest.len)
		rest = tel__slice_sub(rest, at + 1, rest.len - at - 1);
	if (cut_host(url, rest, &host, &port, NULL) != TEL_OK)
		return NULL;
	return tel__proxies_for(p, https, host, port);
}
