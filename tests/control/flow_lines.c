/* SPDX-License-Identifier: Apache-2.0 */
#include "control/flow_lines.h"

#include "seams/cm.h"

#include <stdio.h>

#include "base/num.h"
#include "base/slice_i.h"

enum { SAMPLES = 64 };

/* "sent=5", one of a scrape. */
static tel__flow_sample sample_of(tel_slice word, tel_slice component)
{
	static const char *const names[TEL__FLOW_METRICS] = { "sent", "failed", "full", "refused", "size", "capacity", "points",
		                                                  "oldest", "success" };
	size_t eq = tel__slice_find(word, '=');
	tel__flow_sample s = { .metric = TEL__FLOW_METRICS, .component = component };

	for (unsigned i = 0; i < TEL__FLOW_METRICS; i++)
		if (tel__slice_is(tel__slice_sub(word, 0, eq), names[i]))
			s.metric = (tel__flow_metric)i;
	assert_true(s.metric != TEL__FLOW_METRICS);
	assert_ok(tel__num_parse_double(tel__slice_sub(word, eq + 1, word.len - eq - 1), &s.value));
	if (s.metric == TEL__FLOW_LAST_SUCCESS && s.value > 0)
		s.value += (double)FLOW_START;
	return s;
}

static void print_findings(const tel_flow_facts *flow, char *out, size_t cap)
{
	static const char *const names[] = { "all", "some", "throttling", "stalled", "filling" };
	size_t n = (size_t)snprintf(out, cap, "%s", flow->failed ? "failed " : "");

	for (size_t i = 0; i < flow->count; i++) {
		const tel_flow_finding *f = &flow->findings[i];

		n += (size_t)snprintf(out + n, cap - n, "%.*s:", TEL_SLICE_ARG(f->pipeline));
		for (unsigned k = 0; k < 5; k++)
			if (f->problems & (1u << k))
				n += (size_t)snprintf(out + n, cap - n, "%s,", names[k]);
		if (f->problems & TEL_FLOW_STALLED)
			n += (size_t)snprintf(out + n, cap - n, "%llu in %.*s", (unsigned long long)f->waiting_points, TEL_SLICE_ARG(f->where));
		n += (size_t)snprintf(out + n, cap - n, " ");
	}
	if (n && out[n - 1] == ' ')
		out[n - 1] = 0;
}

tel_err flow_line(tel__monitor *m, tel_slice line, char *out, size_t cap, tel_slice *ret_wanted)
{
	tel__flow_sample samples[SAMPLES];
	tel_slice word, instance, component = { NULL, 0 };
	tel_flow_facts flow;
	size_t count = 0;
	uint64_t at;
	tel_err rc;

	*ret_wanted = (tel_slice){ NULL, 0 };
	tel__slice_next(&line, ' ', &word);
	assert_ok(tel__num_parse_u64(word, &at));
	at = (FLOW_START + at) * FLOW_SECOND;
	tel__slice_next(&line, ' ', &instance);
	if (tel__slice_is(instance, "?")) {
		*ret_wanted = line.ptr ? line : TEL_SLICE_LIT("");
		rc = tel__monitor_judge(m, at, &flow);
		if (rc == TEL_OK)
			print_findings(&flow, out, cap);
		return rc;
	}
	tel__slice_next(&line, ' ', &component);
	while (tel__slice_next(&line, ' ', &word)) {
		assert_true(count < SAMPLES);
		samples[count++] = sample_of(word, component);
	}
	return tel__monitor_add(m, at, instance, samples, count);
}
