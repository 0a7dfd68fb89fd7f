/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "model/otlp_fields.h"
#include "model/walk.h"

typedef tel__ottl_call call;
typedef tel__ottl_compiler compiler;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* aggregate_on_*: points with equal attributes and times become one, otel-processing.md 3.3. */

typedef enum fold { FOLD_NONE, FOLD_SUM, FOLD_MEAN, FOLD_MIN, FOLD_MAX, FOLD_MEDIAN, FOLD_COUNT } fold;

/* The points that become one, in order. */
typedef struct bunch {
	struct bunch *next;   /* with the same key, but not to be merged */
	tel__point *first;
	tel__point **points;  /* further ones */
	uint32_t count, cap;
} bunch;

static fold fold_of(tel_slice word)
{
	static const char *const words[] = { "", "sum", "mean", "min", "max", "median", "count" };

	for (unsigned i = FOLD_SUM; i <= FOLD_COUNT; i++)
		if (tel__slice_is(word, words[i]))
			return (fold)i;
	return FOLD_NONE;
}

static bool make_fold(compiler *c, call *made)
{
	tel_slice word = tel__slice_cut(tel__ottl_lit_str(made, 0, ""), 128);

	return fold_of(word) || tel__ottl_refuse(c, "invalid aggregation function: 'unsupported function: '" TEL_SLICE_FMT
	                                         "'', valid options: sum, mean, min, max, median, count", TEL_SLICE_ARG(word));
}

/* What has to be equal, as text: attributes by key, times, and of histograms their shape. */

static int by_key(const void *a, const void *b)
{
	return tel__slice_cmp(((const tel__kv *)a)->key, ((const tel__kv *)b)->key);
}

static bool identity(machine *m, const tel__metric_edit *edit, const tel__point *p, tel_slice *ret)
{
	uint32_t n = p->attributes.count;
	size_t from = m->out.len;
	tel__kv *sorted = tel__ottl_take(m, n * sizeof *sorted);
	uint64_t shape[2] = { p->time_unix_ns, edit->temporality == TEL_DELTA ? p->start_unix_ns : 0 };

	if (!sorted)
		return false;
	if (n)
		memcpy(sorted, p->attributes.at, n * sizeof *sorted);
	if (n > 1)
		qsort(sorted, n, sizeof *sorted, by_key);
	for (uint32_t i = 0; i < n; i++) {
		tel__pb_add_bytes(&m->out, 1, sorted[i].key);
		tel__pb_add_bytes(&m->out, 2, sorted[i].value);
	}
	tel__dynbuf_put(&m->out, shape, sizeof shape);
	if (edit->type == TEL_METRIC_HISTOGRAM)
		tel__dynbuf_slice(&m->out, p->bounds);
	if (edit->type == TEL_METRIC_HISTOGRAM || edit->type == TEL_METRIC_EXP_HISTOGRAM)
		tel__dynbuf_u64(&m->out, p->has & (TEL_HAS_MIN | TEL_HAS_MAX));
	if (edit->type == TEL_METRIC_EXP_HISTOGRAM)
		tel__dynbuf_i64(&m->out, p->scale);
	return tel__ottl_keep(m, from, ret);
}

/* Numbers. */

static double number_of(const tel__point *p)
{
	return p->has & TEL_HAS_INT ? (double)p->as_int : p->has & TEL_HAS_DOUBLE ? p->as_double : 0;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool median(machine *m, const bunch *b, double *ret)
{
	uint32_t n = b->count + 1;
	double *all = tel__ottl_take(m, n * sizeof *all);

	if (!all)
		return false;
	all[0] = number_of(b->first);
	for (uint32_t i = 0; i < b->count; i++)
		all[i + 1] = number_of(b->points[i]);
	qsort(all, n, sizeof *all, by_number);
	*ret = n % 2 ? all[n / 2] : (all[n / 2 - 1] + all[n / 2]) / 2;
	return true;
}

/* The type of the first point decides; a sum of integers takes only integers. */
static bool fold_numbers(machine *m, fold how, bunch *b)
{
	tel__point *first = b->first;
	bool is_int = (first->has & TEL_HAS_INT) != 0;
	uint64_t sum = (uint64_t)first->as_int;
	double d = number_of(first);

	if (how == FOLD_MEDIAN && !median(m, b, &d))
		return false;
	if (how == FOLD_COUNT)
		d = b->count + 1;
	for (uint32_t i = 0; i < b->count; i++) {
		const tel__point *p = b->points[i];
		double v = number_of(p);

		if (how == FOLD_SUM || how == FOLD_MEAN) {
			sum += p->has & TEL_HAS_INT ? (uint64_t)p->as_int : 0;
			d += is_int ? 0 : p->has & TEL_HAS_DOUBLE ? p->as_double : 0;
		} else if ((how == FOLD_MIN && v < d) || (how == FOLD_MAX && v > d)) {
			d = v;
		}
	}
	if (how == FOLD_MEAN)
		d /= b->count + 1;
	first->as_double = is_int ? 0 : d;
	if (is_int && (how == FOLD_SUM || how == FOLD_MEAN))
		first->as_int = how == FOLD_SUM ? (int64_t)sum : (int64_t)sum / (int64_t)(b->count + 1);
	else if (is_int)
		first->as_int = (int64_t)d;
	return true;
}

/* Histograms. */

static bool add_counts(machine *m, tel_slice *into, tel_slice from)
{
	size_t at = m->out.len;

	for (size_t i = 0; i + 8 <= into->len; i += 8) {
		uint64_t v = tel__pb_load64(into->ptr + i) + (i + 8 <= from.len ? tel__pb_load64(from.ptr + i) : 0);

		tel__dynbuf_put(&m->out, &v, sizeof v);
	}
	return tel__ottl_keep_in_batch(m, at, into);
}

static tel_numbers buckets_of(tel_slice message, int32_t *ret_offset)
{
	tel_numbers n = { 0 };
	tel__pb_reader r = tel__pb_read(message);
	tel__pb_field f;

	*ret_offset = 0;
	while (tel__pb_next(&r, &f)) {
		if (f.number == TEL__BUCKETS_OFFSET && f.wire == TEL__PB_VARINT)
			*ret_offset = (int32_t)tel__pb_unzigzag((uint32_t)f.value);
		else if (f.number == TEL__BUCKETS_COUNTS)
			tel__numbers_add(&n, f.number, TEL__PB_VARINT, (const uint8_t *)f.raw.ptr, (const uint8_t *)f.bytes.ptr, r.p,
			                 f.wire == TEL__PB_LEN);
	}
	return n;
}

enum { BUCKETS_MAX = 1 << 16 };

/* The sum of two sets of buckets of one scale, over the range of both. */
static bool add_buckets(machine *m, tel_slice *into, tel_slice from)
{
	int32_t a_at, b_at;
	tel_numbers a = buckets_of(*into, &a_at), b = buckets_of(from, &b_at);
	int64_t low, high;
	uint64_t *sums, v;
	size_t start = m->out.len, opened;

	if (!b.count)
		return true;
	if (!a.count) {
		*into = from;
		return true;
	}
	low = a_at < b_at ? a_at : b_at;
	high = (int64_t)a_at + a.count > (int64_t)b_at + b.count ? (int64_t)a_at + a.count : (int64_t)b_at + b.count;
	if (high - low > BUCKETS_MAX)
		return tel__ottl_fail(m, "buckets too far apart to be added");
	sums = tel__ottl_take(m, (size_t)(high - low) * sizeof *sums);
	if (!sums)
		return false;
	memset(sums, 0, (size_t)(high - low) * sizeof *sums);
	for (int64_t i = a_at - low; tel__number_next_varint(&a, &v); i++)
		sums[i] += v;
	for (int64_t i = b_at - low; tel__number_next_varint(&b, &v); i++)
		sums[i] += v;
	if (low)
		tel__pb_add_uint(&m->out, TEL__BUCKETS_OFFSET, (uint32_t)tel__pb_zigzag(low));
	opened = tel__pb_add_open(&m->out, TEL__BUCKETS_COUNTS);
	for (int64_t i = 0; i < high - low; i++)
		tel__pb_add_varint(&m->out, sums[i]);
	tel__pb_add_close(&m->out, opened);
	return tel__ottl_keep_in_batch(m, start, into);
}

static bool fold_histograms(machine *m, const tel__metric_edit *edit, bunch *b)
{
	tel__point *to = b->first;

	for (uint32_t i = 0; i < b->count; i++) {
		const tel__point *p = b->points[i];

		if (!p->count)
			continue;
		to->count += p->count;
		to->sum += p->sum;
		if (p->has & TEL_HAS_MIN && p->min < to->min)
			to->min = p->min;
		if (p->has & TEL_HAS_MAX && p->max > to->max)
			to->max = p->max;
		if (edit->type == TEL_METRIC_HISTOGRAM) {
			if (!add_counts(m, &to->bucket_counts, p->bucket_counts))
				return false;
			continue;
		}
		to->zero_count += p->zero_count;
		if (!add_buckets(m, &to->positive, p->positive) || !add_buckets(m, &to->negative, p->negative))
			return false;
	}
	return true;
}

/* All points. */

static bool put_in_bunch(machine *m, bunch *b, tel__point *p)
{
	if (b->count == b->cap) {
		uint32_t cap = b->cap ? 2 * b->cap : 4;
		tel__point **grown = tel__ottl_take(m, cap * sizeof(tel__point *));

		if (!grown)
			return false;
		if (b->count)
			memcpy(grown, b->points, b->count * sizeof(tel__point *));
		b->points = grown;
		b->cap = cap;
	}
	b->points[b->count++] = p;
	return true;
}

static bool gather(machine *m, tel__metric_edit *edit, tel__map *known, bunch **ret_first)
{
	bunch *last = NULL, *b;

	for (uint32_t i = 0; i < edit->count; i++) {
		tel__point *p = &edit->points[i];
		void *found = NULL;
		tel_slice key;

		if (!tel__ottl_step(m) || !identity(m, edit, p, &key))
			return false;
		if (tel__map_get(known, key, &found)) {
			b = found;
			if (!put_in_bunch(m, b, p))
				return false;
			continue;
		}
		b = tel__ottl_take(m, sizeof *b);
		if (!b)
			return false;
		*b = (bunch){ .first = p };
		if (tel__map_put(known, key, b, NULL) != TEL_OK)
			return tel__ottl_fail_nomem(m);
		if (last)
			last->next = b;
		else
			*ret_first = b;
		last = b;
	}
	return true;
}

static bool fold_bunch(machine *m, tel__metric_edit *edit, fold how, bunch *b)
{
	tel__point *to = b->first;

	if (!b->count)
		return true;
	for (uint32_t i = 0; i < b->count; i++) {
		if (b->points[i]->start_unix_ns < to->start_unix_ns)
			to->start_unix_ns = b->points[i]->start_unix_ns;
		b->points[i]->dropped = true;
	}
	to->changed = true;
	if (edit->type == TEL_METRIC_HISTOGRAM || edit->type == TEL_METRIC_EXP_HISTOGRAM)
		return fold_histograms(m, edit, b);
	return fold_numbers(m, how, b);
}

static bool merge_points(machine *m, tel__metric_edit *edit, fold how)
{
	bunch *first = NULL;
	tel__map *known;
	uint32_t kept = 0;
	bool ok;

	if (tel__map_new(&m->alloc, TEL__MAP_BORROW_KEYS, 0x9e3779b97f4a7c15, &known) != TEL_OK)
		return tel__ottl_fail_nomem(m);
	ok = gather(m, edit, known, &first);
	tel__map_free(known);
	for (; ok && first; first = first->next)
		ok = fold_bunch(m, edit, how, first);
	if (!ok)
		return false;
	for (uint32_t i = 0; i < edit->count; i++)
		if (!edit->points[i].dropped)
			edit->points[kept++] = edit->points[i];
	if (kept != edit->count && kept)
		edit->points[0].changed = true;
	edit->count = kept;
	return true;
}

static bool in_list(const value *list, tel_slice text)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (tel__slice_eq(list->u.items[i].u.text, text))
			return true;
	return false;
}

static bool begin(machine *m, const char *function, tel__metric_edit **ret)
{
	unsigned type = tel__ottl_metric_type_of(m->item);

	*ret = NULL;
	if (type == TEL_METRIC_SUMMARY)
		return tel__ottl_fail_fmt(m, "%s does not support aggregating Summary metrics", function);
	if (type == TEL_METRIC_NONE)
		return true;
	*ret = tel__ottl_edit_points(m);
	return *ret != NULL;
}

static bool eval_on_attributes(machine *m, const call *c, value *ret)
{
	const value *keep = tel__ottl_literal(c->args[1]);
	tel__metric_edit *edit;

	(void)ret;
	if (!begin(m, "aggregate_on_attributes", &edit))
		return false;
	if (!edit)
		return true;
	for (uint32_t i = 0; keep && i < edit->count; i++) {
		tel__kvs *kvs = &edit->points[i].attributes;
		uint32_t kept = 0;

		for (uint32_t k = 0; k < kvs->count; k++)
			if (in_list(keep, kvs->at[k].key))
				kvs->at[kept++] = kvs->at[k];
		kvs->changed |= kept != kvs->count;
		kvs->count = kept;
	}
	return merge_points(m, edit, fold_of(tel__ottl_lit_str(c, 0, "")));
}

static bool eval_on_value(machine *m, const call *c, value *ret)
{
	const value *values = tel__ottl_literal(c->args[2]);
	tel_slice key = tel__ottl_lit_str(c, 1, ""), fresh;
	tel__metric_edit *edit;
	tel__arena *arena;
	size_t from = m->out.len;

	(void)ret;
	if (!begin(m, "aggregate_on_attribute_value", &edit))
		return false;
	if (!edit)
		return true;
	tel__pb_add_bytes(&m->out, TEL_VALUE_STRING, tel__ottl_lit_str(c, 3, ""));
	if (!tel__ottl_keep_in_batch(m, from, &fresh) || !tel__ottl_model(m, tel__metrics_arena(m->item->batch, &arena)))
		return false;
	for (uint32_t i = 0; i < edit->count; i++) {
		tel__kvs *kvs = &edit->points[i].attributes;
		uint32_t at = tel__kvs_find(kvs, key);
		tel_value v;

		if (at == TEL__KV_NONE)
			continue;
		tel__kv_get(&kvs->at[at], &v);
		if (v.type == TEL_VALUE_STRING && in_list(values, v.u.bytes) &&
		    !tel__ottl_model(m, tel__kvs_set_encoded(arena, kvs, kvs->at[at].key, fresh)))
			return false;
	}
	return merge_points(m, edit, fold_of(tel__ottl_lit_str(c, 0, "")));
}

static const tel__ottl_impl rows[] = {
	{ "aggregate_on_attributes", eval_on_attributes, make_fold, 0, 0, 0 },
	{ "aggregate_on_attribute_value", eval_on_value, make_fold, 0, 0, 0 },
};

TEL__OTTL_IMPLS(tel__ottl_aggregate_editors);
