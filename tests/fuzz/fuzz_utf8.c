/* SPDX-License-Identifier: Apache-2.0 */
/* All doors agree; what stands before the error is valid, and what stands at it is not the start of a character. */
#include "base/error_i.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_slice in = fuzz_slice(data, size);
	size_t bad = tel__utf8_error(in), at = 0, step;
	char text[64];

	fuzz_check(bad <= size);
	fuzz_check(tel__utf8_valid(in) == (bad == size));
	fuzz_check(tel__utf8_ok(data, size) == (bad == size));
	fuzz_check(tel__utf8_valid((tel_slice){ in.ptr, bad }));
	while (at < size && (step = tel__utf8_step(data + at, size - at)) != 0)
		at += step;
	fuzz_check(at == bad);
	(void)tel__slice_printable(in, text, sizeof(text));
	for (at = 0; text[at]; at++)
		fuzz_check((unsigned char)text[at] >= 0x20 && text[at] != 0x7f);
	fuzz_check(tel__utf8_valid((tel_slice){ text, at }));
	return 0;
}
