/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a line is made of and however little room it has, it is one line, UTF-8, and JSON where it says so. */
#include <string.h>

#include "base/json_check.h"
#include "base/log_i.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

enum { CAP = 16384 };

/* The next piece of the input: a length byte, then text. */
static tel_slice take(tel_slice *in)
{
	size_t len = in->len ? (unsigned char)*in->ptr : 0;
	tel_slice piece;

	if (in->len) {
		in->ptr++;
		in->len--;
	}
	len = len == 255 || len > in->len ? in->len : len;
	piece = (tel_slice){ in->ptr, len };
	in->ptr += len;
	in->len -= len;
	return piece;
}

static void check_line(const tel_log_style *style, const tel_log_entry *entry, char *out, size_t cap)
{
	size_t n = tel_log_format(style, entry, out, cap);

	fuzz_check(n <= cap);
	if (cap < 64) {
		fuzz_check(n == 0);
		return;
	}
	fuzz_check(n > 0 && memchr(out, '\n', n) == out + n - 1);
	fuzz_check(tel__utf8_valid((tel_slice){ out, n }));
	fuzz_check(style->encoding == TEL_LOG_CONSOLE || json_line(out, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_slice in = fuzz_slice(data, size), head = take(&in);
	size_t cap = head.len >= 2 ? ((size_t)(unsigned char)head.ptr[0] << 8 | (unsigned char)head.ptr[1]) % CAP : CAP;
	char *out = malloc(cap ? cap : 1);
	tel_log_field fields[3] = { { { NULL, 0 }, { NULL, 0 }, 0, false } };
	tel_log_entry entry = { .size = sizeof(entry), .level = TEL_LOG_WARN, .unix_ns = size * 1234567891011u, .fields = fields,
		                    .field_count = 3 };
	tel_log_style style = TEL_LOG_STYLE_INIT;

	fuzz_check(out != NULL);
	entry.msg = take(&in);
	entry.component_id = take(&in);
	style.service_name = take(&in);
	style.instance_id = take(&in);
	fields[0].key = take(&in);
	fields[0].text = take(&in);
	fields[1] = TEL__LOG_NUM("number", 1.0 / (double)(in.len % 7));
	fields[2].key = take(&in);
	fields[2].text = in;
	check_line(&style, &entry, out, cap);
	style.encoding = TEL_LOG_JSON;
	check_line(&style, &entry, out, cap);
	free(out);
	return 0;
}
