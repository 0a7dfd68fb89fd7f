/* SPDX-License-Identifier: Apache-2.0 */
/* telemetryctl send: load and ledger source. Closed loop, or open loop with --rate. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <telemetry/exporter.h>

#include "common/args.h"
#include "common/files.h"
#include "common/proxies.h"
#include "telemetryctl/cmd.h"
#include "telemetryctl/generate.h"
#include "telemetryctl/ledger.h"

#define SECOND 1000000000ull
enum { MAX_CONNECTIONS = 10000, MAX_LATENCIES = 4000000, MAX_HEADERS = 16, MAX_HEADER_BYTES = 64 * 1024 };

struct source;

/* One exporter with one connection and one request at a time. */
typedef struct lane {
	struct source *source;
	tel_exporter *exporter;
	uint64_t due_ns;          /* when the request at hand was due */
	uint64_t first;           /* its first sequence */
	bool busy;
} lane;

typedef struct source {
	tel_ctx *ctx;
	proxies proxies;
	lane *lanes;
	tel_exporter_opts opts;
	tel_exporter_header headers[MAX_HEADERS];
	char *header_texts[MAX_HEADERS]; /* read from files; NULL = on the command line */
	size_t header_count;
	ledger ledger;
	tel_metrics *sample;      /* what is sent when there is no ledger */
	char name[64];            /* ledger.source */
	unsigned long connections, points, requests, rate;
	unsigned long long duration_ns;
	bool stop_at_refusal, refused_stop;
	uint64_t started_ns, next_sequence, submitted, answered;
	uint64_t accepted, refused, rejected_points;
	uint32_t *latencies_us;
	size_t latency_count;
	char first_refusal[256];
} source;

static volatile sig_atomic_t stopped;

static void on_signal(int signum)
{
	(void)signum;
	stopped = stopped ? 2 : 1;
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static void on_done(void *user, const tel_export_result *result)
{
	lane *l = user;
	source *s = l->source;
	uint64_t latency = now_ns(CLOCK_MONOTONIC) - l->due_ns;

	l->busy = false;
	s->answered++;
	if (s->latency_count < MAX_LATENCIES)
		s->latencies_us[s->latency_count++] = (uint32_t)(latency / 1000u < UINT32_MAX ? latency / 1000u : UINT32_MAX);
	if (result->code == TEL_OK || result->code == TEL_ERR_PARTIAL) {
		s->accepted++;
		s->rejected_points += result->rejected_points;
		ledger_note(&s->ledger, s->name, strlen(s->name), l->first, l->first + s->points - 1);
		return;
	}
	s->refused++;
	s->refused_stop = s->refused_stop || s->stop_at_refusal;
	if (!s->first_refusal[0])
		snprintf(s->first_refusal, sizeof(s->first_refusal), TEL_SLICE_FMT, TEL_SLICE_ARG(result->message));
}

static bool submit(source *s, lane *l, uint64_t due_ns)
{
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *metrics = NULL;

	l->first = s->next_sequence;
	l->due_ns = due_ns;
	if (s->ledger.file)
		metrics = generate_points(s->name, l->first, s->points, now_ns(CLOCK_REALTIME));
	else if (tel_metrics_share(s->sample, &metrics))
		metrics = NULL;
	if (!metrics || tel_export_submit(l->exporter, metrics, on_done, l, NULL, &err)) {
		fprintf(stderr, "telemetryctl send: %s\n", metrics ? err.msg : "out of memory");
		tel_metrics_free(metrics);
		return false;
	}
	l->busy = true;
	s->next_sequence += s->points;
	s->submitted++;
	return true;
}

static bool finished(const source *s, uint64_t now)
{
	return stopped || s->refused_stop || (s->requests && s->submitted >= s->requests) ||
		(s->duration_ns && now - s->started_ns >= s->duration_ns);
}

/* When request n is due in an open loop. */
static uint64_t due_of(const source *s, uint64_t n, uint64_t now)
{
	return s->rate ? s->started_ns + (uint64_t)((double)n * 1e9 / (double)s->rate) : now;
}

/* Gives work to the lanes that are free; *ret_wait_ns is when to look again. */
static bool feed(source *s, uint64_t *ret_wait_ns)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC);

	*ret_wait_ns = SECOND;
	for (unsigned long i = 0; i < s->connections && !finished(s, now); i++) {
		uint64_t due = due_of(s, s->submitted, now);
		if (due > now) {
			*ret_wait_ns = due - now;
			break;
		}
		if (!s->lanes[i].busy && !submit(s, &s->lanes[i], due))
			return false;
	}
	if (s->duration_ns && !finished(s, now) && s->started_ns + s->duration_ns - now < *ret_wait_ns)
		*ret_wait_ns = s->started_ns + s->duration_ns - now;
	return true;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static double quantile_ms(const source *s, double q)
{
	return s->latency_count ? s->latencies_us[(size_t)(q * (double)(s->latency_count - 1))] / 1000.0 : 0;
}

static void report(source *s, uint64_t elapsed_ns)
{
	double seconds = (double)elapsed_ns / 1e9;

	qsort(s->latencies_us, s->latency_count, sizeof(*s->latencies_us), by_value);
	printf("requests: sent %" PRIu64 ", accepted %" PRIu64 ", refused %" PRIu64 "\n", s->submitted, s->accepted, s->refused);
	printf("points: accepted %" PRIu64 ", rejected by the backend %" PRIu64 ", %.0f per second\n",
	       s->accepted * s->points - s->rejected_points, s->rejected_points,
	       seconds > 0 ? (double)(s->accepted * s->points) / seconds : 0);
	printf("latency ms: p50 %.2f, p90 %.2f, p99 %.2f, p99.9 %.2f, max %.2f\n", quantile_ms(s, 0.5), quantile_ms(s, 0.9),
	       quantile_ms(s, 0.99), quantile_ms(s, 0.999), quantile_ms(s, 1));
	if (s->first_refusal[0])
		printf("first refusal: %s\n", s->first_refusal);
}

static int run(source *s)
{
	uint64_t wait = 0, ended;
	bool ok = true;

	s->started_ns = now_ns(CLOCK_MONOTONIC);
	while (ok && (!finished(s, now_ns(CLOCK_MONOTONIC)) || s->answered < s->submitted)) {
		ok = feed(s, &wait) && tel_ctx_run_once(s->ctx, wait) < TEL_ERR_FATAL;
		if (stopped > 1)
			break;
	}
	ended = now_ns(CLOCK_MONOTONIC);
	report(s, ended - s->started_ns);
	return ok && s->refused == 0 && s->rejected_points == 0 && s->accepted == s->submitted ? 0 : 1;
}

static int open_lanes(source *s)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;

	s->lanes = calloc(s->connections, sizeof(*s->lanes));
	s->latencies_us = malloc(MAX_LATENCIES * sizeof(*s->latencies_us));
	s->sample = generate_points(NULL, 0, s->points, now_ns(CLOCK_REALTIME));
	if (!s->lanes || !s->latencies_us || !s->sample) {
		fprintf(stderr, "telemetryctl send: out of memory\n");
		return 1;
	}
	if (proxies_read(&s->proxies, NULL, &opts.proxies) || tel_ctx_new(&opts, &s->ctx, &err)) {
		fprintf(stderr, "telemetryctl send: %s\n", err.msg[0] ? err.msg : "out of memory");
		return 1;
	}
	for (unsigned long i = 0; i < s->connections; i++) {
		s->lanes[i].source = s;
		if (tel_exporter_new(s->ctx, &s->opts, &s->lanes[i].exporter, &err)) {
			fprintf(stderr, "telemetryctl send: %s\n", err.msg);
			return EXIT_USAGE;
		}
	}
	return 0;
}

static void close_lanes(source *s)
{
	for (unsigned long i = 0; s->lanes && i < s->connections; i++)
		tel_exporter_free(s->lanes[i].exporter);
	tel_ctx_free(s->ctx);
	proxies_fini(&s->proxies);
	tel_metrics_free(s->sample);
	free(s->lanes);
	free(s->latencies_us);
}

/* A number that is not 0. */
static bool take_count(const args *a, const char *name, const char *value, unsigned long max, unsigned long *ret_value)
{
	if (!args_number(a, name, value, max, ret_value))
		return false;
	if (*ret_value == 0)
		fprintf(stderr, "%s: --%s: 0 is not enough\n", a->program, name);
	return *ret_value != 0;
}

static bool take_endpoint(const char *program, const char *value, const char **endpoint)
{
	if (*endpoint)
		return fprintf(stderr, "%s: one endpoint at a time: '%s' is left over\n", program, value), false;
	*endpoint = value;
	return true;
}

/* A value on the command line is seen by everybody on the machine: secrets come from files. */
static bool take_header(source *s, const char *program, const char *text)
{
	const char *equals = strchr(text, '=');
	char *file = NULL;
	size_t len;
	int errnum;

	if (!equals || equals == text)
		return fprintf(stderr, "%s: --header: '%s' is not NAME=VALUE\n", program, text), false;
	if (s->header_count == MAX_HEADERS)
		return fprintf(stderr, "%s: --header: more than %d\n", program, MAX_HEADERS), false;
	len = strlen(equals + 1);
	if (equals[1] == '@') {
		errnum = file_read(equals + 2, MAX_HEADER_BYTES, &file, &len);
		if (errnum)
			return fprintf(stderr, "%s: --header: %s: %s\n", program, equals + 2, strerror(errnum)), false;
		while (len && (file[len - 1] == '\n' || file[len - 1] == '\r'))
			len--;
	}
	s->header_texts[s->header_count] = file;
	s->headers[s->header_count++] = (tel_exporter_header){ { text, (size_t)(equals - text) }, { file ? file : equals + 1, len } };
	s->opts.headers = s->headers;
	s->opts.header_count = s->header_count;
	return true;
}

static bool take_protocol(source *s, const char *program, const char *value)
{
	if (strcmp(value, "grpc") == 0)
		s->opts.protocol = TEL_EXPORTER_GRPC;
	else if (strcmp(value, "http/protobuf") == 0)
		s->opts.protocol = TEL_EXPORTER_HTTP_PROTOBUF;
	else if (strcmp(value, "http/json") == 0)
		s->opts.protocol = TEL_EXPORTER_HTTP_JSON;
	else
		return fprintf(stderr, "%s: --protocol: '%s' is not grpc, http/protobuf or http/json\n", program, value), false;
	return true;
}

/* A gRPC endpoint without a scheme is encrypted when something is said about TLS; http:// never is. */
static bool tls_agrees(const char *program, tel_exporter_opts *o, const char *endpoint)
{
	bool https = strncmp(endpoint, "https://", 8) == 0, http = strncmp(endpoint, "http://", 7) == 0;
	bool tls = o->ca_file.len || o->client_cert_file.len || o->client_key_file.len || o->server_name.len ||
		o->insecure_skip_verify;

	if (tls && (http || (!https && o->protocol != TEL_EXPORTER_GRPC)))
		return fprintf(stderr, "%s: TLS options need an endpoint of https://\n", program), false;
	if (!o->client_cert_file.len != !o->client_key_file.len)
		return fprintf(stderr, "%s: --cert and --key go together\n", program), false;
	o->insecure = !tls;
	return true;
}

/* What the command line says beside the options of the exporter. */
typedef struct command {
	const char *endpoint, *ledger_path;
	unsigned long long timeout_ns;
} command;

/* 0 = go on; -1 = answered; else the exit code, and stderr says why. */
static int read_arguments(int argc, char **argv, source *s, command *c)
{
	enum { PROTOCOL, COMPRESSION, RATE, DURATION, REQUESTS, POINTS, CONNECTIONS, TIMEOUT, RETRY, STOP, LEDGER, HEADER, CA, CERT, KEY,
		SERVER_NAME, SKIP_VERIFY, HELP };
	static const arg_option options[] = {
		{ "protocol", "NAME", "grpc, http/protobuf or http/json (default http/protobuf)" },
		{ "compression", "NAME", "none, gzip, zstd, snappy; HTTP: zlib, deflate (default none)" },
		{ "rate", "N", "requests per second, whatever the answers (default: as fast as they come)" },
		{ "duration", "D", "how long, such as 10s" },
		{ "requests", "N", "how many (default 1 without --duration)" },
		{ "points-per-request", "N", "data points in each (default 1)" },
		{ "connections", "N", "at once, one request each (default 1)" },
		{ "timeout", "D", "of one request (default 10s)" },
		{ "retry", NULL, "retry what is refused for now" },
		{ "stop-at-refusal", NULL, "stop at the first refusal" },
		{ "ledger", "FILE", "number the points and append what was acknowledged" },
		{ "header", "NAME=VALUE", "header or metadata of each request (repeatable); @FILE for VALUE reads it from there" },
		{ "ca", "FILE", "TLS: authorities to trust (default: the system's)" },
		{ "cert", "FILE", "TLS: our certificate" },
		{ "key", "FILE", "TLS: its private key" },
		{ "server-name", "NAME", "TLS: the name that the server's certificate must carry" },
		{ "insecure-skip-verify", NULL, "TLS: take any certificate" },
		{ "help", NULL, "print this help and exit" },
		{ NULL, NULL, NULL },
	};
	args a = { "telemetryctl send", "[OPTION]... ENDPOINT", options, argc, 1, argv, false };
	const char *value = NULL;
	int o;

	while ((o = args_next(&a, &value)) != ARG_END) {
		bool ok = true;
		switch (o) {
		case PROTOCOL: ok = take_protocol(s, a.program, value); break;
		case COMPRESSION: s->opts.compression = (tel_slice){ value, strlen(value) }; break;
		case RATE: ok = args_number(&a, "rate", value, 100000000, &s->rate); break;
		case DURATION: ok = args_duration_ns(&a, "duration", value, &s->duration_ns); break;
		case REQUESTS: ok = args_number(&a, "requests", value, ~0ul, &s->requests); break;
		case POINTS: ok = take_count(&a, "points-per-request", value, 1000000, &s->points); break;
		case CONNECTIONS: ok = take_count(&a, "connections", value, MAX_CONNECTIONS, &s->connections); break;
		case TIMEOUT: ok = args_duration_ns(&a, "timeout", value, &c->timeout_ns); break;
		case RETRY: s->opts.no_retry = false; break;
		case STOP: s->stop_at_refusal = true; break;
		case LEDGER: c->ledger_path = value; break;
		case HEADER: ok = take_header(s, a.program, value); break;
		case CA: s->opts.ca_file = (tel_slice){ value, strlen(value) }; break;
		case CERT: s->opts.client_cert_file = (tel_slice){ value, strlen(value) }; break;
		case KEY: s->opts.client_key_file = (tel_slice){ value, strlen(value) }; break;
		case SERVER_NAME: s->opts.server_name = (tel_slice){ value, strlen(value) }; break;
		case SKIP_VERIFY: s->opts.insecure_skip_verify = true; break;
		case HELP: args_help(&a); return -1;
		case ARG_OPERAND: ok = take_endpoint(a.program, value, &c->endpoint); break;
		default: ok = false; break;
		}
		if (!ok)
			return EXIT_USAGE;
	}
	if (!c->endpoint) {
		fprintf(stderr, "%s: an endpoint is missing\n", a.program);
		return EXIT_USAGE;
	}
	return tls_agrees(a.program, &s->opts, c->endpoint) ? 0 : EXIT_USAGE;
}

int cmd_send(int argc, char **argv)
{
	source s = { .opts = TEL_EXPORTER_OPTS_INIT, .connections = 1, .points = 1 };
	command c = { NULL, NULL, 0 };
	int rc;

	s.opts.no_retry = true;
	s.opts.insecure = true;
	s.opts.in_flight = 1;
	rc = read_arguments(argc, argv, &s, &c);
	if (rc)
		return rc < 0 ? 0 : rc;
	if (!s.requests && !s.duration_ns)
		s.requests = 1;
	s.opts.endpoint = (tel_slice){ c.endpoint, strlen(c.endpoint) };
	s.opts.timeout_ns = c.timeout_ns;
	if (ledger_open(&s.ledger, "telemetryctl send", c.ledger_path))
		return EXIT_USAGE;
	snprintf(s.name, sizeof(s.name), "%ld-%" PRIu64, (long)getpid(), now_ns(CLOCK_REALTIME));
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	rc = open_lanes(&s);
	if (!rc)
		rc = run(&s);
	close_lanes(&s);
	for (size_t i = 0; i < s.header_count; i++)
		free(s.header_texts[i]);
	ledger_close(&s.ledger);
	return rc;
}
