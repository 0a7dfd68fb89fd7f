/* SPDX-License-Identifier: Apache-2.0 */
#include "model/normalise.h"

#include "base/dynbuf.h"
#include "wire/pb.h"

enum { SMALL_ROOM = 16 * 1024 }; /* so that small messages may be nested as they like */

typedef struct {
	const tel_alloc *alloc;
	size_t max;  /* of one buffer */
	size_t room; /* bytes that joined messages, one inside the other, may still take */
} limits;

static void rewrite(limits *l, const tel__shape *shape, tel_slice bytes, tel__dynbuf *out);

static tel__kind kind_of(const tel__shape *shape, const tel__pb_field *f)
{
	return tel__shape_kind(shape, f->number, f->wire);
}

/* Start of the last field that sets the oneof to another member than the last one: what stands before it is void. */
static void last_of_oneof(const tel__shape *shape, tel_slice bytes, uint32_t *ret_number, const char **ret_from)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	*ret_number = 0;
	*ret_from = bytes.ptr;
	while (tel__pb_next(&r, &f)) {
		if (kind_of(shape, &f) == TEL__KIND_UNKNOWN || !(shape->oneof & (1u << f.number)) || f.number == *ret_number)
			continue;
		*ret_number = f.number;
		*ret_from = f.raw.ptr;
	}
}

/* Joins the payloads of a singular message from a position on. */
static void join(const tel__shape *shape, tel_slice bytes, const char *from, uint32_t number, tel__dynbuf *out)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		if (f.number == number && f.raw.ptr >= from && kind_of(shape, &f) == TEL__KIND_MESSAGE)
			tel__dynbuf_slice(out, f.bytes);
	}
}

static bool comes_again(const tel__shape *shape, tel__pb_reader rest, uint32_t number)
{
	tel__pb_field f;

	while (tel__pb_next(&rest, &f)) {
		if (f.number == number && kind_of(shape, &f) != TEL__KIND_UNKNOWN)
			return true;
	}
	return false;
}

static void add_message(limits *l, const tel__shape *sub, uint32_t number, tel_slice bytes, tel__dynbuf *out)
{
	size_t opened = tel__pb_add_open(out, number);

	rewrite(l, sub, bytes, out);
	tel__pb_add_close(out, opened);
}

static void add_joined(limits *l, const tel__shape *shape, tel_slice bytes, const char *from, uint32_t number,
                       tel__dynbuf *out)
{
	tel__dynbuf joined;

	tel__dynbuf_init(&joined, l->alloc, l->room);
	join(shape, bytes, from, number, &joined);
	l->room -= joined.cap;
	if (tel__dynbuf_error(&joined))
		out->error = tel__dynbuf_error(&joined);
	else
		add_message(l, &tel__shapes[shape->sub[number]], number, tel__dynbuf_get(&joined), out);
	l->room += joined.cap;
	tel__dynbuf_fini(&joined);
}

/* Recursion is as deep as the checked message; quadratic only in how often one singular field is repeated. */
static void rewrite(limits *l, const tel__shape *shape, tel_slice bytes, tel__dynbuf *out)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;
	uint32_t member;
	const char *from;
	bool emitted[TEL__SHAPE_FIELDS] = { false };

	last_of_oneof(shape, bytes, &member, &from);
	while (tel__pb_next(&r, &f)) {
		tel__kind kind = kind_of(shape, &f);
		bool in_oneof = kind != TEL__KIND_UNKNOWN && (shape->oneof & (1u << f.number));

		if (in_oneof && (f.number != member || f.raw.ptr < from))
			continue;
		if (kind == TEL__KIND_MESSAGE) {
			const tel__shape *sub = &tel__shapes[shape->sub[f.number]];

			if (emitted[f.number])
				continue;
			emitted[f.number] = true;
			if (comes_again(shape, r, f.number)) {
				add_joined(l, shape, bytes, in_oneof ? from : bytes.ptr, f.number, out);
			} else {
				add_message(l, sub, f.number, f.bytes, out);
			}
		} else if (kind == TEL__KIND_MESSAGES) {
			add_message(l, &tel__shapes[shape->sub[f.number]], f.number, f.bytes, out);
		} else if (!in_oneof || !comes_again(shape, r, f.number)) {
			tel__dynbuf_slice(out, f.raw);
		}
	}
}

tel_err tel__normalise(const tel_alloc *alloc, tel__arena *arena, tel__shape_id shape, tel_slice bytes,
                       tel_slice *ret_bytes)
{
	/* lengths are written anew in their shortest form, so that the result is never longer than the input */
	limits l = { alloc, bytes.len + 64, 4 * bytes.len + SMALL_ROOM };
	tel__dynbuf out;
	tel_err e;

	tel__dynbuf_init(&out, alloc, l.max);
	rewrite(&l, &tel__shapes[shape], bytes, &out);
	e = tel__dynbuf_error(&out);
	if (!e && !tel__arena_copy(arena, tel__dynbuf_get(&out), ret_bytes))
		e = tel__arena_error(arena);
	tel__dynbuf_fini(&out);
	return e;
}
