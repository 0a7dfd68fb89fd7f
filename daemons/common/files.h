/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_FILES_H
#define DAEMONS_FILES_H
/* Configuration sources and environment of a program: the library opens no files and reads no environment. */
#include <stdbool.h>

#include <telemetry/buf.h>
#include <telemetry/config.h>

/* Whole file, "-" = standard input; at most max bytes. 0 = done, else errno (EFBIG when it is larger). *ret_text is
 * malloc'd. */
int file_read(const char *path, size_t max, char **ret_text, size_t *ret_len);

/* Writes a text to stdout and drops it. The exit code; stderr says why it failed. */
int buf_print(const char *program, tel_buf *text);

/* Sources given by --config and --set, in their order. */
typedef struct sources {
	tel_config_source *items;
	char **uris; /* by item: where it comes from; NULL = it cannot be read again */
	size_t count;
} sources;

/* Reads one --config URI: file:PATH, env:NAME, yaml:TEXT, or a bare path; one --set KEY=VALUE. 0 = done, else the exit
 * code, and stderr says why. */
int sources_add_config(sources *s, const char *program, const char *uri);
int sources_add_set(sources *s, const char *program, const char *setting);
/* Is one of them a file of this directory? */
bool sources_lie_in(const sources *s, const char *dir);
/* The same sources as they are now. 0 = done, else the exit code, and why says why. */
int sources_read_again(const sources *s, sources *ret_fresh, char *why, size_t why_cap);
void sources_free(sources *s);

/* Looks ${env:...}, ${file:...} and ${yaml:...} up; env_dir (one file per variable) wins over the environment. */
typedef struct environment {
	const char *env_dir; /* or NULL */
	char *last;          /* what the last lookup returned */
} environment;
tel_err environment_lookup(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text);
void environment_fini(environment *e);

/* Each as FILE:LINE:COLUMN: path: message (hint), on stderr. */
void findings_print(const char *program, const tel_findings *findings);
/* Loads against components (NULL = shape only) and prints every finding as FILE:LINE:COLUMN: message. NULL = refused. */
tel_config *config_load(const char *program, const sources *s, const tel_components *components, const char *env_dir);
/* The same, but every finding goes to say, one line each. */
typedef void config_say(void *user, tel_finding_level level, const char *line);
tel_config *config_load_saying(const char *program, const sources *s, const tel_components *components, const char *env_dir,
                               config_say *say, void *user);

#endif
