/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "seams/cm.h"
#include "seams/fakerandom.h"

/* The definition, by value instead of by byte ranges: decode, then look at the number. */
static size_t naive_step(const uint8_t *p, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t value;
	size_t len, i;

	if (n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	len = (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : (p[0] & 0xf8) == 0xf0 ? 4 : 0;
	if (len == 0 || len > n)
		return 0;
	value = p[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3f);
	}
	return value < least[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff) ? 0 : len;
}

static size_t naive_error(const uint8_t *p, size_t n)
{
	size_t at = 0, len;

	while (at < n) {
		len = naive_step(p + at, n - at);
		if (len == 0)
			return at;
		at += len;
	}
	return n;
}

static void agrees(const uint8_t *p, size_t n)
{
	tel_slice s = { (const char *)p, n };
	size_t bad = naive_error(p, n);

	if (tel__utf8_error(s) != bad || tel__utf8_valid(s) != (bad == n) || tel__utf8_ok(p, n) != (bad == n) ||
	    tel__utf8_valid_slow(p, n) != (bad == n))
		fail_msg("%zu bytes %02x %02x %02x %02x: error at %zu, not %zu", n, p[0], n > 1 ? p[1] : 0,
		         n > 2 ? p[2] : 0, n > 3 ? p[3] : 0, tel__utf8_error(s), bad);
}

static void utf8_agrees_with_the_definition_on_all_of_1_to_3_bytes(void **state)
{
	uint8_t p[4] = { 0 };
	uint32_t v;

	(void)state;
	for (v = 0; v < 1u << 24; v++) {
		p[0] = (uint8_t)(v >> 16);
		p[1] = (uint8_t)(v >> 8);
		p[2] = (uint8_t)v;
		if ((v & 0xffff) == 0)
			agrees(p, 1);
		if ((v & 0xff) == 0)
			agrees(p, 2);
		if (tel__utf8_step(p, 3) != naive_step(p, 3))
			fail_msg("%06x", v);
		if (v % 7 == 0) /* whole validation is slower than the step, and walks by it */
			agrees(p, 3);
	}
}

static void utf8_agrees_with_the_definition_on_4_byte_leads(void **state)
{
	uint8_t p[4];
	uint32_t v;

	(void)state;
	for (v = 0; v < 1u << 24; v++) { /* all leads f0-ff, all second bytes, borders and samples of the rest */
		static const uint8_t tails[] = { 0x00, 0x7f, 0x80, 0x81, 0xa5, 0xbf, 0xc0, 0xff };

		if (v >> 18)
			break;
		p[0] = (uint8_t)(0xf0 | (v >> 14 & 15));
		p[1] = (uint8_t)(v >> 6);
		p[2] = tails[v >> 3 & 7];
		p[3] = tails[v & 7];
		agrees(p, 4);
	}
}

/* One bad byte, or none, at every position of texts of every length around the widths of the registers. */
static void utf8_finds_the_bad_byte_wherever_it_stands(void **state)
{
	static const uint8_t bad[] = { 0x80, 0xff, 0xc0, 0xed, 0xf5 };
	uint8_t text[300];
	size_t len, at, i;

	(void)state;
	for (len = 1; len <= 200; len++) {
		memset(text, 'a', sizeof(text));
		agrees(text, len);
		for (at = 0; at < len; at++) {
			for (i = 0; i < sizeof(bad); i++) {
				text[at] = bad[i];
				assert_int_equal(tel__utf8_error((tel_slice){ (char *)text, len }), at);
				assert_false(tel__utf8_ok(text, len));
			}
			text[at] = 'a';
		}
	}
}

static void utf8_agrees_with_the_definition_on_mixed_text(void **state)
{
	static const char *const pieces[] = {
		"plain ASCII text that is longer than a register is wide, a few times over, really", "a", "\xc3\xa9",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "",
		/* the rest is not valid */
		"\xf4\x90\x80\x80", "\xc3", "\xed\xa0\x80", "\xfe"
	};
	uint64_t seed = 11;
	uint8_t text[4096];
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		size_t len = 0, count = splitmix64(&seed) % 24, i;
		uint64_t kinds = splitmix64(&seed) % 8 ? 9 : 13; /* mostly valid text */

		for (i = 0; i < count; i++) {
			const char *piece = pieces[splitmix64(&seed) % kinds];

			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
		}
		agrees(text, len);
		agrees(text, len ? len - 1 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_agrees_with_the_definition_on_all_of_1_to_3_bytes),
		cmocka_unit_test(utf8_agrees_with_the_definition_on_4_byte_leads),
		cmocka_unit_test(utf8_finds_the_bad_byte_wherever_it_stands),
		cmocka_unit_test(utf8_agrees_with_the_definition_on_mixed_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
