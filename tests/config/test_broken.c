/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configurations that people really write by mistake, and what they are told. Each file of tests/config/broken holds
 * cases of one kind: a line "=== name", the YAML, a line "--- expected", and the findings, one per line, as
 * LINE:COLUMN: path: message (hint), with "..." for the list of all component types. With TEL_BROKEN_PRINT set to a file's
 * name in the environment the program prints it anew, to be read before it is kept.
 */
#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include <telemetry/config.h>
#include <telemetry/flow.h>

#include "base/dynbuf.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config/corpus.h"

static const char *const files[] = {
	"yaml.txt", "sections.txt", "keys.txt", "values.txt", "ids.txt", "references.txt", "components.txt", "variables.txt",
	"transform.txt", "filter.txt", "routing.txt", "kube.txt", "prometheus.txt", "kubelet.txt",
};
enum { FILES = sizeof(files) / sizeof(files[0]), MUST = 100 };

static tel_err lookup(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text)
{
	(void)user;
	if (!tel__slice_is(scheme, "env"))
		return TEL_ERR_UNSUPPORTED;
	if (tel__slice_is(name, "WORD"))
		*ret_text = TEL_SLICE_LIT("word");
	else if (tel__slice_is(name, "NUMBER"))
		*ret_text = TEL_SLICE_LIT("5");
	else if (tel__slice_is(name, "MAP"))
		*ret_text = TEL_SLICE_LIT("{a: 1}");
	else if (tel__slice_is(name, "LOOP"))
		*ret_text = TEL_SLICE_LIT("${LOOP}");
	else
		return TEL_ERR_NOT_FOUND;
	return TEL_OK;
}

/* What a case says; true when the configuration is refused. */
static bool findings_of(tel_slice text, tel__dynbuf *out)
{
	tel_config_source source = { TEL_SLICE_LIT("case"), text };
	tel_config_env env = { lookup, NULL };
	tel_findings *findings;
	tel_config *config = NULL;
	tel_config_opts opts = TEL_CONFIG_OPTS_INIT;
	tel_err rc;

	opts.strict_env = true;
	assert_ok(tel_findings_new(NULL, &findings));
	rc = tel_config_load(&source, 1, tel_components_all(), &env, &opts, &config, findings);
	assert_true(rc == TEL_OK || rc == TEL_ERR_CONFIG);
	corpus_print_findings(findings, out);
	tel_findings_free(findings);
	tel_config_free(config);
	return rc == TEL_ERR_CONFIG;
}

static tel_buf *read_cases(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "broken/%s", name);
	return corpus_read(path);
}

static size_t check_file(const char *name, const char *print)
{
	tel_buf *buf = read_cases(name);
	tel_slice rest = tel_buf_get(buf), title, next, head = corpus_take(&rest, "=== ", &title);
	size_t count = 0;

	if (print)
		printf(TEL_SLICE_FMT, TEL_SLICE_ARG(head));
	for (; title.ptr; title = next, count++) {
		tel_slice yaml = corpus_take(&rest, "--- expected", &next), expected = corpus_take(&rest, "=== ", &next);
		tel__dynbuf got;

		tel__dynbuf_init(&got, tel__alloc_or_default(NULL), 1 << 20);
		if (!findings_of(yaml, &got))
			fail_msg("%s: " TEL_SLICE_FMT ": was not refused", name, TEL_SLICE_ARG(title));
		if (print)
			printf("=== " TEL_SLICE_FMT "\n" TEL_SLICE_FMT "--- expected\n" TEL_SLICE_FMT, TEL_SLICE_ARG(title),
			       TEL_SLICE_ARG(yaml), TEL_SLICE_ARG(tel__dynbuf_get(&got)));
		else if (!tel__slice_eq(tel__dynbuf_get(&got), expected))
			fail_msg("%s: " TEL_SLICE_FMT ": expected\n" TEL_SLICE_FMT "but the findings are\n" TEL_SLICE_FMT, name,
			         TEL_SLICE_ARG(title), TEL_SLICE_ARG(expected), TEL_SLICE_ARG(tel__dynbuf_get(&got)));
		tel__dynbuf_fini(&got);
	}
	tel_buf_unref(buf);
	return count;
}

static void every_broken_configuration_says_what_where_and_what_was_meant(void **state)
{
	const char *only = getenv("TEL_BROKEN_PRINT");
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < FILES; i++)
		if (!only || strcmp(only, files[i]) == 0)
			count += check_file(files[i], only);
	if (!only)
		assert_true(count >= MUST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_broken_configuration_says_what_where_and_what_was_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
