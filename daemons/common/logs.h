/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_LOGS_H
#define DAEMONS_LOGS_H
/* Prints log lines of the library to stderr. */
#include <telemetry/log.h>

typedef struct logs {
	tel_log_style style;
	tel_log_level min_level;
	char instance_id[40]; /* random UUID of this process */
} logs;

void logs_init(logs *l, const char *service_name);
void logs_write(void *user, const tel_log_entry *entry); /* user is a logs */
/* A line of the program itself. text may be NULL. */
void logs_say(logs *l, tel_log_level level, const char *msg, const char *key, const char *text);

#endif
