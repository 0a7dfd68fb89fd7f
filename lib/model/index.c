/* SPDX-License-Identifier: Apache-2.0 */
#include "model/index.h"

#include "base/error_i.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "model/check.h"
#include "model/metrics_i.h"
#include "model/normalise.h"
#include "wire/pb.h"

enum { CHILD_RESOURCE = 1 }; /* field number; scopes and metrics have 2 */

typedef struct {
	const tel__index_opts *opts;
	tel_metrics *m;
	tel__arena *arena;
	tel__check check;
	tel__index_report *report;
	const uint8_t *start;  /* of the payload */
	size_t records;        /* bytes of records made */
	tel_err error;         /* other than what check tells */
} indexer;

static bool damaged(indexer *ix, const uint8_t *p, const uint8_t *end)
{
	return tel__check_damage(&ix->check, p, end);
}

static bool failed(indexer *ix, tel_err error)
{
	ix->error = error;
	return false;
}

/* count x size is charged before anything is taken (security.md S7: 20 MiB of 0A 00 are 10 million resources). */
static bool take(indexer *ix, const uint8_t *at, uint32_t count, size_t size, void *ret_array)
{
	void *array;

	if (count > (ix->opts->max_bytes - ix->records) / size) {
		ix->check.at = at;
		ix->check.why = "the index would take more memory than allowed";
		return failed(ix, TEL_ERR_LIMIT);
	}
	ix->records += count * size;
	array = tel__arena_array(ix->arena, count, size);
	if (!array)
		return failed(ix, tel__arena_error(ix->arena));
	*(void **)ret_array = array;
	return true;
}

/* First cut of the payload: reason and place for partial success. */
static void note_cut(indexer *ix, const char *what, tel_slice name, uint64_t points)
{
	tel__index_report *r = ix->report;
	char printable[96];

	r->rejected_nodes++;
	r->rejected_points += points;
	if (r->message[0])
		return;
	tel_error text = TEL_ERROR_INIT;
	(void)tel__fail(&text, TEL_ERR_MALFORMED, "%s \"%s\" was cut out: its text is not UTF-8 at byte %zu of the request",
	                what, tel__slice_printable(name, printable, sizeof printable),
	                (size_t)(ix->check.bad_text - ix->start));
	memcpy(r->message, text.msg, sizeof r->message);
}

/* ---- text ---- */

TEL_INLINE void check_text(indexer *ix, const uint8_t *p, size_t len)
{
	if (!ix->opts->trusted && TEL_UNLIKELY(!tel__utf8_ok(p, len)) && !ix->check.bad_text)
		ix->check.bad_text = p;
}

static void forget(indexer *ix)
{
	ix->check.bad_text = NULL;
	ix->check.again = false;
}

/* ---- metric ---- */

/* Fields of Metric: name, type and data, the last of each. */
static bool metric_fields(indexer *ix, const uint8_t *p, const uint8_t *end, tel__metric *metric)
{
	const uint8_t *field, *start = p;
	uint32_t tag;
	size_t len;

	while (p < end) {
		field = p;
		p = tel__pb_tag(p, end, &tag);
		if (TEL_UNLIKELY(!p))
			return damaged(ix, field, end);
		if (TEL_UNLIKELY((tag & 7) != TEL__PB_LEN)) {
			p = tel__pb_skip(p, end, tag);
			if (!p)
				return damaged(ix, field, end);
			ix->report->unknown_fields++;
			continue;
		}
		p = tel__pb_len(p, end, &len);
		if (TEL_UNLIKELY(!p))
			return damaged(ix, field, end);
		switch (tag >> 3) {
		case 1:
			metric->name = (tel_slice){ (const char *)p, len };
			/* fallthrough */
		case 2:
		case 3:
			check_text(ix, p, len);
			break;
		case TEL__METRIC_GAUGE:
		case TEL__METRIC_SUM:
		case TEL__METRIC_HISTOGRAM:
		case TEL__METRIC_EXP_HISTOGRAM:
		case TEL__METRIC_SUMMARY:
			ix->check.again |= metric->type != TEL__METRIC_EMPTY;
			metric->type = (uint8_t)(tag >> 3);
			metric->data = (uint32_t)(p - start);
			metric->data_len = (uint32_t)len;
			if (!tel__check_data(&ix->check, tag >> 3, !ix->opts->trusted, p, p + len, &metric->points))
				return false;
			break;
		case 12:
			if (!ix->opts->trusted && !tel__check_message(&ix->check, TEL__SHAPE_KEY_VALUE, p, p + len))
				return false;
			break;
		default:
			ix->report->unknown_fields++;
		}
		p += len;
	}
	return true;
}

static void metric_init(tel__metric *metric, tel_slice raw, uint8_t lead)
{
	memset(metric, 0, sizeof *metric);
	metric->raw = raw;
	metric->lead = lead;
}

/* Replaces the metric by its merged form, which lies in the arena. */
static bool merge_metric(indexer *ix, tel__metric *metric)
{
	const uint8_t *bad_text = ix->check.bad_text, *p;
	uint64_t unknown = ix->report->unknown_fields;
	tel_slice bytes = { NULL, 0 };
	tel_err e = tel__normalise(&ix->m->alloc, ix->arena, TEL__SHAPE_METRIC, metric->raw, &bytes);

	if (e)
		return failed(ix, e);
	metric_init(metric, bytes, 0);
	p = (const uint8_t *)bytes.ptr;
	if (!metric_fields(ix, p, p + bytes.len, metric))
		return false;
	ix->check.bad_text = bad_text; /* where it stands in the payload */
	ix->report->unknown_fields = unknown;
	ix->report->merged_nodes++;
	return true;
}

/* False on failure; metric->dropped when its text is bad. */
static bool index_metric(indexer *ix, const uint8_t *p, const uint8_t *end, uint8_t lead, tel__metric *metric)
{
	metric_init(metric, (tel_slice){ (const char *)p, (size_t)(end - p) }, lead);
	if (TEL_UNLIKELY(!metric_fields(ix, p, end, metric)))
		return false;
	if (TEL_LIKELY(!ix->check.again && !ix->check.bad_text))
		return true;
	if (ix->check.again && !merge_metric(ix, metric))
		return false;
	if (ix->check.bad_text && !ix->opts->keep_bad_text) {
		note_cut(ix, "metric", metric->name, metric->points);
		metric->dropped = true;
	}
	forget(ix);
	return true;
}

/* ---- what ResourceMetrics and ScopeMetrics share ---- */

typedef struct {
	bool again;      /* the self message occurs twice */
	bool scattered;  /* other fields stand between children */
	uint64_t unknown;
} envelope_parts;

/* First pass over an envelope: counts the children and finds what stands around them. */
static bool envelope_fields(indexer *ix, tel__envelope *e, const uint8_t *p, const uint8_t *end, envelope_parts *parts)
{
	const uint8_t *field, *start = p, *after = p, *first = NULL;
	uint32_t tag;
	size_t len;

	while (p < end) {
		field = p;
		p = tel__pb_tag(p, end, &tag);
		if (TEL_UNLIKELY(!p))
			return damaged(ix, field, end);
		if (TEL_LIKELY(tag == TEL__PB_TAG(2, TEL__PB_LEN))) {
			p = tel__pb_len(p, end, &len);
			if (TEL_UNLIKELY(!p))
				return damaged(ix, field, end);
			if (!first)
				first = field;
			else
				parts->scattered |= after != field;
			p += len;
			after = p;
			e->count++;
			continue;
		}
		if (tag == TEL__PB_TAG(1, TEL__PB_LEN) || tag == TEL__PB_TAG(3, TEL__PB_LEN)) {
			tel_slice *to = tag >> 3 == 1 ? &e->self : &e->schema_url;

			p = tel__pb_len(p, end, &len);
			if (TEL_UNLIKELY(!p))
				return damaged(ix, field, end);
			parts->again |= tag >> 3 == 1 && e->self.ptr;
			*to = (tel_slice){ (const char *)p, len };
			if (tag >> 3 == 3)
				check_text(ix, p, len);
			p += len;
			continue;
		}
		p = tel__pb_skip(p, end, tag);
		if (TEL_UNLIKELY(!p))
			return damaged(ix, field, end);
		parts->unknown++;
	}
	if (!first)
		first = after = end;
	e->head = (tel_slice){ (const char *)start, (size_t)(first - start) };
	e->tail = (tel_slice){ (const char *)after, (size_t)(end - after) };
	return true;
}

/* All fields of the envelope but its children go to one run in the arena, the self messages joined. */
static bool gather(indexer *ix, tel__envelope *e, tel__shape_id shape)
{
	tel__pb_reader r = tel__pb_read(e->raw);
	tel__pb_field f;
	tel__dynbuf self, head;
	bool has_self = e->self.ptr != NULL;
	size_t self_head = 0;
	tel_err error;

	tel__dynbuf_init(&self, &ix->m->alloc, e->raw.len + 64);
	tel__dynbuf_init(&head, &ix->m->alloc, e->raw.len + 64);
	while (tel__pb_next(&r, &f)) {
		if (f.number == 1 && f.wire == TEL__PB_LEN)
			tel__dynbuf_slice(&self, f.bytes);
	}
	error = tel__dynbuf_error(&self);
	if (!error && has_self)
		error = tel__normalise(&ix->m->alloc, ix->arena, shape, tel__dynbuf_get(&self), &e->self);
	if (!error && has_self) {
		tel__pb_add_bytes(&head, 1, e->self);
		self_head = head.len - e->self.len;
	}
	r = tel__pb_read(e->raw);
	while (!error && tel__pb_next(&r, &f)) {
		if (f.wire != TEL__PB_LEN || f.number > 2)
			tel__dynbuf_slice(&head, f.raw);
	}
	if (!error)
		error = tel__dynbuf_error(&head);
	if (!error && !tel__arena_copy(ix->arena, tel__dynbuf_get(&head), &e->head))
		error = tel__arena_error(ix->arena);
	tel__dynbuf_fini(&self);
	tel__dynbuf_fini(&head);
	if (error)
		return failed(ix, error);
	e->tail.len = 0;
	if (has_self)
		e->self.ptr = e->head.ptr + self_head;
	r = tel__pb_read(e->head);
	while (tel__pb_next(&r, &f)) {
		if (f.number == 3 && f.wire == TEL__PB_LEN)
			e->schema_url = f.bytes;
	}
	return true;
}

/* Head, tail, self and count of an envelope. False on failure; e->dropped when its own text is bad. */
static bool envelope_open(indexer *ix, tel__envelope *e, const uint8_t *p, const uint8_t *end, uint8_t lead,
                          tel__shape_id shape)
{
	envelope_parts parts = { false, false, 0 };
	const uint8_t *self;

	memset(e, 0, sizeof *e);
	e->raw = (tel_slice){ (const char *)p, (size_t)(end - p) };
	e->lead = lead;
	e->whole = true;
	if (!envelope_fields(ix, e, p, end, &parts))
		return false;
	ix->report->unknown_fields += parts.unknown;
	if (!ix->opts->trusted && e->self.ptr) {
		/* every occurrence is checked; there is one, but for what gather() is for */
		tel__pb_reader r = tel__pb_read(parts.again ? e->raw : (tel_slice){ NULL, 0 });
		tel__pb_field f;

		self = (const uint8_t *)e->self.ptr;
		if (!tel__check_message(&ix->check, shape, self, self + e->self.len))
			return false;
		while (tel__pb_next(&r, &f)) {
			self = (const uint8_t *)f.bytes.ptr;
			if (f.number == 1 && f.wire == TEL__PB_LEN && self != (const uint8_t *)e->self.ptr &&
			    !tel__check_message(&ix->check, shape, self, self + f.bytes.len))
				return false;
		}
	}
	if (ix->check.bad_text && !ix->opts->keep_bad_text)
		e->dropped = true; /* noted by the caller, which knows the points */
	parts.again |= ix->check.again;
	ix->check.again = false;
	if (parts.again || parts.scattered) {
		if (!gather(ix, e, shape))
			return false;
		e->whole = !parts.again;
		ix->report->merged_nodes += parts.again;
	}
	e->arena = ix->arena;
	return true;
}

/* The next child; false when there is none. The first pass has validated tags and lengths. */
TEL_INLINE bool next_child(const uint8_t **p, const uint8_t *end, uint32_t number, const uint8_t **ret_body,
                           uint8_t *ret_lead, size_t *ret_len)
{
	const uint8_t *field;
	uint32_t tag;

	while (*p < end) {
		field = *p;
		*p = tel__pb_tag(*p, end, &tag);
		if (tag == TEL__PB_TAG(number, TEL__PB_LEN)) {
			*p = tel__pb_len(*p, end, ret_len);
			*ret_body = *p;
			*ret_lead = (uint8_t)(*p - field);
			*p += *ret_len;
			return true;
		}
		*p = tel__pb_skip(*p, end, tag);
	}
	return false;
}

/* ---- scope, resource, request ---- */

static bool index_scope(indexer *ix, const uint8_t *p, const uint8_t *end, uint8_t lead, tel__scope *scope)
{
	const uint8_t *body = NULL, *bad_text;
	tel__envelope *e = &scope->e;
	uint32_t kept = 0;
	size_t len = 0;

	if (!envelope_open(ix, e, p, end, lead, TEL__SHAPE_SCOPE))
		return false;
	bad_text = ix->check.bad_text;
	forget(ix);
	scope->metrics = NULL;
	scope->cap = e->count;
	if (e->count && !take(ix, p, e->count, sizeof(tel__metric), &scope->metrics))
		return false;
	while (next_child(&p, end, 2, &body, &lead, &len)) {
		tel__metric *metric = &scope->metrics[kept];

		if (!index_metric(ix, body, body + len, lead, metric))
			return false;
		e->whole &= metric->lead != 0 && !metric->dropped;
		if (metric->dropped)
			continue;
		e->points += metric->points;
		kept++;
	}
	/* what cutting has left empty goes too: senders do not create empty envelopes, protocols.md 2.1 */
	if (e->dropped) {
		ix->check.bad_text = bad_text;
		note_cut(ix, "scope", (tel_slice){ NULL, 0 }, e->points);
		forget(ix);
	} else {
		e->dropped = e->count && !kept;
	}
	e->count = kept;
	return true;
}

static bool index_resource(indexer *ix, const uint8_t *p, const uint8_t *end, uint8_t lead, tel__resource *resource)
{
	const uint8_t *body = NULL, *bad_text;
	tel__envelope *e = &resource->e;
	uint32_t kept = 0;
	size_t len = 0;

	if (!envelope_open(ix, e, p, end, lead, TEL__SHAPE_RESOURCE))
		return false;
	bad_text = ix->check.bad_text;
	forget(ix);
	resource->scopes = NULL;
	resource->metrics = 0;
	if (e->count && !take(ix, p, e->count, sizeof(tel__scope), &resource->scopes))
		return false;
	while (next_child(&p, end, 2, &body, &lead, &len)) {
		tel__scope *scope = &resource->scopes[kept];

		if (!index_scope(ix, body, body + len, lead, scope))
			return false;
		e->whole &= scope->e.whole && !scope->e.dropped;
		if (scope->e.dropped)
			continue;
		e->points += scope->e.points;
		resource->metrics += scope->e.count;
		kept++;
	}
	if (e->dropped) {
		ix->check.bad_text = bad_text;
		note_cut(ix, "resource", (tel_slice){ NULL, 0 }, e->points);
		forget(ix);
	} else {
		e->dropped = e->count && !kept;
	}
	e->count = kept;
	return true;
}

/* Copies the unknown fields of the request into one run. */
static bool gather_rest(indexer *ix, const uint8_t *p, const uint8_t *end, size_t size)
{
	char *to = tel__arena_alloc(ix->arena, size);
	const uint8_t *field;
	uint32_t tag;

	if (!to)
		return failed(ix, tel__arena_error(ix->arena));
	ix->m->rest = (tel_slice){ to, size };
	while (p < end) {
		field = p;
		p = tel__pb_tag(p, end, &tag);
		p = tel__pb_skip(p, end, tag);
		if (tag == TEL__PB_TAG(CHILD_RESOURCE, TEL__PB_LEN))
			continue;
		memcpy(to, field, (size_t)(p - field));
		to += p - field;
	}
	return true;
}

/* Counts the resources and finds what is not one. */
static bool request_fields(indexer *ix, const uint8_t *p, const uint8_t *end, uint32_t *ret_count)
{
	const uint8_t *field, *start = p, *first = NULL, *after = NULL;
	uint32_t count = 0, tag;
	size_t unknown = 0;

	while (p < end) {
		field = p;
		p = tel__pb_tag(p, end, &tag);
		if (!p)
			return damaged(ix, field, end);
		p = tel__pb_skip(p, end, tag);
		if (!p)
			return damaged(ix, field, end);
		if (tag == TEL__PB_TAG(CHILD_RESOURCE, TEL__PB_LEN)) {
			count++;
			continue;
		}
		ix->report->unknown_fields++;
		unknown += (size_t)(p - field);
		if (!first)
			first = field;
		after = p;
	}
	*ret_count = count;
	if (first && (size_t)(after - first) != unknown)
		return gather_rest(ix, start, end, unknown);
	if (first)
		ix->m->rest = (tel_slice){ (const char *)first, unknown };
	return true;
}

static bool index_request(indexer *ix, const uint8_t *p, const uint8_t *end)
{
	tel_metrics *m = ix->m;
	const uint8_t *body = NULL;
	uint32_t count = 0;
	uint8_t lead = 0;
	size_t len = 0;
	bool whole = true;

	if (!request_fields(ix, p, end, &count))
		return false;
	if (count && !take(ix, p, count, sizeof(tel__resource), &m->resources))
		return false;
	m->cap = count;
	m->resources_arena = ix->arena;
	while (next_child(&p, end, CHILD_RESOURCE, &body, &lead, &len)) {
		tel__resource *resource = &m->resources[m->count];

		if (!index_resource(ix, body, body + len, lead, resource))
			return false;
		whole &= resource->e.whole && !resource->e.dropped;
		if (resource->e.dropped)
			continue;
		m->count++;
		m->scopes += resource->e.count;
		m->metrics += resource->metrics;
		m->points += resource->e.points;
	}
	if (whole)
		m->whole = m->pins[0].buf;
	return true;
}

static tel_err fail_index(const indexer *ix, tel_error *err)
{
	const tel__check *c = &ix->check;

	if (ix->error == TEL_ERR_NOMEM)
		return tel__fail_nomem(err);
	if (ix->error == TEL_ERR_BUDGET)
		return tel__fail(err, ix->error, "no room in the memory budget for the index of a request");
	return tel__fail_at(err, ix->error ? ix->error : c->error, c->at ? (uint64_t)(c->at - ix->start) : 0,
	                    "OTLP request: %s", c->why ? c->why : "messages that need merging are nested too deeply");
}

tel_err tel__index(tel_buf *payload, const tel__index_opts *opts, tel_metrics **ret_metrics,
                   tel__index_report *ret_report, tel_error *err)
{
	tel_slice bytes = tel_buf_get(payload);
	indexer ix = { .opts = opts, .report = ret_report };
	tel_metrics *m = NULL;
	tel_err e;

	memset(ret_report, 0, sizeof *ret_report);
	if (bytes.len > TEL_LIMIT_REQUEST_BYTES)
		return tel__fail(err, TEL_ERR_LIMIT, "OTLP request: %zu bytes, more than 2 GiB", bytes.len);
	e = tel__metrics_new(opts->alloc, &m);
	if (!e) {
		m->budget = tel__budget_ref(opts->budget);
		e = tel__metrics_arena(m, &ix.arena);
	}
	if (!e)
		e = tel__metrics_pin_buf(m, payload);
	if (e) {
		tel_metrics_free(m);
		return tel__fail_nomem(err);
	}
	ix.m = m;
	ix.check.max_depth = opts->max_depth;
	ix.start = (const uint8_t *)bytes.ptr;
	if (bytes.len && !index_request(&ix, ix.start, ix.start + bytes.len)) {
		e = fail_index(&ix, err);
		tel_metrics_free(m);
		return e;
	}
	if (!bytes.len)
		m->whole = payload;
	*ret_metrics = m;
	return TEL_OK;
}

static tel_err index_own(const tel_alloc *alloc, tel__budget *budget, tel_buf *payload, tel_metrics **ret_metrics,
                         tel_error *err)
{
	const tel__index_opts opts = { .trusted = true, .keep_bad_text = true, .max_depth = TEL_LIMIT_VALUE_DEPTH,
		                       .max_bytes = SIZE_MAX, .alloc = alloc, .budget = budget };
	tel__index_report report;

	return tel__index(payload, &opts, ret_metrics, &report, err);
}

tel_err tel__metrics_index(const tel_alloc *alloc, tel_buf *payload, tel_metrics **ret_metrics, tel_error *err)
{
	return index_own(alloc, NULL, payload, ret_metrics, err);
}

tel_err tel__metrics_index_like(const tel_metrics *like, tel_buf *payload, tel_metrics **ret_metrics)
{
	return index_own(&like->alloc, like->budget, payload, ret_metrics, NULL);
}
