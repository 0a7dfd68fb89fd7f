/* SPDX-License-Identifier: Apache-2.0 */
/* What a collector configuration says that is not so by default, and what in it nobody uses. */
#include "seams/cm.h"

#include <stdio.h>

#include <telemetry/explain.h>

#include "base/slice_i.h"
#include "config/loaded.h"
#include "torture/torture.h"

#define AROUND(body) "receivers: {in: }\nexporters:\n  full: " body "\nservice:\n  pipelines:\n    metrics: {receivers: " \
	"[in], exporters: [full]}\n"

static void expect_told(const char *text, const char *topic, const char *wanted)
{
	tel_explanation *e = NULL;
	tel_buf *out = NULL;
	loaded l;

	loaded_one(&l, text);
	assert_ok(tel_config_explain(l.config, NULL, &e));
	assert_ok(tel_explanation_print(e, tel__slice_str(topic), TEL_EXPLANATION_TEXT, NULL, &out));
	if (!tel__slice_is(tel_buf_get(out), wanted))
		fail_msg("%sinstead of\n%s", tel_buf_get(out).ptr, wanted);
	tel_buf_unref(out);
	tel_explanation_free(e);
	loaded_fini(&l);
}

static void keys_that_differ_from_their_defaults_are_told(void **state)
{
	static const struct {
		const char *body, *told;
	} rows[] = {
		{ "", "" },
		{ "{i: -3, d: 1.5, strings: [a, b], sending_queue: {queue_size: 1000}, section: {insecure: true}}", "" },
		{ "{i: 4, secret: x, headers: {A: b}}", "    a:3:27: headers is set (1 entry)\n"
		  "    a:3:10: i is 4, by default -3\n    a:3:16: secret is \"[REDACTED]\", by default \"\"\n" },
		{ "{sending_queue: {enabled: false}}", "    a:3:10: sending_queue is off, by default on\n" },
		{ "{sending_queue: {sizer: bytes}, section: {insecure: false}}",
		  "    a:3:51: section::insecure is false, by default true\n    a:3:26: sending_queue::sizer is bytes, by default requests\n" },
		{ "{strings: [a, c], rules: [{}, {}]}",
		  "    a:3:27: rules is set (2 sections)\n    a:3:10: strings is set (2 texts)\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512], wanted[1024];

		snprintf(text, sizeof(text), AROUND("%s"), rows[i].body);
		snprintf(wanted, sizeof(wanted), "exporter full: has all\n    in metrics\n%s", rows[i].told);
		expect_told(text, "full", wanted);
	}
}

static void who_runs_a_component_is_told_and_who_is_run_by_nobody(void **state)
{
	static const char text[] = "receivers: {in: , in/idle: }\nexporters: {full: }\nservice:\n  pipelines:\n    metrics/b: {receivers: "
		"[in], exporters: [full]}\n    metrics/a: {receivers: [in], exporters: [full]}\n";

	(void)state;
	expect_told(text, "in", "receiver in: takes\n    in metrics/a, metrics/b\nreceiver in/idle: takes\n    a:1:19: unused: no pipeline names it\n");
	expect_told(text, "metrics/b", "receiver in: takes\n    in metrics/a, metrics/b\nexporter full: has all\n    in metrics/a, metrics/b\n");
}

static tel_err scenario(const tel_alloc *alloc, void *user)
{
	tel_explanation *e = NULL;
	tel_buf *out = NULL;
	tel_err rc;
	loaded l;

	(void)user;
	loaded_one(&l, AROUND("{i: 4, headers: {A: b}, maybe: , sending_queue: {queue_size: 3}, strings: [x]}"));
	rc = tel_config_explain(l.config, alloc, &e);
	if (rc == TEL_OK)
		rc = tel_explanation_print(e, TEL_SLICE_LIT(""), TEL_EXPLANATION_JSON, alloc, &out);
	assert_true((rc == TEL_OK) == (out != NULL));
	tel_buf_unref(out);
	tel_explanation_free(e);
	loaded_fini(&l);
	return rc;
}

static void explaining_survives_every_failed_allocation(void **state)
{
	(void)state;
	torture_alloc(scenario, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_differ_from_their_defaults_are_told),
		cmocka_unit_test(who_runs_a_component_is_told_and_who_is_run_by_nobody),
		cmocka_unit_test(explaining_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
