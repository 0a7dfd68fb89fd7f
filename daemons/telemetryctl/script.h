/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_TELEMETRYCTL_SCRIPT_H
#define DAEMONS_TELEMETRYCTL_SCRIPT_H
/*
 * What a sink answers, one rule per line, `#` comments:
 *
 *	[COUNT x] [delay MS] ok
 *	[COUNT x] [delay MS] retry [SECONDS]        UNAVAILABLE / 503, with a hint
 *	[COUNT x] [delay MS] permanent              INVALID_ARGUMENT / 400
 *	[COUNT x] [delay MS] status CODE [SECONDS]  any gRPC status; HTTP by the OTLP mapping
 *	[COUNT x] [delay MS] partial POINTS         success that rejects so many points
 *	[COUNT x] [delay MS] reset                  no answer, the connection is reset
 *	[COUNT x] hang                              never an answer
 *
 * Rules are used one request after the other; the last one stays.
 */
#include <stdbool.h>
#include <stdint.h>

#include <telemetry/receiver.h>

typedef struct script_rule {
	unsigned long count; /* requests that it answers; 0 = the rest */
	uint64_t delay_ns;
	bool hang;
	tel_outcome outcome;
} script_rule;

typedef struct script {
	script_rule *rules;
	size_t count, at;
	unsigned long used; /* requests that rule `at` answered */
} script;

/* path NULL = always ok. Prints FILE:LINE: why; false = refused. */
bool script_load(script *s, const char *program, const char *path);
const script_rule *script_next(script *s);
void script_free(script *s);

#endif
