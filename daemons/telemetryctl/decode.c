/* SPDX-License-Identifier: Apache-2.0 */
/* telemetryctl decode: one body in one format, printed in another. commands.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <telemetry/buf.h>
#include <telemetry/otlp.h>

#include "common/args.h"
#include "common/format.h"
#include "common/files.h"
#include "telemetryctl/cmd.h"

enum { MAX_BODY_BYTES = 1 << 30 };

static void release(void *user, const void *ptr, size_t len)
{
	(void)len, (void)ptr;
	free(user);
}

static int print(const char *program, tel_metrics *metrics, const char *to)
{
	int form = format_by_name(to);
	tel_error err = TEL_ERROR_INIT;
	tel_buf *out = NULL;
	tel_err rc;

	rc = form < 0 ? tel_otlp_encode(metrics, &out, &err)
	              : tel_metrics_format(metrics, (tel_format)form, &out, &err);
	if (rc) {
		fprintf(stderr, "%s: %s\n", program, err.msg);
		return 1;
	}
	return buf_print(program, out);
}

/* The batch of a body; takes the bytes. */
static tel_err read_body(char *bytes, size_t len, bool json, bool forward, tel_metrics **ret_metrics,
                         tel_otlp_report *report, tel_error *err)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_buf *body = NULL;
	tel_err rc;

	if (json) {
		rc = tel_otlp_json_decode((tel_slice){ bytes, len }, &opts, ret_metrics, report, err);
		free(bytes);
		return rc;
	}
	if (tel_buf_wrap(NULL, bytes, len, release, bytes, &body)) {
		free(bytes);
		return TEL_ERR_NOMEM;
	}
	if (forward)
		opts.flags |= TEL_OTLP_FORWARD_BAD_UTF8;
	rc = tel_otlp_decode(body, &opts, ret_metrics, report, err);
	tel_buf_unref(body);
	return rc;
}

static int decode(const char *program, const char *path, const char *to, bool json, bool strict, bool forward)
{
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *metrics = NULL;
	char *bytes = NULL;
	size_t len = 0;
	int rc = file_read(path, MAX_BODY_BYTES, &bytes, &len);

	if (rc) {
		fprintf(stderr, "%s: unable to read the file %s: %s\n", program, path, strerror(rc));
		return 1;
	}
	if (read_body(bytes, len, json, forward, &metrics, &report, &err)) {
		if (err.line)
			fprintf(stderr, "%s:%u:%u: %s\n", path, err.line, err.column, err.msg);
		else
			fprintf(stderr, "%s: offset %llu: %s\n", path, (unsigned long long)err.offset, err.msg);
		return 1;
	}
	if (report.rejected_nodes)
		fprintf(stderr, "%s: warning: %llu data points were cut out: %s\n", path,
		        (unsigned long long)report.rejected_points, report.message);
	rc = strict && report.rejected_nodes ? 1 : print(program, metrics, to);
	tel_metrics_free(metrics);
	return rc;
}

int cmd_decode(int argc, char **argv)
{
	enum { FROM, TO, STRICT, FORWARD, HELP };
	static const arg_option options[] = {
		{ "from", "FORMAT", "otlp-proto or otlp-json" },
		{ "to", "FORMAT", "otlp-proto, otlp-json, basic, summary, normal or debug (default summary)" },
		{ "strict", NULL, "fail when something would be cut out" },
		{ "forward-bad-utf8", NULL, "pass text that is not UTF-8 on" },
		{ "help", NULL, "print this help and exit" },
		{ NULL, NULL, NULL },
	};
	args a = { "telemetryctl decode", "--from FORMAT [--to FORMAT] [FILE]", options, argc, 1, argv, false };
	const char *value = NULL, *from = NULL, *to = "summary", *path = NULL;
	bool strict = false, forward = false;
	int o;

	while ((o = args_next(&a, &value)) != ARG_END) {
		switch (o) {
		case FROM: from = value; break;
		case TO: to = value; break;
		case STRICT: strict = true; break;
		case FORWARD: forward = true; break;
		case HELP: args_help(&a); return 0;
		case ARG_OPERAND:
			if (path) {
				fprintf(stderr, "%s: one file at a time\n", a.program);
				return EXIT_USAGE;
			}
			path = value;
			break;
		default: return EXIT_USAGE;
		}
	}
	if (!from || (strcmp(from, "otlp-proto") != 0 && strcmp(from, "otlp-json") != 0)) {
		fprintf(stderr, "%s: --from: this release reads otlp-proto and otlp-json\n", a.program);
		return EXIT_USAGE;
	}
	if (strcmp(to, "otlp-proto") != 0 && format_by_name(to) < 0) {
		fprintf(stderr, "%s: --to: this release writes otlp-proto, otlp-json, basic, summary, normal and debug\n", a.program);
		return EXIT_USAGE;
	}
	return decode(a.program, path ? path : "-", to, strcmp(from, "otlp-json") == 0, strict, forward);
}
