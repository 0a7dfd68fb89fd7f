/* SPDX-License-Identifier: Apache-2.0 */
/* A text that parses, as a statement, condition or value, prints to one that parses to the same; one that does not says
 * where. The first byte chooses. */
#include <stdlib.h>
#include <string.h>

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
