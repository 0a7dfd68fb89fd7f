/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32c.h"
#include "seams/cm.h"
#include "seams/fakerandom.h"

/* RFC 3720 appendix B.4 and the usual check value. */
static void crc32c_matches_the_vectors(void **state)
{
	char bytes[32];
	size_t i;

	(void)state;
	assert_int_equal(tel__crc32c(0, TEL_SLICE_LIT("123456789")), 0xe3069283u);
	assert_int_equal(tel__crc32c(0, TEL_SLICE_LIT("")), 0);
	memset(bytes, 0, 32);
	assert_int_equal(tel__crc32c(0, (tel_slice){ bytes, 32 }), 0x8a9136aau);
	memset(bytes, 0xff, 32);
	assert_int_equal(tel__crc32c(0, (tel_slice){ bytes, 32 }), 0x62a8ab43u);
	for (i = 0; i < 32; i++)
		bytes[i] = (char)i;
	assert_int_equal(tel__crc32c(0, (tel_slice){ bytes, 32 }), 0x46dd794eu);
	assert_int_equal(tel__crc32c_portable(0, (tel_slice){ bytes, 32 }), 0x46dd794eu);
}

static void crc32c_is_the_same_in_pieces_and_without_the_instruction(void **state)
{
	char bytes[200];
	uint64_t seed = 5;
	size_t len, cut;

	(void)state;
	for (len = 0; len < sizeof(bytes); len++)
		bytes[len] = (char)splitmix64(&seed);
	for (len = 0; len <= sizeof(bytes); len++) {
		uint32_t whole = tel__crc32c(0, (tel_slice){ bytes, len });

		assert_int_equal(tel__crc32c_portable(0, (tel_slice){ bytes, len }), whole);
		for (cut = 0; cut <= len; cut++)
			assert_int_equal(tel__crc32c(tel__crc32c(0, (tel_slice){ bytes, cut }),
			                             (tel_slice){ bytes + cut, len - cut }), whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc32c_matches_the_vectors),
		cmocka_unit_test(crc32c_is_the_same_in_pieces_and_without_the_instruction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
