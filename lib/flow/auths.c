/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/auths.h"

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config/same.h"

struct tel__flow_auth {
	tel_ctx *ctx;
	tel_config *config;                      /* holds the options */
	const tel__config_component *component;  /* of config */
	const tel__auth_ops *ops;
	tel__auth auth;
	unsigned refs;
};

static void unref(tel__flow_auth *a)
{
	if (--a->refs)
		return;
	if (a->auth.impl)
		a->ops->free(a->auth.impl);
	tel_config_free(a->config);
	tel__mem_free(tel__ctx_alloc(a->ctx), a, 1, sizeof(*a));
}

static tel__flow_auth *find(const tel__flow_auths *auths, tel_slice id)
{
	for (size_t i = 0; auths && i < auths->count; i++)
		if (tel__slice_eq(auths->items[i]->component->id, id))
			return auths->items[i];
	return NULL;
}

static tel_err make(tel_ctx *ctx, tel_slice user_agent, tel_config *config, const tel__config_component *c,
                    tel__flow_auth **ret_auth, tel_error *err)
{
	const tel__auth_env env = { ctx, c->id, user_agent };
	tel__flow_auth *a = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*a));
	tel_err rc;

	if (!a)
		return tel__fail_nomem(err);
	a->ctx = ctx;
	a->config = tel_config_ref(config);
	a->component = c;
	a->ops = tel__auth_ops_of(c->row);
	a->refs = 1;
	rc = a->ops->make(&env, c->options, &a->auth, err);
	if (rc != TEL_OK) {
		unref(a);
		return rc;
	}
	*ret_auth = a;
	return TEL_OK;
}

tel_err tel__flow_auths_make(tel__flow_auths *auths, tel_ctx *ctx, tel_slice user_agent, tel_config *config,
                             const tel__flow_auths *before, const tel__config_component **ret_culprit, tel_error *err)
{
	auths->items = config->extension_count ? tel__mem_zero(tel__ctx_alloc(ctx), config->extension_count, sizeof(*auths->items)) : NULL;
	if (config->extension_count && !auths->items)
		return tel__fail_nomem(err);
	auths->cap = config->extension_count;
	for (size_t i = 0; i < config->extension_count; i++) {
		const tel__config_component *c = &config->components[config->extensions[i]];
		tel__flow_auth *was = find(before, c->id);
		tel_err rc = TEL_OK;

		if (!tel__auth_ops_of(c->row))
			continue;
		if (was && tel__component_same(was->component, c)) {
			was->refs++;
			auths->items[auths->count] = was;
		} else {
			rc = make(ctx, user_agent, config, c, &auths->items[auths->count], err);
		}
		if (rc != TEL_OK) {
			*ret_culprit = c;
			return rc;
		}
		auths->count++;
	}
	return TEL_OK;
}

void tel__flow_auths_fini(tel__flow_auths *auths, tel_ctx *ctx)
{
	for (size_t i = 0; i < auths->count; i++)
		unref(auths->items[i]);
	if (auths->items)
		tel__mem_free(tel__ctx_alloc(ctx), auths->items, auths->cap, sizeof(*auths->items));
	*auths = (tel__flow_auths){ NULL, 0, 0 };
}

static const tel__auth *find_for(void *user, tel_slice id)
{
	tel__flow_auth_user *u = user;
	tel__flow_auth *a = find(u->auths, id);

	for (size_t i = 0; a && i < TEL__FLOW_AUTH_USES; i++) {
		if (u->kept[i] && u->kept[i] != a)
			continue;
		if (!u->kept[i])
			a->refs++;
		u->kept[i] = a;
		return &a->auth;
	}
	return NULL;
}

void tel__flow_auth_user_init(tel__flow_auth_user *user, const tel__flow_auths *auths)
{
	*user = (tel__flow_auth_user){ .auths = auths, .book = { find_for, user } };
}

void tel__flow_auth_user_fini(tel__flow_auth_user *user)
{
	for (size_t i = 0; i < TEL__FLOW_AUTH_USES; i++) {
		if (user->kept[i])
			unref(user->kept[i]);
		user->kept[i] = NULL;
	}
}

bool tel__flow_auth_user_same(const tel__flow_auth_user *user, const tel__flow_auths *auths)
{
	for (size_t i = 0; i < TEL__FLOW_AUTH_USES; i++)
		if (user->kept[i] && find(auths, user->kept[i]->component->id) != user->kept[i])
			return false;
	return true;
}
