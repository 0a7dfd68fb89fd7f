/* SPDX-License-Identifier: Apache-2.0 */
/* telemetryctl process: a configuration's pipelines over recorded input. commands.md. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <telemetry/flow.h>
#include <telemetry/format.h>
#include <telemetry/offline.h>
#include <telemetry/otlp.h>

#include "common/args.h"
#include "common/files.h"
#include "common/logs.h"
#include "telemetryctl/cmd.h"

enum { MAX_INPUT_BYTES = 1 << 30, MEMORY_BYTES = 1 << 30 };

typedef struct run {
	const char *program;
	tel_offline *offline;
	const char *entry, *peer;
	const char **lists; /* of --kube */
	int list_count;
	const char **inputs;
	int input_count;
	uint64_t now_ns; /* the same for all inputs: what comes out does not depend on how long it takes */
} run;

static tel_slice text_slice(const char *text)
{
	return (tel_slice){ text, text ? strlen(text) : 0 };
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* As a JSON string. */
static void put_text(tel_slice text)
{
	putchar('"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static int on_batch(const tel_plan_entry *entry, void *user)
{
	run *r = user;
	tel_error err = TEL_ERROR_INIT;
	tel_buf *body = NULL;
	tel_slice text;

	if (tel_metrics_format(entry->metrics, TEL_FORMAT_JSON, &body, &err)) {
		fprintf(stderr, "%s: %s\n", r->program, err.msg);
		return 1;
	}
	text = tel_buf_get(body);
	fputs("{\"exporter\": ", stdout);
	put_text(entry->exporter);
	fputs(", \"pipeline\": ", stdout);
	put_text(entry->pipeline);
	fputs(", \"body\": ", stdout);
	while (text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	fwrite(text.ptr, 1, text.len, stdout);
	fputs("}\n", stdout);
	tel_buf_unref(body);
	return ferror(stdout);
}

static void print_error(const tel_error *err, tel_slice component)
{
	fputs("{\"error\": ", stdout);
	put_text(text_slice(err->msg));
	fputs(", \"component\": ", stdout);
	put_text(component);
	printf(", \"permanent\": %s}\n", err->code == TEL_ERR_REJECTED ? "true" : "false");
}

/* One batch; what a component refuses is a line of the answer, everything else the end. */
static int run_batch(run *r, tel_metrics *metrics)
{
	tel_origin origin = TEL_ORIGIN_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_err rc;

	origin.peer = text_slice(r->peer);
	rc = tel_offline_run(r->offline, text_slice(r->entry), metrics, &origin, r->now_ns, &err);
	switch (rc) {
	case TEL_OK:
		return 0;
	case TEL_ERR_REFUSED:
	case TEL_ERR_REJECTED:
	case TEL_ERR_BUDGET:
		print_error(&err, tel_offline_component(r->offline));
		return 0;
	case TEL_ERR_NOT_FOUND:
		fprintf(stderr, "%s: --entry: no receiver or pipeline '%s'\n", r->program, r->entry);
		return EXIT_USAGE;
	default:
		fprintf(stderr, "%s: %s\n", r->program, err.msg);
		return 1;
	}
}

/* Length of the first JSON value of the text: brackets are counted, strings are stepped over. What is damaged is for the
 * decoder to say. */
static size_t value_length(const char *text, size_t len)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && depth && --depth == 0) {
			return i + 1;
		}
	}
	return len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int run_document(run *r, const char *path, unsigned line, const char *text, size_t len)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *metrics = NULL;

	if (tel_otlp_json_decode((tel_slice){ text, len }, &opts, &metrics, &report, &err)) {
		fprintf(stderr, "%s:%u:%u: %s\n", path, line + (err.line ? err.line - 1 : 0), err.column, err.msg);
		return 1;
	}
	if (report.rejected_nodes)
		fprintf(stderr, "%s:%u: warning: %llu data points were cut out: %s\n", path, line,
		        (unsigned long long)report.rejected_points, report.message);
	return run_batch(r, metrics);
}

static int run_input(run *r, const char *path)
{
	char *text = NULL;
	size_t len = 0, at = 0;
	unsigned line = 1;
	int rc = file_read(path, MAX_INPUT_BYTES, &text, &len);

	if (rc) {
		fprintf(stderr, "%s: unable to read the file %s: %s\n", r->program, path, strerror(rc));
		return 1;
	}
	while (rc == 0) {
		size_t n;

		for (; at < len && is_blank(text[at]); at++)
			line += text[at] == '\n';
		if (at == len)
			break;
		n = value_length(text + at, len - at);
		rc = run_document(r, path, line, text + at, n);
		for (; n; n--, at++)
			line += text[at] == '\n';
	}
	free(text);
	return rc;
}

static int run_all(run *r)
{
	tel_error err = TEL_ERROR_INIT;
	int rc = 0;

	for (int i = 0; rc == 0 && i < r->input_count; i++)
		rc = run_input(r, r->inputs[i]);
	if (rc == 0 && r->input_count == 0)
		rc = run_input(r, "-");
	if (tel_offline_flush(r->offline, &err) && rc == 0) {
		fprintf(stderr, "%s: %s\n", r->program, err.msg);
		rc = 1;
	}
	return fflush(stdout) == 0 ? rc : 1;
}

static int read_list(const run *r, tel_kube *kube, const char *path)
{
	tel_error err = TEL_ERROR_INIT;
	char *text = NULL;
	size_t len = 0;
	int rc = file_read(path, MAX_INPUT_BYTES, &text, &len);

	if (rc) {
		fprintf(stderr, "%s: unable to read the file %s: %s\n", r->program, path, strerror(rc));
		return 1;
	}
	if (tel_kube_read(kube, (tel_slice){ text, len }, &err)) {
		fprintf(stderr, "%s:%u:%u: %s\n", path, err.line, err.column, err.msg);
		rc = 1;
	}
	free(text);
	return rc;
}

static int read_cluster(const run *r, tel_kube **ret_kube)
{
	int rc = 0;

	if (tel_kube_new(NULL, ret_kube)) {
		fprintf(stderr, "%s: no memory\n", r->program);
		return 1;
	}
	for (int i = 0; rc == 0 && i < r->list_count; i++)
		rc = read_list(r, *ret_kube, r->lists[i]);
	return rc;
}

static int process(run *r, tel_config *config)
{
	tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	logs log;
	tel_log_sink sink = { logs_write, &log, TEL_LOG_WARN };
	int rc;

	logs_init(&log, "telemetryctl");
	rc = read_cluster(r, &opts.kube);
	if (rc) {
		tel_kube_free(opts.kube);
		return rc;
	}
	opts.log = &sink;
	opts.total_memory_bytes = MEMORY_BYTES;
	opts.crypto = tel_crypto_openssl();
	opts.unix_ns = r->now_ns;
	rc = (int)tel_offline_new(config, &opts, on_batch, r, &r->offline, &err);
	tel_kube_free(opts.kube);
	if (rc) {
		fprintf(stderr, "%s: %s\n", r->program, err.msg);
		return err.code == TEL_ERR_NOMEM ? 1 : EXIT_CONFIG;
	}
	rc = run_all(r);
	tel_offline_free(r->offline);
	return rc;
}

int cmd_process(int argc, char **argv)
{
	enum { CONFIG, SET, ENV_DIR, ENTRY, KUBE, PEER, HELP };
	static const arg_option options[] = {
		{ "config", "URI", "collector configuration (repeatable)" },
		{ "set", "KEY=VALUE", "override one key (repeatable)" },
		{ "env-dir", "DIR", "one file per variable; wins over the environment" },
		{ "entry", "ID", "receiver or pipeline that the input enters (default: the first pipeline)" },
		{ "kube", "LIST.json", "the cluster: a Kubernetes list, as kubectl prints it (repeatable)" },
		{ "peer", "ADDRESS", "where the client's connection comes from" },
		{ "help", NULL, "print this help and exit" },
		{ NULL, NULL, NULL },
	};
	args a = { "telemetryctl process", "--config FILE [OPTION]... [INPUT...]", options, argc, 1, argv, false };
	const char *value = NULL, *env_dir = NULL;
	run r = { .program = a.program, .inputs = calloc((size_t)argc, sizeof(char *)),
	          .lists = calloc((size_t)argc, sizeof(char *)),
	          .now_ns = now_ns() };
	sources s = { NULL, NULL, 0 };
	tel_config *config;
	int o, rc = r.inputs && r.lists ? 0 : 1;

	while (rc == 0 && (o = args_next(&a, &value)) != ARG_END) {
		switch (o) {
		case CONFIG: rc = sources_add_config(&s, a.program, value); break;
		case SET: rc = sources_add_set(&s, a.program, value); break;
		case ENV_DIR: env_dir = value; break;
		case ENTRY: r.entry = value; break;
		case KUBE: r.lists[r.list_count++] = value; break;
		case PEER: r.peer = value; break;
		case ARG_OPERAND: r.inputs[r.input_count++] = value; break;
		case HELP: args_help(&a); goto done;
		default: rc = EXIT_USAGE; break;
		}
	}
	if (rc == 0 && s.count == 0) {
		fprintf(stderr, "%s: --config is missing\n", a.program);
		rc = EXIT_USAGE;
	}
	config = rc == 0 ? config_load(a.program, &s, tel_components_all(), env_dir) : NULL;
	if (rc == 0)
		rc = config ? process(&r, config) : EXIT_CONFIG;
	tel_config_free(config);
done:
	sources_free(&s);
	free(r.inputs);
	free(r.lists);
	return rc;
}
