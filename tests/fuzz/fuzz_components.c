/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configurations of the real components. One that loads is printed so that it loads again and prints the same; one that does
 * not says why, at a place that the text has. The first byte says whether the text stands alone or beside a frame that makes
 * it a whole configuration.
 */
#include <telemetry/flow.h>

#include "base/slice_i.h"
#include "config/config_i.h"
#include "fuzz/fuzz.h"

static tel_err lookup(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text)
{
	(void)user;
	if (!tel__slice_is(scheme, "env"))
		return TEL_ERR_UNSUPPORTED;
	*ret_text = name;
	return name.len == 0 || name.ptr[0] == 'U' ? TEL_ERR_NOT_FOUND : TEL_OK;
}

static uint32_t count_lines(tel_slice text)
{
	uint32_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n' || text.ptr[i] == '\r';
	return n;
}

/* Every error has a message, and a place in the source that it names. */
static void check_findings(const tel_findings *findings, const tel_config_source *sources, size_t count)
{
	for (size_t i = 0; i < tel_findings_count(findings); i++) {
		tel_finding f;
		bool found;

		fuzz_check(tel_findings_get(findings, i, &f) == TEL_OK);
		fuzz_check(f.message.len > 0);
		found = f.source.len == 0;
		for (size_t s = 0; s < count; s++)
			if (tel__slice_eq(f.source, sources[s].name)) {
				found = true;
				/* libyaml takes three more characters for line breaks */
				fuzz_check(f.line <= count_lines(sources[s].text) + sources[s].text.len / 2);
			}
		fuzz_check(found);
	}
}

static tel_err load(tel_slice text, bool framed, tel_config **ret_config)
{
	static const tel_config_env env = { lookup, NULL };
	static const char frame[] = "receivers: {otlp: {protocols: {grpc: }}}\nprocessors: {transform: , filter: }\n"
		"exporters: {debug: }\nservice: {pipelines: {metrics: {receivers: [otlp], processors: [transform, filter], "
		"exporters: [debug]}}}\n";
	const tel_config_source sources[2] = { { TEL_SLICE_LIT("frame"), TEL_SLICE_LIT(frame) },
		                                   { TEL_SLICE_LIT("text"), text } };
	size_t skip = framed ? 0 : 1, count = 2 - skip;
	tel_findings *findings = NULL;
	tel_err rc;

	fuzz_check(tel_findings_new(NULL, &findings) == TEL_OK);
	rc = tel_config_load(sources + skip, count, tel_components_all(), &env, NULL, ret_config, findings);
	fuzz_check(rc == TEL_OK || (rc == TEL_ERR_CONFIG && tel_findings_count(findings) > 0));
	check_findings(findings, sources + skip, count);
	tel_findings_free(findings);
	return rc;
}

static void check(tel_slice text, bool framed)
{
	tel_config *config = NULL, *again = NULL;
	tel_buf *printed = NULL, *second = NULL;

	if (load(text, framed, &config) != TEL_OK) {
		fuzz_check(!config);
		return;
	}
	fuzz_check(tel_config_print(config, NULL, &printed) == TEL_OK);
	fuzz_check(load(tel_buf_get(printed), false, &again) == TEL_OK);
	fuzz_check(tel_config_print(again, NULL, &second) == TEL_OK);
	fuzz_check(tel__slice_eq(tel_buf_get(printed), tel_buf_get(second)));
	tel_buf_unref(printed);
	tel_buf_unref(second);
	tel_config_free(config);
	tel_config_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > 65536)
		return 0;
	check(fuzz_slice(data + 1, size - 1), data[0] & 1);
	return 0;
}
