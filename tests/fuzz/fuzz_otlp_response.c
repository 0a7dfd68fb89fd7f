/* SPDX-License-Identifier: Apache-2.0 */
/* What is read from an answer reads the same after it was written again. */
#include "base/mem.h"
#include "base/slice_i.h"
#include "codec/otlp_response.h"
#include "fuzz/fuzz.h"

enum { ROOM = 1 << 22 };

static void response(tel_slice in)
{
	tel__otlp_response first, second;
	tel_error err = TEL_ERROR_INIT;
	tel__dynbuf out;

	if (tel__otlp_response_decode(in, &first, &err) != TEL_OK) {
		fuzz_check(err.offset < in.len && err.msg[0]);
		return;
	}
	tel__dynbuf_init(&out, &tel__alloc_libc, ROOM);
	fuzz_check(tel__otlp_response_encode(&first, ROOM, &out) == TEL_OK);
	fuzz_check(first.partial == (out.len != 0));
	fuzz_check(tel__otlp_response_decode(tel__dynbuf_get(&out), &second, NULL) == TEL_OK);
	fuzz_check(first.partial == second.partial && first.rejected_points == second.rejected_points);
	fuzz_check(tel__slice_eq(first.message, second.message));
	tel__dynbuf_fini(&out);
}

static void status(tel_slice in)
{
	tel__rpc_status first, second;
	tel_error err = TEL_ERROR_INIT;
	tel__dynbuf out;

	if (tel__rpc_status_decode(in, &first, &err) != TEL_OK) {
		fuzz_check(err.offset < in.len && err.msg[0]);
		return;
	}
	tel__dynbuf_init(&out, &tel__alloc_libc, ROOM);
	fuzz_check(tel__rpc_status_encode(&first, ROOM, &out) == TEL_OK);
	fuzz_check(tel__rpc_status_decode(tel__dynbuf_get(&out), &second, NULL) == TEL_OK);
	fuzz_check(first.code == second.code && first.has_retry == second.has_retry);
	fuzz_check(first.retry_delay_ns == second.retry_delay_ns);
	fuzz_check(tel__slice_eq(first.message, second.message));
	fuzz_check(tel__slice_eq(first.bad_field, second.bad_field) && tel__slice_eq(first.bad_reason, second.bad_reason));
	tel__dynbuf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	response(fuzz_slice(data, size));
	status(fuzz_slice(data, size));
	return 0;
}
