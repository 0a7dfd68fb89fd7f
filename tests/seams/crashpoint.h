/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SEAMS_CRASHPOINT_H
#define TESTS_SEAMS_CRASHPOINT_H
/*
 * Records the crash points that a run passes; in a forked child it can end the process at one of them, as kill -9
 * would. First run counts, then one child per (name, hit).
 */
#include "base/seams.h"

enum { CRASHPOINT_MOST = 64, CRASHPOINT_STATUS = 99 };

typedef struct crashpoint {
	tel__crash_ops ops;
	const char *names[CRASHPOINT_MOST]; /* in the order of their first hit */
	uint64_t hits[CRASHPOINT_MOST];
	size_t count;
	const char *stop_name; /* NULL = only record */
	uint64_t stop_hit;     /* 1-based */
} crashpoint;

void crashpoint_init(crashpoint *c);
/* At the n-th hit of name the process ends with _exit(CRASHPOINT_STATUS). */
void crashpoint_stop_at(crashpoint *c, const char *name, uint64_t n);
uint64_t crashpoint_hits(const crashpoint *c, const char *name);

#endif
