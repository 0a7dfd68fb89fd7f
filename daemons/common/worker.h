/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_COMMON_WORKER_H
#define DAEMONS_COMMON_WORKER_H
/*
 * One thread for what would stall the loop (slow password hashes, slow files): a context's offload hook. The thread starts with
 * the first call that is handed over; calls run one after the other.
 *
 *	w = worker_new(&opts);                  fills opts.offload and opts.offload_user
 *	tel_ctx_new(&opts, &ctx, &err);
 *	worker_attach(w, ctx);
 *	...
 *	worker_free(w);                         before the context: what was handed over has run
 *	tel_ctx_free(ctx);
 */
#include <telemetry/ctx.h>

typedef struct worker worker;

worker *worker_new(tel_ctx_opts *opts);         /* NULL: no memory; opts stay, so that the work runs inline */
void worker_attach(worker *w, tel_ctx *ctx);    /* w NULL is fine */
void worker_free(worker *w);                    /* NULL is fine */

#endif
