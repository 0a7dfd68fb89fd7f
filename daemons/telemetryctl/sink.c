/* SPDX-License-Identifier: Apache-2.0 */
/* telemetryctl sink: an OTLP backend for tests and demos. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <telemetry/buf.h>
#include <telemetry/cursor.h>
#include <telemetry/receiver.h>

#include "common/args.h"
#include "common/format.h"
#include "telemetryctl/cmd.h"
#include "telemetryctl/ledger.h"
#include "telemetryctl/script.h"

/* An answer that waits for its time. */
typedef struct late {
	struct late *next;
	tel_receipt *receipt;
	uint64_t due_ns;
	tel_outcome outcome;
} late;

typedef struct sink {
	tel_ctx *ctx;
	script script;
	ledger ledger;
	late *waiting;
	int print; /* tel_format, -1 = nothing */
	unsigned long long requests, points, exit_after;
} sink;

static volatile sig_atomic_t stopped;
static tel_ctx *wake; /* for the signal handler */

static void on_signal(int signum)
{
	(void)signum;
	stopped = 1;
	tel_ctx_wakeup(wake);
}

static uint64_t mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A run of sequences of one source that is not written yet. */
typedef struct ledger_run {
	tel_slice source;
	uint64_t first, last;
	bool open;
} ledger_run;

static void note_point(sink *s, ledger_run *run, const tel_point_view *point)
{
	tel_value who, number;
	uint64_t sequence;

	if (!tel_attr_find(&point->attributes, TEL_SLICE_LIT(LEDGER_SOURCE_KEY), &who) ||
	    !tel_attr_find(&point->attributes, TEL_SLICE_LIT(LEDGER_SEQUENCE_KEY), &number))
		return;
	sequence = (uint64_t)number.u.integer;
	if (run->open && sequence == run->last + 1 && who.u.bytes.len == run->source.len &&
	    memcmp(who.u.bytes.ptr, run->source.ptr, run->source.len) == 0) {
		run->last++;
		return;
	}
	if (run->open)
		ledger_note(&s->ledger, run->source.ptr, run->source.len, run->first, run->last);
	*run = (ledger_run){ who.u.bytes, sequence, sequence, true };
}

/* Notes every (source, sequence); neighbours become one line. */
static void note_points(sink *s, const tel_metrics *metrics)
{
	ledger_run run = { { NULL, 0 }, 0, 0, false };
	tel_resource_view resource;
	tel_scope_view scope;
	tel_metric_view metric;
	tel_point_view point;
	tel_cursor c;

	tel_cursor_init(&c, metrics);
	while (tel_cursor_next_resource(&c, &resource))
		while (tel_cursor_next_scope(&c, &scope))
			while (tel_cursor_next_metric(&c, &metric))
				while (tel_cursor_next_point(&c, &point))
					note_point(s, &run, &point);
	if (run.open)
		ledger_note(&s->ledger, run.source.ptr, run.source.len, run.first, run.last);
}

static void show(sink *s, const tel_metrics *metrics)
{
	tel_buf *text = NULL;
	tel_slice out;

	if (s->print < 0 || tel_metrics_format(metrics, (tel_format)s->print, &text, NULL))
		return;
	out = tel_buf_get(text);
	fwrite(out.ptr, 1, out.len, stdout);
	if (out.len && out.ptr[out.len - 1] != '\n')
		putchar('\n'); /* JSON: one line per request */
	fflush(stdout);
	tel_buf_unref(text);
}

static bool is_success(const tel_outcome *outcome)
{
	return outcome->verdict == TEL_VERDICT_OK;
}

static void on_metrics(tel_receipt *receipt, tel_metrics *metrics, void *user)
{
	sink *s = user;
	const script_rule *rule = script_next(&s->script);
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	late *l;

	tel_metrics_count(metrics, &counts);
	s->requests++;
	if (!rule->hang && is_success(&rule->outcome)) {
		s->points += counts.points;
		if (s->ledger.file)
			note_points(s, metrics);
		show(s, metrics);
	}
	tel_metrics_free(metrics);
	if (!rule->hang && !rule->delay_ns) {
		tel_receipt_settle(receipt, &rule->outcome);
		return;
	}
	l = calloc(1, sizeof(*l));
	if (!l) {
		tel_receipt_settle(receipt, &rule->outcome);
		return;
	}
	l->receipt = receipt;
	l->due_ns = rule->hang ? UINT64_MAX : mono_ns() + rule->delay_ns;
	l->outcome = rule->outcome;
	l->next = s->waiting;
	s->waiting = l;
}

/* Answers what is due; returns how long the next one waits. */
static uint64_t settle_due(sink *s, bool all)
{
	uint64_t now = mono_ns(), wait = 1000000000u;

	for (late **at = &s->waiting; *at;) {
		late *l = *at;
		if (all || l->due_ns <= now) {
			*at = l->next;
			tel_receipt_settle(l->receipt, &l->outcome);
			free(l);
			continue;
		}
		if (l->due_ns - now < wait)
			wait = l->due_ns - now;
		at = &l->next;
	}
	return wait;
}

static int serve(sink *s, const tel_receiver_opts *opts)
{
	tel_error err = TEL_ERROR_INIT;
	tel_receiver *receiver = NULL;
	unsigned grpc = 0, http = 0;

	if (tel_ctx_new(NULL, &s->ctx, &err) || tel_receiver_new(s->ctx, opts, on_metrics, s, &receiver, &err)) {
		fprintf(stderr, "telemetryctl sink: %s\n", err.msg);
		tel_ctx_free(s->ctx);
		return 1;
	}
	wake = s->ctx;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	tel_receiver_ports(receiver, &grpc, &http);
	fprintf(stderr, "telemetryctl sink: ready, grpc %u, http %u\n", grpc, http);
	while (!stopped && (!s->exit_after || s->points < s->exit_after))
		if (tel_ctx_run_once(s->ctx, settle_due(s, false)) >= TEL_ERR_FATAL)
			break;
	for (int i = 0; i < 20; i++) /* lets answers leave */
		tel_ctx_run_once(s->ctx, 1000000u);
	settle_due(s, true);
	tel_receiver_free(receiver);
	tel_ctx_free(s->ctx);
	printf("requests %llu points %llu\n", s->requests, s->points);
	return 0;
}

int cmd_sink(int argc, char **argv)
{
	enum { GRPC, HTTP, SCRIPT, LEDGER, PRINT, EXIT_AFTER, MAX_MIB, CERT, KEY, CLIENT_CA, HELP };
	static const arg_option options[] = {
		{ "grpc", "ADDR", "listen for OTLP/gRPC (default 127.0.0.1:4317 when neither is given)" },
		{ "http", "ADDR", "listen for OTLP/HTTP (default 127.0.0.1:4318 when neither is given)" },
		{ "script", "FILE", "what to answer: lines such as '3 x retry 1', 'delay 200 ok', 'reset'" },
		{ "ledger", "FILE", "append the sequences that arrived" },
		{ "print", "FORM", "json, basic, summary, normal, debug or none (default summary)" },
		{ "exit-after", "POINTS", "stop when so many points arrived" },
		{ "max-mib", "N", "largest request (default 64)" },
		{ "cert", "FILE", "TLS on both ports: our certificate" },
		{ "key", "FILE", "TLS: its private key" },
		{ "client-ca", "FILE", "TLS: let in only clients with a certificate of these authorities" },
		{ "help", NULL, "print this help and exit" },
		{ NULL, NULL, NULL },
	};
	args a = { "telemetryctl sink", "[OPTION]...", options, argc, 1, argv, false };
	tel_receiver_opts opts = TEL_RECEIVER_OPTS_INIT;
	sink s = { .print = TEL_FORMAT_SUMMARY };
	const char *value = NULL, *script_path = NULL, *ledger_path = NULL;
	unsigned long number = 0, mib = 64;
	int o, rc;

	while ((o = args_next(&a, &value)) != ARG_END) {
		bool ok = true;
		switch (o) {
		case GRPC: opts.grpc_endpoint = (tel_slice){ value, strlen(value) }; break;
		case HTTP: opts.http_endpoint = (tel_slice){ value, strlen(value) }; break;
		case SCRIPT: script_path = value; break;
		case LEDGER: ledger_path = value; break;
		case PRINT:
			s.print = format_by_name(value);
			ok = s.print >= 0 || strcmp(value, "none") == 0;
			if (!ok)
				fprintf(stderr, "%s: --print: unknown form '%s'\n", a.program, value);
			break;
		case EXIT_AFTER: ok = args_number(&a, "exit-after", value, ~0ul, &number); s.exit_after = number; break;
		case MAX_MIB: ok = args_number(&a, "max-mib", value, 1024, &mib); break;
		case CERT: opts.cert_file = (tel_slice){ value, strlen(value) }; break;
		case KEY: opts.key_file = (tel_slice){ value, strlen(value) }; break;
		case CLIENT_CA: opts.client_ca_file = (tel_slice){ value, strlen(value) }; break;
		case HELP: args_help(&a); return 0;
		case ARG_OPERAND: fprintf(stderr, "%s: unexpected operand '%s'\n", a.program, value); ok = false; break;
		default: ok = false; break;
		}
		if (!ok)
			return EXIT_USAGE;
	}
	if (!opts.cert_file.len != !opts.key_file.len || (opts.client_ca_file.len && !opts.cert_file.len)) {
		fprintf(stderr, "%s: --cert and --key go together, and --client-ca needs them\n", a.program);
		return EXIT_USAGE;
	}
	if (!opts.grpc_endpoint.len && !opts.http_endpoint.len) {
		opts.grpc_endpoint = TEL_SLICE_LIT("127.0.0.1:4317");
		opts.http_endpoint = TEL_SLICE_LIT("127.0.0.1:4318");
	}
	opts.grpc_max_bytes = opts.http_max_bytes = (size_t)mib << 20;
	rc = !script_load(&s.script, a.program, script_path) || ledger_open(&s.ledger, a.program, ledger_path) ? EXIT_USAGE
	                                                                                                        : serve(&s, &opts);
	ledger_close(&s.ledger);
	script_free(&s.script);
	return rc;
}
