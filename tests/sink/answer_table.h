/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_TESTS_SINK_ANSWER_TABLE_H
#define TEL_TESTS_SINK_ANSWER_TABLE_H
/* tests/sink/answers.table in memory. Its head explains the lines. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ANSWER_FORMS = 32, ANSWER_ROWS = 128, ANSWER_CODES = 18 };

typedef enum answer_outcome { ANSWER_SENT, ANSWER_RETRIED, ANSWER_DROPPED, ANSWER_HALVED, ANSWER_UNANSWERED } answer_outcome;

typedef struct answer_form {
	char name[32];
	char kind[16];  /* form: text, imf, rfc850, asctime; detail: retry, other, hex; empty = there is none */
	char value[64];
} answer_form;

typedef struct answer_row {
	unsigned line;
	bool status[600]; /* HTTP statuses or gRPC codes that the row speaks of */
	bool form[ANSWER_FORMS];
	answer_outcome outcome;
	uint64_t wait_ns;
} answer_row;

typedef struct answer_table {
	answer_form forms[ANSWER_FORMS], details[ANSWER_FORMS];
	size_t form_count, detail_count;
	answer_row http[ANSWER_ROWS], grpc[ANSWER_ROWS];
	size_t http_count, grpc_count;
} answer_table;

/* Fails the test with the line that cannot be read. */
void answer_table_load(answer_table *t, const char *path);

#endif
