/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_FIELDS_H
#define TEL_MODEL_FIELDS_H
/*
 * The messages of OTLP field by field, driven by the shapes of model/shape.h: for whoever treats all messages alike
 * (equality, JSON, text). What is hot reads through model/walk.h.
 */
#include <telemetry/cursor.h>

#include "model/shape.h"
#include "model/walk.h"

/* What the bits of a scalar mean, and how OTLP/JSON writes them. */
typedef enum tel__rep {
	TEL__REP_NONE = 0, /* not a scalar */
	TEL__REP_BOOL,
	TEL__REP_UINT32,
	TEL__REP_SINT32,   /* zigzag */
	TEL__REP_ENUM,
	TEL__REP_INT64,    /* varint or sfixed64; a string in JSON */
	TEL__REP_UINT64,   /* varint or fixed64; a string in JSON */
	TEL__REP_DOUBLE,
	TEL__REP_TEXT,
	TEL__REP_BASE64,   /* bytes */
	TEL__REP_HEX       /* trace and span ids */
} tel__rep;

typedef struct tel__field_info {
	const char *name; /* lowerCamelCase, as in OTLP/JSON; NULL = no such field */
	uint8_t rep;      /* tel__rep */
	bool presence;    /* set and zero differs from not set */
} tel__field_info;

extern const tel__field_info tel__field_infos[TEL__SHAPE_COUNT][TEL__SHAPE_FIELDS];

/* Where one field of a message is: offsets of its first and last tag, and behind the last occurrence. */
typedef struct tel__span {
	uint32_t first, last, end, count;
} tel__span;

typedef struct tel__message {
	tel_slice bytes;
	tel__span fields[TEL__SHAPE_FIELDS]; /* by number; 0 = everything that is unknown */
} tel__message;

TEL_PRIVATE_BEGIN

/* Finds the fields of a message of that shape; a known number with another wire type counts as unknown. */
void tel__message_split(tel_slice bytes, tel__shape_id shape, tel__message *ret_message);
/* The last occurrence of a singular field; false when there is none. */
bool tel__message_get(const tel__message *m, uint32_t number, tel__pb_field *ret_field);
/* The elements of a repeated field. */
tel_fields tel__message_fields(const tel__message *m, uint32_t number);
tel_numbers tel__message_numbers(const tel__message *m, uint32_t number);
/* The next field that is unknown to the shape; *at starts at 0. */
bool tel__message_unknown(const tel__message *m, tel__shape_id shape, size_t *at, tel__pb_field *ret_field);
/* Whether a reader sees the field at all: a scalar without presence is not there when it is zero. */
bool tel__message_has(const tel__message *m, tel__shape_id shape, uint32_t number);
/* A scalar as its meaning: bool 0 or 1, 32-bit kinds truncated and sign-extended, doubles as bits. */
uint64_t tel__scalar(const tel__pb_field *field, tel__rep rep);

TEL_PRIVATE_END
#endif
