/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/measure.h"

#include <stdlib.h>
#include <time.h>

enum { RUNS = 5 };
static const double RUN_SECONDS = 0.25;

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

bench_time bench_measure(void (*work)(tel_buf *payload), tel_buf *payload)
{
	double runs[RUNS];

	for (int i = 0; i < RUNS; i++) {
		double start = cpu_seconds(), now;
		unsigned long calls = 0;

		do {
			for (int n = 0; n < 8; n++)
				work(payload);
			calls += 8;
			now = cpu_seconds();
		} while (now - start < RUN_SECONDS);
		runs[i] = (now - start) / (double)calls;
	}
	qsort(runs, RUNS, sizeof *runs, by_value);
	return (bench_time){ runs[RUNS / 2], runs[0] };
}

double bench_measure_once(void (*work)(tel_buf *payload), tel_buf *payload)
{
	double best = 0;

	for (int i = 0; i < RUNS; i++) {
		double start = cpu_seconds(), took;

		work(payload);
		took = cpu_seconds() - start;
		best = i == 0 || took < best ? took : best;
	}
	return best;
}
