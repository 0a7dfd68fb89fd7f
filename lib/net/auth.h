/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_AUTH_H
#define TEL_NET_AUTH_H
/*
 * Credentials of requests, as clients and servers of HTTP and gRPC see them. Extensions (lib/auth) fill the ops; exporters
 * and receivers find theirs by the id in `auth: {authenticator: ID}`. doc/internals/auth.md.
 */
#include "base/keys.h"
#include "net/http_server.h"

TEL_PRIVATE_BEGIN

/* ---- client: sign a request ---- */

/* The header that a request is to carry; name in lower case. Borrowed until the loop's next turn. */
typedef struct tel__auth_grant {
	tel__http_header header;
	uint64_t generation; /* of the credentials: renew() names it */
} tel__auth_grant;

/* Waits for credentials that are on their way; lives in its owner. */
typedef struct tel__auth_waiter {
	void (*on_grant)(void *user, const tel__auth_grant *grant, const tel_error *err); /* one of them is NULL */
	void *user;
	struct tel__auth_waiter *prev, *next;
} tel__auth_waiter;

typedef struct tel__auth_client_ops {
	/* TEL_OK: *ret_grant. TEL_ERR_AGAIN: on_grant runs once, from the loop, unless forgotten. Else: there are none now,
	 * err says why, and asking later may help. Fill on_grant and user of w. */
	tel_err (*get)(void *impl, tel__auth_waiter *w, tel__auth_grant *ret_grant, tel_error *err);
	void (*forget)(void *impl, tel__auth_waiter *w);
	/* A peer refused the credentials of that generation. true: get() now gives others, perhaps after a wait. */
	bool (*renew)(void *impl, uint64_t generation);
	/* Overwrites the credentials in use wherever a text of the peer repeats them (security.md S64). */
	void (*mask)(void *impl, char *text, size_t len);
} tel__auth_client_ops;

/* ---- server: may this request pass? ---- */

typedef enum tel__auth_verdict {
	TEL__AUTH_PASS,
	TEL__AUTH_REFUSED,
	TEL__AUTH_BUSY,  /* too many credentials wait to be checked: come back later */
	TEL__AUTH_LATER  /* on_verdict runs once, from the loop, unless dropped */
} tel__auth_verdict;

/* One request at the gate; lives in its owner. */
typedef struct tel__auth_check {
	void (*on_verdict)(void *user, tel__auth_verdict verdict, const char *why); /* why: as long as the authenticator */
	void *user;
	struct tel__auth_check *prev, *next;
	void *slot; /* the authenticator's, while LATER */
} tel__auth_check;

typedef struct tel__auth_server_ops {
	/* Looks at the head of req only. *ret_why: text of a refusal, without anything that the peer sent; it lives as long
	 * as the authenticator. */
	tel__auth_verdict (*check)(void *impl, const tel__http_request *req, tel__auth_check *c, const char **ret_why);
	void (*drop)(void *impl, tel__auth_check *c); /* the peer went away */
} tel__auth_server_ops;

/* ---- finding one ---- */

typedef struct tel__auth {
	const tel__auth_client_ops *client; /* NULL: it signs no requests */
	const tel__auth_server_ops *server; /* NULL: it checks none */
	void *impl;
} tel__auth;

typedef struct tel__auth_book {
	const tel__auth *(*find)(void *user, tel_slice id); /* NULL: there is none of that id */
	void *user;
} tel__auth_book;

/* `auth` of receivers and exporters. */
typedef struct tel__auth_options {
	tel_slice authenticator;
} tel__auth_options;
extern const tel__key_table tel__auth_http_client_keys, tel__auth_grpc_client_keys, tel__auth_http_server_keys,
	tel__auth_grpc_server_keys;

/* o NULL: *ret_auth is NULL. TEL_ERR_CONFIG with the Collector's texts; also when credentials would go over plaintext gRPC,
 * which grpc-go refuses: encrypted says whether the connection is. */
tel_err tel__auth_for_client(const tel__auth_book *book, const tel__auth_options *o, bool grpc, bool encrypted,
                             const tel__auth **ret_auth, tel_error *err);
tel_err tel__auth_for_server(const tel__auth_book *book, const tel__auth_options *o, const tel__auth **ret_auth,
                             tel_error *err);

/* ---- header values that come from a configuration, a file or a token server: security.md S29 ---- */

/* Cuts one line end off *value and sets *ret_trimmed then. TEL_ERR_ARG: name is none, or value holds control characters;
 * the text names the header and never shows the value. */
tel_err tel__header_clean(tel_slice name, tel_slice *value, bool *ret_trimmed, tel_error *err);

/* Overwrites each occurrence of secret in text by stars; secrets shorter than TEL__MASKED_BYTES are words like others. */
enum { TEL__MASKED_BYTES = 6 };
void tel__text_mask(char *text, size_t len, tel_slice secret);
/* The same for the value of a header: as a whole, and what stands behind the first blank ("Bearer "). */
void tel__text_mask_header(char *text, size_t len, tel_slice value);

TEL_PRIVATE_END
#endif
