/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/sign.h"

#include "base/error_i.h"
#include "base/log_i.h"

enum { GRPC_PERMISSION_DENIED = 7, GRPC_UNAVAILABLE = 14, GRPC_UNAUTHENTICATED = 16 };

static void finish(const tel__sign *s, tel__export_call *c, const tel__export_outcome *outcome)
{
	tel__export_call copy = *c;

	tel__export_calls_put(s->calls, c);
	copy.done(copy.user, outcome);
}

static void fail(const tel__sign *s, tel__export_call *c, const char *msg)
{
	const tel__export_outcome outcome = { TEL__EXPORT_RETRY, 0, 0, GRPC_UNAVAILABLE, tel__slice_str(msg) };

	finish(s, c, &outcome);
}

static tel_err launch(const tel__sign *s, tel__export_call *c, const tel__auth_grant *grant, tel_error *err)
{
	c->generation = grant->generation;
	return s->launch(c, grant, err);
}

static void on_grant(void *user, const tel__auth_grant *grant, const tel_error *why)
{
	tel__export_call *c = user;
	const tel__sign *s = c->sign;
	tel_error err = TEL_ERROR_INIT;

	c->waiting = false;
	if (!grant)
		fail(s, c, why->msg);
	else if (launch(s, c, grant, &err) != TEL_OK)
		fail(s, c, err.msg);
}

static tel_err ask(const tel__sign *s, tel__export_call *c, tel_error *err)
{
	tel__auth_grant grant;
	tel_err rc;

	c->waiter = (tel__auth_waiter){ .on_grant = on_grant, .user = c };
	rc = s->auth->client->get(s->auth->impl, &c->waiter, &grant, err);
	if (rc == TEL_OK)
		return launch(s, c, &grant, err);
	c->waiting = rc == TEL_ERR_AGAIN;
	return c->waiting ? TEL_OK : rc;
}

tel_err tel__sign_send(const tel__sign *s, tel__export_call *c, tel_error *err)
{
	tel_err rc;

	c->sign = s;
	c->waiting = c->again = false;
	rc = s->auth ? ask(s, c, err) : s->launch(c, NULL, err);
	if (rc != TEL_OK)
		tel__export_calls_put(s->calls, c);
	return rc;
}

void tel__sign_answered(const tel__sign *s, tel__export_call *c, const tel__export_outcome *outcome)
{
	bool refused = outcome->verdict == TEL__EXPORT_PERMANENT &&
		(outcome->grpc_status == GRPC_UNAUTHENTICATED || outcome->grpc_status == GRPC_PERMISSION_DENIED);
	tel_error err = TEL_ERROR_INIT;

	if (!refused || !s->auth || c->again || !s->auth->client->renew(s->auth->impl, c->generation)) {
		finish(s, c, outcome);
		return;
	}
	c->again = true;
	if (ask(s, c, &err) != TEL_OK)
		fail(s, c, err.msg);
}

void tel__sign_mask(const tel__sign *s, const tel__http_header *headers, size_t count, char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < count; i++)
		tel__text_mask_header(text, len, headers[i].value);
	if (s->auth)
		s->auth->client->mask(s->auth->impl, text, len);
}

bool tel__sign_cancel(const tel__sign *s, tel__export_call *c)
{
	if (!c->waiting)
		return false;
	s->auth->client->forget(s->auth->impl, &c->waiter);
	tel__export_calls_put(s->calls, c);
	return true;
}

static void say_trimmed(const tel__exporter_env *env, tel_slice name)
{
	const tel__log_source source = { env->id, TEL_SLICE_LIT("exporter"), { NULL, 0 } };
	const tel_log_field field = TEL__LOG_STR("header", name);

	tel__log(tel__ctx_log(env->ctx), TEL_LOG_WARN, &source, "The line end behind the value of a header was cut off.", &field, 1);
}

tel_err tel__sign_headers(const tel__exporter_env *env, const tel__key_pairs *headers, tel__http_header *out, tel_error *err)
{
	for (size_t i = 0; i < headers->count; i++) {
		bool trimmed;
		out[i] = (tel__http_header){ headers->items[i].key, headers->items[i].value };
		tel_err rc = tel__header_clean(out[i].name, &out[i].value, &trimmed, err);
		if (rc != TEL_OK)
			return rc;
		if (trimmed)
			say_trimmed(env, out[i].name);
	}
	return TEL_OK;
}

size_t tel__sign_merge(const tel__http_header *headers, size_t count, const tel__auth_grant *grant, tel__http_header *out)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (!tel__slice_eq_nocase(headers[i].name, grant->header.name))
			out[n++] = headers[i];
	out[n++] = grant->header;
	return n;
}
