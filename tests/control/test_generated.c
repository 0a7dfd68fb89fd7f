/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every set of resources, shown on random ones (pipelines.h). */
#include "control/parsed.h"

#include "seams/cm.h"

#include <stdio.h>

#include <telemetry/ottl.h>
#include <telemetry/render.h>

#include "base/slice_i.h"
#include "control/pipeline_set.h"
#include "control/pipelines.h"
#include "seams/fakedigest.h"

enum { SETS = 300, ORDERS = 3 };

typedef tel_err render_call(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                            tel_buf **ret_text);

static tel_err render_objects(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                              tel_buf **ret_text)
{
	tel_object_facts of = *facts->objects;
	tel_render_facts given = *facts;
	tel_objects *objects = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel_err rc;

	of.crypto = fakedigest();
	given.objects = &of;
	rc = tel_render_objects(set, &given, alloc, &objects, &err);
	if (rc != TEL_OK)
		fail_msg("%s", err.msg);
	rc = tel_objects_yaml(objects, alloc, ret_text);
	tel_objects_free(objects);
	return rc;
}

static void check_rules(const tel__list *rules, tel_ottl_place place)
{
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;

	opts.place = place;
	for (size_t i = 0; i < rules->count; i++) {
		const tel__user_rule *rule = &((const tel__user_rule *)rules->items)[i];
		tel_error err = TEL_ERROR_INIT;

		if (tel_ottl_check_group(rule->statements.items, rule->statements.count, rule->conditions.items, rule->conditions.count,
		                         &opts, NULL, NULL, &err) != TEL_OK)
			fail_msg("%s", err.msg);
	}
}

static tel_buf *render(render_call *call, uint64_t seed, const char *text)
{
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_buf *out = NULL;
	char name[32];
	parsed p;

	snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
	parsed_init(&p, text, true);
	parsed_validate(&p, true);
	parsed_expect(&p, name, "");
	for (size_t i = 0; i < p.set->pipeline_count; i++) {
		check_rules(&p.set->pipelines[i]->spec->transform, TEL_OTTL_TRANSFORM);
		check_rules(&p.set->pipelines[i]->spec->filter, TEL_OTTL_PIPELINE_FILTER);
	}
	assert_ok(tel_render_facts_of(p.set, &facts));
	assert_ok(call(p.set, &facts, NULL, &out));
	parsed_fini(&p);
	return out;
}

static void check_orders(render_call *call, const pipelines *p, uint64_t seed)
{
	tel_buf *first = NULL;

	for (uint64_t order = 0; order < ORDERS; order++) {
		char *text = pipelines_join(p, order);
		tel_buf *out = render(call, seed, text);

		if (first && !tel__slice_eq(tel_buf_get(first), tel_buf_get(out)))
			fail_msg("seed %llu: order %llu renders otherwise", (unsigned long long)seed, (unsigned long long)order);
		if (first)
			tel_buf_unref(out);
		else
			first = out;
		free(text);
	}
	tel_buf_unref(first);
}

static void valid_sets_are_taken_and_render_alike_in_any_order(void **state)
{
	size_t pipelines_seen = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SETS; seed++) {
		pipelines p;

		pipelines_init(&p, seed, NULL);
		check_orders(tel_render_gateway, &p, seed);
		check_orders(tel_render_agent, &p, seed);
		check_orders(render_objects, &p, seed);
		pipelines_seen += p.pipeline_count;
		pipelines_fini(&p);
	}
	print_message("# %d sets of %zu pipelines\n", SETS, pipelines_seen);
}

static void the_same_seed_gives_the_same_set(void **state)
{
	pipelines a, b;

	(void)state;
	pipelines_init(&a, 7, NULL);
	pipelines_init(&b, 7, NULL);
	assert_true(tel__slice_eq(tel__dynbuf_get(&a.text), tel__dynbuf_get(&b.text)));
	pipelines_fini(&b);
	pipelines_init(&b, 8, NULL);
	assert_false(tel__slice_eq(tel__dynbuf_get(&a.text), tel__dynbuf_get(&b.text)));
	pipelines_fini(&a);
	pipelines_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_sets_are_taken_and_render_alike_in_any_order),
		cmocka_unit_test(the_same_seed_gives_the_same_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
