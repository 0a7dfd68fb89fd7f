/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C side of official.test. "judge sample" writes the batch of model/sample.h as OTLP bytes. "judge verdicts" reads
 * frames (4 bytes length, little endian, and so many bytes) and prints one letter for each: y = taken whole, c = taken
 * with something cut out for its text, n and the reason = refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <telemetry/otlp.h>

#include "model/sample.h"

static int write_sample(void)
{
	tel_builder *b = NULL;
	tel_metrics *m = NULL;
	tel_buf *buf = NULL;
	tel_slice bytes;

	if (tel_builder_new(NULL, 0, &b))
		return 1;
	sample_build(b);
	if (tel_builder_finish(b, &m, NULL) || tel_otlp_encode(m, &buf, NULL))
		return 1;
	bytes = tel_buf_get(buf);
	fwrite(bytes.ptr, 1, bytes.len, stdout);
	tel_buf_unref(buf);
	tel_metrics_free(m);
	tel_builder_free(b);
	return ferror(stdout) != 0;
}

static int judge_one(tel_slice bytes)
{
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;
	tel_buf *buf = NULL;

	if (tel_buf_copy(NULL, bytes, &buf))
		return 1;
	if (tel_otlp_decode(buf, NULL, &m, &report, &err))
		printf("n %s\n", err.msg);
	else
		puts(report.rejected_nodes ? "c" : "y");
	tel_metrics_free(m);
	tel_buf_unref(buf);
	return 0;
}

static int judge_all(void)
{
	static char bytes[1 << 16];
	uint32_t len;

	while (fread(&len, sizeof len, 1, stdin) == 1)
		if (len > sizeof bytes || fread(bytes, 1, len, stdin) != len || judge_one((tel_slice){ bytes, len }))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "sample") == 0)
		return write_sample();
	if (argc == 2 && strcmp(argv[1], "verdicts") == 0)
		return judge_all();
	fprintf(stderr, "usage: judge sample|verdicts\n");
	return 2;
}
