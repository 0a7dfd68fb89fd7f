/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_TESTS_SEAMS_CONFORMANCE_H
#define TEL_TESTS_SEAMS_CONFORMANCE_H
/* The recorded conformance data below TEL_SHARED/conformance. Where a folder is absent, the test is skipped. */
#include <stdbool.h>
#include <stddef.h>

typedef struct conformance {
	char dir[512];
	char **names; /* sorted; without README.md */
	size_t count;
} conformance;

typedef struct conformance_file {
	char *ptr; /* NUL-terminated; free() */
	size_t len;
} conformance_file;

/* false = there is no such folder; call skip(). */
bool conformance_open(conformance *c, const char *folder);
void conformance_close(conformance *c);
/* The file of the first stem_len bytes of name, and suffix; false = it is not there. */
bool conformance_beside(const conformance *c, const char *name, size_t stem_len, const char *suffix, conformance_file *ret_file);
/* Fails when it is not there. */
conformance_file conformance_read(const conformance *c, const char *name);
bool conformance_ends(const char *name, const char *suffix);
/* Bytes of the name before its kind: ".wire.bin", ".collector.json", ".json" and the like. */
size_t conformance_stem(const char *name);

#endif
