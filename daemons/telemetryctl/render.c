/* SPDX-License-Identifier: Apache-2.0 */
/* telemetryctl render: pipelines in, the configuration of gateway or agent out, or the objects that run them. */
#include <stdio.h>
#include <string.h>

#include <telemetry/render.h>

#include "common/args.h"
#include "common/files.h"
#include "telemetryctl/cmd.h"

typedef tel_err render_call(const tel_pipeline_set *set, const tel_render_facts *facts, tel_buf **ret_text, tel_error *err);

static tel_err render_gateway(const tel_pipeline_set *set, const tel_render_facts *facts, tel_buf **ret_text, tel_error *err)
{
	(void)err;
	return tel_render_gateway(set, facts, NULL, ret_text);
}

static tel_err render_agent(const tel_pipeline_set *set, const tel_render_facts *facts, tel_buf **ret_text, tel_error *err)
{
	(void)err;
	return tel_render_agent(set, facts, NULL, ret_text);
}

static tel_err write_objects(tel_objects *objects, tel_err rc, tel_buf **ret_text)
{
	if (rc == TEL_OK)
		rc = tel_objects_yaml(objects, NULL, ret_text);
	tel_objects_free(objects);
	return rc;
}

static tel_err render_objects(const tel_pipeline_set *set, const tel_render_facts *facts, tel_buf **ret_text, tel_error *err)
{
	tel_objects *objects = NULL;
	tel_err rc = tel_render_objects(set, facts, NULL, &objects, err);

	return write_objects(objects, rc, ret_text);
}

static tel_err render_unwanted(const tel_pipeline_set *set, const tel_render_facts *facts, tel_buf **ret_text, tel_error *err)
{
	tel_objects *objects = NULL;
	tel_err rc = tel_render_unwanted(set, facts, NULL, &objects);

	(void)err;
	return write_objects(objects, rc, ret_text);
}

/* What can be rendered. */
static const struct {
	const char *name;
	render_call *call;
} targets[] = { { "gateway", render_gateway }, { "agent", render_agent }, { "objects", render_objects },
	            { "unwanted", render_unwanted } };

static render_call *find_target(const char *name)
{
	for (size_t i = 0; name && i < sizeof(targets) / sizeof(targets[0]); i++)
		if (strcmp(targets[i].name, name) == 0)
			return targets[i].call;
	return NULL;
}

/* Parsed, defaulted unless it is unwanted, validated; NULL: stderr says why. */
static tel_pipeline_set *load(const char *program, const sources *s, bool defaulting)
{
	tel_pipeline_set *set = NULL;
	tel_findings *findings = NULL;
	tel_err err;

	if (tel_findings_new(NULL, &findings)) {
		fprintf(stderr, "%s: out of memory\n", program);
		return NULL;
	}
	err = tel_pipeline_parse(s->items, s->count, NULL, &set, findings);
	if (err == TEL_OK && defaulting)
		err = tel_pipeline_default(set);
	if (err == TEL_OK && defaulting)
		err = tel_pipeline_validate(set, findings);
	findings_print(program, findings);
	if (err && err != TEL_ERR_CONFIG)
		fprintf(stderr, "%s: %s\n", program, tel_err_name(err));
	tel_findings_free(findings);
	if (err) {
		tel_pipeline_free(set);
		return NULL;
	}
	return set;
}

static int render(const char *program, const sources *s, render_call *call, bool defaulting)
{
	tel_pipeline_set *set = load(program, s, defaulting);
	tel_object_facts objects = TEL_OBJECT_FACTS_INIT;
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_error why = TEL_ERROR_INIT;
	tel_buf *text = NULL;
	tel_err err;
	int rc;

	if (!set)
		return EXIT_CONFIG;
	objects.crypto = tel_crypto_openssl();
	facts.objects = &objects;
	err = tel_render_facts_of(set, &facts);
	if (err == TEL_OK)
		err = call(set, &facts, &text, &why);
	if (err)
		fprintf(stderr, "%s: %s\n", program, why.msg[0] ? why.msg : tel_err_name(err));
	rc = err == TEL_ERR_ARG ? EXIT_CONFIG : err ? 1 : buf_print(program, text);
	tel_pipeline_free(set);
	return rc;
}

int cmd_render(int argc, char **argv)
{
	enum { NO_DEFAULTING, FACTS, HELP };
	static const arg_option options[] = {
		{ "no-defaulting", NULL, "leave out what the mutating webhook fills in" },
		{ "facts", "FILE", "a document of kind RenderFacts: what is known of the cluster" },
		{ "help", NULL, "print this help and exit" },
		{ NULL, NULL, NULL },
	};
	args a = { "telemetryctl render", "gateway|agent|objects|unwanted [OPTION]... FILE...", options, argc, 1, argv, false };
	const char *value = NULL, *what = NULL;
	sources s = { NULL, NULL, 0 };
	bool defaulting = true;
	int o, rc = 0;

	while (rc == 0 && (o = args_next(&a, &value)) != ARG_END) {
		switch (o) {
		case ARG_OPERAND:
			if (what)
				rc = sources_add_config(&s, a.program, value);
			else
				what = value;
			break;
		case NO_DEFAULTING: defaulting = false; break;
		case FACTS: rc = sources_add_config(&s, a.program, value); break;
		case HELP: args_help(&a); return 0;
		default: rc = EXIT_USAGE; break;
		}
	}
	if (rc == 0 && (!find_target(what) || s.count == 0)) {
		fprintf(stderr, "%s: say gateway, agent, objects or unwanted, then name at least one file\n",
		        a.program);
		rc = EXIT_USAGE;
	}
	if (rc == 0)
		rc = render(a.program, &s, find_target(what), defaulting);
	sources_free(&s);
	return rc;
}
