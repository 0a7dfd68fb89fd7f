/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NET_FAKE_CLOCK_H
#define TESTS_NET_FAKE_CLOCK_H
/* Time that the test owns. The context never sleeps on it; the test moves it to the next deadline. */
#include "net/ctx_i.h"

typedef struct fake_clock {
	uint64_t mono_ns, unix_ns;
} fake_clock;

static inline uint64_t fake_clock_mono(void *user)
{
	return ((fake_clock *)user)->mono_ns;
}

static inline uint64_t fake_clock_unix(void *user)
{
	return ((fake_clock *)user)->unix_ns;
}

static inline void fake_clock_advance(fake_clock *c, uint64_t ns)
{
	c->mono_ns += ns;
	c->unix_ns += ns;
}

static inline tel_clock fake_clock_ops(fake_clock *c)
{
	*c = (fake_clock){ 1000000000u, 1700000000000000000u };
	return (tel_clock){ fake_clock_mono, fake_clock_unix, c };
}

/* Runs turns until nothing happens any more without time moving. */
static inline void ctx_settle(tel_ctx *ctx)
{
	for (int i = 0; i < 50; i++)
		(void)tel_ctx_run_once(ctx, 0);
}
#endif
