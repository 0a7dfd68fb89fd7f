/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SEAMS_FAKECLOCK_H
#define TESTS_SEAMS_FAKECLOCK_H
/* Time that moves only when the test says so; the wall clock can be stepped apart from the monotonic one. */
#include <telemetry/clock.h>

typedef struct fakeclock {
	tel_clock clock;
	uint64_t mono_ns, unix_ns;
} fakeclock;

void fakeclock_init(fakeclock *c, uint64_t mono_ns, uint64_t unix_ns);
void fakeclock_advance(fakeclock *c, uint64_t ns);       /* both */
void fakeclock_step_unix(fakeclock *c, int64_t delta_ns); /* somebody set the wall clock */

#endif
