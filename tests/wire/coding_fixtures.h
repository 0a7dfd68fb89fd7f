/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_WIRE_CODING_FIXTURES_H
#define TESTS_WIRE_CODING_FIXTURES_H
#include "wire/coding.h"

typedef struct coding_fixture {
	const char *name;
	tel__coding coding;
	tel_slice body;
	bool open_ended; /* no end mark: cut between two chunks it is a shorter body */
} coding_fixture;

extern const tel_slice coding_fixture_text;
extern const coding_fixture coding_fixtures[];
extern const size_t coding_fixture_count;
#endif
