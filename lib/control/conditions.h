/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_CONDITIONS_H
#define TEL_CONTROL_CONDITIONS_H
/* Conditions of one resource: those that its status has, and what is set among them (kyma-metrics.md 7.1). */
#include <telemetry/status.h>

#include "control/doc.h"

enum {
	TEL__CONDITIONS_KEPT = 64,         /* of a status that somebody else wrote; ours are found wherever they stand */
	TEL__CONDITION_MESSAGE_MAX = 32768 /* in characters; kept in bytes */
};

typedef struct tel__conditions {
	tel_condition *items;
	size_t count, cap;
	bool changed;    /* something was set that was not there */
	tel_slice now;   /* lastTransitionTime of what changes its status now */
	int64_t generation;
} tel__conditions;

TEL_PRIVATE_BEGIN

/* Reads those of a status (NULL: none yet), each type once. own: the types that will be set, ends with NULL. */
void tel__conditions_read(tel__doc *d, const tel__node *status, const char *const *own, tel__conditions *out);
/* Sets one in its place, or behind the others; lastTransitionTime changes with the status only. */
void tel__conditions_set(tel__doc *d, tel__conditions *c, const char *type, const char *status, tel_slice reason,
                         tel_slice message);
const tel_condition *tel__conditions_find(const tel__conditions *c, const char *type); /* NULL: there is none */
/* As a list under "conditions". */
void tel__conditions_write(tel__doc *d, const tel__conditions *c, tel__node *status);

TEL_PRIVATE_END
#endif
