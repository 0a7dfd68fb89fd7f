/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetryctl/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNAVAILABLE = 14, INVALID_ARGUMENT = 3, MAX_RULES = 1000 };

static char *word(char **rest)
{
	return strtok_r(NULL, " \t\r\n", rest);
}

static bool number(const char *text, unsigned long *ret_value)
{
	char *end = NULL;

	if (!text || text[0] == '-')
		return false;
	errno = 0;
	*ret_value = strtoul(text, &end, 10);
	return !errno && end != text && !*end;
}

/* verb and what follows it. NULL = fine, else what is wrong. */
static const char *read_verb(script_rule *r, const char *verb, char **rest)
{
	unsigned long value = 0;
	char *argument = word(rest);

	r->outcome = (tel_outcome)TEL_OUTCOME_INIT;
	r->outcome.message = (tel_slice){ "as the script says", 18 };
	if (strcmp(verb, "ok") == 0) {
		r->outcome.message.len = 0;
	} else if (strcmp(verb, "retry") == 0) {
		r->outcome.verdict = TEL_VERDICT_RETRY;
		r->outcome.grpc_status = UNAVAILABLE;
		if (argument && !number(argument, &value))
			return "retry takes seconds";
		r->outcome.retry_after_ns = value * 1000000000u;
	} else if (strcmp(verb, "permanent") == 0) {
		r->outcome.verdict = TEL_VERDICT_PERMANENT;
		r->outcome.grpc_status = INVALID_ARGUMENT;
	} else if (strcmp(verb, "status") == 0) {
		if (!number(argument, &value) || value < 1 || value > 16)
			return "status takes a gRPC status from 1 to 16";
		r->outcome.verdict = TEL_VERDICT_PERMANENT;
		r->outcome.grpc_status = (int32_t)value;
		argument = word(rest);
		if (argument && !number(argument, &value))
			return "status takes seconds after the code";
		r->outcome.retry_after_ns = argument ? value * 1000000000u : 0;
	} else if (strcmp(verb, "partial") == 0) {
		if (!number(argument, &value))
			return "partial takes a number of points";
		r->outcome.rejected_points = value;
	} else if (strcmp(verb, "reset") == 0) {
		r->outcome.verdict = TEL_VERDICT_ABORT;
	} else if (strcmp(verb, "hang") == 0) {
		r->hang = true;
	} else {
		return "unknown verb";
	}
	return NULL;
}

static const char *read_rule(script_rule *r, char *line, bool *ret_empty)
{
	char *rest = NULL, *first = strtok_r(line, " \t\r\n", &rest);
	unsigned long value;

	*ret_empty = !first || first[0] == '#';
	if (*ret_empty)
		return NULL;
	memset(r, 0, sizeof(*r));
	if (number(first, &value)) {
		char *times = word(&rest);
		if (!times || strcmp(times, "x") != 0 || value == 0)
			return "a count is followed by x: 3 x retry";
		r->count = value;
		first = word(&rest);
	}
	if (first && strcmp(first, "delay") == 0) {
		if (!number(word(&rest), &value))
			return "delay takes milliseconds";
		r->delay_ns = value * 1000000u;
		first = word(&rest);
	}
	return first ? read_verb(r, first, &rest) : "a verb is missing";
}

static bool load_file(script *s, const char *path, FILE *f)
{
	char line[512];
	unsigned row = 0;

	while (fgets(line, sizeof(line), f)) {
		bool empty = false;
		const char *wrong = s->count < MAX_RULES ? read_rule(&s->rules[s->count], line, &empty) : "too many rules";
		row++;
		if (wrong) {
			fprintf(stderr, "%s:%u: %s\n", path, row, wrong);
			return false;
		}
		s->count += !empty;
	}
	if (s->count == 0)
		fprintf(stderr, "%s: there is no rule in it\n", path);
	return s->count > 0;
}

bool script_load(script *s, const char *program, const char *path)
{
	FILE *f;
	bool ok;

	memset(s, 0, sizeof(*s));
	s->rules = calloc(MAX_RULES, sizeof(*s->rules));
	if (!s->rules) {
		fprintf(stderr, "%s: out of memory\n", program);
		return false;
	}
	if (!path) {
		s->rules[0].outcome = (tel_outcome)TEL_OUTCOME_INIT;
		s->count = 1;
		return true;
	}
	f = fopen(path, "r");
	if (!f) {
		fprintf(stderr, "%s: --script %s: %s\n", program, path, strerror(errno));
		return false;
	}
	ok = load_file(s, path, f);
	fclose(f);
	return ok;
}

const script_rule *script_next(script *s)
{
	const script_rule *r = &s->rules[s->at];

	s->used++;
	if (r->count && s->used >= r->count && s->at + 1 < s->count) {
		s->at++;
		s->used = 0;
	}
	return r;
}

void script_free(script *s)
{
	free(s->rules);
	s->rules = NULL;
}
