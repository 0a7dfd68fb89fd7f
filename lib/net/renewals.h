/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_RENEWALS_H
#define TEL_NET_RENEWALS_H
/*
 * What became of reading certificates, keys, authorities and tokens again, by component: counted in the context, so that
 * the counters outlive whoever read (a reload makes a new one of the same name).
 */
#include "net/ctx_i.h"

TEL_PRIVATE_BEGIN

typedef enum tel__renewal_kind {
	TEL__RENEWAL_TLS,    /* certificates, keys, authorities */
	TEL__RENEWAL_SECRET, /* tokens, passwords, lists of users */
	TEL__RENEWAL_KINDS
} tel__renewal_kind;

typedef struct tel__renewal {
	struct tel__renewal *next; /* by id, then kind */
	tel_slice id;              /* of the component */
	tel__renewal_kind kind;
	uint64_t renewed, failed;
	unsigned stale;            /* readers whose files cannot be used now */
} tel__renewal;

/* Files were read again: changed and taken over, or not usable. What has not changed needs no note but for ok after a
 * failure. was_stale: the last look of this reader failed. id may be empty: then nothing is counted. */
void tel__renewal_note(tel_ctx *ctx, tel_slice id, tel__renewal_kind kind, bool ok, bool changed, bool was_stale);
/* A reader that is stale goes away. */
void tel__renewal_gone(tel_ctx *ctx, tel_slice id, tel__renewal_kind kind);
const tel__renewal *tel__renewals(const tel_ctx *ctx); /* NULL = nothing happened yet */
void tel__renewals_free(tel_ctx *ctx);                 /* the context's end */

TEL_PRIVATE_END
#endif
