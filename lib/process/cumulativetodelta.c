/* SPDX-License-Identifier: Apache-2.0 */
#include "process/cumulativetodelta.h"

#include <stdlib.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/log_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "model/metrics_i.h"
#include "model/walk.h"
#include "process/delta_value.h"

static const uint64_t SECOND = 1000000000;

/* ---- keys ---- */

static const char *const initial_words[] = { "auto", "keep", "drop", NULL };

static const struct {
	const char *name;
	uint32_t type;
} types[] = {
	{ "sum", TEL__METRIC_SUM }, { "histogram", TEL__METRIC_HISTOGRAM }, { "exponentialhistogram", TEL__METRIC_EXP_HISTOGRAM },
};

static uint32_t type_of(tel_slice name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (tel__slice_eq_nocase(name, tel__slice_str(types[i].name)))
			return types[i].type;
	return 0;
}

#define ROW(type, member) .offset = offsetof(type, member)

static tel_err verify_names(const tel__key_check *c)
{
	return tel__name_match_verify(c, &((const tel__delta_match *)c->options)->names, "|metrics");
}

static const tel__key match_keys[] = {
	{ .name = "match", .type = TEL__KEY_SQUASH, ROW(tel__delta_match, names), .section = &tel__name_match_table, .help = "" },
	{ .name = "metrics", .type = TEL__KEY_STRINGS, ROW(tel__delta_match, names.names), .verify = verify_names,
	  .help = "names of metrics" },
	{ .name = "metric_types", .type = TEL__KEY_STRINGS, ROW(tel__delta_match, metric_types),
	  .help = "sum, histogram, exponentialhistogram; none = all" },
};

static const tel__key_table match_table = { .go_name = "cumulativetodeltaprocessor.MatchMetrics",
	.size = sizeof(tel__delta_match), .keys = match_keys, .key_count = TEL__KEY_COUNT(match_keys) };

static const tel__key delta_keys[] = {
	{ .name = "max_staleness", .type = TEL__KEY_DURATION, ROW(tel__delta_options, max_staleness_ns), .def = "1h",
	  .help = "a series that does not come for this long is forgotten; 0 = never" },
	{ .name = "initial_value", .type = TEL__KEY_ENUM, ROW(tel__delta_options, initial_value), .def = "auto",
	  .words = initial_words, .bad = "unknown initial_value: {}",
	  .help = "the first point of a series: auto = kept when it started after this processor, keep, drop" },
	{ .name = "include", .type = TEL__KEY_SECTION, ROW(tel__delta_options, include), .section = &match_table,
	  .help = "only these are converted" },
	{ .name = "exclude", .type = TEL__KEY_SECTION, ROW(tel__delta_options, exclude), .section = &match_table,
	  .help = "these are not" },
};

typedef void report_fn(void *user, const char *path, const char *msg);

static void check_match(const tel__delta_match *m, const char *name, const char *at, report_fn *report, void *user)
{
	tel_error text = TEL_ERROR_INIT;
	char word[64];

	if (m->names.names.count && !m->names.match_type.len)
		report(user, at, "match_type must be set if metrics are supplied");
	else if (!m->names.names.count && m->names.match_type.len)
		report(user, at, "metrics must be supplied if match_type is set");
	else if (tel__name_match_check(&m->names, &text))
		report(user, at, text.msg);
	for (size_t i = 0; i < m->metric_types.count; i++) {
		if (type_of(m->metric_types.items[i]))
			continue;
		(void)tel__fail(&text, TEL_ERR_CONFIG, "found invalid metric type in %s.metric_types: %s. Valid values are [sum "
		                "histogram exponentialhistogram]", name,
		                tel__slice_printable(m->metric_types.items[i], word, sizeof(word)));
		report(user, at, text.msg);
	}
}

static void check_delta(const void *options, report_fn *report, void *user)
{
	const tel__delta_options *o = options;

	check_match(&o->include, "include", "|include", report, user);
	check_match(&o->exclude, "exclude", "|exclude", report, user);
	if (o->max_staleness_ns < 0)
		report(user, "|max_staleness", "max_staleness must not be negative");
}

const tel__key_table tel__delta_table = { .go_name = "cumulativetodeltaprocessor.Config",
	.size = sizeof(tel__delta_options), .keys = delta_keys, .key_count = TEL__KEY_COUNT(delta_keys), .check = check_delta };

/* ---- making ---- */

typedef struct selection {
	tel__name_matcher *names; /* NULL: no word about names */
	uint32_t types;           /* bits by tel__metric_type; 0: no word about types */
} selection;

typedef struct delta_processor {
	tel__processor processor;
	tel_alloc alloc;
	const tel_log_sink *log;
	tel__log_source source;
	const tel__delta_options *options;
	selection include, exclude;
	tel__delta_state *state;
	uint64_t start_unix_ns;
} delta_processor;

/* A new value that waits for commit. */
typedef struct tel__delta_change {
	tel__staged staged;
	struct tel__delta_change *before; /* of the same series in the same plan */
	const tel__arena *owner;          /* of the plan */
	tel__delta_series *series;
	uint64_t time_unix_ns;
	int64_t integer;
	double real;
	tel__delta_buckets *buckets;      /* owned until it is applied; NULL: a number */
	bool is_integer;
	uint32_t second;
} change;

static tel_err make_selection(const tel_alloc *alloc, const tel__delta_match *match, selection *s, tel_error *err)
{
	for (size_t i = 0; i < match->metric_types.count; i++)
		s->types |= 1u << type_of(match->metric_types.items[i]);
	return match->names.names.count ? tel__name_matcher_new(alloc, &match->names, &s->names, err) : TEL_OK;
}

static void delta_free(tel__processor *p)
{
	delta_processor *x = (delta_processor *)(void *)p;
	tel_alloc alloc = x->alloc;

	tel__name_matcher_free(x->include.names);
	tel__name_matcher_free(x->exclude.names);
	tel__delta_state_free(x->state);
	tel__mem_free(&alloc, x, 1, sizeof(*x));
}

static tel_err delta_make(const tel__processor_env *env, const void *options, tel__processor **ret_processor, tel_error *err)
{
	const tel__delta_options *o = options;
	delta_processor *x = tel__mem_zero(env->alloc, 1, sizeof(*x));
	tel_err e;

	if (!x)
		return tel__fail_nomem(err);
	x->alloc = *tel__alloc_or_default(env->alloc);
	x->log = env->log;
	x->source = (tel__log_source){ env->id, TEL_SLICE_LIT("processor"), env->pipeline };
	x->options = o;
	x->start_unix_ns = env->unix_ns;
	e = make_selection(&x->alloc, &o->include, &x->include, err);
	if (!e)
		e = make_selection(&x->alloc, &o->exclude, &x->exclude, err);
	if (!e && tel__delta_state_new(&x->alloc, TEL_LIMIT_DELTA_SERIES, &x->state))
		e = tel__fail_nomem(err);
	if (e) {
		delta_free(&x->processor);
		return e;
	}
	*ret_processor = &x->processor;
	return TEL_OK;
}

/* ---- plan and commit ---- */

static void forget(delta_processor *x, change *c)
{
	tel__delta_series *s = c->series;

	tel__delta_buckets_free(&x->alloc, c->buckets);
	s->pending = c->before;
	if (!s->pending && !s->known)
		tel__delta_remove(x->state, s);
}

static void drop_change(tel__processor *p, tel__staged *self)
{
	forget((delta_processor *)(void *)p, (change *)(void *)self);
}

static void apply_change(tel__processor *p, tel__staged *self)
{
	delta_processor *x = (delta_processor *)(void *)p;
	change *c = (change *)(void *)self;
	tel__delta_series *s = c->series;

	if (s->known && s->buckets)
		tel__delta_buckets_free(&x->alloc, s->value.buckets);
	s->known = 1;
	s->buckets = c->buckets != NULL;
	s->time_unix_ns = c->time_unix_ns;
	if (c->buckets)
		s->value.buckets = c->buckets;
	else if (c->is_integer)
		s->value.integer = c->integer;
	else
		s->value.real = c->real;
	if (s->pending == c)
		s->pending = NULL;
	tel__delta_touch(x->state, s, c->second);
}

/* ---- series ---- */

typedef struct work {
	delta_processor *x;
	tel_metrics *batch;
	tel__run *run;
	tel__dynbuf key;          /* resource, scope, metric, point: each is cut back to where it began */
	size_t resource_end, scope_end, metric_end;
	tel__metric_edit *metric;
	tel_error *err;
} work;

static int by_key(const void *a, const void *b)
{
	const tel__kv *x = a, *y = b;

	return tel__slice_cmp(x->key, y->key);
}

static void add_text(tel__dynbuf *key, tel_slice text)
{
	tel__pb_add_varint(key, text.len);
	tel__dynbuf_slice(key, text);
}

/* In the order of their keys; usually they come in it. */
static tel_err add_attributes(tel__dynbuf *key, tel__arena *arena, const tel__kvs *kvs)
{
	tel__kv *sorted = kvs->at;
	bool ordered = true;

	for (uint32_t i = 1; i < kvs->count; i++)
		ordered &= tel__slice_cmp(kvs->at[i - 1].key, kvs->at[i].key) <= 0;
	if (!ordered) {
		sorted = tel__arena_array(arena, kvs->count, sizeof(*sorted));
		if (!sorted)
			return TEL_ERR_NOMEM;
		memcpy(sorted, kvs->at, kvs->count * sizeof(*sorted));
		qsort(sorted, kvs->count, sizeof(*sorted), by_key);
	}
	for (uint32_t i = 0; i < kvs->count; i++) {
		add_text(key, sorted[i].key);
		add_text(key, sorted[i].value);
	}
	tel__pb_add_varint(key, 0);
	return tel__dynbuf_error(key);
}

static void cut_key(tel__dynbuf *key, size_t len)
{
	tel_err error = key->error;

	if (!error)
		key->len = len;
}

static tel_err key_of_resource(work *w, const tel__envelope *e)
{
	tel__kvs kvs = { .at = NULL };
	tel_err code = tel__kvs_open(w->run->arena, &kvs, e->self, TEL__RESOURCE_ATTRIBUTES);

	cut_key(&w->key, 0);
	if (!code)
		code = add_attributes(&w->key, w->run->arena, &kvs);
	w->resource_end = w->key.len;
	return code;
}

static tel_err key_of_scope(work *w, const tel__envelope *e)
{
	tel_scope_view view;

	tel__scope_read(e, &view);
	cut_key(&w->key, w->resource_end);
	add_text(&w->key, view.name);
	add_text(&w->key, view.version);
	w->scope_end = w->key.len;
	return tel__dynbuf_error(&w->key);
}

static tel_err key_of_metric(work *w)
{
	cut_key(&w->key, w->scope_end);
	tel__dynbuf_byte(&w->key, (char)w->metric->type);
	tel__dynbuf_byte(&w->key, (char)w->metric->monotonic);
	add_text(&w->key, w->metric->name);
	add_text(&w->key, w->metric->unit);
	w->metric_end = w->key.len;
	return tel__dynbuf_error(&w->key);
}

static tel_err series_of(work *w, const tel__point *point, tel__delta_series **ret_series)
{
	tel_err e;

	cut_key(&w->key, w->metric_end);
	tel__dynbuf_byte(&w->key, point->has & TEL_HAS_INT ? 'i' : 'd');
	tel__dynbuf_put(&w->key, &point->start_unix_ns, sizeof(point->start_unix_ns));
	e = add_attributes(&w->key, w->run->arena, &point->attributes);
	if (!e)
		e = tel__delta_get(w->x->state, tel__dynbuf_get(&w->key), ret_series);
	if (!e && (*ret_series)->pending && (*ret_series)->pending->owner != w->run->arena)
		e = TEL_ERR_REFUSED;
	return e == TEL_ERR_REFUSED ? tel__fail(w->err, e, "an earlier request with the same series is not done yet") : e;
}

/* The value before this point. */
typedef struct base {
	bool known;
	uint64_t time_unix_ns;
	int64_t integer;
	double real;
	const tel__delta_buckets *buckets;
} base;

static base base_of(const tel__delta_series *s)
{
	const change *c = s->pending;

	if (c)
		return (base){ true, c->time_unix_ns, c->integer, c->real, c->buckets };
	if (!s->known)
		return (base){ .known = false };
	if (s->buckets)
		return (base){ .known = true, .time_unix_ns = s->time_unix_ns, .buckets = s->value.buckets };
	return (base){ true, s->time_unix_ns, s->value.integer, s->value.real, NULL };
}

/* Stages the point as the new base. Takes buckets over, also on failure. */
static tel_err stage(work *w, tel__delta_series *s, const tel__point *point, tel__delta_buckets *buckets)
{
	change *c = tel__arena_alloc(w->run->arena, sizeof(*c));

	if (!c) {
		tel__delta_buckets_free(&w->x->alloc, buckets);
		if (!s->known && !s->pending)
			tel__delta_remove(w->x->state, s);
		return TEL_ERR_NOMEM;
	}
	*c = (change){ .staged = { w->run->staged, apply_change, &w->x->processor, drop_change }, .before = s->pending,
		           .owner = w->run->arena, .series = s, .time_unix_ns = point->time_unix_ns, .integer = point->as_int,
		           .real = point->as_double, .buckets = buckets, .is_integer = (point->has & TEL_HAS_INT) != 0,
		           .second = (uint32_t)(w->run->unix_ns / SECOND) & 0x3fffffff };
	w->run->staged = &c->staged;
	s->pending = c;
	return TEL_OK;
}

/* ---- points ---- */

static void first_point(const work *w, tel__point *point)
{
	switch (w->x->options->initial_value) {
	case TEL__DELTA_KEEP:
		point->start_unix_ns = 0;
		point->changed = true;
		break;
	case TEL__DELTA_DROP:
		point->dropped = true;
		break;
	default:
		point->dropped = point->start_unix_ns < w->x->start_unix_ns || point->start_unix_ns == point->time_unix_ns;
	}
	if (!point->dropped && point->has & (TEL_HAS_MIN | TEL_HAS_MAX)) {
		point->has &= ~(uint32_t)(TEL_HAS_MIN | TEL_HAS_MAX);
		point->changed = true;
	}
}

static void number_point(tel__point *point, const base *b)
{
	if (point->has & TEL_HAS_INT) {
		point->dropped = point->as_int < b->integer;
		point->as_int = (int64_t)((uint64_t)point->as_int - (uint64_t)b->integer);
	} else {
		point->dropped = point->as_double < b->real;
		point->as_double -= b->real;
	}
	point->start_unix_ns = b->time_unix_ns;
	point->changed = true;
}

static void warn(work *w, tel__delta_verdict verdict)
{
	if (verdict == TEL__DELTA_OTHER_COUNT)
		tel__log(w->x->log, TEL_LOG_WARN, &w->x->source,
		         "Points in histogram series have different numbers of buckets; some data will be dropped", NULL, 0);
	else if (verdict == TEL__DELTA_OTHER_BOUNDS)
		tel__log(w->x->log, TEL_LOG_WARN, &w->x->source,
		         "Points in histogram series have different bucket boundaries; some data will be dropped", NULL, 0);
}

static tel_err bucket_point(work *w, tel__point *point, const base *b, const tel__delta_buckets *now)
{
	tel__delta_verdict verdict;
	tel_err e = w->metric->type == TEL__METRIC_HISTOGRAM
	            ? tel__delta_histogram(w->batch->arena, point, b->buckets, now, &verdict)
	            : tel__delta_exponential(w->batch->arena, &w->x->alloc, point, b->buckets, now, &verdict);

	if (e)
		return e;
	warn(w, verdict);
	point->dropped = verdict != TEL__DELTA_GOOD;
	point->start_unix_ns = b->time_unix_ns;
	return TEL_OK;
}

/* A series without a value or a plan is not kept. */
static tel_err give_up(work *w, tel__delta_series *s, tel_err code)
{
	if (!s->known && !s->pending)
		tel__delta_remove(w->x->state, s);
	return code;
}

static tel_err convert_point(work *w, tel__point *point)
{
	bool histogram = w->metric->type != TEL__METRIC_SUM;
	tel__delta_buckets *now = NULL;
	tel__delta_series *s;
	tel__point as_received;
	base b;
	tel_err e;

	if (point->flags & TEL_FLAG_NO_RECORDED_VALUE) {
		point->dropped = true;
		return TEL_OK;
	}
	if (!histogram && point->has & TEL_HAS_DOUBLE && point->as_double != point->as_double)
		return TEL_OK; /* a NaN goes on as it is */
	e = series_of(w, point, &s);
	if (e)
		return e;
	if (histogram) {
		e = tel__delta_buckets_of(&w->x->alloc, point, w->metric->type == TEL__METRIC_EXP_HISTOGRAM, &now);
		if (e)
			return give_up(w, s, e);
	}
	b = base_of(s);
	as_received = *point;
	if (histogram && b.known && now->sum != now->sum)
		now->sum = b.buckets->sum; /* a NaN counts as no change */
	if (!b.known)
		first_point(w, point);
	else if (histogram)
		e = bucket_point(w, point, &b, now);
	else
		number_point(point, &b);
	if (e) {
		tel__delta_buckets_free(&w->x->alloc, now);
		return give_up(w, s, e);
	}
	return stage(w, s, &as_received, now);
}

/* ---- metrics ---- */

static tel_err is_selected(const work *w, const tel__metric *metric, bool *ret_yes)
{
	const selection *in = &w->x->include, *ex = &w->x->exclude;
	bool named = true, excluded = false;
	tel_err e = TEL_OK;

	*ret_yes = metric->type == TEL__METRIC_SUM || metric->type == TEL__METRIC_HISTOGRAM ||
	           metric->type == TEL__METRIC_EXP_HISTOGRAM;
	if (!*ret_yes || (in->types && !(in->types >> metric->type & 1)) || (ex->types >> metric->type & 1)) {
		*ret_yes = false;
		return TEL_OK;
	}
	if (in->names)
		e = tel__name_matcher_test(in->names, metric->name, &named, w->err);
	if (!e && named && ex->names)
		e = tel__name_matcher_test(ex->names, metric->name, &excluded, w->err);
	*ret_yes = named && !excluded;
	return e;
}

static bool is_cumulative(const tel__metric *metric)
{
	tel_metric_view view;

	tel__metric_read(metric, &view);
	return view.temporality == TEL_CUMULATIVE && (metric->type != TEL__METRIC_SUM || view.monotonic);
}

static tel_err convert_metric(work *w, uint32_t r, uint32_t s, uint32_t k)
{
	const tel__metric *metric = &w->batch->resources[r].scopes[s].metrics[k];
	bool yes;
	tel_err e = is_selected(w, metric, &yes);

	if (e || !yes || !is_cumulative(metric))
		return e;
	if (!metric->points)
		return tel__metrics_drop_metric(w->batch, r, s, k);
	e = tel__metrics_open_metric(w->batch, r, s, k, &w->metric);
	if (!e)
		e = tel__metric_open_points(w->batch, w->metric);
	if (!e)
		e = key_of_metric(w);
	for (uint32_t i = 0; !e && i < w->metric->count; i++) {
		e = tel__point_open(w->batch, w->metric, &w->metric->points[i]);
		if (!e)
			e = convert_point(w, &w->metric->points[i]);
	}
	w->metric->temporality = TEL_DELTA;
	w->metric->changed = true;
	return e;
}

static tel_err convert_resource(work *w, uint32_t r)
{
	tel_err e = key_of_resource(w, &w->batch->resources[r].e);

	for (uint32_t s = 0; !e && s < w->batch->resources[r].e.count; s++) {
		uint32_t metrics = w->batch->resources[r].scopes[s].e.count;

		if (!metrics)
			e = tel__metrics_drop_scope(w->batch, r, s);
		if (!e)
			e = key_of_scope(w, &w->batch->resources[r].scopes[s].e);
		for (uint32_t k = 0; !e && k < metrics; k++)
			e = convert_metric(w, r, s, k);
	}
	if (!e && !w->batch->resources[r].e.count)
		e = tel__metrics_drop_resource(w->batch, r);
	return e;
}

static void expire(delta_processor *x, const tel__run *run)
{
	uint64_t age = (uint64_t)x->options->max_staleness_ns;

	if (x->start_unix_ns == 0)
		x->start_unix_ns = run->unix_ns;
	if (age && run->unix_ns > age)
		tel__delta_expire(x->state, (uint32_t)((run->unix_ns - age) / SECOND) & 0x3fffffff);
}

static tel_err delta_run(tel__processor *p, tel_metrics *batch, tel__run *run, tel_error *err)
{
	tel_error why = TEL_ERROR_INIT;
	work w = { .x = (delta_processor *)(void *)p, .batch = batch, .run = run, .err = &why };
	tel_err e = TEL_OK;

	expire(w.x, run);
	tel__dynbuf_init(&w.key, &w.x->alloc, TEL_LIMIT_REQUEST_BYTES);
	for (uint32_t r = 0; !e && r < batch->count; r++)
		e = convert_resource(&w, r);
	if (!e)
		e = tel__metrics_close(batch);
	tel__dynbuf_fini(&w.key);
	return e ? tel__fail(err, e, "%s", why.msg[0] ? why.msg : tel_err_name(e)) : TEL_OK;
}

static const tel__processor_ops delta_ops = { .make = delta_make, .free = delta_free, .run = delta_run, .mutates = true,
	                                          .items_counters = true };

const tel__component tel__cumulativetodelta = {
	.type = "cumulativetodelta",
	.kind = TEL__KIND_PROCESSOR,
	.keys = &tel__delta_table,
	.help = "turns cumulative sums and histograms into deltas",
	.impl = &delta_ops,
};
