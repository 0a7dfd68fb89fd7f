/* SPDX-License-Identifier: Apache-2.0 */
/* Editing for programs: a cursor names the node, model/edit.h does the work. */
#include <telemetry/edit.h>

#include "base/utf8.h"
#include "model/edit_i.h"

/* Indexes of the node that a cursor stands at; what it does not stand at is TEL__NO_NODE. */
typedef struct place {
	uint32_t r, s, k, p;
} place;

typedef enum level { AT_RESOURCE, AT_SCOPE, AT_METRIC, AT_POINT } level;

static tel_err find(const tel_metrics *m, const tel_cursor *at, level wanted, place *ret_place)
{
	const tel__resource *resource;
	const tel__scope *scope;

	if (!m || !at || at->metrics != m)
		return TEL_ERR_ARG;
	*ret_place = (place){ at->resource - 1, at->scope - 1, at->metric - 1, at->point - 1 };
	if (!at->resource || at->resource > m->count)
		return TEL_ERR_STATE;
	if (wanted == AT_RESOURCE)
		return TEL_OK;
	resource = &m->resources[ret_place->r];
	if (!at->scope || at->scope > resource->e.count)
		return TEL_ERR_STATE;
	if (wanted == AT_SCOPE)
		return TEL_OK;
	scope = &resource->scopes[ret_place->s];
	if (!at->metric || at->metric > scope->e.count)
		return TEL_ERR_STATE;
	if (wanted == AT_METRIC)
		return TEL_OK;
	return at->point && at->point <= scope->metrics[ret_place->k].points ? TEL_OK : TEL_ERR_STATE;
}

static tel_err set_attr(tel_metrics *m, tel__kvs *attributes, tel_slice key, const tel_value *value)
{
	uint32_t i;

	if (value)
		return tel__kvs_set(m->arena, &m->alloc, attributes, key, value);
	while ((i = tel__kvs_find(attributes, key)) != TEL__KV_NONE)
		tel__kvs_remove(attributes, i);
	return TEL_OK;
}

static tel_err set_envelope_attr(tel_metrics *m, const tel_cursor *at, level wanted, tel_slice key, const tel_value *value)
{
	tel__envelope_edit *edit;
	place p;
	tel_err e = key.len && !key.ptr ? TEL_ERR_ARG : find(m, at, wanted, &p);

	if (!e)
		e = wanted == AT_SCOPE ? tel__metrics_open_scope(m, p.r, p.s, &edit) : tel__metrics_open_resource(m, p.r, &edit);
	return e ? e : set_attr(m, &edit->attributes, key, value);
}

tel_err tel_edit_resource_attr(tel_metrics *m, const tel_cursor *at, tel_slice key, const tel_value *value)
{
	return set_envelope_attr(m, at, AT_RESOURCE, key, value);
}

tel_err tel_edit_scope_attr(tel_metrics *m, const tel_cursor *at, tel_slice key, const tel_value *value)
{
	return set_envelope_attr(m, at, AT_SCOPE, key, value);
}

static tel_err open_point(tel_metrics *m, const place *p, tel__metric_edit **ret_edit, tel__point **ret_point)
{
	tel_err e = tel__metrics_open_metric(m, p->r, p->s, p->k, ret_edit);

	if (!e)
		e = tel__metric_open_points(m, *ret_edit);
	if (!e)
		*ret_point = &(*ret_edit)->points[p->p];
	return e;
}

tel_err tel_edit_point_attr(tel_metrics *m, const tel_cursor *at, tel_slice key, const tel_value *value)
{
	tel__metric_edit *edit;
	tel__point *point;
	place p;
	tel_err e = key.len && !key.ptr ? TEL_ERR_ARG : find(m, at, AT_POINT, &p);

	if (!e)
		e = open_point(m, &p, &edit, &point);
	if (!e && !point->open)
		e = tel__point_open(m, edit, point);
	return e ? e : set_attr(m, &point->attributes, key, value);
}

typedef enum text { NAME, UNIT, DESCRIPTION } text;

static tel_err set_text(tel_metrics *m, const tel_cursor *at, text which, tel_slice value)
{
	tel__metric_edit *edit;
	tel_slice copy = { NULL, 0 };
	place p;
	tel_err e = find(m, at, AT_METRIC, &p);

	if (!e && value.len && (!value.ptr || !tel__utf8_ok((const uint8_t *)value.ptr, value.len)))
		e = TEL_ERR_ARG;
	if (!e)
		e = tel__metrics_open_metric(m, p.r, p.s, p.k, &edit);
	if (!e && value.len && !tel__arena_copy(m->arena, value, &copy))
		e = TEL_ERR_NOMEM;
	if (e)
		return e;
	*(which == NAME ? &edit->name : which == UNIT ? &edit->unit : &edit->description) = copy;
	edit->changed = true;
	return TEL_OK;
}

tel_err tel_edit_metric_name(tel_metrics *m, const tel_cursor *at, tel_slice name)
{
	return name.len ? set_text(m, at, NAME, name) : TEL_ERR_ARG;
}

tel_err tel_edit_metric_unit(tel_metrics *m, const tel_cursor *at, tel_slice unit)
{
	return set_text(m, at, UNIT, unit);
}

tel_err tel_edit_metric_description(tel_metrics *m, const tel_cursor *at, tel_slice description)
{
	return set_text(m, at, DESCRIPTION, description);
}

tel_err tel_edit_drop_resource(tel_metrics *m, const tel_cursor *at)
{
	place p;
	tel_err e = find(m, at, AT_RESOURCE, &p);

	return e ? e : tel__metrics_drop_resource(m, p.r);
}

tel_err tel_edit_drop_scope(tel_metrics *m, const tel_cursor *at)
{
	place p;
	tel_err e = find(m, at, AT_SCOPE, &p);

	return e ? e : tel__metrics_drop_scope(m, p.r, p.s);
}

tel_err tel_edit_drop_metric(tel_metrics *m, const tel_cursor *at)
{
	place p;
	tel_err e = find(m, at, AT_METRIC, &p);

	return e ? e : tel__metrics_drop_metric(m, p.r, p.s, p.k);
}

tel_err tel_edit_drop_point(tel_metrics *m, const tel_cursor *at)
{
	tel__metric_edit *edit;
	tel__point *point;
	place p;
	tel_err e = find(m, at, AT_POINT, &p);

	if (!e)
		e = open_point(m, &p, &edit, &point);
	if (!e)
		point->dropped = true;
	return e;
}

tel_err tel_edit_finish(tel_metrics *m)
{
	return m ? tel__metrics_close(m) : TEL_ERR_ARG;
}
