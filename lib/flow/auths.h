/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_FLOW_AUTHS_H
#define TEL_FLOW_AUTHS_H
/*
 * The authenticators that a configuration runs. A receiver or exporter holds a reference to the one it uses, so that it may
 * outlive the generation that made it; an extension whose options did not change is the same one in the next generation,
 * with the tokens and verified credentials that it has.
 */
#include "auth/auth.h"
#include "config/config_i.h"

TEL_PRIVATE_BEGIN

typedef struct tel__flow_auth tel__flow_auth;

typedef struct tel__flow_auths {
	tel__flow_auth **items;
	size_t count, cap;
} tel__flow_auths;

/* Every authenticator of service::extensions; those that before (NULL = none) runs with the same options are taken over.
 * On failure what was made is in auths and goes with fini; *ret_culprit is the extension that could not start. */
tel_err tel__flow_auths_make(tel__flow_auths *auths, tel_ctx *ctx, tel_slice user_agent, tel_config *config,
                             const tel__flow_auths *before, const tel__config_component **ret_culprit, tel_error *err);
void tel__flow_auths_fini(tel__flow_auths *auths, tel_ctx *ctx);

/* A book for one user, who keeps what it found until tel__flow_auth_users_fini. */
enum { TEL__FLOW_AUTH_USES = 2 }; /* of one component: a receiver has two doors */
typedef struct tel__flow_auth_user {
	const tel__flow_auths *auths;
	tel__flow_auth *kept[TEL__FLOW_AUTH_USES];
	tel__auth_book book;
} tel__flow_auth_user;
void tel__flow_auth_user_init(tel__flow_auth_user *user, const tel__flow_auths *auths);
void tel__flow_auth_user_fini(tel__flow_auth_user *user); /* after the component; all-zero is fine */
/* Would it find the same ones in auths? */
bool tel__flow_auth_user_same(const tel__flow_auth_user *user, const tel__flow_auths *auths);

TEL_PRIVATE_END
#endif
