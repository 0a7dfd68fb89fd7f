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
/* Options of exporter id of type full. */
const table_full *loaded_full(const loaded *l, const char *id);

#endif
