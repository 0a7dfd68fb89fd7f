/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/machine.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "model/edit_i.h"
#include "model/walk.h"

enum { MESSAGE_MAX = 8192, GROWTH_FACTOR = 64 };

tel_err tel__ottl_machine_new(const tel_alloc *alloc, tel__ottl_machine **ret_machine)
{
	tel__ottl_machine *m = tel__mem_zero(alloc, 1, sizeof *m);
	tel_err rc;

	if (!m)
		return TEL_ERR_NOMEM;
	m->alloc = *tel__alloc_or_default(alloc);
	tel__dynbuf_init(&m->message, &m->alloc, MESSAGE_MAX);
	tel__dynbuf_init(&m->out, &m->alloc, TEL_LIMIT_OTTL_VALUE_BYTES);
	m->limit = TEL_OTTL_DATAPOINT;
	rc = tel__arena_new(&m->alloc, TEL_LIMIT_OTTL_VALUE_BYTES, NULL, &m->scratch);
	if (rc == TEL_OK)
		rc = tel__regex_run_new(&m->alloc, &m->regex);
	if (rc != TEL_OK) {
		tel__ottl_machine_free(m);
		return rc;
	}
	*ret_machine = m;
	return TEL_OK;
}

void tel__ottl_machine_free(tel__ottl_machine *m)
{
	tel_alloc alloc;

	if (!m)
		return;
	alloc = m->alloc;
	tel__dynbuf_fini(&m->message);
	tel__dynbuf_fini(&m->out);
	tel__arena_unref(m->scratch);
	tel__regex_run_free(m->regex);
	tel__mem_free(&alloc, m, 1, sizeof *m);
}

void tel__ottl_machine_begin(tel__ottl_machine *m, tel__ottl_item *item, uint64_t unix_ns, const struct tel_origin *origin)
{
	uint64_t live = tel__metrics_live_bytes(item->batch);

	m->item = item;
	m->rc = TEL_OK;
	m->steps = TEL_LIMIT_OTTL_STEPS;
	m->room = (item->batch->arena ? tel__arena_bytes(item->batch->arena) : 0) + TEL_LIMIT_OTTL_GROWTH_BYTES +
	          GROWTH_FACTOR * (size_t)live;
	m->unix_ns = unix_ns;
	m->origin = origin;
	m->created = 0;
	m->limit = TEL_OTTL_DATAPOINT;
	tel__dynbuf_reset(&m->message);
	tel__dynbuf_reset(&m->out);
	m->dirty = true;
	tel__ottl_machine_reset(m);
}

void tel__ottl_machine_reset(tel__ottl_machine *m)
{
	if (!m->dirty)
		return;
	tel__arena_reset(m->scratch);
	m->cache = (tel__kvs){ NULL, 0, 0, false };
	m->dirty = false;
}

/* Failing. */

bool tel__ottl_fail(tel__ottl_machine *m, const char *text)
{
	tel__dynbuf_reset(&m->message);
	tel__dynbuf_puts(&m->message, text);
	return false;
}

bool tel__ottl_fail_fmt(tel__ottl_machine *m, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	return tel__ottl_fail(m, text);
}

bool tel__ottl_fail_type(tel__ottl_machine *m, const char *expected, const tel__ottl_value *got)
{
	return tel__ottl_fail_fmt(m, "expected %s but got %s", expected, tel__ottl_type_name(got));
}

bool tel__ottl_fail_nomem(tel__ottl_machine *m)
{
	m->rc = TEL_ERR_NOMEM;
	return tel__ottl_fail(m, "no memory");
}

static bool failed(tel__ottl_machine *m, tel_err rc)
{
	if (rc == TEL_ERR_LIMIT)
		return tel__ottl_fail_fmt(m, "a value of more than %d MiB", TEL_LIMIT_OTTL_VALUE_BYTES >> 20);
	m->rc = rc == TEL_ERR_BUDGET ? rc : TEL_ERR_NOMEM;
	return tel__ottl_fail(m, "no memory");
}

bool tel__ottl_model(tel__ottl_machine *m, tel_err rc)
{
	if (rc == TEL_OK)
		return true;
	if (rc == TEL_ERR_LIMIT)
		return tel__ottl_fail(m, "the data would need far more memory than it may");
	if (m->item->batch->arena && tel__arena_error(m->item->batch->arena) == TEL_ERR_BUDGET)
		rc = TEL_ERR_BUDGET;
	return failed(m, rc);
}

/* Memory. */

void *tel__ottl_take(tel__ottl_machine *m, size_t size)
{
	void *room = tel__arena_alloc(m->scratch, size ? size : 1);

	m->dirty = true;
	if (!room)
		(void)failed(m, tel__arena_error(m->scratch));
	return room;
}

static bool keep(tel__ottl_machine *m, tel__arena *arena, size_t from, tel_slice *ret_text)
{
	tel_err rc = tel__dynbuf_error(&m->out);
	tel_slice text = { m->out.ptr + from, m->out.len - from };

	if (rc == TEL_OK && !text.len)
		*ret_text = TEL_SLICE_LIT("");
	else if (rc == TEL_OK && !tel__arena_copy(arena, text, ret_text))
		rc = tel__arena_error(arena);
	if (tel__dynbuf_error(&m->out) == TEL_OK)
		m->out.len = from;
	else
		tel__dynbuf_reset(&m->out);
	return rc == TEL_OK || failed(m, rc);
}

bool tel__ottl_keep(tel__ottl_machine *m, size_t from, tel_slice *ret_text)
{
	m->dirty = true;
	return keep(m, m->scratch, from, ret_text);
}

/* Everything that edits passes here: the batch may not grow without end. */
static tel__arena *batch_arena(tel__ottl_machine *m)
{
	tel__arena *arena;
	tel_err rc = tel__metrics_arena(m->item->batch, &arena);

	if (rc != TEL_OK) {
		(void)failed(m, rc);
		return NULL;
	}
	if (tel__arena_bytes(arena) <= m->room)
		return arena;
	(void)tel__ottl_fail(m, "the statements make the batch grow beyond what they may");
	return NULL;
}

bool tel__ottl_keep_in_batch(tel__ottl_machine *m, size_t from, tel_slice *ret_text)
{
	tel__arena *arena = batch_arena(m);

	if (arena)
		return keep(m, arena, from, ret_text);
	m->out.len = from;
	return false;
}

/* Walking. */

static void forget(tel__ottl_item *item, unsigned level)
{
	item->clock++;
	for (unsigned i = level; i < TEL__OTTL_LEVELS; i++)
		item->stamp[i] = item->clock;
}

void tel__ottl_touch(tel__ottl_item *item, unsigned level)
{
	forget(item, level);
	if (level < item->edited)
		item->edited = (uint8_t)level;
}

void tel__ottl_settle(tel__ottl_item *item)
{
	if (item->edited == TEL__OTTL_LEVELS)
		return;
	forget(item, item->edited);
	item->edited = TEL__OTTL_LEVELS;
}

void tel__ottl_item_init(tel__ottl_item *item, tel_metrics *batch)
{
	uint64_t clock = item->clock;

	memset(item, 0, sizeof *item);
	item->batch = batch;
	item->clock = clock; /* what somebody remembers of the last batch is not of this one */
	item->edited = TEL__OTTL_LEVELS;
	forget(item, 0);
}

void tel__ottl_enter_resource(tel__ottl_item *item, uint32_t r)
{
	item->r = r;
	item->s = item->k = item->p = TEL__NO_NODE;
	forget(item, TEL_OTTL_RESOURCE);
}

void tel__ottl_enter_scope(tel__ottl_item *item, uint32_t s)
{
	item->s = s;
	item->k = item->p = TEL__NO_NODE;
	forget(item, TEL_OTTL_SCOPE);
}

static const tel__metric *metric_of(const tel__ottl_item *item)
{
	return &item->batch->resources[item->r].scopes[item->s].metrics[item->k];
}

void tel__ottl_enter_metric(tel__ottl_item *item, uint32_t k)
{
	item->k = k;
	item->p = TEL__NO_NODE;
	item->points = (tel_fields){ NULL, NULL, 0, 0 };
	forget(item, TEL_OTTL_METRIC);
}

void tel__ottl_enter_point(tel__ottl_item *item, tel_slice payload)
{
	item->p++;
	item->field = payload;
	item->opened = NULL;
	forget(item, TEL_OTTL_DATAPOINT);
}

bool tel__ottl_next_point(tel__ottl_item *item)
{
	const tel__metric *metric = metric_of(item);
	tel_slice payload;

	if (item->p == TEL__NO_NODE)
		item->points = tel__metric_points(metric);
	if (metric->edit && metric->edit->points_open) {
		uint32_t next = item->p == TEL__NO_NODE ? 0 : item->p + 1;

		while (next < metric->edit->count && metric->edit->points[next].dropped)
			next++;
		if (next >= metric->edit->count || metric->edit->type == TEL__METRIC_EMPTY)
			return false;
		item->p = next;
		item->field = (tel_slice){ NULL, 0 };
		forget(item, TEL_OTTL_DATAPOINT);
		return true;
	}
	if (item->points.next == item->points.end || !tel__fields_next(&item->points, &payload))
		return false;
	tel__ottl_enter_point(item, payload);
	return true;
}

/* Views. */

const tel__envelope_edit *tel__ottl_open_of_resource(const tel__ottl_item *item)
{
	return item->batch->resources[item->r].e.edit;
}

const tel__envelope_edit *tel__ottl_open_of_scope(const tel__ottl_item *item)
{
	return item->batch->resources[item->r].scopes[item->s].e.edit;
}

const tel__metric_edit *tel__ottl_open_of_metric(const tel__ottl_item *item)
{
	return metric_of(item)->edit;
}

const tel_resource_view *tel__ottl_resource_view(tel__ottl_item *item)
{
	if (item->seen[TEL_OTTL_RESOURCE] != item->stamp[TEL_OTTL_RESOURCE]) {
		tel__resource_read(&item->batch->resources[item->r].e, &item->resource);
		item->seen[TEL_OTTL_RESOURCE] = item->stamp[TEL_OTTL_RESOURCE];
	}
	return &item->resource;
}

const tel_scope_view *tel__ottl_scope_view(tel__ottl_item *item)
{
	if (item->seen[TEL_OTTL_SCOPE] != item->stamp[TEL_OTTL_SCOPE]) {
		tel__scope_read(&item->batch->resources[item->r].scopes[item->s].e, &item->scope);
		item->seen[TEL_OTTL_SCOPE] = item->stamp[TEL_OTTL_SCOPE];
	}
	return &item->scope;
}

const tel_metric_view *tel__ottl_metric_view(tel__ottl_item *item)
{
	if (item->seen[TEL_OTTL_METRIC] != item->stamp[TEL_OTTL_METRIC]) {
		tel__metric_read(metric_of(item), &item->metric);
		item->seen[TEL_OTTL_METRIC] = item->stamp[TEL_OTTL_METRIC];
	}
	return &item->metric;
}

unsigned tel__ottl_metric_type_of(const tel__ottl_item *item)
{
	const tel__metric *metric = metric_of(item);

	return metric->edit ? metric->edit->type : metric->type;
}

const tel_point_view *tel__ottl_point_view(tel__ottl_item *item)
{
	const tel__metric_edit *edit;

	if (item->seen[TEL_OTTL_DATAPOINT] == item->stamp[TEL_OTTL_DATAPOINT])
		return item->opened ? NULL : &item->point;
	item->seen[TEL_OTTL_DATAPOINT] = item->stamp[TEL_OTTL_DATAPOINT];
	item->opened = NULL;
	edit = tel__ottl_open_of_metric(item);
	if (edit && edit->points_open) {
		const tel__point *point = &edit->points[item->p];
		tel__pb_reader r = tel__pb_read(point->field);
		tel__pb_field f;

		if (point->open) {
			item->opened = point;
			return NULL;
		}
		if (!item->field.ptr && tel__pb_next(&r, &f))
			item->field = f.bytes;
	}
	tel__point_read(item->field, tel__ottl_metric_type_of(item), &item->point);
	return &item->point;
}

/* Opening. */

tel__envelope_edit *tel__ottl_edit_resource(tel__ottl_machine *m)
{
	tel__envelope_edit *edit;

	if (!batch_arena(m) || !tel__ottl_model(m, tel__metrics_open_resource(m->item->batch, m->item->r, &edit)))
		return NULL;
	tel__ottl_touch(m->item, TEL_OTTL_RESOURCE);
	return edit;
}

tel__envelope_edit *tel__ottl_edit_scope(tel__ottl_machine *m)
{
	tel__envelope_edit *edit;

	if (!batch_arena(m) || !tel__ottl_model(m, tel__metrics_open_scope(m->item->batch, m->item->r, m->item->s, &edit)))
		return NULL;
	tel__ottl_touch(m->item, TEL_OTTL_SCOPE);
	return edit;
}

tel__metric_edit *tel__ottl_edit_metric(tel__ottl_machine *m)
{
	tel__ottl_item *item = m->item;
	tel__metric_edit *edit;

	if (!batch_arena(m) || !tel__ottl_model(m, tel__metrics_open_metric(item->batch, item->r, item->s, item->k, &edit)))
		return NULL;
	tel__ottl_touch(item, TEL_OTTL_METRIC);
	return edit;
}

tel__point *tel__ottl_edit_point(tel__ottl_machine *m)
{
	tel__metric_edit *edit;
	tel__point *point;

	if (!batch_arena(m))
		return NULL;
	edit = (tel__metric_edit *)(uintptr_t)tel__ottl_open_of_metric(m->item);
	if (!edit) {
		edit = tel__ottl_edit_metric(m);
		if (!edit)
			return NULL;
	}
	if (!tel__ottl_model(m, tel__metric_open_points(m->item->batch, edit)))
		return NULL;
	point = &edit->points[m->item->p];
	if (!tel__ottl_model(m, tel__point_open(m->item->batch, edit, point)))
		return NULL;
	tel__ottl_touch(m->item, TEL_OTTL_DATAPOINT);
	return point;
}

tel__metric_edit *tel__ottl_edit_points(tel__ottl_machine *m)
{
	tel__metric_edit *edit = tel__ottl_edit_metric(m);

	if (!edit || !tel__ottl_model(m, tel__metric_open_points(m->item->batch, edit)))
		return NULL;
	for (uint32_t i = 0; i < edit->count; i++)
		if (!tel__ottl_model(m, tel__point_open(m->item->batch, edit, &edit->points[i])))
			return NULL;
	return edit;
}
