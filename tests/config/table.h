/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONFIG_TABLE_H
#define TESTS_CONFIG_TABLE_H
/* Components for the tests of the loader: one that uses every key type, and plain ones to build pipelines from. */
#include "base/keys.h"

typedef struct table_tls {
	bool insecure;
	tel_slice ca_file;
} table_tls;

typedef struct table_client {
	tel_slice endpoint;
	int64_t timeout_ns;
	table_tls tls;
} table_client;

typedef struct table_batch {
	int64_t min_size;
	tel_slice note;
} table_batch;

typedef struct table_queue {
	bool enabled;
	int64_t queue_size;
	int32_t sizer;
	bool sizer_seen;
	table_batch *batch;
} table_queue;

typedef struct table_rule {
	tel_slice name;
	double weight;
} table_rule;

typedef struct table_group {
	tel_slice name;
	tel__key_strings texts;
} table_group;

/* Options of the connector "routes". */
typedef struct table_routes {
	tel__key_strings pipelines;
	tel__key_list groups, strict; /* of table_group, each list in strings, too */
} table_routes;

/* Options of the exporter "full". */
typedef struct table_full {
	bool b;
	int64_t i;
	uint32_t u32;
	uint64_t u64;
	double d;
	int64_t duration_ns;
	tel_slice s, secret;
	int32_t e;
	tel__key_strings strings;
	tel__key_pairs map, headers;
	table_client client; /* squashed */
	table_queue *queue;
	table_batch *maybe;
	table_tls section;
	tel__key_list rules;
	const struct tel__node *any;
} table_full;

extern const struct tel_components table_components;

#endif
