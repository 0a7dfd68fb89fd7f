/* SPDX-License-Identifier: Apache-2.0 */
#include "torture/torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "seams/failalloc.h"

enum { RUNS_MOST = 20000, SPLITS_MOST = 4096 };

static void check_run(const failalloc *f, tel_err rc)
{
	if (rc != TEL_OK && !(rc == TEL_ERR_NOMEM && f->failed))
		fail_msg("allocation %llu failing%s: %s", (unsigned long long)f->fail_at,
		         f->onwards ? " and all after it" : "", tel_err_name(rc));
	if (!failalloc_is_clean(f))
		fail_msg("allocation %llu failing%s: %zu blocks, %zu bytes leaked", (unsigned long long)f->fail_at,
		         f->onwards ? " and all after it" : "", f->live_blocks, f->live_bytes);
}

static void fail_each(torture_scenario *scenario, void *user, bool onwards)
{
	failalloc f;
	uint64_t n;

	failalloc_init(&f);
	for (n = 1; n <= RUNS_MOST; n++) {
		failalloc_fail_at(&f, n, onwards);
		check_run(&f, scenario(&f.alloc, user));
		if (!f.failed)
			return;
	}
	fail_msg("after %d runs the scenario still allocates more", RUNS_MOST);
}

void torture_alloc(torture_scenario *scenario, void *user)
{
	failalloc f;

	failalloc_init(&f);
	check_run(&f, scenario(&f.alloc, user));
	if (f.calls == 0)
		fail_msg("the scenario allocates nothing through its allocator");
	fail_each(scenario, user, false);
	fail_each(scenario, user, true);
}

static void feed_bytes(tel_slice text, torture_feed *feed, void *user)
{
	tel_slice *pieces = text.len ? malloc(text.len * sizeof(*pieces)) : NULL;
	size_t i;

	assert_true(pieces || text.len == 0);
	for (i = 0; i < text.len; i++)
		pieces[i] = (tel_slice){ text.ptr + i, 1 };
	feed(pieces, text.len, user);
	free(pieces);
}

void torture_chunks(tel_slice text, torture_feed *feed, void *user)
{
	bool whole = getenv("TEL_TORTURE") || text.len <= SPLITS_MOST; /* tests/run.sh torture has the time */
	size_t step = whole ? 1 : text.len / SPLITS_MOST + 1, at;

	feed(&text, 1, user);
	feed_bytes(text, feed, user);
	for (at = 0; at <= text.len; at += step) {
		tel_slice halves[2] = { { text.ptr, at }, { text.ptr + at, text.len - at } };

		feed(halves, 2, user);
	}
}
