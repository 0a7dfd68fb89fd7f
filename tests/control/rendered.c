/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rendered.h"

#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "control/doc.h"

enum { NAMES_CAP = 8192 };

static void read_back(rendered *r)
{
	tel_error err = TEL_ERROR_INIT;

	assert_ok(tel_objects_yaml(r->objects, NULL, &r->text));
	assert_ok(tel__arena_new(NULL, 0, NULL, &r->arena));
	if (tel__yaml_parse_all(r->arena, NULL, tel_buf_get(r->text), 0, &r->documents, &err) != TEL_OK)
		fail_msg("what was written cannot be read: %s", err.msg);
	assert_int_equal(r->documents->v.list.count, tel_objects_count(r->objects));
}

static void check_id(const rendered *r, size_t index)
{
	const tel__node *node = r->documents->v.list.items[index], *metadata = tel__node_get(node, "metadata");
	tel_object_id id = TEL_OBJECT_ID_INIT;

	assert_ok(tel_objects_get(r->objects, index, &id));
	assert_true(tel__slice_eq(id.kind, tel__node_get(node, "kind")->text));
	assert_true(tel__slice_eq(id.api_version, tel__node_get(node, "apiVersion")->text));
	assert_true(tel__slice_eq(id.name, tel__node_get(metadata, "name")->text));
	if (id.target_namespace.len)
		assert_true(tel__slice_eq(id.target_namespace, tel__node_get(metadata, "namespace")->text));
	else
		assert_true(tel__slice_starts(id.kind, TEL_SLICE_LIT("Cluster")));
}

static void check_json(const rendered *r, size_t index)
{
	tel_buf *json = NULL;
	tel__node *node = NULL;

	assert_ok(tel_objects_json(r->objects, index, NULL, &json));
	assert_ok(tel__yaml_parse(r->arena, NULL, tel_buf_get(json), 0, &node, NULL));
	if (!tel__node_equal(node, r->documents->v.list.items[index]))
		fail_msg("YAML and JSON differ: " TEL_SLICE_FMT, TEL_SLICE_ARG(tel_buf_get(json)));
	tel_buf_unref(json);
}

void rendered_init(rendered *r, const char *text, rendered_what what)
{
	tel_error err = TEL_ERROR_INIT;
	tel_object_id id = TEL_OBJECT_ID_INIT;
	tel_err rc;

	*r = (rendered){ .facts = TEL_RENDER_FACTS_INIT, .objects_given = TEL_OBJECT_FACTS_INIT };
	parsed_init(&r->p, text, true);
	parsed_expect(&r->p, "rendered", "");
	r->objects_given.crypto = tel_crypto_openssl();
	r->facts.objects = &r->objects_given;
	assert_ok(tel_render_facts_of(r->p.set, &r->facts));
	if (what == RENDERED_OBJECTS)
		rc = tel_render_objects(r->p.set, &r->facts, NULL, &r->objects, &err);
	else
		rc = tel_render_unwanted(r->p.set, &r->facts, NULL, &r->objects);
	if (rc != TEL_OK)
		fail_msg("%s %s\n%s", tel_err_name(rc), err.msg, text);
	read_back(r);
	for (size_t i = 0; i < tel_objects_count(r->objects); i++) {
		check_id(r, i);
		check_json(r, i);
	}
	assert_int_equal(tel_objects_get(r->objects, tel_objects_count(r->objects), &id), TEL_ERR_NOT_FOUND);
}

void rendered_fini(rendered *r)
{
	tel__arena_unref(r->arena);
	tel_buf_unref(r->text);
	tel_objects_free(r->objects);
	parsed_fini(&r->p);
}

const tel__node *rendered_find(const rendered *r, const char *object)
{
	const char *name = strchr(object, '/') + 1;

	for (uint32_t i = 0; i < r->documents->v.list.count; i++) {
		const tel__node *node = r->documents->v.list.items[i];
		tel_slice kind = tel__node_get(node, "kind")->text;

		if (kind.len == (size_t)(name - 1 - object) && memcmp(kind.ptr, object, kind.len) == 0 &&
		    tel__slice_is(tel__node_get(tel__node_get(node, "metadata"), "name")->text, name))
			return node;
	}
	return NULL;
}

static const tel__node *step(const tel__node *node, tel_slice to)
{
	tel__node_entry *entry;
	uint64_t index;

	if (node->type == TEL__NODE_MAP) {
		entry = tel__node_find(node, to);
		return entry ? entry->value : NULL;
	}
	if (node->type != TEL__NODE_LIST)
		return NULL;
	if (tel__num_parse_u64(to, &index) == TEL_OK)
		return index < node->v.list.count ? node->v.list.items[index] : NULL;
	for (uint32_t i = 0; i < node->v.list.count; i++) {
		const tel__node *name = tel__node_get(node->v.list.items[i], "name");

		if (name && tel__slice_eq(name->text, to))
			return node->v.list.items[i];
	}
	return NULL;
}

char *rendered_value(const rendered *r, const char *object, const char *path)
{
	const tel__node *node = rendered_find(r, object);
	tel_slice rest = tel__slice_str(path), to;
	tel__dynbuf out;
	char *text;

	while (node && tel__slice_next(&rest, '|', &to))
		node = step(node, to);
	tel__dynbuf_init(&out, tel__alloc_or_default(NULL), 1 << 20);
	if (node)
		tel__doc_write_json(node, &out);
	else
		tel__dynbuf_puts(&out, "-");
	text = malloc(out.len + 1);
	assert_non_null(text);
	memcpy(text, out.ptr, out.len);
	text[out.len] = 0;
	tel__dynbuf_fini(&out);
	return text;
}

void rendered_expect(const rendered *r, const char *name, const char *object, const char *path, const char *wanted)
{
	char *got = rendered_value(r, object, path);

	if (strcmp(got, wanted) != 0)
		fail_msg("%s: %s %s is\n%s\ninstead of\n%s", name, object, path, got, wanted);
	free(got);
}

char *rendered_names(const rendered *r)
{
	char *text = malloc(NAMES_CAP);
	size_t n = 0;

	assert_non_null(text);
	text[0] = 0;
	for (size_t i = 0; i < tel_objects_count(r->objects); i++) {
		tel_object_id id = TEL_OBJECT_ID_INIT;

		assert_ok(tel_objects_get(r->objects, i, &id));
		n += (size_t)snprintf(text + n, NAMES_CAP - n, TEL_SLICE_FMT "/" TEL_SLICE_FMT "\n", TEL_SLICE_ARG(id.kind),
		                      TEL_SLICE_ARG(id.name));
		assert_true(n < NAMES_CAP);
	}
	return text;
}
