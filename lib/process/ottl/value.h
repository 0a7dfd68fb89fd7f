/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_VALUE_H
#define TEL_PROCESS_OTTL_VALUE_H
/*
 * Values while statements run, otel-processing.md 1.5: small unions over slices into bytes. Attribute data stays encoded;
 * a map is a run of KeyValues in a message, a KeyValueList, or an opened set, and whoever reads it does not see which.
 */
#include <telemetry/cursor.h>

#include "base/dynbuf.h"
#include "model/kvs.h"

typedef enum tel__ottl_type {
	TEL__OTTL_V_NIL, TEL__OTTL_V_BOOL, TEL__OTTL_V_INT, TEL__OTTL_V_FLOAT, TEL__OTTL_V_STR, TEL__OTTL_V_BYTES,
	TEL__OTTL_V_TIME,     /* i64: nanoseconds since 1970 */
	TEL__OTTL_V_DURATION, /* i64: nanoseconds */
	TEL__OTTL_V_MAP,      /* run or kvs, by form */
	TEL__OTTL_V_LIST,     /* run or items, by form */
	TEL__OTTL_V_OPAQUE    /* run, numbers or text, by form: what only Len() and assignment know */
} tel__ottl_type;

enum { /* forms */
	TEL__OTTL_RUN,        /* run: KeyValues of a map, AnyValues of a list */
	TEL__OTTL_KVS,        /* kvs */
	TEL__OTTL_RAW,        /* items, count: a list literal or what makes one */
	/* of opaque values */
	TEL__OTTL_POINTS, TEL__OTTL_EXEMPLARS, TEL__OTTL_QUANTILES, /* count */
	TEL__OTTL_COUNTS,     /* text: 8 bytes each, count */
	TEL__OTTL_BOUNDS,     /* the same, doubles */
	TEL__OTTL_BUCKETS,    /* text: payload of Buckets */
	TEL__OTTL_ID          /* text */
};

typedef struct tel__ottl_value {
	uint8_t type; /* tel__ottl_type */
	uint8_t form;
	uint32_t count;
	union {
		bool truth;
		int64_t i64;
		double f64;
		tel_slice text;
		tel_fields run;
		const tel__kvs *kvs;
		const struct tel__ottl_value *items;
	} u;
} tel__ottl_value;

/* The elements of a map or list, one by one. */
typedef struct tel__ottl_iter {
	const tel__ottl_value *of;
	tel_fields run;
	uint32_t at;
} tel__ottl_iter;

TEL_INLINE tel__ottl_value tel__ottl_nil(void)
{
	return (tel__ottl_value){ .type = TEL__OTTL_V_NIL };
}

TEL_INLINE tel__ottl_value tel__ottl_bool(bool truth)
{
	return (tel__ottl_value){ .type = TEL__OTTL_V_BOOL, .u.truth = truth };
}

TEL_INLINE tel__ottl_value tel__ottl_int(int64_t i64)
{
	return (tel__ottl_value){ .type = TEL__OTTL_V_INT, .u.i64 = i64 };
}

TEL_INLINE tel__ottl_value tel__ottl_float(double f64)
{
	return (tel__ottl_value){ .type = TEL__OTTL_V_FLOAT, .u.f64 = f64 };
}

TEL_INLINE tel__ottl_value tel__ottl_str(tel_slice text)
{
	return (tel__ottl_value){ .type = TEL__OTTL_V_STR, .u.text = text };
}

TEL_INLINE tel__ottl_value tel__ottl_bytes(tel_slice text)
{
	return (tel__ottl_value){ .type = TEL__OTTL_V_BYTES, .u.text = text };
}

TEL_INLINE tel__ottl_value tel__ottl_time(int64_t unix_ns)
{
	return (tel__ottl_value){ .type = TEL__OTTL_V_TIME, .u.i64 = unix_ns };
}

TEL_INLINE tel__ottl_value tel__ottl_duration(int64_t ns)
{
	return (tel__ottl_value){ .type = TEL__OTTL_V_DURATION, .u.i64 = ns };
}

TEL_INLINE tel__ottl_value tel__ottl_map_of(tel_fields run)
{
	return (tel__ottl_value){ .type = TEL__OTTL_V_MAP, .form = TEL__OTTL_RUN, .u.run = run };
}

TEL_INLINE tel__ottl_value tel__ottl_map_of_kvs(const tel__kvs *kvs)
{
	return (tel__ottl_value){ .type = TEL__OTTL_V_MAP, .form = TEL__OTTL_KVS, .u.kvs = kvs };
}

TEL_INLINE tel__ottl_value tel__ottl_raw(const tel__ottl_value *items, uint32_t count)
{
	return (tel__ottl_value){ .type = TEL__OTTL_V_LIST, .form = TEL__OTTL_RAW, .count = count, .u.items = items };
}

TEL_PRIVATE_BEGIN

/* An attribute's value; lists and maps are borrowed. */
tel__ottl_value tel__ottl_from(const tel_value *value);
/* A map or list out of an encoded KeyValueList or ArrayValue. */
tel__ottl_value tel__ottl_from_list(tel_value_type type, tel_slice bytes);

/* Go's name of the type, as messages have it. */
const char *tel__ottl_type_name(const tel__ottl_value *v);
/* The name of pcommon.ValueType of a scalar: Str, Bool, Double, Int, Bytes. */
const char *tel__ottl_value_type_name(const tel__ottl_value *v);

tel__ottl_iter tel__ottl_iterate(const tel__ottl_value *map_or_list);
bool tel__ottl_next_pair(tel__ottl_iter *it, tel_slice *ret_key, tel__ottl_value *ret_value);
bool tel__ottl_next_item(tel__ottl_iter *it, tel__ottl_value *ret_value);
uint32_t tel__ottl_count(const tel__ottl_value *map_or_list);
bool tel__ottl_find(const tel__ottl_value *map, tel_slice key, tel__ottl_value *ret_value);
bool tel__ottl_item_at(const tel__ottl_value *list, uint64_t index, tel__ottl_value *ret_value);

/* == of otel-processing.md 1.7; deep: int and float are different, as inside of maps and lists. */
bool tel__ottl_equal(const tel__ottl_value *a, const tel__ottl_value *b, bool deep);
/* One of TEL__OTTL_EQ ... GE; never fails. */
bool tel__ottl_compare(const tel__ottl_value *a, unsigned op, const tel__ottl_value *b);

/* AnyValue as the given field. Times, durations and opaque values are empty, 2.6. Texts that are not UTF-8 get U+FFFD for
 * each byte that is wrong. False: nested deeper than TEL_LIMIT_VALUE_DEPTH. out's error is for the caller. */
bool tel__ottl_write_any(tel__dynbuf *out, uint32_t field, const tel__ottl_value *v);
/* KeyValue as the given field. */
bool tel__ottl_write_pair(tel__dynbuf *out, uint32_t field, tel_slice key, const tel__ottl_value *v);
void tel__ottl_write_text(tel__dynbuf *out, tel_slice text);

/* JSON as StringLike getters and String() give it; scalars are bare texts on the top level only in tel__ottl_text(). */
bool tel__ottl_json(tel__dynbuf *out, const tel__ottl_value *v);
void tel__ottl_json_double(tel__dynbuf *out, double v);
void tel__ottl_json_quote(tel__dynbuf *out, tel_slice text);
/* Go's %v. */
void tel__ottl_go_text(tel__dynbuf *out, const tel__ottl_value *v);
/* 2023-01-02T00:00:00.5Z */
void tel__ottl_rfc3339(tel__dynbuf *out, int64_t unix_ns);

TEL_PRIVATE_END
#endif
