/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "model/edit.h"
#include "model/metrics_i.h"
#include "process/test_processor.h"

static const char *const action_words[] = { "pass", "keep_one", "drop_all", "drop_random", "double", "refuse", "reject",
	                                    "fault", NULL };

static const tel__key test_keys[] = {
	{ .name = "action", .type = TEL__KEY_ENUM, .offset = offsetof(test_processor_options, action), .def = "pass",
	  .words = action_words, .help = "what to do" },
	{ .name = "seed", .type = TEL__KEY_UINT64, .offset = offsetof(test_processor_options, seed), .def = "1",
	  .help = "of drop_random" },
};

static const tel__key_table test_table = {
	.go_name = "testprocessor.Config",
	.size = sizeof(test_processor_options),
	.keys = test_keys,
	.key_count = TEL__KEY_COUNT(test_keys),
};

typedef struct instance {
	tel__processor processor;
	tel_alloc alloc;
	test_processor_options options;
} instance;

typedef struct staged_points {
	tel__staged staged;
	uint64_t points;
} staged_points;

static tel_err test_make(const tel__processor_env *env, const void *options, tel__processor **ret_processor,
                         tel_error *err)
{
	instance *x = tel__mem_zero(env->alloc, 1, sizeof(*x));
	if (!x)
		return tel__fail_nomem(err);
	x->alloc = *tel__alloc_or_default(env->alloc);
	x->options = *(const test_processor_options *)options;
	*ret_processor = &x->processor;
	return TEL_OK;
}

static void test_free(tel__processor *p)
{
	tel_alloc alloc = ((instance *)(void *)p)->alloc;
	tel__mem_free(&alloc, p, 1, sizeof(instance));
}

static tel_err drop_all(tel_metrics *batch)
{
	for (uint32_t r = 0; r < batch->count; r++) {
		tel_err e = tel__metrics_drop_resource(batch, r);
		if (e)
			return e;
	}
	return tel__metrics_close(batch);
}

static tel_err keep_one(tel_metrics *batch)
{
	tel_metrics *head = NULL;
	tel_err e = tel_metrics_split(batch, 1, &head);
	if (e)
		return e;
	e = drop_all(batch);
	if (!e)
		e = tel_metrics_merge(batch, head);
	tel_metrics_free(head);
	return e;
}

static tel_err drop_random(tel_metrics *batch, uint64_t random)
{
	for (uint32_t r = 0; r < batch->count; r++) {
		for (uint32_t s = 0; s < batch->resources[r].e.count; s++) {
			for (uint32_t k = 0; k < batch->resources[r].scopes[s].e.count; k++) {
				random = random * 6364136223846793005ULL + 1442695040888963407ULL;
				tel_err e = random >> 63 ? tel__metrics_drop_metric(batch, r, s, k) : TEL_OK;
				if (e)
					return e;
			}
		}
	}
	return tel__metrics_close(batch);
}

static tel_err twice(tel_metrics *batch, tel__run *run)
{
	tel_metrics *other = NULL;
	run->created += batch->points;
	tel_err e = tel_metrics_share(batch, &other);
	if (!e)
		e = tel_metrics_merge(batch, other);
	tel_metrics_free(other);
	return e;
}

static void apply(tel__processor *p, tel__staged *self)
{
	*((instance *)(void *)p)->options.committed += ((staged_points *)(void *)self)->points;
}

static tel_err stage(instance *x, uint64_t points, tel__run *run)
{
	staged_points *s = tel__arena_alloc(run->arena, sizeof(*s));
	if (!s)
		return TEL_ERR_NOMEM;
	*s = (staged_points){ { run->staged, apply, &x->processor, NULL }, points };
	run->staged = &s->staged;
	return TEL_OK;
}

static tel_err test_run(tel__processor *p, tel_metrics *batch, tel__run *run, tel_error *err)
{
	instance *x = (instance *)(void *)p;
	tel_err e = x->options.committed ? stage(x, batch->points, run) : TEL_OK;
	if (e)
		return e;
	switch ((test_action)x->options.action) {
	case TEST_KEEP_ONE:
		return keep_one(batch);
	case TEST_DROP_ALL:
		return drop_all(batch);
	case TEST_DROP_RANDOM:
		return drop_random(batch, x->options.seed ^ run->unix_ns * 0x9e3779b97f4a7c15ULL);
	case TEST_DOUBLE:
		return twice(batch, run);
	case TEST_REFUSE:
		return tel__fail(err, TEL_ERR_REFUSED, "the test refuses");
	case TEST_REJECT:
		return tel__fail(err, TEL_ERR_REJECTED, "the test rejects");
	case TEST_FAULT:
		return TEL_ERR_TYPE;
	default:
		return TEL_OK;
	}
}

static const tel__processor_ops test_ops = {
	.make = test_make,
	.free = test_free,
	.run = test_run,
	.mutates = true,
	.items_counters = true,
};

const tel__component test_processor = {
	.type = "test",
	.kind = TEL__KIND_PROCESSOR,
	.keys = &test_table,
	.help = "does what a test wants",
	.impl = &test_ops,
};
