/* SPDX-License-Identifier: Apache-2.0 */
#include "common/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <telemetry/buf.h>

#include "common/args.h"

enum { MAX_CONFIG_BYTES = 10 << 20, MAX_VALUE_BYTES = 1 << 20 };

static int read_stream(FILE *f, size_t max, char **ret_text, size_t *ret_len)
{
	size_t len = 0, cap = 4096;
	char *text = malloc(cap);

	while (text) {
		size_t n = fread(text + len, 1, cap - len, f);
		len += n;
		if (n == 0)
			break;
		if (len == cap) {
			char *more = len < max ? realloc(text, cap * 2) : NULL;
			if (!more) {
				int why = len < max ? ENOMEM : EFBIG;
				free(text);
				return why;
			}
			text = more;
			cap *= 2;
		}
	}
	if (!text || ferror(f)) {
		free(text);
		return text ? EIO : ENOMEM;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}

int file_read(const char *path, size_t max, char **ret_text, size_t *ret_len)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	int rc;

	if (!f)
		return errno;
	errno = 0;
	rc = read_stream(f, max, ret_text, ret_len);
	if (rc == EIO && errno)
		rc = errno; /* reading a directory says EISDIR */
	if (f != stdin)
		fclose(f);
	return rc;
}

static int add(sources *s, const char *name, char *text, size_t len)
{
	tel_config_source *items = realloc(s->items, (s->count + 1) * sizeof(*items));
	char *copy = strdup(name);

	if (items)
		s->items = items;
	if (!items || !copy || !text) {
		free(copy);
		free(text);
		fprintf(stderr, "out of memory\n");
		return EXIT_FAILURE;
	}
	items[s->count++] = (tel_config_source){ { copy, strlen(copy) }, { text, len } };
	return 0;
}

int sources_add_config(sources *s, const char *program, const char *uri)
{
	char *text = NULL;
	size_t len = 0;
	int rc;

	if (strncmp(uri, "yaml:", 5) == 0)
		return add(s, "yaml:", strdup(uri + 5), strlen(uri + 5));
	if (strncmp(uri, "env:", 4) == 0) {
		const char *value = getenv(uri + 4);
		if (!value) {
			fprintf(stderr, "%s: --config %s: the variable is not set\n", program, uri);
			return EXIT_CONFIG;
		}
		return add(s, uri, strdup(value), strlen(value));
	}
	if (strncmp(uri, "http:", 5) == 0 || strncmp(uri, "https:", 6) == 0) {
		fprintf(stderr, "%s: --config %s: configuration over HTTP is not offered by this release\n", program, uri);
		return EXIT_CONFIG;
	}
	if (strncmp(uri, "file:", 5) == 0)
		uri += 5;
	rc = file_read(uri, MAX_CONFIG_BYTES, &text, &len);
	if (rc) {
		fprintf(stderr, "%s: unable to read the file %s: %s\n", program, uri, strerror(rc));
		return EXIT_CONFIG;
	}
	return add(s, uri, text, len);
}

int sources_add_set(sources *s, const char *program, const char *setting)
{
	tel_error err = TEL_ERROR_INIT;
	tel_buf *buf = NULL;
	tel_slice yaml;
	size_t len;
	char *text;

	if (tel_config_set_source((tel_slice){ setting, strlen(setting) }, NULL, &buf, &err)) {
		fprintf(stderr, "%s: --set %s: %s\n", program, setting, err.msg);
		return EXIT_USAGE;
	}
	yaml = tel_buf_get(buf);
	text = malloc(yaml.len + 1);
	if (text)
		memcpy(text, yaml.ptr, yaml.len);
	len = yaml.len;
	tel_buf_unref(buf);
	return add(s, "--set", text, len);
}

void sources_free(sources *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free((char *)(uintptr_t)s->items[i].name.ptr);
		free((char *)(uintptr_t)s->items[i].text.ptr);
	}
	free(s->items);
	*s = (sources){ NULL, 0 };
}

/* A file of env_dir; a trailing newline is the common accident of a mounted Secret and is cut. */
static bool from_dir(environment *e, const char *name, tel_slice *ret_text)
{
	char path[4096];
	size_t len;

	if (!e->env_dir || strchr(name, '/') || name[0] == '.')
		return false;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", e->env_dir, name) >= sizeof(path))
		return false;
	if (file_read(path, MAX_VALUE_BYTES, &e->last, &len))
		return false;
	if (len && e->last[len - 1] == '\n')
		len--;
	*ret_text = (tel_slice){ e->last, len };
	return true;
}

tel_err environment_lookup(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text)
{
	environment *e = user;
	char text[4096];
	size_t len = 0;

	free(e->last);
	e->last = NULL;
	if (name.len >= sizeof(text))
		return TEL_ERR_NOT_FOUND;
	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';
	if (scheme.len == 4 && memcmp(scheme.ptr, "file", 4) == 0) {
		if (file_read(text, MAX_VALUE_BYTES, &e->last, &len))
			return TEL_ERR_IO;
		*ret_text = (tel_slice){ e->last, len };
		return TEL_OK;
	}
	if (scheme.len == 4 && memcmp(scheme.ptr, "yaml", 4) == 0) {
		*ret_text = name;
		return TEL_OK;
	}
	if (scheme.len == 3 && memcmp(scheme.ptr, "env", 3) == 0) {
		const char *value;
		if (from_dir(e, text, ret_text))
			return TEL_OK;
		value = getenv(text);
		if (!value)
			return TEL_ERR_NOT_FOUND;
		*ret_text = (tel_slice){ value, strlen(value) };
		return TEL_OK;
	}
	return TEL_ERR_UNSUPPORTED;
}

void environment_fini(environment *e)
{
	free(e->last);
	e->last = NULL;
}

static void print_finding(const char *program, const tel_finding *f)
{
	if (f->source.len && f->line)
		fprintf(stderr, TEL_SLICE_FMT ":%u:%u: ", TEL_SLICE_ARG(f->source), f->line, f->column);
	else if (f->source.len)
		fprintf(stderr, TEL_SLICE_FMT ": ", TEL_SLICE_ARG(f->source));
	else
		fprintf(stderr, "%s: ", program);
	fprintf(stderr, "%s", f->level == TEL_FINDING_WARNING ? "warning: " : "");
	if (f->path.len)
		fprintf(stderr, TEL_SLICE_FMT ": ", TEL_SLICE_ARG(f->path));
	fprintf(stderr, TEL_SLICE_FMT, TEL_SLICE_ARG(f->message));
	if (f->hint.len)
		fprintf(stderr, " (" TEL_SLICE_FMT ")", TEL_SLICE_ARG(f->hint));
	fputc('\n', stderr);
}

tel_config *config_load(const char *program, const sources *s, const tel_components *components, const char *env_dir)
{
	environment e = { env_dir, NULL };
	tel_config_env env = { environment_lookup, &e };
	tel_findings *findings = NULL;
	tel_config *config = NULL;
	tel_finding f;
	tel_err rc;

	if (env_dir && access(env_dir, R_OK | X_OK) != 0) { /* a Secret that is not mounted must not pass for an empty one */
		fprintf(stderr, "%s: --env-dir %s: %s\n", program, env_dir, strerror(errno));
		return NULL;
	}
	if (tel_findings_new(NULL, &findings)) {
		fprintf(stderr, "%s: out of memory\n", program);
		return NULL;
	}
	rc = tel_config_load(s->items, s->count, components, &env, NULL, &config, findings);
	for (size_t i = 0; i < tel_findings_count(findings); i++)
		if (tel_findings_get(findings, i, &f) == TEL_OK)
			print_finding(program, &f);
	if (rc && tel_findings_count(findings) == 0)
		fprintf(stderr, "%s: the configuration was refused: %s\n", program, tel_err_name(rc));
	tel_findings_free(findings);
	environment_fini(&e);
	return rc ? NULL : config;
}
