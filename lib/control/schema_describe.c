/* SPDX-License-Identifier: Apache-2.0 */
/* The tables as a schema: what the API server needs to check what tel__schema_read() and tel__schema_check() check. */
#include "base/slice_i.h"
#include "control/schema.h"

static void describe_rules(tel__doc *d, const tel__rule *rules, size_t count, tel__node *out)
{
	for (size_t i = 0; i < count; i++) {
		tel__node *rule = tel__doc_append_map(d, out);

		tel__doc_text(d, rule, "message", rules[i].message);
		tel__doc_text(d, rule, "rule", rules[i].cel);
	}
}

static void describe_string(tel__doc *d, const tel__field *f, tel__node *out)
{
	tel__node *words = f->words ? tel__doc_list(d, out, "enum") : NULL;

	for (const char *const *word = f->words; word && *word; word++)
		tel__doc_append_text(d, words, *word);
	if (f->max_length)
		tel__doc_int(d, out, "maxLength", f->max_length);
	if (f->min_length)
		tel__doc_int(d, out, "minLength", f->min_length);
	if (f->pattern)
		tel__doc_text(d, out, "pattern", f->pattern->regex);
	tel__doc_text(d, out, "type", "string");
}

static void describe_object(tel__doc *d, const tel__object *object, tel__node *out);

static void describe_value(tel__doc *d, const tel__field *f, tel__node *out)
{
	switch (f->type) {
	case TEL__FIELD_BOOL: tel__doc_text(d, out, "type", "boolean"); break;
	case TEL__FIELD_STRING: describe_string(d, f, out); break;
	case TEL__FIELD_INT:
		if (f->has_minimum)
			tel__doc_int(d, out, "minimum", f->minimum);
		tel__doc_text(d, out, "type", "integer");
		break;
	case TEL__FIELD_STRINGS:
		describe_string(d, f, tel__doc_map(d, out, "items"));
		tel__doc_text(d, out, "type", "array");
		break;
	case TEL__FIELD_STRING_MAP:
		describe_string(d, f, tel__doc_map(d, out, "additionalProperties"));
		tel__doc_text(d, out, "type", "object");
		break;
	case TEL__FIELD_OBJECTS:
		describe_object(d, f->object, tel__doc_map(d, out, "items"));
		tel__doc_text(d, out, "type", "array");
		break;
	case TEL__FIELD_DURATION:
		tel__doc_text(d, out, "format", "duration");
		tel__doc_text(d, out, "type", "string");
		break;
	case TEL__FIELD_OBJECT:
	case TEL__FIELD_ANY:
	case TEL__FIELD_INLINE: describe_object(d, f->object, out); break;
	}
}

static void describe_field(tel__doc *d, const tel__field *f, tel__node *properties)
{
	tel__node *out = tel__doc_map(d, properties, f->name);

	if (f->help && !(f->object && f->object->open))
		tel__doc_text(d, out, "description", f->help);
	describe_value(d, f, out);
	if (f->format)
		tel__doc_text(d, out, "format", f->format);
	if (f->nullable)
		tel__doc_bool(d, out, "nullable", true);
	if (f->rule)
		describe_rules(d, f->rule, 1, tel__doc_list(d, out, "x-kubernetes-validations"));
	tel__doc_sort_bytes(out);
}

/* What a schema is made of, inlined objects included. */
typedef struct parts {
	tel__node *properties, *required, *rules;
} parts;

static void collect(tel__doc *d, const tel__object *object, parts *p)
{
	for (size_t i = 0; i < object->field_count; i++) {
		const tel__field *f = &object->fields[i];

		if (f->type == TEL__FIELD_INLINE) {
			collect(d, f->object, p);
			continue;
		}
		describe_field(d, f, p->properties);
		if (f->required)
			tel__doc_append_text(d, p->required, f->name);
	}
	describe_rules(d, object->rules, object->rule_count, p->rules);
}

/* Of an open object only its kind is told: that is how metadata has to be. */
static void describe_object(tel__doc *d, const tel__object *object, tel__node *out)
{
	parts p = { tel__doc_new_map(d), tel__doc_new_list(d), tel__doc_new_list(d) };

	tel__doc_text(d, out, "type", "object");
	if (object->open || !p.properties || !p.required || !p.rules)
		return;
	collect(d, object, &p);
	tel__doc_sort_bytes(p.properties);
	tel__doc_add(d, out, "properties", p.properties);
	if (p.required->v.list.count)
		tel__doc_add(d, out, "required", p.required);
	if (p.rules->v.list.count)
		tel__doc_add(d, out, "x-kubernetes-validations", p.rules);
	tel__doc_sort_bytes(out);
}

tel__node *tel__schema_describe(tel__doc *d, const tel__object *object, const char *help)
{
	tel__node *out = tel__doc_new_map(d);

	tel__doc_text(d, out, "description", help);
	describe_object(d, object, out);
	return out;
}
