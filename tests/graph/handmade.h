/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_GRAPH_HANDMADE_H
#define TESTS_GRAPH_HANDMADE_H
/* A configuration from one line of text, so that a graph can be tested without the loader. */
#include "config/config_i.h"
#include "process/batch.h"
#include "process/memory_limiter.h"
#include "process/test_processor.h"

enum { HANDMADE_MAX = 32 };

typedef struct handmade {
	tel_config config; /* refs counts what graphs hold, plus 1 */
	tel__config_component components[HANDMADE_MAX];
	tel__config_pipeline pipelines[HANDMADE_MAX];
	uint32_t lists[HANDMADE_MAX * 3][HANDMADE_MAX];
	test_processor_options test[HANDMADE_MAX]; /* of the test processors, by component number */
	tel__batch_options batch;
	tel__memory_limiter_options limiter;
} handmade;

/*
 * Pipelines are separated by ';', each is "id: receivers > processors > exporters" with blanks between ids. Ids that start
 * with "forward" are connectors; processors are test/ACTION..., batch and memory_limiter, others have no row.
 */
void handmade_init(handmade *h, const char *text);
/* Number of the component with that id; fails the test when there is none. */
uint32_t handmade_find(const handmade *h, const char *id);

#endif
