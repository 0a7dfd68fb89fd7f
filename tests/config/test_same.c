/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of a component across a reload. */
#include "config/same.h"

#include "seams/cm.h"

#include <stdio.h>

#include "base/slice_i.h"
#include "config/loaded.h"

#define AROUND(body) "receivers: {in: }\nexporters:\n  full: " body "\nservice:\n  pipelines:\n    metrics: {receivers: " \
	"[in], exporters: [full]}\n"

static const tel__config_component *full(const loaded *l)
{
	return tel__config_find(l->config, TEL__KIND_EXPORTER, TEL_SLICE_LIT("full"));
}

static bool same(const char *one, const char *two)
{
	char text[4096];
	loaded a, b;
	bool is_same;

	snprintf(text, sizeof(text), AROUND("%s"), one);
	loaded_one(&a, text);
	snprintf(text, sizeof(text), AROUND("%s"), two);
	loaded_one(&b, text);
	if (!a.config || !b.config)
		fail_msg("%s%s", a.text, b.text);
	is_same = tel__component_same(full(&a), full(&b));
	assert_true(is_same == tel__component_same(full(&b), full(&a)));
	loaded_fini(&a);
	loaded_fini(&b);
	return is_same;
}

static void every_kind_of_key_makes_a_difference(void **state)
{
	static const char *const bodies[] = {
		"{}", "{b: true}", "{i: 7}", "{u32: 7}", "{u64: 18446744073709551615}", "{d: 2.5}", "{duration: 1s}", "{s: other}",
		"{secret: one}", "{secret: two}", "{e: bytes}", "{strings: [a]}", "{strings: [a, c]}", "{map: {a: b}}",
		"{map: {a: c}}", "{headers: {a: b}}", "{headers: {a: c}}", "{headers: {c: b}}", "{endpoint: 'there:2'}",
		"{tls: {insecure: true}}", "{timeout: 6s}", "{sending_queue: {enabled: false}}", "{sending_queue: {queue_size: 9000}}",
		"{sending_queue: {sizer: requests}}", "{sending_queue: {queue_size: 9000, batch: }}",
		"{sending_queue: {queue_size: 9000, batch: {min_size: 1}}}",
		"{maybe: }", "{maybe: {note: x}}", "{section: {insecure: false}}", "{rules: [{}]}", "{rules: [{}, {}]}",
		"{rules: [{weight: 2}]}", "{any: [1]}", "{any: {a: [1, {b: 2}]}}", "{any: {a: [1, {b: 3}]}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		for (size_t j = 0; j < sizeof(bodies) / sizeof(bodies[0]); j++)
			if (same(bodies[i], bodies[j]) != (i == j))
				fail_msg("%s and %s", bodies[i], bodies[j]);
}

static void spelling_makes_none(void **state)
{
	static const char *const pairs[][2] = {
		{ "{}", "" },
		{ "{}", "{b: false, i: -3, d: 1.50, s: 'text', duration: 0.2s, strings: 'a,b', endpoint: here:1, timeout: 5000ms}" },
		{ "{s: hello}", "{s: '${TEXT}'}" },
		{ "{old: 1}", "{old: [other]}" },
		{ "{sending_queue: }", "{}" }, { "{any: }", "{}" },
		{ "{any: {a: 1, b: 0x10}}", "{any: {\"a\": 1, b: 16}}" },
		{ "{headers: {a: b}}", "{headers: [{name: a, value: b}]}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (!same(pairs[i][0], pairs[i][1]))
			fail_msg("%s and %s", pairs[i][0], pairs[i][1]);
}

static void another_kind_or_id_is_another_component(void **state)
{
	tel__config_component renamed, moved;
	loaded l;

	(void)state;
	loaded_one(&l, AROUND("{}"));
	renamed = moved = *full(&l);
	renamed.id = TEL_SLICE_LIT("full/x");
	moved.kind = TEL__KIND_RECEIVER;
	assert_true(tel__component_same(full(&l), full(&l)));
	assert_false(tel__component_same(full(&l), &renamed));
	assert_false(tel__component_same(full(&l), &moved));
	loaded_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_key_makes_a_difference),
		cmocka_unit_test(spelling_makes_none),
		cmocka_unit_test(another_kind_or_id_is_another_component),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
