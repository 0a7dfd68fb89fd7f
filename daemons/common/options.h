/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_OPTIONS_H
#define DAEMONS_OPTIONS_H
/* --option and --options: settings that the Collector's configuration does not know. The table is the library's. */
#include <telemetry/flow.h>

/* Every option as the table of the library has it by default; one NAME=VALUE; a file of them, one per line, '#' starts a
 * comment, read into *ret_text, which opts may point into. 0 = done, else the exit code, and stderr says why. */
void options_init(tel_flow_opts *opts);
int options_take(tel_flow_opts *opts, const char *program, const char *setting);
int options_read(tel_flow_opts *opts, const char *program, const char *path, char **ret_text);

#endif
