/* SPDX-License-Identifier: Apache-2.0 */
#include "config/table.h"

#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"

static const tel__key tls_rows[] = {
	{ .name = "insecure", .type = TEL__KEY_BOOL, .offset = offsetof(table_tls, insecure), .help = "no TLS" },
	{ .name = "ca_file", .type = TEL__KEY_STRING, .offset = offsetof(table_tls, ca_file), .help = "authority" },
};

static void check_tls(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const table_tls *tls = options;

	if (tls->insecure && tls->ca_file.len > 0)
		report(user, "config", "insecure with ca_file");
}

static const tel__key_table tls_keys = { "configtls.ClientConfig", sizeof(table_tls), tls_rows, TEL__KEY_COUNT(tls_rows),
	                                     check_tls };

static tel_err check_endpoint(const void *field, tel_error *err)
{
	const tel_slice *endpoint = field;

	if (tel__slice_find(*endpoint, ':') == endpoint->len)
		return tel__fail(err, TEL_ERR_ARG, "address %.*s: missing port in address", TEL_SLICE_ARG(*endpoint));
	return TEL_OK;
}

static const tel__key client_rows[] = {
	{ .name = "endpoint", .type = TEL__KEY_STRING, .offset = offsetof(table_client, endpoint), .def = "any:1",
	  .help = "where to", .check = check_endpoint },
	{ .name = "timeout", .type = TEL__KEY_DURATION, .offset = offsetof(table_client, timeout_ns), .def = "30s",
	  .help = "limit of an attempt" },
	{ .name = "tls", .type = TEL__KEY_SECTION, .offset = offsetof(table_client, tls), .section = &tls_keys,
	  .help = "TLS" },
};

static void check_client(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const table_client *client = options;

	if (client->timeout_ns < 0)
		report(user, "|timeout", "'timeout' must be non-negative");
}

static const tel__key_table client_keys = { "client", sizeof(table_client), client_rows, TEL__KEY_COUNT(client_rows),
	                                        check_client };

static const tel__key batch_rows[] = {
	{ .name = "min_size", .type = TEL__KEY_INT, .offset = offsetof(table_batch, min_size), .def = "8192",
	  .help = "points" },
	{ .name = "note", .type = TEL__KEY_STRING, .offset = offsetof(table_batch, note), .def = "own", .help = "a text" },
};
static const tel__key_table batch_keys = { "batch", sizeof(table_batch), batch_rows, TEL__KEY_COUNT(batch_rows), NULL };

static const char *const sizers[] = { "requests", "items", "bytes", NULL };

static const tel__key queue_rows[] = {
	{ .name = "enabled", .type = TEL__KEY_BOOL, .offset = offsetof(table_queue, enabled), .def = "true", .help = "on" },
	{ .name = "queue_size", .type = TEL__KEY_INT, .offset = offsetof(table_queue, queue_size), .def = "1000",
	  .help = "capacity" },
	{ .name = "sizer", .type = TEL__KEY_ENUM, .offset = offsetof(table_queue, sizer), .words = sizers,
	  .bad = "invalid sizer: \"{}\"", .seen = TEL__KEY_SEEN(table_queue, sizer_seen), .help = "unit of the capacity" },
	{ .name = "batch", .type = TEL__KEY_OPTIONAL, .offset = offsetof(table_queue, batch), .section = &batch_keys,
	  .help = "batching" },
};

static void check_queue(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const table_queue *queue = options;

	if (queue->queue_size <= 0)
		report(user, "|queue_size", "`queue_size` must be positive");
	if (queue->batch && queue->batch->min_size > queue->queue_size)
		report(user, "batch|min_size", "`min_size` must be less than or equal to `queue_size`");
}

static const tel__key_table queue_keys = { "queue", sizeof(table_queue), queue_rows, TEL__KEY_COUNT(queue_rows),
	                                       check_queue };

static const tel__key rule_rows[] = {
	{ .name = "name", .type = TEL__KEY_STRING, .offset = offsetof(table_rule, name), .def = "nobody", .help = "name" },
	{ .name = "weight", .type = TEL__KEY_DOUBLE, .offset = offsetof(table_rule, weight), .def = "0.5", .help = "weight" },
};

static void check_rule(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const table_rule *rule = options;

	if (!(rule->weight >= 0))
		report(user, "|weight", "weight must not be negative");
}

static const tel__key_table rule_keys = { "rule", sizeof(table_rule), rule_rows, TEL__KEY_COUNT(rule_rows), check_rule };

#define FIELD(f) .offset = offsetof(table_full, f)
static const tel__key full_rows[] = {
	{ .name = "b", .type = TEL__KEY_BOOL, FIELD(b), .help = "a bool" },
	{ .name = "i", .type = TEL__KEY_INT, FIELD(i), .def = "-3", .help = "an int" },
	{ .name = "u32", .type = TEL__KEY_UINT32, FIELD(u32), .help = "32 bits" },
	{ .name = "u64", .type = TEL__KEY_UINT64, FIELD(u64), .help = "64 bits" },
	{ .name = "d", .type = TEL__KEY_DOUBLE, FIELD(d), .def = "1.5", .help = "a double" },
	{ .name = "duration", .type = TEL__KEY_DURATION, FIELD(duration_ns), .def = "200ms", .help = "a duration" },
	{ .name = "s", .type = TEL__KEY_STRING, FIELD(s), .def = "text", .help = "a string" },
	{ .name = "secret", .type = TEL__KEY_SECRET, FIELD(secret), .help = "a secret" },
	{ .name = "e", .type = TEL__KEY_ENUM, FIELD(e), .def = "items", .words = sizers, .help = "a word" },
	{ .name = "strings", .type = TEL__KEY_STRINGS, FIELD(strings), .def = "[a, b]", .help = "strings" },
	{ .name = "map", .type = TEL__KEY_STRING_MAP, FIELD(map), .help = "names to texts" },
	{ .name = "headers", .type = TEL__KEY_SECRET_MAP, FIELD(headers), .help = "names to secrets" },
	{ .name = "clientconfig", .type = TEL__KEY_SQUASH, FIELD(client), .section = &client_keys,
	  .def = "{timeout: 5s, endpoint: \"here:1\"}", .help = "" },
	{ .name = "sending_queue", .type = TEL__KEY_OPTIONAL, FIELD(queue), .section = &queue_keys, .flags = TEL__KEY_PRESENT,
	  .help = "the queue" },
	{ .name = "maybe", .type = TEL__KEY_OPTIONAL, FIELD(maybe), .section = &batch_keys, .def = "{note: theirs}",
	  .help = "off while absent" },
	{ .name = "section", .type = TEL__KEY_SECTION, FIELD(section), .section = &tls_keys, .def = "{insecure: true}",
	  .help = "a section" },
	{ .name = "rules", .type = TEL__KEY_SECTIONS, FIELD(rules), .section = &rule_keys, .help = "a list" },
	{ .name = "any", .type = TEL__KEY_ANY, FIELD(any), .help = "whatever" },
	{ .name = "old", .type = TEL__KEY_IGNORED, .help = "accepted" },
};
static const tel__key_table full_keys = { "fullexporter.Config", sizeof(table_full), full_rows, TEL__KEY_COUNT(full_rows),
	                                      NULL };

static const tel__key group_rows[] = {
	{ .name = "name", .type = TEL__KEY_STRING, .offset = offsetof(table_group, name), .help = "name" },
	{ .name = "texts", .type = TEL__KEY_STRINGS, .offset = offsetof(table_group, texts), .help = "texts" },
};
static const tel__key_table group_keys = { "group", sizeof(table_group), group_rows, TEL__KEY_COUNT(group_rows), NULL };

/* Blames each "!" and warns of each "?" of a text, where it stands. */
static void check_text(const tel__key_check *c, tel_slice text, size_t group, size_t number)
{
	uint32_t line = 1, column = 1;

	for (size_t i = 0; i < text.len; i++, column++) {
		char path[128];

		if (text.ptr[i] == '!' || text.ptr[i] == '?') {
			snprintf(path, sizeof(path), "|groups::%zu::texts::%zu@%u:%u", group, number, line, column);
			c->report(c, text.ptr[i] == '?', path, TEL_SLICE_LIT("mark"));
		} else if (text.ptr[i] == '\n') {
			line++;
			column = 0;
		}
	}
}

static tel_err verify_groups(const tel__key_check *c)
{
	const table_routes *options = c->options;
	const table_group *groups = options->groups.items;

	for (size_t i = 0; i < options->groups.count; i++)
		for (size_t j = 0; j < groups[i].texts.count; j++)
			check_text(c, groups[i].texts.items[j], i, j);
	return TEL_OK;
}

static const tel__key routes_rows[] = {
	{ .name = "pipelines", .type = TEL__KEY_STRINGS, .offset = offsetof(table_routes, pipelines),
	  .flags = TEL__KEY_PIPELINES, .help = "where to" },
	{ .name = "groups", .type = TEL__KEY_SECTIONS, .offset = offsetof(table_routes, groups), .section = &group_keys,
	  .basic = "texts", .bad = "text cannot be empty", .verify = verify_groups, .help = "strings or maps" },
	{ .name = "strict", .type = TEL__KEY_SECTIONS, .offset = offsetof(table_routes, strict), .section = &group_keys,
	  .basic = "texts", .bad = "text cannot be empty", .flags = TEL__KEY_ONE_FORM, .help = "strings or maps" },
};
static const tel__key_table routes_keys = { "routes.Config", sizeof(table_routes), routes_rows, TEL__KEY_COUNT(routes_rows),
	                                        NULL };

static const tel__key_table none_keys = { "none.Config", 1, NULL, 0, NULL };
static const char *const old_full[] = { "fullold", NULL };
static const char implemented; /* impl of a row that runs */

static const tel__component receiver = { "in", NULL, TEL__KIND_RECEIVER, &none_keys, "takes", &implemented, NULL };
static const tel__component processor = { "proc", NULL, TEL__KIND_PROCESSOR, &none_keys, "changes", &implemented, NULL };
static const tel__component other = { "batch", NULL, TEL__KIND_PROCESSOR, &none_keys, "collects", NULL, NULL };
static const tel__component exporter = { "out", NULL, TEL__KIND_EXPORTER, &none_keys, "gives", &implemented, NULL };
static const tel__component full = { "full", old_full, TEL__KIND_EXPORTER, &full_keys, "has all", &implemented, NULL };
static const tel__component connector = { "forward", NULL, TEL__KIND_CONNECTOR, &none_keys, "joins", &implemented, NULL };
static const tel__component routes = { "routes", NULL, TEL__KIND_CONNECTOR, &routes_keys, "sends", &implemented, NULL };
static const tel__component extension = { "ext", NULL, TEL__KIND_EXTENSION, &none_keys, "stands beside", &implemented, NULL };

static const tel__component *const first_rows[] = { &receiver, &processor, &other, &connector };
static const struct tel_components first = { first_rows, TEL__KEY_COUNT(first_rows), NULL };
static const tel__component *const rows[] = { &exporter, &full, &routes, &extension };
const struct tel_components table_components = { rows, TEL__KEY_COUNT(rows), &first };
