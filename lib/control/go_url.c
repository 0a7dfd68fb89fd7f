/* SPDX-License-Identifier: Apache-2.0 */
#include "control/go_url.h"

#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"

enum { SHOWN = 256 };

static bool fail(char *reason, size_t cap, const char *text)
{
	snprintf(reason, cap, "%s", text);
	return false;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Cuts "scheme:" off text; a text without one is left as it is. */
static bool cut_scheme(tel_slice *text, tel_slice *ret_scheme, char *reason, size_t cap)
{
	*ret_scheme = (tel_slice){ "", 0 };
	for (size_t i = 0; i < text->len; i++) {
		char c = text->ptr[i];

		if (c == ':' && i == 0)
			return fail(reason, cap, "missing protocol scheme");
		if (c == ':') {
			*ret_scheme = tel__slice_sub(*text, 0, i);
			*text = tel__slice_sub(*text, i + 1, text->len - i - 1);
			return true;
		}
		if (!is_letter(c) && (i == 0 || !(is_digit(c) || c == '+' || c == '-' || c == '.')))
			return true;
	}
	return true;
}

/* Percent signs of a path or a host. */
static bool check_escapes(tel_slice text, char *reason, size_t cap)
{
	char shown[SHOWN];

	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '%' && (i + 2 >= text.len || !is_hex(text.ptr[i + 1]) || !is_hex(text.ptr[i + 2]))) {
			tel__slice_printable(tel__slice_sub(text, i, text.len - i < 3 ? text.len - i : 3), shown, sizeof(shown));
			snprintf(reason, cap, "invalid URL escape \"%s\"", shown);
			return false;
		}
	return true;
}

/* "" or ":" and digits. */
static bool check_port(tel_slice port, char *reason, size_t cap)
{
	char shown[SHOWN];
	bool ok = port.len == 0 || port.ptr[0] == ':';

	for (size_t i = 1; ok && i < port.len; i++)
		ok = is_digit(port.ptr[i]);
	if (!ok)
		snprintf(reason, cap, "invalid port \"%s\" after host", tel__slice_printable(port, shown, sizeof(shown)));
	return ok;
}

static bool check_host_characters(tel_slice host, char *reason, size_t cap)
{
	for (size_t i = 0; i < host.len; i++)
		if (memchr(" <>\"", host.ptr[i], 4) || (memchr("\\^`{|}", host.ptr[i], 6))) {
			snprintf(reason, cap, "invalid character \"%s%c\" in host name", memchr("\"\\", host.ptr[i], 2) ? "\\" : "",
			         host.ptr[i]);
			return false;
		}
	return true;
}

/* Of http and https the first colon starts the port, of other schemes the last one. */
static bool check_host(tel_slice host, bool strict, char *reason, size_t cap)
{
	size_t at;

	if (host.len > 0 && host.ptr[0] == '[') {
		at = tel__slice_rfind(host, ']');
		if (at == host.len)
			return fail(reason, cap, "missing ']' in host");
		return check_port(tel__slice_sub(host, at + 1, host.len - at - 1), reason, cap);
	}
	at = strict ? tel__slice_find(host, ':') : tel__slice_rfind(host, ':');
	if (!check_port(tel__slice_sub(host, at, host.len - at), reason, cap))
		return false;
	return check_escapes(host, reason, cap) && check_host_characters(host, reason, cap);
}

static bool check_userinfo(tel_slice info, char *reason, size_t cap)
{
	for (size_t i = 0; i < info.len; i++)
		if (!is_letter(info.ptr[i]) && !is_digit(info.ptr[i]) && !memchr("-._:~!$&'()*+,;=%@", info.ptr[i], 18))
			return fail(reason, cap, "net/url: invalid userinfo");
	return check_escapes(info, reason, cap);
}

static bool parse_authority(tel_slice authority, tel__go_url *url, char *reason, size_t cap)
{
	size_t at = tel__slice_rfind(authority, '@');
	bool strict = tel__slice_eq_nocase(url->scheme, TEL_SLICE_LIT("http")) ||
	              tel__slice_eq_nocase(url->scheme, TEL_SLICE_LIT("https"));

	url->host = at < authority.len ? tel__slice_sub(authority, at + 1, authority.len - at - 1) : authority;
	if (!check_host(url->host, strict, reason, cap))
		return false;
	return at == authority.len || check_userinfo(tel__slice_sub(authority, 0, at), reason, cap);
}

bool tel__go_url_parse(tel_slice text, tel__go_url *ret_url, char *reason, size_t reason_cap)
{
	tel_slice rest = tel__slice_sub(text, 0, tel__slice_find(text, '#')), segment;
	tel__go_url url = { .scheme = { "", 0 } };
	size_t cut;

	for (size_t i = 0; i < rest.len; i++)
		if ((unsigned char)rest.ptr[i] < 0x20 || rest.ptr[i] == 0x7f)
			return fail(reason, reason_cap, "net/url: invalid control character in URL");
	if (!cut_scheme(&rest, &url.scheme, reason, reason_cap))
		return false;
	cut = tel__slice_find(rest, '?');
	url.query = cut < rest.len ? tel__slice_sub(rest, cut + 1, rest.len - cut - 1) : (tel_slice){ "", 0 };
	rest = tel__slice_sub(rest, 0, cut);
	if (rest.len == 0 || rest.ptr[0] != '/') {
		segment = tel__slice_sub(rest, 0, tel__slice_find(rest, '/'));
		url.opaque = url.scheme.len ? rest : (tel_slice){ "", 0 };
		if (url.scheme.len == 0 && tel__slice_find(segment, ':') < segment.len)
			return fail(reason, reason_cap, "first path segment in URL cannot contain colon");
	}
	if (tel__slice_starts(rest, TEL_SLICE_LIT("//")) &&
	    (url.scheme.len || !tel__slice_starts(rest, TEL_SLICE_LIT("///")))) {
		rest = tel__slice_sub(rest, 2, rest.len - 2);
		cut = tel__slice_find(rest, '/');
		if (!parse_authority(tel__slice_sub(rest, 0, cut), &url, reason, reason_cap))
			return false;
		rest = tel__slice_sub(rest, cut, rest.len - cut);
	}
	if (url.opaque.len == 0) {
		if (!check_escapes(rest, reason, reason_cap))
			return false;
		url.path = rest;
	}
	*ret_url = url;
	return true;
}

tel__go_port tel__go_split_host_port(tel_slice text, tel_slice *ret_host, tel_slice *ret_port, const char **ret_reason)
{
	size_t colon = tel__slice_rfind(text, ':'), end;

	if (colon == text.len)
		return TEL__GO_PORT_MISSING;
	*ret_port = tel__slice_sub(text, colon + 1, text.len - colon - 1);
	if (text.ptr[0] != '[') {
		*ret_host = tel__slice_sub(text, 0, colon);
		*ret_reason = "too many colons in address";
		return tel__slice_find(*ret_host, ':') < ret_host->len ? TEL__GO_PORT_BAD : TEL__GO_PORT_OK;
	}
	end = tel__slice_find(text, ']');
	*ret_reason = "missing ']' in address";
	if (end == text.len)
		return TEL__GO_PORT_BAD;
	*ret_host = tel__slice_sub(text, 1, end - 1);
	if (end + 1 == text.len)
		return TEL__GO_PORT_MISSING;
	*ret_reason = "too many colons in address";
	if (end + 1 != colon)
		return text.ptr[end + 1] == ':' ? TEL__GO_PORT_BAD : TEL__GO_PORT_MISSING;
	return TEL__GO_PORT_OK;
}
