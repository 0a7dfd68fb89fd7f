/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_AUTH_SLOW_LINE_H
#define TEL_AUTH_SLOW_LINE_H
/*
 * Checks of passwords that cost time on purpose (bcrypt), so that nobody can buy our processor with guesses: one at a time,
 * on the host's threads when it offers some; after a wrong one the line rests four times as long as the check took; the
 * line is short, and one address has few places in it. Requests with the same credentials share a place.
 * doc/internals/auth.md.
 */
#include "auth/password.h"
#include "auth/secret.h"
#include "net/auth.h"

TEL_PRIVATE_BEGIN

enum {
	TEL__SLOW_PLACES = 64,         /* credentials that wait */
	TEL__SLOW_PLACES_OF_PEER = 4,  /* of one address */
	TEL__SLOW_REQUESTS = 256       /* requests that wait, all places together */
};

typedef struct tel__slow_line tel__slow_line;

/* One place: what is to be checked. Slices are copied. */
typedef struct tel__slow_job {
	tel__digest digest;        /* names the credentials */
	tel_slice user, password;
	tel_slice stored;
	tel__password_form form;
	bool known;                /* false: there is no such user; the check is for show and fails */
} tel__slow_job;

/* done runs from the loop for each place, before its requests are answered; user and stored are those of the job. */
typedef void tel__slow_done(void *owner, tel_slice user, tel_slice stored, const tel__digest *digest, bool matches);

tel_err tel__slow_line_new(tel_ctx *ctx, tel__slow_done *done, void *owner, tel__slow_line **ret_line);
void tel__slow_line_free(tel__slow_line *line); /* silent; a check that runs on another thread ends by itself */
/* TEL__AUTH_LATER: c is answered with PASS or REFUSED (why) or BUSY. TEL__AUTH_BUSY: no place, or no memory. */
tel__auth_verdict tel__slow_line_join(tel__slow_line *line, const tel__slow_job *job, tel_slice peer, tel__auth_check *c);
void tel__slow_line_leave(tel__slow_line *line, tel__auth_check *c);

TEL_PRIVATE_END
#endif
