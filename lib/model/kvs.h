/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_KVS_H
#define TEL_MODEL_KVS_H
/*
 * An opened set of attributes: one entry per KeyValue, in order, duplicates included. Values stay encoded until somebody
 * reads one; entries that nobody sets are written back as they came, unknown fields and all.
 */
#include <telemetry/value.h>

#include "base/arena.h"
#include "base/dynbuf.h"
#include "base/visibility.h"

typedef struct tel__kv {
	tel_slice key;
	tel_slice value; /* payload of AnyValue; ptr NULL = the KeyValue has none */
	tel_slice raw;   /* payload of the KeyValue as received; ptr NULL = made from key and value */
} tel__kv;

typedef struct tel__kvs {
	tel__kv *at;
	uint32_t count, cap;
	bool changed; /* something was set or removed */
} tel__kvs;

enum { TEL__KV_NONE = 0xffffffff };

TEL_PRIVATE_BEGIN

/* Index of the first entry with this key; TEL__KV_NONE. */
uint32_t tel__kvs_find(const tel__kvs *kvs, tel_slice key);
/* The value as the cursor gives it; TEL_VALUE_EMPTY when there is none. */
void tel__kv_get(const tel__kv *kv, tel_value *ret_value);
/* Sets the first entry with the key, or appends one. Key and value are copied.
 * TEL_OK; TEL_ERR_NOMEM; TEL_ERR_ARG and TEL_ERR_LIMIT as tel__value_add_pair() has them. */
tel_err tel__kvs_set(tel__arena *arena, const tel_alloc *alloc, tel__kvs *kvs, tel_slice key, const tel_value *value);
/* The same with an encoded AnyValue; neither is copied: both live as long as the batch. */
tel_err tel__kvs_set_encoded(tel__arena *arena, tel__kvs *kvs, tel_slice key, tel_slice value);
/* Removes one entry; those behind move up. */
void tel__kvs_remove(tel__kvs *kvs, uint32_t index);
void tel__kvs_clear(tel__kvs *kvs);

/* Appends the KeyValues that a message holds in one field. TEL_OK; TEL_ERR_NOMEM; TEL_ERR_LIMIT when entries would take
 * far more memory than attributes of that length can need (thousands of empty ones). */
tel_err tel__kvs_open(tel__arena *arena, tel__kvs *kvs, tel_slice message, uint32_t field);
/* Writes all entries as the given field. */
void tel__kvs_write(const tel__kvs *kvs, tel__dynbuf *out, uint32_t field);

TEL_PRIVATE_END
#endif
