/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_answer.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "net/auth.h"
#include "wire/form.h"
#include "wire/json.h"

enum { ACCESS_TOKEN, TOKEN_TYPE, EXPIRES_IN, ERROR, DESCRIPTION, MEMBERS };
static const char *const names[MEMBERS] = { "access_token", "token_type", "expires_in", "error", "error_description" };

static const double LIFETIME_MAX_S = 2147483647.0; /* what x/oauth2 cuts it to */

/* The members that matter, decoded, one behind the other in text. */
typedef struct members {
	tel__dynbuf text;
	struct {
		size_t at, len;
		bool there;
	} m[MEMBERS];
} members;

static tel_slice member(const members *in, int which)
{
	return in->m[which].there ? (tel_slice){ in->text.ptr + in->m[which].at, in->m[which].len } : (tel_slice){ "", 0 };
}

static int which_of(tel_slice name)
{
	int i = 0;

	while (i < MEMBERS && !tel__slice_is(name, names[i]))
		i++;
	return i;
}

static void put(members *in, int which, size_t from)
{
	in->m[which].there = true;
	in->m[which].at = from;
	in->m[which].len = in->text.len - from;
}

/* ---- JSON ---- */

static tel_err take_string(members *in, int which, const tel__json *j)
{
	size_t from = in->text.len;
	char *room = j->text.len ? tel__dynbuf_room(&in->text, j->text.len) : NULL;

	if (room)
		tel__dynbuf_advance(&in->text, j->escaped ? tel__json_unescape(j->text, room)
		                                          : (memcpy(room, j->text.ptr, j->text.len), j->text.len));
	if (tel__dynbuf_error(&in->text) != TEL_OK)
		return tel__dynbuf_error(&in->text);
	put(in, which, from);
	return TEL_OK;
}

/* TEL_ERR_TYPE: the member is of another type than it should be. */
static tel_err take_value(members *in, int which, tel__json *j, tel__json_token token)
{
	if (which == MEMBERS)
		return tel__json_skip(j, token) ? TEL_OK : TEL_ERR_MALFORMED;
	if (token == TEL__JSON_NULL) {
		in->m[which].there = false;
		return TEL_OK;
	}
	if (token == TEL__JSON_STRING || (token == TEL__JSON_NUMBER && which == EXPIRES_IN))
		return take_string(in, which, j); /* the last of a name counts, as in Go */
	return token == TEL__JSON_BAD ? TEL_ERR_MALFORMED : TEL_ERR_TYPE;
}

static tel_err read_json(members *in, tel_slice body, tel_error *err)
{
	tel__json j;
	tel__json_token token;
	tel_error cause = TEL_ERROR_INIT;

	tel__json_init(&j, body);
	if (tel__json_next(&j) != TEL__JSON_OBJECT)
		return tel__fail(err, TEL_ERR_MALFORMED, "oauth2: cannot parse json: it is no object");
	while ((token = tel__json_next(&j)) == TEL__JSON_KEY) {
		char plain[32];
		int which = j.text.len < sizeof(plain)
			? which_of((tel_slice){ plain, tel__json_unescape(j.text, plain) }) : MEMBERS;
		tel_err rc = take_value(in, which, &j, tel__json_next(&j));
		if (rc == TEL_ERR_TYPE)
			return tel__fail(err, TEL_ERR_MALFORMED, "oauth2: cannot parse json: %s has a wrong type", names[which]);
		if (rc == TEL_ERR_NOMEM)
			return tel__fail_nomem(err);
		if (rc != TEL_OK)
			break;
	}
	if (token == TEL__JSON_OBJECT_END && tel__json_next(&j) == TEL__JSON_END)
		return TEL_OK;
	tel__json_fail(&j, &cause);
	return tel__fail(err, TEL_ERR_MALFORMED, "oauth2: cannot parse json: %s", cause.msg);
}

/* ---- form ---- */

static tel_err read_form(members *in, tel_slice body, tel_error *err)
{
	tel_slice pair;

	for (int n = 0; n < TEL__TOKEN_ANSWER_MEMBERS && tel__slice_next(&body, '&', &pair); n++) {
		size_t equal = tel__slice_find(pair, '='), from = in->text.len;
		int which = which_of(tel__slice_sub(pair, 0, equal));
		tel_err rc;

		if (which == MEMBERS || in->m[which].there) /* the first of a name counts, as in Go */
			continue;
		rc = equal < pair.len ? tel__form_decode(tel__slice_sub(pair, equal + 1, pair.len - equal - 1), &in->text) : TEL_OK;
		if (rc == TEL_ERR_NOMEM)
			return tel__fail_nomem(err);
		if (rc != TEL_OK)
			return tel__fail(err, TEL_ERR_MALFORMED, "oauth2: cannot parse response: %s is not percent-encoded", names[which]);
		put(in, which, from);
	}
	return TEL_OK;
}

/* ---- meaning ---- */

static bool is_form(tel_slice content_type)
{
	tel_slice type = tel__slice_trim(tel__slice_sub(content_type, 0, tel__slice_find(content_type, ';')));

	return tel__slice_eq_nocase(type, TEL_SLICE_LIT("application/x-www-form-urlencoded")) ||
	       tel__slice_eq_nocase(type, TEL_SLICE_LIT("text/plain"));
}

/* Absent, 0, negative and what is no number mean that the endpoint does not tell: the token is used until it is refused. A
 * positive lifetime too short to count is over at once, never 0, which would read as none. */
static uint64_t lifetime_of(tel_slice text)
{
	double seconds;
	uint64_t ns;

	if (tel__num_parse_double(tel__slice_trim(text), &seconds) != TEL_OK || !(seconds > 0))
		return UINT64_MAX;
	ns = (uint64_t)((seconds < LIFETIME_MAX_S ? seconds : LIFETIME_MAX_S) * 1e9);
	return ns ? ns : 1;
}

/* bearer, mac and basic in any letters have one spelling; others go as they came. */
static tel_slice type_of(tel_slice type)
{
	static const tel_slice known[] = { TEL_SLICE_LIT("Bearer"), TEL_SLICE_LIT("MAC"), TEL_SLICE_LIT("Basic") };

	for (size_t i = 0; i < 3; i++)
		if (type.len == 0 || tel__slice_eq_nocase(type, known[i]))
			return known[i];
	return type;
}

static bool shows(tel_slice text, tel_slice hide)
{
	for (size_t i = 0; hide.len && i + hide.len <= text.len; i++)
		if (memcmp(text.ptr + i, hide.ptr, hide.len) == 0)
			return true;
	return false;
}

static tel_err refuse(const members *in, unsigned status, tel_slice hide, tel_error *err)
{
	char word[80], words[160];
	tel_slice error = member(in, ERROR), description = member(in, DESCRIPTION);

	if (!error.len)
		return tel__fail(err, TEL_ERR_REFUSED, "oauth2: cannot fetch token: HTTP status %u", status);
	tel__slice_printable(shows(error, hide) ? TEL_SLICE_LIT("[REDACTED]") : error, word, sizeof(word));
	tel__slice_printable(shows(description, hide) ? TEL_SLICE_LIT("[REDACTED]") : description, words, sizeof(words));
	return description.len ? tel__fail(err, TEL_ERR_REFUSED, "oauth2: \"%s\" \"%s\"", word, words)
	                       : tel__fail(err, TEL_ERR_REFUSED, "oauth2: \"%s\"", word);
}

static tel_err take_token(const tel_alloc *alloc, const members *in, tel__token_answer *ret_answer, tel_error *err)
{
	tel_slice parts[3] = { type_of(member(in, TOKEN_TYPE)), TEL_SLICE_LIT(" "), member(in, ACCESS_TOKEN) }, whole;
	tel__token_answer answer = { { NULL, 0, 0 }, lifetime_of(member(in, EXPIRES_IN)) };
	bool trimmed;
	tel_err rc;

	if (!parts[2].len)
		return tel__fail(err, TEL_ERR_MALFORMED, "oauth2: server response missing access_token");
	if (tel__secret_set(alloc, &answer.header, parts, 3) != TEL_OK)
		return tel__fail_nomem(err);
	whole = tel__secret_get(&answer.header);
	rc = tel__header_clean(TEL_SLICE_LIT("authorization"), &whole, &trimmed, NULL);
	if (rc != TEL_OK || trimmed) {
		tel__secret_fini(alloc, &answer.header);
		return tel__fail(err, TEL_ERR_MALFORMED, "oauth2: the token holds bytes that a header may not hold");
	}
	*ret_answer = answer;
	return TEL_OK;
}

tel_err tel__token_answer_read(const tel_alloc *alloc, unsigned status, tel_slice content_type, tel_slice body, tel_slice hide,
                               tel__token_answer *ret_answer, tel_error *err)
{
	bool failed = status < 200 || status > 299;
	members in = { .text = { .ptr = NULL } };
	tel_err rc;

	tel__dynbuf_init(&in.text, alloc, TEL_LIMIT_SECRET_BYTES);
	(void)tel__dynbuf_room(&in.text, body.len ? body.len : 1); /* at once, so that no copy is left behind */
	rc = tel__dynbuf_error(&in.text);
	if (rc != TEL_OK)
		rc = rc == TEL_ERR_LIMIT ? tel__fail(err, TEL_ERR_MALFORMED, "oauth2: the answer is too long") : tel__fail_nomem(err);
	else
		rc = is_form(content_type) ? read_form(&in, body, err) : read_json(&in, body, err);
	if (rc == TEL_ERR_MALFORMED && failed) { /* a page of some proxy: the status says more */
		memset(in.m, 0, sizeof(in.m));
		rc = TEL_OK;
	}
	if (rc == TEL_OK)
		rc = failed || member(&in, ERROR).len ? refuse(&in, status, hide, err) : take_token(alloc, &in, ret_answer, err);
	if (in.text.ptr)
		OPENSSL_cleanse(in.text.ptr, in.text.cap);
	tel__dynbuf_fini(&in.text);
	return rc;
}
