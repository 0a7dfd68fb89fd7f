/* SPDX-License-Identifier: Apache-2.0 */
/* Connector routing at work: otel-processing.md 6.2. */
#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "model/cut.h"
#include "model/edit.h"
#include "model/metrics_i.h"
#include "process/ottl_units.h"
#include "process/routing.h"

typedef struct route {
	uint32_t unit;       /* of the bench */
	bool never;          /* of another signal, or of requests, whose metadata is not known here */
	bool copies;
	uint32_t *pipelines; /* positions among those of the connector */
	uint32_t count;
} route;

typedef struct routing {
	tel__connector connector;
	tel_alloc alloc;
	tel__ottl_bench bench;
	route *routes;
	uint32_t count, cap;
	route otherwise;
	uint64_t failures;   /* of the machine, seen so far */
	tel__dynbuf marks;   /* a byte for each item of the route's context, in their order: it matches */
} routing;

static void free_route(routing *x, route *r, uint32_t count)
{
	if (r->pipelines)
		tel__mem_free(&x->alloc, r->pipelines, count, sizeof *r->pipelines);
}

static void routing_free(tel__connector *c)
{
	routing *x = (routing *)(void *)c;
	tel_alloc alloc = x->alloc;

	for (uint32_t i = 0; i < x->count; i++)
		free_route(x, &x->routes[i], x->routes[i].count + 1);
	free_route(x, &x->otherwise, x->otherwise.count + 1);
	if (x->routes)
		tel__mem_free(&alloc, x->routes, x->cap, sizeof *x->routes);
	tel__ottl_bench_fini(&x->bench);
	tel__dynbuf_fini(&x->marks);
	tel__mem_free(&alloc, x, 1, sizeof *x);
}

/* Making. */

static tel_err find_pipelines(routing *x, const tel__key_strings *names, const tel_slice *known, size_t n, route *ret,
                              tel_error *err)
{
	ret->pipelines = tel__mem_zero(&x->alloc, names->count + 1, sizeof *ret->pipelines);
	if (!ret->pipelines)
		return tel__fail_nomem(err);
	ret->count = (uint32_t)names->count;
	for (uint32_t i = 0; i < ret->count; i++) {
		uint32_t at = 0;

		while (at < n && !tel__slice_eq(known[at], names->items[i]))
			at++;
		if (at == n)
			return tel__fail(err, TEL_ERR_CONFIG, "pipeline not found: missing consumer: \"" TEL_SLICE_FMT "\"",
			                 TEL_SLICE_ARG(names->items[i]));
		ret->pipelines[i] = at;
	}
	return TEL_OK;
}

static tel_err compile_route(routing *x, const tel__processor_env *env, const tel__routing_options *o, const tel__route *r,
                             route *ret, tel_error *err)
{
	static const tel_ottl_context contexts[] = { TEL_OTTL_RESOURCE, TEL_OTTL_RESOURCE, TEL_OTTL_METRIC, TEL_OTTL_DATAPOINT };
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
	tel__key_strings statements = { &r->statement, 1 };
	tel__dynbuf text;
	tel_slice whole;
	tel_err rc;

	if (r->context >= TEL__ROUTE_REQUEST) {
		ret->never = true;
		return TEL_OK;
	}
	opts.place = TEL_OTTL_ROUTING;
	opts.context = contexts[r->context];
	opts.prefix_optional = true;
	tel__dynbuf_init(&text, &x->alloc, 2 * TEL_LIMIT_OTTL_BYTES);
	if (r->condition.len) {
		tel__dynbuf_puts(&text, "route() where ");
		tel__dynbuf_slice(&text, r->condition);
		whole = tel__dynbuf_get(&text);
		statements.items = &whole;
	}
	rc = tel__dynbuf_error(&text);
	if (rc == TEL_OK)
		rc = tel__ottl_bench_add(&x->bench, env, &statements, NULL, &opts, (tel__ottl_error_mode)o->error_mode, err);
	else
		rc = tel__fail_nomem(err);
	tel__dynbuf_fini(&text);
	ret->unit = x->bench.count - 1;
	return rc;
}

static tel_err add_route(routing *x, const tel__processor_env *env, const tel__routing_options *o, const tel__route *r,
                         const tel_slice *known, size_t n, tel_error *err)
{
	route *fresh = &x->routes[x->count++];
	tel_err rc = find_pipelines(x, &r->pipelines, known, n, fresh, err);

	fresh->copies = r->action == TEL__ROUTE_COPY;
	return rc == TEL_OK ? compile_route(x, env, o, r, fresh, err) : rc;
}

/* The second of two routes that say the same is not used; the configuration was warned of. */
static tel_err add_routes(routing *x, const tel__processor_env *env, const tel__routing_options *o, const tel_slice *known,
                          size_t n, tel_error *err)
{
	const tel__route *routes = o->table.items;
	tel__map *seen;
	tel_err rc = TEL_OK;

	if (tel__map_new(&x->alloc, 0, (uint64_t)(uintptr_t)x, &seen) != TEL_OK)
		return tel__fail_nomem(err);
	for (size_t i = 0; rc == TEL_OK && i < o->table.count; i++) {
		tel__dynbuf identity;

		tel__dynbuf_init(&identity, &x->alloc, TEL_LIMIT_CONFIG_BYTES * 2);
		tel__route_identity(&identity, &routes[i]);
		if (tel__dynbuf_error(&identity) != TEL_OK)
			rc = tel__fail_nomem(err);
		else if (!tel__map_get(seen, tel__dynbuf_get(&identity), NULL)) {
			rc = add_route(x, env, o, &routes[i], known, n, err);
			if (rc == TEL_OK && tel__map_put(seen, tel__dynbuf_get(&identity), NULL, NULL) != TEL_OK)
				rc = tel__fail_nomem(err);
		}
		tel__dynbuf_fini(&identity);
	}
	tel__map_free(seen);
	return rc;
}

static tel_err routing_make(const tel__processor_env *env, const void *options, const tel_slice *pipelines, size_t count,
                            tel__connector **ret_connector, tel_error *err)
{
	const tel__routing_options *o = options;
	routing *x = tel__mem_zero(env->alloc, 1, sizeof *x);
	tel_err rc;

	if (!x)
		return tel__fail_nomem(err);
	x->alloc = *tel__alloc_or_default(env->alloc);
	tel__dynbuf_init(&x->marks, &x->alloc, TEL_LIMIT_REQUEST_BYTES);
	rc = tel__ottl_bench_init(&x->bench, env, "connector", err);
	x->cap = (uint32_t)o->table.count + 1;
	if (rc == TEL_OK) {
		x->routes = tel__mem_zero(&x->alloc, x->cap, sizeof *x->routes);
		rc = x->routes ? add_routes(x, env, o, pipelines, count, err) : tel__fail_nomem(err);
	}
	if (rc == TEL_OK)
		rc = find_pipelines(x, &o->default_pipelines, pipelines, count, &x->otherwise, err);
	if (rc != TEL_OK) {
		routing_free(&x->connector);
		return rc;
	}
	*ret_connector = &x->connector;
	return TEL_OK;
}

/* Marking what matches. */

/* Whether the statement routes what stands at the item; false: failed under propagate, or without memory. */
static bool mark(routing *x, const tel__ottl_unit *unit)
{
	tel__ottl_machine *m = x->bench.machine;
	static const tel__log_source quiet;

	tel__ottl_machine_reset(m);
	m->edited = false;
	/* Neither mode logs here. */
	if (!tel__ottl_run_statements(m, unit->program, unit->mode == TEL__OTTL_PROPAGATE ? TEL__OTTL_PROPAGATE : TEL__OTTL_SILENT, &quiet))
		return false;
	tel__dynbuf_byte(&x->marks, (char)(m->edited && m->failures == x->failures));
	x->failures = m->failures;
	return true;
}

static bool mark_metrics(routing *x, const tel__ottl_unit *unit, uint32_t r, uint32_t s)
{
	tel__ottl_item *item = &x->bench.item;

	for (uint32_t k = 0; k < item->batch->resources[r].scopes[s].e.count; k++) {
		tel__ottl_enter_metric(item, k);
		if (unit->program->context == TEL_OTTL_METRIC) {
			if (!mark(x, unit))
				return false;
			continue;
		}
		while (tel__ottl_next_point(item))
			if (!mark(x, unit))
				return false;
	}
	return true;
}

static bool mark_all(routing *x, const tel__ottl_unit *unit)
{
	tel__ottl_item *item = &x->bench.item;

	tel__dynbuf_reset(&x->marks);
	tel__ottl_bench_use(&x->bench, unit);
	for (uint32_t r = 0; r < item->batch->count; r++) {
		tel__ottl_enter_resource(item, r);
		if (unit->program->context == TEL_OTTL_RESOURCE && !mark(x, unit))
			return false;
		for (uint32_t s = 0; unit->program->context != TEL_OTTL_RESOURCE && s < item->batch->resources[r].e.count; s++) {
			tel__ottl_enter_scope(item, s);
			if (!mark_metrics(x, unit, r, s))
				return false;
		}
	}
	return true;
}

/* Taking what is marked, or what is not, out of a batch. */

typedef struct taking {
	const char *marks;
	size_t at;
	char wanted;         /* the mark of what stays */
	tel_ottl_context context;
	bool lose_metadata;  /* metrics that are cut for their points */
} taking;

static bool take_point(void *user, tel_slice point)
{
	taking *t = user;

	(void)point;
	return t->marks[t->at++] == t->wanted;
}

/* Metadata does not travel with points that leave their metric. */
static tel_err lose_metadata(tel_metrics *m, uint32_t r, uint32_t s, uint32_t k)
{
	tel__metric_edit *edit;
	tel_err rc = tel__metrics_open_metric(m, r, s, k, &edit);

	if (rc == TEL_OK)
		tel__kvs_clear(&edit->metadata);
	return rc;
}

static tel_err take_metric(taking *t, tel_metrics *m, uint32_t r, uint32_t s, uint32_t k, uint32_t *ret_kept)
{
	bool stays;
	tel_err rc;

	if (t->context == TEL_OTTL_METRIC) {
		stays = t->marks[t->at++] == t->wanted;
	} else {
		rc = tel__metrics_keep_points(m, r, s, k, take_point, t, NULL);
		if (rc != TEL_OK)
			return rc;
		stays = m->resources[r].scopes[s].metrics[k].points > 0;
		if (stays && t->lose_metadata) {
			rc = lose_metadata(m, r, s, k);
			if (rc != TEL_OK)
				return rc;
		}
	}
	*ret_kept += stays;
	return stays ? TEL_OK : tel__metrics_drop_metric(m, r, s, k);
}

static tel_err take_resource(taking *t, tel_metrics *m, uint32_t r)
{
	uint32_t scopes = 0;
	tel_err rc = TEL_OK;

	if (t->context == TEL_OTTL_RESOURCE)
		return t->marks[t->at++] == t->wanted ? TEL_OK : tel__metrics_drop_resource(m, r);
	for (uint32_t s = 0; rc == TEL_OK && s < m->resources[r].e.count; s++) {
		uint32_t metrics = 0;

		for (uint32_t k = 0; rc == TEL_OK && k < m->resources[r].scopes[s].e.count; k++)
			rc = take_metric(t, m, r, s, k, &metrics);
		scopes += metrics > 0;
		if (rc == TEL_OK && !metrics)
			rc = tel__metrics_drop_scope(m, r, s);
	}
	return rc == TEL_OK && !scopes ? tel__metrics_drop_resource(m, r) : rc;
}

static tel_err take(const routing *x, const tel__ottl_unit *unit, tel_metrics *m, bool matching)
{
	taking t = { .marks = x->marks.ptr, .wanted = matching, .context = unit->program->context, .lose_metadata = matching };
	tel_err rc = TEL_OK;

	for (uint32_t r = 0; rc == TEL_OK && r < m->count; r++)
		rc = take_resource(&t, m, r);
	return rc == TEL_OK ? tel__metrics_close(m) : rc;
}

/* What matches a route, in a batch of its own, which may be empty; NULL: nothing does. */
static tel_err cut(routing *x, const route *r, tel_metrics *batch, tel_metrics **ret_part)
{
	const tel__ottl_unit *unit = &x->bench.units[r->unit];
	tel_metrics *part;
	tel_err rc = tel__dynbuf_error(&x->marks);

	*ret_part = NULL;
	if (rc == TEL_OK)
		rc = tel__metrics_close(batch); /* statements may have edited */
	if (rc != TEL_OK)
		return TEL_ERR_NOMEM;
	if (x->marks.len && memchr(x->marks.ptr, 1, x->marks.len)) {
		rc = tel_metrics_share(batch, &part);
		if (rc == TEL_OK) {
			rc = take(x, unit, part, true);
			*ret_part = part;
		}
	}
	if (rc == TEL_OK && !r->copies)
		rc = take(x, unit, batch, false);
	return rc;
}

static tel_err hand_on(tel__parts *parts, const route *r, tel_metrics *batch)
{
	for (uint32_t i = 0; i < r->count; i++) {
		tel_metrics *share = batch;

		if (i + 1 < r->count && tel_metrics_share(batch, &share) != TEL_OK) {
			tel_metrics_free(batch);
			return TEL_ERR_NOMEM;
		}
		if (parts->add(parts, r->pipelines[i], share) != TEL_OK) { /* takes the batch also when it fails */
			if (share != batch)
				tel_metrics_free(batch);
			return TEL_ERR_NOMEM;
		}
	}
	if (!r->count)
		tel_metrics_free(batch);
	return TEL_OK;
}

static tel_err route_one(routing *x, const route *r, tel_metrics *batch, tel__parts *parts, tel_error *err)
{
	tel_metrics *part;
	tel_err rc;

	if (r->never || !batch->count)
		return TEL_OK;
	if (!mark_all(x, &x->bench.units[r->unit]))
		return tel__ottl_outcome(x->bench.machine, err);
	rc = cut(x, r, batch, &part);
	if (part && rc == TEL_OK)
		rc = hand_on(parts, r, part);
	else
		tel_metrics_free(part);
	return rc == TEL_OK ? rc : tel__fail_nomem(err);
}

static tel_err routing_route(tel__connector *c, tel_metrics *batch, tel__run *run, tel__parts *parts, tel_error *err)
{
	routing *x = (routing *)(void *)c;
	tel_err rc = TEL_OK;

	tel__ottl_bench_begin(&x->bench, batch, run);
	x->failures = x->bench.machine->failures;
	for (uint32_t i = 0; rc == TEL_OK && i < x->count; i++)
		rc = route_one(x, &x->routes[i], batch, parts, err);
	if (rc != TEL_OK || !batch->count) {
		tel_metrics_free(batch);
		return rc;
	}
	return hand_on(parts, &x->otherwise, batch) == TEL_OK ? TEL_OK : tel__fail_nomem(err);
}

const tel__connector_ops tel__routing_ops = { .make = routing_make, .free = routing_free, .route = routing_route };
