/* SPDX-License-Identifier: Apache-2.0 */
/* oauth2client: tokens by the client credentials grant (RFC 6749, 4.4); one request for a token at a time, whoever asks. */
#include <openssl/crypto.h>

#include "auth/auth.h"
#include "auth/credential.h"
#include "auth/oauth2_options.h"
#include "auth/token_answer.h"
#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/hex64.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/url.h"
#include "net/http_client.h"
#include "wire/form.h"

static const uint64_t SECOND_NS = 1000000000u;
enum {
	TIMEOUT_S = 30,      /* of both tries together, when the file sets none */
	YOUNG_S = 10,        /* a token of this age that is refused is not worth another one */
	PAUSE_S = 10,        /* between attempts to renew a token that is still good */
	URL_SHOWN = 160      /* of token_url in a message */
};

typedef struct oauth2 {
	tel_ctx *ctx;
	const tel_alloc *alloc;
	const tel__oauth2_options *o;
	tel__log_source source;
	tel__tls_ctx *tls;
	tel__http_client *http;
	tel__credential id, secret;
	/* the token; generation 0: there never was one */
	tel__secret token;
	uint64_t generation, fetched_mono_ns, renew_mono_ns, expires_mono_ns;
	/* the request for the next one */
	bool fetching, second_try, in_form, complained;
	uint64_t call_id, started_mono_ns, pause_mono_ns; /* before pause nobody renews a good token again */
	tel__dynbuf form;
	tel_slice form_slice;
	tel__auth_waiter *first, *last;
	size_t waiting;
} oauth2;

static uint64_t now_of(const oauth2 *x)
{
	return tel__ctx_mono_ns(x->ctx);
}

static bool is_good(const oauth2 *x)
{
	return x->generation && now_of(x) < x->expires_mono_ns;
}

static void grant_token(const oauth2 *x, tel__auth_grant *ret_grant)
{
	*ret_grant = (tel__auth_grant){ { TEL_SLICE_LIT("authorization"), tel__secret_get(&x->token) }, x->generation };
}

/* ---- waiters ---- */

static void unlink_waiter(oauth2 *x, tel__auth_waiter *w)
{
	*(w->prev ? &w->prev->next : &x->first) = w->next;
	*(w->next ? &w->next->prev : &x->last) = w->prev;
	w->prev = w->next = NULL;
	x->waiting--;
}

static void append_waiter(oauth2 *x, tel__auth_waiter *w)
{
	w->prev = x->last;
	w->next = NULL;
	*(w->prev ? &w->prev->next : &x->first) = w;
	x->last = w;
	x->waiting++;
}

/* As many as wait now, first come, first served; callbacks may ask and forget. err NULL: there is a token. */
static void tell(oauth2 *x, const tel_error *err)
{
	for (size_t n = x->waiting; n && x->first; n--) {
		tel__auth_waiter *w = x->first;
		tel__auth_grant grant;

		unlink_waiter(x, w);
		grant_token(x, &grant);
		w->on_grant(w->user, err ? NULL : &grant, err);
	}
}

/* ---- a request for a token ---- */

static void wipe(tel__dynbuf *b)
{
	if (b->ptr)
		OPENSSL_cleanse(b->ptr, b->cap);
	tel__dynbuf_fini(b);
}

/* The text of x/oauth2 around it: otel-processing.md 9.8. */
static tel_err wrap(const oauth2 *x, tel_err code, const char *cause, tel_error *err)
{
	char url[URL_SHOWN], shown[URL_SHOWN];

	tel__slice_printable(tel__url_redacted(x->o->token_url, url, sizeof(url)), shown, sizeof(shown));
	return tel__fail(err, code, "failed to get security token from token endpoint (endpoint \"%s\"): %s", shown, cause);
}

static void log_failure(oauth2 *x, const char *msg)
{
	const tel_log_field field = TEL__LOG_STR("error", tel__slice_str(msg));

	if (!x->complained)
		tel__log(tel__ctx_log(x->ctx), TEL_LOG_WARN, &x->source,
		         is_good(x) ? "The token could not be renewed. The old one stays in use as long as it is valid."
		                    : "There is no token. Requests wait for one and are tried again.", &field, 1);
	x->complained = true;
}

static void end_fetch(oauth2 *x)
{
	x->fetching = false;
	wipe(&x->form);
}

static void on_failed(oauth2 *x, tel_err code, const char *cause)
{
	tel_error err = TEL_ERROR_INIT;

	end_fetch(x);
	x->pause_mono_ns = now_of(x) + PAUSE_S * SECOND_NS;
	wrap(x, code, cause, &err);
	log_failure(x, err.msg);
	tell(x, &err);
}

/* Renewal starts expiry_buffer before the end, at the latest in the middle of the token's life, and a little earlier at
 * random, so that a fleet does not come at once. */
static void take(oauth2 *x, tel__token_answer *a)
{
	uint64_t buffer = x->o->expiry_buffer > 0 ? (uint64_t)x->o->expiry_buffer : 0;

	end_fetch(x);
	tel__secret_fini(x->alloc, &x->token);
	x->token = a->header;
	x->generation++;
	x->complained = false;
	x->pause_mono_ns = 0;
	x->fetched_mono_ns = x->started_mono_ns;
	x->expires_mono_ns = x->renew_mono_ns = UINT64_MAX;
	if (a->lifetime_ns < UINT64_MAX - x->started_mono_ns) {
		if (buffer > a->lifetime_ns / 2)
			buffer = a->lifetime_ns / 2;
		buffer += buffer / 10 ? tel__ctx_random(x->ctx) % (buffer / 10) : 0;
		x->expires_mono_ns = x->started_mono_ns + a->lifetime_ns;
		x->renew_mono_ns = x->expires_mono_ns - buffer;
	}
	tell(x, NULL);
}

static tel_err send_form(oauth2 *x, tel_error *err);

static void on_answer(void *user, const tel__http_answer *answer)
{
	oauth2 *x = user;
	tel_error err = TEL_ERROR_INIT, again = TEL_ERROR_INIT;
	tel__token_answer token;
	tel_slice type = { "", 0 };
	tel_err rc;

	if (answer->err != TEL_OK) {
		on_failed(x, answer->err, answer->message);
		return;
	}
	tel__http_answer_header(answer, "content-type", &type);
	rc = tel__token_answer_read(x->alloc, answer->status, type, answer->body, tel__credential_get(&x->secret), &token, &err);
	if (rc == TEL_OK) {
		take(x, &token);
		return;
	}
	/* Some want the credentials in the header, some in the form: the other way is tried once and remembered. */
	if (rc == TEL_ERR_REFUSED && !x->second_try) {
		x->second_try = true;
		x->in_form = !x->in_form;
		if (send_form(x, &again) == TEL_OK)
			return;
		err = again;
	} else if (x->second_try) {
		x->in_form = !x->in_form;
	}
	on_failed(x, rc, err.msg);
}

static void put_credentials(oauth2 *x, tel__dynbuf *out)
{
	tel__form_encode(tel__credential_get(&x->id), out);
	tel__dynbuf_byte(out, ':');
	tel__form_encode(tel__credential_get(&x->secret), out);
}

/* "Basic " and base64 of id:secret, each as in a form. */
static tel_err make_basic(oauth2 *x, tel__dynbuf *out)
{
	tel__dynbuf plain;
	tel_err rc;

	tel__dynbuf_init(&plain, x->alloc, 8 * TEL_LIMIT_SECRET_BYTES);
	put_credentials(x, &plain);
	tel__dynbuf_puts(out, "Basic ");
	tel__base64_encode(tel__dynbuf_get(&plain), out);
	rc = tel__dynbuf_error(&plain) != TEL_OK ? tel__dynbuf_error(&plain) : tel__dynbuf_error(out);
	wipe(&plain);
	return rc;
}

static tel_err make_form(oauth2 *x)
{
	tel__dynbuf_reset(&x->form);
	tel__oauth2_form(x->o, &x->form);
	if (x->in_form) {
		tel__form_add(TEL_SLICE_LIT("client_id"), tel__credential_get(&x->id), &x->form);
		tel__form_add(TEL_SLICE_LIT("client_secret"), tel__credential_get(&x->secret), &x->form);
	}
	x->form_slice = tel__dynbuf_get(&x->form);
	return tel__dynbuf_error(&x->form);
}

static tel_err send_form(oauth2 *x, tel_error *err)
{
	uint64_t limit = x->o->timeout > 0 ? (uint64_t)x->o->timeout : TIMEOUT_S * SECOND_NS, gone = now_of(x) - x->started_mono_ns;
	tel__http_header headers[2] = { { TEL_SLICE_LIT("Content-Type"), TEL_SLICE_LIT("application/x-www-form-urlencoded") },
		                            { TEL_SLICE_LIT("Authorization"), { NULL, 0 } } };
	tel__http_call call = { .method = TEL_SLICE_LIT("POST"), .url = x->o->token_url, .headers = headers, .header_count = 1,
		                    .body = &x->form_slice, .body_count = 1, .max_response_bytes = TEL_LIMIT_SECRET_BYTES,
		                    .timeout_ns = limit > gone ? limit - gone : 1 };
	tel__dynbuf basic;
	tel_err rc = make_form(x);

	tel__dynbuf_init(&basic, x->alloc, 16 * TEL_LIMIT_SECRET_BYTES);
	if (rc == TEL_OK && !x->in_form) {
		rc = make_basic(x, &basic);
		headers[1].value = tel__dynbuf_get(&basic);
		call.header_count = 2;
	}
	if (rc != TEL_OK)
		rc = rc == TEL_ERR_LIMIT ? tel__fail(err, TEL_ERR_CONFIG, "the credentials are too long") : tel__fail_nomem(err);
	else
		rc = tel__http_client_send(x->http, &call, on_answer, x, &x->call_id, err); /* copies the headers */
	wipe(&basic);
	return rc;
}

/* Files are read for every token; one that cannot be read leaves the last good text in use. */
static tel_err start_fetch(oauth2 *x, tel_error *err)
{
	tel_error cause = TEL_ERROR_INIT;
	tel_err rc;

	(void)tel__credential_refresh(&x->id, true);
	(void)tel__credential_refresh(&x->secret, true);
	x->fetching = true;
	x->second_try = false;
	x->started_mono_ns = now_of(x);
	tel__dynbuf_init(&x->form, x->alloc, 8 * TEL_LIMIT_SECRET_BYTES);
	rc = send_form(x, &cause);
	if (rc == TEL_OK)
		return TEL_OK;
	end_fetch(x);
	x->pause_mono_ns = x->started_mono_ns + PAUSE_S * SECOND_NS;
	return wrap(x, rc, cause.msg, err);
}

/* ---- client ---- */

static tel_err get(void *impl, tel__auth_waiter *w, tel__auth_grant *ret_grant, tel_error *err)
{
	oauth2 *x = impl;
	uint64_t now = now_of(x);

	if (is_good(x)) {
		if (!x->fetching && now >= x->renew_mono_ns && now >= x->pause_mono_ns)
			(void)start_fetch(x, NULL); /* beside; the old one serves meanwhile */
		grant_token(x, ret_grant);
		return TEL_OK;
	}
	if (!x->fetching) {
		tel_err rc = start_fetch(x, err);
		if (rc != TEL_OK)
			return rc;
	}
	append_waiter(x, w);
	return TEL_ERR_AGAIN;
}

static void forget(void *impl, tel__auth_waiter *w)
{
	unlink_waiter(impl, w);
}

/* A token that was refused is not used any more, unless it is so young that another one would be refused as well. */
static bool renew(void *impl, uint64_t generation)
{
	oauth2 *x = impl;

	if (generation != x->generation)
		return true;
	if (now_of(x) - x->fetched_mono_ns < YOUNG_S * SECOND_NS)
		return false;
	x->expires_mono_ns = 0;
	return true;
}

static void mask(void *impl, char *text, size_t len)
{
	oauth2 *x = impl;

	tel__text_mask_header(text, len, tel__secret_get(&x->token));
	tel__text_mask(text, len, tel__credential_get(&x->secret));
}

static const tel__auth_client_ops client_ops = { get, forget, renew, mask };

/* ---- life ---- */

static void oauth2_free(void *impl)
{
	oauth2 *x = impl;

	tel__http_client_free(x->http);
	tel__tls_free(x->tls);
	if (x->fetching)
		wipe(&x->form);
	tel__credential_fini(&x->id);
	tel__credential_fini(&x->secret);
	tel__secret_fini(x->alloc, &x->token);
	tel__mem_free(x->alloc, x, 1, sizeof(*x));
}

static tel_err open_client(oauth2 *x, tel_slice user_agent, tel_error *err)
{
	tel__http_client_opts opts = { .user_agent = user_agent, .max_connections = 1,
		                           .proxy = tel__proxies_for_url(tel__ctx_proxies(x->ctx), x->o->token_url) };
	tel_err rc = TEL_OK;

	if (tel__slice_starts(x->o->token_url, TEL_SLICE_LIT("https://")))
		rc = tel__tls_client_new(x->ctx, &x->o->tls, &x->tls, err);
	if (x->tls)
		tel__tls_set_source(x->tls, &x->secret.source);
	opts.tls = x->tls;
	opts.proxy = tel__proxies_for_url(tel__ctx_proxies(x->ctx), x->o->token_url);
	return rc == TEL_OK ? tel__http_client_new(x->ctx, &opts, &x->http, err) : rc;
}

static tel_err make(const tel__auth_env *env, const void *options, tel__auth *ret_auth, tel_error *err)
{
	const tel__oauth2_options *o = options;
	oauth2 *x = tel__mem_zero(tel__ctx_alloc(env->ctx), 1, sizeof(*x));
	tel_err rc;

	if (!x)
		return tel__fail_nomem(err);
	x->ctx = env->ctx;
	x->alloc = tel__ctx_alloc(env->ctx);
	x->o = o;
	x->source = tel__auth_source(env);
	rc = tel__credential_init(&x->id, env->ctx, &x->source, o->client_id, o->client_id_file, TEL_LIMIT_SECRET_BYTES, err);
	if (rc == TEL_OK)
		rc = tel__credential_init(&x->secret, env->ctx, &x->source, o->client_secret, o->client_secret_file,
		                          TEL_LIMIT_SECRET_BYTES, err);
	if (rc == TEL_OK)
		rc = open_client(x, env->user_agent, err);
	if (rc != TEL_OK) {
		oauth2_free(x);
		return rc;
	}
	*ret_auth = (tel__auth){ &client_ops, NULL, x };
	return TEL_OK;
}

static unsigned roles(const void *options)
{
	(void)options;
	return TEL__ROLE_AUTH_CLIENT;
}

static const tel__auth_ops ops = { make, oauth2_free };
const tel__component tel__oauth2client = {
	.type = "oauth2client",
	.kind = TEL__KIND_EXTENSION,
	.keys = &tel__oauth2_keys,
	.help = "signs requests by a token of an OAuth 2 server",
	.impl = &ops,
	.roles = roles,
};
