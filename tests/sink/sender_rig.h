/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_TESTS_SINK_SENDER_RIG_H
#define TEL_TESTS_SINK_SENDER_RIG_H
/* A sender between a test and a scripted backend, with time that the test owns. */
#include "seams/cm.h"
#include "seams/failalloc.h"
#include "seams/fakeclock.h"
#include "seams/fakerandom.h"
#include "sink/fake_exporter.h"
#include "sink/sender.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

typedef struct rig {
	tel_ctx *ctx;
	fakeclock clock;
	fakerandom random;
	failalloc mem;
	fake_exporter backend;
	fake_exporter *next;       /* beside it after a reload; NULL = none */
	tel__sender *sender;
	tel__retry_options retry;
	tel__queue_options queue;
	tel__queue_batch_options batch;
	tel__sender_settings settings;
	tel__sender_opts opts;
	tel__sender_group group;   /* rig_fold() */
	uint64_t next_value;       /* of the next point */
	uint64_t committed, refused;
	uint64_t settled_ok, settled_failed, settled_retry, settled_permanent, settled_rejected;
	int32_t last_status;
	uint64_t logs[4];
	bool drained;
} rig;

/* Defaults of the Collector; change fields, then rig_start(). */
void rig_init(rig *r, fake_script *script);
void rig_start(rig *r);
void rig_fini(rig *r);

/* The rig of a test that needs one: fresh with a backend that says OK, and looked through when the test is over. */
extern rig R;
int rig_set_up(void **state);
int rig_tear_down(void **state);
#define RIG_CASE(f) cmocka_unit_test_setup_teardown(f, rig_set_up, rig_tear_down)

/* Folds a batch processor in front of the only group, before rig_start(). */
void rig_fold(rig *r, uint64_t min, uint64_t max, uint64_t timeout_ns);
/* Every point that was pushed is at the backend, and none twice. */
void rig_all_seen_once(const rig *r);
/* Changes the sender to r->opts; impl NULL keeps the exporter. ret_groups may be NULL when there is one group. */
void rig_renew(rig *r, fake_exporter *next, uint32_t *ret_groups);

/* Commits records of so many points each; returns how many were taken. */
size_t rig_push(rig *r, size_t records, uint64_t points);
tel_err rig_push_group(rig *r, uint32_t group, uint64_t points, uint64_t deadline_mono_ns);
/* Lets the sender work and the backend answer until nothing moves; checks the ledger. */
void rig_settle(rig *r);
/* Moves time, in steps of at most 100 ms when fine. */
void rig_advance(rig *r, uint64_t ns);
void rig_turn(rig *r); /* one loop turn, no answers */
tel__sender_stats rig_check(rig *r); /* the ledger identity */
void rig_drain(rig *r, uint64_t timeout_ns);

#endif
