/* SPDX-License-Identifier: Apache-2.0 */
/* basicauth: a name and a password; a server with an htpasswd table, or a client. */
#include <stddef.h>

#include <openssl/crypto.h>

#include "auth/auth.h"
#include "auth/credential.h"
#include "auth/htpasswd.h"
#include "auth/slow_line.h"
#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/hex64.h"
#include "base/limits.h"
#include "base/mem.h"

typedef struct htpasswd_options {
	tel_slice file, text;
} htpasswd_options;

typedef struct client_options {
	tel_slice username, username_file, password, password_file;
} client_options;

typedef struct options {
	htpasswd_options *htpasswd;
	client_options *client;
} options;

/* ---- keys ---- */

static const tel__key htpasswd_keys[] = {
	{ .name = "file", .type = TEL__KEY_STRING, .offset = offsetof(htpasswd_options, file),
	  .help = "htpasswd file, read again when it changes" },
	{ .name = "inline", .type = TEL__KEY_SECRET, .offset = offsetof(htpasswd_options, text),
	  .help = "lines of an htpasswd file; they win over those of file" },
};
static const tel__key_table htpasswd_table = { "basicauthextension.HtpasswdSettings", sizeof(htpasswd_options), htpasswd_keys,
	                                           TEL__KEY_COUNT(htpasswd_keys), NULL };

static const tel__key client_keys[] = {
	{ .name = "username", .type = TEL__KEY_STRING, .offset = offsetof(client_options, username), .help = "name" },
	{ .name = "username_file", .type = TEL__KEY_STRING, .offset = offsetof(client_options, username_file),
	  .help = "file with the name; goes before username" },
	{ .name = "password", .type = TEL__KEY_SECRET, .offset = offsetof(client_options, password), .help = "password" },
	{ .name = "password_file", .type = TEL__KEY_STRING, .offset = offsetof(client_options, password_file),
	  .help = "file with the password, read again when it changes; goes before password" },
};
static const tel__key_table client_table = { "basicauthextension.ClientAuthSettings", sizeof(client_options), client_keys,
	                                         TEL__KEY_COUNT(client_keys), NULL };

static const tel__key keys[] = {
	{ .name = "htpasswd", .type = TEL__KEY_OPTIONAL, .offset = offsetof(options, htpasswd), .section = &htpasswd_table,
	  .help = "who may send: for servers" },
	{ .name = "client_auth", .type = TEL__KEY_OPTIONAL, .offset = offsetof(options, client), .section = &client_table,
	  .help = "who we are: for clients" },
};

static void check(const void *opts, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const options *o = opts;

	if (o->htpasswd && o->client)
		report(user, "", "only one of `htpasswd` or `client_auth` can be specified");
	else if (!o->client && (!o->htpasswd || (!o->htpasswd->file.len && !o->htpasswd->text.len)))
		report(user, "", "no credential source provided");
}

static const tel__key_table table = { "basicauthextension.Config", sizeof(options), keys, TEL__KEY_COUNT(keys), check };

static unsigned roles(const void *opts)
{
	const options *o = opts;

	return (o->htpasswd ? TEL__ROLE_AUTH_SERVER : 0u) | (o->client ? TEL__ROLE_AUTH_CLIENT : 0u);
}

/* ---- client ---- */

typedef struct basic_client {
	bool is_server;           /* first in both: basic_free() */
	tel_ctx *ctx;
	const tel_alloc *alloc;
	tel__credential name, password;
	tel__secret header;       /* "Basic ..." */
	uint64_t generation;
} basic_client;

static tel_err build_header(basic_client *b, tel_error *err)
{
	tel_slice name = tel__credential_get(&b->name), password = tel__credential_get(&b->password), parts[2];
	tel__dynbuf plain, coded;
	tel_err rc;

	if (tel__slice_find(name, ':') < name.len) /* it would move the border */
		return tel__fail(err, TEL_ERR_CONFIG, "invalid authorization format");
	tel__dynbuf_init(&plain, b->alloc, 4 * TEL_LIMIT_SECRET_BYTES);
	tel__dynbuf_init(&coded, b->alloc, 8 * TEL_LIMIT_SECRET_BYTES);
	(void)tel__dynbuf_room(&plain, name.len + 1 + password.len); /* at once, so that no copy is left behind */
	tel__dynbuf_slice(&plain, name);
	tel__dynbuf_byte(&plain, ':');
	tel__dynbuf_slice(&plain, password);
	(void)tel__dynbuf_room(&coded, plain.len / 3 * 4 + 4);
	tel__base64_encode(tel__dynbuf_get(&plain), &coded);
	parts[0] = TEL_SLICE_LIT("Basic ");
	parts[1] = tel__dynbuf_get(&coded);
	rc = tel__dynbuf_error(&plain) != TEL_OK ? tel__dynbuf_error(&plain) : tel__dynbuf_error(&coded);
	if (rc == TEL_OK)
		rc = tel__secret_set(b->alloc, &b->header, parts, 2);
	if (plain.ptr)
		OPENSSL_cleanse(plain.ptr, plain.cap);
	if (coded.ptr)
		OPENSSL_cleanse(coded.ptr, coded.cap);
	tel__dynbuf_fini(&plain);
	tel__dynbuf_fini(&coded);
	b->generation += rc == TEL_OK;
	return rc == TEL_ERR_LIMIT ? tel__fail(err, TEL_ERR_CONFIG, "name or password are too long")
	                           : rc == TEL_OK ? rc : tel__fail_nomem(err);
}

/* A name that cannot be used, or no memory: what was good stays, and the next look tries again. */
static void refresh(basic_client *b, bool at_once)
{
	bool changed = tel__credential_refresh(&b->name, at_once);

	changed |= tel__credential_refresh(&b->password, at_once);
	if (changed)
		(void)build_header(b, NULL);
}

static tel_err get(void *impl, tel__auth_waiter *w, tel__auth_grant *ret_grant, tel_error *err)
{
	basic_client *b = impl;

	(void)w, (void)err; /* never waits, always has one */
	refresh(b, false);
	*ret_grant = (tel__auth_grant){ { TEL_SLICE_LIT("authorization"), tel__secret_get(&b->header) }, b->generation };
	return TEL_OK;
}

static void forget(void *impl, tel__auth_waiter *w)
{
	(void)impl, (void)w;
}

static bool renew(void *impl, uint64_t generation)
{
	basic_client *b = impl;

	refresh(b, true);
	return b->generation != generation;
}

static void mask(void *impl, char *text, size_t len)
{
	basic_client *b = impl;

	tel__text_mask_header(text, len, tel__secret_get(&b->header));
	tel__text_mask(text, len, tel__credential_get(&b->password));
}

static const tel__auth_client_ops client_ops = { get, forget, renew, mask };

static void client_free(basic_client *b)
{
	tel__credential_fini(&b->name);
	tel__credential_fini(&b->password);
	tel__secret_fini(b->alloc, &b->header);
	tel__mem_free(b->alloc, b, 1, sizeof(*b));
}

static tel_err client_make(const tel__auth_env *env, const client_options *o, basic_client **ret_client, tel_error *err)
{
	const tel__log_source source = tel__auth_source(env);
	basic_client *b = tel__mem_zero(tel__ctx_alloc(env->ctx), 1, sizeof(*b));
	tel_err rc;

	if (!b)
		return tel__fail_nomem(err);
	b->ctx = env->ctx;
	b->alloc = tel__ctx_alloc(env->ctx);
	rc = tel__credential_init(&b->name, env->ctx, &source, o->username, o->username_file, TEL_LIMIT_SECRET_BYTES, err);
	if (rc == TEL_OK)
		rc = tel__credential_init(&b->password, env->ctx, &source, o->password, o->password_file, TEL_LIMIT_SECRET_BYTES, err);
	if (rc == TEL_OK)
		rc = build_header(b, err);
	if (rc != TEL_OK) {
		client_free(b);
		return rc;
	}
	*ret_client = b;
	return TEL_OK;
}

/* ---- server ---- */

typedef struct basic_server {
	bool is_server;
	tel_ctx *ctx;
	const tel_alloc *alloc;
	const htpasswd_options *o;
	tel__log_source source;
	tel__credential file;
	tel__htpasswd users;
	tel__digest_key key;
	tel__slow_line *line;
} basic_server;

/* Replaces the table by what file and inline text say now; on failure it stays. */
static tel_err load_users(basic_server *s, tel_error *err)
{
	tel_slice texts[2] = { tel__credential_get(&s->file), s->o->text };
	tel_error cause = TEL_ERROR_INIT;
	tel__htpasswd fresh;
	size_t which;
	tel_err rc = tel__htpasswd_parse(s->alloc, texts, 2, &fresh, &which, &cause);

	if (rc == TEL_ERR_NOMEM)
		return tel__fail_nomem(err);
	if (rc != TEL_OK)
		return tel__fail(err, rc, "read htpasswd content: %s: %s", which == 0 && s->o->file.len ? "file" : "inline", cause.msg);
	tel__htpasswd_inherit(&fresh, &s->users);
	tel__htpasswd_fini(&s->users);
	s->users = fresh;
	return TEL_OK;
}

static void refresh_users(basic_server *s)
{
	tel_error err = TEL_ERROR_INIT;

	if (!s->o->file.len || !tel__credential_refresh(&s->file, false) || load_users(s, &err) == TEL_OK)
		return;
	const tel_log_field field = TEL__LOG_STR("error", tel__slice_str(err.msg));
	tel__log(tel__ctx_log(s->ctx), TEL_LOG_ERROR, &s->source,
	         "The changed htpasswd file cannot be used. The last good users stay.", &field, 1);
}

/* What the line found out; the user may be gone, or have another password by now. */
static void on_checked(void *owner, tel_slice name, tel_slice stored, const tel__digest *digest, bool matches)
{
	basic_server *s = owner;
	tel__htpasswd_user *u = matches ? tel__htpasswd_find(&s->users, name) : NULL;

	if (!u || !tel__slice_eq(u->stored, stored))
		return;
	u->is_verified = true;
	u->verified = *digest;
}

/* The name of a user that does not exist costs as much as a wrong password: the first slow one is checked instead. */
static const tel__htpasswd_user *stand_in(const basic_server *s)
{
	for (size_t i = 0; i < s->users.count; i++)
		if (tel__password_is_slow(s->users.users[i].form))
			return &s->users.users[i];
	return NULL;
}

static tel__auth_verdict judge(basic_server *s, const tel__http_request *req, tel_slice name, tel_slice password,
                               tel__auth_check *c)
{
	tel__htpasswd_user *u = tel__htpasswd_find(&s->users, name);
	const tel__htpasswd_user *shown = u ? u : stand_in(s);
	const tel_slice parts[2] = { name, password };
	tel__slow_job job = { .user = name, .password = password, .known = u != NULL };

	if (!tel__digest_of(&s->key, parts, 2, &job.digest))
		return TEL__AUTH_BUSY;
	if (u && u->is_verified && tel__digest_same(&u->verified, &job.digest))
		return TEL__AUTH_PASS;
	if (!shown)
		return TEL__AUTH_REFUSED;
	if (tel__password_is_slow(shown->form)) {
		job.stored = shown->stored;
		job.form = shown->form;
		return tel__slow_line_join(s->line, &job, tel__slice_str(tel__http_peer(req)), c);
	}
	return tel__password_matches(s->alloc, u->form, u->stored, password) ? TEL__AUTH_PASS : TEL__AUTH_REFUSED;
}

/* "Basic " and base64 of name:password, as the original takes it apart. */
static tel__auth_verdict check_value(basic_server *s, const tel__http_request *req, tel_slice value, tel__auth_check *c,
                                     const char **ret_why)
{
	static const tel_slice prefix = TEL_SLICE_LIT("Basic ");
	tel__auth_verdict verdict = TEL__AUTH_REFUSED;
	tel__dynbuf plain;
	tel_slice name, password;
	tel_err rc;

	*ret_why = "invalid authorization scheme prefix";
	if (value.len < prefix.len || !tel__slice_eq_nocase(tel__slice_sub(value, 0, prefix.len), prefix))
		return TEL__AUTH_REFUSED;
	tel__dynbuf_init(&plain, s->alloc, TEL_LIMIT_HEADER_LIST_BYTES);
	rc = tel__base64_decode(tel__slice_sub(value, prefix.len, value.len - prefix.len), &plain);
	password = tel__dynbuf_get(&plain);
	*ret_why = "invalid authorization format";
	if (rc == TEL_ERR_NOMEM)
		verdict = TEL__AUTH_BUSY;
	else if (rc == TEL_OK && tel__slice_find(password, ':') < password.len) {
		tel__slice_next(&password, ':', &name);
		*ret_why = "invalid credentials";
		verdict = judge(s, req, name, password, c);
	}
	if (plain.ptr)
		OPENSSL_cleanse(plain.ptr, plain.cap);
	tel__dynbuf_fini(&plain);
	return verdict;
}

static tel__auth_verdict check_request(void *impl, const tel__http_request *req, tel__auth_check *c, const char **ret_why)
{
	basic_server *s = impl;
	tel_slice value;
	bool twice;

	if (!tel__auth_header(req, TEL_SLICE_LIT("authorization"), &value, &twice) || value.len == 0) {
		*ret_why = twice ? "the credentials occur more than once" : "no basic auth provided";
		return TEL__AUTH_REFUSED;
	}
	refresh_users(s);
	return check_value(s, req, value, c, ret_why);
}

static void drop(void *impl, tel__auth_check *c)
{
	basic_server *s = impl;

	tel__slow_line_leave(s->line, c);
}

static const tel__auth_server_ops server_ops = { check_request, drop };

static void server_free(basic_server *s)
{
	tel__slow_line_free(s->line);
	tel__htpasswd_fini(&s->users);
	tel__credential_fini(&s->file);
	OPENSSL_cleanse(&s->key, sizeof(s->key));
	tel__mem_free(s->alloc, s, 1, sizeof(*s));
}

static tel_err server_make(const tel__auth_env *env, const htpasswd_options *o, basic_server **ret_server, tel_error *err)
{
	basic_server *s = tel__mem_zero(tel__ctx_alloc(env->ctx), 1, sizeof(*s));
	tel_err rc = TEL_OK;

	if (!s)
		return tel__fail_nomem(err);
	s->is_server = true;
	s->ctx = env->ctx;
	s->alloc = tel__ctx_alloc(env->ctx);
	s->o = o;
	s->source = tel__auth_source(env);
	tel__digest_key_init(env->ctx, &s->key);
	if (o->file.len)
		rc = tel__credential_init(&s->file, env->ctx, &s->source, (tel_slice){ NULL, 0 }, o->file, TEL_LIMIT_HTPASSWD_BYTES, err);
	if (rc == TEL_OK)
		rc = load_users(s, err);
	if (rc == TEL_OK && tel__slow_line_new(env->ctx, on_checked, s, &s->line) != TEL_OK)
		rc = tel__fail_nomem(err);
	if (rc != TEL_OK) {
		server_free(s);
		return rc;
	}
	*ret_server = s;
	return TEL_OK;
}

/* ---- life ---- */

static tel_err make(const tel__auth_env *env, const void *opts, tel__auth *ret_auth, tel_error *err)
{
	const options *o = opts;
	basic_client *client = NULL;
	basic_server *server = NULL;
	tel_err rc = o->client ? client_make(env, o->client, &client, err) : server_make(env, o->htpasswd, &server, err);

	if (rc != TEL_OK)
		return rc;
	*ret_auth = o->client ? (tel__auth){ &client_ops, NULL, client } : (tel__auth){ NULL, &server_ops, server };
	return TEL_OK;
}

static void basic_free(void *impl)
{
	if (*(const bool *)impl)
		server_free(impl);
	else
		client_free(impl);
}

static const tel__auth_ops ops = { make, basic_free };
const tel__component tel__basicauth = {
	.type = "basicauth",
	.kind = TEL__KIND_EXTENSION,
	.keys = &table,
	.help = "signs or checks requests by name and password",
	.impl = &ops,
	.roles = roles,
};
