/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SEAMS_FAKERANDOM_H
#define TESTS_SEAMS_FAKERANDOM_H
/* Random numbers that are the same for the same seed. */
#include <telemetry/clock.h>

uint64_t splitmix64(uint64_t *state);

typedef struct fakerandom {
	tel_random random;
	uint64_t state;
} fakerandom;

void fakerandom_init(fakerandom *r, uint64_t seed);

#endif
