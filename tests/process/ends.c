/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ends.h"

#include <stdio.h>

#include <telemetry/graph.h>

#include "base/keys.h"
#include "base/slice_i.h"
#include "seams/cm.h"

typedef struct no_options {
	char none;
} no_options;

static const tel__key_table no_keys = { .go_name = "Config", .size = sizeof(no_options) };
static const tel__component in = { .type = "in", .kind = TEL__KIND_RECEIVER, .keys = &no_keys, .help = "in" };
static const tel__component out = { .type = "out", .kind = TEL__KIND_EXPORTER, .keys = &no_keys, .help = "out" };
static const tel__component *const ends[] = { &in, &out };

static tel_err unset(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text)
{
	(void)user, (void)name, (void)ret_text;
	return tel__slice_is(scheme, "env") ? TEL_ERR_NOT_FOUND : TEL_ERR_UNSUPPORTED;
}

tel_config *ends_load(const char *text, size_t len, char *why, size_t cap)
{
	tel_components table = { .rows = ends, .count = 2, .parent = tel_components_core() };
	tel_config_source source = { TEL_SLICE_LIT("case"), { text, len } };
	tel_config_env env = { unset, NULL };
	tel_findings *findings = NULL;
	tel_config *config = NULL;
	tel_finding f;
	why[0] = 0;
	assert_ok(tel_findings_new(NULL, &findings));
	(void)tel_config_load(&source, 1, &table, &env, NULL, &config, findings);
	for (size_t i = 0; !config && i < tel_findings_count(findings) && !tel_findings_get(findings, i, &f); i++)
		if (f.level == TEL_FINDING_ERROR && !why[0])
			snprintf(why, cap, TEL_SLICE_FMT ": " TEL_SLICE_FMT, TEL_SLICE_ARG(f.path), TEL_SLICE_ARG(f.message));
	tel_findings_free(findings);
	return config;
}
