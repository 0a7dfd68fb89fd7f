/* SPDX-License-Identifier: Apache-2.0 */
/* Resources that are taken render twice to the same text, which our own loader can read, and read back as they were written
 * in either version; those that are not say why. */
#include <telemetry/config.h>
#include <telemetry/render.h>
#include <telemetry/status.h>

#include "base/limits.h"
#include "base/slice_i.h"
#include "control/same.h"
#include "fuzz/fuzz.h"
#include "seams/fakedigest.h"
#include "wire/yaml.h"

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

/* What v1alpha1 cannot say. */
static void forget(tel__metric_pipeline *p)
{
	tel__otlp_output *output = p->spec && p->spec->output ? p->spec->output->otlp : NULL;
	tel__otlp_input *input = p->spec && p->spec->input ? p->spec->input->otlp : NULL;

	if (output)
		output->compression = (tel_slice){ NULL, 0 };
	if (input && input->enabled == TEL__UNSET)
		input->enabled = TEL__YES;
}

static void check_written(const tel_pipeline_set *set, size_t index, bool telemetry, const tel_pipeline_format_opts *opts)
{
	tel_config_source source = { TEL_SLICE_LIT("written"), { NULL, 0 } };
	tel_pipeline_set *again = NULL;
	const char *where = "";
	tel_buf *text = NULL;
	tel_err rc = telemetry ? tel_telemetry_format(set, index, opts, &text) : tel_pipeline_format(set, index, opts, &text);

	fuzz_check(rc == TEL_OK || rc == TEL_ERR_LIMIT);
	source.text = text ? tel_buf_get(text) : TEL_SLICE_LIT("");
	if (rc == TEL_OK && source.text.len <= TEL_LIMIT_CONFIG_BYTES) {
		fuzz_check(tel_pipeline_parse(&source, 1, NULL, &again, NULL) == TEL_OK);
		if (telemetry)
			fuzz_check(tel_telemetry_count(again) == 1 && same_telemetry(set->telemetries[index], again->telemetries[0], &where));
		else
			fuzz_check(tel_pipeline_count(again) == 1 && same_pipeline(set->pipelines[index], again->pipelines[0], &where));
	}
	tel_pipeline_free(again);
	tel_buf_unref(text);
}

/* Spends the set. */
static void check_formats(tel_pipeline_set *set)
{
	tel_pipeline_format_opts opts = TEL_PIPELINE_FORMAT_OPTS_INIT;

	for (unsigned way = 0; way < 4; way++) {
		opts.form = way & 1 ? TEL_PIPELINE_JSON : TEL_PIPELINE_YAML;
		opts.version = way & 2 ? TEL_PIPELINE_V1ALPHA1 : TEL_PIPELINE_V1BETA1;
		for (size_t i = 0; i < tel_pipeline_count(set); i++) {
			if (way & 2)
				forget(set->pipelines[i]);
			check_written(set, i, false, &opts);
		}
		for (size_t i = 0; i < tel_telemetry_count(set); i++)
			check_written(set, i, true, &opts);
	}
}

/* Each component has a reason, and both forms can be written. */
static void explain(tel_pipeline_set *set, tel_render_target target)
{
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_explained one = TEL_EXPLAINED_INIT;
	tel_explanation *e = NULL;
	tel_buf *text = NULL;

	fuzz_check(tel_render_facts_of(set, &facts) == TEL_OK);
	fuzz_check(tel_render_explain(set, &facts, target, NULL, &e) == TEL_OK);
	for (size_t i = 0; tel_explanation_get(e, i, &one) == TEL_OK; i++)
		fuzz_check(one.reason_count > 0 && one.use_count > 0);
	for (int format = TEL_EXPLANATION_TEXT; format <= TEL_EXPLANATION_JSON; format++) {
		fuzz_check(tel_explanation_print(e, (tel_slice){ NULL, 0 }, (tel_explanation_format)format, NULL, &text) == TEL_OK);
		tel_buf_unref(text);
	}
	tel_explanation_free(e);
}

/* As many documents as objects, whatever stands in them. */
static void check_stream(const tel_objects *objects, const tel_buf *text)
{
	tel__node *documents = NULL;
	tel__arena *arena = NULL;
	tel_err rc;

	fuzz_check(tel__arena_new(NULL, 0, NULL, &arena) == TEL_OK);
	rc = tel__yaml_parse_all(arena, NULL, tel_buf_get(text), 0, &documents, NULL);
	fuzz_check(rc == TEL_OK || rc == TEL_ERR_LIMIT); /* a reader has limits */
	fuzz_check(rc != TEL_OK || documents->v.list.count == tel_objects_count(objects));
	tel__arena_unref(arena);
}

/* NULL: the facts cannot be. */
static tel_buf *render_objects(tel_pipeline_set *set, bool unwanted)
{
	tel_object_facts of = TEL_OBJECT_FACTS_INIT;
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_objects *objects = NULL;
	tel_buf *text = NULL;
	tel_err rc;

	of.crypto = fakedigest();
	facts.objects = &of;
	fuzz_check(tel_render_facts_of(set, &facts) == TEL_OK);
	rc = unwanted ? tel_render_unwanted(set, &facts, NULL, &objects) : tel_render_objects(set, &facts, NULL, &objects, &err);
	fuzz_check(rc == TEL_OK || (!unwanted && rc == TEL_ERR_ARG && err.msg[0]));
	if (rc != TEL_OK)
		return NULL;
	fuzz_check(tel_objects_yaml(objects, NULL, &text) == TEL_OK);
	check_stream(objects, text);
	tel_objects_free(objects);
	return text;
}

static void check_objects(tel_pipeline_set *set)
{
	tel_buf *first = render_objects(set, false), *second = render_objects(set, false);

	fuzz_check((first == NULL) == (second == NULL));
	fuzz_check(!first || tel__slice_eq(tel_buf_get(first), tel_buf_get(second)));
	tel_buf_unref(first);
	tel_buf_unref(second);
	tel_buf_unref(render_objects(set, true));
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
	check_formats(set);
	tel_pipeline_free(set);
	fuzz_check(tel_pipeline_parse(&source, 1, NULL, &set, NULL) == TEL_OK);
	render(tel_render_gateway, set);
	fuzz_check(tel_pipeline_default(set) == TEL_OK);
	if (tel_pipeline_validate(set, findings) == TEL_OK) {
		render(tel_render_gateway, set);
		render(tel_render_agent, set);
		explain(set, TEL_RENDER_GATEWAY);
		explain(set, TEL_RENDER_AGENT);
		fuzz_check(tel_status_check(set, NULL, findings) != TEL_ERR_NOMEM);
		check_objects(set);
		check_formats(set);
	}
	tel_pipeline_free(set);
	tel_findings_free(findings);
	return 0;
}
