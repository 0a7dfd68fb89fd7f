/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt: what its answer means for the batch and for the circuit of the destination. */
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "config/duration.h"
#include "sink/sender_i.h"

enum { GRPC_PERMISSION_DENIED = 7, GRPC_UNAVAILABLE = 14, GRPC_UNAUTHENTICATED = 16, TEXT_MAX = 512 };

/* ---- circuit: while a destination is dead, one probe at a time (protocols.md 2.5, delivery.md issue 27) ---- */

bool tel__circuit_open(const tel__sender *s)
{
	/* Without retry and without a queue the caller wants the failure now, not a turn in a line. */
	return s->circuit.failures >= TEL__CIRCUIT_FAILURES && (s->rules.retry.enabled || !s->rules.waits);
}

static void circuit_alive(tel__sender *s, uint64_t now)
{
	bool was_open = tel__circuit_open(s);
	s->circuit.failures = 0;
	s->circuit.backoff = (tel__backoff){ 0, false };
	s->circuit.probe_mono_ns = 0;
	/* It is back: who was held only by backoff goes now; what the server asked for still holds. */
	for (tel__flight *f = s->waiting.head; was_open && f; f = f->next)
		if (f->next_mono_ns > now)
			f->next_mono_ns = f->hint_mono_ns > now ? f->hint_mono_ns : now;
}

static void circuit_failed(tel__sender *s, uint64_t hint_ns, uint64_t now)
{
	tel__circuit *c = &s->circuit;
	if (c->failures < UINT32_MAX)
		c->failures++;
	if (c->failures < TEL__CIRCUIT_FAILURES)
		return;
	uint64_t delay = tel__backoff_next(&c->backoff, &s->rules.retry, tel__ctx_random(s->ctx));
	if (delay < hint_ns)
		delay = hint_ns;
	c->probe_mono_ns = now + (delay < TEL__SENDER_MIN_DELAY_NS ? TEL__SENDER_MIN_DELAY_NS : delay);
}

/* ---- log lines ---- */

#define NO_RETRY " Try enabling retry_on_failure config option to retry on retryable errors."
#define NO_QUEUE " Try enabling sending_queue to survive temporary failures."

static const char *drop_message(const tel__sender *s)
{
	bool retries = s->rules.retry.enabled;

	if (s->rules.waits && !s->rules.has_queue)
		return retries ? "Exporting failed. Rejecting data." NO_QUEUE : "Exporting failed. Rejecting data." NO_RETRY NO_QUEUE;
	return retries ? "Exporting failed. Dropping data." : "Exporting failed. Dropping data." NO_RETRY;
}

static void log_drop(const tel__sender *s, tel_slice text, uint64_t points)
{
	tel_log_field fields[] = {
		TEL__LOG_STR("error", text),
		TEL__LOG_NUM("dropped_items", points),
	};
	if (s->rules.waits && !s->rules.has_queue)
		fields[1].key = TEL_SLICE_LIT("rejected_items");
	tel__sender_log(s, TEL_LOG_ERROR, drop_message(s), fields, 2);
}

static void log_retry(const tel__sender *s, tel_slice text, uint64_t delay_ns)
{
	char interval[TEL__DURATION_MAX];
	size_t n = tel__duration_format(delay_ns < INT64_MAX ? (int64_t)delay_ns : INT64_MAX, interval);
	tel_log_field fields[] = {
		TEL__LOG_STR("error", text),
		TEL__LOG_STR("interval", ((tel_slice){ interval, n })),
	};
	tel__sender_log(s, TEL_LOG_INFO, "Exporting failed. Will retry the request after interval.", fields, 2);
}

static void log_partial(tel__sender *s, const tel__export_outcome *o, uint64_t rejected)
{
	tel_log_field fields[] = {
		TEL__LOG_STR("message", o->message),
		TEL__LOG_NUM("dropped_data_points", rejected),
	};
	tel__sender_log(s, TEL_LOG_WARN, "Partial success response", fields, 2);
	if (!s->stats.first_rejection[0])
		tel__slice_printable(o->message, s->stats.first_rejection, sizeof s->stats.first_rejection);
}

/* ---- ends ---- */

/* The texts of otel-processing.md 9.3 around what the exporter says. */
static tel_slice final_text(const tel__sender *s, tel__drop reason, tel_slice text, char *out, size_t cap)
{
	static const char *const retry[TEL__DROP_COUNT] = {
		[TEL__DROP_PERMANENT] = "not retryable error: Permanent error: ",
		[TEL__DROP_ELAPSED] = "no more retries left: ",
		[TEL__DROP_NO_RETRY] = "",
		[TEL__DROP_TOO_LARGE] = "not retryable error: Permanent error: ",
		[TEL__DROP_SHUTDOWN] = "interrupted due to shutdown: ",
		[TEL__DROP_CANCELLED] = "",
		[TEL__DROP_UNTOLD] = "",
	};
	bool permanent = reason == TEL__DROP_PERMANENT || reason == TEL__DROP_TOO_LARGE;
	const char *prefix = s->rules.retry.enabled ? retry[reason] : permanent ? "Permanent error: " : "";
	int n = snprintf(out, cap, "%s" TEL_SLICE_FMT, prefix, TEL_SLICE_ARG(text));
	return (tel_slice){ out, n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1 };
}

static void drop(tel__sender *s, tel__flight *f, tel__drop reason, const tel__export_outcome *o)
{
	char text[TEXT_MAX];
	tel__export_outcome end = *o;
	if (s->keeps_queue && reason == TEL__DROP_SHUTDOWN) {
		tel__settle_flight(s, f, TEL__END_KEPT, reason, NULL);
		return;
	}
	end.message = final_text(s, reason, o->message, text, sizeof text);
	log_drop(s, end.message, f->points);
	tel__settle_flight(s, f, TEL__END_DROPPED, reason, &end);
}

void tel__attempt_give_up(tel__sender *s, tel__flight *f, tel__drop reason)
{
	tel__export_outcome last = f->last;
	if (f->attempts == 0 || last.verdict == TEL__EXPORT_OK)
		last = (tel__export_outcome){ TEL__EXPORT_RETRY, 0, 0, GRPC_UNAVAILABLE, TEL_SLICE_LIT("not sent yet") };
	drop(s, f, reason, &last);
}

static void remember(tel__sender *s, tel__flight *f, const tel__export_outcome *o)
{
	size_t n = o->message.len < sizeof f->text ? o->message.len : sizeof f->text;
	if (n)
		memcpy(f->text, o->message.ptr, n);
	f->last = *o;
	f->last.message = (tel_slice){ f->text, n };
	tel__slice_printable(f->last.message, s->stats.last_error, sizeof s->stats.last_error);
}

/* ---- answers ---- */

static void on_success(tel__sender *s, tel__flight *f, const tel__export_outcome *o, uint64_t now)
{
	circuit_alive(s, now);
	s->circuit.auth_failures = 0;
	s->stats.last_error[0] = '\0';
	s->stats.last_success_unix_ns = tel__ctx_unix_ns(s->ctx);
	if (o->rejected_points || o->message.len)
		log_partial(s, o, o->rejected_points < f->points ? o->rejected_points : f->points);
	tel__settle_flight(s, f, TEL__END_SENT, TEL__DROP_COUNT, o);
}

/* Somebody has to repair the credentials; until then a queue that survives keeps the data, and one probe per backoff asks
 * (protocols.md 2.5; max_elapsed_time does not count). */
static void hold(tel__sender *s, tel__flight *f, const tel__export_outcome *o, uint64_t now)
{
	uint64_t delay = tel__backoff_next(&f->backoff, &s->rules.retry, tel__ctx_random(s->ctx));
	const tel_log_field field = TEL__LOG_STR("error", o->message);
	if (s->circuit.auth_failures == 1)
		tel__sender_log(s, TEL_LOG_ERROR, "The backend refuses our credentials. Data is held in the queue until it takes them.",
		                &field, 1);
	circuit_failed(s, 0, now);
	remember(s, f, o);
	f->held = true;
	f->first_mono_ns = now; /* what fails otherwise later starts its time anew */
	if (s->draining && now + delay > s->drain_deadline_ns) {
		drop(s, f, TEL__DROP_SHUTDOWN, o);
		return;
	}
	f->next_mono_ns = now + (delay < TEL__SENDER_MIN_DELAY_NS ? TEL__SENDER_MIN_DELAY_NS : delay);
}

static void on_permanent(tel__sender *s, tel__flight *f, const tel__export_outcome *o, tel__drop reason, uint64_t now)
{
	bool auth = o->grpc_status == GRPC_PERMISSION_DENIED || o->grpc_status == GRPC_UNAUTHENTICATED;
	s->circuit.auth_failures = auth ? s->circuit.auth_failures + 1 : 0;
	if (auth && s->holds_auth_failures) {
		hold(s, f, o, now);
		return;
	}
	circuit_alive(s, now);
	remember(s, f, o);
	drop(s, f, reason, o);
}

static void on_retryable(tel__sender *s, tel__flight *f, const tel__export_outcome *o, uint64_t now)
{
	uint64_t hint = o->retry_after_ns < TEL__RETRY_HINT_MAX_NS ? o->retry_after_ns : TEL__RETRY_HINT_MAX_NS, when;
	circuit_failed(s, hint, now);
	remember(s, f, o);
	if (!s->rules.retry.enabled) {
		drop(s, f, TEL__DROP_NO_RETRY, o);
		return;
	}
	uint64_t deadline = f->deadline_mono_ns;
	bool by_drain = s->draining && s->drain_deadline_ns < deadline;
	if (by_drain)
		deadline = s->drain_deadline_ns;
	if (!tel__retry_when(&f->backoff, &s->rules.retry, hint, f->first_mono_ns, now, deadline, tel__ctx_random(s->ctx), &when)) {
		drop(s, f, by_drain ? TEL__DROP_SHUTDOWN : TEL__DROP_ELAPSED, o);
		return;
	}
	f->hint_mono_ns = hint ? now + hint : 0;
	f->next_mono_ns = when < now + TEL__SENDER_MIN_DELAY_NS ? now + TEL__SENDER_MIN_DELAY_NS : when;
	log_retry(s, f->last.message, when - now);
}

static void on_too_big(tel__sender *s, tel__flight *f, const tel__export_outcome *o, uint64_t now)
{
	tel_err e = tel__batch_halve(s, f, now);
	if (e == TEL_OK) {
		circuit_alive(s, now);
		return;
	}
	if (e == TEL_ERR_NOMEM)
		on_retryable(s, f, o, now);
	else
		on_permanent(s, f, o, TEL__DROP_TOO_LARGE, now);
}

static void on_answer(tel__sender *s, tel__flight *f, const tel__export_outcome *o)
{
	uint64_t now = tel__ctx_mono_ns(s->ctx);
	tel__flight_move(s, f, TEL__FLIGHT_WAITING);
	f->held = false;
	switch (o->verdict) {
	case TEL__EXPORT_OK:
		on_success(s, f, o, now);
		break;
	case TEL__EXPORT_RETRY:
		on_retryable(s, f, o, now);
		break;
	case TEL__EXPORT_PERMANENT:
		on_permanent(s, f, o, TEL__DROP_PERMANENT, now);
		break;
	case TEL__EXPORT_TOO_BIG:
		on_too_big(s, f, o, now);
		break;
	}
}

static void on_done(void *user, const tel__export_outcome *outcome)
{
	tel__flight *f = user;
	tel__sender *s = f->sender;
	f->transport->flights--;
	tel__sender_kick(s); /* before: a settled callback is the last thing that happens */
	on_answer(s, f, outcome);
}

void tel__attempt_start(tel__sender *s, tel__flight *f, uint64_t now)
{
	tel_error err = TEL_ERROR_INIT;
	if (f->deadline_mono_ns <= now) {
		tel__attempt_give_up(s, f, TEL__DROP_ELAPSED);
		return;
	}
	if (f->attempts++ == 0)
		f->first_mono_ns = now;
	else
		s->stats.retries++;
	s->stats.requests++;
	tel_err e = s->rules.json || f->body_epoch != s->body_epoch ? tel__batch_body(s, f, &err) : TEL_OK;
	f->batch = (tel__export_batch){
		.slices = f->wire ? &f->wire_slice : f->slices,
		.slice_count = f->wire ? 1 : f->slice_count,
		.bytes = f->wire ? f->wire_slice.len : f->bytes,
		.points = f->points,
		.coding = f->wire ? f->wire_coding : NULL,
		.attempt = f->attempts,
		.deadline_mono_ns = f->deadline_mono_ns,
	};
	tel__flight_move(s, f, TEL__FLIGHT_SENDING);
	f->transport = s->transport;
	if (e == TEL_OK &&
	    f->transport->exporter->send(f->transport->impl, &f->batch, on_done, f, &f->call_id, &err) == TEL_OK) {
		f->transport->flights++;
		return;
	}
	tel__export_outcome o = { e == TEL_ERR_MALFORMED ? TEL__EXPORT_PERMANENT : TEL__EXPORT_RETRY, 0, 0, GRPC_UNAVAILABLE, tel__slice_str(err.msg) };
	on_answer(s, f, &o);
}
