/* SPDX-License-Identifier: Apache-2.0 */
/* telemetryctl explain: why each component is in a configuration. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <telemetry/render.h>

#include "common/args.h"
#include "telemetryctl/cmd.h"
#include "telemetryctl/input.h"

/* One run: what is asked for, and what was said so far. */
typedef struct teller {
	const char *program;
	const char *topic;   /* a component, a pipeline; "" = everything */
	bool json;
	unsigned parts;      /* parts that were printed */
	bool failed;
} teller;

static void fail(teller *t, tel_err err)
{
	fprintf(stderr, "%s: %s\n", t->program, tel_err_name(err));
	t->failed = true;
}

/* A part with its name: a member of one object, or a heading and text. Takes text over. */
static void put_part(teller *t, const char *name, const char *heading, tel_buf *text)
{
	if (t->json)
		printf("%s\"%s\": ", t->parts ? ", " : "{", name);
	else
		printf("%s%s%s", t->parts ? "\n" : "", heading, heading[0] ? "\n" : "");
	t->parts++;
	if (buf_print(t->program, text))
		t->failed = true;
}

static void put_explanation(teller *t, const char *name, const char *heading, tel_err err, tel_explanation *explanation)
{
	tel_buf *text = NULL;

	if (err == TEL_OK)
		err = tel_explanation_print(explanation, (tel_slice){ t->topic, strlen(t->topic) },
		                            t->json ? TEL_EXPLANATION_JSON : TEL_EXPLANATION_TEXT, NULL, &text);
	tel_explanation_free(explanation);
	if (err == TEL_OK)
		put_part(t, name, heading, text);
	else if (err != TEL_ERR_NOT_FOUND)
		fail(t, err);
}

static bool has_receiver(const tel_explanation *explanation)
{
	tel_explained first = TEL_EXPLAINED_INIT;

	return tel_explanation_get(explanation, 0, &first) == TEL_OK && first.kind == TEL_COMPONENT_RECEIVER;
}

static void explain_rendered(teller *t, tel_pipeline_set *set, tel_render_target target, bool always)
{
	static const char *const names[] = { "gateway", "agent" };
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_explanation *explanation = NULL;
	char heading[80];
	tel_err err = tel_render_facts_of(set, &facts);

	if (err == TEL_OK)
		err = tel_render_explain(set, &facts, target, NULL, &explanation);
	if (err == TEL_OK && !always && !has_receiver(explanation)) { /* nobody needs it */
		tel_explanation_free(explanation);
		return;
	}
	snprintf(heading, sizeof(heading), "# %s, for %zu MetricPipeline%s", names[target], tel_pipeline_count(set),
	         tel_pipeline_count(set) == 1 ? "" : "s");
	put_explanation(t, names[target], heading, err, explanation);
}

static void explain_config(teller *t, const tel_config *config)
{
	tel_explanation *explanation = NULL;
	tel_err err = tel_config_explain(config, NULL, &explanation);

	put_explanation(t, "configuration", "", err, explanation);
}

/* ---- conditions ---- */

static void put_condition(const tel_condition *c)
{
	printf("    " TEL_SLICE_FMT " is " TEL_SLICE_FMT ", " TEL_SLICE_FMT "%s" TEL_SLICE_FMT "\n", TEL_SLICE_ARG(c->type),
	       TEL_SLICE_ARG(c->status), TEL_SLICE_ARG(c->reason), c->message.len ? ": " : "", TEL_SLICE_ARG(c->message));
}

static void put_pipeline(teller *t, const tel_status *status, size_t index)
{
	tel_pipeline_status p = TEL_PIPELINE_STATUS_INIT;
	tel_condition c;

	if (tel_status_pipeline(status, index, &p) || (t->topic[0] && (strlen(t->topic) != p.name.len ||
	                                                                memcmp(t->topic, p.name.ptr, p.name.len) != 0)))
		return;
	printf("%s# conditions of MetricPipeline " TEL_SLICE_FMT ", as far as they are known without a cluster\n", t->parts ? "\n" : "",
	       TEL_SLICE_ARG(p.name));
	for (size_t i = 0; i < p.condition_count; i++)
		if (tel_status_condition(status, index, i, &c) == TEL_OK)
			put_condition(&c);
	t->parts++;
}

/* whole: the status as it would be written, and nothing else. */
static void explain_conditions(teller *t, const tel_pipeline_set *set, bool whole)
{
	tel_status *status = NULL;
	tel_buf *text = NULL;
	tel_status_facts facts;
	tel_err err;

	status_facts(&facts);
	err = tel_status_judge(set, &facts, NULL, &status);
	if (err == TEL_OK && (t->json || whole))
		err = tel_status_write(status, TEL_STATUS_ALL, 0, t->json ? TEL_STATUS_JSON : TEL_STATUS_YAML, NULL, &text);
	if (err)
		fail(t, err);
	else if (text)
		put_part(t, "status", "", text);
	else
		for (size_t i = 0; i < tel_pipeline_count(set); i++)
			put_pipeline(t, status, i);
	tel_status_free(status);
}

/* ---- parts ---- */

static void explain_all(teller *t, const loaded *l)
{
	static const char *const parts[] = { "gateway", "agent", "conditions", "status" };
	enum { GATEWAY, AGENT, CONDITIONS, STATUS, ALL };
	const char *topic = t->topic;
	size_t part = 0;
	bool rendered = l->set && l->accepted && !l->refused, of_pipeline = false;

	while (part < ALL && strcmp(topic, parts[part]) != 0)
		part++;
	if (part < ALL)
		t->topic = "";
	for (size_t i = 0; l->set && i < tel_pipeline_count(l->set); i++) {
		tel_slice name = tel_pipeline_name(l->set, i);

		of_pipeline = of_pipeline || (strlen(topic) == name.len && memcmp(topic, name.ptr, name.len) == 0);
	}
	if (rendered && (part == GATEWAY || part == ALL))
		explain_rendered(t, l->set, TEL_RENDER_GATEWAY, true);
	if (rendered && (part == AGENT || part == ALL))
		explain_rendered(t, l->set, TEL_RENDER_AGENT, part == AGENT);
	if (l->set && l->accepted && (part == CONDITIONS || part == STATUS || of_pipeline || (part == ALL && !topic[0])))
		explain_conditions(t, l->set, part == STATUS);
	if (l->config && part == ALL)
		explain_config(t, l->config);
	if (t->parts && t->json)
		printf("}\n");
}

static int explain(input *in, teller *t, const char *env_dir)
{
	const char *topic = t->topic;
	loaded l;
	int rc = input_sort(in, t->program);

	if (rc)
		return rc;
	rc = input_load(in, t->program, env_dir, false, &l);
	if (rc != 1) {
		findings_print(t->program, l.findings);
		explain_all(t, &l);
	}
	if (rc == 0 && t->parts == 0 && !t->failed) {
		fprintf(stderr, "%s: nothing here is called '%s'\n", t->program, topic);
		t->failed = true;
	}
	loaded_free(&l);
	return rc ? rc : t->failed ? 1 : 0;
}

/* The first of several operands is the topic, unless there is such a file. */
static bool is_topic(const char *operand)
{
	struct stat st;

	return strcmp(operand, "-") != 0 && strncmp(operand, "yaml:", 5) != 0 && strncmp(operand, "env:", 4) != 0 &&
	       strncmp(operand, "file:", 5) != 0 && (stat(operand, &st) != 0 || S_ISDIR(st.st_mode));
}

int cmd_explain(int argc, char **argv)
{
	enum { ENV_DIR, FORMAT, HELP };
	static const arg_option options[] = {
		{ "env-dir", "DIR", "one file per variable of configurations; wins over the environment" },
		{ "format", "text|json", "lines, or one JSON object" },
		{ "help", NULL, "print this help and exit" },
		{ NULL, NULL, NULL },
	};
	static const char about[] =
		"Of MetricPipelines, Telemetry resources and Secrets: for each component of the configurations that are rendered of\n"
		"them what it does, the pipelines of the configuration that run it, and which field of which resource asked for it or\n"
		"says what is in it. Of a collector configuration: which pipelines run a component, which components nobody runs, and\n"
		"which keys are not as they are by default.\n\n"
		"TOPIC  gateway, agent: only that configuration; conditions, status: what the status of each resource would say, as\n"
		"       far as files tell; else the id of a component (filter/drop-if-input-source-otlp) or its type (filter), the name\n"
		"       of a MetricPipeline, or a pipeline of the configuration (metrics/enrichment).\n";
	args a = { "telemetryctl explain", "[OPTION]... [TOPIC] FILE...", options, argc, 1, argv, false };
	teller t = { .program = a.program, .topic = "" };
	const char *value = NULL, *first = NULL, *env_dir = NULL;
	input in = { .all = { .count = 0 } };
	int o, rc = 0;

	while (rc == 0 && (o = args_next(&a, &value)) != ARG_END) {
		switch (o) {
		case ARG_OPERAND:
			if (!first && !t.topic[0] && is_topic(value))
				t.topic = first = value;
			else
				rc = input_add(&in, a.program, first = value);
			break;
		case ENV_DIR: env_dir = value; break;
		case FORMAT: rc = args_format(&a, value, &t.json) ? 0 : EXIT_USAGE; break;
		case HELP: args_help_about(&a, about); return 0;
		default: rc = EXIT_USAGE; break;
		}
	}
	if (rc == 0 && in.all.count == 0 && t.topic[0]) /* alone it is a file that is not there */
		rc = input_add(&in, a.program, t.topic);
	if (rc == 0 && in.all.count == 0) {
		fprintf(stderr, "%s: name at least one file\n", a.program);
		rc = EXIT_USAGE;
	}
	if (rc == 0)
		rc = explain(&in, &t, env_dir);
	input_free(&in);
	return rc;
}
