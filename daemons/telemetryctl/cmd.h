/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_TELEMETRYCTL_CMD_H
#define DAEMONS_TELEMETRYCTL_CMD_H
/* The commands of telemetryctl: one file each. argv[0] is the command's name. The answer is the exit code. */

int cmd_send(int argc, char **argv);
int cmd_sink(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_components(int argc, char **argv);
int cmd_process(int argc, char **argv);
int cmd_manifests(int argc, char **argv);
int cmd_render(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_explain(int argc, char **argv);

#endif
