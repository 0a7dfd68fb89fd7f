/* SPDX-License-Identifier: Apache-2.0 */
#include "process/delta_value.h"

#include "base/limits.h"
#include "base/slice_i.h"
#include "model/otlp_fields.h"
#include "wire/pb.h"

/* ---- buckets of a point ---- */

/* Calls fill for each count of a Buckets message; returns how many there are. */
static uint32_t read_buckets(tel_slice message, int32_t *ret_offset, uint64_t *counts)
{
	tel__pb_reader r = tel__pb_read(message);
	tel__pb_field f;
	uint32_t n = 0;

	*ret_offset = 0;
	while (tel__pb_next(&r, &f)) {
		if (f.number == TEL__BUCKETS_OFFSET && f.wire == TEL__PB_VARINT) {
			*ret_offset = (int32_t)tel__pb_unzigzag((uint32_t)f.value);
		} else if (f.number == TEL__BUCKETS_COUNTS && f.wire == TEL__PB_VARINT) {
			if (counts)
				counts[n] = f.value;
			n++;
		} else if (f.number == TEL__BUCKETS_COUNTS && f.wire == TEL__PB_LEN) {
			const uint8_t *p = (const uint8_t *)f.bytes.ptr, *end = p + f.bytes.len;
			uint64_t count;

			while (p < end && (p = tel__pb_varint(p, end, &count))) {
				if (counts)
					counts[n] = count;
				n++;
			}
		}
	}
	return n;
}

tel_err tel__delta_buckets_of(const tel_alloc *alloc, const tel__point *point, bool exponential,
                              tel__delta_buckets **ret_buckets)
{
	int32_t offset;
	uint32_t positive = exponential ? read_buckets(point->positive, &offset, NULL) : (uint32_t)(point->bucket_counts.len / 8);
	uint32_t negative = exponential ? read_buckets(point->negative, &offset, NULL) : 0;
	tel__delta_buckets *b = tel__delta_buckets_new(alloc, (size_t)positive + negative);

	if (!b)
		return TEL_ERR_NOMEM;
	b->count = point->count;
	b->sum = point->sum;
	b->positive = positive;
	b->negative = negative;
	if (exponential) {
		b->scale = point->scale;
		b->zero_count = point->zero_count;
		b->zero_threshold = point->zero_threshold;
		read_buckets(point->positive, &b->positive_offset, b->counts);
		read_buckets(point->negative, &b->negative_offset, b->counts + positive);
	} else {
		b->bounds_hash = tel__slice_hash(point->bounds, 0);
		for (uint32_t i = 0; i < positive; i++)
			b->counts[i] = tel__pb_load64(point->bucket_counts.ptr + (size_t)i * 8);
	}
	*ret_buckets = b;
	return TEL_OK;
}

/* ---- histograms ---- */

static bool is_nan(double v)
{
	return v != v;
}

static void put_sum(tel__point *point, double before, double now)
{
	if (point->has & TEL_HAS_SUM)
		point->sum = is_nan(now) ? 0 : now - before;
	point->has &= ~(uint32_t)(TEL_HAS_MIN | TEL_HAS_MAX);
	point->changed = true;
}

tel_err tel__delta_histogram(tel__arena *arena, tel__point *point, const tel__delta_buckets *before,
                             const tel__delta_buckets *now, tel__delta_verdict *ret_verdict)
{
	uint64_t *counts;

	*ret_verdict = TEL__DELTA_GOOD;
	if (before->positive != now->positive)
		*ret_verdict = TEL__DELTA_OTHER_COUNT;
	else if (before->bounds_hash != now->bounds_hash)
		*ret_verdict = TEL__DELTA_OTHER_BOUNDS;
	if (*ret_verdict != TEL__DELTA_GOOD)
		return TEL_OK;
	if (now->count < before->count) { /* a new start: the value is what there was since */
		put_sum(point, 0, now->sum);
		return TEL_OK;
	}
	counts = tel__arena_array(arena, now->positive + 1u, sizeof(*counts));
	if (!counts)
		return TEL_ERR_NOMEM;
	for (uint32_t i = 0; i < now->positive; i++)
		counts[i] = now->counts[i] - before->counts[i];
	point->bucket_counts = (tel_slice){ (const char *)counts, (size_t)now->positive * sizeof(*counts) };
	point->count = now->count - before->count;
	put_sum(point, before->sum, now->sum);
	return TEL_OK;
}

/* ---- exponential histograms ---- */

/* A run of buckets from an index on. */
typedef struct range {
	const uint64_t *counts;
	uint32_t count;
	int32_t offset;
} range;

/* The buckets of one sign of now, less those of before at now's scale; false: one fell. Counts are written to out, which has
 * room for now.count. */
static bool subtract(range now, range before, uint32_t coarser, uint64_t *out)
{
	for (uint32_t i = 0; i < now.count; i++)
		out[i] = now.counts[i];
	for (uint32_t i = 0; i < before.count; i++) {
		int64_t index = ((int64_t)before.offset + i) >> coarser, at = index - now.offset;

		if (!before.counts[i])
			continue;
		if (at < 0 || at >= now.count || out[at] < before.counts[i])
			return false;
		out[at] -= before.counts[i];
	}
	return true;
}

/* Buckets without the zeros at both ends. */
static tel_err encode(tel__arena *arena, const tel_alloc *alloc, const uint64_t *counts, uint32_t count, int32_t offset,
                      tel_slice *ret_message)
{
	uint32_t from = 0;
	tel__dynbuf out;
	size_t opened;
	tel_err e;

	while (count && !counts[count - 1])
		count--;
	while (from < count && !counts[from])
		from++;
	if (from == count) {
		if (ret_message->ptr)
			*ret_message = (tel_slice){ "", 0 };
		return TEL_OK;
	}
	tel__dynbuf_init(&out, alloc, TEL_LIMIT_REQUEST_BYTES);
	if (offset + (int64_t)from)
		tel__pb_add_uint(&out, TEL__BUCKETS_OFFSET, (uint32_t)tel__pb_zigzag((int32_t)(offset + (int64_t)from)));
	opened = tel__pb_add_open(&out, TEL__BUCKETS_COUNTS);
	for (uint32_t i = from; i < count; i++)
		tel__pb_add_varint(&out, counts[i]);
	tel__pb_add_close(&out, opened);
	e = tel__dynbuf_error(&out);
	if (!e && !tel__arena_copy(arena, tel__dynbuf_get(&out), ret_message))
		e = TEL_ERR_NOMEM;
	tel__dynbuf_fini(&out);
	return e;
}

tel_err tel__delta_exponential(tel__arena *arena, const tel_alloc *alloc, tel__point *point,
                               const tel__delta_buckets *before, const tel__delta_buckets *now,
                               tel__delta_verdict *ret_verdict)
{
	range was[2] = { { before->counts, before->positive, before->positive_offset },
		             { before->counts + before->positive, before->negative, before->negative_offset } };
	range is[2] = { { now->counts, now->positive, now->positive_offset },
		            { now->counts + now->positive, now->negative, now->negative_offset } };
	int64_t coarser = (int64_t)before->scale - now->scale;
	uint64_t *counts = tel__arena_array(arena, (size_t)now->positive + now->negative + 1, sizeof(*counts));
	tel_slice positive = point->positive, negative = point->negative;
	tel_err e;

	*ret_verdict = TEL__DELTA_FELL;
	if (!counts)
		return TEL_ERR_NOMEM;
	/* A zero bucket of another width would have to be redistributed: such a point starts anew. */
	if (now->count < before->count || coarser < 0 || now->zero_threshold != before->zero_threshold ||
	    now->zero_count < before->zero_count)
		return TEL_OK;
	if (coarser > 31)
		coarser = 31;
	if (!subtract(is[0], was[0], (uint32_t)coarser, counts) ||
	    !subtract(is[1], was[1], (uint32_t)coarser, counts + now->positive))
		return TEL_OK;
	e = encode(arena, alloc, counts, now->positive, now->positive_offset, &positive);
	if (!e)
		e = encode(arena, alloc, counts + now->positive, now->negative, now->negative_offset, &negative);
	if (e)
		return e;
	point->positive = positive;
	point->negative = negative;
	point->count = now->count - before->count;
	point->zero_count = now->zero_count - before->zero_count;
	put_sum(point, before->sum, now->sum);
	*ret_verdict = TEL__DELTA_GOOD;
	return TEL_OK;
}
