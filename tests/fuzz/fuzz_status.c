/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any resources under any facts are judged: each own condition stands there once, with a status, a reason and a message that
 * the API server takes; what is active is what is configured; the same again gives the same text, which is YAML and JSON. The
 * facts come out of the last bytes of the input, the resources are the rest.
 */
#include <telemetry/status.h>

#include "base/slice_i.h"
#include "fuzz/fuzz.h"
#include "wire/yaml.h"

enum { FACT_BYTES = 48, PODS = 3, FINDINGS = 3 };

typedef struct bytes {
	const uint8_t *at;
	size_t left;
} bytes;

static unsigned take(bytes *b)
{
	return b->left ? b->at[--b->left] : 0;
}

static tel_slice take_text(bytes *b)
{
	static const tel_slice texts[] = { { "", 0 }, { "a", 1 }, { "b", 1 }, { "Running", 7 }, { "Pending", 7 }, { "Failed", 6 },
		                               { "PodInitializing", 15 }, { "OOM\"Killed: \n#", 14 }, { NULL, 0 } };

	return texts[take(b) % (sizeof(texts) / sizeof(texts[0]))];
}

/* ---- facts ---- */

typedef struct world {
	bytes certificates;
	tel_container_facts containers[PODS];
	tel_pod_facts pods[PODS];
	tel_workload_facts workloads[2];
	tel_flow_finding findings[2][FINDINGS];
	tel_flow_facts flows[2];
	tel_lock_owner owners[2];
	tel_secret_failure failure;
	tel_status_facts facts;
} world;

static tel_err read_certificates(void *user, tel_slice cert, tel_slice key, tel_slice ca, tel_certificate_facts *facts)
{
	bytes *b = user;

	facts->cert = cert.ptr ? (tel_pem_state)(TEL_PEM_NO_BLOCK + take(b) % 3) : TEL_PEM_ABSENT;
	facts->key = key.ptr ? (tel_pem_state)(TEL_PEM_NO_BLOCK + take(b) % 3) : TEL_PEM_ABSENT;
	facts->ca = ca.ptr ? (tel_pem_state)(TEL_PEM_NO_BLOCK + take(b) % 3) : TEL_PEM_ABSENT;
	facts->key_matches = take(b) & 1;
	facts->ca_is_ca = take(b) & 1;
	facts->cert_not_after_s = (take(b) & 7) ? ((int64_t)take(b) - 100) * 86400 : INT64_MIN;
	facts->ca_not_after_s = (take(b) & 7) ? ((int64_t)take(b) - 100) * 86400 : INT64_MAX;
	return TEL_OK;
}

static void make_workloads(world *w, bytes *b)
{
	for (size_t i = 0; i < PODS; i++) {
		unsigned bits = take(b);

		w->containers[i] = (tel_container_facts){ take_text(b), bits & 1, bits & 2, take_text(b), take_text(b), take_text(b) };
		w->pods[i] = (tel_pod_facts){ take_text(b), take_text(b), take_text(b), take_text(b), bits & 4, bits & 8,
			                          w->containers, bits >> 4 & 3 };
	}
	for (size_t i = 0; i < 2; i++) {
		w->workloads[i] = (tel_workload_facts)TEL_WORKLOAD_FACTS_INIT;
		w->workloads[i].state = (tel_workload_state)(take(b) % 5);
		w->workloads[i].error = take_text(b);
		w->workloads[i].desired = take(b) % 3;
		w->workloads[i].ready = take(b) % 3;
		w->workloads[i].pods = w->pods;
		w->workloads[i].pod_count = take(b) % (PODS + 1);
	}
}

static void make_flows(world *w, bytes *b)
{
	for (size_t i = 0; i < 2; i++) {
		unsigned bits = take(b);

		for (size_t k = 0; k < FINDINGS; k++)
			w->findings[i][k] = (tel_flow_finding){ take_text(b), take(b) & 31, (uint64_t)take(b) * take(b) * 1000000007, take_text(b) };
		w->flows[i] = (tel_flow_facts){ sizeof(tel_flow_facts), bits & 1, w->findings[i], bits >> 1 & 3 };
	}
}

static void make_world(world *w, bytes *b)
{
	unsigned bits = take(b), more = take(b);

	make_workloads(w, b);
	make_flows(w, b);
	w->owners[0] = w->owners[1] = (tel_lock_owner){ take_text(b), TEL_SLICE_LIT("") };
	w->failure = (tel_secret_failure){ take_text(b), take_text(b) };
	w->facts = (tel_status_facts)TEL_STATUS_FACTS_INIT;
	w->facts.now_unix_ns = UINT64_C(86400000000000) * take(b);
	w->facts.read_certificates = bits & 1 ? read_certificates : NULL;
	w->facts.read_certificates_user = &w->certificates;
	w->facts.lock = (tel_lock_state)((bits >> 1) % 3);
	w->facts.max_pipelines = (int32_t)(more & 7) - 1;
	w->facts.owners = w->owners;
	w->facts.owner_count = 2;
	w->facts.secret_failures = &w->failure;
	w->facts.secret_failure_count = bits >> 3 & 1;
	w->facts.gateway = bits & 16 ? &w->workloads[0] : NULL;
	w->facts.agent = bits & 32 ? &w->workloads[1] : NULL;
	w->facts.gateway_flow = bits & 64 ? &w->flows[0] : NULL;
	w->facts.agent_flow = bits & 128 ? &w->flows[1] : NULL;
	w->facts.has_service = more & 8;
	w->facts.paused = (more & 0x70) == 0x70;
	w->facts.cluster_unreadable = more & 0x80;
	w->certificates = *b;
}

/* ---- what holds of every status ---- */

static bool is_one_of(tel_slice text, const char *const *words)
{
	for (; *words; words++)
		if (tel__slice_is(text, *words))
			return true;
	return false;
}

/* metav1.Condition: ^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$ */
static void check_reason(tel_slice reason)
{
	fuzz_check(reason.len > 0 && reason.len <= 1024);
	for (size_t i = 0; i < reason.len; i++)
		fuzz_check((reason.ptr[i] >= 'A' && reason.ptr[i] <= 'Z') || (reason.ptr[i] >= 'a' && reason.ptr[i] <= 'z'));
}

static void check_condition(const tel_condition *c)
{
	static const char *const statuses[] = { "True", "False", "Unknown", NULL };

	fuzz_check(is_one_of(c->status, statuses));
	check_reason(c->reason);
	fuzz_check(c->message.len <= 32768);
	fuzz_check(c->message.len > 0 || tel__slice_is(c->reason, "AgentNotRequired"));
	fuzz_check(c->last_transition_time.len > 0);
}

static void check_pipeline(const tel_status *status, size_t index)
{
	static const char *const own[] = { "AgentHealthy", "GatewayHealthy", "ConfigurationGenerated", "TelemetryFlowHealthy", NULL };
	tel_pipeline_status p = TEL_PIPELINE_STATUS_INIT;
	tel_condition c, other;
	bool configured = false;

	fuzz_check(tel_status_pipeline(status, index, &p) == TEL_OK);
	for (size_t i = 0; i < p.condition_count; i++) {
		fuzz_check(tel_status_condition(status, index, i, &c) == TEL_OK);
		for (size_t k = 0; k < i; k++) {
			fuzz_check(tel_status_condition(status, index, k, &other) == TEL_OK);
			fuzz_check(!tel__slice_eq(c.type, other.type));
		}
		if (p.untouched || !is_one_of(c.type, own))
			continue;
		if (tel__slice_is(c.type, "ConfigurationGenerated") || tel__slice_is(c.reason, "ConfigurationNotGenerated"))
			check_condition(&c);
		configured = configured || (tel__slice_is(c.type, "ConfigurationGenerated") && tel__slice_is(c.status, "True"));
	}
	fuzz_check(p.untouched || p.active == configured);
	fuzz_check(p.untouched ? !p.active && !p.changed : (p.verdict == TEL_PIPELINE_VERDICT_OK) == (p.reason.len == 0));
}

static void check_telemetry(const tel_status *status, size_t index)
{
	static const char *const states[] = { "Ready", "Warning", "Deleting", NULL };
	tel_telemetry_status t = TEL_TELEMETRY_STATUS_INIT;
	size_t found = 0;
	tel_condition c;

	fuzz_check(tel_status_telemetry(status, index, &t) == TEL_OK && is_one_of(t.state, states));
	for (size_t i = 0; i < t.condition_count; i++) {
		fuzz_check(tel_status_telemetry_condition(status, index, i, &c) == TEL_OK);
		found += tel__slice_is(c.type, "MetricComponentsHealthy");
	}
	fuzz_check(found == 1);
}

/* Both forms can be read. */
static void check_text(const tel_status *status, const tel_status *again, tel_status_format format)
{
	tel_buf *text = NULL, *same = NULL;
	tel__arena *arena = NULL;
	tel__node *documents;
	tel_err rc;

	fuzz_check(tel_status_write(status, TEL_STATUS_ALL, 0, format, NULL, &text) == TEL_OK);
	fuzz_check(tel_status_write(again, TEL_STATUS_ALL, 0, format, NULL, &same) == TEL_OK);
	fuzz_check(tel__slice_eq(tel_buf_get(text), tel_buf_get(same)));
	fuzz_check(tel__arena_new(NULL, 0, NULL, &arena) == TEL_OK);
	rc = tel__yaml_parse_all(arena, NULL, tel_buf_get(text), 0, &documents, NULL);
	fuzz_check(rc == TEL_OK || rc == TEL_ERR_LIMIT);
	tel__arena_unref(arena);
	tel_buf_unref(text);
	tel_buf_unref(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t facts_at = size > FACT_BYTES ? size - FACT_BYTES : 0;
	tel_config_source source = { TEL_SLICE_LIT("fuzz"), fuzz_slice(data, facts_at) };
	bytes b = { data + facts_at, size - facts_at };
	tel_status_actions actions = TEL_STATUS_ACTIONS_INIT;
	tel_status *status = NULL, *again = NULL;
	tel_pipeline_set *set = NULL;
	bytes certificates;
	world w;

	if (size > 65536)
		return 0;
	make_world(&w, &b);
	if (tel_pipeline_parse(&source, 1, NULL, &set, NULL) != TEL_OK)
		return 0;
	fuzz_check(tel_pipeline_default(set) == TEL_OK);
	certificates = w.certificates;
	fuzz_check(tel_status_judge(set, &w.facts, NULL, &status) == TEL_OK);
	w.certificates = certificates;
	fuzz_check(tel_status_judge(set, &w.facts, NULL, &again) == TEL_OK);
	for (size_t i = 0; i < tel_pipeline_count(set); i++)
		check_pipeline(status, i);
	for (size_t i = 0; i < tel_telemetry_count(set); i++)
		check_telemetry(status, i);
	fuzz_check(tel_status_plan(status, &actions) == TEL_OK);
	fuzz_check(actions.agent != TEL_WORKLOAD_APPLY || actions.gateway == TEL_WORKLOAD_APPLY);
	check_text(status, again, TEL_STATUS_YAML);
	check_text(status, again, TEL_STATUS_JSON);
	(void)tel_status_check(set, &w.facts, NULL);
	tel_status_free(status);
	tel_status_free(again);
	tel_pipeline_free(set);
	return 0;
}
