/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/credential.h"

#include "base/error_i.h"
#include "net/file.h"
#include "net/renewals.h"

static const uint64_t SECOND_NS = 1000000000u;

static tel_err read_file(tel__credential *c, bool *ret_changed, tel_error *err)
{
	tel__file file = { NULL, 0, 0 };
	tel_err rc = tel__file_read(c->ctx, c->path, c->max, &file, err);
	tel_slice text;
	char shown[160];

	*ret_changed = false;
	c->read_mono_ns = tel__ctx_mono_ns(c->ctx);
	if (rc != TEL_OK)
		return rc;
	text = tel__slice_trim((tel_slice){ file.bytes, file.len });
	if (text.len == 0) {
		rc = tel__fail(err, TEL_ERR_CONFIG, "empty credentials file \"%s\"",
		               tel__slice_printable(c->path, shown, sizeof(shown)));
	} else if (!c->value.bytes || !tel__slice_eq(text, tel__secret_get(&c->value))) {
		rc = tel__secret_set(tel__ctx_alloc(c->ctx), &c->value, &text, 1);
		*ret_changed = rc == TEL_OK;
		if (rc != TEL_OK)
			tel__fail_nomem(err);
	}
	tel__file_free(c->ctx, &file);
	c->generation += *ret_changed;
	return rc;
}

tel_err tel__credential_init(tel__credential *c, tel_ctx *ctx, const tel__log_source *source, tel_slice text,
                             tel_slice path, size_t max, tel_error *err)
{
	bool changed;

	*c = (tel__credential){ .ctx = ctx, .source = *source, .path = path, .max = max, .generation = 1 };
	if (path.len)
		return read_file(c, &changed, err);
	return tel__secret_set(tel__ctx_alloc(ctx), &c->value, &text, 1) == TEL_OK ? TEL_OK : tel__fail_nomem(err);
}

void tel__credential_fini(tel__credential *c)
{
	if (c->ctx && c->complained)
		tel__renewal_gone(c->ctx, c->source.id, TEL__RENEWAL_SECRET);
	if (c->ctx)
		tel__secret_fini(tel__ctx_alloc(c->ctx), &c->value);
}

bool tel__credential_refresh(tel__credential *c, bool at_once)
{
	tel_error err = TEL_ERROR_INIT;
	bool changed;

	if (c->path.len == 0 || (!at_once && tel__ctx_mono_ns(c->ctx) - c->read_mono_ns < SECOND_NS))
		return false;
	tel_err rc = read_file(c, &changed, &err);
	tel__renewal_note(c->ctx, c->source.id, TEL__RENEWAL_SECRET, rc == TEL_OK, changed, c->complained);
	if (rc == TEL_OK) {
		c->complained = false;
		return changed;
	}
	if (!c->complained) {
		const tel_log_field field = TEL__LOG_STR("error", tel__slice_str(err.msg));
		tel__log(tel__ctx_log(c->ctx), TEL_LOG_ERROR, &c->source,
		         "Credentials cannot be read again. The last good ones stay in use.", &field, 1);
	}
	c->complained = true;
	return false;
}
