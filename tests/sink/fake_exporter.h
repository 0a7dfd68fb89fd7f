/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_TESTS_SINK_FAKE_EXPORTER_H
#define TEL_TESTS_SINK_FAKE_EXPORTER_H
/*
 * A backend by script. Each attempt is kept until the test steps; then the script says what the backend answers. It reads
 * the integer values of all points, so that a test can follow every single one (the ledger of faults.md 7.2).
 */
#include <telemetry/buf.h>

#include "sink/exporter.h"
#include "sink/sender.h"

enum { FAKE_EXPORTER_CALLS = 16384, FAKE_EXPORTER_POINTS = 1 << 20 };

typedef struct fake_call {
	uint64_t id, points, attempt, mono_ns;
	const tel__export_batch *batch;
	void (*done)(void *user, const tel__export_outcome *outcome);
	void *user;
	bool pending, cancelled;
} fake_call;

typedef struct fake_exporter fake_exporter;
/* What the backend answers; false = it hangs. */
typedef bool fake_script(fake_exporter *x, const fake_call *call, tel__export_outcome *ret_outcome);

struct fake_exporter {
	tel_ctx *ctx;
	fake_script *script;
	int state;               /* the script's */
	uint64_t random;
	fake_call calls[FAKE_EXPORTER_CALLS];
	size_t call_count, pending, most_pending;
	uint64_t delivered;      /* points of requests that were answered with OK, without rejected ones */
	uint64_t rejected;
	uint8_t *seen;           /* by value: how often it was delivered */
	uint64_t out_of_order;   /* values that came after a larger one */
	uint64_t last_value;
	unsigned refuse_sends;   /* the next so many calls of send fail */
	bool freed;
	bool packed;             /* bodies come in any coding and are not read */
	const char *last_coding; /* of the newest attempt */
};

extern const tel__exporter_ops fake_exporter_ops;

void fake_exporter_init(fake_exporter *x, tel_ctx *ctx, fake_script *script);
void fake_exporter_fini(fake_exporter *x);
/* Answers what is pending, by the script. Returns how many were answered. */
size_t fake_exporter_step(fake_exporter *x);
tel__exporter_impl *fake_exporter_impl(fake_exporter *x);

/* One encoded request with values first .. first + points - 1; drop with tel_buf_unref(). */
tel_buf *fake_request(uint64_t first, uint64_t points);
/* Reserves room for such a request and commits it; the result is reserve's. */
tel_err fake_commit(tel__sender *s, uint32_t group, uint64_t first, uint64_t points, uint64_t mono_ns, uint64_t deadline_mono_ns,
                    tel__sender_settled *settled, void *user);

/* Scripts */
fake_script fake_ok, fake_hang, fake_unavailable, fake_permanent, fake_partial, fake_413, fake_flap, fake_wild;

#endif
