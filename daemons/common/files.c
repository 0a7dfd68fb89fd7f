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

int buf_print(const char *program, tel_buf *text)
{
	tel_slice s = tel_buf_get(text);
	bool done = fwrite(s.ptr, 1, s.len, stdout) == s.len && fflush(stdout) == 0;

	if (!done)
		fprintf(stderr, "%s: stdout: %s\n", program, strerror(errno));
	tel_buf_unref(text);
	return done ? 0 : EXIT_FAILURE;
}

/* Takes text over. */
static int add(sources *s, const char *name, const char *uri, char *text, size_t len)
{
	tel_config_source *items = realloc(s->items, (s->count + 1) * sizeof(*items));
	char **uris = realloc(s->uris, (s->count + 1) * sizeof(*uris));
	char *copy = strdup(name), *from = uri ? strdup(uri) : NULL;

	if (items)
		s->items = items;
	if (uris)
		s->uris = uris;
	if (!items || !uris || !copy || (uri && !from) || !text) {
		free(copy);
		free(from);
		free(text);
		return EXIT_FAILURE;
	}
	s->uris[s->count] = from;
	s->items[s->count++] = (tel_config_source){ { copy, strlen(copy) }, { text, len } };
	return 0;
}

static const char *path_of(const char *uri)
{
	return strncmp(uri, "file:", 5) == 0 ? uri + 5 : uri;
}

static int read_config(sources *s, const char *uri, char *why, size_t why_cap)
{
	const char *path = path_of(uri);
	char *text = NULL;
	size_t len = 0;
	int rc;

	snprintf(why, why_cap, "out of memory");
	if (strncmp(uri, "yaml:", 5) == 0)
		return add(s, "yaml:", uri, strdup(uri + 5), strlen(uri + 5));
	if (strncmp(uri, "env:", 4) == 0) {
		const char *value = getenv(uri + 4);
		if (value)
			return add(s, uri, uri, strdup(value), strlen(value));
		snprintf(why, why_cap, "--config %s: the variable is not set", uri);
		return EXIT_CONFIG;
	}
	if (strncmp(uri, "http:", 5) == 0 || strncmp(uri, "https:", 6) == 0) {
		snprintf(why, why_cap, "--config %s: configuration over HTTP is not offered by this release", uri);
		return EXIT_CONFIG;
	}
	rc = file_read(path, MAX_CONFIG_BYTES, &text, &len);
	if (rc) {
		snprintf(why, why_cap, "unable to read the file %s: %s", path, strerror(rc));
		return EXIT_CONFIG;
	}
	return add(s, path, strcmp(path, "-") == 0 ? NULL : uri, text, len);
}

int sources_add_config(sources *s, const char *program, const char *uri)
{
	char why[4352];
	int rc = read_config(s, uri, why, sizeof(why));

	if (rc)
		fprintf(stderr, "%s: %s\n", program, why);
	return rc;
}

static char *copy_slice(tel_slice text)
{
	char *copy = malloc(text.len + 1);

	if (copy && text.len)
		memcpy(copy, text.ptr, text.len);
	return copy;
}

bool sources_lie_in(const sources *s, const char *dir)
{
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	for (size_t i = 0; i < s->count; i++) {
		const char *path = s->uris[i] ? path_of(s->uris[i]) : "", *name = strrchr(path, '/');

		if (name && (size_t)(name - path) == len && memcmp(path, dir, len) == 0)
			return true;
	}
	return false;
}

int sources_read_again(const sources *s, sources *ret_fresh, char *why, size_t why_cap)
{
	sources fresh = { NULL, NULL, 0 };

	for (size_t i = 0; i < s->count; i++) {
		const tel_config_source *old = &s->items[i];
		int rc = EXIT_FAILURE;

		snprintf(why, why_cap, "out of memory");
		if (s->uris[i])
			rc = read_config(&fresh, s->uris[i], why, why_cap);
		else /* --set and standard input are what they were */
			rc = add(&fresh, old->name.ptr, NULL, copy_slice(old->text), old->text.len);
		if (rc) {
			sources_free(&fresh);
			return rc;
		}
	}
	*ret_fresh = fresh;
	return 0;
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
	if (add(s, "--set", NULL, text, len) == 0)
		return 0;
	fprintf(stderr, "%s: out of memory\n", program);
	return EXIT_FAILURE;
}

void sources_free(sources *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free((char *)(uintptr_t)s->items[i].name.ptr);
		free((char *)(uintptr_t)s->items[i].text.ptr);
		free(s->uris[i]);
	}
	free(s->items);
	free(s->uris);
	*s = (sources){ NULL, NULL, 0 };
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

static void put(char *out, size_t cap, const char *before, tel_slice text, const char *after)
{
	size_t used = strlen(out);

	snprintf(out + used, cap - used, "%s" TEL_SLICE_FMT "%s", before, TEL_SLICE_ARG(text), after);
}

static void say_finding(const char *program, const tel_finding *f, config_say *say, void *user)
{
	char line[4096] = "", at[32];

	if (f->source.len && f->line) {
		snprintf(at, sizeof(at), ":%u:%u: ", f->line, f->column);
		put(line, sizeof(line), "", f->source, at);
	} else if (f->source.len) {
		put(line, sizeof(line), "", f->source, ": ");
	} else {
		snprintf(line, sizeof(line), "%s: ", program);
	}
	if (f->level == TEL_FINDING_WARNING)
		put(line, sizeof(line), "warning: ", (tel_slice){ "", 0 }, "");
	if (f->path.len)
		put(line, sizeof(line), "", f->path, ": ");
	put(line, sizeof(line), "", f->message, "");
	if (f->hint.len)
		put(line, sizeof(line), " (", f->hint, ")");
	say(user, f->level, line);
}

static void say_why(const char *program, const char *what, const char *why, config_say *say, void *user)
{
	char line[4352];

	snprintf(line, sizeof(line), "%s: %s%s", program, what, why);
	say(user, TEL_FINDING_ERROR, line);
}

static void say_findings(const char *program, const tel_findings *findings, config_say *say, void *user)
{
	tel_finding f;

	for (size_t i = 0; i < tel_findings_count(findings); i++)
		if (tel_findings_get(findings, i, &f) == TEL_OK)
			say_finding(program, &f, say, user);
}

tel_config *config_load_saying(const char *program, const sources *s, const tel_components *components, const char *env_dir,
                               config_say *say, void *user)
{
	environment e = { env_dir, NULL };
	tel_config_env env = { environment_lookup, &e };
	tel_findings *findings = NULL;
	tel_config *config = NULL;
	tel_err rc;

	if (env_dir && access(env_dir, R_OK | X_OK) != 0) { /* a Secret that is not mounted must not pass for an empty one */
		char what[4096];
		snprintf(what, sizeof(what), "--env-dir %s: ", env_dir);
		say_why(program, what, strerror(errno), say, user);
		return NULL;
	}
	if (tel_findings_new(NULL, &findings)) {
		say_why(program, "", "out of memory", say, user);
		return NULL;
	}
	rc = tel_config_load(s->items, s->count, components, &env, NULL, &config, findings);
	say_findings(program, findings, say, user);
	if (rc && tel_findings_count(findings) == 0)
		say_why(program, "the configuration was refused: ", tel_err_name(rc), say, user);
	tel_findings_free(findings);
	environment_fini(&e);
	return rc ? NULL : config;
}

static void print_line(void *user, tel_finding_level level, const char *line)
{
	(void)user;
	(void)level;
	fprintf(stderr, "%s\n", line);
}

tel_config *config_load(const char *program, const sources *s, const tel_components *components, const char *env_dir)
{
	return config_load_saying(program, s, components, env_dir, print_line, NULL);
}

void findings_print(const char *program, const tel_findings *findings)
{
	say_findings(program, findings, print_line, NULL);
}
