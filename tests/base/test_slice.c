/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice_i.h"
#include "seams/cm.h"

#define S(text) TEL_SLICE_LIT(text)

static void slices_compare_by_bytes(void **state)
{
	(void)state;
	assert_true(tel__slice_cmp(S("abc"), S("abd")) < 0);
	assert_true(tel__slice_cmp(S("ab"), S("abc")) < 0);
	assert_true(tel__slice_cmp(S("\xff"), S("a")) > 0);
	assert_int_equal(tel__slice_cmp(S(""), (tel_slice){ NULL, 0 }), 0);
	assert_true(tel__slice_eq((tel_slice){ NULL, 0 }, S("")));
	assert_true(tel__slice_is(S("abc"), "abc"));
	assert_true(tel__slice_starts(S("abc"), S("ab")));
	assert_true(tel__slice_starts(S("abc"), (tel_slice){ NULL, 0 }));
	assert_false(tel__slice_starts(S("a"), S("ab")));
	assert_true(tel__slice_ends(S("abc"), S("bc")));
	assert_false(tel__slice_ends(S("c"), S("bc")));
	assert_true(tel__slice_eq_nocase(S("Content-Type"), S("content-tYPE")));
	assert_false(tel__slice_eq_nocase(S("[@"), S("{`")));
	assert_false(tel__slice_eq_nocase(S("\xc3\x84"), S("\xc3\xa4")));
}

static void slices_are_trimmed_and_searched(void **state)
{
	(void)state;
	assert_slice(tel__slice_trim(S(" \t\r\na b\n ")), "a b");
	assert_slice(tel__slice_trim(S(" \n")), "");
	assert_int_equal(tel__slice_find(S("a=b=c"), '='), 1);
	assert_int_equal(tel__slice_find(S("abc"), '='), 3);
	assert_int_equal(tel__slice_find((tel_slice){ NULL, 0 }, '='), 0);
	assert_int_equal(tel__slice_rfind(S("a=b=c"), '='), 3);
	assert_int_equal(tel__slice_rfind(S("=abc"), '='), 0);
	assert_int_equal(tel__slice_rfind(S("abc"), '='), 3);
	assert_int_equal(tel__slice_rfind((tel_slice){ NULL, 0 }, '='), 0);
}

static void slice_next_yields_every_field_once(void **state)
{
	tel_slice rest = S("a,,b,"), field;
	static const char *const wanted[] = { "a", "", "b", "" };
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_true(tel__slice_next(&rest, ',', &field));
		assert_slice(field, wanted[i]);
	}
	assert_false(tel__slice_next(&rest, ',', &field));
	rest = S("");
	assert_true(tel__slice_next(&rest, ',', &field));
	assert_false(tel__slice_next(&rest, ',', &field));
}

/* Every single-bit change of keys of all short lengths, the seed and the length itself reach all parts of the hash. */
static void slice_hash_spreads(void **state)
{
	char key[40] = { 0 };
	uint64_t seed = 1, seen_or = 0, seen_and = UINT64_MAX, base, h;
	size_t len, bit, buckets[64] = { 0 }, i;

	(void)state;
	for (len = 1; len <= sizeof(key); len++) {
		base = tel__slice_hash((tel_slice){ key, len }, seed);
		assert_true(base != tel__slice_hash((tel_slice){ key, len - 1 }, seed));
		assert_true(base != tel__slice_hash((tel_slice){ key, len }, seed + 1));
		for (bit = 0; bit < len * 8; bit++) {
			key[bit / 8] = (char)(key[bit / 8] ^ (1 << bit % 8));
			h = tel__slice_hash((tel_slice){ key, len }, seed);
			key[bit / 8] = (char)(key[bit / 8] ^ (1 << bit % 8));
			assert_true(h != base);
			seen_or |= h ^ base;
			seen_and &= h ^ base;
			buckets[h & 63]++;
		}
	}
	assert_true(seen_or == UINT64_MAX);
	assert_true(seen_and == 0);
	for (i = 0; i < 64; i++) /* 6560 keys, 102 expected each */
		assert_in_range(buckets[i], 50, 160);
}

static void text_is_cut_between_characters(void **state)
{
	(void)state;
	tel_slice text = TEL_SLICE_LIT("a\xc3\xbc\xf0\x9f\x98\x80z"), odd = TEL_SLICE_LIT("\x80\x80\x80\x80\x80\x80\x80\x80");
	static const size_t want[] = { 0, 1, 1, 3, 3, 3, 3, 7, 8, 8 };
	for (size_t max = 0; max < 10; max++)
		assert_int_equal(tel__slice_cut(text, max).len, want[max]);
	assert_int_equal(tel__slice_cut(odd, 6).len, 3); /* not text at all */
	assert_int_equal(tel__slice_cut((tel_slice){ NULL, 0 }, 5).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_cut_between_characters),
		cmocka_unit_test(slices_compare_by_bytes),
		cmocka_unit_test(slices_are_trimmed_and_searched),
		cmocka_unit_test(slice_next_yields_every_field_once),
		cmocka_unit_test(slice_hash_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
