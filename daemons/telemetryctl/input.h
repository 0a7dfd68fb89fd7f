/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_TELEMETRYCTL_INPUT_H
#define DAEMONS_TELEMETRYCTL_INPUT_H
/* Files that are looked at together: Kubernetes resources on one side, collector configurations on the other. */
#include <telemetry/explain.h>
#include <telemetry/pipeline.h>
#include <telemetry/status.h>

#include "common/files.h"

typedef struct input {
	sources all;                /* in the order of the command line */
	sources resources, configs; /* parts of all, told apart by what is in them; borrowed from it */
} input;

/* Reads a file, a URI, or "-". 0 = done, else the exit code, and stderr says why. */
int input_add(input *in, const char *program, const char *uri);
/* After the last one: sorts. 0 = done, else the exit code. */
int input_sort(input *in, const char *program);
void input_free(input *in);

/* Both sides as they are loaded; findings tells all that is wrong. NULL members: not there, or refused. */
typedef struct loaded {
	tel_findings *findings;
	tel_pipeline_set *set;
	tel_config *config;
	bool accepted;   /* the schema takes the resources, if there are any */
	tel_err refused; /* what the status of a pipeline would not take, though the schema does */
	environment env;
} loaded;

/* strict: unknown fields of resources are errors. 0 = loaded, EXIT_CONFIG = findings say why, 1 = stderr says why. */
int input_load(const input *in, const char *program, const char *env_dir, bool strict, loaded *ret_loaded);
void loaded_free(loaded *l);

/* What is known without a cluster: the time, and how certificates are read. */
void status_facts(tel_status_facts *ret_facts);

#endif
