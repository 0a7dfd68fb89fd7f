/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/yaml.h"

#include <yaml.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/slice_i.h"

enum {
	SMALL_MAP = 16,      /* up to here duplicate keys are searched one by one */
	FLAG_MERGED = 1      /* tel__node_entry.flags: came through "<<", an explicit key wins over it */
};

/* An anchor is open until its collection ends: an alias to it would be a cycle. */
typedef struct yaml_anchor {
	tel__node *node;
	bool open;
} yaml_anchor;

/* One open collection. */
typedef struct yaml_frame {
	tel__node *node;
	yaml_anchor *anchor;       /* to be closed with the collection, or NULL */
	tel__map *keys;            /* of a map that grew, key -> index + 1; else NULL */
	tel__node_entry pending;   /* map: key that waits for its value when have_key */
	bool have_key, merge;      /* merge: that key is "<<" */
} yaml_frame;

typedef struct yaml_state {
	tel__arena *arena;
	const tel_alloc *alloc;
	tel_error *err;
	tel__map *anchors;
	tel__node *root;
	tel__node *all;            /* list of the documents so far, when there may be several */
	uint16_t source;
	uint32_t nodes, max_nodes, aliases, depth, documents;
	yaml_frame stack[TEL_LIMIT_YAML_DEPTH];
} yaml_state;

/* Where things lie in this process: nobody can write keys beforehand that all fall into one slot of a table. */
static uint64_t seed_of(const yaml_state *s)
{
	return (uint64_t)(uintptr_t)s->arena ^ (uint64_t)(uintptr_t)s << 24;
}

static tel_err fail_arena(yaml_state *s)
{
	tel_err code = tel__arena_error(s->arena);

	if (code == TEL_OK || code == TEL_ERR_NOMEM)
		return tel__fail_nomem(s->err);
	return tel__fail(s->err, code, "yaml: document needs more memory than it may have");
}

static uint32_t mark_line(yaml_mark_t mark)
{
	return mark.line >= UINT32_MAX ? UINT32_MAX : (uint32_t)mark.line + 1;
}

static uint32_t mark_column(yaml_mark_t mark)
{
	return mark.column >= UINT32_MAX ? UINT32_MAX : (uint32_t)mark.column + 1;
}

#define FAIL_AT(s, code, mark, ...) tel__fail_text((s)->err, code, mark_line(mark), mark_column(mark), __VA_ARGS__)

/* The line stands in the text too, as in go-yaml's messages. */
static tel_err fail_parser(yaml_state *s, const yaml_parser_t *parser)
{
	const char *problem = parser->problem ? parser->problem : "unknown problem";

	if (parser->error == YAML_MEMORY_ERROR)
		return tel__fail_nomem(s->err);
	if (parser->error == YAML_READER_ERROR)
		return tel__fail_text(s->err, TEL_ERR_MALFORMED, mark_line(parser->mark), mark_column(parser->mark),
		                      "yaml: offset %zu: %s", parser->problem_offset, problem);
	return FAIL_AT(s, TEL_ERR_MALFORMED, parser->problem_mark, "yaml: line %u: %s", mark_line(parser->problem_mark),
	               problem);
}

static tel_err count_nodes(yaml_state *s, uint32_t more, yaml_mark_t mark)
{
	if (more > s->max_nodes - s->nodes)
		return FAIL_AT(s, TEL_ERR_LIMIT, mark, "yaml: more than %u nodes", s->max_nodes);
	s->nodes += more;
	return TEL_OK;
}

static tel_err make_node(yaml_state *s, tel__node_type type, yaml_mark_t mark, tel__node **ret_node)
{
	tel_err rc = count_nodes(s, 1, mark);

	if (rc != TEL_OK)
		return rc;
	*ret_node = tel__node_new(s->arena, type, NULL);
	if (!*ret_node)
		return fail_arena(s);
	(*ret_node)->source = s->source;
	(*ret_node)->line = mark_line(mark);
	(*ret_node)->column = mark_column(mark);
	return TEL_OK;
}

/* Looks key up in the map of frame. Small maps are searched, grown ones have an index. */
static tel_err find_key(yaml_state *s, yaml_frame *frame, tel_slice key, tel__node_entry **ret_entry)
{
	tel__node *map = frame->node;
	void *index = NULL;

	*ret_entry = NULL;
	if (map->v.map.count <= SMALL_MAP) {
		*ret_entry = tel__node_find(map, key);
		return TEL_OK;
	}
	if (!frame->keys) {
		if (tel__map_new(s->alloc, TEL__MAP_BORROW_KEYS, seed_of(s), &frame->keys) != TEL_OK)
			return tel__fail_nomem(s->err);
		for (uintptr_t i = 0; i < map->v.map.count; i++)
			if (tel__map_put(frame->keys, map->v.map.entries[i].key, (void *)(i + 1), NULL) != TEL_OK)
				return tel__fail_nomem(s->err);
	}
	if (tel__map_get(frame->keys, key, &index))
		*ret_entry = &map->v.map.entries[(uintptr_t)index - 1];
	return TEL_OK;
}

static tel_err add_entry(yaml_state *s, yaml_frame *frame, const tel__node_entry *entry)
{
	tel__node *map = frame->node;

	if (map->v.map.count >= TEL_LIMIT_YAML_KEYS)
		return tel__fail_text(s->err, TEL_ERR_LIMIT, entry->line, entry->column, "yaml: line %u: more than %d keys in a map",
		                      entry->line, TEL_LIMIT_YAML_KEYS);
	if (!tel__node_map_add(s->arena, map, entry))
		return fail_arena(s);
	if (frame->keys &&
	    tel__map_put(frame->keys, entry->key, (void *)(uintptr_t)map->v.map.count, NULL) != TEL_OK)
		return tel__fail_nomem(s->err);
	return TEL_OK;
}

/* Keys of a merged map go in unless they are there; the first of several merged maps wins. */
static tel_err merge_map(yaml_state *s, yaml_frame *frame, const tel__node *from)
{
	for (uint32_t i = 0; i < from->v.map.count; i++) {
		tel__node_entry copy = from->v.map.entries[i], *old;
		yaml_mark_t mark = { 0, copy.line - 1, copy.column - 1 };
		tel_err rc = count_nodes(s, copy.value->total, mark); /* a use of it, as an alias is */

		if (rc == TEL_OK)
			rc = find_key(s, frame, copy.key, &old);
		copy.flags = FLAG_MERGED;
		if (rc == TEL_OK && !old)
			rc = add_entry(s, frame, &copy);
		if (rc != TEL_OK)
			return rc;
	}
	return TEL_OK;
}

static tel_err merge_value(yaml_state *s, yaml_frame *frame, const tel__node *value)
{
	tel_err rc = TEL_OK;

	if (value->type == TEL__NODE_MAP)
		return merge_map(s, frame, value);
	if (value->type != TEL__NODE_LIST)
		goto refuse;
	for (uint32_t i = 0; i < value->v.list.count; i++)
		if (value->v.list.items[i]->type != TEL__NODE_MAP)
			goto refuse;
	for (uint32_t i = 0; i < value->v.list.count && rc == TEL_OK; i++)
		rc = merge_map(s, frame, value->v.list.items[i]);
	return rc;
refuse:
	return tel__fail_text(s->err, TEL_ERR_MALFORMED, value->line, value->column,
	                      "yaml: line %u: map merge requires map or sequence of maps as the value", value->line);
}

static tel_err put_value(yaml_state *s, yaml_frame *frame, tel__node *value)
{
	tel__node_entry *old;
	tel_err rc;

	frame->have_key = false;
	if (frame->merge)
		return merge_value(s, frame, value);
	frame->pending.value = value;
	rc = find_key(s, frame, frame->pending.key, &old);
	if (rc != TEL_OK)
		return rc;
	if (!old)
		return add_entry(s, frame, &frame->pending);
	*old = frame->pending; /* only a merged one: set_key() refuses others */
	tel__node_count_in(frame->node, value);
	return TEL_OK;
}

static tel_err set_key(yaml_state *s, yaml_frame *frame, const tel__node *node, yaml_mark_t mark)
{
	char shown[64];
	tel__node_entry *old;
	tel_err rc;

	if (node->type >= TEL__NODE_MAP)
		return tel__fail_text(s->err, TEL_ERR_MALFORMED, node->line, node->column,
		                      "yaml: line %u: map keys must be scalars", node->line);
	frame->merge = !node->quoted && tel__slice_is(node->text, "<<");
	frame->have_key = true;
	frame->pending = (tel__node_entry){ .key = node->text, .line = node->line, .column = node->column,
		                            .source = s->source };
	if (frame->merge)
		return TEL_OK;
	rc = find_key(s, frame, node->text, &old);
	if (rc != TEL_OK || !old || old->flags & FLAG_MERGED)
		return rc;
	return FAIL_AT(s, TEL_ERR_EXISTS, mark, "yaml: line %u: mapping key \"%s\" already defined at line %u, column %u",
	               mark_line(mark), tel__slice_printable(node->text, shown, sizeof(shown)), old->line, old->column);
}

/* A finished (or just opened) node takes its place: root, list item, key or value. */
static tel_err place(yaml_state *s, tel__node *node, yaml_mark_t mark)
{
	yaml_frame *frame;

	if (s->depth == 0) {
		s->root = node;
		return TEL_OK;
	}
	frame = &s->stack[s->depth - 1];
	if (frame->node->type == TEL__NODE_LIST)
		return tel__node_list_add(s->arena, frame->node, node) ? TEL_OK : fail_arena(s);
	return frame->have_key ? put_value(s, frame, node) : set_key(s, frame, node, mark);
}

static tel_err set_anchor(yaml_state *s, const yaml_char_t *name, tel__node *node, bool open, yaml_anchor **ret_anchor)
{
	yaml_anchor *anchor;

	*ret_anchor = NULL;
	if (!name)
		return TEL_OK;
	anchor = tel__arena_alloc(s->arena, sizeof(*anchor));
	if (!anchor)
		return fail_arena(s);
	*anchor = (yaml_anchor){ node, open };
	if (!s->anchors && tel__map_new(s->alloc, 0, seed_of(s), &s->anchors) != TEL_OK)
		return tel__fail_nomem(s->err);
	if (tel__map_put(s->anchors, tel__slice_str((const char *)name), anchor, NULL) != TEL_OK)
		return tel__fail_nomem(s->err);
	*ret_anchor = anchor;
	return TEL_OK;
}

static tel_err on_alias(yaml_state *s, const yaml_event_t *event)
{
	tel_slice name = tel__slice_str((const char *)event->data.alias.anchor);
	char shown[64];
	void *found = NULL;
	yaml_anchor *anchor;
	tel_err rc;

	tel__slice_printable(name, shown, sizeof(shown));
	if (++s->aliases > TEL_LIMIT_YAML_ALIASES)
		return FAIL_AT(s, TEL_ERR_LIMIT, event->start_mark, "yaml: line %u: more than %d aliases",
		               mark_line(event->start_mark), TEL_LIMIT_YAML_ALIASES);
	if (!s->anchors || !tel__map_get(s->anchors, name, &found))
		return FAIL_AT(s, TEL_ERR_MALFORMED, event->start_mark, "yaml: line %u: unknown anchor '%s' referenced",
		               mark_line(event->start_mark), shown);
	anchor = found;
	if (anchor->open)
		return FAIL_AT(s, TEL_ERR_MALFORMED, event->start_mark, "yaml: line %u: anchor '%s' value contains itself",
		               mark_line(event->start_mark), shown);
	rc = count_nodes(s, anchor->node->total, event->start_mark);
	return rc == TEL_OK ? place(s, anchor->node, event->start_mark) : rc;
}

/* Which core tag a node carries: "" for none, "!" (a string), or the part after "tag:yaml.org,2002:". */
static tel_err core_tag(yaml_state *s, const yaml_char_t *tag, yaml_mark_t mark, tel_slice *ret_tag)
{
	static const char *const scalars[] = { "str", "int", "float", "bool", "null", "map", "seq", NULL };
	static const char prefix[] = "tag:yaml.org,2002:";
	tel_slice text = tel__slice_str(tag ? (const char *)tag : "");
	char shown[64];

	if (text.len <= 1) { /* none, or the non-specific "!" */
		*ret_tag = text;
		return TEL_OK;
	}
	if (tel__slice_starts(text, TEL_SLICE_LIT(prefix))) {
		tel_slice name = tel__slice_sub(text, sizeof(prefix) - 1, text.len - (sizeof(prefix) - 1));

		for (const char *const *word = scalars; *word; word++)
			if (tel__slice_is(name, *word)) {
				*ret_tag = tel__slice_str(*word);
				return TEL_OK;
			}
	}
	return FAIL_AT(s, TEL_ERR_UNSUPPORTED, mark, "yaml: line %u: tag %s is not supported", mark_line(mark),
	               tel__slice_printable(text, shown, sizeof(shown)));
}

/* Applies an explicit tag to a scalar whose plain type is known. */
static bool apply_tag(tel__node *node, tel_slice tag)
{
	if (tag.len == 0)
		return true;
	if (tel__slice_is(tag, "!") || tel__slice_is(tag, "str")) {
		node->type = TEL__NODE_STRING;
		node->quoted = true;
		return true;
	}
	tel__yaml_resolve(node->text, node);
	if (tel__slice_is(tag, "int"))
		return node->type == TEL__NODE_INT || node->type == TEL__NODE_UINT;
	if (tel__slice_is(tag, "float")) {
		if (node->type == TEL__NODE_INT)
			node->v.d = (double)node->v.i;
		else if (node->type == TEL__NODE_UINT)
			node->v.d = (double)node->v.u;
		else if (node->type != TEL__NODE_FLOAT)
			return false;
		node->type = TEL__NODE_FLOAT;
		return true;
	}
	return node->type == (tel__slice_is(tag, "bool") ? TEL__NODE_BOOL : TEL__NODE_NULL) && tag.len == 4;
}

static tel_err on_scalar(yaml_state *s, const yaml_event_t *event)
{
	tel_slice text = { (const char *)event->data.scalar.value, event->data.scalar.length }, tag;
	yaml_anchor *anchor;
	tel__node *node;
	tel_err rc = core_tag(s, event->data.scalar.tag, event->start_mark, &tag);

	if (rc != TEL_OK || (rc = make_node(s, TEL__NODE_STRING, event->start_mark, &node)) != TEL_OK)
		return rc;
	node->text = TEL_SLICE_LIT("");
	if (text.len > 0 && !tel__arena_copy(s->arena, text, &node->text))
		return fail_arena(s);
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (!node->quoted)
		tel__yaml_resolve(node->text, node);
	if (!apply_tag(node, tag))
		return FAIL_AT(s, TEL_ERR_MALFORMED, event->start_mark, "yaml: line %u: value is not a !!%.*s",
		               mark_line(event->start_mark), TEL_SLICE_ARG(tag));
	rc = set_anchor(s, event->data.scalar.anchor, node, false, &anchor);
	return rc == TEL_OK ? place(s, node, event->start_mark) : rc;
}

static tel_err on_start(yaml_state *s, tel__node_type type, const yaml_char_t *tag_text, const yaml_char_t *anchor_name,
                        yaml_mark_t mark)
{
	tel_slice tag;
	yaml_anchor *anchor;
	tel__node *node;
	tel_err rc = core_tag(s, tag_text, mark, &tag);

	if (rc != TEL_OK)
		return rc;
	if (tag.len > 1 && !tel__slice_is(tag, type == TEL__NODE_MAP ? "map" : "seq"))
		return FAIL_AT(s, TEL_ERR_MALFORMED, mark, "yaml: line %u: value is not a !!%.*s", mark_line(mark),
		               TEL_SLICE_ARG(tag));
	if (s->depth >= TEL_LIMIT_YAML_DEPTH)
		return FAIL_AT(s, TEL_ERR_LIMIT, mark, "yaml: line %u: nesting is deeper than %d", mark_line(mark),
		               TEL_LIMIT_YAML_DEPTH);
	if ((rc = make_node(s, type, mark, &node)) != TEL_OK ||
	    (rc = set_anchor(s, anchor_name, node, true, &anchor)) != TEL_OK)
		return rc;
	s->stack[s->depth++] = (yaml_frame){ .node = node, .anchor = anchor };
	return TEL_OK;
}

static tel_err on_end(yaml_state *s, yaml_mark_t mark)
{
	yaml_frame *frame = &s->stack[--s->depth];

	tel__map_free(frame->keys);
	frame->keys = NULL;
	if (frame->anchor)
		frame->anchor->open = false;
	return place(s, frame->node, mark);
}

/* Anchors end with their document; an empty one is none. */
static tel_err end_document(yaml_state *s)
{
	tel__node *root = s->root;

	tel__map_free(s->anchors);
	s->anchors = NULL;
	s->root = NULL;
	if (!root || root->type == TEL__NODE_NULL)
		return TEL_OK;
	return tel__node_list_add(s->arena, s->all, root) ? TEL_OK : fail_arena(s);
}

static tel_err on_event(yaml_state *s, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++s->documents > 1 && !s->all)
			return FAIL_AT(s, TEL_ERR_MALFORMED, event->start_mark, "yaml: line %u: more than one document",
			               mark_line(event->start_mark));
		return TEL_OK;
	case YAML_ALIAS_EVENT:
		return on_alias(s, event);
	case YAML_SCALAR_EVENT:
		return on_scalar(s, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(s, TEL__NODE_LIST, event->data.sequence_start.tag, event->data.sequence_start.anchor,
		                event->start_mark);
	case YAML_MAPPING_START_EVENT:
		return on_start(s, TEL__NODE_MAP, event->data.mapping_start.tag, event->data.mapping_start.anchor,
		                event->start_mark);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(s, event->start_mark);
	case YAML_DOCUMENT_END_EVENT:
		return s->all ? end_document(s) : TEL_OK;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
		break;
	}
	return TEL_OK;
}

static tel_err parse_events(yaml_state *s, yaml_parser_t *parser)
{
	yaml_event_t event;
	tel_err rc;
	bool end;

	do {
		if (!yaml_parser_parse(parser, &event))
			return fail_parser(s, parser);
		end = event.type == YAML_STREAM_END_EVENT;
		rc = on_event(s, &event);
		yaml_event_delete(&event);
	} while (rc == TEL_OK && !end);
	return rc;
}

static tel_err parse_text(yaml_state *s, tel_slice text)
{
	yaml_parser_t parser;
	tel_err rc;

	if (!yaml_parser_initialize(&parser))
		return tel__fail_nomem(s->err);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
	rc = parse_events(s, &parser);
	yaml_parser_delete(&parser);
	while (s->depth > 0)
		tel__map_free(s->stack[--s->depth].keys);
	tel__map_free(s->anchors);
	if (rc == TEL_OK && !s->root)
		rc = make_node(s, TEL__NODE_NULL, (yaml_mark_t){ 0, 0, 0 }, &s->root);
	return rc;
}

static tel_err parse(yaml_state *s, tel_slice text)
{
	if (text.len > TEL_LIMIT_CONFIG_BYTES)
		return tel__fail(s->err, TEL_ERR_LIMIT, "yaml: document of %zu bytes is above the limit of %d", text.len,
		                 TEL_LIMIT_CONFIG_BYTES);
	if (tel__slice_starts(text, TEL_SLICE_LIT("\xef\xbb\xbf"))) /* it would count as a column */
		text = tel__slice_sub(text, 3, text.len - 3);
	if (text.len == 0)
		text.ptr = "";
	return parse_text(s, text);
}

tel_err tel__yaml_parse(tel__arena *arena, const tel_alloc *alloc, tel_slice text, uint16_t source,
                        tel__node **ret_root, tel_error *err)
{
	yaml_state s = { .arena = arena, .alloc = alloc, .err = err, .source = source, .max_nodes = TEL_LIMIT_YAML_NODES };
	tel_err rc = parse(&s, text);

	if (rc == TEL_OK)
		*ret_root = s.root;
	return rc;
}

tel_err tel__yaml_parse_within(tel__arena *arena, const tel_alloc *alloc, tel_slice text, uint16_t source, uint32_t max_nodes,
                               tel__node **ret_documents, tel_error *err)
{
	yaml_state s = { .arena = arena, .alloc = alloc, .err = err, .source = source, .max_nodes = max_nodes };
	tel_err rc;

	s.all = tel__node_new(arena, TEL__NODE_LIST, NULL);
	if (!s.all)
		return fail_arena(&s);
	rc = parse(&s, text);
	if (rc == TEL_OK)
		*ret_documents = s.all;
	return rc;
}

tel_err tel__yaml_parse_all(tel__arena *arena, const tel_alloc *alloc, tel_slice text, uint16_t source,
                            tel__node **ret_documents, tel_error *err)
{
	return tel__yaml_parse_within(arena, alloc, text, source, TEL_LIMIT_YAML_NODES, ret_documents, err);
}
