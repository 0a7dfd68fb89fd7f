/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_SHAPE_H
#define TEL_MODEL_SHAPE_H
/*
 * The messages below Metric, Resource and InstrumentationScope as tables: what the checker validates and the
 * normaliser merges. opentelemetry-proto common.proto, resource.proto, metrics.proto.
 */
#include <telemetry/slice.h>

#include "base/visibility.h"

typedef enum tel__kind {
	TEL__KIND_UNKNOWN = 0, /* kept, not looked into */
	TEL__KIND_VARINT,
	TEL__KIND_FIXED64,
	TEL__KIND_TEXT,        /* string: UTF-8 */
	TEL__KIND_BYTES,
	TEL__KIND_MESSAGE,     /* singular: occurrences merge */
	TEL__KIND_MESSAGES,    /* repeated */
	TEL__KIND_TEXTS,       /* repeated string */
	TEL__KIND_FIXED64S,    /* repeated fixed64 or double, packed or not */
	TEL__KIND_VARINTS      /* repeated varint, packed or not */
} tel__kind;

typedef enum tel__shape_id {
	TEL__SHAPE_NONE = 0,
	TEL__SHAPE_ANY_VALUE,
	TEL__SHAPE_ARRAY,
	TEL__SHAPE_KVLIST,
	TEL__SHAPE_KEY_VALUE,
	TEL__SHAPE_ENTITY_REF,
	TEL__SHAPE_RESOURCE,
	TEL__SHAPE_SCOPE,
	TEL__SHAPE_EXEMPLAR,
	TEL__SHAPE_NUMBER_POINT,
	TEL__SHAPE_HISTOGRAM_POINT,
	TEL__SHAPE_BUCKETS,
	TEL__SHAPE_EXP_POINT,
	TEL__SHAPE_QUANTILE,
	TEL__SHAPE_SUMMARY_POINT,
	TEL__SHAPE_GAUGE,
	TEL__SHAPE_SUM,
	TEL__SHAPE_HISTOGRAM,
	TEL__SHAPE_EXP_HISTOGRAM,
	TEL__SHAPE_SUMMARY,
	TEL__SHAPE_METRIC,
	TEL__SHAPE_COUNT
} tel__shape_id;

enum { TEL__SHAPE_FIELDS = 16 }; /* field numbers of all messages are below */

typedef struct tel__shape {
	uint8_t kind[TEL__SHAPE_FIELDS]; /* tel__kind by field number */
	uint8_t sub[TEL__SHAPE_FIELDS];  /* tel__shape_id of a message field */
	uint16_t oneof;                  /* bits of the fields in the message's oneof */
} tel__shape;

extern const tel__shape tel__shapes[TEL__SHAPE_COUNT];

/* What a field on the wire is: unknown when its wire type is not the one of its number. */
tel__kind tel__shape_kind(const tel__shape *shape, uint32_t number, uint32_t wire);
/* Shape of the data message and of its points by tel__metric_type; TEL__SHAPE_NONE for other field numbers. */
tel__shape_id tel__shape_of_data(uint32_t type);
tel__shape_id tel__shape_of_point(uint32_t type);

#endif
