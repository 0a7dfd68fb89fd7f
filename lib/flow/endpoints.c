/* SPDX-License-Identifier: Apache-2.0 */
/* The small endpoints of a generation: extensions health_check and zpages, the metrics readers, the host's pages. */
#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config/same.h"
#include "flow/flow_i.h"
#include "flow/health.h"
#include "flow/idle.h"
#include "flow/pages.h"
#include "flow/zpages.h"

static void serve_health(void *user, const tel__endpoint_request *request, tel__endpoint_answer *answer)
{
	const tel__flow_endpoint *e = user;
	const tel_flow *flow = e->flow;
	bool ready = flow->state == TEL__FLOW_READY;

	tel__health_answer(e->health, request->path, ready ? flow->started_unix_ns : 0,
	                   tel__ctx_mono_ns(flow->ctx) - flow->started_mono_ns, answer);
}

static void serve_metrics(void *user, const tel__endpoint_request *request, tel__endpoint_answer *answer)
{
	const tel__flow_endpoint *e = user;

	if (!tel__slice_is(request->path, "/metrics"))
		return;
	answer->status = 200;
	answer->content_type = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
	tel__flow_write_metrics(e->flow, e->reader, answer->body);
}

static void serve_pages(void *user, const tel__endpoint_request *request, tel__endpoint_answer *answer)
{
	const tel__flow_endpoint *e = user;

	tel__pages_serve(e->flow, request, answer);
}

void tel__flow_endpoint_free(tel__flow_endpoint *e)
{
	if (!e)
		return;
	tel__endpoint_free(e->endpoint);
	tel_config_free(e->config);
	tel__mem_free(e->flow->alloc, e, 1, sizeof(*e));
}

/* ---- who stays ---- */

static bool readers_same(const tel__config_reader *a, const tel__config_reader *b)
{
	return tel__slice_eq(a->host, b->host) && a->port == b->port && a->without_scope_info == b->without_scope_info &&
	       a->without_type_suffix == b->without_type_suffix && a->without_units == b->without_units;
}

static bool is_kept(const tel__flow_generation *g, const tel__flow_endpoint *e)
{
	for (size_t i = 0; i < g->endpoint_cap; i++)
		if (g->endpoints[i] == e)
			return true;
	return false;
}

/* Readers of this generation; none when there are no metrics. */
static size_t reader_count(const tel__flow_generation *g)
{
	const tel__config_telemetry *t = &g->config->telemetry;

	return t->metrics_level == TEL__METRICS_NONE ? 0 : t->reader_count;
}

static const tel__config_component *extension_of(const tel__flow_generation *g, size_t i)
{
	return &g->config->components[g->config->extensions[i]];
}

void tel__flow_keep_endpoints(tel__flow_generation *g)
{
	size_t extensions = g->config->extension_count, readers = reader_count(g);

	for (size_t i = 0; i < extensions + readers; i++) {
		for (size_t k = 0; !g->endpoints[i] && k < g->from->endpoint_count; k++) {
			tel__flow_endpoint *e = g->from->endpoints[k];
			bool same = i < extensions ? e->component && tel__component_same(extension_of(g, i), e->component)
			                           : e->reader && readers_same(&g->config->telemetry.readers[i - extensions], e->reader);
			if (same && !is_kept(g, e))
				g->endpoints[i] = e;
		}
	}
}

/* The one that goes and has the same place. */
static tel__http_server *predecessor_of(const tel__flow_generation *g, const tel__flow_endpoint *like)
{
	for (size_t i = 0; g->from && i < g->from->endpoint_count; i++) {
		const tel__flow_endpoint *e = g->from->endpoints[i];
		bool same_place = like->component ? e->component && tel__slice_eq(e->component->id, like->component->id)
		                                  : like->reader && e->reader;
		if (same_place && !is_kept(g, e))
			return tel__endpoint_server(e->endpoint);
	}
	return like->pages && g->flow->pages ? tel__endpoint_server(g->flow->pages->endpoint) : NULL;
}

/* ---- making ---- */

/* like says what it answers; its other fields are filled here. g: NULL for the host's own. */
static tel_err make_endpoint(tel_flow *flow, tel__flow_generation *g, const tel__flow_endpoint *like, tel_slice address,
                             const tel__tls_options *tls, tel__flow_endpoint **ret_endpoint, tel_error *err)
{
	tel__endpoint_serve *serve = like->health ? serve_health : like->reader ? serve_metrics : serve_pages;
	tel__endpoint_opts opts = { .address = address, .tls = tls, .any_method = like->health != NULL, .guards_loopback = like->pages };
	tel__flow_endpoint *e = tel__mem_zero(flow->alloc, 1, sizeof(*e));
	tel__http_before before;
	tel_err rc;

	if (!e)
		return tel__fail_nomem(err);
	*e = *like;
	e->flow = flow;
	e->generation = g;
	if (like->component)
		opts.id = like->component->id;
	if (g)
		e->config = tel_config_ref(g->config);
	if (g && g->from) {
		before = g->before;
		before.same = predecessor_of(g, like);
		opts.before = &before;
	}
	rc = tel__endpoint_new(flow->ctx, &opts, serve, e, &e->endpoint, err);
	if (rc)
		tel__flow_endpoint_free(e);
	else
		*ret_endpoint = e;
	return rc;
}

/* Authenticators and idle extensions have no endpoint. */
static tel_err open_extension(tel__flow_generation *g, const tel__config_component *c, tel__flow_endpoint **at, tel_error *err)
{
	tel__flow_endpoint like = { .component = c };
	tel_err rc;

	if (c->row == &tel__health_component) {
		const tel__health_options *o = c->options;
		like.health = o;
		rc = make_endpoint(g->flow, g, &like, o->endpoint, o->tls, at, err);
	} else if (c->row == &tel__zpages_component) {
		const tel__zpages_options *o = c->options;
		like.pages = true;
		rc = make_endpoint(g->flow, g, &like, o->endpoint, o->tls, at, err);
	} else {
		return TEL_OK;
	}
	return tel__flow_blame(rc, c->id, "extension", err);
}

static bool has_pages(const tel__flow_generation *g)
{
	for (size_t i = 0; g && i < g->endpoint_count; i++)
		if (g->endpoints[i]->pages)
			return true;
	return false;
}

/* They must not keep a flow from starting: a second gateway on the machine finds the port taken. */
void tel__flow_pages_adjust(tel_flow *flow)
{
	tel_error err = TEL_ERROR_INIT;
	tel_log_field fields[2];

	if (has_pages(flow->now)) {
		tel__flow_endpoint_free(flow->pages);
		flow->pages = NULL;
		return;
	}
	if (flow->pages || !flow->pages_endpoint[0])
		return;
	if (make_endpoint(flow, NULL, &(tel__flow_endpoint){ .pages = true }, tel__slice_str(flow->pages_endpoint), NULL,
	                  &flow->pages, &err)) {
		fields[0] = TEL__LOG_STR("endpoint", tel__slice_str(flow->pages_endpoint));
		fields[1] = TEL__LOG_STR("error", tel__slice_str(err.msg));
		tel__log(tel__ctx_log(flow->ctx), TEL_LOG_WARN, NULL, "There are no pages: their address cannot be opened", fields, 2);
	}
}

static tel_err open_reader(tel__flow_generation *g, const tel__config_reader *reader, tel__flow_endpoint **at, tel_error *err)
{
	tel__flow_endpoint like = { .reader = reader };
	tel__dynbuf address;
	tel_err rc;

	tel__dynbuf_init(&address, g->flow->alloc, 512);
	if (tel__slice_find(reader->host, ':') < reader->host.len && reader->host.ptr[0] != '[')
		tel__dynbuf_fmt(&address, "[" TEL_SLICE_FMT "]", TEL_SLICE_ARG(reader->host));
	else
		tel__dynbuf_slice(&address, reader->host);
	tel__dynbuf_byte(&address, ':');
	tel__dynbuf_i64(&address, reader->port);
	rc = tel__dynbuf_error(&address);
	rc = rc ? tel__fail_nomem(err) : make_endpoint(g->flow, g, &like, tel__dynbuf_get(&address), NULL, at, err);
	rc = tel__flow_blame(rc, tel__dynbuf_get(&address), "metrics reader", err);
	tel__dynbuf_fini(&address);
	return rc;
}

tel_err tel__flow_make_endpoints(tel__flow_generation *g, tel_error *err)
{
	size_t extensions = g->config->extension_count, readers = reader_count(g);

	for (size_t i = 0; i < extensions + readers; i++) {
		tel__flow_endpoint **at = &g->endpoints[i];
		tel_err rc = TEL_OK;
		if (!*at && i < extensions)
			rc = open_extension(g, extension_of(g, i), at, err);
		else if (!*at)
			rc = open_reader(g, &g->config->telemetry.readers[i - extensions], at, err);
		if (rc)
			return rc;
	}
	for (size_t i = 0; i < extensions + readers; i++) {
		tel__flow_endpoint *e = g->endpoints[i];
		g->endpoints[i] = NULL;
		if (e)
			g->endpoints[g->endpoint_count++] = e;
	}
	return TEL_OK;
}

/* ---- the switch ---- */

/* The Collector's words for it: otel-processing.md 9.5. */
static void say(const tel__flow_endpoint *e, const char *msg, const char *status)
{
	const tel__log_source source = { e->component->id, TEL_SLICE_LIT("extension"), { NULL, 0 } };
	const tel_log_field field = TEL__LOG_STR("status", tel__slice_str(status));

	tel__log(tel__ctx_log(e->flow->ctx), TEL_LOG_INFO, &source, msg, &field, status[0] ? 1 : 0);
}

void tel__flow_say_health(const tel_flow *flow, const char *status)
{
	for (size_t i = 0; i < flow->now->endpoint_count; i++)
		if (flow->now->endpoints[i]->health)
			say(flow->now->endpoints[i], "Health Check state change", status);
}

static void start_endpoint(tel__flow_endpoint *e)
{
	if (e->component)
		say(e, "Extension is starting...", "");
	tel__http_server_start(tel__endpoint_server(e->endpoint));
	if (e->component)
		say(e, "Extension started.", "");
}

/* Those that have nothing to do say so, once. */
static void start_idle(const tel__flow_generation *g)
{
	for (size_t i = 0; i < g->config->extension_count; i++) {
		const tel__config_component *c = extension_of(g, i);
		const tel__log_source source = { c->id, TEL_SLICE_LIT("extension"), { NULL, 0 } };

		if (tel__idle_text(c->row))
			tel__log(tel__ctx_log(g->flow->ctx), TEL_LOG_INFO, &source, tel__idle_text(c->row), NULL, 0);
	}
}

void tel__flow_start_endpoints(tel__flow_generation *g)
{
	tel__flow_generation *from = g->from;

	if (!from) {
		tel__log(tel__ctx_log(g->flow->ctx), TEL_LOG_INFO, NULL, "Starting extensions...", NULL, 0);
		start_idle(g);
	}
	for (size_t i = 0; i < g->endpoint_count; i++) {
		tel__flow_endpoint *e = g->endpoints[i];
		if (e->generation == g)
			start_endpoint(e);
		e->generation = g;
	}
	for (size_t i = 0; from && i < from->endpoint_count; i++) {
		tel__flow_endpoint *e = from->endpoints[i];
		from->endpoints[i] = NULL;
		if (e->generation != g)
			tel__flow_leave_endpoint(e);
	}
	if (from)
		from->endpoint_count = 0;
}

void tel__flow_free_endpoints(tel__flow_generation *g)
{
	for (size_t i = 0; i < g->endpoint_cap && g->endpoints; i++)
		if (g->endpoints[i] && g->endpoints[i]->generation == g)
			tel__flow_endpoint_free(g->endpoints[i]);
}
