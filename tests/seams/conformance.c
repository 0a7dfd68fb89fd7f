/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/conformance.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seams/cm.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool conformance_open(conformance *c, const char *folder)
{
	const char *shared = getenv("TEL_SHARED");
	struct dirent *entry;
	size_t cap = 0;
	*c = (conformance){ .names = NULL };
	snprintf(c->dir, sizeof c->dir, "%s/conformance/%s", shared ? shared : "", folder);
	DIR *d = opendir(c->dir);
	if (!d)
		return false;
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "README.md") == 0)
			continue;
		if (c->count == cap) {
			cap = cap ? 2 * cap : 256;
			c->names = realloc(c->names, cap * sizeof *c->names);
			assert_non_null(c->names);
		}
		c->names[c->count] = strdup(entry->d_name);
		assert_non_null(c->names[c->count++]);
	}
	closedir(d);
	assert_true(c->count > 0);
	qsort(c->names, c->count, sizeof *c->names, by_name);
	return true;
}

void conformance_close(conformance *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->names[i]);
	free(c->names);
}

bool conformance_beside(const conformance *c, const char *name, size_t stem_len, const char *suffix, conformance_file *ret_file)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%.*s%s", c->dir, (int)stem_len, name, suffix);
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	long size = ftell(f);
	rewind(f);
	assert_true(size >= 0);
	ret_file->len = (size_t)size;
	ret_file->ptr = malloc(ret_file->len + 1);
	assert_non_null(ret_file->ptr);
	assert_int_equal(fread(ret_file->ptr, 1, ret_file->len, f), ret_file->len);
	ret_file->ptr[ret_file->len] = '\0';
	fclose(f);
	return true;
}

conformance_file conformance_read(const conformance *c, const char *name)
{
	conformance_file file = { NULL, 0 };
	if (!conformance_beside(c, name, strlen(name), "", &file))
		fail_msg("cannot open %s/%s", c->dir, name);
	return file;
}

bool conformance_ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);
	return n >= m && memcmp(name + n - m, suffix, m) == 0;
}

size_t conformance_stem(const char *name)
{
	return strcspn(name, ".");
}
