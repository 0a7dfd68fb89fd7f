/* SPDX-License-Identifier: Apache-2.0 */
/* A label value cannot leave its place, and is read back as it was. */
#include <string.h>

#include "base/slice_i.h"
#include "flow/prom_text.h"
#include "fuzz/fuzz.h"

static const char before[] = "# HELP f_total H.\n# TYPE f_total counter\nf_total{a=\"", between[] = "\",b=\"x\"} 1\n";

/* An attribute's name becomes a label name, whatever it is. */
static void check_info(tel_slice name)
{
	static const tel__prom_family family = { "t", NULL, TEL__PROM_GAUGE, "H.", NULL };
	static const char head[] = "# HELP t H.\n# TYPE t gauge\nt";
	const tel__key_pair attrs[] = { { TEL_SLICE_LIT("Z"), TEL_SLICE_LIT("1") }, { name, TEL_SLICE_LIT("2") } };
	tel__dynbuf out;
	tel__prom_writer w = { .out = &out };
	tel_slice text;

	tel__dynbuf_init(&out, NULL, 2 * name.len + 1024);
	tel__prom_begin(&w, &family);
	tel__prom_info(&w, attrs, 2);
	text = tel__dynbuf_get(&out);
	fuzz_check(tel__dynbuf_error(&out) == TEL_OK && text.len > sizeof(head) && memcmp(text.ptr, head, sizeof(head) - 1) == 0);
	text = tel__slice_sub(text, sizeof(head) - 1, text.len - sizeof(head) + 1);
	if (tel__slice_is(text, "{Z=\"1\"} 1\n") || tel__slice_is(text, "{Z=\"1;2\"} 1\n")) {
		fuzz_check(name.len == 0 || name.ptr[0] == 'Z');
	} else {
		fuzz_check(memcmp(text.ptr, "{Z=\"1\",", 7) == 0 && memcmp(text.ptr + text.len - 8, "=\"2\"} 1\n", 8) == 0);
		for (size_t i = 7; i < text.len - 8; i++) {
			char c = text.ptr[i];
			fuzz_check(c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (i > 7 && c >= '0' && c <= '9'));
		}
	}
	tel__dynbuf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const tel__prom_family family = { "f", NULL, TEL__PROM_COUNTER, "H.", NULL };
	const tel__prom_label labels[] = { { "b", TEL_SLICE_LIT("x") }, { "a", fuzz_slice(data, size) } };
	tel__dynbuf out;
	tel__prom_writer w = { .out = &out };
	tel_slice text;
	size_t at = sizeof(before) - 1;

	tel__dynbuf_init(&out, NULL, 2 * size + 1024);
	tel__prom_begin(&w, &family);
	tel__prom_sample(&w, labels, 2, 1);
	text = tel__dynbuf_get(&out);
	fuzz_check(tel__dynbuf_error(&out) == TEL_OK);
	fuzz_check(text.len > at && memcmp(text.ptr, before, at) == 0);
	for (size_t i = 0; i < size; i++) { /* the rules of the text format 0.0.4 */
		char c = text.ptr[at++];
		fuzz_check(c != '\n' && c != '"');
		if (c == '\\') {
			c = text.ptr[at++];
			fuzz_check(c == '\\' || c == '"' || c == 'n');
			c = c == 'n' ? '\n' : c;
		}
		fuzz_check(c == (char)data[i]);
	}
	fuzz_check(text.len - at == sizeof(between) - 1 && memcmp(text.ptr + at, between, sizeof(between) - 1) == 0);
	tel__dynbuf_fini(&out);
	check_info(fuzz_slice(data, size));
	return 0;
}
