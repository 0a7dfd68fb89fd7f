/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONTROL_JUDGED_H
#define TESTS_CONTROL_JUDGED_H
/* Resources out of a text, judged in a cluster where all is well unless the test says otherwise. */
#include <telemetry/status.h>

#include "control/parsed.h"

#define JUDGED_NOW_S INT64_C(1767225600)
#define JUDGED_NOW_TEXT "2026-01-01T00:00:00Z"

typedef struct judged {
	parsed parsed;
	tel_status *status;
} judged;

/* Gateway and agent are ready, data flows, certificates are read by the fake below, the lock goes by age. */
tel_status_facts judged_facts(void);
void judged_init(judged *j, const char *text, const tel_status_facts *facts);
void judged_fini(judged *j);

/*
 * What the fake takes for PEM: "c400" a certificate that is valid for 400 days more, "k" its key, "other" a key of another
 * one, "a400" an authority, "n400" a certificate that is none, "junk" a block that is damaged, anything else is no block.
 */
tel_err judged_read_certificates(void *user, tel_slice cert, tel_slice key, tel_slice ca, tel_certificate_facts *facts);

/* The condition of pipeline index; fails the test when it is not there, or there twice. */
tel_condition judged_condition(const judged *j, size_t index, const char *type);
/* Fails the test unless the condition is that; reason and message may be NULL: whatever they are. */
void judged_expect(const judged *j, size_t index, const char *type, const char *status, const char *reason,
                   const char *message, const char *row);
tel_pipeline_status judged_pipeline(const judged *j, size_t index);
tel_status_actions judged_actions(const judged *j);

#endif
