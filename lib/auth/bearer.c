/* SPDX-License-Identifier: Apache-2.0 */
/* bearertokenauth: a token in a header, for clients and for servers. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "auth/auth.h"
#include "auth/credential.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"

typedef struct options {
	tel_slice header, scheme, token, filename;
	tel__key_strings tokens;
} options;

typedef struct bearer {
	tel_ctx *ctx;
	const tel_alloc *alloc;
	const options *o;
	tel__log_source source;
	tel__credential file;     /* unused without filename */
	char *header;             /* in lower case */
	tel__digest_key key;
	tel__digest *expected;    /* of whole header values */
	size_t count, cap;
	tel__secret first;        /* the value that a client sends */
	uint64_t generation;
	char missing[128];        /* what is said when the header is not there */
} bearer;

/* ---- keys ---- */

#define AT(field) offsetof(options, field)
static const tel__key keys[] = {
	{ .name = "header", .type = TEL__KEY_STRING, .offset = AT(header), .def = "Authorization",
	  .help = "header that carries the token" },
	{ .name = "scheme", .type = TEL__KEY_STRING, .offset = AT(scheme), .def = "Bearer",
	  .help = "word in front of the token; empty = none" },
	{ .name = "token", .type = TEL__KEY_SECRET, .offset = AT(token), .help = "the token" },
	{ .name = "tokens", .type = TEL__KEY_STRINGS, .offset = AT(tokens), .flags = TEL__KEY_MASKED,
	  .help = "tokens that a server accepts; a client sends the first" },
	{ .name = "filename", .type = TEL__KEY_STRING, .offset = AT(filename),
	  .help = "file with a token per line, read again when it changes; goes before token and tokens" },
};

static void check(const void *opts, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const options *o = opts;

	if (!o->token.len && !o->tokens.count && !o->filename.len)
		report(user, "", "no bearer token provided");
	if (o->token.len && o->tokens.count)
		report(user, "", "either tokens or token should be provided, not both");
}

static const tel__key_table table = { "bearertokenauthextension.Config", sizeof(options), keys, TEL__KEY_COUNT(keys), check };

static unsigned roles(const void *opts)
{
	(void)opts;
	return TEL__ROLE_AUTH_CLIENT | TEL__ROLE_AUTH_SERVER;
}

/* ---- tokens ---- */

/* A set of tokens that is complete before it replaces the one in use. */
typedef struct token_set {
	tel__digest *digests;
	size_t count, cap;
	tel__secret first;
} token_set;

static void set_free(const tel_alloc *alloc, token_set *s)
{
	if (s->digests)
		tel__mem_free(alloc, s->digests, s->cap, sizeof(*s->digests));
	tel__secret_fini(alloc, &s->first);
}

static tel_err set_grow(const tel_alloc *alloc, token_set *s)
{
	size_t cap = s->cap ? 2 * s->cap : 8;
	tel__digest *grown;

	if (s->count < s->cap)
		return TEL_OK;
	grown = tel__mem_resize(alloc, s->digests, s->cap, cap, sizeof(*grown));
	if (!grown)
		return TEL_ERR_NOMEM;
	s->digests = grown;
	s->cap = cap;
	return TEL_OK;
}

static tel_err set_add(bearer *b, token_set *s, tel_slice token, tel_error *err)
{
	bool scheme = b->o->scheme.len > 0, trimmed;
	tel_slice parts[3] = { b->o->scheme, TEL_SLICE_LIT(" "), token }, whole;
	tel__secret value = { NULL, 0, 0 };
	tel_err rc = tel__header_clean(tel__slice_str(b->header), &parts[2], &trimmed, err);

	if (rc != TEL_OK)
		return rc;
	if (trimmed)
		tel__log(tel__ctx_log(b->ctx), TEL_LOG_WARN, &b->source, "The line end behind a token was cut off.", NULL, 0);
	if (tel__secret_set(b->alloc, &value, scheme ? parts : parts + 2, scheme ? 3 : 1) != TEL_OK)
		return tel__fail_nomem(err);
	whole = tel__secret_get(&value);
	if (set_grow(b->alloc, s) != TEL_OK || !tel__digest_of(&b->key, &whole, 1, &s->digests[s->count])) {
		tel__secret_fini(b->alloc, &value);
		return tel__fail_nomem(err);
	}
	if (s->count++ == 0)
		s->first = value;
	else
		tel__secret_fini(b->alloc, &value);
	return TEL_OK;
}

/* Empty lines are none: behind a scheme they would be a token that anybody has. */
static tel_err set_add_lines(bearer *b, token_set *s, tel_slice text, tel_error *err)
{
	tel_slice line;
	tel_err rc = TEL_OK;

	while (rc == TEL_OK && tel__slice_next(&text, '\n', &line)) {
		line = tel__slice_trim(line);
		if (line.len)
			rc = set_add(b, s, line, err);
	}
	return rc;
}

/* Replaces the tokens in use by what configuration or file say now; on failure they stay. */
static tel_err rebuild(bearer *b, tel_error *err)
{
	token_set s = { NULL, 0, 0, { NULL, 0, 0 } };
	token_set old = { b->expected, b->count, b->cap, b->first };
	tel_err rc = TEL_OK;

	if (b->o->filename.len)
		rc = set_add_lines(b, &s, tel__credential_get(&b->file), err);
	else if (b->o->tokens.count)
		for (size_t i = 0; i < b->o->tokens.count && rc == TEL_OK; i++)
			rc = set_add(b, &s, b->o->tokens.items[i], err);
	else
		rc = set_add(b, &s, b->o->token, err);
	if (rc != TEL_OK) {
		set_free(b->alloc, &s);
		return rc;
	}
	b->expected = s.digests;
	b->count = s.count;
	b->cap = s.cap;
	b->first = s.first;
	b->generation++;
	set_free(b->alloc, &old);
	return TEL_OK;
}

/* true: the tokens have changed. */
static bool refresh(bearer *b, bool at_once)
{
	tel_error err = TEL_ERROR_INIT;

	if (!b->o->filename.len || !tel__credential_refresh(&b->file, at_once))
		return false;
	if (rebuild(b, &err) == TEL_OK)
		return true;
	const tel_log_field field = TEL__LOG_STR("error", tel__slice_str(err.msg));
	tel__log(tel__ctx_log(b->ctx), TEL_LOG_ERROR, &b->source,
	         "A changed token cannot be used. The last good ones stay in use.", &field, 1);
	return false;
}

/* ---- client ---- */

static tel_err get(void *impl, tel__auth_waiter *w, tel__auth_grant *ret_grant, tel_error *err)
{
	bearer *b = impl;

	(void)w, (void)err; /* never waits, always has one */
	(void)refresh(b, false);
	*ret_grant = (tel__auth_grant){ { tel__slice_str(b->header), tel__secret_get(&b->first) }, b->generation };
	return TEL_OK;
}

static void forget(void *impl, tel__auth_waiter *w)
{
	(void)impl, (void)w;
}

static bool renew(void *impl, uint64_t generation)
{
	bearer *b = impl;

	(void)refresh(b, true);
	return b->generation != generation;
}

static void mask(void *impl, char *text, size_t len)
{
	bearer *b = impl;

	tel__text_mask_header(text, len, tel__secret_get(&b->first));
}

static const tel__auth_client_ops client_ops = { get, forget, renew, mask };

/* ---- server ---- */

static tel__auth_verdict check_request(void *impl, const tel__http_request *req, tel__auth_check *c, const char **ret_why)
{
	bearer *b = impl;
	tel_slice value;
	tel__digest digest;
	bool twice, same = false;

	(void)c; /* never later */
	if (!tel__auth_header(req, tel__slice_str(b->header), &value, &twice)) {
		*ret_why = twice ? "the credentials occur more than once" : b->missing;
		return TEL__AUTH_REFUSED;
	}
	(void)refresh(b, false);
	*ret_why = "provided authorization does not match expected scheme or token";
	if (!tel__digest_of(&b->key, &value, 1, &digest))
		return TEL__AUTH_BUSY;
	for (size_t i = 0; i < b->count; i++) /* all of them, so that time does not tell which */
		same |= tel__digest_same(&digest, &b->expected[i]);
	return same ? TEL__AUTH_PASS : TEL__AUTH_REFUSED;
}

static void drop(void *impl, tel__auth_check *c)
{
	(void)impl, (void)c;
}

static const tel__auth_server_ops server_ops = { check_request, drop };

/* ---- life ---- */

static void bearer_free(void *impl)
{
	bearer *b = impl;
	token_set s = { b->expected, b->count, b->cap, b->first };

	set_free(b->alloc, &s);
	tel__credential_fini(&b->file);
	if (b->header)
		tel__mem_free(b->alloc, b->header, b->o->header.len + 1, 1);
	tel__mem_free(b->alloc, b, 1, sizeof(*b));
}

static tel_err take_header(bearer *b, tel_error *err)
{
	tel_slice name = b->o->header;

	char shown[80];

	b->header = tel__mem_zero(b->alloc, name.len + 1, 1);
	if (!b->header)
		return tel__fail_nomem(err);
	snprintf(b->missing, sizeof(b->missing), "missing or empty authorization header: %s",
	         tel__slice_printable(name, shown, sizeof(shown)));
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		b->header[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	return TEL_OK;
}

static tel_err make(const tel__auth_env *env, const void *opts, tel__auth *ret_auth, tel_error *err)
{
	const options *o = opts;
	bearer *b = tel__mem_zero(tel__ctx_alloc(env->ctx), 1, sizeof(*b));
	tel_err rc;

	if (!b)
		return tel__fail_nomem(err);
	b->ctx = env->ctx;
	b->alloc = tel__ctx_alloc(env->ctx);
	b->o = o;
	b->source = tel__auth_source(env);
	tel__digest_key_init(env->ctx, &b->key);
	rc = take_header(b, err);
	if (rc == TEL_OK && o->filename.len) {
		if (o->token.len || o->tokens.count)
			tel__log(tel__ctx_log(env->ctx), TEL_LOG_WARN, &b->source,
			         "a filename is specified. Configured token(s) is ignored!", NULL, 0);
		rc = tel__credential_init(&b->file, env->ctx, &b->source, (tel_slice){ NULL, 0 }, o->filename,
		                          TEL_LIMIT_SECRET_BYTES, err);
	}
	if (rc == TEL_OK)
		rc = rebuild(b, err);
	if (rc != TEL_OK) {
		bearer_free(b);
		return rc;
	}
	*ret_auth = (tel__auth){ &client_ops, &server_ops, b };
	return TEL_OK;
}

static const tel__auth_ops ops = { make, bearer_free };
const tel__component tel__bearertokenauth = {
	.type = "bearertokenauth",
	.kind = TEL__KIND_EXTENSION,
	.keys = &table,
	.help = "signs and checks requests by a token in a header",
	.impl = &ops,
	.roles = roles,
};
