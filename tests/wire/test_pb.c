/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "wire/pb.h"

static const uint64_t edges[] = { 0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1fffff, 0x200000, 0xfffffff, 0x10000000,
	                              0xffffffff, 0x7ffffffff, 0x800000000, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX };

static void varints_round_trip_in_their_shortest_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
		uint8_t bytes[TEL__PB_VARINT_MAX];
		uint8_t *end = tel__pb_put_varint(bytes, edges[i]);
		uint64_t back = ~edges[i];

		assert_int_equal(end - bytes, tel__pb_varint_size(edges[i]));
		assert_ptr_equal(tel__pb_varint(bytes, end, &back), end);
		assert_true(back == edges[i]);
		for (const uint8_t *cut = bytes; cut < end; cut++)
			assert_null(tel__pb_varint(bytes, cut, &back));
	}
}

static void zigzag_keeps_signs(void **state)
{
	static const int64_t numbers[] = { 0, -1, 1, -2, 2, INT64_MAX, INT64_MIN };

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		assert_true(tel__pb_unzigzag(tel__pb_zigzag(numbers[i])) == numbers[i]);
	assert_int_equal(tel__pb_zigzag(-1), 1);
	assert_int_equal(tel__pb_zigzag(1), 2);
}

typedef struct {
	const char *bytes;
	size_t len;
	const char *why; /* NULL = can be read */
} field_row;
#define ROW(text, why) { text, sizeof(text) - 1, why }

static const field_row rows[] = {
	ROW("\x08\x01", NULL),
	ROW("\x88\x00\x01", NULL), /* a tag longer than it need be */
	ROW("\x08\x81\x00", NULL), /* a value likewise */
	ROW("\xf8\xff\xff\xff\x0f\x01", NULL), /* field 2^29-1 */
	ROW("", "a field is missing"),
	ROW("\x88", "a tag is cut off"),
	ROW("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "a tag is longer than 10 bytes"),
	ROW("\x00\x01", "field number 0"),
	ROW("\x80\x80\x80\x80\x10\x01", "a field number is above 2^29-1"),
	ROW("\x08", "a varint is cut off"),
	ROW("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "a varint is longer than 10 bytes"),
	ROW("\x09\x00\x00\x00\x00\x00\x00\x00", "a fixed64 is cut off"),
	ROW("\x0d\x00\x00\x00", "a fixed32 is cut off"),
	ROW("\x0a", "a length is cut off"),
	ROW("\x0a\x02x", "a length reaches past the end"),
	ROW("\x0b", "groups are not allowed"),
	ROW("\x0c", "groups are not allowed"),
	ROW("\x0e", "wire type 6 or 7"),
	ROW("\x0f", "wire type 6 or 7"),
};

static void damaged_fields_are_refused_and_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const uint8_t *p = (const uint8_t *)rows[i].bytes, *end = p + rows[i].len, *next;
		const char *why = tel__pb_why(p, end);
		tel__pb_reader r = tel__pb_read((tel_slice){ rows[i].bytes, rows[i].len });
		tel__pb_field f;
		uint32_t tag;

		if ((why == NULL) != (rows[i].why == NULL) || (why && strcmp(why, rows[i].why) != 0))
			fail_msg("row %zu: %s", i, why ? why : "readable");
		next = tel__pb_tag(p, end, &tag);
		if (next)
			next = tel__pb_skip(next, end, tag);
		assert_int_equal(next != NULL, why == NULL);
		assert_int_equal(tel__pb_next(&r, &f), why == NULL);
		assert_int_equal(r.bad, why != NULL && rows[i].len != 0);
	}
}

static void messages_of_unknown_length_get_the_shortest_one(void **state)
{
	static const size_t lengths[] = { 0, 1, 127, 128, 16383, 16384, 70000 };
	static char filler[70000];

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		tel__dynbuf b;
		tel__pb_reader r;
		tel__pb_field f;
		size_t opened;

		tel__dynbuf_init(&b, &tel__alloc_libc, 1 << 20);
		opened = tel__pb_add_open(&b, 3);
		tel__dynbuf_put(&b, filler, lengths[i]);
		tel__pb_add_close(&b, opened);
		tel__pb_add_double(&b, 4, 1.5);
		assert_int_equal(tel__dynbuf_error(&b), TEL_OK);
		r = tel__pb_read(tel__dynbuf_get(&b));
		assert_true(tel__pb_next(&r, &f));
		assert_int_equal(f.number, 3);
		assert_int_equal(f.bytes.len, lengths[i]);
		assert_int_equal(f.raw.len, tel__pb_len_size(3, lengths[i]));
		assert_true(tel__pb_next(&r, &f));
		assert_int_equal(f.wire, TEL__PB_FIXED64);
		assert_true(tel__pb_load_double(&f.value) == 1.5);
		assert_false(tel__pb_next(&r, &f));
		assert_false(r.bad);
		tel__dynbuf_fini(&b);
	}
}

static void a_writer_stops_at_the_ceiling(void **state)
{
	tel__dynbuf b;

	(void)state;
	tel__dynbuf_init(&b, &tel__alloc_libc, 32);
	for (int i = 0; i < 10; i++)
		tel__pb_add_fixed64(&b, 1, 7);
	assert_int_equal(tel__dynbuf_error(&b), TEL_ERR_LIMIT);
	assert_true(b.len <= 32);
	tel__dynbuf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(varints_round_trip_in_their_shortest_form),
		cmocka_unit_test(zigzag_keeps_signs),
		cmocka_unit_test(damaged_fields_are_refused_and_named),
		cmocka_unit_test(messages_of_unknown_length_get_the_shortest_one),
		cmocka_unit_test(a_writer_stops_at_the_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
