/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_CALLS_H
#define TEL_SINK_CALLS_H
/* Calls that an exporter has at its client: a pool, so that a request costs no allocation in steady state. */
#include "net/auth.h"
#include "sink/exporter.h"

typedef struct tel__export_call {
	struct tel__export_call *next; /* in the pool */
	tel__exporter_impl *exporter;
	void (*done)(void *user, const tel__export_outcome *outcome);
	void *user;
	const tel__export_batch *batch;
	uint64_t client_id;
	/* sink/sign.h */
	const struct tel__sign *sign;
	tel__auth_waiter waiter;
	uint64_t generation;           /* of the credentials that were sent */
	bool waiting, again;           /* for credentials; others were asked for once */
} tel__export_call;

typedef struct tel__export_calls {
	const tel_alloc *alloc;
	tel__export_call *idle;
} tel__export_calls;

TEL_PRIVATE_BEGIN

tel__export_call *tel__export_calls_get(tel__export_calls *p); /* NULL: no memory */
void tel__export_calls_put(tel__export_calls *p, tel__export_call *c);
void tel__export_calls_fini(tel__export_calls *p);
/* The attempt's own limit (0 = none), cut by the deadline of the caller. */
uint64_t tel__export_timeout(const tel_ctx *ctx, uint64_t timeout_ns, uint64_t deadline_mono_ns);

TEL_PRIVATE_END

/* Ids are the calls themselves: cancel needs no search. */
TEL_INLINE uint64_t tel__export_call_id(const tel__export_call *c)
{
	return (uint64_t)(uintptr_t)c;
}

TEL_INLINE tel__export_call *tel__export_call_of(uint64_t id)
{
	return (tel__export_call *)(uintptr_t)id;
}

#endif
