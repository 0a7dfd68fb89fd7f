/* SPDX-License-Identifier: Apache-2.0 */
#include "model/kvs.h"

#include <string.h>

#include "base/limits.h"
#include "base/slice_i.h"
#include "model/value.h"
#include "model/walk.h"
#include "wire/pb.h"

enum { OPEN_FACTOR = 12, OPEN_FLOOR = 4096 }; /* an entry is 48 bytes, a KeyValue that says something 8 or more */

uint32_t tel__kvs_find(const tel__kvs *kvs, tel_slice key)
{
	for (uint32_t i = 0; i < kvs->count; i++) {
		if (tel__slice_eq(kvs->at[i].key, key))
			return i;
	}
	return TEL__KV_NONE;
}

void tel__kv_get(const tel__kv *kv, tel_value *ret_value)
{
	tel__value_read(kv->value, ret_value);
}

static tel_err append(tel__arena *arena, tel__kvs *kvs, const tel__kv *kv)
{
	if (kvs->count == kvs->cap) {
		uint32_t cap = kvs->cap ? 2 * kvs->cap : 8;
		tel__kv *at = tel__arena_grow(arena, kvs->at, kvs->cap * sizeof *at, cap * sizeof *at);

		if (!at)
			return TEL_ERR_NOMEM;
		kvs->at = at;
		kvs->cap = cap;
	}
	kvs->at[kvs->count++] = *kv;
	return TEL_OK;
}

/* Key and value of a KeyValue, the last of each. */
static tel__kv read_kv(tel_slice raw)
{
	tel__kv kv = { .raw = raw };
	tel__pb_reader r = tel__pb_read(raw);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		if (f.wire != TEL__PB_LEN)
			continue;
		if (f.number == TEL__KV_KEY)
			kv.key = f.bytes;
		else if (f.number == TEL__KV_VALUE)
			kv.value = f.bytes;
	}
	return kv;
}

tel_err tel__kvs_open(tel__arena *arena, tel__kvs *kvs, tel_slice message, uint32_t field)
{
	size_t most = OPEN_FACTOR * message.len + OPEN_FLOOR;
	tel__pb_reader r = tel__pb_read(message);
	tel__pb_field f;
	tel_err e = TEL_OK;

	while (!e && tel__pb_next(&r, &f)) {
		tel__kv kv;

		if (f.number != field || f.wire != TEL__PB_LEN)
			continue;
		if (kvs->count >= most / sizeof kv)
			return TEL_ERR_LIMIT;
		kv = read_kv(f.bytes);
		e = append(arena, kvs, &kv);
	}
	return e;
}

static tel_err put(tel__arena *arena, tel__kvs *kvs, const tel__kv *kv)
{
	uint32_t i = tel__kvs_find(kvs, kv->key);
	tel_err e = TEL_OK;

	if (i == TEL__KV_NONE)
		e = append(arena, kvs, kv);
	else
		kvs->at[i] = *kv;
	if (!e)
		kvs->changed = true;
	return e;
}

tel_err tel__kvs_set_encoded(tel__arena *arena, tel__kvs *kvs, tel_slice key, tel_slice value)
{
	return put(arena, kvs, &(tel__kv){ .key = key, .value = value });
}

tel_err tel__kvs_set(tel__arena *arena, const tel_alloc *alloc, tel__kvs *kvs, tel_slice key, const tel_value *value)
{
	tel__dynbuf b;
	tel_slice raw = { NULL, 0 }, payload;
	tel__pb_reader r;
	tel__pb_field f;
	tel_err e;

	tel__dynbuf_init(&b, alloc, TEL_LIMIT_REQUEST_BYTES);
	e = tel__value_add_pair(&b, 1, key, value);
	if (!e && !tel__arena_copy(arena, tel__dynbuf_get(&b), &raw))
		e = TEL_ERR_NOMEM;
	tel__dynbuf_fini(&b);
	if (e)
		return e;
	r = tel__pb_read(raw);
	payload = tel__pb_next(&r, &f) ? f.bytes : raw;
	{
		tel__kv kv = read_kv(payload);

		return put(arena, kvs, &kv);
	}
}

void tel__kvs_remove(tel__kvs *kvs, uint32_t index)
{
	kvs->count--;
	memmove(kvs->at + index, kvs->at + index + 1, (kvs->count - index) * sizeof *kvs->at);
	kvs->changed = true;
}

void tel__kvs_clear(tel__kvs *kvs)
{
	kvs->changed |= kvs->count != 0;
	kvs->count = 0;
}

void tel__kvs_write(const tel__kvs *kvs, tel__dynbuf *out, uint32_t field)
{
	for (uint32_t i = 0; i < kvs->count; i++) {
		const tel__kv *kv = &kvs->at[i];
		size_t opened;

		if (kv->raw.ptr) {
			tel__pb_add_bytes(out, field, kv->raw);
			continue;
		}
		opened = tel__pb_add_open(out, field);
		tel__pb_add_bytes(out, TEL__KV_KEY, kv->key);
		if (kv->value.ptr)
			tel__pb_add_bytes(out, TEL__KV_VALUE, kv->value);
		tel__pb_add_close(out, opened);
	}
}
