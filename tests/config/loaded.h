/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONFIG_LOADED_H
#define TESTS_CONFIG_LOADED_H
/* Loading a text in a test: variables of a fixed set, findings as text, one per line. */
#include "config/config_i.h"

#include "config/table.h"

typedef struct loaded {
	tel_err rc;
	tel_config *config;
	tel_findings *findings;
	char text[8192]; /* "LEVEL SOURCE:LINE:COLUMN PATH: MESSAGE\n" per finding, E or W */
} loaded;

/* Variables that the environment of the tests knows; everything else is unset. */
typedef struct loaded_variable {
	const char *name, *value;
} loaded_variable;
extern const loaded_variable loaded_variables[];

extern const tel_config_env loaded_env;

void loaded_init(loaded *l, const char *const *texts, size_t count, const tel_components *components,
                 const tel_config_opts *opts);
void loaded_one(loaded *l, const char *text);
void loaded_fini(loaded *l);
/* One text and all that is found in it; an "E" among the findings means that it is refused. */
typedef struct loaded_case {
	const char *text, *findings;
	int line;
} loaded_case;
#define CASE(t, f) { t, f, __LINE__ }
void loaded_run(const loaded_case *cases, size_t count);
#define LOADED_RUN(cases) loaded_run(cases, sizeof(cases) / sizeof((cases)[0]))

/* Options of exporter id of type full. */
const table_full *loaded_full(const loaded *l, const char *id);

#endif
