/* SPDX-License-Identifier: Apache-2.0 */
/* telemetryctl manifests: the objects that an operator applies before the manager can run. */
#include <stdio.h>
#include <string.h>

#include <telemetry/manifest.h>

#include "common/args.h"
#include "common/files.h"
#include "telemetryctl/cmd.h"

static const struct {
	const char *name;
	tel_manifest which;
} kinds[] = { { "crds", TEL_MANIFEST_CRDS }, { "webhooks", TEL_MANIFEST_WEBHOOKS }, { "roles", TEL_MANIFEST_ROLES } };
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static int print(const char *program, const char *name, const tel_manifest_opts *opts)
{
	tel_buf *text = NULL;
	size_t i = 0;
	tel_err err;

	while (i < KINDS && strcmp(kinds[i].name, name) != 0)
		i++;
	if (i == KINDS) {
		fprintf(stderr, "%s: there is no '%s'; say", program, name);
		for (i = 0; i < KINDS; i++)
			fprintf(stderr, "%s %s", i ? "," : "", kinds[i].name);
		fprintf(stderr, "\n");
		return EXIT_USAGE;
	}
	err = tel_manifest_format(kinds[i].which, opts, &text);
	if (err) {
		if (err == TEL_ERR_ARG)
			fprintf(stderr, "%s: '%.*s' is no name of a namespace\n", program, TEL_SLICE_ARG(opts->target_namespace));
		else
			fprintf(stderr, "%s: %s\n", program, tel_err_name(err));
		return err == TEL_ERR_ARG ? EXIT_USAGE : 1;
	}
	return buf_print(program, text);
}

int cmd_manifests(int argc, char **argv)
{
	enum { NAMESPACE, HELP };
	static const arg_option options[] = {
		{ "namespace", "NAME", "where the manager runs (kyma-system)" },
		{ "help", NULL, "print this help and exit" },
		{ NULL, NULL, NULL },
	};
	args a = { "telemetryctl manifests", "crds|webhooks|roles... [OPTION]...", options, argc, 1, argv, false };
	tel_manifest_opts opts = TEL_MANIFEST_OPTS_INIT;
	const char *value = NULL, *names[2 * KINDS];
	size_t count = 0;
	int o, rc = 0;

	while ((o = args_next(&a, &value)) != ARG_END) {
		switch (o) {
		case ARG_OPERAND:
			if (count < 2 * KINDS)
				names[count++] = value;
			break;
		case NAMESPACE: opts.target_namespace = (tel_slice){ value, strlen(value) }; break;
		case HELP: args_help(&a); return 0;
		default: return EXIT_USAGE;
		}
	}
	if (count == 0) {
		fprintf(stderr, "%s: say crds, webhooks or roles\n", a.program);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = print(a.program, names[i], &opts);
	return rc;
}
