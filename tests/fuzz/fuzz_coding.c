/* SPDX-License-Identifier: Apache-2.0 */
/* Every coding takes any bytes: a verdict with a text, output within the limit, and the same answer from a coder that is
 * fresh and from one that has seen the body before. What is packed comes back. */
#include "base/slice_i.h"
#include "fuzz/fuzz.h"
#include "wire/coding.h"

enum { MOST = 1 << 16 };

static void unpacks_alike(tel__coder *coder, tel__coding coding, tel_slice in)
{
	tel_error err = TEL_ERROR_INIT;
	tel_buf *first = NULL, *second = NULL;
	tel_err rc = tel__coder_inflate(coder, coding, NULL, in, MOST, &first, &err);

	fuzz_check(rc == TEL_OK || rc == TEL_ERR_MALFORMED || rc == TEL_ERR_LIMIT);
	fuzz_check(rc == TEL_OK ? tel_buf_get(first).len <= MOST : !first && err.code == rc && err.msg[0]);
	fuzz_check(tel__coder_inflate(coder, coding, NULL, in, MOST, &second, NULL) == rc);
	if (rc == TEL_OK)
		fuzz_check(tel__slice_eq(tel_buf_get(first), tel_buf_get(second)));
	tel_buf_unref(first);
	tel_buf_unref(second);
}

static void comes_back(tel__coder *coder, tel__coding coding, tel_slice in)
{
	size_t cut = in.len / 3;
	tel_slice parts[2] = { { in.ptr, cut }, { in.ptr + cut, in.len - cut } };
	tel_buf *small = NULL, *out = NULL;

	fuzz_check(tel__coder_deflate(coder, coding, NULL, parts, 2, in.len & 15, &small, NULL) == TEL_OK);
	fuzz_check(tel__coder_inflate(coder, coding, NULL, tel_buf_get(small), in.len, &out, NULL) == TEL_OK);
	fuzz_check(tel__slice_eq(tel_buf_get(out), in));
	tel_buf_unref(small);
	tel_buf_unref(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_slice in = fuzz_slice(data, size);
	tel__coder *coder = NULL;
	int i;

	fuzz_check(tel__coder_new(NULL, &coder) == TEL_OK);
	for (i = TEL__CODING_GZIP; i < TEL__CODING_COUNT; i++) {
		if (!tel__coding_is_offered((tel__coding)i))
			continue;
		unpacks_alike(coder, (tel__coding)i, in);
		comes_back(coder, (tel__coding)i, in);
	}
	tel__coder_free(coder);
	return 0;
}
