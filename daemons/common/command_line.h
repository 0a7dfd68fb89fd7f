/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_COMMAND_LINE_H
#define DAEMONS_COMMAND_LINE_H
/* The command line that the daemons share. commands.md, "Daemons". */
#include <telemetry/flow.h>

#include "common/files.h"
#include "common/options.h"

typedef struct command_line {
	sources sources;              /* --config, --set */
	tel_flow_opts opts;           /* --option, --options */
	char *options_text;           /* of the last --options file; opts may point into it */
	const char *env_dir;          /* --env-dir */
	bool validate;                /* --validate */
} command_line;
#define COMMAND_LINE_INIT { { NULL, NULL, 0 }, TEL_FLOW_OPTS_INIT, NULL, NULL, false }

/* 0 = run; -1 = answered (--help, --version); else the exit code, and stderr says why. */
int command_line_read(command_line *cli, const char *program, int argc, char **argv);

void command_line_free(command_line *cli);

#endif
