/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PROCESS_TEST_PROCESSOR_H
#define TESTS_PROCESS_TEST_PROCESSOR_H
/*
 * Processor "test": does to a batch what a test wants. Its row goes into a component table beside the real ones:
 * processors: {test/x: {action: keep_one}}.
 */
#include "process/processor.h"

typedef enum test_action {
	TEST_PASS,
	TEST_KEEP_ONE,    /* one data point is left of each batch */
	TEST_DROP_ALL,
	TEST_DROP_RANDOM, /* each metric with probability 1/2, by seed and the run's unix_ns */
	TEST_DOUBLE,      /* every point twice */
	TEST_REFUSE,      /* TEL_ERR_REFUSED */
	TEST_REJECT,      /* TEL_ERR_REJECTED */
	TEST_FAULT        /* TEL_ERR_TYPE, which no caller expects */
} test_action;

typedef struct test_processor_options {
	int32_t action;      /* test_action */
	uint64_t seed;
	uint64_t *committed; /* not a key: gets the points of committed runs, through staged state; may be NULL */
} test_processor_options;

extern const tel__component test_processor;

#endif
