/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_LOGS_H
#define DAEMONS_LOGS_H
/* Prints log lines of the library to stderr. */
#include <telemetry/log.h>

enum { LOGS_COUNTERS = 512 };

/* How often a message came in the tick at hand. Messages that share a counter are thinned together, as in the Collector. */
typedef struct logs_counter {
	uint64_t since_unix_ns, count;
} logs_counter;

typedef struct logs {
	tel_log_style style;
	tel_log_level min_level;
	uint64_t initial, thereafter, tick_ns; /* sampling; tick 0 = everything is printed */
	logs_counter counters[LOGS_COUNTERS];
	char instance_id[40]; /* random UUID of this process */
} logs;

void logs_init(logs *l, const char *service_name);
void logs_write(void *user, const tel_log_entry *entry); /* user is a logs */
/* A line of the program itself. text may be NULL. */
void logs_say(logs *l, tel_log_level level, const char *msg, const char *key, const char *text);

#endif
