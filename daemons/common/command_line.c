/* SPDX-License-Identifier: Apache-2.0 */
#include "common/command_line.h"

#include <stdio.h>
#include <string.h>

#include "common/args.h"

#define PAGES_ENDPOINT "localhost:55679" /* design.md 10: loopback; a port that is taken is a warning */

#define OPTIONS "otlp.utf8=cut|forward, otlp.json=liberal|strict, fanout=any|all, connections.per_peer=N, drain=DURATION, pages.endpoint=ADDRESS|none"

enum { OPT_CONFIG, OPT_SET, OPT_OPTION, OPT_ENV_DIR, OPT_STORAGE, OPT_VALIDATE, OPT_VERSION, OPT_HELP };
static const arg_option options[] = {
	{ "config", "URI", "collector configuration: a path, file:, env: or yaml: (repeatable)" },
	{ "set", "KEY=VALUE", "override one key, such as processors.batch.timeout=2s (repeatable)" },
	{ "option", "NAME=VALUE", OPTIONS },
	{ "env-dir", "DIR", "one file per variable; wins over the environment; a change reloads" },
	{ "storage", "DIR", "refused: this build has no durable queue" },
	{ "validate", NULL, "check the configuration and exit" },
	{ "version", NULL, "print the version and exit" },
	{ "help", NULL, "print this help and exit" },
	{ NULL, NULL, NULL },
};

static bool take_per_peer(command_line *cli, const args *a, const char *text)
{
	unsigned long n = 0;

	if (!args_number(a, "option connections.per_peer", text, UINT32_MAX, &n))
		return false;
	cli->opts.connections_per_peer = (uint32_t)n;
	return true;
}

/* NAME=VALUE of --option. */
static bool take_option(command_line *cli, const args *a, const char *setting)
{
	if (strcmp(setting, "otlp.utf8=forward") == 0 || strcmp(setting, "otlp.utf8=cut") == 0)
		cli->opts.forward_bad_utf8 = setting[10] == 'f';
	else if (strcmp(setting, "otlp.json=strict") == 0 || strcmp(setting, "otlp.json=liberal") == 0)
		cli->opts.strict_json = setting[10] == 's';
	else if (strcmp(setting, "fanout=all") == 0 || strcmp(setting, "fanout=any") == 0)
		cli->opts.fanout_all = strcmp(setting + 7, "all") == 0;
	else if (strncmp(setting, "connections.per_peer=", 21) == 0)
		return take_per_peer(cli, a, setting + 21);
	else if (strncmp(setting, "pages.endpoint=", 15) == 0)
		cli->opts.pages_endpoint = strcmp(setting + 15, "none") == 0 ? (tel_slice){ NULL, 0 }
		                                                            : (tel_slice){ setting + 15, strlen(setting + 15) };
	else if (strncmp(setting, "drain=", 6) == 0)
		return args_duration_ns(a, "option drain", setting + 6, &cli->drain_ns);
	else
		return fprintf(stderr, "%s: --option: unknown setting '%s', there are " OPTIONS "\n", a->program, setting), false;
	return true;
}

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

	cli->opts.pages_endpoint = (tel_slice){ PAGES_ENDPOINT, sizeof(PAGES_ENDPOINT) - 1 };
	while (rc == 0 && (o = args_next(&a, &value)) != ARG_END) {
		switch (o) {
		case OPT_CONFIG: rc = sources_add_config(&cli->sources, program, value); break;
		case OPT_SET: rc = sources_add_set(&cli->sources, program, value); break;
		case OPT_OPTION: rc = take_option(cli, &a, value) ? 0 : EXIT_USAGE; break;
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
