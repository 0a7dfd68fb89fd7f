/* SPDX-License-Identifier: Apache-2.0 */
#include "common/command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/args.h"

enum { OPT_CONFIG, OPT_SET, OPT_OPTION, OPT_OPTIONS, OPT_ENV_DIR, OPT_STORAGE, OPT_VALIDATE, OPT_VERSION, OPT_HELP };
static const arg_option options[] = {
	{ "config", "URI", "collector configuration: a path, file:, env: or yaml: (repeatable)" },
	{ "set", "KEY=VALUE", "override one key, such as processors.batch.timeout=2s (repeatable)" },
	{ "option", "NAME=VALUE", "what the configuration does not know (repeatable); telemetryctl components lists them" },
	{ "options", "FILE", "options, one NAME=VALUE per line; # starts a comment" },
	{ "env-dir", "DIR", "one file per variable; wins over the environment; a change reloads, with --config files that lie there" },
	{ "storage", "DIR", "refused: this build has no durable queue" },
	{ "validate", NULL, "check the configuration and exit" },
	{ "version", NULL, "print the version and exit" },
	{ "help", NULL, "print this help and exit" },
	{ NULL, NULL, NULL },
};

static int refuse(const char *program, const char *what, const char *operand)
{
	fprintf(stderr, "%s: %s%s\nTry '%s --help'.\n", program, what, operand, program);
	return EXIT_USAGE;
}

int command_line_read(command_line *cli, const char *program, int argc, char **argv)
{
	args a = { program, "--config URI [OPTION]...", options, argc, 1, argv, false };
	const char *value = NULL;
	int o, rc = 0;

	options_init(&cli->opts);
	while (rc == 0 && (o = args_next(&a, &value)) != ARG_END) {
		switch (o) {
		case OPT_CONFIG: rc = sources_add_config(&cli->sources, program, value); break;
		case OPT_SET: rc = sources_add_set(&cli->sources, program, value); break;
		case OPT_OPTION: rc = options_take(&cli->opts, program, value); break;
		case OPT_OPTIONS: rc = options_read(&cli->opts, program, value, &cli->options_text); break;
		case OPT_ENV_DIR: cli->env_dir = value; break;
		case OPT_VALIDATE: cli->validate = true; break;
		case OPT_VERSION: args_version(program); return -1;
		case OPT_HELP: args_help(&a); return -1;
		case OPT_STORAGE: return refuse(program, "--storage: this build has no durable queue", "");
		case ARG_OPERAND: return refuse(program, "unexpected operand ", value);
		default: return EXIT_USAGE;
		}
	}
	if (rc == 0 && cli->sources.count == 0)
		return refuse(program, "at least one config flag must be provided", "");
	return rc;
}

void command_line_free(command_line *cli)
{
	sources_free(&cli->sources);
	free(cli->options_text);
}
