/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_AUTH_CREDENTIAL_H
#define TEL_AUTH_CREDENTIAL_H
/*
 * A text from the configuration or from a file that may change while we run. The file is read again when it is used, at
 * most once per second; what cannot be read is logged once, and the last good text stays.
 */
#include "auth/secret.h"
#include "base/log_i.h"

TEL_PRIVATE_BEGIN

typedef struct tel__credential {
	tel_ctx *ctx;
	tel__log_source source; /* who logs */
	tel_slice path;         /* borrowed; empty: the text is the configuration's */
	size_t max;
	tel__secret value;      /* without blanks and line ends at both ends when it is from a file */
	uint64_t generation;    /* grows with each change */
	uint64_t read_mono_ns;
	bool complained;
} tel__credential;

/* path goes before text. TEL_ERR_CONFIG (Go's words), TEL_ERR_LIMIT, TEL_ERR_NOMEM; a file without content is refused. */
tel_err tel__credential_init(tel__credential *c, tel_ctx *ctx, const tel__log_source *source, tel_slice text,
                             tel_slice path, size_t max, tel_error *err);
void tel__credential_fini(tel__credential *c); /* also after a failed init, or one that never was (all zero) */
/* Looks at the file when it was not looked at for a second, or when at_once. true: the text has changed. */
bool tel__credential_refresh(tel__credential *c, bool at_once);

TEL_INLINE tel_slice tel__credential_get(const tel__credential *c)
{
	return tel__secret_get(&c->value);
}

TEL_PRIVATE_END
#endif
