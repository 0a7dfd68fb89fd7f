/* SPDX-License-Identifier: Apache-2.0 */
/* A Retry-After that is read is at most the clamp, shrinks as time passes when it is a date, and ignores white space. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "sink/retry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t now = UINT64_C(784111777000000000), hour = UINT64_C(3600000000000);
	char padded[256];
	uint64_t ns = 7, later = 7, again = 7;
	bool ok = tel__retry_after_parse(fuzz_slice(data, size), now, &ns);

	fuzz_check(ok || ns == 7);
	fuzz_check(!ok || ns <= TEL__RETRY_HINT_MAX_NS);
	fuzz_check(tel__retry_after_parse(fuzz_slice(data, size), now + hour, &later) == ok);
	fuzz_check(later <= ns);
	if (size < sizeof padded - 2) {
		padded[0] = ' ';
		memcpy(padded + 1, data, size);
		padded[size + 1] = '\t';
		fuzz_check(tel__retry_after_parse((tel_slice){ padded, size + 2 }, now, &again) == ok && again == ns);
	}
	return 0;
}
