/* SPDX-License-Identifier: Apache-2.0 */
/* One pipeline against facts: is it part of the configuration (kyma-metrics.md 6.1 to 6.6, 7.2)? */
#include "seams/cm.h"

#include <stdio.h>

#include "base/slice_i.h"
#include "control/judge.h"
#include "control/judged.h"

#define HEAD "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\n"
#define META "metadata: {name: p, uid: u1, generation: 3}\n"
#define PIPE(output) HEAD META "spec: {output: {otlp: {" output "}}}\n"
#define RULES(rules) HEAD META "spec: {output: {otlp: {endpoint: {value: 'https://b:1'}}}, " rules "}\n"
#define GOOD "endpoint: {value: 'https://b:1'}"
#define TLS(tls) PIPE(GOOD ", tls: {" tls "}")
#define PAIR(cert, key) "cert: {value: '" cert "'}, key: {value: '" key "'}"
#define SECRET "---\n{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: n}, stringData: {url: 'https://b:1', c: 'c400', k: k, empty: ''}}\n"
#define REF(name, key) "{valueFrom: {secretKeyRef: {name: " name ", namespace: n, key: " key "}}}"
#define OTTL_HELP ". Fix the syntax error indicated by the message or see troubleshooting: https://kyma-project.io/external-content/" \
	"telemetry-manager/docs/user/troubleshooting.html#ottl-spec-invalid-with-unspecific-error-message"
#define APPLIED "MetricPipeline specification is successfully applied to the configuration of Metric gateway"
#define BAD_RULE "transform: [{statements: ['set(nothing']}]"

typedef struct row {
	const char *text;
	tel_pipeline_verdict verdict;
	const char *status, *reason, *message;
} row;

static const row rows[] = {
	{ PIPE(GOOD), TEL_PIPELINE_VERDICT_OK, "True", "GatewayConfigured", APPLIED },
	{ PIPE("endpoint: " REF("s", "url")) SECRET, TEL_PIPELINE_VERDICT_OK, "True", "GatewayConfigured", APPLIED },
	/* Secrets */
	{ PIPE("endpoint: " REF("gone", "url")) SECRET, TEL_PIPELINE_VERDICT_SECRET, "False", "ReferencedSecretMissing",
	  "One or more referenced Secrets are missing: Secret 'gone' of Namespace 'n'" },
	{ PIPE("endpoint: " REF("s", "gone")) SECRET, TEL_PIPELINE_VERDICT_SECRET, "False", "ReferencedSecretMissing",
	  "One or more keys in a referenced Secret are missing: Key 'gone' in Secret 's' of Namespace 'n'" },
	{ PIPE("endpoint: {value: '::'}, headers: [{name: a, valueFrom: {secretKeyRef: {name: gone, namespace: n, key: k}}}]"),
	  TEL_PIPELINE_VERDICT_SECRET, "False", "ReferencedSecretMissing",
	  "One or more referenced Secrets are missing: Secret 'gone' of Namespace 'n'" }, /* before the endpoint */
	/* endpoint */
	{ PIPE("endpoint: {value: 'https://b'}"), TEL_PIPELINE_VERDICT_ENDPOINT, "False", "EndpointInvalid",
	  "OTLP output endpoint invalid: missing port" },
	{ PIPE("endpoint: {value: 'b:80:80'}"), TEL_PIPELINE_VERDICT_ENDPOINT, "False", "EndpointInvalid",
	  "OTLP output endpoint invalid: address b:80:80: too many colons in address" },
	{ PIPE("endpoint: {value: 'b:1'}, protocol: http"), TEL_PIPELINE_VERDICT_ENDPOINT, "False", "EndpointInvalid",
	  "OTLP output endpoint invalid: missing or unsupported protocol scheme" },
	{ PIPE("endpoint: {value: ''}"), TEL_PIPELINE_VERDICT_ENDPOINT, "False", "EndpointInvalid",
	  "OTLP output endpoint invalid: failed to resolve value" },
	{ PIPE("endpoint: " REF("s", "empty")) SECRET, TEL_PIPELINE_VERDICT_ENDPOINT, "False", "EndpointInvalid",
	  "OTLP output endpoint invalid: failed to resolve value" },
	{ PIPE("endpoint: {value: 'https://b'}, tls: {" PAIR("junk", "k") "}"), TEL_PIPELINE_VERDICT_ENDPOINT, "False",
	  "EndpointInvalid",
	  "OTLP output endpoint invalid: missing port" }, /* before certificates */
	/* certificates */
	{ TLS(PAIR("c400", "k") ", ca: {value: a400}"), TEL_PIPELINE_VERDICT_OK, "True", "GatewayConfigured", APPLIED },
	{ TLS("ca: {value: a400}"), TEL_PIPELINE_VERDICT_OK, "True", "GatewayConfigured", APPLIED },
	{ TLS("insecureSkipVerify: true"), TEL_PIPELINE_VERDICT_OK, "True", "GatewayConfigured", APPLIED },
	{ TLS("cert: " REF("s", "c") ", key: " REF("s", "k")) SECRET, TEL_PIPELINE_VERDICT_OK, "True", "GatewayConfigured",
	  APPLIED },
	{ TLS("cert: {value: c400}"), TEL_PIPELINE_VERDICT_TLS, "False", "TLSConfigurationInvalid",
	  "TLS configuration invalid: a certificate and private key must either both be provided or both be missing" },
	{ TLS("insecure: true, key: {value: k}"), TEL_PIPELINE_VERDICT_TLS, "False", "TLSConfigurationInvalid",
	  "TLS configuration invalid: a certificate and private key must either both be provided or both be missing" },
	{ TLS(PAIR("", "k")), TEL_PIPELINE_VERDICT_TLS, "False", "TLSConfigurationInvalid",
	  "TLS configuration invalid: failed to resolve value" },
	{ TLS("insecure: true, ca: " REF("gone", "ca")) SECRET, TEL_PIPELINE_VERDICT_TLS, "False", "TLSConfigurationInvalid",
	  "TLS configuration invalid: failed to resolve value" }, /* Secrets of an insecure output are not looked at before */
	{ TLS("ca: " REF("gone", "ca")) SECRET, TEL_PIPELINE_VERDICT_SECRET, "False", "ReferencedSecretMissing",
	  "One or more referenced Secrets are missing: Secret 'gone' of Namespace 'n'" },
	{ TLS("ca: " REF("s", "empty")) SECRET, TEL_PIPELINE_VERDICT_TLS, "False", "TLSConfigurationInvalid",
	  "TLS configuration invalid: failed to decode PEM block containing CA certificate" },
	{ TLS(PAIR("text", "k")), TEL_PIPELINE_VERDICT_TLS, "False", "TLSConfigurationInvalid",
	  "TLS configuration invalid: failed to decode PEM block containing certificate" },
	{ TLS(PAIR("junk", "k")), TEL_PIPELINE_VERDICT_TLS, "False", "TLSConfigurationInvalid",
	  "TLS configuration invalid: failed to parse certificate" },
	{ TLS(PAIR("c400", "text")), TEL_PIPELINE_VERDICT_TLS, "False", "TLSConfigurationInvalid",
	  "TLS configuration invalid: failed to decode PEM block containing private key" },
	{ TLS(PAIR("c400", "other")), TEL_PIPELINE_VERDICT_TLS, "False", "TLSConfigurationInvalid",
	  "TLS configuration invalid: certificate and private key do not match" },
	{ TLS("ca: {value: junk}"), TEL_PIPELINE_VERDICT_TLS, "False", "TLSConfigurationInvalid",
	  "TLS configuration invalid: failed to parse CA certificate" },
	{ TLS("ca: {value: n400}"), TEL_PIPELINE_VERDICT_TLS, "False", "TLSConfigurationInvalid",
	  "TLS configuration invalid: not a CA certificate" },
	{ TLS(PAIR("c-1", "k")), TEL_PIPELINE_VERDICT_EXPIRED, "False", "TLSCertificateExpired",
	  "TLS certificate expired on 2025-12-31" },
	{ TLS("ca: {value: 'a-1'}"), TEL_PIPELINE_VERDICT_EXPIRED, "False", "TLSCertificateExpired",
	  "TLS CA certificate expired on 2025-12-31" },
	{ TLS(PAIR("c14", "k")), TEL_PIPELINE_VERDICT_EXPIRING, "True", "TLSCertificateAboutToExpire",
	  "TLS certificate is about to expire, configured certificate is valid until 2026-01-15" },
	{ TLS("ca: {value: a3}"), TEL_PIPELINE_VERDICT_EXPIRING, "True", "TLSCertificateAboutToExpire",
	  "TLS CA certificate is about to expire, configured certificate is valid until 2026-01-04" },
	{ TLS("insecure: true, ca: {value: 'a-1'}"), TEL_PIPELINE_VERDICT_EXPIRED, "False", "TLSCertificateExpired",
	  "TLS CA certificate expired on 2025-12-31" }, /* even then */
	/* OTTL */
	{ RULES("filter: [{conditions: ['metric.name == \"x\"']}], transform: [{statements: ['set(metric.description, \"d\")']}]"),
	  TEL_PIPELINE_VERDICT_OK, "True", "GatewayConfigured", APPLIED },
	{ RULES("filter: [{conditions: []}]"), TEL_PIPELINE_VERDICT_OK, "True", "GatewayConfigured", APPLIED },
	{ RULES("filter: [{}]"), TEL_PIPELINE_VERDICT_OK, "True", "GatewayConfigured", APPLIED },
	{ RULES("transform: [{conditions: ['metric.name == \"x\"']}]"), TEL_PIPELINE_VERDICT_OK, "True",
	  "GatewayConfigured", APPLIED },
};

static void a_pipeline_is_judged_by_the_first_check_that_fails(void **state)
{
	tel_status_facts facts = judged_facts();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel_pipeline_status p;
		judged j;

		judged_init(&j, rows[i].text, &facts);
		p = judged_pipeline(&j, 0);
		judged_expect(&j, 0, "ConfigurationGenerated", rows[i].status, rows[i].reason, rows[i].message, rows[i].text);
		if (p.verdict != rows[i].verdict || p.active != (strcmp(rows[i].status, "True") == 0))
			fail_msg("%s: verdict %d, active %d", rows[i].text, (int)p.verdict, p.active);
		judged_fini(&j);
	}
	print_message("# %zu pipelines against facts\n", sizeof(rows) / sizeof(rows[0]));
}

/* Starts of reasons: what OTTL's parser says further is its own tests' business. */
static void mistakes_in_ottl_are_named_with_what_they_stand_in(void **state)
{
	static const struct {
		const char *rules, *start;
	} bad[] = {
		{ "filter: [{conditions: ['attributes[\"service.name\"] == \"x\"']}]", "invalid FilterSpec: " },
		{ "filter: [{conditions: ['datapoint.value > 100']}]", "invalid FilterSpec: " },
		{ "filter: [{conditions: ['metric.name == \"x\"']}, {conditions: ['metric.invalid == \"x\"']}]", "invalid FilterSpec: " },
		{ "filter: [{conditions: ['truncate_all(resource.attributes, 100)']}]", "invalid FilterSpec: " },
		{ "filter: [{conditions: ['HasAttrOnDatapoint(metric, \"environment\", \"production\")']}]", "invalid FilterSpec: " },
		{ "transform: [{statements: ['set(log.attributes[\"x\"], \"true\")']}]", "invalid TransformSpec: " },
		{ "transform: [{conditions: ['set(metric.name, \"x\")']}]", "invalid TransformSpec: " },
		{ "transform: [{statements: ['metric.name == \"x\"']}]", "invalid TransformSpec: " },
		{ "transform: [{statements: ['convert_sum_to_gauge()', 'limit(datapoint.attributes, 100, [\"host.name\"])']}]",
		  "invalid TransformSpec: " },
		{ "transform: [{}]", "invalid TransformSpec: " },
		/* the reconciler looks at transforms first */
		{ "filter: [{conditions: ['nothing']}], " BAD_RULE, "invalid TransformSpec: " },
	};
	static const char before[] = "OTTL specification is invalid, ";
	tel_status_facts facts = judged_facts();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[1024];
		tel_pipeline_status p;
		tel_condition c;
		judged j;

		snprintf(text, sizeof(text), RULES("%s"), bad[i].rules);
		judged_init(&j, text, &facts);
		p = judged_pipeline(&j, 0);
		c = judged_condition(&j, 0, "ConfigurationGenerated");
		if (p.verdict != TEL_PIPELINE_VERDICT_OTTL || p.active || !tel__slice_is(c.reason, "OTTLSpecInvalid") ||
		    !tel__slice_starts(p.reason, tel__slice_str(bad[i].start)) || !tel__slice_starts(c.message, TEL_SLICE_LIT(before)) ||
		    !tel__slice_starts(tel__slice_sub(c.message, sizeof(before) - 1, c.message.len - (sizeof(before) - 1)), p.reason) ||
		    !tel__slice_ends(c.message, TEL_SLICE_LIT(OTTL_HELP)) ||
		    c.message.len != sizeof(before) - 1 + p.reason.len + sizeof(OTTL_HELP) - 1)
			fail_msg("%s: %.*s", bad[i].rules, TEL_SLICE_ARG(c.message));
		judged_fini(&j);
	}
	print_message("# %zu mistakes in OTTL\n", sizeof(bad) / sizeof(bad[0]));
}

/* Vectors of 6.6, each in a pipeline of its own. */
static void the_vectors_of_the_webhook_hold(void **state)
{
	static const struct {
		const char *rules;
		bool valid;
	} vectors[] = {
		{ "filter: [{conditions: ['metric.name == \"http_requests_total\"', 'metric.type == 1', 'metric.unit == \"ms\"']}]", true },
		{ "filter: [{conditions: ['datapoint.value_int > 100', 'datapoint.time_unix_nano != nil', 'datapoint.exemplars != nil']}]", true },
		{ "filter: [{conditions: ['datapoint.attributes[\"service.name\"] == \"auth-service\"']}]", true },
		{ "filter: [{conditions: ['metric.name == \"http_requests_total\" and datapoint.value_int > 100']}]", true },
		{ "filter: [{conditions: ['scope.name == \"io.opentelemetry.contrib.mongodb\"']}]", true },
		{ "filter: [{conditions: ['resource.attributes[\"service.name\"] == \"auth-service\"']}]", true },
		{ "filter: [{conditions: ['datapoint.invalid == \"value\"']}]", false },
		{ "filter: [{conditions: ['resource.invalid[\"service.name\"] == \"x\"']}]", false },
		{ "filter: [{conditions: ['invalid_func(metric.name) == \"x\"']}]", false },
		{ "filter: [{conditions: ['replace_pattern(metric.name, \"a\", \"b\")']}]", false },
		{ "filter: [{conditions: ['metric.name == \"x']}]", false },
		{ "filter: [{conditions: ['resource.attributes[\"x\" == \"y\"']}]", false },
		{ "transform: [{conditions: ['metric.name == \"a\"'], statements: ['set(metric.description, \"b\")']}]", true },
		{ "transform: [{statements: ['set(metric.description, \"b\")']}]", true },
		{ "transform: [{conditions: ['datapoint.value_int > 100', 'resource.attributes[\"environment\"] == \"prod\"'], "
		  "statements: ['set(datapoint.attributes[\"x\"], \"true\")']}]", true },
		{ "transform: [{statements: ['sset(metric.name, \"x\")']}]", false },
		{ "transform: [{conditions: ['len(metric.name) > 0']}]", false },
		{ "transform: [{conditions: ['IisMatch(metric.name, \"x\")']}]", false },
	};
	tel_status_facts facts = judged_facts();

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		char text[1024];
		judged j;

		snprintf(text, sizeof(text), RULES("%s"), vectors[i].rules);
		judged_init(&j, text, &facts);
		if (judged_pipeline(&j, 0).active != vectors[i].valid)
			fail_msg("%s: %.*s", vectors[i].rules, TEL_SLICE_ARG(judged_pipeline(&j, 0).reason));
		judged_fini(&j);
	}
	print_message("# %zu vectors of OTTL\n", sizeof(vectors) / sizeof(vectors[0]));
}

/* The original stops at a certificate that is about to expire, and takes what is wrong otherwise for right. */
static void what_makes_a_pipeline_unusable_goes_before_what_only_warns(void **state)
{
	static const char expiring[] = HEAD META "spec: {output: {otlp: {" GOOD ", tls: {" PAIR("c3", "k") "}}}, " BAD_RULE "}\n";
	tel_status_facts facts = judged_facts();
	judged j;

	(void)state;
	judged_init(&j, expiring, &facts);
	assert_int_equal(judged_pipeline(&j, 0).verdict, TEL_PIPELINE_VERDICT_OTTL);
	judged_fini(&j);
	facts.lock = TEL_LOCK_OWNED;
	judged_init(&j, expiring, &facts);
	judged_expect(&j, 0, "ConfigurationGenerated", "False", "MaxPipelinesExceeded", "Maximum pipeline count limit exceeded", "lock");
	judged_fini(&j);
	facts.lock = TEL_LOCK_UNREADABLE;
	judged_init(&j, expiring, &facts);
	judged_expect(&j, 0, "ConfigurationGenerated", "False", "ValidationFailed",
	              "Pipeline validation failed due to an error from the Kubernetes API server", "lock");
	judged_fini(&j);
}

static void failures_of_the_api_server_are_no_fault_of_the_pipeline(void **state)
{
	static const tel_secret_failure failures[] = { { TEL_SLICE_LIT("other"), TEL_SLICE_LIT("n") },
		                                           { TEL_SLICE_LIT("gone"), TEL_SLICE_LIT("n") } };
	tel_status_facts facts = judged_facts();
	judged j;

	(void)state;
	facts.secret_failures = failures;
	facts.secret_failure_count = 2;
	judged_init(&j, PIPE("endpoint: " REF("gone", "url")) SECRET, &facts);
	judged_expect(&j, 0, "ConfigurationGenerated", "False", "ValidationFailed",
	              "Pipeline validation failed due to an error from the Kubernetes API server", "secret");
	assert_slice(judged_pipeline(&j, 0).reason, "failed to get Secret 'gone' of Namespace 'n'");
	assert_true(judged_actions(&j).retry);
	judged_fini(&j);
	judged_init(&j, PIPE("endpoint: " REF("s", "url")) SECRET, &facts);
	assert_true(judged_pipeline(&j, 0).active);
	judged_fini(&j);
}

static void certificates_are_not_looked_at_without_a_reader(void **state)
{
	tel_status_facts facts = judged_facts();
	judged j;

	(void)state;
	facts.read_certificates = NULL;
	judged_init(&j, TLS(PAIR("junk", "k")), &facts);
	assert_int_equal(judged_pipeline(&j, 0).verdict, TEL_PIPELINE_VERDICT_OK);
	judged_fini(&j);
	judged_init(&j, TLS("cert: {value: c400}"), &facts); /* halves need none */
	assert_int_equal(judged_pipeline(&j, 0).verdict, TEL_PIPELINE_VERDICT_TLS);
	judged_fini(&j);
}

/* ---- the limit ---- */

#define NAMED(name, more) HEAD "metadata: {name: " name ", uid: uid-" name more "}\nspec: {output: {otlp: {" GOOD "}}}\n---\n"

static void expect_active(const char *text, const tel_status_facts *facts, const char *names)
{
	char got[64] = "";
	judged j;

	judged_init(&j, text, facts);
	for (size_t i = 0; i < tel_pipeline_count(j.parsed.set); i++) {
		tel_slice name = tel_pipeline_name(j.parsed.set, i);

		if (judged_pipeline(&j, i).active)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%.*s ", TEL_SLICE_ARG(name));
		else
			assert_int_equal(judged_pipeline(&j, i).verdict, TEL_PIPELINE_VERDICT_LIMIT);
	}
	assert_string_equal(got, names);
	judged_fini(&j);
}

static void the_oldest_pipelines_hold_the_lock(void **state)
{
	static const char six[] = NAMED("a", ", creationTimestamp: '2025-06-01T00:00:00Z'") NAMED("b", "") NAMED("c", "")
		NAMED("d", ", creationTimestamp: '2025-05-01T00:00:00Z'") NAMED("e", ", creationTimestamp: '2025-04-01T00:00:00Z'")
		NAMED("f", ", creationTimestamp: '2025-03-01T00:00:00Z'");
	static const tel_lock_owner owners[] = { { TEL_SLICE_LIT("b"), TEL_SLICE_LIT("uid-b") },
		                                     { TEL_SLICE_LIT("f"), TEL_SLICE_LIT("uid-f") },
		                                     { TEL_SLICE_LIT("a"), TEL_SLICE_LIT("uid of an earlier a") } };
	tel_status_facts facts = judged_facts();

	(void)state;
	expect_active(six, &facts, "a b d e f ");
	facts.max_pipelines = 2;
	expect_active(six, &facts, "e f ");
	facts.max_pipelines = -1;
	expect_active(six, &facts, "a b c d e f ");
	facts.max_pipelines = 0;
	facts.lock = TEL_LOCK_OWNED;
	facts.owners = owners;
	facts.owner_count = 3;
	expect_active(six, &facts, "b f ");
	facts.max_pipelines = -1;
	expect_active(six, &facts, "a b c d e f ");
}

static void a_lock_has_room_for_so_many_owners(void **state)
{
	static const tel_lock_owner owners[] = { { TEL_SLICE_LIT("a"), TEL_SLICE_LIT("1") }, { TEL_SLICE_LIT("b"), TEL_SLICE_LIT("2") } };
	tel_lock_owner a = owners[0], c = { TEL_SLICE_LIT("c"), TEL_SLICE_LIT("3") }, reborn = { TEL_SLICE_LIT("a"), TEL_SLICE_LIT("4") };

	(void)state;
	assert_int_equal(tel__lock_ask(owners, 2, 2, &a), TEL__LOCK_HELD);
	assert_int_equal(tel__lock_ask(owners, 2, 2, &c), TEL__LOCK_FULL);
	assert_int_equal(tel__lock_ask(owners, 2, 2, &reborn), TEL__LOCK_FULL);
	assert_int_equal(tel__lock_ask(owners, 2, 3, &reborn), TEL__LOCK_APPEND);
	assert_int_equal(tel__lock_ask(owners, 2, 0, &c), TEL__LOCK_APPEND); /* the lock that only links them */
	assert_int_equal(tel__lock_ask(owners, 2, -1, &c), TEL__LOCK_APPEND);
	assert_int_equal(tel__lock_ask(NULL, 0, 5, &c), TEL__LOCK_APPEND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipeline_is_judged_by_the_first_check_that_fails),
		cmocka_unit_test(mistakes_in_ottl_are_named_with_what_they_stand_in),
		cmocka_unit_test(the_vectors_of_the_webhook_hold),
		cmocka_unit_test(what_makes_a_pipeline_unusable_goes_before_what_only_warns),
		cmocka_unit_test(failures_of_the_api_server_are_no_fault_of_the_pipeline),
		cmocka_unit_test(certificates_are_not_looked_at_without_a_reader),
		cmocka_unit_test(the_oldest_pipelines_hold_the_lock),
		cmocka_unit_test(a_lock_has_room_for_so_many_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
