/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_AUTH_HTPASSWD_H
#define TEL_AUTH_HTPASSWD_H
/* Users and their stored passwords: "name:stored" per line. Blank lines and lines that start with '#' are passed over. */
#include "auth/password.h"
#include "auth/secret.h"

TEL_PRIVATE_BEGIN

typedef struct tel__htpasswd_user {
	tel_slice name, stored;
	tel__password_form form;
	uint32_t line;        /* over all texts: a later one of the same name wins */
	bool is_verified;     /* digest is of the credentials that were right last: no cache that an attacker can fill */
	tel__digest verified;
} tel__htpasswd_user;

typedef struct tel__htpasswd {
	const tel_alloc *alloc;
	tel__secret text;     /* users point into it */
	tel__htpasswd_user *users; /* by name */
	size_t count, cap;
} tel__htpasswd;

/* Texts one behind the other, later ones win. TEL_ERR_CONFIG: "line N: ..." of text number *ret_text, without its content;
 * no user at all; TEL_ERR_NOMEM. */
tel_err tel__htpasswd_parse(const tel_alloc *alloc, const tel_slice *texts, size_t count, tel__htpasswd *ret_table,
                            size_t *ret_text, tel_error *err);
void tel__htpasswd_fini(tel__htpasswd *t); /* zeroes; an all-zero one is fine */
tel__htpasswd_user *tel__htpasswd_find(const tel__htpasswd *t, tel_slice name);
/* Users whose stored password did not change keep what was verified. */
void tel__htpasswd_inherit(tel__htpasswd *t, const tel__htpasswd *old);

TEL_PRIVATE_END
#endif
