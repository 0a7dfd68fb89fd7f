/* SPDX-License-Identifier: Apache-2.0 */
/* A message means the same however it is cut; what is written into header values comes back; no header value is fatal. */
#include "base/slice_i.h"
#include "fuzz/fuzz.h"
#include "net/body.h"
#include "wire/grpc.h"

enum { MOST = 1 << 16 };

static tel_err collect(tel_slice in, size_t cut, tel_buf **ret_buf, bool *ret_compressed)
{
	tel_error err = TEL_ERROR_INIT;
	tel_err rc = TEL_OK;
	tel__body b;
	size_t n;

	tel__body_init(&b, NULL, NULL, TEL__BODY_GRPC, MOST);
	for (; in.len && rc == TEL_OK; in = tel__slice_sub(in, n, in.len - n)) {
		n = in.len < cut ? in.len : cut;
		rc = tel__body_feed(&b, tel__slice_sub(in, 0, n), &err);
	}
	if (rc == TEL_OK)
		rc = tel__body_finish(&b, ret_buf, &err);
	fuzz_check(rc == TEL_OK || (err.code == rc && err.msg[0]));
	fuzz_check(rc == TEL_OK || rc == TEL_ERR_MALFORMED || rc == TEL_ERR_LIMIT);
	*ret_compressed = b.compressed;
	tel__body_fini(&b);
	return rc;
}

static void message(tel_slice in)
{
	tel_buf *whole = NULL, *pieces = NULL;
	bool whole_flag, pieces_flag;
	uint32_t len;
	tel_err rc = collect(in, SIZE_MAX, &whole, &whole_flag);

	fuzz_check(collect(in, 1 + in.len % 7, &pieces, &pieces_flag) == rc);
	if (rc == TEL_OK) {
		fuzz_check(tel__slice_eq(tel_buf_get(whole), tel_buf_get(pieces)) && whole_flag == pieces_flag);
		fuzz_check(tel__grpc_prefix_read((const uint8_t *)in.ptr, &whole_flag, &len) == TEL_OK && len == in.len - 5);
	}
	tel_buf_unref(whole);
	tel_buf_unref(pieces);
}

static void texts(tel_slice in)
{
	tel__dynbuf coded, plain;

	tel__dynbuf_init(&coded, NULL, SIZE_MAX / 2);
	tel__dynbuf_init(&plain, NULL, SIZE_MAX / 2);
	tel__grpc_message_decode(in, &plain);
	fuzz_check(plain.len <= in.len && 3 * plain.len >= in.len);
	tel__dynbuf_reset(&plain);
	tel__grpc_message_encode(in, &coded);
	tel__grpc_message_decode(tel__dynbuf_get(&coded), &plain);
	fuzz_check(tel__slice_eq(tel__dynbuf_get(&plain), in));
	tel__dynbuf_reset(&plain);
	tel__dynbuf_reset(&coded);
	tel__grpc_bin_encode(in, &coded);
	fuzz_check(tel__grpc_bin_decode(tel__dynbuf_get(&coded), &plain) == TEL_OK);
	fuzz_check(tel__slice_eq(tel__dynbuf_get(&plain), in));
	tel__dynbuf_reset(&plain);
	fuzz_check(tel__grpc_bin_decode(in, &plain) == TEL_OK || plain.len == 0);
	tel__dynbuf_fini(&coded);
	tel__dynbuf_fini(&plain);
}

static void timeout(tel_slice in)
{
	char out[TEL__GRPC_TIMEOUT_LEN];
	uint64_t ns, again;

	if (tel__grpc_timeout_parse(in, &ns) != TEL_OK)
		return;
	fuzz_check(in.len <= TEL__GRPC_TIMEOUT_LEN);
	fuzz_check(tel__grpc_timeout_parse((tel_slice){ out, tel__grpc_timeout_format(ns, out) }, &again) == TEL_OK);
	fuzz_check(again == ns || (again > ns && again - ns <= ns / 99999));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_slice in = fuzz_slice(data, size);

	message(in);
	texts(in);
	timeout(in);
	return 0;
}
