/* SPDX-License-Identifier: Apache-2.0 */
#include "common/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <telemetry/api.h>

static int bad(const args *a, const char *what, const char *text)
{
	fprintf(stderr, "%s: %s '%s'\nTry '%s --help'.\n", a->program, what, text, a->program);
	return ARG_BAD;
}

static int take_option(args *a, const char *arg, const char **value)
{
	const char *name = arg[1] == '-' ? arg + 2 : arg + 1, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);

	for (int i = 0; a->options[i].name; i++) {
		const arg_option *o = &a->options[i];
		if (strlen(o->name) != len || memcmp(o->name, name, len) != 0 || (len == 1) != (name == arg + 1))
			continue;
		*value = equals ? equals + 1 : NULL;
		if (!o->value)
			return equals ? bad(a, "this option takes no value:", arg) : i;
		if (!equals) {
			if (a->next >= a->argc)
				return bad(a, "a value is missing after", arg);
			*value = a->argv[a->next++];
		}
		return i;
	}
	return bad(a, "unknown option", arg);
}

int args_next(args *a, const char **value)
{
	const char *arg;

	if (a->next >= a->argc)
		return ARG_END;
	arg = a->argv[a->next++];
	if (!a->only_operands && strcmp(arg, "--") == 0) {
		a->only_operands = true;
		return args_next(a, value);
	}
	if (!a->only_operands && arg[0] == '-' && arg[1])
		return take_option(a, arg, value);
	*value = arg;
	return ARG_OPERAND;
}

void args_help(const args *a)
{
	args_help_about(a, "");
}

void args_help_about(const args *a, const char *about)
{
	printf("Usage: %s %s\n\n%s%s", a->program, a->usage, about, about[0] ? "\n" : "");
	for (const arg_option *o = a->options; o->name; o++) {
		char head[64];
		snprintf(head, sizeof(head), "%s%s%s%s", o->name[1] ? "--" : "-", o->name, o->value ? " " : "", o->value ? o->value : "");
		printf("  %-32s %s\n", head, o->help);
	}
	printf("\nReport bugs to the project's issue tracker.\n");
}

void args_version(const char *program)
{
	printf("%s (libtelemetry) %s\nLicence Apache-2.0. There is NO WARRANTY, to the extent permitted by law.\n", program,
	       tel_version());
}

bool args_number(const args *a, const char *name, const char *text, unsigned long max, unsigned long *ret_value)
{
	char *end = NULL;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || value > max) {
		fprintf(stderr, "%s: --%s: '%s' is not a number from 0 to %lu\n", a->program, name, text, max);
		return false;
	}
	*ret_value = value;
	return true;
}

bool args_format(const args *a, const char *text, bool *ret_json)
{
	*ret_json = strcmp(text, "json") == 0;
	if (!*ret_json && strcmp(text, "text") != 0) {
		fprintf(stderr, "%s: --format: '%s' is neither text nor json\n", a->program, text);
		return false;
	}
	return true;
}

bool args_duration_ns(const args *a, const char *name, const char *text, unsigned long long *ret_ns)
{
	static const struct {
		const char *suffix;
		unsigned long long ns;
	} units[] = { { "ms", 1000000ull }, { "s", 1000000000ull }, { "m", 60000000000ull }, { "", 1000000000ull } };
	char *end = NULL;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	for (size_t i = 0; !errno && end != text && text[0] != '-' && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].suffix) == 0 && value <= ~0ull / units[i].ns) {
			*ret_ns = value * units[i].ns;
			return true;
		}
	}
	fprintf(stderr, "%s: --%s: '%s' is not a duration such as 500ms, 10s or 5m\n", a->program, name, text);
	return false;
}
