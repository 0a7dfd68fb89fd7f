/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/fakeclock.h"

static uint64_t fakeclock_mono(void *user)
{
	return ((fakeclock *)user)->mono_ns;
}

static uint64_t fakeclock_unix(void *user)
{
	return ((fakeclock *)user)->unix_ns;
}

void fakeclock_init(fakeclock *c, uint64_t mono_ns, uint64_t unix_ns)
{
	*c = (fakeclock){ { fakeclock_mono, fakeclock_unix, c }, mono_ns, unix_ns };
}

void fakeclock_advance(fakeclock *c, uint64_t ns)
{
	c->mono_ns += ns;
	c->unix_ns += ns;
}

void fakeclock_step_unix(fakeclock *c, int64_t delta_ns)
{
	c->unix_ns += (uint64_t)delta_ns;
}
