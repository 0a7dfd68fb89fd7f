/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C side of official.test. "judge sample" writes the batch of model/sample.h as OTLP bytes. "judge verdicts" reads
 * frames (4 bytes length, little endian, and so many bytes) and prints one letter for each: y = taken whole, c = taken
 * with something cut out for its text, n and the reason = refused. "judge rewrite" reads the same and writes a frame for each:
 * how many messages were merged (4 bytes), then length and bytes of what decoding and encoding makes of it.
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

static int rewrite_one(tel_slice bytes)
{
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	tel_metrics *m = NULL;
	tel_buf *buf = NULL, *back = NULL;
	uint32_t head[2];
	tel_slice out;
	int failed = tel_buf_copy(NULL, bytes, &buf) || tel_otlp_decode(buf, NULL, &m, &report, NULL) ||
	             tel_otlp_encode(m, &back, NULL);

	if (!failed) {
		out = tel_buf_get(back);
		head[0] = (uint32_t)report.merged_nodes;
		head[1] = (uint32_t)out.len;
		fwrite(head, sizeof head, 1, stdout);
		fwrite(out.ptr, 1, out.len, stdout);
	}
	tel_buf_unref(back);
	tel_metrics_free(m);
	tel_buf_unref(buf);
	return failed;
}

static int judge_all(int (*one)(tel_slice bytes))
{
	static char bytes[1 << 16];
	uint32_t len;

	while (fread(&len, sizeof len, 1, stdin) == 1)
		if (len > sizeof bytes || fread(bytes, 1, len, stdin) != len || one((tel_slice){ bytes, len }))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "sample") == 0)
		return write_sample();
	if (argc == 2 && strcmp(argv[1], "verdicts") == 0)
		return judge_all(judge_one);
	if (argc == 2 && strcmp(argv[1], "rewrite") == 0)
		return judge_all(rewrite_one);
	fprintf(stderr, "usage: judge sample|verdicts|rewrite\n");
	return 2;
}
