/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was read as OTLP/JSON is written and read again as the same batch, with the same text and the same bytes; nothing
 * was cut out of it, since JSON text is UTF-8; an error's offset lies in the input.
 */
#include <telemetry/format.h>
#include <telemetry/otlp.h>

#include "base/slice_i.h"
#include "fuzz/fuzz.h"

static tel_metrics *read_again(const tel_metrics *m, tel_buf **ret_text)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *again = NULL;

	opts.max_bytes = SIZE_MAX;
	fuzz_check(tel_metrics_format(m, TEL_FORMAT_JSON, ret_text, NULL) == TEL_OK);
	fuzz_check(tel_otlp_json_decode(tel_buf_get(*ret_text), &opts, &again, NULL, NULL) == TEL_OK);
	return again;
}

static void check_equal(const tel_metrics *a, const tel_metrics *b)
{
	char difference[256] = "";

	if (!tel_metrics_equal(a, b, difference)) {
		fprintf(stderr, "# they differ at %s\n", difference);
		abort();
	}
}

static void check_stable(tel_metrics *m)
{
	tel_buf *text, *text2, *bytes = NULL, *bytes2 = NULL;
	tel_metrics *again = read_again(m, &text), *third = read_again(again, &text2);

	check_equal(m, again);
	fuzz_check(tel__slice_eq(tel_buf_get(text), tel_buf_get(text2)));
	fuzz_check(tel_otlp_encode(again, &bytes, NULL) == TEL_OK && tel_otlp_encode(third, &bytes2, NULL) == TEL_OK);
	fuzz_check(tel__slice_eq(tel_buf_get(bytes), tel_buf_get(bytes2)));
	tel_buf_unref(text);
	tel_buf_unref(text2);
	tel_buf_unref(bytes);
	tel_buf_unref(bytes2);
	tel_metrics_free(again);
	tel_metrics_free(third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;

	opts.max_bytes = SIZE_MAX;
	if (tel_otlp_json_decode(fuzz_slice(data, size), &opts, &m, &report, &err)) {
		fuzz_check(!m && err.offset <= size && err.msg[0]);
		return 0;
	}
	fuzz_check(report.rejected_nodes == 0 && report.unknown_fields == 0);
	check_stable(m);
	tel_metrics_free(m);
	return 0;
}
