/* SPDX-License-Identifier: Apache-2.0 */
/* Both engines give the same verdict and the same bytes within the limit; what is packed comes back. */
#include "base/slice_i.h"
#include "fuzz/fuzz.h"
#include "wire/gzip.h"

enum { MOST = 1 << 16 };

static tel_err unpack(tel__gzip_engine engine, tel_slice in, tel_buf **ret_buf)
{
	tel_error err = TEL_ERROR_INIT;
	tel__gzip_ctx *ctx = NULL;
	tel_err rc = tel__gzip_new_engine(NULL, engine, &ctx);

	fuzz_check(rc == TEL_OK);
	rc = tel__gzip_inflate(ctx, NULL, in, MOST, ret_buf, &err);
	fuzz_check(rc == TEL_OK || rc == TEL_ERR_MALFORMED || rc == TEL_ERR_LIMIT);
	fuzz_check(rc == TEL_OK || (err.code == rc && err.msg[0] && err.offset <= in.len));
	fuzz_check(rc != TEL_OK || tel_buf_get(*ret_buf).len <= MOST);
	tel__gzip_free(ctx);
	return rc;
}

static void comes_back(tel_slice in)
{
	tel_buf *small = NULL, *out = NULL;
	tel__gzip_ctx *ctx = NULL;

	fuzz_check(tel__gzip_new(NULL, &ctx) == TEL_OK);
	fuzz_check(tel__gzip_deflate(ctx, NULL, &in, 1, in.len & 7, &small, NULL) == TEL_OK);
	fuzz_check(tel__gzip_inflate(ctx, NULL, tel_buf_get(small), in.len, &out, NULL) == TEL_OK);
	fuzz_check(tel__slice_eq(tel_buf_get(out), in));
	tel_buf_unref(small);
	tel_buf_unref(out);
	tel__gzip_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_slice in = fuzz_slice(data, size);
	tel_buf *best = NULL, *plain = NULL;
	tel_err rc = unpack(TEL__GZIP_BEST, in, &best);

	fuzz_check(unpack(TEL__GZIP_ZLIB, in, &plain) == rc);
	if (rc == TEL_OK)
		fuzz_check(tel__slice_eq(tel_buf_get(best), tel_buf_get(plain)));
	tel_buf_unref(best);
	tel_buf_unref(plain);
	comes_back(in);
	return 0;
}
