/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/sender_rig.h"

static void on_log(void *user, const tel_log_entry *entry)
{
	rig *r = user;
	r->logs[entry->level]++;
}

void rig_init(rig *r, fake_script *script)
{
	memset(r, 0, sizeof *r);
	fakeclock_init(&r->clock, 1000 * SECOND, 1700000000 * SECOND);
	fakerandom_init(&r->random, 42);
	failalloc_init(&r->mem);
	fake_exporter_init(&r->backend, NULL, script);
	r->retry = (tel__retry_options){ true, 5000000000, 30000000000, 300000000000, 0.5, 1.5 };
	r->queue = (tel__queue_options){ .enabled = true, .num_consumers = 10, .queue_size = 1000 };
	r->batch = (tel__queue_batch_options){ .flush_timeout = 200000000, .min_size = 8192, .sizer = TEL__SIZER_ITEMS };
	r->settings = (tel__sender_settings){ .retry = &r->retry, .queue = &r->queue };
	r->opts = (tel__sender_opts){ .exporter = &fake_exporter_ops, .settings = &r->settings };
}

void rig_start(rig *r)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	opts.alloc = r->mem.alloc;
	opts.clock = r->clock.clock;
	opts.random = r->random.random;
	opts.log = (tel_log_sink){ on_log, r, TEL_LOG_DEBUG };
	assert_ok(tel_ctx_new(&opts, &r->ctx, NULL));
	r->backend.ctx = r->ctx;
	r->opts.ctx = r->ctx;
	r->opts.impl = fake_exporter_impl(&r->backend);
	assert_ok(tel__sender_new(&r->opts, &r->sender, NULL));
}

void rig_fini(rig *r)
{
	tel__sender_free(r->sender);
	assert_true(r->backend.freed);
	tel_ctx_free(r->ctx);
	fake_exporter_fini(&r->backend);
	assert_true(failalloc_is_clean(&r->mem));
}

void rig_renew(rig *r, fake_exporter *next, uint32_t *ret_groups)
{
	tel__sender_change *change = NULL;
	uint32_t number;
	r->opts.impl = next ? fake_exporter_impl(next) : NULL;
	if (next) {
		next->ctx = r->ctx;
		r->next = next;
	}
	assert_ok(tel__sender_prepare(r->sender, &r->opts, ret_groups ? ret_groups : &number, &change, NULL));
	rig_check(r);
	tel__sender_apply(change);
	rig_check(r);
}

static void on_settled(void *user, tel_err err, const tel__export_outcome *outcome)
{
	rig *r = user;
	r->settled_ok += err == TEL_OK;
	r->settled_failed += err == TEL_ERR_NOMEM || err == TEL_ERR_IO;
	r->settled_retry += err == TEL_ERR_REFUSED;
	r->settled_permanent += err == TEL_ERR_REJECTED;
	if (outcome) {
		r->last_status = outcome->grpc_status;
		r->settled_rejected += outcome->rejected_points;
	}
}

tel_err rig_push_group(rig *r, uint32_t group, uint64_t points, uint64_t deadline_mono_ns)
{
	uint64_t failed = r->settled_failed;
	tel_err e = fake_commit(r->sender, group, r->next_value, points, r->clock.mono_ns, deadline_mono_ns, on_settled, r);
	if (e) {
		r->refused += points;
	} else if (r->settled_failed == failed) {
		r->next_value += points;
		r->committed += points;
	}
	return e;
}

size_t rig_push(rig *r, size_t records, uint64_t points)
{
	size_t taken = 0;
	for (size_t i = 0; i < records; i++)
		taken += rig_push_group(r, 0, points, UINT64_MAX) == TEL_OK;
	return taken;
}

tel__sender_stats rig_check(rig *r)
{
	tel__sender_stats st;
	uint64_t dropped = 0;
	tel__sender_get_stats(r->sender, &st);
	for (size_t i = 0; i < TEL__DROP_COUNT; i++)
		dropped += st.dropped_points[i];
	assert_int_equal(st.committed_points,
	                 st.sent_points + st.rejected_points + dropped + st.returned_points + st.queued_points);
	assert_int_equal(st.sent_points, r->backend.delivered + (r->next ? r->next->delivered : 0));
	assert_int_equal(st.rejected_points, r->backend.rejected + (r->next ? r->next->rejected : 0));
	assert_int_equal(st.in_flight, r->backend.pending + (r->next ? r->next->pending : 0));
	return st;
}

void rig_turn(rig *r)
{
	assert_ok(tel_ctx_run_once(r->ctx, 0));
	rig_check(r);
}

void rig_settle(rig *r)
{
	rig_turn(r);
	rig_turn(r); /* what a callback of the first turn started */
	for (int i = 0; fake_exporter_step(&r->backend) + (r->next ? fake_exporter_step(r->next) : 0); i++) {
		assert_true(i < 100000);
		rig_check(r);
		rig_turn(r);
		rig_turn(r);
	}
}

void rig_advance(rig *r, uint64_t ns)
{
	fakeclock_advance(&r->clock, ns);
	rig_settle(r);
}

static void on_drained(void *user)
{
	((rig *)user)->drained = true;
}

void rig_drain(rig *r, uint64_t timeout_ns)
{
	tel__sender_drain(r->sender, r->clock.mono_ns + timeout_ns, on_drained, r);
	rig_settle(r);
}

rig R;

int rig_set_up(void **state)
{
	(void)state;
	rig_init(&R, fake_ok);
	return 0;
}

int rig_tear_down(void **state)
{
	(void)state;
	rig_fini(&R);
	return 0;
}

void rig_fold(rig *r, uint64_t min, uint64_t max, uint64_t timeout_ns)
{
	r->group = (tel__sender_group){ .batches = true, .min_size = min, .max_size = max, .timeout_ns = timeout_ns };
	r->opts.groups = &r->group;
	r->opts.group_count = 1;
}

void rig_all_seen_once(const rig *r)
{
	for (uint64_t v = 0; v < r->next_value; v++)
		if (r->backend.seen[v] != 1)
			fail_msg("point %llu was delivered %u times", (unsigned long long)v, r->backend.seen[v]);
}
