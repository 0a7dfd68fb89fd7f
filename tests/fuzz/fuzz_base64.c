/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes come back from their base64 and hex; text that is taken, encoded again, has the same meaning. */
#include <string.h>

#include "base/hex64.h"
#include "base/slice_i.h"
#include "fuzz/fuzz.h"

typedef void encode(tel_slice bytes, tel__dynbuf *out);
typedef tel_err decode(tel_slice text, tel__dynbuf *out);

static void comes_back(encode *enc, decode *dec, tel_slice bytes)
{
	tel__dynbuf text, back;

	tel__dynbuf_init(&text, NULL, SIZE_MAX / 4);
	tel__dynbuf_init(&back, NULL, SIZE_MAX / 4);
	enc(bytes, &text);
	fuzz_check(dec(tel__dynbuf_get(&text), &back) == TEL_OK);
	fuzz_check(tel__slice_eq(tel__dynbuf_get(&back), bytes));
	tel__dynbuf_fini(&text);
	tel__dynbuf_fini(&back);
}

static void taken_as(encode *enc, decode *dec, tel_slice text)
{
	tel__dynbuf bytes;

	tel__dynbuf_init(&bytes, NULL, SIZE_MAX / 4);
	if (dec(text, &bytes) == TEL_OK)
		comes_back(enc, dec, tel__dynbuf_get(&bytes));
	else
		fuzz_check(tel__dynbuf_get(&bytes).len == 0);
	tel__dynbuf_fini(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_slice in = fuzz_slice(data, size);

	comes_back(tel__base64_encode, tel__base64_decode, in);
	comes_back(tel__hex_encode, tel__hex_decode, in);
	taken_as(tel__base64_encode, tel__base64_decode, in);
	taken_as(tel__hex_encode, tel__hex_decode, in);
	return 0;
}
