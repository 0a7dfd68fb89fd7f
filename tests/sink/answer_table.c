/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/answer_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seams/cm.h"

static const char *const codes[ANSWER_CODES] = {
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
	"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED", "17",
};

/* Cuts "a | b | c" at the bars, without the blanks around them; but only the first of a value's leading blanks is one. */
static size_t cut(char *line, char *cells[5])
{
	size_t n = 0;
	line[strcspn(line, "\n")] = '\0';
	for (char *at = line; at && n < 5; n++) {
		char *bar = strchr(at, '|');
		if (bar)
			*bar = '\0';
		cells[n] = at + strspn(at, " ");
		for (char *end = at + strlen(at); end > cells[n] && end[-1] == ' ';)
			*--end = '\0';
		at = bar ? bar + 1 : NULL;
	}
	return n;
}

static void read_form(answer_form *f, const char *name, const char *what)
{
	size_t kind = strcspn(what, " ");
	snprintf(f->name, sizeof f->name, "%s", name);
	snprintf(f->kind, sizeof f->kind, "%.*s", (int)kind, what);
	snprintf(f->value, sizeof f->value, "%s", what[kind] ? what + kind + 1 : "");
}

static void mark_statuses(answer_row *row, char *cell)
{
	for (char *word = strtok(cell, " "); word; word = strtok(NULL, " ")) {
		char *rest;
		unsigned long first = strtoul(word, &rest, 10), last = *rest == '-' ? strtoul(rest + 1, &rest, 10) : first;
		if (*rest || first < 100 || last > 599 || first > last)
			fail_msg("answers.table:%u: '%s' is no status", row->line, word);
		for (; first <= last; first++)
			row->status[first] = true;
	}
}

static void mark_codes(answer_row *row, char *cell)
{
	for (char *word = strtok(cell, " "); word; word = strtok(NULL, " ")) {
		size_t i = 0;
		while (i < ANSWER_CODES && strcmp(codes[i], word) != 0)
			i++;
		if (i == ANSWER_CODES)
			fail_msg("answers.table:%u: '%s' is no code", row->line, word);
		row->status[i] = true;
	}
}

static void mark_forms(answer_row *row, char *cell, const answer_form *forms, size_t count)
{
	bool all = strcmp(cell, "*") == 0;
	for (size_t i = 0; all && i < count; i++)
		row->form[i] = true;
	for (char *word = all ? NULL : strtok(cell, " "); word; word = strtok(NULL, " ")) {
		size_t i = 0;
		while (i < count && strcmp(forms[i].name, word) != 0)
			i++;
		if (i == count)
			fail_msg("answers.table:%u: '%s' is no form", row->line, word);
		row->form[i] = true;
	}
}

static void read_outcome(answer_row *row, const char *word, const char *seconds)
{
	static const char *const words[] = { "sent", "retried", "dropped", "halved", "unanswered" };
	size_t i = 0;
	while (i < 5 && strcmp(words[i], word) != 0)
		i++;
	if (i == 5)
		fail_msg("answers.table:%u: '%s' is no outcome", row->line, word);
	row->outcome = (answer_outcome)i;
	row->wait_ns = (uint64_t)(strtod(seconds, NULL) * 1e9);
	assert_int_equal(row->wait_ns > 0, i == ANSWER_RETRIED || i == ANSWER_UNANSWERED);
}

static void read_line(answer_table *t, unsigned line, char *cells[5], size_t n)
{
	bool http = strcmp(cells[0], "http") == 0;
	if (n == 3 && strcmp(cells[0], "form") == 0 && t->form_count < ANSWER_FORMS) {
		read_form(&t->forms[t->form_count++], cells[1], cells[2]);
		return;
	}
	if (n == 3 && strcmp(cells[0], "detail") == 0 && t->detail_count < ANSWER_FORMS) {
		read_form(&t->details[t->detail_count++], cells[1], cells[2]);
		return;
	}
	if (n != 5 || (!http && strcmp(cells[0], "grpc") != 0) || t->http_count == ANSWER_ROWS || t->grpc_count == ANSWER_ROWS)
		fail_msg("answers.table:%u cannot be read", line);
	answer_row *row = http ? &t->http[t->http_count++] : &t->grpc[t->grpc_count++];
	row->line = line;
	if (http)
		mark_statuses(row, cells[1]);
	else
		mark_codes(row, cells[1]);
	mark_forms(row, cells[2], http ? t->forms : t->details, http ? t->form_count : t->detail_count);
	read_outcome(row, cells[3], cells[4]);
}

void answer_table_load(answer_table *t, const char *path)
{
	FILE *f = fopen(path, "r");
	char text[512], *cells[5];
	if (!f)
		fail_msg("cannot open %s", path);
	memset(t, 0, sizeof *t);
	for (unsigned line = 1; fgets(text, sizeof text, f); line++)
		if (text[0] != '#' && text[0] != '\n')
			read_line(t, line, cells, cut(text, cells));
	fclose(f);
}
