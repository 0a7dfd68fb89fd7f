/* SPDX-License-Identifier: Apache-2.0 */
/* telemetryctl config: merged, expanded, defaults filled in, secrets masked. telemetryctl components: what there is. */
#include <stdio.h>
#include <string.h>

#include <telemetry/buf.h>
#include <telemetry/flow.h>

#include "common/args.h"
#include "common/files.h"
#include "telemetryctl/cmd.h"

static int print_buf(tel_err rc, tel_buf *buf)
{
	tel_slice text;

	if (rc) {
		fprintf(stderr, "telemetryctl: %s\n", tel_err_name(rc));
		return 1;
	}
	text = tel_buf_get(buf);
	rc = fwrite(text.ptr, 1, text.len, stdout) == text.len && fflush(stdout) == 0 ? TEL_OK : TEL_ERR_IO;
	tel_buf_unref(buf);
	return rc ? 1 : 0;
}

int cmd_config(int argc, char **argv)
{
	enum { SET, ENV_DIR, HELP };
	static const arg_option options[] = {
		{ "set", "KEY=VALUE", "override one key (repeatable)" },
		{ "env-dir", "DIR", "one file per variable; wins over the environment" },
		{ "help", NULL, "print this help and exit" },
		{ NULL, NULL, NULL },
	};
	args a = { "telemetryctl config", "[OPTION]... FILE...", options, argc, 1, argv, false };
	const char *value = NULL, *env_dir = NULL;
	sources s = { NULL, NULL, 0 };
	tel_config *config;
	tel_buf *text = NULL;
	int o, rc = 0;

	while (rc == 0 && (o = args_next(&a, &value)) != ARG_END) {
		switch (o) {
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
	} else if (rc == 0) {
		rc = EXIT_CONFIG;
	}
	tel_config_free(config);
	sources_free(&s);
	return rc;
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
	return print_buf(err, text);
}
