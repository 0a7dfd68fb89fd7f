/* SPDX-License-Identifier: Apache-2.0 */
/* Resources that are meant to hurt are refused or taken, and say so once. How long that takes is shown by bench_pipelines. */
#include "seams/cm.h"

#include <telemetry/pipeline.h>

#include "base/limits.h"
#include "base/slice_i.h"
#include "control/bombs.h"

static tel_slice first_message(const tel_findings *findings)
{
	tel_finding f;

	return tel_findings_get(findings, 0, &f) == TEL_OK ? f.message : TEL_SLICE_LIT("");
}

static bool contains(tel_slice text, const char *part)
{
	size_t len = strlen(part);

	for (size_t i = 0; i + len <= text.len; i++)
		if (memcmp(text.ptr + i, part, len) == 0)
			return true;
	return false;
}

static void check(const bomb *b, const char *text, size_t len)
{
	tel_config_source source = { TEL_SLICE_LIT("bomb"), { text, len } };
	tel_pipeline_set *set = NULL;
	tel_findings *findings;
	tel_err rc;

	assert_ok(tel_findings_new(NULL, &findings));
	rc = tel_pipeline_parse(&source, 1, NULL, &set, findings);
	if (rc == TEL_OK)
		rc = tel_pipeline_default(set);
	if (rc == TEL_OK)
		rc = tel_pipeline_validate(set, findings);
	assert_true(rc == TEL_OK || rc == TEL_ERR_CONFIG);
	assert_true(tel_findings_count(findings) <= TEL_LIMIT_FINDINGS);
	if (rc != TEL_OK)
		assert_true(tel_findings_count(findings) > 0);
	if (b->says ? !contains(first_message(findings), b->says) : tel_findings_count(findings) > 0)
		fail_msg("%s: \"" TEL_SLICE_FMT "\"", b->name, TEL_SLICE_ARG(first_message(findings)));
	tel_pipeline_free(set);
	tel_findings_free(findings);
}

static void every_bomb_gets_its_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < bombs_count; i++) {
		size_t len;
		char *text = bomb_new(&bombs[i], &len);

		assert_true(len > BOMB_BYTES / 8 && len <= BOMB_BYTES + 4096);
		check(&bombs[i], text, len);
		free(text);
	}
	print_message("# %zu bombs\n", bombs_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bomb_gets_its_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
