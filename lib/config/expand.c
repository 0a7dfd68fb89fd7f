/* SPDX-License-Identifier: Apache-2.0 */
/* ${...} in values, exactly as otel-processing.md 10.2, but for ${1}: it stays literal with a warning, so that pasted
 * Prometheus configurations work (conventions.md 4.1). */
#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "config/loader.h"

enum { SHOWN = 200 };

typedef struct expander {
	tel__loader *l;
	tel__dynbuf next;    /* text of the round that is being built */
	uint64_t work;       /* bytes moved so far */
	uint32_t nodes;      /* nodes that expansion added */
} expander;

/* One ${...} found in a text. */
typedef struct reference {
	size_t from, len;    /* of the whole reference */
	tel_slice scheme, name;
} reference;

/* What one scalar goes through. */
typedef struct subject {
	const tel__node *node; /* for positions */
	const tel__path *path;
	unsigned rounds, depth;
	bool in_list;          /* keys of maps below are no paths */
} subject;

static tel_err expand_node(expander *x, tel__node *node, const subject *s, tel__node **ret_node);

static bool is_digits(tel_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return text.len > 0;
}

static bool is_name(tel_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return text.len > 0;
}

/* Last "${" in [from, to), or to. */
static size_t find_open(tel_slice text, size_t from, size_t to)
{
	for (size_t i = to; i-- > from;)
		if (text.ptr[i] == '$' && text.ptr[i + 1] == '{')
			return i;
	return to;
}

/* The first reference that is to be replaced. Innermost first; one that an odd number of dollars precedes is escaped. */
static bool find_reference(tel_slice text, reference *ret_ref, bool *ret_digits)
{
	size_t from = 0;

	while (from < text.len) {
		size_t close = from + tel__slice_find(tel__slice_sub(text, from, text.len - from), '}');
		size_t open, dollars = 0;
		tel_slice inner;

		if (close >= text.len)
			return false;
		open = find_open(text, from, close);
		inner = open < close ? tel__slice_sub(text, open + 2, close - open - 2) : (tel_slice){ "", 0 };
		while (open < close && open - dollars > from && text.ptr[open - dollars - 1] == '$')
			dollars++;
		if (open < close && dollars % 2 == 0 && is_digits(inner)) {
			*ret_digits = true;
		} else if (open < close && dollars % 2 == 0) {
			size_t colon = tel__slice_find(inner, ':');

			ret_ref->from = open;
			ret_ref->len = close + 1 - open;
			ret_ref->scheme = colon < inner.len ? tel__slice_sub(inner, 0, colon) : TEL_SLICE_LIT("env");
			ret_ref->name = colon < inner.len ? tel__slice_sub(inner, colon + 1, inner.len - colon - 1) : inner;
			return true;
		}
		from = close + 1;
	}
	return false;
}

static void report_unset(const expander *x, const subject *s, const char *shown)
{
	tel__loader_hint(x->l, "set it, or give a default: ${env:%s:-default}", shown);
	tel__loader_report(x->l, x->l->opts.strict_env ? TEL_FINDING_ERROR : TEL_FINDING_WARNING,
	                   tel__position_of(s->node), s->path, "Configuration references unset environment variable \"%s\"",
	                   shown);
}

/* Cuts ":-default" off the name of a variable. */
static bool cut_default(tel_slice *name, tel_slice *ret_default)
{
	for (size_t i = 0; i + 1 < name->len; i++)
		if (name->ptr[i] == ':' && name->ptr[i + 1] == '-') {
			*ret_default = tel__slice_sub(*name, i + 2, name->len - i - 2);
			name->len = i;
			return true;
		}
	return false;
}

/* Text that a reference stands for. *ret_ok false: a finding was made. */
static tel_err look_up(expander *x, const subject *s, const reference *ref, tel_slice *ret_text, bool *ret_ok)
{
	tel_slice name = ref->name, fallback = { "", 0 };
	bool env = tel__slice_is(ref->scheme, "env"), has_default = false;
	char shown[SHOWN], scheme[SHOWN];
	tel_err rc;

	*ret_ok = false;
	if (env) {
		has_default = cut_default(&name, &fallback);
		tel__slice_printable(name, shown, sizeof(shown));
		if (!is_name(name)) {
			tel__loader_hint(x->l, "$${ keeps the text as it stands");
			tel__loader_error(x->l, tel__position_of(s->node), s->path, "environment variable \"%s\" has invalid name: "
			                  "must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$", shown);
			return TEL_OK;
		}
	}
	tel__slice_printable(name, shown, sizeof(shown));
	tel__slice_printable(ref->scheme, scheme, sizeof(scheme));
	*ret_text = name;
	rc = tel__slice_is(ref->scheme, "yaml") ? TEL_OK : x->l->env->lookup(x->l->env->user, ref->scheme, name, ret_text);
	if (rc == TEL_ERR_NOT_FOUND && env) {
		if (!has_default)
			report_unset(x, s, shown);
		*ret_text = fallback;
		rc = TEL_OK;
	}
	if (rc == TEL_ERR_NOMEM)
		return rc;
	*ret_ok = rc == TEL_OK;
	if (rc == TEL_ERR_UNSUPPORTED && tel__slice_starts(name, TEL_SLICE_LIT("-")))
		tel__loader_hint(x->l, "a default needs its scheme: ${env:%s:%s}", scheme, shown);
	else if (rc == TEL_ERR_UNSUPPORTED)
		tel__loader_hint(x->l, "known are env, file and yaml; $${ keeps the text as it stands");
	if (rc == TEL_ERR_UNSUPPORTED)
		tel__loader_error(x->l, tel__position_of(s->node), s->path, "scheme \"%s\" is not supported for uri \"%s:%s\"",
		                  scheme, scheme, shown);
	else if (rc != TEL_OK)
		tel__loader_error(x->l, tel__position_of(s->node), s->path, "unable to read the file %s:%s", scheme, shown);
	return TEL_OK;
}

static bool charge(expander *x, const subject *s, size_t bytes)
{
	x->work += bytes + 1;
	if (bytes <= TEL_LIMIT_EXPAND_BYTES && x->work <= TEL_LIMIT_EXPAND_WORK)
		return true;
	tel__loader_error(x->l, tel__position_of(s->node), s->path, "expanded value is above the limit of %d bytes",
	                  TEL_LIMIT_EXPAND_BYTES);
	return false;
}

/* Everything in an expanded tree stands where the reference stands. */
static void set_position(tel__node *node, const tel__node *at)
{
	node->source = at->source;
	node->line = at->line;
	node->column = at->column;
	if (node->type == TEL__NODE_MAP)
		for (uint32_t i = 0; i < node->v.map.count; i++) {
			node->v.map.entries[i].source = at->source;
			node->v.map.entries[i].line = at->line;
			node->v.map.entries[i].column = at->column;
			set_position(node->v.map.entries[i].value, at);
		}
	if (node->type == TEL__NODE_LIST)
		for (uint32_t i = 0; i < node->v.list.count; i++)
			set_position(node->v.list.items[i], at);
}

/* Text that was a whole value, read as YAML; what is not valid YAML, or a string, is the text itself. */
static tel_err parse_value(expander *x, const subject *s, tel_slice text, tel__node **ret_node)
{
	tel__loader *l = x->l;
	tel__node *node = NULL;
	tel_err rc = tel__yaml_parse(l->config->arena, &l->config->alloc, text, s->node->source, &node, NULL);

	if (rc == TEL_ERR_NOMEM)
		return rc;
	if (rc != TEL_OK || node->type == TEL__NODE_STRING) {
		node = tel__node_new(l->config->arena, TEL__NODE_STRING, s->node);
		if (!node)
			return tel__loader_arena_error(l);
	} else if (node->total > TEL_LIMIT_YAML_NODES - x->nodes) {
		tel__loader_error(l, tel__position_of(s->node), s->path, "expansion gives more than %d nodes",
		                  TEL_LIMIT_YAML_NODES);
		return TEL_ERR_CONFIG;
	}
	x->nodes += node->total;
	set_position(node, s->node);
	if (node->type == TEL__NODE_MAP && !s->in_list) {
		rc = tel__load_split(l, node, s->path, s->depth, &node);
		if (rc != TEL_OK)
			return rc;
	}
	node->text = text;
	node->whole = true;
	*ret_node = node;
	return TEL_OK;
}

static tel_slice unescape(char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		text[n++] = text[i];
		if (text[i] == '$' && i + 1 < len && text[i + 1] == '$')
			i++;
	}
	return (tel_slice){ text, n };
}

/* One round over text, into x->next. */
static tel_err replace(expander *x, tel_slice text, const reference *ref, tel_slice value)
{
	tel__dynbuf_reset(&x->next);
	tel__dynbuf_put(&x->next, text.ptr, ref->from);
	tel__dynbuf_slice(&x->next, value);
	tel__dynbuf_put(&x->next, text.ptr + ref->from + ref->len, text.len - ref->from - ref->len);
	return tel__dynbuf_error(&x->next);
}

/* Expands a text for as long as it holds references. *ret_value is NULL when the outcome is a string, *ret_text then;
 * otherwise a value that came from one whole reference, its own references not yet expanded. A reference that cannot be
 * resolved gives a null with the text as it stands, so that later steps do not complain about it again. */
static tel_err expand_text(expander *x, subject *s, tel_slice text, tel_slice *ret_text, tel__node **ret_value)
{
	tel__arena *arena = x->l->config->arena;
	bool digits = false, ok;
	reference ref;
	tel_slice value, copy;
	tel_err rc;

	*ret_value = NULL;
	while (find_reference(text, &ref, &digits)) {
		bool whole = ref.len == text.len;

		if (++s->rounds > TEL_LIMIT_EXPAND_ROUNDS) {
			tel__loader_error(x->l, tel__position_of(s->node), s->path, "too many recursive expansions");
			return TEL_ERR_CONFIG;
		}
		rc = look_up(x, s, &ref, &value, &ok);
		if (rc == TEL_OK && ok && !charge(x, s, text.len - ref.len + value.len))
			return TEL_ERR_CONFIG;
		if (rc == TEL_OK && !ok) {
			*ret_text = text;
			*ret_value = tel__node_new(arena, TEL__NODE_NULL, s->node);
			if (*ret_value)
				(*ret_value)->whole = true;
			return *ret_value ? TEL_OK : tel__loader_arena_error(x->l);
		}
		if (rc != TEL_OK)
			return rc;
		rc = replace(x, text, &ref, value);
		if (rc != TEL_OK)
			return TEL_ERR_NOMEM;
		copy = TEL_SLICE_LIT("");
		if (x->next.len > 0 && !tel__arena_copy(arena, tel__dynbuf_get(&x->next), &copy))
			return tel__loader_arena_error(x->l);
		text = copy;
		if (!whole)
			continue;
		rc = parse_value(x, s, text, ret_value);
		if (rc != TEL_OK)
			return rc;
		if ((*ret_value)->type != TEL__NODE_STRING)
			break;
		*ret_value = NULL;
	}
	if (digits)
		tel__loader_warn(x->l, tel__position_of(s->node), s->path, "a reference such as ${1} is kept as it stands; the "
		                 "Collector refuses it, write $${1}");
	*ret_text = text;
	return TEL_OK;
}

static tel_err unescape_copy(expander *x, tel_slice text, tel_slice *ret_text)
{
	char *copy = text.len ? tel__arena_alloc(x->l->config->arena, text.len) : NULL;

	if (text.len && !copy)
		return tel__loader_arena_error(x->l);
	if (copy)
		memcpy(copy, text.ptr, text.len);
	*ret_text = copy ? unescape(copy, text.len) : TEL_SLICE_LIT("");
	return TEL_OK;
}

static tel_err expand_string(expander *x, tel__node *node, const subject *at, tel__node **ret_node)
{
	subject s = *at, inner;
	tel__node *value, *ignored;
	tel_slice text;
	tel_err rc;

	*ret_node = node;
	if (tel__slice_find(node->text, '$') == node->text.len)
		return TEL_OK;
	s.node = node;
	rc = expand_text(x, &s, node->text, &text, &value);
	if (rc != TEL_OK)
		return rc;
	if (!value) {
		value = tel__node_new(x->l->config->arena, TEL__NODE_STRING, node);
		if (!value)
			return tel__loader_arena_error(x->l);
		value->quoted = node->quoted;
		*ret_node = value;
		return unescape_copy(x, text, &value->text);
	}
	/* A list or map may hold references of its own, and so may the text that a string target would get. */
	inner = s;
	inner.depth++;
	inner.node = node;
	rc = expand_node(x, value, &inner, ret_node);
	if (rc != TEL_OK || value->type < TEL__NODE_MAP)
		return rc == TEL_OK ? unescape_copy(x, text, &(*ret_node)->text) : rc;
	rc = expand_text(x, &inner, text, &text, &ignored);
	if (rc == TEL_OK)
		rc = unescape_copy(x, text, &(*ret_node)->text);
	(*ret_node)->whole = true;
	return rc;
}

/* Collections are copied only when something in them changed, so that aliases stay shared. */
static tel_err expand_map(expander *x, tel__node *node, const subject *at, tel__node **ret_node)
{
	tel__arena *arena = x->l->config->arena;
	tel__node *copy = node, *value;
	tel_err rc = TEL_OK;

	for (uint32_t i = 0; i < node->v.map.count; i++) {
		tel__node_entry entry = node->v.map.entries[i];
		tel__path path = { .parent = at->path, .name = entry.key };
		subject s = { .path = &path, .rounds = at->rounds, .depth = at->depth + 1, .in_list = at->in_list };

		rc = expand_node(x, entry.value, &s, &value);
		if (rc != TEL_OK)
			return rc;
		if (value != entry.value && copy == node) {
			copy = tel__node_new(arena, TEL__NODE_MAP, node);
			if (!copy)
				return tel__loader_arena_error(x->l);
			for (uint32_t j = 0; j < i; j++)
				if (!tel__node_map_add(arena, copy, &node->v.map.entries[j]))
					return tel__loader_arena_error(x->l);
		}
		entry.value = value;
		if (copy != node && !tel__node_map_add(arena, copy, &entry))
			return tel__loader_arena_error(x->l);
	}
	*ret_node = copy;
	return rc;
}

static tel_err expand_list(expander *x, tel__node *node, const subject *at, tel__node **ret_node)
{
	tel__arena *arena = x->l->config->arena;
	tel__node *copy = node, *value;

	for (uint32_t i = 0; i < node->v.list.count; i++) {
		char number[TEL__NUM_INT_MAX];
		tel__path path = { .parent = at->path, .name = { number, tel__num_format_u64(i, number) }, .is_index = true };
		subject s = { .path = &path, .rounds = at->rounds, .depth = at->depth + 1, .in_list = true };
		tel_err rc = expand_node(x, node->v.list.items[i], &s, &value);

		if (rc != TEL_OK)
			return rc;
		if (value != node->v.list.items[i] && copy == node) {
			copy = tel__node_new(arena, TEL__NODE_LIST, node);
			if (!copy)
				return tel__loader_arena_error(x->l);
			for (uint32_t j = 0; j < i; j++)
				if (!tel__node_list_add(arena, copy, node->v.list.items[j]))
					return tel__loader_arena_error(x->l);
		}
		if (copy != node && !tel__node_list_add(arena, copy, value))
			return tel__loader_arena_error(x->l);
	}
	*ret_node = copy;
	return TEL_OK;
}

static tel_err expand_node(expander *x, tel__node *node, const subject *s, tel__node **ret_node)
{
	*ret_node = node;
	if (s->depth > TEL_LIMIT_YAML_DEPTH) {
		tel__loader_error(x->l, tel__position_of(node), s->path, "too many recursive expansions");
		return TEL_ERR_CONFIG;
	}
	if (node->type == TEL__NODE_STRING)
		return expand_string(x, node, s, ret_node);
	if (node->type == TEL__NODE_MAP)
		return expand_map(x, node, s, ret_node);
	if (node->type == TEL__NODE_LIST)
		return expand_list(x, node, s, ret_node);
	return TEL_OK;
}

tel_err tel__load_expand(tel__loader *l, tel__node **root)
{
	expander x = { .l = l };
	subject s = { .node = *root };
	tel_err rc;

	tel__dynbuf_init(&x.next, &l->config->alloc, TEL_LIMIT_EXPAND_BYTES + 1);
	rc = expand_node(&x, *root, &s, root);
	tel__dynbuf_fini(&x.next);
	return rc;
}
