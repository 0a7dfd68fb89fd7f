/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_COMMON_EVLOOP_H
#define DAEMONS_COMMON_EVLOOP_H
/*
 * A context in a libev loop: watch becomes ev_io, deadline becomes ev_timer.
 *
 *	adapter = evloop_new(loop, &opts);      fills opts.loop and opts.loop_user
 *	tel_ctx_new(&opts, &ctx, &err);
 *	evloop_attach(adapter, ctx);
 *	ev_run(loop, 0);
 *	tel_ctx_free(ctx);
 *	evloop_free(adapter);
 */
#include <ev.h>
#include <telemetry/ctx.h>

typedef struct evloop evloop;

evloop *evloop_new(struct ev_loop *loop, tel_ctx_opts *opts); /* NULL: no memory */
int evloop_attach(evloop *adapter, tel_ctx *ctx);             /* 0 = done */
void evloop_free(evloop *adapter);                            /* after the context; NULL is fine */
uint64_t evloop_mono_ns(void);                                /* the clock of contexts without one of their own */

/* The relative time that ev_timer takes: 0 for what has passed, never shorter than the distance. */
double evloop_delay(uint64_t deadline_mono_ns, uint64_t now_mono_ns);

#endif
