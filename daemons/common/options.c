/* SPDX-License-Identifier: Apache-2.0 */
/* --option and --options: the table is the library's (tel_flow_option_get). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/args.h"
#include "common/files.h"
#include "common/options.h"

enum { OPTIONS_MAX_BYTES = 64 * 1024 };

void options_init(tel_flow_opts *opts)
{
	tel_flow_option o = TEL_FLOW_OPTION_INIT;
	static char settings[32][200]; /* addresses are kept by reference */

	for (size_t i = 0; i < 32 && tel_flow_option_get(NULL, i, &o) == TEL_OK; i++) {
		snprintf(settings[i], sizeof(settings[i]), TEL_SLICE_FMT "=" TEL_SLICE_FMT, TEL_SLICE_ARG(o.name), TEL_SLICE_ARG(o.def));
		(void)tel_flow_option_set(opts, (tel_slice){ settings[i], strlen(settings[i]) }, NULL); /* the table's own */
	}
}

static int take(tel_flow_opts *opts, const char *program, const char *where, const char *setting, size_t len)
{
	tel_error err = TEL_ERROR_INIT;

	if (tel_flow_option_set(opts, (tel_slice){ setting, len }, &err) == TEL_OK)
		return 0;
	fprintf(stderr, "%s: %s: %s\n", program, where, err.msg);
	return EXIT_USAGE;
}

int options_take(tel_flow_opts *opts, const char *program, const char *setting)
{
	return take(opts, program, "--option", setting, strlen(setting));
}

static int take_lines(tel_flow_opts *opts, const char *program, const char *path, const char *text, size_t len)
{
	const char *end = text + len, *next;
	unsigned number = 1;
	int rc = 0;

	for (const char *line = text; rc == 0 && line < end; line = next, number++) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		char where[256];
		next = stop ? stop + 1 : end;
		stop = stop ? stop : end;
		while (stop > line && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
			stop--;
		while (line < stop && (*line == ' ' || *line == '\t'))
			line++;
		snprintf(where, sizeof(where), "%s:%u", path, number);
		if (line < stop && *line != '#')
			rc = take(opts, program, where, line, (size_t)(stop - line));
	}
	return rc;
}

int options_read(tel_flow_opts *opts, const char *program, const char *path, char **ret_text)
{
	char *text = NULL;
	size_t len = 0;
	int errnum = file_read(path, OPTIONS_MAX_BYTES, &text, &len);

	if (errnum) {
		fprintf(stderr, "%s: --options: %s: %s\n", program, path, strerror(errnum));
		return EXIT_USAGE;
	}
	if (*ret_text) { /* an address may point into the first one */
		free(text);
		fprintf(stderr, "%s: --options: one file at a time\n", program);
		return EXIT_USAGE;
	}
	*ret_text = text;
	return take_lines(opts, program, path, text, len);
}
