/* SPDX-License-Identifier: Apache-2.0 */
/* Resources that are taken render twice to the same text, which our own loader can read; those that are not say why. */
#include <telemetry/config.h>
#include <telemetry/render.h>

#include "base/slice_i.h"
#include "fuzz/fuzz.h"

typedef tel_err render_call(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                            tel_buf **ret_text);

/* The shape of what was rendered: a text that somebody smuggled in would break it. */
static void check_rendered(tel_slice text)
{
	tel_config_source source = { TEL_SLICE_LIT("rendered"), text };
	tel_findings *findings = NULL;
	tel_config *config = NULL;
	tel_finding f;

	fuzz_check(tel_findings_new(NULL, &findings) == TEL_OK);
	if (tel_config_load(&source, 1, NULL, NULL, NULL, &config, findings) != TEL_OK)
		for (size_t i = 0; i < tel_findings_count(findings); i++) {
			fuzz_check(tel_findings_get(findings, i, &f) == TEL_OK);
			fuzz_check(f.message.len < 12 || memcmp(f.message.ptr, "retrieved va", 12) != 0); /* it is YAML, always */
		}
	tel_config_free(config);
	tel_findings_free(findings);
}

static void render(render_call *call, tel_pipeline_set *set)
{
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_buf *first = NULL, *second = NULL;

	fuzz_check(tel_render_facts_of(set, &facts) == TEL_OK);
	fuzz_check(call(set, &facts, NULL, &first) == TEL_OK);
	fuzz_check(call(set, &facts, NULL, &second) == TEL_OK);
	fuzz_check(tel__slice_eq(tel_buf_get(first), tel_buf_get(second)));
	check_rendered(tel_buf_get(first));
	tel_buf_unref(first);
	tel_buf_unref(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_config_source source = { TEL_SLICE_LIT("fuzz"), { (const char *)data, size } };
	tel_findings *findings = NULL;
	tel_pipeline_set *set = NULL;
	tel_err rc;

	if (size > 65536)
		return 0;
	fuzz_check(tel_findings_new(NULL, &findings) == TEL_OK);
	rc = tel_pipeline_parse(&source, 1, NULL, &set, findings);
	if (rc != TEL_OK) {
		fuzz_check(rc == TEL_ERR_CONFIG && tel_findings_count(findings) > 0 && !set);
		tel_findings_free(findings);
		return 0;
	}
	render(tel_render_gateway, set);
	fuzz_check(tel_pipeline_default(set) == TEL_OK);
	if (tel_pipeline_validate(set, findings) == TEL_OK) {
		render(tel_render_gateway, set);
		render(tel_render_agent, set);
	}
	tel_pipeline_free(set);
	tel_findings_free(findings);
	return 0;
}
