/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H
/* CPU time of one call, over runs of a quarter of a second each. */
#include <telemetry/buf.h>

typedef struct bench_time {
	double median, best; /* seconds */
} bench_time;

bench_time bench_measure(void (*work)(tel_buf *payload), tel_buf *payload);
/* Best of five calls, for what takes milliseconds. */
double bench_measure_once(void (*work)(tel_buf *payload), tel_buf *payload);

#endif
