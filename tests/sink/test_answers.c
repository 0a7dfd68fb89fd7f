/* SPDX-License-Identifier: Apache-2.0 */
/* Every answer that a backend can give, through exporter and sender over loopback: tests/sink/answers.table, row by row.
 * Time is the test's: an attempt that comes a millisecond early or late fails. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "sink/answer_table.h"
#include "sink/exporters.h"
#include "sink/fake_exporter.h"
#include "sink/otlp_options.h"
#include "sink/otlp_world.h"
#include "sink/raw_peer.h"
#include "sink/sender.h"
#include "wire/pb.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
enum { POINTS = 4, TIMEOUT_S = 30, TURNS = 20000 };

static answer_table table;

/* One exporter with its sender, between the test and both backends. */
typedef struct desk {
	otlp_world w;
	raw_peer peer;
	bool grpc;
	char endpoint[64];
	union {
		tel__otlp_http_exporter_options http;
		tel__otlp_grpc_exporter_options grpc;
	} options;
	tel__queue_options queue;
	tel__sender *sender;
	tel__sender_stats before;
	unsigned requests_before;
} desk;

static void open_exporter(desk *d, tel__retry_options retry)
{
	const tel__component *row = d->grpc ? &tel__otlp_grpc_exporter : &tel__otlp_http_exporter;
	const tel__exporter_ops *ops = row->impl;
	tel__exporter_env env = { .ctx = d->w.ctx, .id = TEL_SLICE_LIT("test"), .user_agent = TEL_SLICE_LIT("test") };
	tel__exporter_impl *impl;
	tel__sender_settings settings;
	tel_error err = TEL_ERROR_INIT;
	snprintf(d->endpoint, sizeof d->endpoint, "http://127.0.0.1:%u",
	         d->grpc ? tel__http_server_port(d->w.grpc) : d->peer.port);
	d->queue = (tel__queue_options){ .enabled = true, .num_consumers = 4, .queue_size = 100 };
	tel_slice endpoint = { d->endpoint, strlen(d->endpoint) };
	if (d->grpc) {
		d->options.grpc.client.endpoint = endpoint;
		d->options.grpc.client.tls.insecure = true;
		d->options.grpc.timeout.timeout = TIMEOUT_S * (int64_t)SECOND;
		d->options.grpc.retry = retry;
		d->options.grpc.queue = &d->queue;
	} else {
		d->options.http.client.endpoint = endpoint;
		d->options.http.client.timeout = TIMEOUT_S * (int64_t)SECOND;
		d->options.http.retry = retry;
		d->options.http.queue = &d->queue;
	}
	if (ops->make(&env, &d->options, &impl, &err))
		fail_msg("%s", err.msg);
	ops->settings(&d->options, &settings);
	settings.coding = NULL;
	tel__sender_opts opts = { .ctx = d->w.ctx, .exporter = ops, .impl = impl, .settings = &settings };
	assert_ok(tel__sender_new(&opts, &d->sender, NULL));
}

static void desk_open(desk *d, bool grpc, int64_t max_elapsed_s)
{
	memset(d, 0, sizeof *d);
	otlp_world_init(&d->w);
	raw_peer_init(&d->peer);
	d->grpc = grpc;
	open_exporter(d, (tel__retry_options){ true, 5 * (int64_t)SECOND, 30 * (int64_t)SECOND,
	                                       max_elapsed_s * (int64_t)SECOND, 0, 1.5 });
}

static void desk_close(desk *d)
{
	tel__sender_free(d->sender);
	raw_peer_fini(&d->peer);
	otlp_world_fini(&d->w);
}

static void turn(desk *d)
{
	assert_ok(tel_ctx_run_once(d->w.ctx, 0));
	raw_peer_step(&d->peer);
}

static unsigned requests(const desk *d)
{
	return (d->grpc ? d->w.requests : d->peer.requests) - d->requests_before;
}

/* What changed since the row began; the ledger holds at every look. */
static tel__sender_stats changes(const desk *d)
{
	tel__sender_stats s, *b = (tel__sender_stats *)(uintptr_t)&d->before;
	uint64_t dropped = 0;
	tel__sender_get_stats(d->sender, &s);
	for (size_t i = 0; i < TEL__DROP_COUNT; i++)
		dropped += s.dropped_points[i];
	assert_int_equal(s.committed_points, s.sent_points + s.rejected_points + dropped + s.returned_points + s.queued_points);
	s.committed_points -= b->committed_points;
	s.sent_points -= b->sent_points;
	s.send_failed_points -= b->send_failed_points;
	s.requests -= b->requests;
	s.retries -= b->retries;
	for (size_t i = 0; i < TEL__DROP_COUNT; i++)
		s.dropped_points[i] -= b->dropped_points[i];
	return s;
}

/* Turns until so many requests came and none is under way. Time stands still. */
static bool answered(desk *d, unsigned count)
{
	for (unsigned i = 0; i < TURNS; i++) {
		turn(d);
		if (requests(d) == count && changes(d).in_flight == 0)
			return true;
	}
	return false;
}

static void on_settled(void *user, tel_err err, const tel__export_outcome *outcome)
{
	(void)user, (void)outcome;
	assert_int_equal(err, TEL_OK);
}

static void begin(desk *d)
{
	tel__sender_get_stats(d->sender, &d->before);
	d->requests_before = d->grpc ? d->w.requests : d->peer.requests;
	assert_ok(fake_commit(d->sender, 0, 0, POINTS, d->w.clock.mono_ns, UINT64_MAX, on_settled, NULL));
}

/* ---- rows ---- */

/* Says which row failed, and why. */
#define EXPECT(condition) \
	do { \
		if (!(condition)) \
			fail_msg("answers.table:%u: %s: not so: %s (%u requests; last error: %s)", row->line, what, #condition, \
			         requests(d), changes(d).last_error); \
	} while (0)

static void expect_sent(desk *d, const answer_row *row, const char *what, uint64_t attempts, uint64_t retries)
{
	tel__sender_stats s = changes(d);
	EXPECT(s.committed_points == POINTS && s.sent_points == POINTS && s.queued_points == 0);
	EXPECT(s.send_failed_points == 0 && s.requests == attempts && s.retries == retries && !s.circuit_open);
	EXPECT(s.last_error[0] == '\0');
}

static void expect_dropped(desk *d, const answer_row *row, const char *what, tel__drop reason)
{
	tel__sender_stats s = changes(d);
	EXPECT(s.dropped_points[reason] == POINTS && s.send_failed_points == POINTS && s.queued_points == 0);
	EXPECT(s.requests == 1 && s.retries == 0 && s.last_error[0] != '\0');
}

/* The next attempt comes when it is due, and neither a millisecond earlier nor later. */
static void expect_retry(desk *d, const answer_row *row, const char *what)
{
	tel__sender_stats s = changes(d);
	EXPECT(s.backing_off == 1 && s.queued_points == POINTS && s.sent_points == 0 && s.send_failed_points == 0);
	EXPECT(s.last_error[0] != '\0');
	fake_clock_advance(&d->w.clock, row->wait_ns - MS);
	for (int i = 0; i < 3; i++)
		turn(d);
	EXPECT(requests(d) == 1);
	fake_clock_advance(&d->w.clock, MS);
	EXPECT(answered(d, 2));
	expect_sent(d, row, what, 2, 1);
}

static void check_row(desk *d, const answer_row *row, const char *what, bool gives_up)
{
	begin(d);
	if (row->outcome == ANSWER_UNANSWERED) {
		for (int i = 0; i < 50; i++)
			turn(d);
		EXPECT(requests(d) == 1 && changes(d).in_flight == 1);
		fake_clock_advance(&d->w.clock, TIMEOUT_S * SECOND + MS);
	}
	EXPECT(answered(d, row->outcome == ANSWER_HALVED ? 3 : 1));
	switch (row->outcome) {
	case ANSWER_SENT: expect_sent(d, row, what, 1, 0); break;
	case ANSWER_HALVED: expect_sent(d, row, what, 3, 1); break; /* one half goes on as the flight that was cut */
	case ANSWER_DROPPED: expect_dropped(d, row, what, TEL__DROP_PERMANENT); break;
	default:
		if (!gives_up) {
			expect_retry(d, row, what);
			break;
		}
		expect_dropped(d, row, what, TEL__DROP_ELAPSED);
		begin(d); /* a good one, so that no circuit opens */
		EXPECT(answered(d, 1));
		expect_sent(d, row, what, 1, 0);
	}
}

/* The row that speaks of a status with a form: exactly one does. */
static const answer_row *row_of(const answer_row *rows, size_t count, size_t status, size_t form)
{
	const answer_row *found = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!rows[i].status[status] || !rows[i].form[form])
			continue;
		if (found)
			fail_msg("answers.table:%u and %u both speak of %zu with form %zu", found->line, rows[i].line, status, form);
		found = &rows[i];
	}
	return found;
}

/* ---- HTTP ---- */

static void rfc850(const struct tm *tm, char *out, size_t cap)
{
	char day[32], hour[32];
	strftime(day, sizeof day, "%A, %d-%b", tm);
	strftime(hour, sizeof hour, "%H:%M:%S GMT", tm);
	snprintf(out, cap, "%s-%02d %s", day, tm->tm_year % 100, hour);
}

static bool header_text(const answer_form *f, uint64_t unix_ns, char *out, size_t cap)
{
	if (f->kind[0] == '\0')
		return false;
	if (strcmp(f->kind, "text") == 0) {
		snprintf(out, cap, "%s", f->value);
		return true;
	}
	time_t when = (time_t)(unix_ns / SECOND) + atol(f->value);
	struct tm tm;
	gmtime_r(&when, &tm);
	if (strcmp(f->kind, "imf") == 0)
		strftime(out, cap, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	else if (strcmp(f->kind, "rfc850") == 0)
		rfc850(&tm, out, cap);
	else
		strftime(out, cap, "%a %b %e %H:%M:%S %Y", &tm);
	return true;
}

static void check_http(desk *d, unsigned status, const answer_form *form, const answer_row *row, bool gives_up)
{
	char answer[512], header[128], what[128];
	bool bodiless = status < 200 || status == 204 || status == 304;
	d->w.clock.unix_ns -= d->w.clock.unix_ns % SECOND; /* dates have whole seconds */
	bool has = header_text(form, d->w.clock.unix_ns, header, sizeof header);
	snprintf(answer, sizeof answer, "HTTP/1.1 %u Test\r\n%s%s%s%s\r\n%s", status, has ? "Retry-After: " : "", has ? header : "",
	         has ? "\r\n" : "", bodiless ? "" : "Content-Length: 4\r\n", bodiless ? "" : "text");
	snprintf(what, sizeof what, "HTTP %u, Retry-After %s", status, form->name);
	d->peer.next = answer;
	check_row(d, row, what, gives_up);
}

static void http_answers_mean_what_the_table_says(void **state)
{
	(void)state;
	static desk d, strict; /* strict: max_elapsed_time has its default */
	unsigned checked = 0, given_up = 0;
	desk_open(&d, false, 0);
	desk_open(&strict, false, 300);
	for (unsigned status = 100; status <= 599; status++)
		for (size_t f = 0; f < table.form_count; f++) {
			const answer_row *row = row_of(table.http, table.http_count, status, f);
			if (!row && status < 200 && f > 0)
				continue;
			if (!row)
				fail_msg("no row for %u with %s", status, table.forms[f].name);
			check_http(&d, status, &table.forms[f], row, false);
			checked++;
			if (row->wait_ns <= 300 * SECOND)
				continue;
			check_http(&strict, status, &table.forms[f], row, true);
			given_up++;
		}
	desk_close(&strict);
	desk_close(&d);
	assert_int_equal(checked, 400 * table.form_count + 100);
	print_message("# %u answers over HTTP, %u of them also given up\n", checked, given_up);
}

/* ---- gRPC ---- */

static void put_retry_info(tel__dynbuf *b, const char *value)
{
	long long seconds = 0, nanos = 0;
	int n = sscanf(value, "%lld %lld", &seconds, &nanos);
	tel__pb_add_bytes(b, 1, TEL_SLICE_LIT("type.googleapis.com/google.rpc.RetryInfo"));
	size_t info = tel__pb_add_open(b, 2);
	if (n == 2) {
		size_t delay = tel__pb_add_open(b, 1);
		tel__pb_add_uint(b, 1, (uint64_t)seconds);
		tel__pb_add_uint(b, 2, (uint64_t)nanos);
		tel__pb_add_close(b, delay);
	}
	tel__pb_add_close(b, info);
}

static void put_details(const answer_form *f, int32_t code, tel__dynbuf *b)
{
	tel__dynbuf_reset(b);
	if (strcmp(f->kind, "hex") == 0) {
		for (const char *p = f->value; p[0]; p += 2) {
			unsigned byte;
			assert_int_equal(sscanf(p, "%2x", &byte), 1);
			tel__dynbuf_byte(b, (char)byte);
		}
	} else if (f->kind[0]) {
		tel__pb_add_uint(b, 1, (uint64_t)code);
		tel__pb_add_bytes(b, 2, TEL_SLICE_LIT("test"));
		size_t detail = tel__pb_add_open(b, 3);
		if (strcmp(f->kind, "retry") == 0)
			put_retry_info(b, f->value);
		else
			tel__pb_add_bytes(b, 1, TEL_SLICE_LIT("type.googleapis.com/google.rpc.DebugInfo"));
		tel__pb_add_close(b, detail);
	}
	assert_ok(tel__dynbuf_error(b));
}

/* The backend gives its answer once; then it is well. */
static void check_grpc(desk *d, int32_t code, const answer_form *form, const answer_row *row, bool gives_up)
{
	char what[128];
	tel__dynbuf details;
	tel__dynbuf_init(&details, &tel__alloc_libc, 4096);
	put_details(form, code, &details);
	d->w.answer_once = true;
	d->w.grpc_status = code;
	d->w.message = TEL_SLICE_LIT("test");
	d->w.details = tel__dynbuf_get(&details);
	snprintf(what, sizeof what, "gRPC %d, details %s", code, form->name);
	check_row(d, row, what, gives_up);
	tel__dynbuf_fini(&details);
}

static void grpc_answers_mean_what_the_table_says(void **state)
{
	(void)state;
	static desk d, strict;
	unsigned checked = 0, given_up = 0;
	desk_open(&d, true, 0);
	desk_open(&strict, true, 300);
	for (int32_t code = 0; code < ANSWER_CODES; code++)
		for (size_t f = 0; f < table.detail_count; f++) {
			const answer_row *row = row_of(table.grpc, table.grpc_count, (size_t)code, f);
			if (!row)
				fail_msg("no row for %d with %s", code, table.details[f].name);
			check_grpc(&d, code, &table.details[f], row, false);
			checked++;
			if (row->wait_ns <= 300 * SECOND)
				continue;
			check_grpc(&strict, code, &table.details[f], row, true);
			given_up++;
		}
	desk_close(&strict);
	desk_close(&d);
	assert_int_equal(checked, ANSWER_CODES * table.detail_count);
	print_message("# %u answers over gRPC, %u of them also given up\n", checked, given_up);
}

static int load(void **state)
{
	const char *top = getenv("TEL_SRCDIR");
	char path[1024];
	(void)state;
	snprintf(path, sizeof path, "%s/tests/sink/answers.table", top ? top : ".");
	answer_table_load(&table, path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http_answers_mean_what_the_table_says),
		cmocka_unit_test(grpc_answers_mean_what_the_table_says),
	};
	return cmocka_run_group_tests_name("sink/answers", tests, load, NULL);
}
