/* SPDX-License-Identifier: Apache-2.0 */
/* A number that is read is written so that it reads back as the same bits; the text agrees with the C library's. */
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "fuzz/fuzz.h"

static void check_double(double v)
{
	char text[TEL__NUM_DOUBLE_MAX + 1];
	size_t len = tel__num_format_double(v, text);
	double back;

	fuzz_check(len <= TEL__NUM_DOUBLE_MAX);
	if (isnan(v) || isinf(v))
		return;
	fuzz_check(tel__num_parse_double((tel_slice){ text, len }, &back) == TEL_OK);
	fuzz_check(memcmp(&v, &back, sizeof(v)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char copy[256], text[TEL__NUM_INT_MAX];
	tel_slice in = fuzz_slice(data, size);
	uint64_t u64 = 0, again = 0;
	int64_t i64 = 0;
	double v;

	if (tel__num_parse_double(in, &v) == TEL_OK) {
		check_double(v);
		if (size < sizeof(copy)) {
			memcpy(copy, data, size);
			copy[size] = '\0';
			fuzz_check(strtod(copy, NULL) == v);
		}
	}
	if (tel__num_parse_u64(in, &u64) == TEL_OK) {
		fuzz_check(tel__num_parse_u64((tel_slice){ text, tel__num_format_u64(u64, text) }, &again) == TEL_OK);
		fuzz_check(again == u64);
	}
	if (tel__num_parse_i64(in, &i64) == TEL_OK)
		fuzz_check(i64 < 0 ? data[0] == '-' : u64 == 0 || (uint64_t)i64 == u64);
	if (size >= sizeof(v)) {
		memcpy(&v, data, sizeof(v));
		check_double(v);
	}
	return 0;
}
