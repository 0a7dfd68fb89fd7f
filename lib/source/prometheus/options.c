/* SPDX-License-Identifier: Apache-2.0 */
#include "source/prometheus/options.h"

#include <stddef.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/map.h"
#include "base/slice_i.h"
#include "config/prom_units.h"
#include "wire/yaml.h"

typedef void report_fn(void *user, const char *path, const char *msg);

#define SECOND INT64_C(1000000000)

static int64_t duration_or_zero(tel_slice text)
{
	int64_t ns;

	return tel__prom_duration_parse(text, &ns, NULL) == TEL_OK ? ns : 0;
}

static void global_times(const tel__scrape_global *global, int64_t *ret_interval, int64_t *ret_timeout)
{
	int64_t interval = duration_or_zero(global->common.scrape_interval),
		timeout = duration_or_zero(global->common.scrape_timeout);

	if (interval == 0)
		interval = 60 * SECOND;
	if (timeout == 0)
		timeout = interval < 10 * SECOND ? interval : 10 * SECOND;
	*ret_interval = interval;
	*ret_timeout = timeout;
}

void tel__scrape_times(const tel__scrape_global *global, const tel__scrape_job *job, int64_t *ret_interval_ns,
                       int64_t *ret_timeout_ns)
{
	int64_t interval, timeout, own = duration_or_zero(job->common.scrape_timeout);

	global_times(global, &interval, &timeout);
	if (duration_or_zero(job->common.scrape_interval) != 0)
		interval = duration_or_zero(job->common.scrape_interval);
	*ret_interval_ns = interval;
	*ret_timeout_ns = own ? own : timeout < interval ? timeout : interval;
}

bool tel__scrape_is_legacy(const tel__scrape_global *global, const tel__scrape_job *job)
{
	int32_t scheme = job->common.validation ? job->common.validation : global->common.validation;

	return scheme == TEL__NAMES_LEGACY;
}

/* ---- what jobs say of each other, of `global`, and their rules ---- */

static void report_at(const tel__key_check *c, size_t job, const char *rest, const char *msg)
{
	char path[160];

	snprintf(path, sizeof(path), "scrape_configs::%zu%s", job, rest);
	c->report(c, false, path, tel__slice_str(msg));
}

/* The list below a key of one job as it is written, NULL where there is none. */
static const tel__node *list_of(const tel__key_check *c, size_t job, const char *key)
{
	const tel__node *jobs = tel__node_get(c->node, "scrape_configs"), *list = NULL;

	if (jobs && jobs->type == TEL__NODE_LIST && job < jobs->v.list.count)
		list = tel__node_get(jobs->v.list.items[job], key);
	return list && list->type == TEL__NODE_LIST ? list : NULL;
}

static void verify_rules(const tel__key_check *c, size_t job, const char *key, const tel__key_list *rules, bool legacy)
{
	const tel__relabel_options *o = rules->items;
	const tel__node *list = list_of(c, job, key);
	bool target = key[0] == 'r';
	char path[96];

	for (size_t i = 0; i < rules->count; i++) {
		tel_error err = TEL_ERROR_INIT;
		const char *blame = "";

		if (list && i < list->v.list.count && list->v.list.items[i]->type == TEL__NODE_NULL) {
			snprintf(path, sizeof(path), "::%s::%zu", key, i);
			report_at(c, job, path, target ? "empty or null target relabeling rule in scrape config"
			                               : "empty or null metric relabeling rule in scrape config");
			continue;
		}
		if (tel__relabel_validate(&o[i], legacy, &blame, &err) == TEL_OK)
			continue;
		snprintf(path, sizeof(path), "::%s::%zu%s%s", key, i, blame[0] ? "|" : "", blame);
		report_at(c, job, path, err.msg);
	}
}

/* Addresses of static targets are no URLs, if no rule could make something of them. */
static void verify_targets(const tel__key_check *c, size_t job, const tel__scrape_job *o)
{
	const tel__static_targets *groups = o->discovery.static_configs.items;
	char msg[256], path[96], shown[200];

	for (size_t i = 0; o->relabel_configs.count == 0 && i < o->discovery.static_configs.count; i++)
		for (size_t j = 0; j < groups[i].targets.count; j++) {
			tel_slice target = groups[i].targets.items[j];
			if (tel__slice_find(target, '/') == target.len)
				continue;
			snprintf(path, sizeof(path), "::static_configs::%zu|targets::%zu", i, j);
			snprintf(msg, sizeof(msg), "\"%s\" is not a valid hostname", tel__slice_printable(target, shown, sizeof(shown)));
			report_at(c, job, path, msg);
		}
}

static void verify_names(const tel__key_check *c, size_t job, const tel__scrape_global *global, const tel__scrape_job *o)
{
	bool legacy = tel__scrape_is_legacy(global, o);
	int32_t escaping = o->escaping ? o->escaping : global->escaping;

	if (legacy && escaping == TEL__ESCAPE_ALLOW_UTF8)
		report_at(c, job, o->escaping ? "|metric_name_escaping_scheme" : "",
		          "utf8 metric names requested but validation scheme is not set to UTF8");
	verify_rules(c, job, "relabel_configs", &o->relabel_configs, legacy);
	verify_rules(c, job, "metric_relabel_configs", &o->metric_relabel_configs, legacy);
}

static void verify_times(const tel__key_check *c, size_t job, const tel__scrape_global *global, const tel__scrape_job *o)
{
	char msg[256], shown[128];
	int64_t interval, timeout;

	tel__scrape_times(global, o, &interval, &timeout);
	if (timeout <= interval)
		return;
	snprintf(msg, sizeof(msg), "scrape timeout greater than scrape interval for scrape config with job name \"%s\"",
	         tel__slice_printable(o->job_name, shown, sizeof(shown)));
	report_at(c, job, "|scrape_timeout", msg);
}

static tel_err verify_unique(const tel__key_check *c, tel__map *names, size_t job, const tel__scrape_job *o)
{
	char msg[256], shown[128];
	void *found;

	if (!o->job_name.len) {
		report_at(c, job, "", "job_name is empty");
		return TEL_OK;
	}
	if (!tel__map_get(names, o->job_name, &found))
		return tel__map_put(names, o->job_name, NULL, NULL);
	snprintf(msg, sizeof(msg), "found multiple scrape configs with job name \"%s\"",
	         tel__slice_printable(o->job_name, shown, sizeof(shown)));
	report_at(c, job, "|job_name", msg);
	return TEL_OK;
}

tel_err tel__scrape_jobs_verify(const tel__key_check *c)
{
	const tel__prometheus_config *config = c->options;
	const tel__scrape_job *jobs = config->scrape_configs.items;
	const tel__node *list = tel__node_get(c->node, "scrape_configs");
	tel__map *names;
	char path[64];
	tel_err rc = tel__map_new(c->alloc, TEL__MAP_BORROW_KEYS, 0, &names);

	for (size_t i = 0; rc == TEL_OK && i < config->scrape_configs.count; i++) {
		if (list && list->type == TEL__NODE_LIST && i < list->v.list.count &&
		    list->v.list.items[i]->type == TEL__NODE_NULL) {
			snprintf(path, sizeof(path), "scrape_configs::%zu", i);
			c->report(c, false, path, TEL_SLICE_LIT("empty or null scrape config section"));
			continue;
		}
		verify_times(c, i, &config->global, &jobs[i]);
		verify_targets(c, i, &jobs[i]);
		verify_names(c, i, &config->global, &jobs[i]);
		rc = verify_unique(c, names, i, &jobs[i]);
	}
	if (names)
		tel__map_free(names);
	return rc;
}

/* ---- global ---- */

static void check_global(const void *options, report_fn *report, void *user)
{
	const tel__scrape_global *o = options;
	char msg[160], shown[100];
	int64_t interval, timeout;

	global_times(o, &interval, &timeout);
	if (timeout > interval)
		report(user, "|scrape_timeout", "global scrape timeout greater than scrape interval");
	for (size_t i = 0; i < o->external_labels.count; i++) {
		if (tel__label_name_ok(o->external_labels.items[i].key, o->common.validation == TEL__NAMES_LEGACY))
			continue;
		snprintf(msg, sizeof(msg), "\"%s\" is not a valid label name",
		         tel__slice_printable(o->external_labels.items[i].key, shown, sizeof(shown)));
		report(user, "external_labels", msg);
	}
	if (o->common.validation == TEL__NAMES_LEGACY && o->escaping == TEL__ESCAPE_ALLOW_UTF8)
		report(user, "|metric_name_escaping_scheme", "utf8 metric names requested but validation scheme is not set to UTF8");
}

static const tel__key global_keys[] = {
	{ .type = TEL__KEY_SQUASH, .offset = offsetof(tel__scrape_global, common), .section = &tel__scrape_common_keys },
	{ .name = "metric_name_escaping_scheme", .type = TEL__KEY_ENUM, .offset = offsetof(tel__scrape_global, escaping),
	  .def = "\"\"", .words = tel__name_escaping_words,
	  .bad = "unknown global name escaping method specified, must be one of 'allow-utf-8', 'underscores', 'dots', or 'values', "
	         "got {}",
	  .help = "how targets are asked to write names: allow-utf-8, underscores, dots or values" },
	{ .name = "external_labels", .type = TEL__KEY_STRING_MAP, .offset = offsetof(tel__scrape_global, external_labels),
	  .help = "labels of every sample" },
	{ .name = "evaluation_interval", .type = TEL__KEY_IGNORED, .help = "accepted; rules are not evaluated" },
	{ .name = "rule_query_offset", .type = TEL__KEY_IGNORED, .help = "accepted; rules are not evaluated" },
	{ .name = "query_log_file", .type = TEL__KEY_IGNORED, .help = "accepted; there are no queries" },
};
static const tel__key_table global_table = { "config.GlobalConfig", sizeof(tel__scrape_global), global_keys,
	                                     TEL__KEY_COUNT(global_keys), check_global };

/* ---- config ---- */

static bool has_items(const tel__node *node)
{
	return node && ((node->type == TEL__NODE_LIST && node->v.list.count > 0) ||
	                (node->type == TEL__NODE_MAP && node->v.map.count > 0));
}

/* Parts of Prometheus that a receiver has no use for; one finding each, where they stand. */
static void check_config(const void *options, report_fn *report, void *user)
{
	const tel__prometheus_config *o = options;

	if (has_items(tel__node_get(o->alerting, "alertmanagers")))
		report(user, "|alerting::alertmanagers", "unsupported features: alert_config.alertmanagers");
	if (has_items(tel__node_get(o->alerting, "alert_relabel_configs")))
		report(user, "|alerting::alert_relabel_configs", "unsupported features: alert_config.relabel_configs");
	if (has_items(o->remote_read))
		report(user, "|remote_read", "unsupported features: remote_read");
	if (has_items(o->remote_write))
		report(user, "|remote_write", "unsupported features: remote_write");
	if (has_items(o->rule_files))
		report(user, "|rule_files", "unsupported features: rule_files");
}

#define CONFIG(field) .offset = offsetof(tel__prometheus_config, field)
static const tel__key config_keys[] = {
	{ .name = "global", .type = TEL__KEY_SECTION, CONFIG(global), .section = &global_table, .help = "what holds for all jobs" },
	{ .name = "scrape_configs", .type = TEL__KEY_SECTIONS, CONFIG(scrape_configs), .section = &tel__scrape_job_keys,
	  .verify = tel__scrape_jobs_verify, .help = "the jobs" },
	{ .name = "scrape_config_files", .type = TEL__KEY_STRINGS, CONFIG(scrape_config_files), .help = "files with further jobs" },
	{ .name = "alerting", .type = TEL__KEY_ANY, CONFIG(alerting), .help = "not supported" },
	{ .name = "remote_read", .type = TEL__KEY_ANY, CONFIG(remote_read), .help = "not supported" },
	{ .name = "remote_write", .type = TEL__KEY_ANY, CONFIG(remote_write), .help = "not supported" },
	{ .name = "rule_files", .type = TEL__KEY_ANY, CONFIG(rule_files), .help = "not supported" },
	{ .name = "runtime", .type = TEL__KEY_IGNORED, .help = "accepted; it is of Prometheus itself" },
	{ .name = "storage", .type = TEL__KEY_IGNORED, .help = "accepted; it is of Prometheus itself" },
	{ .name = "otlp", .type = TEL__KEY_IGNORED, .help = "accepted; it is of Prometheus itself" },
	{ .name = "tracing", .type = TEL__KEY_IGNORED, .help = "accepted; it is of Prometheus itself" },
};
static const tel__key_table config_table = { "config.Config", sizeof(tel__prometheus_config), config_keys,
	                                     TEL__KEY_COUNT(config_keys), check_config };

/* ---- the receiver ---- */

static const tel__key api_server_keys[] = {
	{ .name = "enabled", .type = TEL__KEY_BOOL, .offset = offsetof(tel__prometheus_api_server, enabled), .def = "false",
	  .help = "must be false" },
	{ .name = "server_config", .type = TEL__KEY_ANY, .offset = offsetof(tel__prometheus_api_server, server_config),
	  .help = "not supported" },
};
static const tel__key_table api_server_table = { "prometheusreceiver.APIServer", sizeof(tel__prometheus_api_server),
	                                         api_server_keys, TEL__KEY_COUNT(api_server_keys), NULL };

static void check_receiver(const void *options, report_fn *report, void *user)
{
	const tel__prometheus_options *o = options;

	if (o->target_allocator)
		report(user, "target_allocator", "target_allocator is not supported: targets are found by the jobs of config");
	else if (o->config.scrape_configs.count == 0 && o->config.scrape_config_files.count == 0)
		report(user, "", "no Prometheus scrape_configs or target_allocator set");
	if (o->api_server.enabled)
		report(user, "api_server|enabled", "the api_server of Prometheus is not supported");
}

static const tel__key receiver_keys[] = {
	{ .name = "config", .type = TEL__KEY_SECTION, .offset = offsetof(tel__prometheus_options, config), .section = &config_table,
	  .flags = TEL__KEY_GO_YAML, .help = "a configuration of Prometheus; each $ is written $$" },
	{ .name = "trim_metric_suffixes", .type = TEL__KEY_BOOL, .offset = offsetof(tel__prometheus_options, trim_metric_suffixes),
	  .help = "cut units and types off the names of metrics" },
	{ .name = "target_allocator", .type = TEL__KEY_ANY, .offset = offsetof(tel__prometheus_options, target_allocator),
	  .help = "not supported" },
	{ .name = "api_server", .type = TEL__KEY_SECTION, .offset = offsetof(tel__prometheus_options, api_server),
	  .section = &api_server_table, .help = "not supported" },
};
static const tel__key_table receiver_table = { "prometheusreceiver.Config", sizeof(tel__prometheus_options), receiver_keys,
	                                       TEL__KEY_COUNT(receiver_keys), check_receiver };

const tel__component tel__prometheus_receiver = {
	.type = "prometheus",
	.kind = TEL__KIND_RECEIVER,
	.keys = &receiver_table,
	.help = "scrapes targets as Prometheus does",
};
