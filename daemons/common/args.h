/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_ARGS_H
#define DAEMONS_ARGS_H
/* GNU-style command lines: --name VALUE, --name=VALUE, flags, "--" ends options. conventions.md 4.7. */
#include <stdbool.h>
#include <stddef.h>

enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 };

typedef struct arg_option {
	const char *name;  /* without dashes; one letter is written with one dash: -v */
	const char *value; /* name of the value in the help, NULL = a flag */
	const char *help;
} arg_option;

typedef struct args {
	const char *program;
	const char *usage;          /* one line after the program's name */
	const arg_option *options;  /* ends with name NULL */
	int argc, next;
	char **argv;
	bool only_operands;
} args;

/* The next option: its index, with *value set when it takes one; ARG_OPERAND with *value the operand; ARG_END.
 * Wrong usage prints one line to stderr and gives ARG_BAD. --help and --version are the caller's options. */
enum { ARG_END = -1, ARG_OPERAND = -2, ARG_BAD = -3 };
int args_next(args *a, const char **value);

void args_help(const args *a);               /* to stdout */
void args_help_about(const args *a, const char *about); /* the same with lines between usage and options */
void args_version(const char *program);      /* to stdout */
bool args_number(const args *a, const char *name, const char *text, unsigned long max, unsigned long *ret_value);
/* "text" or "json". */
bool args_format(const args *a, const char *text, bool *ret_json);
/* "1500ms", "10s", "5m", or plain seconds. */
bool args_duration_ns(const args *a, const char *name, const char *text, unsigned long long *ret_ns);

#endif
