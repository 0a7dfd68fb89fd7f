/* SPDX-License-Identifier: Apache-2.0 */
#include "model/edit.h"

#include "model/edit_i.h"

tel_err tel__metrics_path(tel_metrics *m, uint32_t r, uint32_t s)
{
	tel__resource *resource;
	tel_err e = tel__metrics_own_resources(m);

	if (e || s == TEL__NO_NODE)
		return e;
	resource = &m->resources[r];
	e = tel__metrics_own_scopes(m, resource);
	return e ? e : tel__metrics_own_metrics(m, &resource->scopes[s]);
}

void tel__metrics_changed(tel_metrics *m, uint32_t r, uint32_t s)
{
	m->whole = NULL;
	m->resources[r].e.whole = false;
	if (s != TEL__NO_NODE)
		m->resources[r].scopes[s].e.whole = false;
}

void tel__metrics_touched(tel_metrics *m, uint32_t r, uint32_t s)
{
	m->resources[r].e.touched = true;
	if (s != TEL__NO_NODE)
		m->resources[r].scopes[s].e.touched = true;
	tel__metrics_changed(m, r, s);
	m->swept = false;
}

tel_err tel__metrics_drop_resource(tel_metrics *m, uint32_t r)
{
	tel_err e = tel__metrics_own_resources(m);

	if (e)
		return e;
	m->resources[r].e.dropped = true;
	m->whole = NULL;
	m->swept = false;
	return TEL_OK;
}

tel_err tel__metrics_drop_scope(tel_metrics *m, uint32_t r, uint32_t s)
{
	tel__resource *resource;
	tel_err e = tel__metrics_own_resources(m);

	if (e)
		return e;
	resource = &m->resources[r];
	e = tel__metrics_own_scopes(m, resource);
	if (e)
		return e;
	resource->scopes[s].e.dropped = true;
	tel__metrics_touched(m, r, TEL__NO_NODE);
	return TEL_OK;
}

tel_err tel__metrics_drop_metric(tel_metrics *m, uint32_t r, uint32_t s, uint32_t k)
{
	tel_err e = tel__metrics_path(m, r, s);

	if (e)
		return e;
	m->resources[r].scopes[s].metrics[k].dropped = true;
	tel__metrics_touched(m, r, s);
	return TEL_OK;
}

/* Only what is touched is writable, and only that is looked at. */
static void sweep_scope(tel__scope *scope)
{
	tel__envelope *e = &scope->e;
	uint32_t kept = 0;

	e->points = 0;
	for (uint32_t i = 0; i < e->count; i++) {
		tel__metric *metric = &scope->metrics[i];

		if (metric->dropped || (metric->touched && !metric->points))
			continue;
		metric->touched = false;
		e->points += metric->points;
		scope->metrics[kept++] = *metric;
	}
	e->dropped |= e->count && !kept;
	e->count = kept;
	e->touched = false;
}

static void sweep_resource(tel__resource *resource)
{
	tel__envelope *e = &resource->e;
	uint32_t kept = 0;

	e->points = 0;
	resource->metrics = 0;
	for (uint32_t i = 0; i < e->count; i++) {
		tel__scope *scope = &resource->scopes[i];

		if (scope->e.touched)
			sweep_scope(scope);
		if (scope->e.dropped)
			continue;
		e->points += scope->e.points;
		resource->metrics += scope->e.count;
		resource->scopes[kept++] = *scope;
	}
	e->dropped |= e->count && !kept;
	e->count = kept;
	e->touched = false;
}

void tel__metrics_sweep(tel_metrics *m)
{
	uint32_t kept = 0;

	m->scopes = m->metrics = m->points = 0;
	for (uint32_t i = 0; i < m->count; i++) {
		tel__resource *resource = &m->resources[i];

		if (resource->e.touched)
			sweep_resource(resource);
		if (resource->e.dropped)
			continue;
		m->scopes += resource->e.count;
		m->metrics += resource->metrics;
		m->points += resource->e.points;
		m->resources[kept++] = *resource;
	}
	m->count = kept;
	m->swept = true;
}

tel_err tel__metrics_close(tel_metrics *m)
{
	if (m->open_metrics || m->open_envelopes) {
		tel_err e = tel__metrics_close_open(m);

		if (e)
			return e;
	}
	if (!m->swept)
		tel__metrics_sweep(m);
	return TEL_OK;
}
