/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dynbuf.h"
#include "seams/cm.h"
#include "seams/failalloc.h"
#include "torture/torture.h"

static void dynbuf_collects_what_is_put(void **state)
{
	tel__dynbuf b;

	(void)state;
	tel__dynbuf_init(&b, NULL, 1000);
	tel__dynbuf_puts(&b, "a");
	tel__dynbuf_byte(&b, '=');
	tel__dynbuf_u64(&b, UINT64_MAX);
	tel__dynbuf_byte(&b, ' ');
	tel__dynbuf_i64(&b, INT64_MIN);
	tel__dynbuf_byte(&b, ' ');
	tel__dynbuf_double(&b, 0.1);
	tel__dynbuf_fmt(&b, " %s:%03d", "x", 7);
	tel__dynbuf_slice(&b, (tel_slice){ NULL, 0 });
	assert_ok(tel__dynbuf_error(&b));
	assert_slice(tel__dynbuf_get(&b), "a=18446744073709551615 -9223372036854775808 0.1 x:007");
	tel__dynbuf_fini(&b);
}

static void dynbuf_failure_sticks_until_reset(void **state)
{
	tel__dynbuf b;

	(void)state;
	tel__dynbuf_init(&b, NULL, 4);
	tel__dynbuf_puts(&b, "123");
	tel__dynbuf_puts(&b, "45");
	assert_err(tel__dynbuf_error(&b), TEL_ERR_LIMIT);
	tel__dynbuf_byte(&b, '4');
	assert_slice(tel__dynbuf_get(&b), "123");
	assert_null(tel__dynbuf_room(&b, 1));
	tel__dynbuf_reset(&b);
	tel__dynbuf_puts(&b, "1234");
	assert_ok(tel__dynbuf_error(&b));
	assert_slice(tel__dynbuf_get(&b), "1234");
	assert_null(tel__dynbuf_room(&b, SIZE_MAX));
	tel__dynbuf_fini(&b);
	tel__dynbuf_init(&b, NULL, 0);
	assert_non_null(tel__dynbuf_room(&b, 0));
	tel__dynbuf_puts(&b, "");
	assert_ok(tel__dynbuf_error(&b));
	tel__dynbuf_byte(&b, 'x');
	assert_err(tel__dynbuf_error(&b), TEL_ERR_LIMIT);
	tel__dynbuf_fini(&b);
}

static void dynbuf_formats_long_text(void **state)
{
	tel__dynbuf b;
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	tel__dynbuf_init(&b, NULL, 1u << 20);
	tel__dynbuf_fmt(&b, "<%s>", text);
	assert_int_equal(tel__dynbuf_get(&b).len, sizeof(text) + 1);
	assert_memory_equal(tel__dynbuf_get(&b).ptr + 1, text, sizeof(text) - 1);
	tel__dynbuf_fini(&b);
}

static void dynbuf_is_taken_without_a_copy(void **state)
{
	tel__dynbuf b;
	tel_buf *buf = NULL;
	const char *storage;

	(void)state;
	tel__dynbuf_init(&b, NULL, 100);
	assert_ok(tel__dynbuf_take(&b, &buf));
	assert_int_equal(tel_buf_get(buf).len, 0);
	tel_buf_unref(buf);
	tel__dynbuf_puts(&b, "kept");
	storage = tel__dynbuf_get(&b).ptr;
	assert_ok(tel__dynbuf_take(&b, &buf));
	assert_ptr_equal(tel_buf_get(buf).ptr, storage);
	assert_slice(tel_buf_get(buf), "kept");
	assert_int_equal(tel__dynbuf_get(&b).len, 0);
	tel_buf_unref(buf);
	tel__dynbuf_fini(&b);
}

static tel_err write_and_take(const tel_alloc *alloc, void *user)
{
	tel__dynbuf b;
	tel_buf *buf = NULL;
	tel_err rc;
	size_t i;

	(void)user;
	tel__dynbuf_init(&b, alloc, 100000);
	for (i = 0; i < 500; i++)
		tel__dynbuf_fmt(&b, "%zu,", i);
	rc = tel__dynbuf_take(&b, &buf);
	if (rc == TEL_OK)
		assert_int_equal(tel_buf_get(buf).len, 10 * 2 + 90 * 3 + 400 * 4);
	else
		assert_null(buf);
	tel_buf_unref(buf);
	tel__dynbuf_fini(&b);
	return rc;
}

static void dynbuf_survives_every_allocation_failing(void **state)
{
	(void)state;
	torture_alloc(write_and_take, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dynbuf_collects_what_is_put),
		cmocka_unit_test(dynbuf_failure_sticks_until_reset),
		cmocka_unit_test(dynbuf_formats_long_text),
		cmocka_unit_test(dynbuf_is_taken_without_a_copy),
		cmocka_unit_test(dynbuf_survives_every_allocation_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
