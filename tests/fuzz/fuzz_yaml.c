/* SPDX-License-Identifier: Apache-2.0 */
/* A document that is read is printed so that it reads back equal; a refusal says where, within the text. */
#include "base/mem.h"
#include "config/emit.h"
#include "fuzz/fuzz.h"
#include "wire/yaml.h"

static bool has_secret_or_url(const tel__node *node);

static bool entries_have(const tel__node *node)
{
	for (uint32_t i = 0; i < node->v.map.count; i++)
		if (has_secret_or_url(node->v.map.entries[i].value))
			return true;
	return node->v.map.count > 0; /* a key may look like a secret: such trees are only read */
}

/* What the emitter masks (user, password and query of a URL) does not read back equal. */
static bool has_secret_or_url(const tel__node *node)
{
	if (node->type == TEL__NODE_MAP)
		return entries_have(node);
	if (node->type == TEL__NODE_LIST)
		for (uint32_t i = 0; i < node->v.list.count; i++)
			if (has_secret_or_url(node->v.list.items[i]))
				return true;
	for (size_t i = 0; node->type == TEL__NODE_STRING && i < node->text.len; i++)
		if (node->text.ptr[i] == '@' || node->text.ptr[i] == '?')
			return true;
	return false;
}

static void check_round_trip(tel__arena *arena, const tel__node *root, bool equal)
{
	tel__dynbuf text, again;
	tel__emitter e = { .out = &text };
	tel__node *back = NULL, *third = NULL;

	tel__dynbuf_init(&text, &tel__alloc_libc, (size_t)64 << 20);
	tel__dynbuf_init(&again, &tel__alloc_libc, (size_t)64 << 20);
	tel__dynbuf_puts(&text, "k:");
	tel__emit_node(&e, 0, root, false);
	fuzz_check(tel__dynbuf_error(&text) == TEL_OK);
	if (tel__yaml_parse(arena, NULL, tel__dynbuf_get(&text), 0, &back, NULL) != TEL_OK) {
		fuzz_check(text.len > 4096 || !equal); /* deeper than the limit by the key around it */
	} else {
		fuzz_check(!equal || tel__node_equal(root, back->v.map.entries[0].value));
		e.out = &again;
		tel__dynbuf_puts(&again, "k:");
		tel__emit_node(&e, 0, back->v.map.entries[0].value, false);
		fuzz_check(tel__yaml_parse(arena, NULL, tel__dynbuf_get(&again), 0, &third, NULL) == TEL_OK);
		fuzz_check(tel__node_equal(back, third));
	}
	tel__dynbuf_fini(&text);
	tel__dynbuf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_error err = TEL_ERROR_INIT;
	tel__arena *arena = NULL;
	tel__node *root = NULL;

	fuzz_check(tel__arena_new(NULL, 0, NULL, &arena) == TEL_OK);
	if (tel__yaml_parse(arena, NULL, fuzz_slice(data, size), 0, &root, &err) != TEL_OK) {
		fuzz_check(root == NULL && err.msg[0]);
		fuzz_check(err.line <= size + 2 && err.column <= size + 2);
	} else if (root->total < 10000) {
		check_round_trip(arena, root, !has_secret_or_url(root));
	}
	tel__arena_unref(arena);
	return 0;
}
