/* SPDX-License-Identifier: Apache-2.0 */
/* How many pipelines there may be (kyma-metrics.md 6.5): first come, first served, and stable from then on. */
#include <stdlib.h>

#include "base/slice_i.h"
#include "control/judge.h"

enum { MAX_PIPELINES = 5 };

/* A pipeline by its age. */
typedef struct aged {
	tel_slice created, name;
	size_t index;
} aged;

static tel_slice text_of(const tel__node *map, const char *key)
{
	const tel__node *node = tel__node_get(map, key);

	return node && node->type == TEL__NODE_STRING ? node->text : TEL_SLICE_LIT("");
}

/* Those without a date come last: nobody has created them yet. */
static int compare_ages(const void *a, const void *b)
{
	const aged *x = a, *y = b;
	int order;

	if ((x->created.len == 0) != (y->created.len == 0))
		return x->created.len == 0 ? 1 : -1;
	order = tel__slice_cmp(x->created, y->created);
	return order ? order : tel__slice_cmp(x->name, y->name);
}

static bool limit_by_age(tel__arena *arena, const tel_pipeline_set *set, size_t max, bool *holds)
{
	aged *all = tel__arena_array(arena, set->pipeline_count + 1, sizeof(*all));

	if (!all)
		return false;
	for (size_t i = 0; i < set->pipeline_count; i++) {
		const tel__metadata *metadata = set->pipelines[i]->metadata;

		all[i] = (aged){ text_of(metadata ? metadata->at : NULL, "creationTimestamp"), tel__pipeline_name(set->pipelines[i]), i };
	}
	if (set->pipeline_count)
		qsort(all, set->pipeline_count, sizeof(*all), compare_ages);
	for (size_t i = 0; i < set->pipeline_count; i++)
		holds[all[i].index] = i < max;
	return true;
}

tel__lock_answer tel__lock_ask(const tel_lock_owner *owners, size_t count, int32_t max_owners, const tel_lock_owner *who)
{
	for (size_t i = 0; i < count; i++)
		if (tel__slice_eq(owners[i].name, who->name) && tel__slice_eq(owners[i].uid, who->uid))
			return TEL__LOCK_HELD;
	return max_owners <= 0 || count < (size_t)max_owners ? TEL__LOCK_APPEND : TEL__LOCK_FULL;
}

bool tel__limit_judge(tel__arena *arena, const tel_pipeline_set *set, const tel_status_facts *facts, bool *holds)
{
	size_t max = facts->max_pipelines > 0 ? (size_t)facts->max_pipelines : MAX_PIPELINES;

	if (facts->max_pipelines >= 0 && facts->lock == TEL_LOCK_BY_AGE)
		return limit_by_age(arena, set, max, holds);
	for (size_t i = 0; i < set->pipeline_count; i++) {
		const tel__metadata *metadata = set->pipelines[i]->metadata;
		tel_lock_owner who = { tel__pipeline_name(set->pipelines[i]), metadata ? metadata->uid : TEL_SLICE_LIT("") };

		holds[i] = facts->max_pipelines < 0 || tel__lock_ask(facts->owners, facts->owner_count, 1, &who) == TEL__LOCK_HELD;
	}
	return true;
}
