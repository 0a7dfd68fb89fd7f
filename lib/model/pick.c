/* SPDX-License-Identifier: Apache-2.0 */
#include "model/pick.h"

#include <string.h>

#include "wire/pb.h"

/* What is wanted of a message; each picker looks at the members that it needs. */
typedef struct {
	const tel__shape *shape;
	uint32_t number, tag;
} wish;

/* The piece of a field that is wanted; len 0 = not wanted. */
typedef tel_slice picker(const wish *w, const tel__pb_field *f);

static tel_err pick(tel__arena *arena, tel_slice message, picker *want, const wish *w, tel_slice *ret_fields)
{
	tel__pb_reader r = tel__pb_read(message);
	tel__pb_field f;
	tel_slice run = { message.ptr, 0 }, piece;
	bool together = true;
	char *to;

	while (tel__pb_next(&r, &f)) {
		piece = want(w, &f);
		if (!piece.len)
			continue;
		if (!run.len)
			run.ptr = piece.ptr;
		together &= run.ptr + run.len == piece.ptr;
		run.len += piece.len;
	}
	if (together) {
		*ret_fields = run;
		return TEL_OK;
	}
	to = tel__arena_alloc(arena, run.len);
	if (!to)
		return TEL_ERR_NOMEM;
	*ret_fields = (tel_slice){ to, run.len };
	r = tel__pb_read(message);
	while (tel__pb_next(&r, &f)) {
		piece = want(w, &f);
		if (piece.len)
			memcpy(to, piece.ptr, piece.len);
		to += piece.len;
	}
	return TEL_OK;
}

static tel_slice nothing(void)
{
	return (tel_slice){ NULL, 0 };
}

static tel_slice want_other(const wish *w, const tel__pb_field *f)
{
	bool known = tel__shape_kind(w->shape, f->number, f->wire) != TEL__KIND_UNKNOWN;

	return !known || f->number == w->number ? f->raw : nothing();
}

static tel_slice want_numbered(const wish *w, const tel__pb_field *f)
{
	return f->number == w->number && f->wire == TEL__PB_LEN ? f->raw : nothing();
}

static tel_slice want_without(const wish *w, const tel__pb_field *f)
{
	return TEL__PB_TAG(f->number, f->wire) != w->tag ? f->raw : nothing();
}

static tel_slice want_fixed64s(const wish *w, const tel__pb_field *f)
{
	if (f->number != w->number)
		return nothing();
	if (f->wire == TEL__PB_LEN)
		return f->bytes;
	/* not packed: the last 8 bytes of the field */
	return f->wire == TEL__PB_FIXED64 ? (tel_slice){ f->raw.ptr + f->raw.len - 8, 8 } : nothing();
}

tel_err tel__pick_unknown(tel__arena *arena, const tel__shape *shape, tel_slice message, tel_slice *ret_fields)
{
	return pick(arena, message, want_other, &(wish){ .shape = shape }, ret_fields);
}

tel_err tel__pick_other(tel__arena *arena, tel__shape_id shape, tel_slice message, uint32_t number,
                          tel_slice *ret_fields)
{
	return pick(arena, message, want_other, &(wish){ .shape = &tel__shapes[shape], .number = number }, ret_fields);
}

tel_err tel__pick_numbered(tel__arena *arena, tel_slice message, uint32_t number, tel_slice *ret_fields)
{
	return pick(arena, message, want_numbered, &(wish){ .number = number }, ret_fields);
}

tel_err tel__pick_without(tel__arena *arena, tel_slice message, uint32_t tag, tel_slice *ret_fields)
{
	return pick(arena, message, want_without, &(wish){ .tag = tag }, ret_fields);
}

tel_err tel__pick_fixed64s(tel__arena *arena, tel_slice message, uint32_t number, tel_slice *ret_numbers)
{
	return pick(arena, message, want_fixed64s, &(wish){ .number = number }, ret_numbers);
}

tel_err tel__pick_join(tel__arena *arena, tel_slice a, tel_slice b, tel_slice *ret_joined)
{
	char *to;

	if (!a.len || !b.len) {
		*ret_joined = a.len ? a : b;
		return TEL_OK;
	}
	to = tel__arena_alloc(arena, a.len + b.len);
	if (!to)
		return TEL_ERR_NOMEM;
	memcpy(to, a.ptr, a.len);
	memcpy(to + a.len, b.ptr, b.len);
	*ret_joined = (tel_slice){ to, a.len + b.len };
	return TEL_OK;
}
