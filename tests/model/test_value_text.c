/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "model/value.h"
#include "model/value_text.h"
#include "model/walk.h"
#include "seams/cm.h"
#include "torture/torture.h"

#define STR(text) { .type = TEL_VALUE_STRING, .u.bytes = TEL_SLICE_LIT(text) }
#define INT(n) { .type = TEL_VALUE_INT, .u.integer = n }
#define REAL(n) { .type = TEL_VALUE_DOUBLE, .u.real = n }

/* The value as a batch holds it. */
static tel_value encoded(tel__dynbuf *b, const tel_value *v)
{
	tel_pair pair;
	assert_ok(tel__value_add_pair(b, 1, TEL_SLICE_LIT("k"), v));
	tel_fields all = tel__fields_of(tel__dynbuf_get(b), 1);
	tel_slice raw = { NULL, 0 };
	assert_true(tel__fields_next(&all, &raw));
	tel__pair_read(raw, &pair);
	return pair.value;
}

static void has_text(const tel_value *v, const char *text)
{
	tel__dynbuf bytes, out;
	tel__dynbuf_init(&bytes, &tel__alloc_libc, 1 << 20);
	tel__dynbuf_init(&out, &tel__alloc_libc, 1 << 20);
	tel_value value = encoded(&bytes, v);
	tel__value_put_text(&out, &value);
	assert_ok(tel__dynbuf_error(&out));
	assert_slice(tel__dynbuf_get(&out), text);
	tel__dynbuf_fini(&bytes);
	tel__dynbuf_fini(&out);
}

static void scalars_are_bare(void **state)
{
	(void)state;
	const struct {
		tel_value value;
		const char *text;
	} rows[] = {
		{ STR("a\"<\n"), "a\"<\n" }, { INT(-7), "-7" }, { INT(INT64_MIN), "-9223372036854775808" },
		{ { .type = TEL_VALUE_BOOL, .u.boolean = true }, "true" }, { { .type = TEL_VALUE_BOOL }, "false" },
		{ { .type = TEL_VALUE_EMPTY }, "" }, { { .type = TEL_VALUE_BYTES, .u.bytes = { "\1\2\3\xff", 4 } }, "AQID/w==" },
		{ REAL(1), "1" }, { REAL(-0.0), "-0" }, { REAL(2.5), "2.5" }, { REAL(1e6), "1000000" },
		{ REAL(1e20), "100000000000000000000" }, { REAL(1e21), "1e+21" }, { REAL(1e-5), "0.00001" },
		{ REAL(-1.5e-6), "-0.0000015" }, { REAL(1e-7), "1e-7" }, { REAL(1.25e-10), "1.25e-10" }, { REAL(1e-100), "1e-100" },
		{ REAL(0.0001), "0.0001" }, { REAL(NAN), "json: unsupported value: NaN" },
		{ REAL(-INFINITY), "json: unsupported value: -Inf" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		has_text(&rows[i].value, rows[i].text);
}

static void lists_and_maps_are_json_with_sorted_keys(void **state)
{
	(void)state;
	const tel_value items[] = { STR("a<>&\"\\\n\x01\xe2\x80\xa8"), INT(1), REAL(1e-7), { .type = TEL_VALUE_EMPTY } };
	const tel_value list = { .type = TEL_VALUE_ITEMS, .count = 4, .u.items = items };
	const tel_pair inner[] = { { TEL_SLICE_LIT("z"), list },
	                           { TEL_SLICE_LIT("b"), { .type = TEL_VALUE_BYTES, .u.bytes = { "\xff", 1 } } } };
	const tel_pair pairs[] = { { TEL_SLICE_LIT("b"), { .type = TEL_VALUE_PAIRS, .count = 2, .u.pairs = inner } },
	                           { TEL_SLICE_LIT("a"), INT(1) },
	                           { TEL_SLICE_LIT("a"), INT(2) } };
	const tel_value map = { .type = TEL_VALUE_PAIRS, .count = 3, .u.pairs = pairs };
	has_text(&list, "[\"a\\u003c\\u003e\\u0026\\\"\\\\\\n\\u0001\\u2028\",1,1e-7,null]");
	has_text(&map, "{\"a\":2,\"b\":{\"b\":\"/w==\",\"z\":[\"a\\u003c\\u003e\\u0026\\\"\\\\\\n\\u0001\\u2028\",1,1e-7,null]}}");
	has_text(&(tel_value){ .type = TEL_VALUE_ITEMS }, "[]");
	has_text(&(tel_value){ .type = TEL_VALUE_PAIRS }, "{}");
}

static void what_has_no_json_has_no_text(void **state)
{
	(void)state;
	const tel_value nan = REAL(NAN);
	has_text(&(tel_value){ .type = TEL_VALUE_ITEMS, .count = 1, .u.items = &nan }, "");
}

static tel_err text_without_memory(const tel_alloc *alloc, void *user)
{
	tel__dynbuf out;
	tel__dynbuf_init(&out, alloc, 1 << 20);
	tel__value_put_text(&out, user);
	tel_err e = tel__dynbuf_error(&out);
	if (!e)
		assert_slice(tel__dynbuf_get(&out), "{\"a\":\"x\",\"b\":1}");
	tel__dynbuf_fini(&out);
	return e;
}

static void torture_of_maps(void **state)
{
	(void)state;
	const tel_pair pairs[] = { { TEL_SLICE_LIT("b"), INT(1) }, { TEL_SLICE_LIT("a"), STR("x") } };
	tel__dynbuf bytes;
	tel__dynbuf_init(&bytes, &tel__alloc_libc, 1 << 20);
	tel_value map = encoded(&bytes, &(tel_value){ .type = TEL_VALUE_PAIRS, .count = 2, .u.pairs = pairs });
	torture_alloc(text_without_memory, &map);
	tel__dynbuf_fini(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_are_bare),
		cmocka_unit_test(lists_and_maps_are_json_with_sorted_keys),
		cmocka_unit_test(what_has_no_json_has_no_text),
		cmocka_unit_test(torture_of_maps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
