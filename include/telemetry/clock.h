/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_CLOCK_H
#define TELEMETRY_CLOCK_H
/**
 * @defgroup tel_clock Clock and random source
 * The core takes times as arguments. libtelemetry-io reads them through these, so that a test can own time.
 * @{
 */
#include <telemetry/api.h>

/** Source of time. */
typedef struct tel_clock {
	uint64_t (*mono_ns)(void *user); /**< never goes back; origin arbitrary */
	uint64_t (*unix_ns)(void *user); /**< wall clock since 1970 */
	void *user;                      /**< handed to both */
} tel_clock;

/** Source of random numbers (jitter, ids; not for secrets). */
typedef struct tel_random {
	uint64_t (*next)(void *user); /**< 64 uniform bits */
	void *user;                   /**< handed to next */
} tel_random;

/** @} */
#endif
