/* SPDX-License-Identifier: Apache-2.0 */
/* What facts about certificates mean (kyma-metrics.md 6.4). */
#include "seams/cm.h"

#include "base/slice_i.h"
#include "control/certificates.h"

#define NOW_S INT64_C(1767225600) /* 2026-01-01 00:00:00 */
#define DAY INT64_C(86400)
#define FAR (NOW_S + 400 * DAY)
#define SECOND UINT64_C(1000000000)

#define HALF "a certificate and private key must either both be provided or both be missing"
#define UNRESOLVED "failed to resolve value"

#define ABSENT TEL_PEM_ABSENT
#define LOST TEL_PEM_UNRESOLVED
#define NO_BLOCK TEL_PEM_NO_BLOCK
#define BAD TEL_PEM_NOT_PARSED
#define READ TEL_PEM_READ

/* One row: facts, and what follows. No reason: accepted. */
typedef struct row {
	tel_pem_state cert, key, ca;
	bool matches, is_ca;
	int64_t cert_until, ca_until;
	tel_pipeline_verdict verdict;
	const char *reason;
	int64_t recheck_s;
} row;

static const row rows[] = {
	/* nothing, and halves */
	{ ABSENT, ABSENT, ABSENT, false, false, 0, 0, TEL_PIPELINE_VERDICT_OK, "", 0 },
	{ READ, ABSENT, ABSENT, false, false, FAR, 0, TEL_PIPELINE_VERDICT_TLS, HALF, 0 },
	{ ABSENT, READ, ABSENT, false, false, FAR, 0, TEL_PIPELINE_VERDICT_TLS, HALF, 0 },
	{ READ, ABSENT, READ, false, true, FAR, FAR, TEL_PIPELINE_VERDICT_TLS, HALF, 0 },
	{ LOST, ABSENT, ABSENT, false, false, FAR, 0, TEL_PIPELINE_VERDICT_TLS, HALF, 0 },
	/* values that lead nowhere go before texts that are damaged */
	{ LOST, READ, ABSENT, true, false, FAR, 0, TEL_PIPELINE_VERDICT_TLS, UNRESOLVED, 0 },
	{ READ, LOST, ABSENT, true, false, FAR, 0, TEL_PIPELINE_VERDICT_TLS, UNRESOLVED, 0 },
	{ NO_BLOCK, READ, LOST, true, false, FAR, 0, TEL_PIPELINE_VERDICT_TLS, UNRESOLVED, 0 },
	{ ABSENT, ABSENT, LOST, false, false, 0, 0, TEL_PIPELINE_VERDICT_TLS, UNRESOLVED, 0 },
	/* texts, in the order cert, key, CA */
	{ NO_BLOCK, NO_BLOCK, NO_BLOCK, false, false, 0, 0, TEL_PIPELINE_VERDICT_TLS,
	  "failed to decode PEM block containing certificate", 0 },
	{ BAD, NO_BLOCK, BAD, false, false, 0, 0, TEL_PIPELINE_VERDICT_TLS, "failed to parse certificate", 0 },
	{ READ, NO_BLOCK, BAD, false, false, FAR, 0, TEL_PIPELINE_VERDICT_TLS,
	  "failed to decode PEM block containing private key", 0 },
	{ READ, READ, NO_BLOCK, false, false, FAR, 0, TEL_PIPELINE_VERDICT_TLS,
	  "failed to decode PEM block containing CA certificate", 0 },
	{ READ, READ, BAD, false, false, FAR, 0, TEL_PIPELINE_VERDICT_TLS, "failed to parse CA certificate", 0 },
	{ ABSENT, ABSENT, BAD, false, false, 0, 0, TEL_PIPELINE_VERDICT_TLS, "failed to parse CA certificate", 0 },
	/* the pair */
	{ READ, READ, ABSENT, false, false, FAR, 0, TEL_PIPELINE_VERDICT_TLS, "certificate and private key do not match", 0 },
	{ READ, READ, ABSENT, false, false, NOW_S - DAY, 0, TEL_PIPELINE_VERDICT_TLS,
	  "certificate and private key do not match", 0 },
	{ READ, READ, ABSENT, true, false, FAR, 0, TEL_PIPELINE_VERDICT_OK, "", FAR - 14 * DAY },
	/* time of the certificate */
	{ READ, READ, ABSENT, true, false, NOW_S - 1, 0, TEL_PIPELINE_VERDICT_EXPIRED, "TLS certificate expired on 2025-12-31", 0 },
	{ READ, READ, ABSENT, true, false, NOW_S, 0, TEL_PIPELINE_VERDICT_EXPIRING,
	  "TLS certificate is about to expire, configured certificate is valid until 2026-01-01", NOW_S + 1 },
	{ READ, READ, ABSENT, true, false, NOW_S + 14 * DAY, 0, TEL_PIPELINE_VERDICT_EXPIRING,
	  "TLS certificate is about to expire, configured certificate is valid until 2026-01-15", NOW_S + 14 * DAY + 1 },
	{ READ, READ, ABSENT, true, false, NOW_S + 14 * DAY + 1, 0, TEL_PIPELINE_VERDICT_OK, "", NOW_S + 1 },
	{ READ, READ, ABSENT, true, false, INT64_C(253402300799), 0, TEL_PIPELINE_VERDICT_OK, "",
	  INT64_C(253402300799) - 14 * DAY },
	{ READ, READ, ABSENT, true, false, -DAY, 0, TEL_PIPELINE_VERDICT_EXPIRED, "TLS certificate expired on 1969-12-31", 0 },
	{ READ, READ, ABSENT, true, false, INT64_C(-62135596800), 0, TEL_PIPELINE_VERDICT_EXPIRED,
	  "TLS certificate expired on 0001-01-01", 0 },
	/* the authority */
	{ ABSENT, ABSENT, READ, false, true, 0, FAR, TEL_PIPELINE_VERDICT_OK, "", FAR - 14 * DAY },
	{ ABSENT, ABSENT, READ, false, false, 0, FAR, TEL_PIPELINE_VERDICT_TLS, "not a CA certificate", 0 },
	{ ABSENT, ABSENT, READ, false, false, 0, NOW_S - 1, TEL_PIPELINE_VERDICT_TLS, "not a CA certificate", 0 },
	{ ABSENT, ABSENT, READ, false, true, 0, NOW_S - 1, TEL_PIPELINE_VERDICT_EXPIRED,
	  "TLS CA certificate expired on 2025-12-31", 0 },
	{ ABSENT, ABSENT, READ, false, true, 0, NOW_S + DAY, TEL_PIPELINE_VERDICT_EXPIRING,
	  "TLS CA certificate is about to expire, configured certificate is valid until 2026-01-02", NOW_S + DAY + 1 },
	/* both: the certificate goes first, whatever it says */
	{ READ, READ, READ, true, true, FAR, FAR + DAY, TEL_PIPELINE_VERDICT_OK, "", FAR - 14 * DAY },
	{ READ, READ, READ, true, true, FAR + DAY, FAR, TEL_PIPELINE_VERDICT_OK, "", FAR - 14 * DAY },
	{ READ, READ, READ, true, false, FAR, FAR, TEL_PIPELINE_VERDICT_TLS, "not a CA certificate", 0 },
	{ READ, READ, READ, true, true, FAR, NOW_S - DAY, TEL_PIPELINE_VERDICT_EXPIRED,
	  "TLS CA certificate expired on 2025-12-31", 0 },
	{ READ, READ, READ, true, true, NOW_S + DAY, NOW_S - DAY, TEL_PIPELINE_VERDICT_EXPIRING,
	  "TLS certificate is about to expire, configured certificate is valid until 2026-01-02", NOW_S + DAY + 1 },
	{ READ, READ, READ, true, false, NOW_S - DAY, FAR, TEL_PIPELINE_VERDICT_EXPIRED,
	  "TLS certificate expired on 2025-12-31", 0 },
};

static tel_certificate_facts facts_of(const row *r)
{
	tel_certificate_facts f = TEL_CERTIFICATE_FACTS_INIT;

	f.cert = r->cert;
	f.key = r->key;
	f.ca = r->ca;
	f.key_matches = r->matches;
	f.ca_is_ca = r->is_ca;
	f.cert_not_after_s = r->cert_until;
	f.ca_not_after_s = r->ca_until;
	return f;
}

static void facts_about_certificates_are_judged_in_order(void **state)
{
	tel__doc d = { NULL, false };

	(void)state;
	assert_ok(tel__arena_new(NULL, 0, NULL, &d.arena));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel_certificate_facts f = facts_of(&rows[i]);
		tel__judgement j = tel__certificates_judge(&d, &f, (uint64_t)NOW_S * SECOND);

		if (j.verdict != rows[i].verdict || !tel__slice_is(j.reason, rows[i].reason) || j.recheck_s != rows[i].recheck_s)
			fail_msg("row %zu: verdict %d, \"%.*s\", again at %lld", i, (int)j.verdict, TEL_SLICE_ARG(j.reason),
			         (long long)j.recheck_s);
	}
	print_message("# %zu rows of certificates\n", sizeof(rows) / sizeof(rows[0]));
	assert_false(d.failed);
	tel__arena_unref(d.arena);
}

static void a_certificate_is_over_behind_its_last_second(void **state)
{
	static const row last = { READ, READ, ABSENT, true, false, NOW_S, 0, TEL_PIPELINE_VERDICT_OK, "", 0 };
	tel_certificate_facts f = facts_of(&last);
	tel__doc d = { NULL, false };

	(void)state;
	assert_ok(tel__arena_new(NULL, 0, NULL, &d.arena));
	assert_int_equal(tel__certificates_judge(&d, &f, (uint64_t)NOW_S * SECOND).verdict, TEL_PIPELINE_VERDICT_EXPIRING);
	assert_int_equal(tel__certificates_judge(&d, &f, (uint64_t)NOW_S * SECOND + 1).verdict, TEL_PIPELINE_VERDICT_EXPIRED);
	tel__arena_unref(d.arena);
}

/* When the moment that a judgement names has come, the judgement is another one. */
static void the_moment_to_look_again_is_the_first_at_which_something_changes(void **state)
{
	tel__doc d = { NULL, false };

	(void)state;
	assert_ok(tel__arena_new(NULL, 0, NULL, &d.arena));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel_certificate_facts f = facts_of(&rows[i]);

		if (!rows[i].recheck_s || (uint64_t)rows[i].recheck_s > UINT64_MAX / SECOND)
			continue;
		assert_int_equal(tel__certificates_judge(&d, &f, ((uint64_t)rows[i].recheck_s - 1) * SECOND).verdict, rows[i].verdict);
		assert_int_not_equal(tel__certificates_judge(&d, &f, (uint64_t)rows[i].recheck_s * SECOND).verdict, rows[i].verdict);
	}
	tel__arena_unref(d.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_about_certificates_are_judged_in_order),
		cmocka_unit_test(a_certificate_is_over_behind_its_last_second),
		cmocka_unit_test(the_moment_to_look_again_is_the_first_at_which_something_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
