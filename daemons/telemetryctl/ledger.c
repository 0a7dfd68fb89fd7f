/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetryctl/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int ledger_open(ledger *l, const char *program, const char *path)
{
	l->file = path ? fopen(path, "a") : NULL;
	if (path && !l->file) {
		fprintf(stderr, "%s: --ledger %s: %s\n", program, path, strerror(errno));
		return -1;
	}
	return 0;
}

void ledger_note(ledger *l, const char *source, size_t source_len, uint64_t first, uint64_t last)
{
	if (!l->file)
		return;
	fprintf(l->file, "%.*s %" PRIu64 " %" PRIu64 "\n", (int)source_len, source, first, last);
	fflush(l->file); /* a killed process loses nothing that it knew */
}

void ledger_close(ledger *l)
{
	if (l->file)
		fclose(l->file);
	l->file = NULL;
}
