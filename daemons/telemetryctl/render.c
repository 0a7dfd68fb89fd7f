/* SPDX-License-Identifier: Apache-2.0 */
/* telemetryctl render: pipelines in, the configuration of gateway or agent out. */
#include <stdio.h>
#include <string.h>

#include <telemetry/render.h>

#include "common/args.h"
#include "common/files.h"
#include "telemetryctl/cmd.h"

typedef tel_err render_call(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                            tel_buf **ret_text);

static int write_out(const tel_buf *text)
{
	tel_slice s = tel_buf_get(text);

	return fwrite(s.ptr, 1, s.len, stdout) == s.len && fflush(stdout) == 0 ? 0 : 1;
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
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_buf *text = NULL;
	tel_err err;
	int rc;

	if (!set)
		return EXIT_CONFIG;
	err = tel_render_facts_of(set, &facts);
	if (err == TEL_OK)
		err = call(set, &facts, NULL, &text);
	if (err)
		fprintf(stderr, "%s: %s\n", program, tel_err_name(err));
	rc = err ? 1 : write_out(text);
	tel_buf_unref(text);
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
	args a = { "telemetryctl render", "gateway|agent [OPTION]... FILE...", options, argc, 1, argv, false };
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
	if (rc == 0 && (!what || s.count == 0 || (strcmp(what, "gateway") != 0 && strcmp(what, "agent") != 0))) {
		fprintf(stderr, "%s: say gateway or agent, then name at least one file\n", a.program);
		rc = EXIT_USAGE;
	}
	if (rc == 0)
		rc = render(a.program, &s, strcmp(what, "agent") == 0 ? tel_render_agent : tel_render_gateway, defaulting);
	sources_free(&s);
	return rc;
}
