/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/fakerandom.h"

uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint64_t fakerandom_next(void *user)
{
	fakerandom *r = user;

	return splitmix64(&r->state);
}

void fakerandom_init(fakerandom *r, uint64_t seed)
{
	*r = (fakerandom){ { fakerandom_next, r }, seed };
}
