/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_TELEMETRYCTL_LEDGER_H
#define DAEMONS_TELEMETRYCTL_LEDGER_H
/*
 * The ledger of the delivery tests: each point carries who made it and its number; `send` writes the numbers that were
 * acknowledged, `sink` the numbers that arrived. Lines "SOURCE FIRST LAST", flushed as they are known.
 */
#include <stdint.h>
#include <stdio.h>

#define LEDGER_SOURCE_KEY "ledger.source"
#define LEDGER_SEQUENCE_KEY "ledger.sequence"

typedef struct ledger {
	FILE *file; /* NULL = no ledger */
} ledger;

int ledger_open(ledger *l, const char *program, const char *path); /* 0 = done; prints why not */
void ledger_note(ledger *l, const char *source, size_t source_len, uint64_t first, uint64_t last);
void ledger_close(ledger *l);

#endif
