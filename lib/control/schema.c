/* SPDX-License-Identifier: Apache-2.0 */
#include "control/schema.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/slice_i.h"
#include "base/utf8.h"
#include "config/findings.h"
#include "control/interval.h"
#include "base/nearest.h"

enum { PATH_CAP = 1024, TEXT_CAP = 2048, SHOWN = 256 };

static void read_field(tel__schema_reader *r, const tel__field *f, const tel__node *node, const tel__field_path *path,
                       char *out);

/* ---- findings ---- */

/* Depth is that of a schema. Cut when full. */
static size_t put_path(const tel__field_path *path, char *out, size_t n)
{
	int wrote;

	if (!path)
		return n;
	n = put_path(path->parent, out, n);
	if (path->is_index)
		wrote = snprintf(out + n, PATH_CAP - n, "[%zu]", path->index);
	else
		wrote = snprintf(out + n, PATH_CAP - n, "%s%.*s", n ? "." : "", (int)(path->name.len < SHOWN ? path->name.len : SHOWN),
		                 path->name.ptr);
	return wrote < 0 ? n : n + (size_t)wrote < PATH_CAP ? n + (size_t)wrote : PATH_CAP - 1;
}

/* Nobody hears what is found: a document full of mistakes costs no more than reading it. */
static bool is_deaf(const tel__schema_reader *r)
{
	return !r->findings || tel_findings_count(r->findings) >= TEL_LIMIT_FINDINGS;
}

void tel__schema_report(tel__schema_reader *r, tel_finding_level level, const tel__node *at, const tel__field_path *path,
                        const char *fmt, ...)
{
	char where[PATH_CAP], text[TEXT_CAP];
	tel_finding finding = { .level = level };
	va_list args;
	int n;

	r->errors += level == TEL_FINDING_ERROR;
	if (is_deaf(r))
		return;
	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	finding.message = (tel_slice){ text, n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1 };
	finding.path = (tel_slice){ where, put_path(path, where, 0) };
	if (at) {
		finding.line = at->line;
		finding.column = at->column;
		if (at->source < r->source_count)
			finding.source = r->sources[at->source].name;
	}
	tel__findings_add(r->findings, &finding);
	if (tel__findings_error(r->findings) != TEL_OK)
		r->fatal = TEL_ERR_NOMEM;
}

#define REFUSE(r, at, path, ...) tel__schema_report(r, TEL_FINDING_ERROR, at, path, __VA_ARGS__)

void *tel__schema_new(tel__schema_reader *r, const tel__object *object, size_t count)
{
	void *structs = tel__arena_array(r->arena, count ? count : 1, object->size);

	if (!structs)
		r->fatal = tel__arena_error(r->arena) == TEL_OK ? TEL_ERR_NOMEM : tel__arena_error(r->arena);
	else
		memset(structs, 0, (count ? count : 1) * object->size);
	return structs;
}

static const char *json_type(const tel__node *node)
{
	switch (node->type) {
	case TEL__NODE_NULL: return "null";
	case TEL__NODE_BOOL: return "boolean";
	case TEL__NODE_INT: return "integer";
	case TEL__NODE_UINT: /* above what an integer holds */
	case TEL__NODE_FLOAT: return "number";
	case TEL__NODE_MAP: return "object";
	case TEL__NODE_LIST: return "array";
	case TEL__NODE_STRING: break;
	}
	return "string";
}

/* "Invalid value: VALUE: PATH in body ...", where the text goes on. */
static TEL_PRINTF(5, 6) void refuse_value(tel__schema_reader *r, const tel__node *node, const tel__field_path *path,
                                          const char *value, const char *fmt, ...)
{
	char where[PATH_CAP], rest[TEXT_CAP];
	va_list args;

	if (is_deaf(r)) {
		r->errors++;
		return;
	}
	va_start(args, fmt);
	vsnprintf(rest, sizeof(rest), fmt, args);
	va_end(args);
	where[put_path(path, where, 0)] = 0;
	REFUSE(r, node, path, "Invalid value: %s: %s in body %s", value, where, rest);
}

/* A scalar as the API server shows it. */
static const char *show(const tel__node *node, char shown[SHOWN + 2])
{
	char text[SHOWN];
	const char *quote = node->type == TEL__NODE_STRING ? "\"" : "";

	snprintf(shown, SHOWN + 2, "%s%s%s", quote, tel__slice_printable(node->text, text, sizeof(text)), quote);
	return shown;
}

static bool has_type(tel__schema_reader *r, const tel__node *node, bool ok, const char *wanted, const tel__field_path *path)
{
	char quoted[16];

	if (ok)
		return true;
	snprintf(quoted, sizeof(quoted), "\"%s\"", json_type(node));
	refuse_value(r, node, path, quoted, "must be of type %s: %s", wanted, quoted);
	return false;
}

/* ---- values ---- */

static size_t count_characters(tel_slice text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
	return n;
}

static bool is_word(tel_slice text, const char *const *words)
{
	for (; *words; words++)
		if (tel__slice_is(text, *words))
			return true;
	return false;
}

static void refuse_word(tel__schema_reader *r, const tel__field *f, const tel__node *node, const tel__field_path *path)
{
	char shown[SHOWN + 2], list[SHOWN * 2] = "";
	size_t n = 0;

	for (const char *const *word = f->words; *word && n < sizeof(list); word++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s\"%s\"", n ? ", " : "", *word);
	REFUSE(r, node, path, "Unsupported value: %s: supported values: %s", show(node, shown), list);
}

static void read_string(tel__schema_reader *r, const tel__field *f, const tel__node *node, const tel__field_path *path,
                        tel_slice *out)
{
	char shown[SHOWN + 2];
	size_t length;

	if (!has_type(r, node, node->type == TEL__NODE_STRING, "string", path)) {
		if (f->words && node->type > TEL__NODE_NULL && node->type < TEL__NODE_MAP)
			refuse_word(r, f, node, path);
		return;
	}
	*out = node->text.ptr ? node->text : TEL_SLICE_LIT("");
	length = f->min_length || f->max_length ? count_characters(node->text) : 0;
	if (f->words && !is_word(node->text, f->words))
		refuse_word(r, f, node, path);
	/* One of these at a time, as there. */
	if (f->max_length && length > f->max_length)
		REFUSE(r, node, path, "Too long: may not be more than %u bytes", f->max_length);
	else if (f->min_length && length < f->min_length)
		refuse_value(r, node, path, show(node, shown), "should be at least %u chars long", f->min_length);
	else if (f->pattern && !f->pattern->matches(node->text))
		refuse_value(r, node, path, show(node, shown), "should match '%s'", f->pattern->regex);
}

static void read_strings(tel__schema_reader *r, const tel__field *f, const tel__node *node, const tel__field_path *path,
                         tel__list *out)
{
	tel_slice *items;

	if (!has_type(r, node, node->type == TEL__NODE_LIST, "array", path))
		return;
	items = tel__arena_array(r->arena, node->v.list.count + 1, sizeof(*items));
	if (!items) {
		r->fatal = TEL_ERR_NOMEM;
		return;
	}
	for (uint32_t i = 0; i < node->v.list.count; i++) {
		tel__field_path item = { .parent = path, .index = i, .is_index = true };

		items[i] = TEL_SLICE_LIT("");
		read_string(r, f, node->v.list.items[i], &item, &items[i]);
	}
	*out = (tel__list){ items, node->v.list.count, true };
}

static void read_map(tel__schema_reader *r, const tel__field *f, const tel__node *node, const tel__field_path *path,
                     tel__list *out)
{
	tel__key_pair *items;

	if (!has_type(r, node, node->type == TEL__NODE_MAP, "object", path))
		return;
	items = tel__arena_array(r->arena, node->v.map.count + 1, sizeof(*items));
	if (!items) {
		r->fatal = TEL_ERR_NOMEM;
		return;
	}
	*out = (tel__list){ items, 0, true };
	for (uint32_t i = 0; i < node->v.map.count; i++) {
		tel__field_path item = { .parent = path, .name = node->v.map.entries[i].key };

		if (node->v.map.entries[i].value->type == TEL__NODE_NULL)
			continue;
		items[out->count] = (tel__key_pair){ item.name, TEL_SLICE_LIT("") };
		read_string(r, f, node->v.map.entries[i].value, &item, &items[out->count++].value);
	}
}

static void read_objects(tel__schema_reader *r, const tel__field *f, const tel__node *node, const tel__field_path *path,
                         tel__list *out)
{
	char *items;

	if (!has_type(r, node, node->type == TEL__NODE_LIST, "array", path))
		return;
	items = tel__schema_new(r, f->object, node->v.list.count);
	if (!items)
		return;
	for (uint32_t i = 0; i < node->v.list.count; i++) {
		tel__field_path item = { .parent = path, .index = i, .is_index = true };

		tel__schema_read(r, f->object, node->v.list.items[i], &item, items + i * f->object->size);
	}
	*out = (tel__list){ items, node->v.list.count, true };
}

/* JSON has one kind of number: 3.0 is an integer. */
static bool integer_of(const tel__node *node, int64_t *ret_value)
{
	if (node->type == TEL__NODE_INT) {
		*ret_value = node->v.i;
		return true;
	}
	if (node->type != TEL__NODE_FLOAT || !(node->v.d >= -9e18 && node->v.d <= 9e18) || node->v.d != (double)(int64_t)node->v.d)
		return false;
	*ret_value = (int64_t)node->v.d;
	return true;
}

static void read_int(tel__schema_reader *r, const tel__field *f, const tel__node *node, const tel__field_path *path,
                     int64_t *out)
{
	bool whole = has_type(r, node, integer_of(node, out), "integer", path);
	char shown[SHOWN + 2];

	if (f->has_minimum && (whole ? *out < f->minimum : node->type == TEL__NODE_FLOAT && node->v.d < (double)f->minimum))
		refuse_value(r, node, path, show(node, shown), "should be greater than or equal to %lld", (long long)f->minimum);
}

/* What Go calls a value where its validator wanted a text with a meaning. */
static const char *go_type(const tel__node *node)
{
	if (node->type == TEL__NODE_INT)
		return "\"int64\"";
	return node->type == TEL__NODE_UINT || node->type == TEL__NODE_FLOAT ? "\"float64\"" : "\"\"";
}

static void read_duration(tel__schema_reader *r, const tel__node *node, const tel__field_path *path, int64_t *out)
{
	char shown[SHOWN + 2];
	const char *value;

	if (node->type == TEL__NODE_STRING && tel__interval_parse(node->text, out))
		return;
	value = node->type == TEL__NODE_STRING ? show(node, shown) : go_type(node);
	refuse_value(r, node, path, value, "must be of type duration: %s", value);
}

static void read_object(tel__schema_reader *r, const tel__field *f, const tel__node *node, const tel__field_path *path,
                        void **out)
{
	if (!has_type(r, node, node->type == TEL__NODE_MAP, "object", path))
		return;
	*out = tel__schema_new(r, f->object, 1);
	if (*out)
		tel__schema_read(r, f->object, node, path, *out);
}

static void read_field(tel__schema_reader *r, const tel__field *f, const tel__node *node, const tel__field_path *path,
                       char *out)
{
	void *field = out + f->offset;

	switch (f->type) {
	case TEL__FIELD_BOOL:
		if (has_type(r, node, node->type == TEL__NODE_BOOL, "boolean", path))
			*(tel__maybe *)field = node->v.b ? TEL__YES : TEL__NO;
		break;
	case TEL__FIELD_INT: read_int(r, f, node, path, field); break;
	case TEL__FIELD_STRING: read_string(r, f, node, path, field); break;
	case TEL__FIELD_STRINGS: read_strings(r, f, node, path, field); break;
	case TEL__FIELD_STRING_MAP: read_map(r, f, node, path, field); break;
	case TEL__FIELD_OBJECT: read_object(r, f, node, path, field); break;
	case TEL__FIELD_OBJECTS: read_objects(r, f, node, path, field); break;
	case TEL__FIELD_DURATION: read_duration(r, node, path, field); break;
	case TEL__FIELD_ANY: *(const tel__node **)field = node; break;
	case TEL__FIELD_INLINE: break;
	}
}

/* ---- objects ---- */

const tel__field *tel__schema_field(const tel__object *object, tel_slice name, size_t *offset)
{
	for (size_t i = 0; i < object->field_count; i++) {
		const tel__field *f = &object->fields[i], *found;
		size_t inner = *offset + f->offset;

		if (f->type != TEL__FIELD_INLINE) {
			if (tel__slice_is(name, f->name))
				return f;
			continue;
		}
		found = tel__schema_field(f->object, name, &inner);
		if (found) {
			*offset = inner;
			return found;
		}
	}
	return NULL;
}

static void offer_fields(tel__nearest *n, const tel__object *object)
{
	for (size_t i = 0; i < object->field_count; i++) {
		if (object->fields[i].type == TEL__FIELD_INLINE)
			offer_fields(n, object->fields[i].object);
		else
			tel__nearest_offer(n, tel__slice_str(object->fields[i].name));
	}
}

static void report_unknown(tel__schema_reader *r, const tel__object *object, const tel__node_entry *entry,
                           const tel__field_path *path)
{
	tel__node at = { .line = entry->line, .column = entry->column, .source = entry->source };
	tel__nearest n = tel__nearest_to(entry->key);
	char shown[SHOWN], near[SHOWN];

	if (is_deaf(r)) {
		r->errors += r->strict;
		return;
	}
	offer_fields(&n, object);
	tel__slice_printable(entry->key, shown, sizeof(shown));
	tel__slice_printable(n.best, near, sizeof(near));
	tel__schema_report(r, r->strict ? TEL_FINDING_ERROR : TEL_FINDING_WARNING, &at, path,
	                   n.best.len ? "unknown field \"%s\"; did you mean \"%s\"?" : "unknown field \"%s\"", shown, near);
}

static void require_fields(tel__schema_reader *r, const tel__object *object, const tel__node *node,
                           const tel__field_path *path)
{
	for (size_t i = 0; i < object->field_count; i++) {
		const tel__field *f = &object->fields[i];

		if (f->type == TEL__FIELD_INLINE) {
			require_fields(r, f->object, node, path);
		} else if (f->required && !tel__node_get(node, f->name)) {
			tel__field_path missing = { .parent = path, .name = tel__slice_str(f->name) };

			REFUSE(r, node, &missing, "Required value");
		}
	}
}

static void set_heads(const tel__object *object, const tel__node *node, char *out)
{
	*(const tel__node **)(void *)out = node;
	for (size_t i = 0; i < object->field_count; i++)
		if (object->fields[i].type == TEL__FIELD_INLINE)
			set_heads(object->fields[i].object, node, out + object->fields[i].offset);
}

void tel__schema_read(tel__schema_reader *r, const tel__object *object, const tel__node *node, const tel__field_path *path,
                      void *out)
{
	set_heads(object, node, out);
	if (!has_type(r, node, node->type == TEL__NODE_MAP, "object", path))
		return;
	for (uint32_t i = 0; i < node->v.map.count && r->fatal == TEL_OK; i++) {
		const tel__node_entry *entry = &node->v.map.entries[i];
		tel__field_path below = { .parent = path, .name = entry->key };
		size_t offset = 0;
		const tel__field *f = tel__schema_field(object, entry->key, &offset);

		if (f && entry->value->type == TEL__NODE_NULL && !f->required)
			continue; /* the API server drops it */
		if (f)
			read_field(r, f, entry->value, &below, (char *)out + offset);
		else if (!object->open)
			report_unknown(r, object, entry, &below);
	}
	require_fields(r, object, node, path);
}

/* Objects that defaulting made have not been read: what they must have is looked for here. */
static void check_required(tel__schema_reader *r, const tel__object *object, const void *in, const tel__node *above,
                           const tel__field_path *path)
{
	for (size_t i = 0; i < object->field_count; i++) {
		const tel__field *f = &object->fields[i];
		tel__field_path missing = { .parent = path, .name = tel__slice_str(f->name) };

		/* Texts and objects alone are required, and each starts with its pointer. */
		if (f->required && !*(const void *const *)(const void *)((const char *)in + f->offset))
			REFUSE(r, above, &missing, "Required value");
	}
}

static void check_object(tel__schema_reader *r, const tel__object *object, const void *in, const tel__node *above,
                         const tel__field_path *path);

bool tel__schema_has_number(const void *in, const tel__field *f)
{
	const tel__node *at = *(const tel__node *const *)in, *node = at ? tel__node_get(at, f->name) : NULL;

	return *(const int64_t *)(const void *)((const char *)in + f->offset) != 0 || (node && node->type != TEL__NODE_NULL);
}

/* Where a field stands in the document, or at least its object. */
static const tel__node *value_of(const void *in, const tel__field *f, const tel__node *above)
{
	const tel__node *at = *(const tel__node *const *)in, *node = at ? tel__node_get(at, f->name) : NULL;

	return node ? node : above;
}

static void check_field(tel__schema_reader *r, const tel__field *f, const char *in, const tel__node *above,
                        const tel__field_path *parent)
{
	tel__field_path path = { .parent = parent, .name = tel__slice_str(f->name ? f->name : "") };
	const void *field = in + f->offset;
	const tel__list *list = field;

	if (f->rule && tel__schema_has_number(in, f) && !f->rule->holds(field))
		REFUSE(r, value_of(in, f, above), &path, "Invalid value: \"string\": %s", f->rule->message);
	if (f->type == TEL__FIELD_INLINE)
		check_object(r, f->object, field, above, parent);
	else if (f->type == TEL__FIELD_OBJECT && *(void *const *)field)
		check_object(r, f->object, *(void *const *)field, above, &path);
	for (size_t i = 0; f->type == TEL__FIELD_OBJECTS && i < list->count; i++) {
		tel__field_path item = { .parent = &path, .index = i, .is_index = true };

		check_object(r, f->object, (const char *)list->items + i * f->object->size, above, &item);
	}
}

/* above: the node of the nearest object that was read, for positions. */
static void check_object(tel__schema_reader *r, const tel__object *object, const void *in, const tel__node *above,
                         const tel__field_path *path)
{
	const tel__node *at = *(const tel__node *const *)in;

	if (!at)
		check_required(r, object, in, above, path);
	above = at ? at : above;
	for (size_t i = 0; i < object->rule_count; i++)
		if (!object->rules[i].holds(in))
			REFUSE(r, above, path, "Invalid value: \"object\": %s", object->rules[i].message);
	for (size_t i = 0; i < object->field_count; i++)
		check_field(r, &object->fields[i], in, above, path);
}

void tel__schema_check(tel__schema_reader *r, const tel__object *object, const void *in, const tel__field_path *path)
{
	check_object(r, object, in, NULL, path);
}
