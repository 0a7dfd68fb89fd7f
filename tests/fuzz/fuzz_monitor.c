/* SPDX-License-Identifier: Apache-2.0 */
/* The rules over counters say what Prometheus would say: a second evaluation keeps every sample and takes the rules at their
 * word. Three bytes are one step: a sample, or a look. */
#include "base/slice_i.h"
#include "control/monitor.h"
#include "fuzz/fuzz.h"

enum { STEPS = 400, INSTANCES = 2, GROUPS = 3, COUNTERS = 4, ALERTS = 3, WINDOW = 300, HOLD = 60 };
#define SECOND UINT64_C(1000000000)

static const char *const instances[INSTANCES] = { "i0", "i1" };
static const char *const exporters[GROUPS] = { "otlp_grpc/a", "otlp_grpc/b.c", "debug" };
static const char *const pipelines[GROUPS] = { "a", "b.c", "" };
static const char *const receivers[GROUPS] = { "otlp", "r1", "r2" };
static const uint32_t bits[ALERTS] = { TEL_FLOW_ALL_DROPPED, TEL_FLOW_SOME_DROPPED, TEL_FLOW_THROTTLING };

/* The other evaluation. */
typedef struct sample {
	uint64_t at;
	unsigned value;
} sample;

typedef struct model {
	sample samples[INSTANCES][GROUPS][COUNTERS][STEPS];
	size_t counts[INSTANCES][GROUPS][COUNTERS];
	uint64_t since[GROUPS][ALERTS];
	bool active[GROUPS][ALERTS];
	uint64_t now;
} model;

/* increase() over the window, summed over the instances, is above zero. */
static bool grows(const model *m, size_t group, tel__flow_metric metric)
{
	for (size_t i = 0; i < INSTANCES; i++) {
		const sample *s = m->samples[i][group][metric];

		for (size_t k = 1; k < m->counts[i][group][metric]; k++)
			if (m->now - s[k - 1].at < WINDOW && (s[k].value > s[k - 1].value || (s[k].value < s[k - 1].value && s[k].value > 0)))
				return true;
	}
	return false;
}

/* Bits of the alerts that fire for a group. */
static uint32_t evaluate(model *m, size_t group)
{
	bool drops = grows(m, group, TEL__FLOW_ENQUEUE_FAILED) || grows(m, group, TEL__FLOW_SEND_FAILED);
	bool sends = grows(m, group, TEL__FLOW_SENT);
	bool holds[ALERTS] = { drops && !sends, drops && sends, grows(m, group, TEL__FLOW_REFUSED) };
	uint32_t found = 0;

	for (size_t i = 0; i < ALERTS; i++) {
		if (holds[i] && !m->active[group][i])
			m->since[group][i] = m->now;
		m->active[group][i] = holds[i];
		if (holds[i] && m->now - m->since[group][i] >= HOLD)
			found |= bits[i];
	}
	return found;
}

static void look(model *m, tel__monitor *monitor)
{
	uint32_t wanted = 0, got = 0, all_wanted[GROUPS], all_got[GROUPS] = { 0, 0, 0 };
	tel_flow_facts flow;

	fuzz_check(tel__monitor_judge(monitor, m->now * SECOND, &flow) == TEL_OK);
	for (size_t g = 0; g < GROUPS; g++) {
		uint32_t alerts = evaluate(m, g);

		all_wanted[g] = alerts & ~(uint32_t)TEL_FLOW_THROTTLING;
		wanted |= alerts & TEL_FLOW_THROTTLING;
	}
	for (size_t i = 0; i < flow.count; i++) {
		fuzz_check(flow.findings[i].problems != 0);
		fuzz_check(i == 0 || tel__slice_cmp(flow.findings[i - 1].pipeline, flow.findings[i].pipeline) <= 0);
		got |= flow.findings[i].problems & TEL_FLOW_THROTTLING;
		for (size_t g = 0; g < GROUPS; g++)
			if (tel__slice_is(flow.findings[i].pipeline, pipelines[g]))
				all_got[g] |= flow.findings[i].problems & ~(uint32_t)TEL_FLOW_THROTTLING;
	}
	fuzz_check(got == wanted);
	for (size_t g = 0; g < GROUPS; g++)
		fuzz_check(all_got[g] == all_wanted[g]);
}

static void add(model *m, tel__monitor *monitor, unsigned what, unsigned value)
{
	size_t instance = what % INSTANCES, group = what / INSTANCES % GROUPS;
	tel__flow_metric metric = (tel__flow_metric)(what / INSTANCES / GROUPS % COUNTERS);
	size_t *count = &m->counts[instance][group][metric];
	tel__flow_sample s = { metric, tel__slice_str(metric == TEL__FLOW_REFUSED ? receivers[group] : exporters[group]),
		                   TEL_SLICE_LIT("grpc"), value };

	fuzz_check(tel__monitor_add(monitor, m->now * SECOND, tel__slice_str(instances[instance]), &s, 1) == TEL_OK);
	m->samples[instance][group][metric][(*count)++] = (sample){ m->now, value };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static model m;
	tel__monitor *monitor = NULL;

	memset(&m, 0, sizeof(m));
	m.now = 1000;
	fuzz_check(tel__monitor_new(NULL, &monitor) == TEL_OK);
	for (size_t i = 0; i + 3 <= size && i < 3 * STEPS; i += 3) {
		m.now += data[i] % 64; /* nothing is forgotten before its window is over */
		if (data[i] & 0x80)
			look(&m, monitor);
		else
			add(&m, monitor, data[i + 1], data[i + 2] & 15);
	}
	look(&m, monitor);
	tel__monitor_free(monitor);
	return 0;
}
