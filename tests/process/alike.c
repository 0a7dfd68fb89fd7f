/* SPDX-License-Identifier: Apache-2.0 */
#include "process/alike.h"

#include <math.h>
#include <stdio.h>

#include <telemetry/buf.h>
#include <telemetry/otlp.h>

#include "base/slice_i.h"
#include "model/fields.h"
#include "seams/cm.h"

typedef struct comparison {
	unsigned flags;
	char where[256];
	bool quiet; /* trying partners: not a difference yet */
} comparison;

static bool differs(comparison *c, const char *what)
{
	if (!c->quiet && !c->where[0])
		snprintf(c->where, sizeof c->where, "%s", what);
	return false;
}

static bool same_double(const comparison *c, uint64_t a, uint64_t b)
{
	double x, y;

	memcpy(&x, &a, sizeof x);
	memcpy(&y, &b, sizeof y);
	if (a == b || (isnan(x) && isnan(y)))
		return true;
	return (c->flags & ALIKE_LAST_PLACE) && (a > b ? a - b : b - a) <= 1;
}

typedef bool same_item(comparison *c, const void *a, const void *b, tel__shape_id shape);

/* Each of a has its own partner among b. */
static bool same_set(comparison *c, const char *a, const char *b, size_t n, size_t size, same_item *same, tel__shape_id shape)
{
	bool *used = calloc(n + 1, sizeof *used), quiet = c->quiet;
	size_t i, j;

	assert_non_null(used);
	c->quiet = true;
	for (i = 0; i < n; i++) {
		for (j = 0; j < n; j++)
			if (!used[j] && same(c, a + i * size, b + j * size, shape))
				break;
		if (j == n)
			break;
		used[j] = true;
	}
	c->quiet = quiet;
	free(used);
	return i == n;
}

static bool same_message(comparison *c, tel_slice a, tel_slice b, tel__shape_id shape);

static bool same_slices(comparison *c, const void *a, const void *b, tel__shape_id shape)
{
	return same_message(c, *(const tel_slice *)a, *(const tel_slice *)b, shape);
}

static size_t list(tel_fields fields, tel_slice **ret_items)
{
	size_t n = 0;

	*ret_items = calloc(fields.count + 1, sizeof **ret_items);
	assert_non_null(*ret_items);
	while (n < fields.count && tel__fields_next(&fields, &(*ret_items)[n]))
		n++;
	return n;
}

static bool same_elements(comparison *c, tel_fields a, tel_fields b, tel__shape_id shape, const char *name, bool as_set)
{
	tel_slice *x, *y;
	size_t n = list(a, &x);
	bool same = n == list(b, &y);

	if (same && as_set && shape != TEL__SHAPE_NONE)
		same = same_set(c, (const char *)x, (const char *)y, n, sizeof *x, same_slices, shape);
	for (size_t i = 0; same && !as_set && i < n; i++)
		same = shape == TEL__SHAPE_NONE ? tel__slice_eq(x[i], y[i]) : same_message(c, x[i], y[i], shape);
	free(x);
	free(y);
	return same || differs(c, name);
}

static bool same_numbers(comparison *c, tel_numbers a, tel_numbers b, bool fixed, bool real, const char *name)
{
	uint64_t x = 0, y = 0;

	for (;;) {
		bool more = fixed ? tel__number_next_fixed(&a, &x) : tel__number_next_varint(&a, &x);

		if (more != (fixed ? tel__number_next_fixed(&b, &y) : tel__number_next_varint(&b, &y)))
			return differs(c, name);
		if (!more)
			return true;
		if (real ? !same_double(c, x, y) : x != y)
			return differs(c, name);
	}
}

static bool same_scalar(comparison *c, const tel__message *a, const tel__message *b, tel__shape_id shape, uint32_t number)
{
	const tel__field_info *info = &tel__field_infos[shape][number];
	tel__pb_field x, y;
	bool has = tel__message_has(a, shape, number);

	if (has != tel__message_has(b, shape, number))
		return differs(c, info->name);
	if (!has)
		return true;
	tel__message_get(a, number, &x);
	tel__message_get(b, number, &y);
	if (x.wire == TEL__PB_LEN)
		return tel__slice_eq(x.bytes, y.bytes) || differs(c, info->name);
	if (info->rep == TEL__REP_DOUBLE)
		return same_double(c, x.value, y.value) || differs(c, info->name);
	return tel__scalar(&x, (tel__rep)info->rep) == tel__scalar(&y, (tel__rep)info->rep) || differs(c, info->name);
}

static bool is_data(tel__shape_id shape)
{
	return shape >= TEL__SHAPE_GAUGE && shape <= TEL__SHAPE_SUMMARY;
}

static bool same_field(comparison *c, const tel__message *a, const tel__message *b, tel__shape_id shape, uint32_t number)
{
	const char *name = tel__field_infos[shape][number].name;
	tel__shape_id sub = (tel__shape_id)tel__shapes[shape].sub[number];
	tel__pb_field x = { .number = 0 }, y = { .number = 0 };
	bool as_set = (sub == TEL__SHAPE_KEY_VALUE && !(c->flags & ALIKE_LISTS)) ||
	              (is_data(shape) && (c->flags & ALIKE_ANY_ORDER));

	switch (tel__shapes[shape].kind[number]) {
	case TEL__KIND_UNKNOWN:
		return true;
	case TEL__KIND_MESSAGE: {
		bool has = tel__message_get(a, number, &x), too = tel__message_get(b, number, &y);

		if (has != too && (shape == TEL__SHAPE_ANY_VALUE || shape == TEL__SHAPE_METRIC))
			return differs(c, name);
		return same_message(c, x.bytes, y.bytes, sub);
	}
	case TEL__KIND_MESSAGES:
	case TEL__KIND_TEXTS:
		return same_elements(c, tel__message_fields(a, number), tel__message_fields(b, number), sub, name, as_set);
	case TEL__KIND_FIXED64S:
		return same_numbers(c, tel__message_numbers(a, number), tel__message_numbers(b, number), true,
		                    tel__field_infos[shape][number].rep == TEL__REP_DOUBLE, name);
	case TEL__KIND_VARINTS:
		return same_numbers(c, tel__message_numbers(a, number), tel__message_numbers(b, number), false, false, name);
	default:
		return same_scalar(c, a, b, shape, number);
	}
}

static bool same_message(comparison *c, tel_slice a, tel_slice b, tel__shape_id shape)
{
	tel__message x, y;

	tel__message_split(a, shape, &x);
	tel__message_split(b, shape, &y);
	for (uint32_t number = 1; number < TEL__SHAPE_FIELDS; number++)
		if (!same_field(c, &x, &y, shape, number))
			return false;
	return true;
}

static bool same_metric(comparison *c, const void *a, const void *b, tel__shape_id shape)
{
	return same_message(c, ((const tel__metric *)a)->raw, ((const tel__metric *)b)->raw, shape);
}

static bool same_scope(comparison *c, const tel__scope *a, const tel__scope *b)
{
	if (!same_message(c, a->e.self, b->e.self, TEL__SHAPE_SCOPE))
		return false;
	if (!tel__slice_eq(a->e.schema_url, b->e.schema_url))
		return differs(c, "scope's schemaUrl");
	if (a->e.count != b->e.count)
		return differs(c, "number of metrics");
	if (c->flags & ALIKE_ANY_ORDER)
		return same_set(c, (const char *)a->metrics, (const char *)b->metrics, a->e.count, sizeof *a->metrics,
		                same_metric, TEL__SHAPE_METRIC) || differs(c, "metrics in any order");
	for (uint32_t i = 0; i < a->e.count; i++)
		if (!same_metric(c, &a->metrics[i], &b->metrics[i], TEL__SHAPE_METRIC))
			return false;
	return true;
}

static bool same_resource(comparison *c, const void *x, const void *y, tel__shape_id shape)
{
	const tel__resource *a = x, *b = y;

	if (!same_message(c, a->e.self, b->e.self, shape))
		return false;
	if (!tel__slice_eq(a->e.schema_url, b->e.schema_url))
		return differs(c, "resource's schemaUrl");
	if (a->e.count != b->e.count)
		return differs(c, "number of scopes");
	for (uint32_t i = 0; i < a->e.count; i++)
		if (!same_scope(c, &a->scopes[i], &b->scopes[i]))
			return false;
	return true;
}

/* As received: no metric in pieces. */
static tel_metrics *fresh(const tel_metrics *m)
{
	tel_metrics *out = NULL;
	tel_buf *buf = NULL;

	assert_ok(tel_otlp_encode((tel_metrics *)(uintptr_t)m, &buf, NULL));
	assert_ok(tel_otlp_decode(buf, NULL, &out, NULL, NULL));
	tel_buf_unref(buf);
	return out;
}

bool alike(const tel_metrics *a, const tel_metrics *b, unsigned flags, char *ret_where)
{
	comparison c = { .flags = flags };
	tel_metrics *x = fresh(a), *y = fresh(b);
	bool same = x->count == y->count || differs(&c, "number of resources");

	if (same && (flags & ALIKE_ANY_RESOURCES))
		same = same_set(&c, (const char *)x->resources, (const char *)y->resources, x->count, sizeof *x->resources,
		                same_resource, TEL__SHAPE_RESOURCE) || differs(&c, "resources in any order");
	for (uint32_t i = 0; same && !(flags & ALIKE_ANY_RESOURCES) && i < x->count; i++)
		same = same_resource(&c, &x->resources[i], &y->resources[i], TEL__SHAPE_RESOURCE);
	tel_metrics_free(x);
	tel_metrics_free(y);
	memcpy(ret_where, c.where, sizeof c.where);
	return same;
}
