/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/limits.h"
#include "net/renewals.h"
#include "seams/cm.h"

static const tel_slice A = { "a", 1 }, B = { "b", 1 };

static void each_component_has_its_own_counts_in_order(void **state)
{
	tel_ctx *ctx;
	(void)state;
	assert_ok(tel_ctx_new(NULL, &ctx, NULL));
	tel__renewal_note(ctx, B, TEL__RENEWAL_TLS, true, true, false);
	tel__renewal_note(ctx, A, TEL__RENEWAL_SECRET, false, false, false);
	tel__renewal_note(ctx, A, TEL__RENEWAL_TLS, true, true, false);
	tel__renewal_note(ctx, A, TEL__RENEWAL_SECRET, false, false, true);
	const tel__renewal *r = tel__renewals(ctx);
	assert_slice(r->id, "a");
	assert_int_equal(r->kind, TEL__RENEWAL_TLS);
	assert_int_equal(r->renewed, 1);
	r = r->next;
	assert_slice(r->id, "a");
	assert_int_equal(r->kind, TEL__RENEWAL_SECRET);
	assert_int_equal(r->failed, 2);
	assert_int_equal(r->stale, 1);
	assert_slice(r->next->id, "b");
	assert_null(r->next->next);
	tel_ctx_free(ctx);
}

static void stale_readers_of_one_name_are_counted_and_go(void **state)
{
	tel_ctx *ctx;
	(void)state;
	assert_ok(tel_ctx_new(NULL, &ctx, NULL));
	tel__renewal_note(ctx, A, TEL__RENEWAL_TLS, false, false, false);
	tel__renewal_note(ctx, A, TEL__RENEWAL_TLS, false, false, false);
	assert_int_equal(tel__renewals(ctx)->stale, 2);
	tel__renewal_note(ctx, A, TEL__RENEWAL_TLS, true, true, true);
	assert_int_equal(tel__renewals(ctx)->stale, 1);
	tel__renewal_gone(ctx, A, TEL__RENEWAL_TLS);
	assert_int_equal(tel__renewals(ctx)->stale, 0);
	tel__renewal_gone(ctx, A, TEL__RENEWAL_TLS);
	assert_int_equal(tel__renewals(ctx)->stale, 0);
	assert_int_equal(tel__renewals(ctx)->renewed, 1);
	tel_ctx_free(ctx);
}

static void names_are_bounded_and_the_nameless_are_not_counted(void **state)
{
	tel_ctx *ctx;
	char id[16];
	size_t rows = 0;
	(void)state;
	assert_ok(tel_ctx_new(NULL, &ctx, NULL));
	tel__renewal_note(ctx, (tel_slice){ "", 0 }, TEL__RENEWAL_TLS, false, false, false);
	assert_null(tel__renewals(ctx));
	for (int i = 0; i < TEL_LIMIT_RENEWAL_ROWS + 10; i++) {
		int n = snprintf(id, sizeof id, "x%d", i);
		tel__renewal_note(ctx, (tel_slice){ id, (size_t)n }, TEL__RENEWAL_TLS, false, false, false);
	}
	for (const tel__renewal *r = tel__renewals(ctx); r; r = r->next)
		rows++;
	assert_int_equal(rows, TEL_LIMIT_RENEWAL_ROWS);
	tel_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_component_has_its_own_counts_in_order),
		cmocka_unit_test(stale_readers_of_one_name_are_counted_and_go),
		cmocka_unit_test(names_are_bounded_and_the_nameless_are_not_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
