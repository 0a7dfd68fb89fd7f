/* SPDX-License-Identifier: Apache-2.0 */
#include "control/monitor.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/dynbuf.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/slice_i.h"

#define SECOND UINT64_C(1000000000)
#define WINDOW_NS (300 * SECOND)  /* of rates */
#define HOLD_NS (60 * SECOND)     /* "for" of the rules */
#define STALL_S 300
#define FORGET_NS (600 * SECOND)  /* series of instances that are gone */

enum { COUNTERS = TEL__FLOW_REFUSED + 1, RULES = 5, KEY_MAX = 4096, WHERE_MAX = 512 };
#define FULL 0.8

/* The rules, one bit of tel_flow_problem each. */
static const uint32_t rules[RULES] = { TEL_FLOW_ALL_DROPPED, TEL_FLOW_SOME_DROPPED, TEL_FLOW_THROTTLING, TEL_FLOW_STALLED,
	                                   TEL_FLOW_FILLING };

/* rate() over the window is above zero while the earlier of the two samples between which it last grew is inside. */
typedef struct counter {
	double value;
	uint64_t at, grew_from;
	bool seen, grew;
} counter;

/* What a rule is evaluated for: a pipeline, or a receiver. */
typedef struct group {
	tel_slice name;
	bool is_receiver, used;
	uint32_t problems;           /* of this evaluation, before they have held long enough */
	uint64_t since[RULES];       /* when a rule began to hold */
	bool holds[RULES];
	/* of this evaluation */
	bool sent, dropped, stalled;
	double waiting;
	const struct series *where;
} group;

/* What one instance says of one component. */
typedef struct series {
	tel_slice key;               /* owned: instance, component and what else */
	tel_slice instance, component; /* parts of key */
	group *group;
	counter counters[COUNTERS];
	double gauges[TEL__FLOW_METRICS];
	bool has[TEL__FLOW_METRICS];
	uint64_t at, waits_since;    /* of the last sample; when data began to wait without any being sent */
	bool waits;
} series;

struct tel__monitor {
	tel_alloc alloc;
	tel__map *series, *groups;
	tel__arena *findings;
	uint64_t scraped_at;
	bool scraped;
};

/* ---- life ---- */

static void free_series(tel__monitor *m, series *s)
{
	if (s->key.len)
		tel__mem_free(&m->alloc, (void *)(uintptr_t)s->key.ptr, s->key.len, 1);
	tel__mem_free(&m->alloc, s, 1, sizeof(*s));
}

static void free_group(tel__monitor *m, group *g)
{
	if (g->name.len)
		tel__mem_free(&m->alloc, (void *)(uintptr_t)g->name.ptr, g->name.len, 1);
	tel__mem_free(&m->alloc, g, 1, sizeof(*g));
}

void tel__monitor_free(tel__monitor *m)
{
	tel_alloc alloc;
	size_t at = 0;
	void *value;
	tel_slice key;

	if (!m)
		return;
	alloc = m->alloc;
	while (m->series && tel__map_next(m->series, &at, &key, &value))
		free_series(m, value);
	at = 0;
	while (m->groups && tel__map_next(m->groups, &at, &key, &value))
		free_group(m, value);
	tel__map_free(m->series);
	tel__map_free(m->groups);
	tel__arena_unref(m->findings);
	tel__mem_free(&alloc, m, 1, sizeof(*m));
}

tel_err tel__monitor_new(const tel_alloc *alloc, tel__monitor **ret_monitor)
{
	const tel_alloc *a = tel__alloc_or_default(alloc);
	tel__monitor *m = tel__mem_zero(a, 1, sizeof(*m));
	tel_err rc;

	if (!m)
		return TEL_ERR_NOMEM;
	m->alloc = *a;
	rc = tel__map_new(&m->alloc, TEL__MAP_BORROW_KEYS, 0, &m->series);
	if (rc == TEL_OK)
		rc = tel__map_new(&m->alloc, 0, 0, &m->groups);
	if (rc == TEL_OK)
		rc = tel__arena_new(&m->alloc, 0, NULL, &m->findings);
	if (rc == TEL_OK)
		*ret_monitor = m;
	else
		tel__monitor_free(m);
	return rc;
}

/* ---- samples ---- */

bool tel__flow_metric_named(tel_slice name, tel__flow_metric *ret_metric)
{
	static const char *const names[TEL__FLOW_METRICS] = {
		[TEL__FLOW_SENT] = "otelcol_exporter_sent_metric_points",
		[TEL__FLOW_SEND_FAILED] = "otelcol_exporter_send_failed_metric_points",
		[TEL__FLOW_ENQUEUE_FAILED] = "otelcol_exporter_enqueue_failed_metric_points",
		[TEL__FLOW_REFUSED] = "otelcol_receiver_refused_metric_points",
		[TEL__FLOW_QUEUE_SIZE] = "otelcol_exporter_queue_size",
		[TEL__FLOW_QUEUE_CAPACITY] = "otelcol_exporter_queue_capacity",
		[TEL__FLOW_QUEUE_POINTS] = "telemetry_exporter_queue_points",
		[TEL__FLOW_OLDEST_UNSENT] = "telemetry_exporter_oldest_unsent_seconds",
		[TEL__FLOW_LAST_SUCCESS] = "telemetry_exporter_last_success_seconds",
	};
	static const tel_slice total = { "_total", 6 };

	if (tel__slice_ends(name, total))
		name.len -= total.len;
	for (unsigned i = 0; i < TEL__FLOW_METRICS; i++)
		if (tel__slice_is(name, names[i])) {
			*ret_metric = (tel__flow_metric)i;
			return true;
		}
	return false;
}

static bool copy_text(tel__monitor *m, tel_slice text, tel_slice *ret_copy)
{
	char *copy = text.len ? tel__mem_new(&m->alloc, text.len, 1) : NULL;

	if (copy)
		memcpy(copy, text.ptr, text.len);
	*ret_copy = (tel_slice){ copy, copy ? text.len : 0 };
	return copy || text.len == 0;
}

/* The pipeline of an exporter stands behind the last slash; what has none concerns all of them. */
static tel_slice pipeline_of(tel_slice exporter)
{
	size_t i = exporter.len;

	while (i > 0 && exporter.ptr[i - 1] != '/')
		i--;
	return i > 0 ? tel__slice_sub(exporter, i, exporter.len - i) : TEL_SLICE_LIT("");
}

static tel_err find_group(tel__monitor *m, bool is_receiver, tel_slice name, group **ret_group)
{
	char key[KEY_MAX];
	tel_slice found = { key, name.len + 1 };
	group *g;
	void *old;
	tel_err rc;

	key[0] = is_receiver ? 'r' : 'p';
	if (name.len)
		memcpy(key + 1, name.ptr, name.len);
	if (tel__map_get(m->groups, found, &old)) {
		*ret_group = old;
		return TEL_OK;
	}
	g = tel__mem_zero(&m->alloc, 1, sizeof(*g));
	if (!g)
		return TEL_ERR_NOMEM;
	g->is_receiver = is_receiver;
	rc = copy_text(m, name, &g->name) ? tel__map_put(m->groups, found, g, NULL) : TEL_ERR_NOMEM;
	if (rc == TEL_OK)
		*ret_group = g;
	else
		free_group(m, g);
	return rc;
}

static tel_err new_series(tel__monitor *m, tel_slice key, tel_slice instance, tel_slice component, bool is_receiver,
                          series **ret_series)
{
	series *s;
	tel_err rc;

	if (tel__map_count(m->series) >= TEL_LIMIT_MONITOR_SERIES)
		return TEL_ERR_LIMIT;
	s = tel__mem_zero(&m->alloc, 1, sizeof(*s));
	if (!s)
		return TEL_ERR_NOMEM;
	rc = copy_text(m, key, &s->key)
	             ? find_group(m, is_receiver, is_receiver ? component : pipeline_of(component), &s->group)
	             : TEL_ERR_NOMEM;
	if (rc == TEL_OK)
		rc = tel__map_put(m->series, s->key, s, NULL);
	if (rc != TEL_OK) {
		free_series(m, s);
		return rc;
	}
	s->instance = tel__slice_sub(s->key, 1, instance.len);
	s->component = tel__slice_sub(s->key, instance.len + 2, component.len);
	*ret_series = s;
	return TEL_OK;
}

static tel_err find_series(tel__monitor *m, tel_slice instance, const tel__flow_sample *sample, series **ret_series)
{
	bool is_receiver = sample->metric == TEL__FLOW_REFUSED;
	tel_slice parts[] = { { is_receiver ? "r" : "e", 1 }, instance, { "\0", 1 }, sample->component, { "\0", 1 },
		                  is_receiver ? sample->series : TEL_SLICE_LIT("") };
	char key[KEY_MAX];
	void *found;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].len > sizeof(key) - n)
			return TEL_ERR_LIMIT;
		if (parts[i].len)
			memcpy(key + n, parts[i].ptr, parts[i].len);
		n += parts[i].len;
	}
	if (tel__map_get(m->series, (tel_slice){ key, n }, &found)) {
		*ret_series = found;
		return TEL_OK;
	}
	return new_series(m, (tel_slice){ key, n }, instance, sample->component, is_receiver, ret_series);
}

/* A counter that starts anew has grown by what it shows. */
static bool count(counter *c, uint64_t at, double value)
{
	bool grew = c->seen && value != c->value && (value > c->value || value > 0);

	if (grew) {
		c->grew = true;
		c->grew_from = c->at;
	}
	c->value = value;
	c->at = at;
	c->seen = true;
	return grew;
}

static double points_waiting(const series *s)
{
	return s->has[TEL__FLOW_QUEUE_POINTS] ? s->gauges[TEL__FLOW_QUEUE_POINTS] : 0;
}

static bool is_waiting(const series *s)
{
	return points_waiting(s) > 0 || (s->has[TEL__FLOW_QUEUE_SIZE] && s->gauges[TEL__FLOW_QUEUE_SIZE] > 0) ||
	       (s->has[TEL__FLOW_OLDEST_UNSENT] && s->gauges[TEL__FLOW_OLDEST_UNSENT] > 0);
}

static void take_sample(series *s, uint64_t at, const tel__flow_sample *sample)
{
	s->at = at;
	if ((unsigned)sample->metric < COUNTERS) {
		if (count(&s->counters[sample->metric], at, sample->value) && sample->metric == TEL__FLOW_SENT)
			s->waits = false;
	} else {
		s->gauges[sample->metric] = sample->value;
		s->has[sample->metric] = true;
	}
	if (!is_waiting(s))
		s->waits = false;
	else if (!s->waits) {
		s->waits = true;
		s->waits_since = at;
	}
}

tel_err tel__monitor_add(tel__monitor *m, uint64_t unix_ns, tel_slice instance, const tel__flow_sample *samples,
                         size_t count_of)
{
	tel_err result = TEL_OK, rc;
	series *s;

	if (!m->scraped || m->scraped_at < unix_ns)
		m->scraped_at = unix_ns;
	m->scraped = true;
	for (size_t i = 0; i < count_of; i++) {
		if ((unsigned)samples[i].metric >= TEL__FLOW_METRICS || !isfinite(samples[i].value) || samples[i].value < 0)
			continue;
		rc = find_series(m, instance, &samples[i], &s);
		if (rc == TEL_OK)
			take_sample(s, unix_ns, &samples[i]);
		else if (result != TEL_ERR_NOMEM)
			result = rc;
	}
	return result;
}

/* ---- rules ---- */

static uint64_t age(uint64_t now, uint64_t at)
{
	return now > at ? now - at : 0;
}

static bool rate_is_positive(const series *s, tel__flow_metric metric, uint64_t now)
{
	return s->counters[metric].grew && age(now, s->counters[metric].grew_from) < WINDOW_NS;
}

/* Was nothing delivered for minutes although something waits? Programs that say how old their data is are believed; of others
 * it is enough to have watched them so long. */
static bool is_stalled(const series *s, uint64_t now)
{
	double now_s = (double)(now / SECOND), success = s->gauges[TEL__FLOW_LAST_SUCCESS];

	if (!is_waiting(s) || age(now, s->at) >= WINDOW_NS)
		return false;
	if (!s->has[TEL__FLOW_OLDEST_UNSENT])
		return s->waits && age(now, s->waits_since) >= STALL_S * SECOND;
	return s->gauges[TEL__FLOW_OLDEST_UNSENT] >= STALL_S &&
	       (!s->has[TEL__FLOW_LAST_SUCCESS] || success <= 0 || now_s - success >= STALL_S);
}

static bool is_full(const series *s, uint64_t now)
{
	double capacity = s->has[TEL__FLOW_QUEUE_CAPACITY] ? s->gauges[TEL__FLOW_QUEUE_CAPACITY] : 0;

	return capacity > 0 && s->has[TEL__FLOW_QUEUE_SIZE] && age(now, s->at) < WINDOW_NS &&
	       s->gauges[TEL__FLOW_QUEUE_SIZE] >= FULL * capacity;
}

static void look_at_series(series *s, uint64_t now)
{
	group *g = s->group;

	g->used = true;
	if (g->is_receiver) {
		if (rate_is_positive(s, TEL__FLOW_REFUSED, now))
			g->problems |= TEL_FLOW_THROTTLING;
		return;
	}
	g->sent = g->sent || rate_is_positive(s, TEL__FLOW_SENT, now);
	g->dropped = g->dropped || rate_is_positive(s, TEL__FLOW_SEND_FAILED, now) ||
	             rate_is_positive(s, TEL__FLOW_ENQUEUE_FAILED, now);
	if (is_full(s, now))
		g->problems |= TEL_FLOW_FILLING;
	if (!is_stalled(s, now))
		return;
	g->stalled = true;
	g->waiting += points_waiting(s);
	if (!g->where || points_waiting(s) > points_waiting(g->where))
		g->where = s;
}

/* Turns what holds now into what has held long enough. */
static uint32_t settle(group *g, uint64_t now)
{
	uint32_t found = 0;

	if (g->dropped)
		g->problems |= g->sent ? TEL_FLOW_SOME_DROPPED : TEL_FLOW_ALL_DROPPED;
	if (g->stalled && !g->sent)
		g->problems |= TEL_FLOW_STALLED;
	for (size_t i = 0; i < RULES; i++) {
		bool holds = (g->problems & rules[i]) != 0;

		if (holds && !g->holds[i])
			g->since[i] = now;
		g->holds[i] = holds;
		/* "for" is in the rule already where it is about minutes */
		if (holds && (rules[i] == TEL_FLOW_STALLED || age(now, g->since[i]) >= HOLD_NS))
			found |= rules[i];
	}
	return found;
}

/* ---- findings ---- */

static int compare_findings(const void *a, const void *b)
{
	return tel__slice_cmp(((const tel_flow_finding *)a)->pipeline, ((const tel_flow_finding *)b)->pipeline);
}

static bool copy_where(tel__monitor *m, const series *s, tel_slice *ret_where)
{
	tel__dynbuf text;
	bool ok;

	tel__dynbuf_init(&text, &m->alloc, 2 * KEY_MAX);
	tel__dynbuf_slice(&text, tel__slice_cut(s->instance, WHERE_MAX));
	tel__dynbuf_puts(&text, " (");
	tel__dynbuf_slice(&text, tel__slice_cut(s->component, WHERE_MAX));
	tel__dynbuf_puts(&text, ")");
	ok = tel__dynbuf_error(&text) == TEL_OK && tel__arena_copy(m->findings, tel__dynbuf_get(&text), ret_where);
	tel__dynbuf_fini(&text);
	return ok;
}

static bool add_finding(tel__monitor *m, const group *g, uint32_t problems, tel_flow_finding *f)
{
	*f = (tel_flow_finding){ .problems = problems };
	if (!g->is_receiver && !tel__arena_copy(m->findings, g->name, &f->pipeline))
		return false;
	if (!(problems & TEL_FLOW_STALLED))
		return true;
	f->waiting_points = g->waiting >= 1e18 ? UINT64_C(1000000000000000000) : (uint64_t)g->waiting;
	return copy_where(m, g->where, &f->where);
}

static void forget(tel__monitor *m, uint64_t now)
{
	size_t at = 0;
	tel_slice key;
	void *value;

	while (tel__map_next(m->series, &at, &key, &value))
		if (age(now, ((series *)value)->at) >= FORGET_NS) {
			(void)tel__map_remove(m->series, ((series *)value)->key, NULL);
			free_series(m, value);
		}
}

/* Groups nobody belongs to any more go; the others begin anew. */
static void reset_groups(tel__monitor *m)
{
	size_t at = 0;
	tel_slice key;
	void *value;

	while (tel__map_next(m->groups, &at, &key, &value)) {
		group *g = value;

		g->problems = 0;
		g->used = g->sent = g->dropped = g->stalled = false;
		g->waiting = 0;
		g->where = NULL;
	}
}

static void drop_groups(tel__monitor *m)
{
	size_t at = 0;
	tel_slice key;
	void *value;

	while (tel__map_next(m->groups, &at, &key, &value))
		if (!((group *)value)->used) {
			(void)tel__map_remove(m->groups, key, NULL);
			free_group(m, value);
		}
}

tel_err tel__monitor_judge(tel__monitor *m, uint64_t unix_ns, tel_flow_facts *ret_flow)
{
	tel_flow_facts flow = TEL_FLOW_FACTS_INIT;
	tel_flow_finding *findings;
	size_t at = 0;
	tel_slice key;
	void *value;

	forget(m, unix_ns);
	reset_groups(m);
	while (tel__map_next(m->series, &at, &key, &value))
		look_at_series(value, unix_ns);
	drop_groups(m);
	tel__arena_reset(m->findings);
	findings = tel__arena_array(m->findings, tel__map_count(m->groups) + 1, sizeof(*findings));
	if (!findings)
		return TEL_ERR_NOMEM;
	at = 0;
	while (tel__map_next(m->groups, &at, &key, &value)) {
		uint32_t problems = settle(value, unix_ns);

		if (problems && !add_finding(m, value, problems, &findings[flow.count++]))
			return TEL_ERR_NOMEM;
	}
	if (flow.count)
		qsort(findings, flow.count, sizeof(*findings), compare_findings);
	flow.findings = findings;
	flow.failed = !m->scraped || age(unix_ns, m->scraped_at) >= WINDOW_NS;
	*ret_flow = flow;
	return TEL_OK;
}
