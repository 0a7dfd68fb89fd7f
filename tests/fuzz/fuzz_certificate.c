/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that may be PEM, apart at the bytes 0: what is known of them is in range, the same twice, and only what was read. */
#include <telemetry/certificate.h>

#include "base/slice_i.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_certificate_facts f = TEL_CERTIFICATE_FACTS_INIT, again = TEL_CERTIFICATE_FACTS_INIT;
	tel_slice rest = fuzz_slice(data, size), texts[3] = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };

	for (size_t i = 0; i < 3; i++)
		if (!tel__slice_next(&rest, '\0', &texts[i]))
			texts[i] = (tel_slice){ NULL, 0 };
	fuzz_check(tel_certificates_read(NULL, texts[0], texts[1], texts[2], &f) == TEL_OK);
	fuzz_check(tel_certificates_read(NULL, texts[0], texts[1], texts[2], &again) == TEL_OK);
	fuzz_check(memcmp(&f, &again, sizeof(f)) == 0);
	fuzz_check((f.cert == TEL_PEM_ABSENT) == !texts[0].ptr && (f.key == TEL_PEM_ABSENT) == !texts[1].ptr &&
	           (f.ca == TEL_PEM_ABSENT) == !texts[2].ptr);
	fuzz_check(f.cert != TEL_PEM_UNRESOLVED && f.key != TEL_PEM_UNRESOLVED && f.key != TEL_PEM_NOT_PARSED &&
	           f.ca != TEL_PEM_UNRESOLVED);
	fuzz_check(!f.key_matches || (f.cert == TEL_PEM_READ && f.key == TEL_PEM_READ));
	fuzz_check(!f.ca_is_ca || f.ca == TEL_PEM_READ);
	return 0;
}
