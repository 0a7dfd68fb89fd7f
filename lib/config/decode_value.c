/* SPDX-License-Identifier: Apache-2.0 */
/* Values by the types of base/keys.h, with the Collector's texts (otel-processing.md 10.3). */
#include <stdarg.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "config/decode.h"
#include "config/duration.h"
#include "config/hint.h"

enum { NAME_CAP = 512, TEXT_CAP = 2048 };

/* Appends the parts below the scope, outermost first; cut when out is full. */
static size_t put_name(const tel__path *path, char *out, size_t n, size_t cap)
{
	int wrote;

	if (!path || path->is_scope)
		return n;
	n = put_name(path->parent, out, n, cap);
	if (path->name.len == 0)
		return n;
	wrote = snprintf(out + n, cap - n, path->is_index ? "[%.*s]" : n ? ".%.*s" : "%.*s", (int)(path->name.len < cap ?
	                 path->name.len : cap), path->name.ptr);
	return wrote < 0 ? n : n + (size_t)wrote < cap ? n + (size_t)wrote : cap - 1;
}

const char *tel__decode_name(const tel__path *path, char *out, size_t cap)
{
	out[0] = 0;
	put_name(path, out, 0, cap);
	return out;
}

void tel__decode_fail(tel__loader *l, const tel__node *node, const tel__path *path, bool *clean, const char *fmt, ...)
{
	char name[NAME_CAP], text[TEXT_CAP];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	*clean = false;
	if (l->row)
		tel__hint_value(l, l->row, node);
	if (l->go_yaml)
		tel__loader_error(l, tel__position_of(node), path, "%s", text);
	else
		tel__loader_error(l, tel__position_of(node), path, "'%s' %s", tel__decode_name(path, name, sizeof(name)), text);
}

void tel__decode_mismatch(tel__loader *l, const tel__node *node, const tel__path *path, bool *clean, const char *type)
{
	static const char *const tags[] = { "null", "bool", "int", "int", "float", "str", "map", "seq" };
	char shown[128];

	*clean = false;
	if (l->row)
		tel__hint_value(l, l->row, node);
	if (node->type >= TEL__NODE_MAP)
		tel__loader_error(l, tel__position_of(node), path, "cannot unmarshal !!%s into %s", tags[node->type], type);
	else
		tel__loader_error(l, tel__position_of(node), path, "cannot unmarshal !!%s `%s` into %s", tags[node->type],
		                  tel__slice_printable(node->text, shown, sizeof(shown)), type);
}

static void fail_type(tel__loader *l, const tel__node *node, const tel__path *path, bool *clean, const char *expected)
{
	if (l->go_yaml)
		tel__decode_mismatch(l, node, path, clean, expected);
	else
		tel__decode_fail(l, node, path, clean, "expected type '%s', got unconvertible type '%s'", expected,
		                 tel__node_go_type(node));
}

/* Text as a row of this kind takes it. */
static bool as_text(const tel__loader *l, const tel__node *node, tel_slice *ret_text)
{
	if (tel__node_string(node, ret_text))
		return true;
	if (!l->go_yaml || node->type >= TEL__NODE_MAP)
		return false;
	*ret_text = node->type == TEL__NODE_NULL ? TEL_SLICE_LIT("") : node->text;
	return true;
}

/* Whole numbers of any spelling; floats are cut silently, as in the original. */
static bool as_integer(const tel__node *node, int64_t *ret_value, uint64_t *ret_unsigned)
{
	*ret_unsigned = 0;
	if (node->type == TEL__NODE_INT) {
		*ret_value = node->v.i;
	} else if (node->type == TEL__NODE_UINT) {
		*ret_value = INT64_MAX;
		*ret_unsigned = node->v.u;
	} else if (node->type == TEL__NODE_FLOAT && node->v.d > -9.2e18 && node->v.d < 9.2e18) {
		*ret_value = (int64_t)node->v.d;
	} else {
		return false;
	}
	return true;
}

static void decode_int(tel__loader *l, const tel__node *node, const tel__path *path, int64_t *field, bool *clean)
{
	uint64_t above;
	int64_t value;

	if (!as_integer(node, &value, &above))
		fail_type(l, node, path, clean, "int64");
	else if (above > 0 && l->go_yaml)
		tel__decode_mismatch(l, node, path, clean, "int");
	else if (above > 0)
		tel__decode_fail(l, node, path, clean, "cannot parse value as 'int64': %llu overflows int64",
		                 (unsigned long long)above);
	else
		*field = value;
}

static void decode_uint(tel__loader *l, const tel__node *node, const tel__path *path, const char *type, uint64_t max,
                        uint64_t *ret_value, bool *clean)
{
	uint64_t above, value;
	int64_t number;

	if (!as_integer(node, &number, &above)) {
		fail_type(l, node, path, clean, type);
		return;
	}
	value = above ? above : (uint64_t)number;
	if (l->go_yaml && ((!above && number < 0) || value > max || node->type == TEL__NODE_FLOAT))
		tel__decode_mismatch(l, node, path, clean, type);
	else if (!above && number < 0)
		tel__decode_fail(l, node, path, clean, "cannot parse value as '%s': %lld overflows uint", type,
		                 (long long)number);
	else if (value > max)
		tel__decode_fail(l, node, path, clean, "cannot parse value as '%s': %llu overflows %s", type,
		                 (unsigned long long)value, type);
	else
		*ret_value = value;
}

static void decode_double(tel__loader *l, const tel__node *node, const tel__path *path, double *field, bool *clean)
{
	if (node->type == TEL__NODE_FLOAT)
		*field = node->v.d;
	else if (node->type == TEL__NODE_INT)
		*field = (double)node->v.i;
	else if (node->type == TEL__NODE_UINT)
		*field = (double)node->v.u;
	else
		fail_type(l, node, path, clean, "float64");
}

static void decode_duration(tel__loader *l, const tel__node *node, const tel__path *path, int64_t *field, bool *clean)
{
	const char *msg = "time: invalid duration";
	uint64_t above;

	if (node->type == TEL__NODE_STRING) {
		if (tel__duration_parse(node->text, field, &msg) != TEL_OK)
			tel__decode_fail(l, node, path, clean, "%s", msg);
	} else if (!as_integer(node, field, &above) || above) {
		fail_type(l, node, path, clean, "time.Duration");
	}
}

static void decode_enum(tel__loader *l, const tel__key *row, const tel__node *node, const tel__path *path,
                        int32_t *field, bool *clean)
{
	char shown[128], list[512];
	size_t n = 0, before;
	const char *hole;
	tel_slice text;

	if (!as_text(l, node, &text)) {
		fail_type(l, node, path, clean, "string");
		return;
	}
	for (int32_t i = 0; row->words[i]; i++)
		if (row->flags & TEL__KEY_NO_CASE ? tel__slice_eq_nocase(text, tel__slice_str(row->words[i]))
		                                  : tel__slice_is(text, row->words[i])) {
			*field = i;
			return;
		}
	tel__slice_printable(text, shown, sizeof(shown));
	hole = row->bad ? strstr(row->bad, "{}") : NULL;
	if (hole) {
		before = (size_t)(hole - row->bad);
		tel__decode_fail(l, node, path, clean, "%.*s%s%s", (int)before, row->bad, shown, hole + 2);
		return;
	}
	list[0] = 0;
	for (int32_t i = 0; row->words[i] && n < sizeof(list); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i ? " " : "", row->words[i]);
	tel__decode_fail(l, node, path, clean, "invalid value \"%s\" (valid values: [%s])", shown, list);
}

static void decode_text(tel__loader *l, const tel__node *node, const tel__path *path, const char *type, tel_slice *field,
                        bool *clean)
{
	if (!as_text(l, node, field))
		fail_type(l, node, path, clean, l->go_yaml ? "string" : type);
}

static size_t count_commas(tel_slice text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == ',';
	return n;
}

static tel_err split_commas(tel__loader *l, tel_slice text, tel__key_strings *field)
{
	size_t count = text.len ? count_commas(text) + 1 : 0;
	tel_slice *items = count ? tel__arena_array(l->config->arena, count, sizeof(*items)) : NULL;

	if (count && !items)
		return tel__loader_arena_error(l);
	for (size_t i = 0; i < count; i++) {
		size_t cut = tel__slice_find(text, ',');

		items[i] = tel__slice_sub(text, 0, cut);
		if (cut < text.len)
			text = tel__slice_sub(text, cut + 1, text.len - cut - 1);
	}
	*field = (tel__key_strings){ items, count };
	return TEL_OK;
}

/* Elements of lists and maps: what a hint says of them. */
static const tel__key text_row = { .type = TEL__KEY_STRING };

static tel_err decode_strings(tel__loader *l, const tel__node *node, const tel__path *path, tel__key_strings *field,
                              bool *clean)
{
	tel_slice *items, text;
	size_t count = node->type == TEL__NODE_LIST ? node->v.list.count : 0;

	if (node->type != TEL__NODE_LIST && l->go_yaml) {
		tel__decode_mismatch(l, node, path, clean, "[]string");
		return TEL_OK;
	}
	if (node->type != TEL__NODE_LIST && tel__node_string(node, &text))
		return split_commas(l, text, field);
	if (node->type != TEL__NODE_LIST) {
		tel__decode_fail(l, node, path, clean, "source data must be an array or slice, got %s",
		                 node->type == TEL__NODE_MAP ? "map" : tel__node_go_type(node));
		return TEL_OK;
	}
	items = count ? tel__arena_array(l->config->arena, count, sizeof(*items)) : NULL;
	if (count && !items)
		return tel__loader_arena_error(l);
	l->row = &text_row;
	for (size_t i = 0; i < count; i++) {
		char number[TEL__NUM_INT_MAX];
		tel__path item = { .parent = path, .name = { number, tel__num_format_u64(i, number) }, .is_index = true };

		items[i] = TEL_SLICE_LIT("");
		if (node->v.list.items[i]->type != TEL__NODE_NULL || node->v.list.items[i]->whole)
			decode_text(l, node->v.list.items[i], &item, "string", &items[i], clean);
	}
	*field = (tel__key_strings){ items, count };
	return TEL_OK;
}

/* One element of the list form: {name: x, value: y}. */
static void decode_named(tel__loader *l, const tel__node *node, const tel__path *path, const char *type,
                         tel__key_pair *pair, bool *clean)
{
	const tel__node *name = tel__node_get(node, "name"), *value = tel__node_get(node, "value");

	*pair = (tel__key_pair){ TEL_SLICE_LIT(""), TEL_SLICE_LIT("") };
	if (node->type != TEL__NODE_MAP) {
		tel__decode_fail(l, node, path, clean, "expected a map or struct, got \"%s\"", tel__node_go_type(node));
		return;
	}
	if (name)
		decode_text(l, name, &(tel__path){ .parent = path, .name = TEL_SLICE_LIT("name") }, "string", &pair->key, clean);
	if (value)
		decode_text(l, value, &(tel__path){ .parent = path, .name = TEL_SLICE_LIT("value") }, type, &pair->value, clean);
}

static tel_err decode_pairs(tel__loader *l, const tel__key *row, const tel__node *node, const tel__path *path,
                            tel__key_pairs *field, bool *clean)
{
	const char *type = row->type == TEL__KEY_SECRET_MAP ? "configopaque.String" : "string";
	size_t count = node->type == TEL__NODE_MAP ? node->v.map.count : node->type == TEL__NODE_LIST ? node->v.list.count : 0;
	tel__key_pair *items = count ? tel__arena_array(l->config->arena, count, sizeof(*items)) : NULL;
	/* Maps of secrets decode themselves in the original: names of their entries start anew. */
	tel__path scope = { .parent = path, .is_scope = row->type == TEL__KEY_SECRET_MAP };

	if (l->go_yaml && node->type != TEL__NODE_MAP) {
		tel__decode_mismatch(l, node, path, clean, "map[string]string");
		return TEL_OK;
	}
	if (node->type < TEL__NODE_MAP) {
		tel__decode_fail(l, node, path, clean, "expected a map, got '%s'", tel__node_go_type(node));
		return TEL_OK;
	}
	if (count && !items)
		return tel__loader_arena_error(l);
	l->row = &text_row;
	for (size_t i = 0; i < count; i++) {
		char number[TEL__NUM_INT_MAX];
		tel__path item = { .parent = &scope, .name = { number, tel__num_format_u64(i, number) }, .is_index = true };

		if (node->type == TEL__NODE_LIST) {
			decode_named(l, node->v.list.items[i], &item, type, &items[i], clean);
			continue;
		}
		items[i] = (tel__key_pair){ node->v.map.entries[i].key, TEL_SLICE_LIT("") };
		item.name = items[i].key;
		if (node->v.map.entries[i].value->type != TEL__NODE_NULL || node->v.map.entries[i].value->whole)
			decode_text(l, node->v.map.entries[i].value, &item, type, &items[i].value, clean);
	}
	*field = (tel__key_pairs){ items, count };
	return TEL_OK;
}

static void decode_scalar(tel__loader *l, const tel__key *row, const tel__node *node, const tel__path *path, void *field,
                          bool *clean)
{
	uint64_t number = 0;
	bool was_clean = *clean;

	switch (row->type) {
	case TEL__KEY_BOOL:
		if (node->type == TEL__NODE_BOOL)
			*(bool *)field = node->v.b;
		else
			fail_type(l, node, path, clean, "bool");
		break;
	case TEL__KEY_INT:
		decode_int(l, node, path, field, clean);
		break;
	case TEL__KEY_UINT32:
		*clean = true;
		decode_uint(l, node, path, "uint32", UINT32_MAX, &number, clean);
		if (*clean)
			*(uint32_t *)field = (uint32_t)number;
		*clean = *clean && was_clean;
		break;
	case TEL__KEY_UINT64:
		decode_uint(l, node, path, "uint64", UINT64_MAX, field, clean);
		break;
	case TEL__KEY_DOUBLE:
		decode_double(l, node, path, field, clean);
		break;
	case TEL__KEY_DURATION:
		decode_duration(l, node, path, field, clean);
		break;
	case TEL__KEY_ENUM:
		decode_enum(l, row, node, path, field, clean);
		break;
	case TEL__KEY_STRING:
	case TEL__KEY_SECRET:
		decode_text(l, node, path, row->type == TEL__KEY_SECRET ? "configopaque.String" : "string", field, clean);
		break;
	case TEL__KEY_ANY:
		*(const tel__node **)field = node;
		break;
	default:
		break;
	}
}

static tel_err decode_any(tel__loader *l, const tel__key *row, const tel__node *node, const tel__path *path, void *field,
                          bool *clean)
{
	bool is_text = row->type == TEL__KEY_STRING || row->type == TEL__KEY_SECRET ||
	               (row->type == TEL__KEY_ENUM && l->go_yaml);

	if (node->type == TEL__NODE_NULL && !((node->whole || l->go_yaml) && is_text))
		return TEL_OK;
	if (row->type == TEL__KEY_STRINGS)
		return decode_strings(l, node, path, field, clean);
	if (row->type == TEL__KEY_STRING_MAP || row->type == TEL__KEY_SECRET_MAP)
		return decode_pairs(l, row, node, path, field, clean);
	decode_scalar(l, row, node, path, field, clean);
	return TEL_OK;
}

tel_err tel__decode_value(tel__loader *l, const tel__key *row, const tel__node *node, const tel__path *path, void *field,
                          bool *clean)
{
	tel_err rc;

	l->row = row;
	rc = decode_any(l, row, node, path, field, clean);
	l->row = NULL;
	return rc;
}
