/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_AUTH_PASSWORD_H
#define TEL_AUTH_PASSWORD_H
/* The forms that an htpasswd file keeps passwords in, as the Collector's basicauth reads them. */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

typedef enum tel__password_form {
	TEL__PASSWORD_PLAIN,
	TEL__PASSWORD_SHA,   /* {SHA} */
	TEL__PASSWORD_SSHA,  /* {SSHA} */
	TEL__PASSWORD_MD5,   /* $apr1$ and $1$ */
	TEL__PASSWORD_CRYPT  /* bcrypt $2a$ $2b$ $2x$ $2y$, $5$, $6$: crypt(3) */
} tel__password_form;

enum {
	TEL__PASSWORD_STORED_BYTES = 256,  /* of what a file keeps; longer lines are refused */
	TEL__PASSWORD_BCRYPT_COST = 15,    /* about 2 s; a file that asks for more is refused */
	TEL__PASSWORD_SHA_ROUNDS = 1000000
};

/* Recognises and checks the stored form. TEL_ERR_CONFIG: a reason without the text itself. TEL_ERR_NOMEM. */
tel_err tel__password_form_of(const tel_alloc *alloc, tel_slice stored, tel__password_form *ret_form, tel_error *err);

/* A form whose check takes long on purpose. */
TEL_INLINE bool tel__password_is_slow(tel__password_form form)
{
	return form == TEL__PASSWORD_MD5 || form == TEL__PASSWORD_CRYPT;
}

/*
 * Both compare over the full length, whatever the content; false also when there is no memory. No password may hold a zero
 * byte: crypt(3) would cut it there (security.md S14).
 */
bool tel__password_matches(const tel_alloc *alloc, tel__password_form form, tel_slice stored, tel_slice password);
/* Of slow forms; on any thread. password ends with a zero byte that does not count; scratch has
 * tel__password_scratch_bytes() and is zeroed after use. */
bool tel__password_matches_slowly(tel__password_form form, tel_slice stored, tel_slice password, void *scratch);
size_t tel__password_scratch_bytes(void);

TEL_PRIVATE_END
#endif
