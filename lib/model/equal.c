/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "model/fields.h"

enum { PATH_MAX_BYTES = 256 };

/* Where the comparison stands, as text: grows with the nesting and shrinks again. */
struct path {
	char text[PATH_MAX_BYTES];
	size_t len;
};

static size_t push(struct path *path, const char *name, uint32_t index, bool indexed)
{
	size_t before = path->len, room = sizeof path->text - path->len;
	const char *dot = path->len ? "." : "";
	int n = indexed ? snprintf(path->text + path->len, room, "%s%s[%u]", dot, name, index)
	                : snprintf(path->text + path->len, room, "%s%s", dot, name);

	if (n > 0)
		path->len += (size_t)n < room ? (size_t)n : room - 1;
	return before;
}

static void pop(struct path *path, size_t before)
{
	path->len = before;
	path->text[before] = '\0';
}

/* Notes that a field differs; always false. */
static bool differs(struct path *path, const char *name)
{
	push(path, name, 0, false);
	return false;
}

static bool same_message(tel_slice a, tel_slice b, tel__shape_id shape, struct path *path);

/* One message under its name; what differs stays in the path. */
static bool same_child(tel_slice a, tel_slice b, tel__shape_id shape, struct path *path, const char *name,
                       uint32_t index, bool indexed)
{
	size_t before = push(path, name, index, indexed);

	if (!same_message(a, b, shape, path))
		return false;
	pop(path, before);
	return true;
}

static bool same_elements(tel_fields a, tel_fields b, tel__shape_id sub, struct path *path, const char *name)
{
	tel_slice x, y;

	for (uint32_t i = 0;; i++) {
		bool more = tel__fields_next(&a, &x);

		if (more != tel__fields_next(&b, &y)) {
			push(path, name, i, true);
			return false;
		}
		if (!more)
			return true;
		if (sub != TEL__SHAPE_NONE) {
			if (!same_child(x, y, sub, path, name, i, true))
				return false;
		} else if (!tel__slice_eq(x, y)) {
			push(path, name, i, true);
			return false;
		}
	}
}

static bool same_numbers(tel_numbers a, tel_numbers b, bool fixed, struct path *path, const char *name)
{
	uint64_t x = 0, y = 0;

	for (uint32_t i = 0;; i++) {
		bool more = fixed ? tel__number_next_fixed(&a, &x) : tel__number_next_varint(&a, &x);
		bool too = fixed ? tel__number_next_fixed(&b, &y) : tel__number_next_varint(&b, &y);

		if (more != too || (more && x != y)) {
			push(path, name, i, true);
			return false;
		}
		if (!more)
			return true;
	}
}

static bool same_scalar(const tel__message *a, const tel__message *b, tel__shape_id shape, uint32_t number)
{
	tel__rep rep = (tel__rep)tel__field_infos[shape][number].rep;
	tel__pb_field x, y;
	bool has = tel__message_has(a, shape, number);

	if (has != tel__message_has(b, shape, number))
		return false;
	if (!has)
		return true;
	tel__message_get(a, number, &x);
	tel__message_get(b, number, &y);
	if (x.wire == TEL__PB_LEN)
		return tel__slice_eq(x.bytes, y.bytes);
	return tel__scalar(&x, rep) == tel__scalar(&y, rep);
}

static bool same_field(const tel__message *a, const tel__message *b, tel__shape_id shape, uint32_t number,
                       struct path *path)
{
	const char *name = tel__field_infos[shape][number].name;
	tel__shape_id sub = (tel__shape_id)tel__shapes[shape].sub[number];
	tel__pb_field x, y;
	bool has;

	switch (tel__shapes[shape].kind[number]) {
	case TEL__KIND_UNKNOWN:
		return true;
	case TEL__KIND_MESSAGE:
		has = tel__message_get(a, number, &x);
		if (has != tel__message_get(b, number, &y))
			return differs(path, name);
		return !has || same_child(x.bytes, y.bytes, sub, path, name, 0, false);
	case TEL__KIND_MESSAGES:
	case TEL__KIND_TEXTS:
		return same_elements(tel__message_fields(a, number), tel__message_fields(b, number), sub, path, name);
	case TEL__KIND_FIXED64S:
	case TEL__KIND_VARINTS:
		return same_numbers(tel__message_numbers(a, number), tel__message_numbers(b, number),
		                    tel__shapes[shape].kind[number] == TEL__KIND_FIXED64S, path, name);
	default:
		return same_scalar(a, b, shape, number) || differs(path, name);
	}
}

static bool same_unknown(const tel__message *a, const tel__message *b, tel__shape_id shape, struct path *path)
{
	tel__pb_field x, y;
	size_t at_a = 0, at_b = 0;

	for (;;) {
		bool more = tel__message_unknown(a, shape, &at_a, &x);

		if (more != tel__message_unknown(b, shape, &at_b, &y) || (more && !tel__slice_eq(x.raw, y.raw)))
			return differs(path, "unknown field");
		if (!more)
			return true;
	}
}

/* Recursion is as deep as the decoder lets values nest. */
static bool same_message(tel_slice a, tel_slice b, tel__shape_id shape, struct path *path)
{
	tel__message x, y;

	if (tel__slice_eq(a, b))
		return true;
	tel__message_split(a, shape, &x);
	tel__message_split(b, shape, &y);
	for (uint32_t number = 1; number < TEL__SHAPE_FIELDS; number++)
		if ((x.fields[number].count || y.fields[number].count) && !same_field(&x, &y, shape, number, path))
			return false;
	return same_unknown(&x, &y, shape, path);
}

/* A metric whose data message is in two pieces is compared in pieces. */
static bool same_pieces(const tel__metric *a, const tel__metric *b, struct path *path)
{
	tel__shape_id data = tel__shape_of_data(a->type);
	tel__message x, y;

	if (a->type != b->type)
		return differs(path, "type");
	tel__message_split(a->raw, TEL__SHAPE_METRIC, &x);
	tel__message_split(b->raw, TEL__SHAPE_METRIC, &y);
	for (uint32_t number = 1; number < TEL__SHAPE_FIELDS; number++)
		if (number != a->type && (x.fields[number].count || y.fields[number].count) &&
		    !same_field(&x, &y, TEL__SHAPE_METRIC, number, path))
			return false;
	if (!same_unknown(&x, &y, TEL__SHAPE_METRIC, path))
		return false;
	if (a->type == TEL__METRIC_EMPTY)
		return true;
	tel__message_split(tel__metric_data(a), data, &x);
	tel__message_split(tel__metric_data(b), data, &y);
	for (uint32_t number = TEL__DATA_POINTS + 1; number < TEL__SHAPE_FIELDS; number++)
		if ((x.fields[number].count || y.fields[number].count) && !same_field(&x, &y, data, number, path))
			return false;
	return same_unknown(&x, &y, data, path) &&
	       same_elements(tel__metric_points(a), tel__metric_points(b), tel__shape_of_point(a->type), path,
	                     tel__field_infos[data][TEL__DATA_POINTS].name);
}

static bool same_metric(const tel__metric *a, const tel__metric *b, uint32_t index, struct path *path)
{
	size_t before = push(path, "metrics", index, true);
	char name[64];

	if (!a->cut && !b->cut && tel__slice_eq(a->raw, b->raw)) {
		pop(path, before);
		return true;
	}
	tel__slice_printable(a->name, name, sizeof name);
	push(path, name, 0, false);
	if (a->cut || b->cut ? !same_pieces(a, b, path) : !same_message(a->raw, b->raw, TEL__SHAPE_METRIC, path))
		return false;
	pop(path, before);
	return true;
}

/* Fields of an envelope that are neither self, children nor schema URL. */
static bool next_stranger(tel__pb_reader *r, tel__pb_field *f)
{
	while (tel__pb_next(r, f))
		if (f->wire != TEL__PB_LEN || f->number > TEL__RM_SCHEMA_URL)
			return true;
	return false;
}

static bool next_of_both(tel__pb_reader *head, tel__pb_reader *tail, tel__pb_field *f)
{
	return next_stranger(head, f) || next_stranger(tail, f);
}

static bool same_envelope(const tel__envelope *a, const tel__envelope *b, tel__shape_id self, const char *name,
                          struct path *path)
{
	tel__pb_reader head_a = tel__pb_read(a->head), tail_a = tel__pb_read(a->tail);
	tel__pb_reader head_b = tel__pb_read(b->head), tail_b = tel__pb_read(b->tail);
	tel__pb_field x, y;

	if ((a->self.ptr == NULL) != (b->self.ptr == NULL))
		return differs(path, name);
	if (!same_child(a->self, b->self, self, path, name, 0, false))
		return false;
	if (!tel__slice_eq(a->schema_url, b->schema_url))
		return differs(path, "schemaUrl");
	for (;;) {
		bool more = next_of_both(&head_a, &tail_a, &x);

		if (more != next_of_both(&head_b, &tail_b, &y) || (more && !tel__slice_eq(x.raw, y.raw)))
			return differs(path, "unknown field");
		if (!more)
			return true;
	}
}

/* Counts first, so that the path says what is missing. */
static bool same_count(uint32_t a, uint32_t b, const char *name, struct path *path)
{
	if (a == b)
		return true;
	push(path, name, a < b ? a : b, true);
	return false;
}

static bool same_scope(const tel__scope *a, const tel__scope *b, uint32_t index, struct path *path)
{
	size_t before = push(path, "scopes", index, true);
	uint32_t n = a->e.count < b->e.count ? a->e.count : b->e.count;

	if (!same_envelope(&a->e, &b->e, TEL__SHAPE_SCOPE, "scope", path))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!same_metric(&a->metrics[i], &b->metrics[i], i, path))
			return false;
	if (!same_count(a->e.count, b->e.count, "metrics", path))
		return false;
	pop(path, before);
	return true;
}

static bool same_resource(const tel__resource *a, const tel__resource *b, uint32_t index, struct path *path)
{
	size_t before = push(path, "resources", index, true);
	uint32_t n = a->e.count < b->e.count ? a->e.count : b->e.count;

	if (!same_envelope(&a->e, &b->e, TEL__SHAPE_RESOURCE, "resource", path))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!same_scope(&a->scopes[i], &b->scopes[i], i, path))
			return false;
	if (!same_count(a->e.count, b->e.count, "scopes", path))
		return false;
	pop(path, before);
	return true;
}

static bool same_batch(const tel_metrics *a, const tel_metrics *b, struct path *path)
{
	uint32_t n = a->count < b->count ? a->count : b->count;

	for (uint32_t i = 0; i < n; i++)
		if (!same_resource(&a->resources[i], &b->resources[i], i, path))
			return false;
	if (!same_count(a->count, b->count, "resources", path))
		return false;
	return tel__slice_eq(a->rest, b->rest) || differs(path, "unknown field");
}

bool tel_metrics_equal(const tel_metrics *a, const tel_metrics *b, char *difference)
{
	struct path path = { .len = 0 };
	bool equal = same_batch(a, b, &path);

	if (difference)
		memcpy(difference, path.text, equal ? 1 : path.len + 1);
	if (difference && equal)
		*difference = '\0';
	return equal;
}
