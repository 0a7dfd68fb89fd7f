/* SPDX-License-Identifier: Apache-2.0 */
/* A token that is read is a header value; a refusal has a text without control characters and without our secret; the first
 * byte chooses status and type. */
#include <string.h>

#include "auth/token_answer.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const tel_slice types[] = { TEL_SLICE_LIT("application/json"), TEL_SLICE_LIT("text/plain"), TEL_SLICE_LIT("") };
	unsigned status;
	tel_slice type;
	tel__token_answer a;
	tel_error err = TEL_ERROR_INIT;

	if (size == 0)
		return 0;
	status = data[0] & 1 ? 200 : 400;
	type = types[(data[0] >> 1) % 3];
	if (tel__token_answer_read(&tel__alloc_libc, status, type, fuzz_slice(data + 1, size - 1), TEL_SLICE_LIT("secret"), &a,
	                           &err) != TEL_OK) {
		fuzz_check(err.msg[0] && !strstr(err.msg, "secret"));
		for (const char *p = err.msg; *p; p++)
			fuzz_check((unsigned char)*p >= 0x20 && *p != 0x7f);
		return 0;
	}
	fuzz_check(status == 200 && a.header.len >= 3 && a.lifetime_ns > 0);
	for (size_t i = 0; i < a.header.len; i++)
		fuzz_check((unsigned char)a.header.bytes[i] >= 0x20 || a.header.bytes[i] == '\t');
	tel__secret_fini(&tel__alloc_libc, &a.header);
	return 0;
}
