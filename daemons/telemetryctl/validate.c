/* SPDX-License-Identifier: Apache-2.0 */
/* telemetryctl validate: everything that is wrong with pipelines or collector configurations, each with its place. */
#include <stdio.h>
#include <string.h>

#include "common/args.h"
#include "telemetryctl/cmd.h"
#include "telemetryctl/input.h"

/* What was found in one file. */
static void count_findings(const tel_findings *findings, tel_slice source, unsigned *ret_errors, unsigned *ret_warnings)
{
	tel_finding f;

	*ret_errors = *ret_warnings = 0;
	for (size_t i = 0; i < tel_findings_count(findings); i++) {
		if (tel_findings_get(findings, i, &f) || f.source.len != source.len ||
		    memcmp(f.source.ptr, source.ptr, source.len) != 0)
			continue;
		*(f.level == TEL_FINDING_ERROR ? ret_errors : ret_warnings) += 1;
	}
}

static void say_files(const sources *s, const char *kind, const tel_findings *findings)
{
	unsigned errors, warnings;

	for (size_t i = 0; i < s->count; i++) {
		count_findings(findings, s->items[i].name, &errors, &warnings);
		printf(TEL_SLICE_FMT ": %s, ", TEL_SLICE_ARG(s->items[i].name), kind);
		if (errors)
			printf("%u error%s", errors, errors == 1 ? "" : "s");
		else
			printf("valid");
		if (warnings)
			printf(", %u warning%s", warnings, warnings == 1 ? "" : "s");
		printf("\n");
	}
}

static int print_json(const char *program, const tel_findings *findings)
{
	tel_buf *text = NULL;
	tel_err err = tel_findings_print(findings, NULL, &text);

	if (err == TEL_OK)
		return buf_print(program, text);
	fprintf(stderr, "%s: %s\n", program, tel_err_name(err));
	return 1;
}

static int validate(input *in, const char *program, const char *env_dir, bool strict, bool verbose, bool json)
{
	loaded l;
	int rc = input_sort(in, program), written = 0;

	if (rc)
		return rc;
	rc = input_load(in, program, env_dir, strict, &l);
	if (rc == 1) {
		loaded_free(&l);
		return rc;
	}
	if (json)
		written = print_json(program, l.findings);
	else
		findings_print(program, l.findings);
	if (verbose && !json) {
		say_files(&in->resources, "resources", l.findings);
		say_files(&in->configs, "collector configuration", l.findings);
	}
	loaded_free(&l);
	return rc ? rc : written;
}

int cmd_validate(int argc, char **argv)
{
	enum { V, VERBOSE, STRICT, ENV_DIR, FORMAT, HELP };
	static const arg_option options[] = {
		{ "v", NULL, "one line per file on stdout; without it what is valid says nothing" },
		{ "verbose", NULL, "the same" },
		{ "strict", NULL, "unknown fields of resources are errors, not warnings" },
		{ "env-dir", "DIR", "one file per variable of configurations; wins over the environment" },
		{ "format", "text|json", "findings as lines on stderr, or as JSON on stdout" },
		{ "help", NULL, "print this help and exit" },
		{ NULL, NULL, NULL },
	};
	static const char about[] =
		"Checks MetricPipelines, Telemetry resources and collector configurations; what a file is is seen from its content.\n"
		"All files with resources form one set: a Secret among them is used where a pipeline refers to it. All collector\n"
		"configurations are merged, as with several --config of the gateway. Each finding is one line FILE:LINE:COLUMN: text;\n"
		"the exit code is 0 when there is no error, else 78.\n";
	args a = { "telemetryctl validate", "[OPTION]... FILE...", options, argc, 1, argv, false };
	bool verbose = false, strict = false, json = false;
	const char *value = NULL, *env_dir = NULL;
	input in = { .all = { .count = 0 } };
	int o, rc = 0;

	while (rc == 0 && (o = args_next(&a, &value)) != ARG_END) {
		switch (o) {
		case ARG_OPERAND: rc = input_add(&in, a.program, value); break;
		case V:
		case VERBOSE: verbose = true; break;
		case STRICT: strict = true; break;
		case ENV_DIR: env_dir = value; break;
		case FORMAT: rc = args_format(&a, value, &json) ? 0 : EXIT_USAGE; break;
		case HELP: args_help_about(&a, about); return 0;
		default: rc = EXIT_USAGE; break;
		}
	}
	if (rc == 0 && in.all.count == 0) {
		fprintf(stderr, "%s: name at least one file\n", a.program);
		rc = EXIT_USAGE;
	}
	if (rc == 0)
		rc = validate(&in, a.program, env_dir, strict, verbose, json);
	input_free(&in);
	return rc;
}
