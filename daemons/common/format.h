/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_FORMAT_H
#define DAEMONS_FORMAT_H
/* Names of text forms on command lines. */
#include <telemetry/format.h>

/* "basic", "summary", "normal", "debug", "json"; -1 = there is none of that name. */
int format_by_name(const char *name);

#endif
