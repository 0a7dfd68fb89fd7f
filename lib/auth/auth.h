/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_AUTH_AUTH_H
#define TEL_AUTH_AUTH_H
/* The extensions that sign and check requests: rows for flow/components.c, and how the flow runs them. */
#include "base/log_i.h"
#include "net/auth.h"

TEL_PRIVATE_BEGIN

typedef struct tel__auth_env {
	tel_ctx *ctx;
	tel_slice id;         /* "basicauth/x"; lives as long as the authenticator, as the options do */
	tel_slice user_agent; /* read during make */
} tel__auth_env;

/* tel__component.impl of these rows. */
typedef struct tel__auth_ops {
	tel_err (*make)(const tel__auth_env *env, const void *options, tel__auth *ret_auth, tel_error *err);
	void (*free)(void *impl); /* after everybody that uses it */
} tel__auth_ops;

extern const tel__component tel__basicauth, tel__bearertokenauth, tel__oauth2client;

/* NULL: the row is no authenticator. */
const tel__auth_ops *tel__auth_ops_of(const tel__component *row);

TEL_INLINE tel__log_source tel__auth_source(const tel__auth_env *env)
{
	return (tel__log_source){ env->id, TEL_SLICE_LIT("extension"), { NULL, 0 } };
}

/* The one header of that name, compared without case. false: there is none. *ret_twice: there is more than one, which
 * peers disagree about; nothing is returned then. */
bool tel__auth_header(const tel__http_request *req, tel_slice name, tel_slice *ret_value, bool *ret_twice);

TEL_PRIVATE_END
#endif
