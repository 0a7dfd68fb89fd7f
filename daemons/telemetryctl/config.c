/* SPDX-License-Identifier: Apache-2.0 */
/* telemetryctl config: merged, expanded, defaults filled in, secrets masked. telemetryctl components: what there is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <telemetry/buf.h>
#include <telemetry/flow.h>

#include "common/args.h"
#include "common/files.h"
#include "common/options.h"
#include "telemetryctl/cmd.h"

static int print_buf(tel_err rc, tel_buf *buf)
{
	if (rc == TEL_OK)
		return buf_print("telemetryctl", buf);
	fprintf(stderr, "telemetryctl: %s\n", tel_err_name(rc));
	return 1;
}

/* They never stand in a collector configuration: as comments the text stays one. */
static void print_options(const tel_flow_opts *opts)
{
	tel_flow_option o = TEL_FLOW_OPTION_INIT;

	for (size_t i = 0; tel_flow_option_get(opts, i, &o) == TEL_OK; i++)
		printf("# option " TEL_SLICE_FMT "=%s\n", TEL_SLICE_ARG(o.name), o.value);
}

int cmd_config(int argc, char **argv)
{
	enum { SET, ENV_DIR, OPTION, OPTIONS, HELP };
	static const arg_option options[] = {
		{ "set", "KEY=VALUE", "override one key (repeatable)" },
		{ "env-dir", "DIR", "one file per variable; wins over the environment" },
		{ "option", "NAME=VALUE", "what the configuration does not know (repeatable)" },
		{ "options", "FILE", "options, one NAME=VALUE per line" },
		{ "help", NULL, "print this help and exit" },
		{ NULL, NULL, NULL },
	};
	args a = { "telemetryctl config", "[OPTION]... FILE...", options, argc, 1, argv, false };
	const char *value = NULL, *env_dir = NULL;
	sources s = { NULL, NULL, 0 };
	tel_flow_opts opts = TEL_FLOW_OPTS_INIT;
	char *options_text = NULL;
	tel_config *config;
	tel_buf *text = NULL;
	int o, rc = 0;

	options_init(&opts);
	while (rc == 0 && (o = args_next(&a, &value)) != ARG_END) {
		switch (o) {
		case OPTION: rc = options_take(&opts, a.program, value); break;
		case OPTIONS: rc = options_read(&opts, a.program, value, &options_text); break;
		case ARG_OPERAND: rc = sources_add_config(&s, a.program, value); break;
		case SET: rc = sources_add_set(&s, a.program, value); break;
		case ENV_DIR: env_dir = value; break;
		case HELP: args_help(&a); return 0;
		default: rc = EXIT_USAGE; break;
		}
	}
	if (rc == 0 && s.count == 0) {
		fprintf(stderr, "%s: name at least one configuration\n", a.program);
		rc = EXIT_USAGE;
	}
	config = rc == 0 ? config_load(a.program, &s, tel_components_all(), env_dir) : NULL;
	if (config) {
		tel_err err = tel_config_print(config, NULL, &text);
		rc = print_buf(err, text);
		if (rc == 0)
			print_options(&opts);
	} else if (rc == 0) {
		rc = EXIT_CONFIG;
	}
	tel_config_free(config);
	sources_free(&s);
	free(options_text);
	return rc;
}

static const char *name_and_values(const tel_flow_option *o)
{
	static char text[160];

	snprintf(text, sizeof(text), TEL_SLICE_FMT "=" TEL_SLICE_FMT, TEL_SLICE_ARG(o->name), TEL_SLICE_ARG(o->values));
	return text;
}

/* The library's array, with the options behind the components. */
static int print_json(tel_buf *components)
{
	tel_flow_option o = TEL_FLOW_OPTION_INIT;
	tel_slice text = tel_buf_get(components);
	size_t end = text.len;

	while (end && text.ptr[end - 1] != ']')
		end--;
	while (end && (text.ptr[end - 1] == ']' || text.ptr[end - 1] == '\n'))
		end--;
	fwrite(text.ptr, 1, end, stdout);
	for (size_t i = 0; tel_flow_option_get(NULL, i, &o) == TEL_OK; i++)
		printf(",\n  {\"kind\": \"option\", \"type\": \"" TEL_SLICE_FMT "\", \"old_names\": [], \"help\": \"" TEL_SLICE_FMT
		       "\", \"runs\": true, \"values\": \"" TEL_SLICE_FMT "\", \"default\": \"" TEL_SLICE_FMT "\", \"keys\": []}",
		       TEL_SLICE_ARG(o.name), TEL_SLICE_ARG(o.help), TEL_SLICE_ARG(o.values), TEL_SLICE_ARG(o.def));
	printf("\n]\n");
	tel_buf_unref(components);
	return fflush(stdout) == 0 ? 0 : 1;
}

int cmd_components(int argc, char **argv)
{
	enum { FORMAT, HELP };
	static const arg_option options[] = {
		{ "format", "text|json", "one line each, or everything with all keys" },
		{ "help", NULL, "print this help and exit" },
		{ NULL, NULL, NULL },
	};
	args a = { "telemetryctl components", "[OPTION]...", options, argc, 1, argv, false };
	tel_components_format format = TEL_COMPONENTS_TEXT;
	tel_flow_option option = TEL_FLOW_OPTION_INIT;
	const char *value = NULL;
	tel_buf *text = NULL;
	tel_err err;
	int o;

	while ((o = args_next(&a, &value)) != ARG_END) {
		if (o == HELP) {
			args_help(&a);
			return 0;
		}
		if (o == FORMAT && strcmp(value, "json") == 0)
			format = TEL_COMPONENTS_JSON;
		else if (o != FORMAT || strcmp(value, "text") != 0)
			return o == ARG_BAD ? EXIT_USAGE
			                    : (fprintf(stderr, "%s: unexpected '%s'\n", a.program, value), EXIT_USAGE);
	}
	err = tel_components_print(tel_components_all(), format, NULL, &text);
	if (err == TEL_OK && format == TEL_COMPONENTS_JSON)
		return print_json(text);
	o = print_buf(err, text);
	for (size_t i = 0; o == 0 && tel_flow_option_get(NULL, i, &option) == TEL_OK; i++)
		printf("%-10s %-24s " TEL_SLICE_FMT "\n", "option", name_and_values(&option), TEL_SLICE_ARG(option.help));
	return o;
}
