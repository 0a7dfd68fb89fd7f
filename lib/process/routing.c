/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and their checks: otel-processing.md 6.1. */
#include "process/routing.h"

#include <stddef.h>
#include <stdio.h>

#include "base/dynbuf.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/slice_i.h"

#define ROUTE(field) .offset = offsetof(tel__route, field)
#define FIELD(field) .offset = offsetof(tel__routing_options, field)

/* ---- conditions on the request ---- */

static size_t find_text(tel_slice text, size_t from, const char *wanted)
{
	tel_slice what = tel__slice_str(wanted);

	while (from < text.len && !tel__slice_starts(tel__slice_sub(text, from, text.len - from), what))
		from++;
	return from;
}

static tel_slice without(tel_slice text, const char *prefix, const char *suffix)
{
	if (tel__slice_starts(text, tel__slice_str(prefix)))
		text = tel__slice_sub(text, strlen(prefix), text.len - strlen(prefix));
	if (tel__slice_ends(text, tel__slice_str(suffix)))
		text.len -= strlen(suffix);
	return text;
}

/* Has text a piece that starts with from and ends, behind it, with to? */
static bool has_piece(tel_slice text, const char *from, const char *to)
{
	size_t start = find_text(text, 0, from);

	return start < text.len && find_text(text, start + strlen(from), to) < text.len;
}

const char *tel__request_condition_parse(tel_slice text, tel__request_condition *ret_condition)
{
	size_t equal = find_text(text, 0, "=="), differs = find_text(text, 0, "!="), at = equal < differs ? equal : differs;
	tel_slice left, right;

	if (text.len == 0)
		return "condition is empty";
	if (at == text.len)
		return "condition does not contain a valid comparator";
	if (find_text(text, at + 2, "==") < text.len || find_text(text, at + 2, "!=") < text.len)
		return "condition contains multiple comparators";
	left = tel__slice_trim(tel__slice_sub(text, 0, at));
	right = tel__slice_trim(tel__slice_sub(text, at + 2, text.len - at - 2));
	if (!has_piece(left, "request[\"", "\"]"))
		return "condition must have format 'request[\"<name>\"] <comparator> <value>'";
	if (!has_piece(right, "\"", "\""))
		return "condition must have format 'request[\"<name>\"] <comparator> \"<value>\"'";
	*ret_condition = (tel__request_condition){ without(left, "request[\"", "\"]"), without(right, "\"", "\""),
		                                       differs < equal };
	return NULL;
}

/* ---- routes ---- */

static const char *const context_words[] = { "", "resource", "metric", "datapoint", "request", "span", "log", NULL };
static const char *const action_words[] = { "move", "copy", NULL };

static const tel__key route_keys[] = {
	{ .name = "context", .type = TEL__KEY_ENUM, ROUTE(context), .words = context_words, .bad = "invalid context: {}",
	  .help = "what the condition looks at, and what is moved: resource (default), metric, datapoint, request" },
	{ .name = "condition", .type = TEL__KEY_STRING, ROUTE(condition), .help = "OTTL condition; or statement" },
	{ .name = "statement", .type = TEL__KEY_STRING, ROUTE(statement), .help = "OTTL statement: route() where CONDITION" },
	{ .name = "action", .type = TEL__KEY_ENUM, ROUTE(action), .def = "move", .words = action_words,
	  .bad = "invalid Action string: {}", .help = "copy leaves the data for the routes behind" },
	{ .name = "pipelines", .type = TEL__KEY_STRINGS, ROUTE(pipelines), .flags = TEL__KEY_PIPELINES,
	  .help = "where matching data goes; each of them lists the connector as a receiver" },
};

static void check_route(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__route *r = options;
	tel__request_condition parts;
	const char *wrong = NULL;

	if (r->statement.len == 0 && r->condition.len == 0)
		report(user, "", "invalid route: no condition or statement provided");
	else if (r->statement.len > 0 && r->condition.len > 0)
		report(user, "|statement", "invalid route: both condition and statement provided");
	else if (r->context == TEL__ROUTE_REQUEST && r->condition.len == 0)
		report(user, "|statement", "\"request\" context requires a 'condition'");
	else if (r->context == TEL__ROUTE_REQUEST)
		wrong = tel__request_condition_parse(r->condition, &parts);
	if (wrong)
		report(user, "|condition", wrong);
	if (r->pipelines.count == 0)
		report(user, "|pipelines", "invalid route: no pipelines defined");
}

static const tel__key_table route_table = { "routingconnector.RoutingTableItem", sizeof(tel__route), route_keys,
	                                        TEL__KEY_COUNT(route_keys), check_route };

static tel_err verify_text(const tel__key_check *c, const tel__route *r, size_t i)
{
	static const tel_ottl_context contexts[] = { TEL_OTTL_RESOURCE, TEL_OTTL_RESOURCE, TEL_OTTL_METRIC, TEL_OTTL_DATAPOINT };
	bool statement = r->statement.len > 0;
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_slice text = statement ? r->statement : r->condition;
	tel_buf *message = NULL;
	char path[96], place[32] = "";
	tel_err rc;

	if (r->context >= TEL__ROUTE_REQUEST || text.len == 0)
		return TEL_OK;
	opts.alloc = c->alloc;
	opts.place = TEL_OTTL_ROUTING;
	opts.context = contexts[r->context];
	opts.prefix_optional = true;
	rc = tel_ottl_check_group(statement ? &text : NULL, statement, statement ? NULL : &text, !statement, &opts, NULL, &message,
	                          &err);
	if (rc == TEL_OK)
		return TEL_OK;
	if (rc == TEL_ERR_NOMEM || !message)
		return TEL_ERR_NOMEM;
	if (err.line)
		snprintf(place, sizeof(place), "@%u:%u", err.line, err.column);
	snprintf(path, sizeof(path), "|table::%zu::%s%s", i, statement ? "statement" : "condition", place);
	c->report(c, false, path, tel_buf_get(message));
	tel_buf_unref(message);
	return TEL_OK;
}

void tel__route_identity(tel__dynbuf *out, const tel__route *r)
{
	int32_t context = r->context == TEL__ROUTE_UNSET ? TEL__ROUTE_RESOURCE : r->context;

	tel__dynbuf_reset(out);
	tel__dynbuf_byte(out, (char)('0' + context));
	if (r->condition.len > 0 && context != TEL__ROUTE_REQUEST)
		tel__dynbuf_puts(out, "route() where ");
	tel__dynbuf_slice(out, r->condition.len > 0 ? r->condition : r->statement);
}

static tel_err warn_repeated(const tel__key_check *c, const tel__route *r, size_t i, tel_slice statement)
{
	char path[64];
	tel__dynbuf msg;
	tel_err rc;

	tel__dynbuf_init(&msg, c->alloc, TEL_LIMIT_CONFIG_BYTES * 2);
	tel__dynbuf_puts(&msg, "Statement \"");
	tel__dynbuf_slice(&msg, statement);
	tel__dynbuf_puts(&msg, "\" already exists in the routing table, the route with target pipeline(s) \"");
	for (size_t k = 0; k < r->pipelines.count; k++) {
		tel__dynbuf_puts(&msg, k ? ", " : "");
		tel__dynbuf_slice(&msg, r->pipelines.items[k]);
	}
	tel__dynbuf_puts(&msg, "\" will be ignored.");
	rc = tel__dynbuf_error(&msg);
	snprintf(path, sizeof(path), "|table::%zu::%s", i, r->statement.len ? "statement" : "condition");
	if (rc != TEL_ERR_NOMEM)
		c->report(c, true, path, tel__dynbuf_get(&msg));
	tel__dynbuf_fini(&msg);
	return rc == TEL_ERR_NOMEM ? rc : TEL_OK;
}

static tel_err verify_repeated(const tel__key_check *c, const tel__route *routes, size_t count)
{
	tel__dynbuf identity;
	tel__map *seen = NULL;
	/* The seed is nothing that a file can know. */
	tel_err rc = tel__map_new(c->alloc, 0, (uint64_t)(uintptr_t)&identity, &seen);

	tel__dynbuf_init(&identity, c->alloc, TEL_LIMIT_CONFIG_BYTES * 2);
	for (size_t i = 0; i < count && rc == TEL_OK; i++) {
		tel_slice key;

		tel__route_identity(&identity, &routes[i]);
		rc = tel__dynbuf_error(&identity);
		key = tel__dynbuf_get(&identity);
		if (rc == TEL_OK && tel__map_get(seen, key, NULL))
			rc = warn_repeated(c, &routes[i], i, tel__slice_sub(key, 1, key.len - 1));
		else if (rc == TEL_OK)
			rc = tel__map_put(seen, key, NULL, NULL);
	}
	tel__dynbuf_fini(&identity);
	tel__map_free(seen);
	return rc == TEL_ERR_NOMEM ? rc : TEL_OK;
}

static tel_err verify_table(const tel__key_check *c)
{
	const tel__routing_options *o = c->options;
	const tel__route *routes = o->table.items;
	tel_err rc = TEL_OK;

	for (size_t i = 0; i < o->table.count && rc == TEL_OK; i++)
		rc = verify_text(c, &routes[i], i);
	return rc == TEL_OK ? verify_repeated(c, routes, o->table.count) : rc;
}

/* ---- the connector ---- */

static const tel__key routing_keys[] = {
	{ .name = "error_mode", .type = TEL__KEY_ENUM, FIELD(error_mode), .def = "propagate", TEL__ERROR_MODE_WORDS,
	  .help = "what an error of a condition does: propagate refuses the data, ignore and silent take it for no match" },
	{ .name = "default_pipelines", .type = TEL__KEY_STRINGS, FIELD(default_pipelines), .flags = TEL__KEY_PIPELINES,
	  .help = "where data goes that no route matches; none = it is dropped" },
	{ .name = "table", .type = TEL__KEY_SECTIONS, FIELD(table), .section = &route_table, .verify = verify_table,
	  .help = "routes in their order; what one moved is gone for those behind it" },
};

static void check_routing(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__routing_options *o = options;

	if (o->table.count == 0)
		report(user, "|table", "invalid routing table: the routing table is empty");
}

static const tel__key_table routing_table = { "routingconnector.Config", sizeof(tel__routing_options), routing_keys,
	                                          TEL__KEY_COUNT(routing_keys), check_routing };

const tel__component tel__routing = {
	.type = "routing",
	.kind = TEL__KIND_CONNECTOR,
	.keys = &routing_table,
	.help = "sends metrics to pipelines by OTTL conditions",
	.impl = &tel__routing_ops,
};
