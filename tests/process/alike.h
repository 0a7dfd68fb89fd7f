/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PROCESS_ALIKE_H
#define TESTS_PROCESS_ALIKE_H
/*
 * Whether two batches say the same, by the rules of conformance/processors/README.md: attribute lists are maps, an absent
 * field equals its default unless presence means something, NaN equals NaN; everything else in order.
 */
#include <telemetry/metrics.h>

enum {
	ALIKE_ANY_ORDER = 1,      /* of metrics and points inside their parent */
	ALIKE_LISTS = 2,          /* attributes in order, duplicates and all */
	ALIKE_LAST_PLACE = 4,     /* doubles may differ by one unit in the last place */
	ALIKE_ANY_RESOURCES = 8   /* resources in any order */
};

/* ret_where gets the first difference as text (256 bytes). */
bool alike(const tel_metrics *a, const tel_metrics *b, unsigned flags, char *ret_where);

#endif
