/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/program.h"

#include "base/slice_i.h"
#include "model/otlp_fields.h"
#include "model/walk.h"

typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* What paths read and write, otel-processing.md 2. Setters are strict (a wrong type fails) or lenient (nothing happens). */

static bool wrong(machine *m, const char *expected, const value *v)
{
	return tel__ottl_fail_fmt(m, "expects %s but got %s", expected, tel__ottl_type_name(v));
}

/* A text that the batch keeps. */
static bool keep_text(machine *m, tel_slice text, tel_slice *ret)
{
	size_t from = m->out.len;

	tel__ottl_write_text(&m->out, text);
	return tel__ottl_keep_in_batch(m, from, ret);
}

static bool strict_text(machine *m, const value *v, tel_slice *ret)
{
	return v->type == TEL__OTTL_V_STR ? keep_text(m, v->u.text, ret) : wrong(m, "string", v);
}

/* Behind the others, even when there is one of that key. */
static bool push(machine *m, tel__kvs *kvs, tel_slice key, tel_slice encoded)
{
	tel__arena *arena;

	if (!tel__ottl_model(m, tel__metrics_arena(m->item->batch, &arena)))
		return false;
	if (kvs->count == kvs->cap) {
		uint32_t cap = kvs->cap ? 2 * kvs->cap : 8;
		tel__kv *at = tel__arena_grow(arena, kvs->at, kvs->cap * sizeof *at, cap * sizeof *at);

		if (!at)
			return tel__ottl_model(m, TEL_ERR_NOMEM);
		kvs->at = at;
		kvs->cap = cap;
	}
	kvs->at[kvs->count++] = (tel__kv){ .key = key, .value = encoded };
	return true;
}

/* Replaces the content of an opened set by that of a map. */
static bool replace_map(machine *m, tel__kvs *kvs, const value *map)
{
	tel__kvs fresh = { NULL, 0, 0, false };
	tel__ottl_iter it = tel__ottl_iterate(map);
	tel_slice key, encoded;
	tel__pb_field f;
	value v;

	while (tel__ottl_next_pair(&it, &key, &v)) {
		size_t from = m->out.len;
		tel__pb_reader r;

		if (!tel__ottl_write_any(&m->out, 1, &v)) {
			m->out.len = from;
			return tel__ottl_fail(m, "a value nested too deep");
		}
		if (!tel__ottl_keep_in_batch(m, from, &encoded) || !keep_text(m, key, &key))
			return false;
		r = tel__pb_read(encoded);
		(void)tel__pb_next(&r, &f);
		if (!push(m, &fresh, key, f.bytes))
			return false;
	}
	*kvs = fresh;
	kvs->changed = true;
	return true;
}

/* Resource. */

static bool get_resource_attributes(machine *m, value *ret)
{
	const tel__envelope_edit *edit = tel__ottl_open_of_resource(m->item);

	*ret = edit ? tel__ottl_map_of_kvs(&edit->attributes) : tel__ottl_map_of(tel__ottl_resource_view(m->item)->attributes);
	return true;
}

static tel__kvs *open_resource_attributes(machine *m)
{
	tel__envelope_edit *edit = tel__ottl_edit_resource(m);

	return edit ? &edit->attributes : NULL;
}

static bool set_resource_attributes(machine *m, const value *v)
{
	tel__kvs *kvs;

	if (v->type != TEL__OTTL_V_MAP)
		return true;
	kvs = open_resource_attributes(m);
	return kvs && replace_map(m, kvs, v);
}

static bool get_resource_dropped(machine *m, value *ret)
{
	const tel__envelope_edit *edit = tel__ottl_open_of_resource(m->item);

	*ret = tel__ottl_int(edit ? edit->dropped_attributes : tel__ottl_resource_view(m->item)->dropped_attributes);
	return true;
}

static bool set_resource_dropped(machine *m, const value *v)
{
	tel__envelope_edit *edit;

	if (v->type != TEL__OTTL_V_INT)
		return true;
	edit = tel__ottl_edit_resource(m);
	if (!edit)
		return false;
	edit->dropped_attributes = (uint32_t)v->u.i64;
	edit->changed = true;
	return true;
}

static bool get_resource_schema(machine *m, value *ret)
{
	const tel__envelope_edit *edit = tel__ottl_open_of_resource(m->item);

	*ret = tel__ottl_str(edit ? edit->schema_url : tel__ottl_resource_view(m->item)->schema_url);
	return true;
}

static bool set_resource_schema(machine *m, const value *v)
{
	tel__envelope_edit *edit;

	if (v->type != TEL__OTTL_V_STR)
		return true;
	edit = tel__ottl_edit_resource(m);
	if (!edit || !keep_text(m, v->u.text, &edit->schema_url))
		return false;
	return edit->changed = true;
}

/* Scope. */

#define SCOPE_TEXT(member)                                                                             \
	static bool get_scope_##member(machine *m, value *ret)                                             \
	{                                                                                                  \
		const tel__envelope_edit *edit = tel__ottl_open_of_scope(m->item);                             \
		*ret = tel__ottl_str(edit ? edit->member : tel__ottl_scope_view(m->item)->member);             \
		return true;                                                                                   \
	}                                                                                                  \
	static bool set_scope_##member(machine *m, const value *v)                                         \
	{                                                                                                  \
		tel__envelope_edit *edit = tel__ottl_edit_scope(m);                                            \
		return edit && strict_text(m, v, &edit->member) && (edit->changed = true);                     \
	}

SCOPE_TEXT(name)
SCOPE_TEXT(version)
SCOPE_TEXT(schema_url)

static bool get_scope_attributes(machine *m, value *ret)
{
	const tel__envelope_edit *edit = tel__ottl_open_of_scope(m->item);

	*ret = edit ? tel__ottl_map_of_kvs(&edit->attributes) : tel__ottl_map_of(tel__ottl_scope_view(m->item)->attributes);
	return true;
}

static tel__kvs *open_scope_attributes(machine *m)
{
	tel__envelope_edit *edit = tel__ottl_edit_scope(m);

	return edit ? &edit->attributes : NULL;
}

static bool set_scope_attributes(machine *m, const value *v)
{
	tel__kvs *kvs;

	if (v->type != TEL__OTTL_V_MAP)
		return true;
	kvs = open_scope_attributes(m);
	return kvs && replace_map(m, kvs, v);
}

static bool get_scope_dropped(machine *m, value *ret)
{
	const tel__envelope_edit *edit = tel__ottl_open_of_scope(m->item);

	*ret = tel__ottl_int(edit ? edit->dropped_attributes : tel__ottl_scope_view(m->item)->dropped_attributes);
	return true;
}

static bool set_scope_dropped(machine *m, const value *v)
{
	tel__envelope_edit *edit;

	if (v->type != TEL__OTTL_V_INT)
		return wrong(m, "int64", v);
	edit = tel__ottl_edit_scope(m);
	if (!edit)
		return false;
	edit->dropped_attributes = (uint32_t)v->u.i64;
	return edit->changed = true;
}

/* Metric. */

static bool get_metric_name(machine *m, value *ret)
{
	const tel__metric_edit *edit = tel__ottl_open_of_metric(m->item);

	*ret = tel__ottl_str(edit ? edit->name : m->item->batch->resources[m->item->r].scopes[m->item->s].metrics[m->item->k].name);
	return true;
}

#define METRIC_GET(member)                                                                             \
	static bool get_metric_##member(machine *m, value *ret)                                            \
	{                                                                                                  \
		const tel__metric_edit *edit = tel__ottl_open_of_metric(m->item);                              \
		*ret = tel__ottl_str(edit ? edit->member : tel__ottl_metric_view(m->item)->member);            \
		return true;                                                                                   \
	}
#define METRIC_SET(member)                                                                             \
	static bool set_metric_##member(machine *m, const value *v)                                        \
	{                                                                                                  \
		tel__metric_edit *edit;                                                                        \
		tel_slice text;                                                                                \
		if (!strict_text(m, v, &text))                                                                 \
			return false;                                                                              \
		edit = tel__ottl_edit_metric(m);                                                               \
		if (!edit)                                                                                     \
			return false;                                                                              \
		edit->member = text;                                                                           \
		return edit->changed = true;                                                                   \
	}

METRIC_GET(description)
METRIC_GET(unit)
METRIC_SET(name)
METRIC_SET(description)
METRIC_SET(unit)

static bool get_metric_type(machine *m, value *ret)
{
	static const uint8_t numbers[] = { [TEL_METRIC_GAUGE] = 1, [TEL_METRIC_SUM] = 2, [TEL_METRIC_HISTOGRAM] = 3,
		                               [TEL_METRIC_EXP_HISTOGRAM] = 4, [TEL_METRIC_SUMMARY] = 5 };

	*ret = tel__ottl_int(numbers[tel__ottl_metric_type_of(m->item)]);
	return true;
}

static bool set_nothing(machine *m, const value *v)
{
	(void)m;
	(void)v;
	return true;
}

static bool has_temporality(unsigned type)
{
	return type == TEL_METRIC_SUM || type == TEL_METRIC_HISTOGRAM || type == TEL_METRIC_EXP_HISTOGRAM;
}

static bool get_metric_temporality(machine *m, value *ret)
{
	const tel__metric_edit *edit = tel__ottl_open_of_metric(m->item);

	if (!has_temporality(tel__ottl_metric_type_of(m->item)))
		*ret = tel__ottl_nil();
	else
		*ret = tel__ottl_int(edit ? (int32_t)edit->temporality : (int32_t)tel__ottl_metric_view(m->item)->temporality);
	return true;
}

static bool set_metric_temporality(machine *m, const value *v)
{
	tel__metric_edit *edit;

	if (v->type != TEL__OTTL_V_INT)
		return wrong(m, "int64", v);
	if (!has_temporality(tel__ottl_metric_type_of(m->item)))
		return true;
	edit = tel__ottl_edit_metric(m);
	if (!edit)
		return false;
	edit->temporality = (uint32_t)v->u.i64;
	return edit->changed = true;
}

static bool get_metric_monotonic(machine *m, value *ret)
{
	const tel__metric_edit *edit = tel__ottl_open_of_metric(m->item);

	if (tel__ottl_metric_type_of(m->item) != TEL_METRIC_SUM)
		*ret = tel__ottl_nil();
	else
		*ret = tel__ottl_bool(edit ? edit->monotonic : tel__ottl_metric_view(m->item)->monotonic);
	return true;
}

static bool set_metric_monotonic(machine *m, const value *v)
{
	tel__metric_edit *edit;

	if (v->type != TEL__OTTL_V_BOOL)
		return wrong(m, "bool", v);
	if (tel__ottl_metric_type_of(m->item) != TEL_METRIC_SUM)
		return true;
	edit = tel__ottl_edit_metric(m);
	if (!edit)
		return false;
	edit->monotonic = v->u.truth;
	return edit->changed = true;
}

static bool get_metric_points(machine *m, value *ret)
{
	const tel__metric *metric = &m->item->batch->resources[m->item->r].scopes[m->item->s].metrics[m->item->k];

	*ret = (value){ .type = TEL__OTTL_V_OPAQUE, .form = TEL__OTTL_POINTS, .u.text = { (const char *)metric, 0 },
		            .count = metric->edit && metric->edit->points_open ? metric->edit->count : metric->points };
	if (tel__ottl_metric_type_of(m->item) == TEL_METRIC_NONE)
		*ret = tel__ottl_nil();
	return true;
}

static bool set_metric_points(machine *m, const value *v)
{
	return v->type == TEL__OTTL_V_OPAQUE && v->form == TEL__OTTL_POINTS ? true : wrong(m, "pmetric.NumberDataPointSlice", v);
}

static bool get_metric_metadata(machine *m, value *ret)
{
	const tel__metric_edit *edit = tel__ottl_open_of_metric(m->item);

	*ret = edit ? tel__ottl_map_of_kvs(&edit->metadata) : tel__ottl_map_of(tel__ottl_metric_view(m->item)->metadata);
	return true;
}

static tel__kvs *open_metric_metadata(machine *m)
{
	tel__metric_edit *edit = tel__ottl_edit_metric(m);

	return edit ? &edit->metadata : NULL;
}

static bool set_metric_metadata(machine *m, const value *v)
{
	tel__kvs *kvs;

	if (v->type != TEL__OTTL_V_MAP)
		return true;
	kvs = open_metric_metadata(m);
	return kvs && replace_map(m, kvs, v);
}

/* The cache of the context that runs, 2.5. */

static bool get_cache(machine *m, value *ret)
{
	*ret = tel__ottl_map_of_kvs(&m->cache);
	return true;
}

static tel__kvs *open_cache(machine *m)
{
	m->dirty = true;
	return &m->cache;
}

static bool set_cache(machine *m, const value *v)
{
	return v->type != TEL__OTTL_V_MAP || replace_map(m, open_cache(m), v);
}

/* The client. */

static bool get_client_addr(machine *m, value *ret)
{
	*ret = m->origin && m->origin->peer.len ? tel__ottl_str(m->origin->peer) : tel__ottl_nil();
	return true;
}

static bool get_nil(machine *m, value *ret)
{
	(void)m;
	*ret = tel__ottl_nil();
	return true;
}

static bool set_otelcol(machine *m, const value *v)
{
	(void)v;
	return tel__ottl_fail(m, "\"otelcol\" is read-only and cannot be modified");
}

#define ROW(context, name, get, set) { TEL_OTTL_##context, name, NULL, NULL, get, set, NULL }
#define MAP(context, name, of) { TEL_OTTL_##context, name, NULL, NULL, get_##of, set_##of, open_##of }

static const tel__ottl_access rows[] = {
	MAP(RESOURCE, "attributes", resource_attributes),
	ROW(RESOURCE, "dropped_attributes_count", get_resource_dropped, set_resource_dropped),
	ROW(RESOURCE, "schema_url", get_resource_schema, set_resource_schema), MAP(RESOURCE, "cache", cache),
	ROW(SCOPE, "name", get_scope_name, set_scope_name), ROW(SCOPE, "version", get_scope_version, set_scope_version),
	MAP(SCOPE, "attributes", scope_attributes), ROW(SCOPE, "dropped_attributes_count", get_scope_dropped, set_scope_dropped),
	ROW(SCOPE, "schema_url", get_scope_schema_url, set_scope_schema_url), MAP(SCOPE, "cache", cache),
	ROW(METRIC, "name", get_metric_name, set_metric_name),
	ROW(METRIC, "description", get_metric_description, set_metric_description),
	ROW(METRIC, "unit", get_metric_unit, set_metric_unit), ROW(METRIC, "type", get_metric_type, set_nothing),
	ROW(METRIC, "aggregation_temporality", get_metric_temporality, set_metric_temporality),
	ROW(METRIC, "is_monotonic", get_metric_monotonic, set_metric_monotonic),
	ROW(METRIC, "data_points", get_metric_points, set_metric_points), MAP(METRIC, "metadata", metric_metadata),
	MAP(METRIC, "cache", cache), MAP(DATAPOINT, "cache", cache),
	{ TEL__OTTL_OTELCOL, "client", "addr", NULL, get_client_addr, set_otelcol, NULL },
	{ TEL__OTTL_OTELCOL, "client", "metadata", NULL, get_nil, set_otelcol, NULL },
	{ TEL__OTTL_OTELCOL, "client", "auth", "attributes", get_nil, set_otelcol, NULL },
	{ TEL__OTTL_OTELCOL, "grpc", "metadata", NULL, get_nil, set_otelcol, NULL },
};

const tel__ottl_access tel__ottl_scope_schema_url = ROW(SCOPE, "schema_url", get_scope_schema_url, set_scope_schema_url);

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

const tel__ottl_access *tel__ottl_access_of(const tel__ottl_path *row)
{
	size_t n = sizeof rows / sizeof rows[0];
	const tel__ottl_access *in = rows;

	if (row->context == TEL_OTTL_DATAPOINT && !same(row->name, "cache"))
		in = tel__ottl_point_accesses(&n);
	for (size_t i = 0; i < n; i++)
		if (in[i].context == row->context && same(in[i].name, row->name) && same(in[i].second, row->second) &&
		    same(in[i].third, row->third))
			return &in[i];
	return NULL;
}

bool tel__ottl_replace_map(machine *m, tel__kvs *kvs, const value *map)
{
	return replace_map(m, kvs, map);
}
