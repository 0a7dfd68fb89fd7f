/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration that loads is printed so that it loads again and prints the same; one that does not load says why. */
#include <telemetry/explain.h>

#include "base/slice_i.h"
#include "config/config_i.h"
#include "config/table.h"
#include "fuzz/fuzz.h"

static tel_err lookup(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text)
{
	(void)user;
	if (!tel__slice_is(scheme, "env"))
		return TEL_ERR_UNSUPPORTED;
	if (name.len == 0 || name.ptr[0] == 'U')
		return TEL_ERR_NOT_FOUND;
	/* ${L...} loops, ${N...} nests, anything else is its own name. */
	*ret_text = name.ptr[0] == 'L' ? TEL_SLICE_LIT("a${L}") : name.ptr[0] == 'N' ? TEL_SLICE_LIT("- ${N}\n- ${A}") : name;
	return TEL_OK;
}

static tel_err load(tel_slice text, const tel_components *components, tel_config **ret_config, size_t *ret_findings)
{
	static const tel_config_env env = { lookup, NULL };
	static const char frame[] = "receivers: {in: }\nexporters: {full: }\nservice: {pipelines: {metrics: {receivers: [in], "
		"exporters: [full]}}}\n";
	tel_config_source sources[2] = { { TEL_SLICE_LIT("frame"), TEL_SLICE_LIT(frame) }, { TEL_SLICE_LIT("text"), text } };
	tel_findings *findings = NULL;
	tel_err rc;

	fuzz_check(tel_findings_new(NULL, &findings) == TEL_OK);
	rc = tel_config_load(sources, 2, components, &env, NULL, ret_config, findings);
	*ret_findings = tel_findings_count(findings);
	tel_findings_free(findings);
	return rc;
}

static void explain(const tel_config *config)
{
	tel_explanation *e = NULL;
	tel_buf *text = NULL;

	fuzz_check(tel_config_explain(config, NULL, &e) == TEL_OK);
	fuzz_check(tel_explanation_print(e, (tel_slice){ NULL, 0 }, TEL_EXPLANATION_JSON, NULL, &text) == TEL_OK);
	tel_buf_unref(text);
	tel_explanation_free(e);
}

static void check(tel_slice text, const tel_components *components)
{
	tel_config *config = NULL, *again = NULL;
	tel_buf *printed = NULL, *second = NULL;
	size_t findings;
	tel_err rc = load(text, components, &config, &findings);

	if (rc != TEL_OK) {
		fuzz_check(rc == TEL_ERR_CONFIG && findings > 0 && !config);
		return;
	}
	explain(config);
	fuzz_check(tel_config_print(config, NULL, &printed) == TEL_OK);
	rc = load(tel_buf_get(printed), components, &again, &findings);
	fuzz_check(rc == TEL_OK);
	fuzz_check(tel_config_print(again, NULL, &second) == TEL_OK);
	fuzz_check(tel__slice_eq(tel_buf_get(printed), tel_buf_get(second)));
	tel_buf_unref(printed);
	tel_buf_unref(second);
	tel_config_free(config);
	tel_config_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 65536)
		return 0;
	check(fuzz_slice(data, size), &table_components);
	check(fuzz_slice(data, size), NULL);
	return 0;
}
