/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <telemetry/slice.h>

/* The entry of every target; returns 0. Asserts a property of the parser, not only that it does not crash. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As assert, but never compiled out. */
#define fuzz_check(cond) \
	((cond) ? (void)0 : (fprintf(stderr, "# %s:%d: %s does not hold\n", __FILE__, __LINE__, #cond), abort()))

static inline tel_slice fuzz_slice(const uint8_t *data, size_t size)
{
	return (tel_slice){ (const char *)data, size };
}

#endif
