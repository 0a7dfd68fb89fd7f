/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_CHECK_H
#define TEL_MODEL_CHECK_H
/*
 * Validates the content of a message: wire format, lengths, nesting, text. One pass, no allocation. Structural damage
 * ends the pass; bad text and fields that need merging are only noted.
 */
#include <telemetry/error.h>

#include "model/shape.h"

typedef struct tel__check {
	unsigned max_depth;        /* levels of AnyValue */
	const uint8_t *bad_text;   /* first text that is not UTF-8; NULL = none */
	bool again;                /* a singular message or a oneof occurs twice: normalise */
	tel_err error;             /* TEL_ERR_MALFORMED or TEL_ERR_LIMIT after a check that returned false */
	const uint8_t *at, *end;   /* the field that is damaged, and the end of its message */
	const char *why;           /* phrase for the message */
} tel__check;

/* False: structural damage, described in c. */
bool tel__check_message(tel__check *c, tel__shape_id shape, const uint8_t *p, const uint8_t *end);
/* The points of a data message, counted; full = false skips their content by length. */
bool tel__check_data(tel__check *c, uint32_t type, bool full, const uint8_t *p, const uint8_t *end,
                     uint32_t *ret_points);
/* Notes structural damage of the field at p; always false. */
bool tel__check_damage(tel__check *c, const uint8_t *p, const uint8_t *end);

#endif
