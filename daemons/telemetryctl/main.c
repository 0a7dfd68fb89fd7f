/* SPDX-License-Identifier: Apache-2.0 */
/* The toolbox: one program, one command per task. */
#include <stdio.h>
#include <string.h>

#include "common/args.h"
#include "telemetryctl/cmd.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "send", cmd_send, "send generated metrics to an OTLP endpoint" },
	{ "sink", cmd_sink, "be an OTLP backend that shows what arrives" },
	{ "decode", cmd_decode, "read one body and print the metrics in it" },
	{ "process", cmd_process, "run pipelines over recorded input, off line" },
	{ "render", cmd_render, "print the configuration that pipelines stand for" },
	{ "validate", cmd_validate, "check pipelines and collector configurations" },
	{ "explain", cmd_explain, "tell why each component is in a configuration" },
	{ "manifests", cmd_manifests, "print the objects that the manager needs in a cluster" },
	{ "config", cmd_config, "print a collector configuration as it takes effect" },
	{ "components", cmd_components, "list what a configuration may use" },
};

static int usage(FILE *out, int rc)
{
	fprintf(out, "Usage: telemetryctl COMMAND [OPTION]...\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\n'telemetryctl COMMAND --help' tells more.\n\nReport bugs to the project's issue tracker.\n");
	return rc;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, EXIT_USAGE);
	if (strcmp(argv[1], "--help") == 0)
		return usage(stdout, 0);
	if (strcmp(argv[1], "--version") == 0)
		return args_version("telemetryctl"), 0;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "telemetryctl: unknown command '%s'\n", argv[1]);
	return usage(stderr, EXIT_USAGE);
}
