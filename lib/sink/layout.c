/* SPDX-License-Identifier: Apache-2.0 */
/* What the options of a sender come to: its rules, its groups, the measure of its queue. For a new sender and a reload. */
#include "base/error_i.h"
#include "sink/sender_i.h"

static const tel__queue_options *queue_of(const tel__sender_opts *opts)
{
	const tel__queue_options *q = opts->settings->queue;
	return q && q->enabled ? q : NULL;
}

void tel__sender_rules_of(const tel__sender_opts *opts, tel__sender_rules *ret_rules)
{
	const tel__sender_settings *set = opts->settings;
	const tel__queue_options *q = queue_of(opts);
	tel__sender_rules r = { .max_request_bytes = set->max_request_bytes, .coding = set->coding, .level = set->level,
		                .json = set->json, .has_queue = q != NULL, .max_flights = TEL__SENDER_MAX_FLIGHTS };
	if (q)
		r.queue_unit = tel__queue_sizer_name(q->sizer);
	if (set->retry)
		r.retry = *set->retry;
	/* Behind a batch the Collector's callers never wait for the exporter: there the group needs a queue of its own. */
	bool batches = false;
	for (uint32_t i = 0; i < opts->group_count; i++)
		batches |= opts->groups[i].batches;
	r.waits = q ? q->wait_for_result : !batches;
	r.blocks = q && q->block_on_overflow;
	if (q && q->num_consumers > 0 && q->num_consumers < TEL__SENDER_MAX_FLIGHTS)
		r.max_flights = (uint32_t)q->num_consumers;
	*ret_rules = r;
}

tel_err tel__sender_check(const tel__sender_rules *rules, const tel__sender_opts *opts, tel_error *err)
{
	const tel__queue_options *q = queue_of(opts);
	if (rules->waits && opts->queue)
		return tel__fail(err, TEL_ERR_ARG, "a sender that waits for results keeps its queue in memory");
	if (q && q->storage.len && !opts->queue)
		return tel__fail(err, TEL_ERR_UNSUPPORTED, "no storage client extension found: sending_queue::storage is not "
		                                           "offered by this release");
	if (q && q->batch && q->batch->partition.metadata_keys.count)
		return tel__fail(err, TEL_ERR_UNSUPPORTED, "sending_queue::batch::partition is not offered by this release");
	return TEL_OK;
}

uint32_t tel__sender_group_count(const tel__sender_opts *opts)
{
	return opts->group_count ? opts->group_count : 1;
}

tel__sender_group tel__sender_group_of(const tel__sender_opts *opts, uint32_t index)
{
	const tel__queue_options *q = queue_of(opts);
	tel__sender_group g = opts->group_count ? opts->groups[index] : (tel__sender_group){ .batches = false };
	if (!q || !q->batch)
		return g;
	return (tel__sender_group){
		.batches = true,
		.by_bytes = tel__queue_batch_sizer(q) == TEL__SIZER_BYTES,
		.min_size = (uint64_t)q->batch->min_size,
		.max_size = (uint64_t)q->batch->max_size,
		.timeout_ns = (uint64_t)q->batch->flush_timeout,
	};
}

tel_slice tel__sender_group_name(const tel__sender_opts *opts, uint32_t index)
{
	return opts->names && opts->group_count ? opts->names[index] : (tel_slice){ NULL, 0 };
}

/* design.md 5: with sizer requests the capacity stays what the file meant. */
static uint64_t folded_size(const tel__group *g, bool own_batch)
{
	uint64_t size = g->opts.min_size > g->opts.max_size ? g->opts.min_size : g->opts.max_size;
	if (g->retired)
		return TEL__QUEUE_RETIRED;
	return !g->opts.batches || own_batch ? 0 : size ? size : 1;
}

/* Without a configured queue records still pass through one. Callers that wait are bounded by the budget alone. */
void tel__sender_size_of(const tel__sender_rules *rules, const tel__sender_opts *opts, const tel__group *groups,
                         uint32_t count, uint64_t *batch_points, tel__queue_size *ret_size)
{
	const tel__queue_options *q = queue_of(opts);
	for (uint32_t i = 0; i < count; i++)
		batch_points[i] = folded_size(&groups[i], q && q->batch);
	*ret_size = (tel__queue_size){
		.sizer = q ? (tel__queue_sizer)q->sizer : TEL__SIZER_REQUESTS,
		.capacity = q ? (uint64_t)q->queue_size : rules->waits ? UINT32_MAX : TEL__SENDER_BATCH_QUEUE,
		.batch_points = batch_points,
	};
}
