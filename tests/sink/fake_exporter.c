/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/fake_exporter.h"

#include <stdlib.h>

#include <telemetry/builder.h>
#include <telemetry/otlp.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "seams/cm.h"
#include "seams/fakerandom.h"
#include "wire/pb.h"

tel__exporter_impl *fake_exporter_impl(fake_exporter *x)
{
	return (tel__exporter_impl *)(void *)x;
}

static fake_exporter *of(tel__exporter_impl *impl)
{
	return (fake_exporter *)(void *)impl;
}

void fake_exporter_init(fake_exporter *x, tel_ctx *ctx, fake_script *script)
{
	memset(x, 0, sizeof *x);
	x->ctx = ctx;
	x->script = script;
	x->random = 1;
	x->seen = calloc(FAKE_EXPORTER_POINTS, 1);
	assert_non_null(x->seen);
}

void fake_exporter_fini(fake_exporter *x)
{
	free(x->seen);
}

/* ---- reading points: ExportMetricsServiceRequest / ResourceMetrics / ScopeMetrics / Metric / Gauge / NumberDataPoint ---- */

static uint64_t walk(fake_exporter *x, tel_slice bytes, size_t depth, bool deliver)
{
	static const uint32_t path[] = { 1, 2, 2, 5, 1 };
	uint64_t points = 0;
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;
	while (tel__pb_next(&r, &f)) {
		if (depth < 5 && f.number == path[depth]) {
			points += walk(x, f.bytes, depth + 1, deliver) + (depth == 4 ? 1 : 0);
		} else if (depth == 5 && f.number == 6 && deliver) { /* as_int */
			assert_true(f.value < FAKE_EXPORTER_POINTS);
			x->seen[f.value]++;
			x->out_of_order += f.value < x->last_value;
			x->last_value = f.value;
		}
	}
	assert_false(r.bad);
	return points;
}

static uint64_t read_points(fake_exporter *x, const tel__export_batch *b, bool deliver)
{
	size_t n = 0;
	if (x->packed)
		return b->points;
	char *all = malloc(b->bytes + 1);
	assert_non_null(all);
	for (size_t i = 0; i < b->slice_count; i++) {
		memcpy(all + n, b->slices[i].ptr, b->slices[i].len);
		n += b->slices[i].len;
	}
	assert_int_equal(n, b->bytes);
	uint64_t points = walk(x, (tel_slice){ all, n }, 0, deliver);
	free(all);
	return points;
}

/* ---- ops ---- */

static tel_err send_call(tel__exporter_impl *impl, const tel__export_batch *batch,
                         void (*done)(void *user, const tel__export_outcome *outcome), void *user, uint64_t *ret_id,
                         tel_error *err)
{
	fake_exporter *x = of(impl);
	if (x->refuse_sends) {
		x->refuse_sends--;
		return tel__fail(err, TEL_ERR_NOMEM, "no memory for a request");
	}
	assert_true(x->call_count < FAKE_EXPORTER_CALLS);
	assert_true(x->packed || !batch->coding);
	x->last_coding = batch->coding;
	assert_int_equal(read_points(x, batch, false), batch->points);
	x->calls[x->call_count] = (fake_call){ x->call_count, batch->points, batch->attempt, tel__ctx_mono_ns(x->ctx),
		                               batch, done, user, true, false };
	*ret_id = x->call_count++;
	x->pending++;
	if (x->pending > x->most_pending)
		x->most_pending = x->pending;
	return TEL_OK;
}

static void cancel_call(tel__exporter_impl *impl, uint64_t id)
{
	fake_exporter *x = of(impl);
	assert_true(id < x->call_count && x->calls[id].pending);
	x->calls[id].pending = false;
	x->calls[id].cancelled = true;
	x->pending--;
}

static void free_impl(tel__exporter_impl *impl)
{
	assert_int_equal(of(impl)->pending, 0); /* the sender cancels first */
	of(impl)->freed = true;
}

const tel__exporter_ops fake_exporter_ops = { .send = send_call, .cancel = cancel_call, .free = free_impl };

size_t fake_exporter_step(fake_exporter *x)
{
	size_t answered = 0, count = x->call_count;
	for (size_t i = 0; i < count; i++) {
		fake_call *c = &x->calls[i];
		tel__export_outcome o = { TEL__EXPORT_OK, 0, 0, 0, { NULL, 0 } };
		if (!c->pending || !x->script(x, c, &o))
			continue;
		c->pending = false;
		x->pending--;
		answered++;
		if (o.verdict == TEL__EXPORT_OK) {
			uint64_t rejected = o.rejected_points < c->points ? o.rejected_points : c->points;
			read_points(x, c->batch, true);
			x->delivered += c->points - rejected;
			x->rejected += rejected;
		}
		c->done(c->user, &o);
	}
	return answered;
}

/* ---- requests ---- */

tel_buf *fake_request(uint64_t first, uint64_t points)
{
	tel_builder *b;
	tel_metrics *m;
	tel_buf *buf;
	assert_int_equal(tel_builder_new(NULL, 0, &b), TEL_OK);
	tel_builder_resource(b, NULL);
	tel_builder_scope(b, "test", NULL, NULL);
	tel_builder_gauge(b, "value", "1", "a number that names the point");
	for (uint64_t i = 0; i < points; i++)
		tel_builder_point_int(b, (int64_t)(first + i), NULL);
	assert_int_equal(tel_builder_finish(b, &m, NULL), TEL_OK);
	tel_builder_free(b);
	assert_int_equal(tel_otlp_encode(m, &buf, NULL), TEL_OK);
	tel_metrics_free(m);
	return buf;
}

/* ---- scripts ---- */

bool fake_ok(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	(void)x, (void)call, (void)o;
	return true;
}

bool fake_hang(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	(void)x, (void)call, (void)o;
	return false;
}

bool fake_unavailable(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	(void)x, (void)call;
	*o = (tel__export_outcome){ TEL__EXPORT_RETRY, 0, 0, 14, TEL_SLICE_LIT("rpc error: code = Unavailable desc = busy") };
	return true;
}

bool fake_permanent(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	(void)x, (void)call;
	*o = (tel__export_outcome){ TEL__EXPORT_PERMANENT, 0, 0, 3,
		                    TEL_SLICE_LIT("rpc error: code = InvalidArgument desc = bad") };
	return true;
}

bool fake_partial(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	(void)call;
	*o = (tel__export_outcome){ TEL__EXPORT_OK, 0, (uint64_t)x->state, 0, TEL_SLICE_LIT("too old") };
	return true;
}

/* Takes requests of at most state points. */
bool fake_413(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	if (call->points > (uint64_t)x->state)
		*o = (tel__export_outcome){ TEL__EXPORT_TOO_BIG, 0, 0, 2, TEL_SLICE_LIT("HTTP Status Code 413") };
	return true;
}

/* One second up, one second down. */
bool fake_flap(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	if (tel__ctx_mono_ns(x->ctx) / 1000000000 % 2)
		return fake_unavailable(x, call, o);
	return true;
}

bool fake_wild(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	switch (splitmix64(&x->random) % 12) {
	case 0:
	case 1:
	case 2:
		return fake_unavailable(x, call, o);
	case 3:
		fake_unavailable(x, call, o);
		o->retry_after_ns = splitmix64(&x->random) % 20 * 1000000000;
		return true;
	case 4:
		return fake_permanent(x, call, o);
	case 5:
		x->state = (int)(splitmix64(&x->random) % 100);
		return fake_partial(x, call, o);
	case 6:
		x->state = (int)(splitmix64(&x->random) % 64) + 1;
		return fake_413(x, call, o);
	case 7:
		return false;
	default:
		return true;
	}
}

tel_err fake_commit(tel__sender *s, uint32_t group, uint64_t first, uint64_t points, uint64_t mono_ns, uint64_t deadline_mono_ns,
                    tel__sender_settled *settled, void *user)
{
	tel_buf *buf = fake_request(first, points);
	tel_slice bytes = tel_buf_get(buf);
	tel__queue_room room = { 0 };
	tel_err e = tel__sender_reserve(s, group, bytes.len, points, &room);
	if (e == TEL_OK) {
		tel__queue_record record = { .slices = &bytes, .slice_count = 1, .bufs = &buf, .buf_count = 1,
			                     .bytes = bytes.len, .pinned_bytes = bytes.len, .points = points,
			                     .group = group, .mono_ns = mono_ns };
		tel__sender_commit(s, &room, &record, deadline_mono_ns, settled, user);
	}
	tel_buf_unref(buf);
	return e;
}
