/* SPDX-License-Identifier: Apache-2.0 */
/* A text that parses, as a statement, condition or value, prints to one that parses to the same and gets the same answer
 * from the check; one that does not says where. The first byte chooses. */
#include <stdlib.h>
#include <string.h>

#include <telemetry/otlp.h>
#include <telemetry/ottl.h>

#include "base/limits.h"
#include "base/slice_i.h"
#include "fuzz/fuzz.h"
#include "process/ottl/parser.h"

static bool count(const tel__ottl_node *n, void *user)
{
	fuzz_check(n->at <= n->end);
	++*(size_t *)user;
	return true;
}

static size_t nodes(const tel__ottl_tree *tree)
{
	size_t n = 0;

	fuzz_check(tel__ottl_walk(tree->root, count, &n) && tel__ottl_walk(tree->where, count, &n));
	return n;
}

/* The context that was inferred, or the failure, is a matter of the tree and not of how it is written. */
static void check_answer(tel_slice text, tel_slice printed, tel__ottl_text kind)
{
	static const tel_ottl_place places[] = { TEL_OTTL_TRANSFORM, TEL_OTTL_FILTER, TEL_OTTL_PIPELINE_FILTER, TEL_OTTL_ROUTING };

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		for (unsigned context = TEL_OTTL_INFER; context <= TEL_OTTL_DATAPOINT; context++) {
			tel_ottl_opts opts = { sizeof opts, NULL, places[i], (tel_ottl_context)context, context == TEL_OTTL_METRIC, NULL };
			tel_error err = TEL_ERROR_INIT;
			tel_err rc = tel_ottl_check(text, (tel_ottl_kind)kind, &opts, &err);

			fuzz_check(rc == TEL_OK || (rc == TEL_ERR_MALFORMED && err.msg[0]));
			fuzz_check(tel_ottl_check(printed, (tel_ottl_kind)kind, &opts, NULL) == rc);
		}
}

static void check_same(const tel__ottl_tree *tree, tel__ottl_text kind)
{
	tel__arena *arena = NULL;
	tel__dynbuf first, second;
	tel__ottl_tree again;

	tel__dynbuf_init(&first, NULL, TEL_LIMIT_OTTL_BYTES);
	tel__dynbuf_init(&second, NULL, TEL_LIMIT_OTTL_BYTES);
	tel__ottl_print(&first, tree);
	if (tel__dynbuf_error(&first) == TEL_OK) { /* blanks may have made it too long */
		fuzz_check(tel__arena_new(NULL, 0, NULL, &arena) == TEL_OK);
		fuzz_check(tel__ottl_parse(arena, tel__dynbuf_get(&first), kind, &again, NULL) == TEL_OK);
		tel__ottl_print(&second, &again);
		fuzz_check(tel__slice_eq(tel__dynbuf_get(&first), tel__dynbuf_get(&second)));
		fuzz_check(nodes(tree) == nodes(&again));
		tel__arena_unref(arena);
		check_answer(tree->text, tel__dynbuf_get(&first), kind);
	}
	tel__dynbuf_fini(&first);
	tel__dynbuf_fini(&second);
}

/* One resource with all types of metrics, attributes of all types. */
static const char sample[] =
	"{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"a\",\"value\":{\"stringValue\":\"b\"}},{\"key\":\"m\",\"value\":"
	"{\"kvlistValue\":{\"values\":[{\"key\":\"x\",\"value\":{\"arrayValue\":{\"values\":[{\"intValue\":\"1\"},{\"stringValue\":\"\"}]}}}]}}}]},"
	"\"scopeMetrics\":[{\"scope\":{\"name\":\"s\",\"version\":\"1\"},\"metrics\":[{\"name\":\"g\",\"gauge\":{\"dataPoints\":[{\"asInt\":\"3\","
	"\"attributes\":[{\"key\":\"a\",\"value\":{\"intValue\":\"7\"}},{\"key\":\"l\",\"value\":{\"arrayValue\":{\"values\":[{\"doubleValue\":0.5}]}}},"
	"{\"key\":\"y\",\"value\":{\"bytesValue\":\"AQI=\"}}]},{\"asDouble\":1.5}]}},{\"name\":\"s\",\"sum\":{\"aggregationTemporality\":2,"
	"\"isMonotonic\":true,\"dataPoints\":[{\"asDouble\":2,\"timeUnixNano\":\"5\"}]}},{\"name\":\"h\",\"histogram\":{\"aggregationTemporality\":1,"
	"\"dataPoints\":[{\"count\":\"3\",\"sum\":4,\"bucketCounts\":[\"1\",\"2\"],\"explicitBounds\":[5]}]}},{\"name\":\"e\",\"exponentialHistogram\":"
	"{\"aggregationTemporality\":2,\"dataPoints\":[{\"count\":\"2\",\"scale\":1,\"positive\":{\"offset\":1,\"bucketCounts\":[\"2\"]}}]}},{\"name\":\"q\","
	"\"summary\":{\"dataPoints\":[{\"count\":\"2\",\"sum\":3,\"quantileValues\":[{\"quantile\":0.5,\"value\":1}]}]}},{\"name\":\"none\"}]}]}]}";

static tel_metrics *evaluated(const tel_ottl_program *program, tel_ottl_result *ret_result)
{
	tel_ottl_eval_opts opts = TEL_OTTL_EVAL_OPTS_INIT;
	tel_metrics *m = NULL;
	tel_buf *bytes = NULL;
	tel_metrics *again = NULL;

	opts.error_mode = TEL_OTTL_SILENT;
	opts.unix_ns = 1700000000000000000;
	fuzz_check(tel_otlp_json_decode(TEL_SLICE_LIT(sample), NULL, &m, NULL, NULL) == TEL_OK);
	fuzz_check(tel_ottl_eval(program, m, &opts, ret_result, NULL) == TEL_OK);
	fuzz_check(tel_otlp_encode(m, &bytes, NULL) == TEL_OK); /* what comes out is what a decoder takes */
	fuzz_check(tel_otlp_decode(bytes, NULL, &again, NULL, NULL) == TEL_OK);
	tel_metrics_free(m);
	tel_buf_unref(bytes);
	return again;
}

static bool is_random(tel_slice text)
{
	for (size_t i = 0; i + 4 <= text.len; i++)
		if (memcmp(text.ptr + i, "UUID", 4) == 0)
			return true;
	return false;
}

/* What compiles runs, twice to the same. */
static void check_program(tel_slice text, tel__ottl_text kind)
{
	tel_ottl_result first = TEL_OTTL_RESULT_INIT, second = TEL_OTTL_RESULT_INIT;
	bool statement = kind == TEL__OTTL_STATEMENT;
	tel_ottl_program *program;
	tel_metrics *a, *b;

	if (kind == TEL__OTTL_VALUE || text.len > 4096 ||
	    tel_ottl_compile(statement ? &text : NULL, statement, statement ? NULL : &text, !statement, NULL, &program, NULL, NULL) != TEL_OK)
		return;
	a = evaluated(program, &first);
	b = evaluated(program, &second);
	fuzz_check(first.items == second.items && first.matched == second.matched && first.failed == second.failed);
	fuzz_check(is_random(text) || tel_metrics_equal(a, b, NULL));
	tel_metrics_free(a);
	tel_metrics_free(b);
	tel_ottl_program_unref(program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel__ottl_text kind = size ? (tel__ottl_text)(data[0] % 3) : TEL__OTTL_STATEMENT;
	tel_slice text = size ? fuzz_slice(data + 1, size - 1) : (tel_slice){ NULL, 0 };
	tel__arena *arena = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel__ottl_tree tree;
	tel_err rc;

	fuzz_check(tel__arena_new(NULL, 16 << 20, NULL, &arena) == TEL_OK);
	rc = tel__ottl_parse(arena, text, kind, &tree, &err);
	if (rc == TEL_OK) {
		check_same(&tree, kind);
		check_program(text, kind);
	} else {
		fuzz_check((rc == TEL_ERR_MALFORMED && err.line > 0 && err.column > 0 && err.msg[0]) || rc == TEL_ERR_LIMIT);
	}
	/* What is tried again is remembered: memory stays within a small multiple of the text. */
	fuzz_check(tel__arena_bytes(arena) <= 65536 + 64 * 256 * text.len);
	tel__arena_unref(arena);
	return 0;
}
