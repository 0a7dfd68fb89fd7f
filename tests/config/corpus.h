/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONFIG_CORPUS_H
#define TESTS_CONFIG_CORPUS_H
/* Corpus files of tests/config: cases that start with "=== title", in parts that start with "--- name". */
#include <telemetry/buf.h>
#include <telemetry/config.h>

#include "base/dynbuf.h"

/* The whole file, by its name below tests/config; fails the test when it is not there. */
tel_buf *corpus_read(const char *name);
/* Takes what stands before the line that starts with mark off text, and the rest of that line as ret_title; ptr NULL when
 * there is no such line. */
tel_slice corpus_take(tel_slice *text, const char *mark, tel_slice *ret_title);
/* One line each: LINE:COLUMN: path: message (hint). "..." stands for the list of all component types. */
void corpus_print_findings(const tel_findings *findings, tel__dynbuf *out);

#endif
