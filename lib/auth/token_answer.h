/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_AUTH_TOKEN_ANSWER_H
#define TEL_AUTH_TOKEN_ANSWER_H
/* What a token endpoint answers: RFC 6749, 5.1 and 5.2, as golang.org/x/oauth2 reads it. otel-processing.md 9.8. */
#include "auth/secret.h"

TEL_PRIVATE_BEGIN

typedef struct tel__token_answer {
	tel__secret header;   /* "Bearer xyz" */
	uint64_t lifetime_ns; /* UINT64_MAX: for ever */
} tel__token_answer;

enum { TEL__TOKEN_ANSWER_MEMBERS = 1000 }; /* of a JSON object or a form that are looked at */

/*
 * content_type may be empty. TEL_ERR_REFUSED: the endpoint says no, with its words made printable and without the body;
 * TEL_ERR_MALFORMED: it says something else; TEL_ERR_NOMEM. hide: a text that must not appear in the message although the
 * endpoint repeats it (our secret); empty = none.
 */
tel_err tel__token_answer_read(const tel_alloc *alloc, unsigned status, tel_slice content_type, tel_slice body, tel_slice hide,
                               tel__token_answer *ret_answer, tel_error *err);

TEL_PRIVATE_END
#endif
