/* SPDX-License-Identifier: Apache-2.0 */
/* A text that parses, as a statement, condition or value, prints to one that parses to the same and gets the same answer
 * from the check; one that does not says where. The first byte chooses. */
#include <stdlib.h>
#include <string.h>

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
	if (rc == TEL_OK)
		check_same(&tree, kind);
	else
		fuzz_check((rc == TEL_ERR_MALFORMED && err.line > 0 && err.column > 0 && err.msg[0]) || rc == TEL_ERR_LIMIT);
	/* What is tried again is remembered: memory stays within a small multiple of the text. */
	fuzz_check(tel__arena_bytes(arena) <= 65536 + 64 * 256 * text.len);
	tel__arena_unref(arena);
	return 0;
}
