/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of one scrape job, and of what `global` shares with it. */
#include <stddef.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "config/prom_units.h"
#include "source/prometheus/options.h"
#include "wire/yaml.h"

typedef void report_fn(void *user, const char *path, const char *msg);

static tel_err check_size(const void *field, tel_error *err)
{
	int64_t bytes;

	return tel__prom_size_parse(*(const tel_slice *)field, &bytes, err);
}

#define LIMIT(key, text) \
	{ .name = #key, .type = TEL__KEY_UINT64, .offset = offsetof(tel__scrape_limits, key), .help = text "; 0 = none of its own" }
static const tel__key limit_keys[] = {
	{ .name = "body_size_limit", .type = TEL__KEY_STRING, .offset = offsetof(tel__scrape_limits, body_size_limit),
		.def = "\"0\"",
	  .check = check_size, .help = "size of an answer, unpacked: 20MB is 20 x 1024 x 1024; 0 = none of its own" },
	LIMIT(sample_limit, "samples of an answer, after relabeling"),
	LIMIT(target_limit, "targets of a job"),
	LIMIT(label_limit, "labels of a sample"),
	LIMIT(label_name_length_limit, "bytes of the name of a label"),
	LIMIT(label_value_length_limit, "bytes of the value of a label"),
	LIMIT(keep_dropped_targets, "dropped targets that are remembered"),
};
static const tel__key_table limit_table = { "config.ScrapeConfig", sizeof(tel__scrape_limits), limit_keys,
	                                    TEL__KEY_COUNT(limit_keys), NULL };

#define SWITCH(key, text) \
	{ .name = #key, .type = TEL__KEY_BOOL, .offset = offsetof(tel__scrape_switches, key), \
	  .seen = TEL__KEY_SEEN(tel__scrape_switches, has_##key), .help = text }
static const tel__key switch_keys[] = {
	SWITCH(scrape_native_histograms, "take native histograms, and ask for them"),
	SWITCH(always_scrape_classic_histograms, "take classic histograms although there are native ones"),
	SWITCH(convert_classic_histograms_to_nhcb, "turn classic histograms into native ones with their buckets"),
	SWITCH(extra_scrape_metrics, "add metrics about limits and timeouts of scrapes"),
};
static const tel__key_table switch_table = { "config.ScrapeConfig", sizeof(tel__scrape_switches), switch_keys,
	                                     TEL__KEY_COUNT(switch_keys), NULL };

static const char *const validation_words[] = { "", "utf8", "legacy", NULL };
const char *const tel__name_escaping_words[] = { "", "allow-utf-8", "underscores", "dots", "values", NULL };

static const char *const protocols[] = { "OpenMetricsText0.0.1", "OpenMetricsText1.0.0", "PrometheusProto",
	                                 "PrometheusText0.0.4", "PrometheusText1.0.0" };
enum { PROTOCOLS = sizeof(protocols) / sizeof(protocols[0]) };

static bool is_protocol(tel_slice text)
{
	for (size_t i = 0; i < PROTOCOLS; i++)
		if (tel__slice_is(text, protocols[i]))
			return true;
	return false;
}

static void unknown_protocol(tel_slice text, char *msg, size_t cap)
{
	char shown[64];

	snprintf(msg, cap, "unknown scrape protocol %s, supported: [%s %s %s %s %s]",
	         tel__slice_printable(text, shown, sizeof(shown)), protocols[0], protocols[1], protocols[2], protocols[3],
	         protocols[4]);
}

/* Whether it stands further up in the list, in whatever letters. Only the first few are looked at: more are too many anyway. */
static bool is_repeated(const tel__key_strings *list, size_t i)
{
	for (size_t j = 0; j < i && j <= PROTOCOLS; j++)
		if (tel__slice_eq_nocase(list->items[i], list->items[j]))
			return true;
	return false;
}

static void repeated_protocol(const tel__key_strings *list, char *msg, size_t cap)
{
	size_t n = (size_t)snprintf(msg, cap, "duplicated protocol in scrape_protocols, got [");
	char shown[64];

	for (size_t i = 0; i < list->count && n + sizeof(shown) < cap; i++)
		n += (size_t)snprintf(msg + n, cap - n, "%s%s", i ? " " : "",
		                      tel__slice_printable(list->items[i], shown, sizeof(shown)));
	if (n + 2 < cap)
		snprintf(msg + n, cap - n, "]");
}

static void check_common(const void *options, report_fn *report, void *user)
{
	const tel__scrape_common *o = options;
	const tel__key_strings *list = &o->scrape_protocols;
	char msg[512], path[64];

	if (o->has_scrape_protocols && list->count == 0)
		report(user, "scrape_protocols", "scrape_protocols cannot be empty");
	for (size_t i = 0; i < list->count; i++) {
		snprintf(path, sizeof(path), "scrape_protocols|%zu", i);
		if (is_repeated(list, i))
			repeated_protocol(list, msg, sizeof(msg));
		else if (!is_protocol(list->items[i]))
			unknown_protocol(list->items[i], msg, sizeof(msg));
		else
			continue;
		report(user, path, msg);
	}
}

#define COMMON(field) .offset = offsetof(tel__scrape_common, field)
static const tel__key common_keys[] = {
	{ .name = "scrape_interval", .type = TEL__KEY_STRING, COMMON(scrape_interval), .def = "\"0s\"",
	  .check = tel__prom_duration_check, .help = "time between two scrapes; 0s = the global one, there: 1m" },
	{ .name = "scrape_timeout", .type = TEL__KEY_STRING, COMMON(scrape_timeout), .def = "\"0s\"",
	  .check = tel__prom_duration_check, .help = "longest time of a scrape; 0s = the global one or 10s, at most the interval" },
	{ .name = "scrape_protocols", .type = TEL__KEY_STRINGS, COMMON(scrape_protocols),
	  .seen = TEL__KEY_SEEN(tel__scrape_common, has_scrape_protocols), .help = "formats to ask for, best first" },
	{ .type = TEL__KEY_SQUASH, COMMON(limits), .section = &limit_table },
	{ .type = TEL__KEY_SQUASH, COMMON(switches), .section = &switch_table },
	{ .name = "metric_name_validation_scheme", .type = TEL__KEY_ENUM, COMMON(validation), .def = "\"\"",
	  .words = validation_words, .bad = "unrecognized ValidationScheme: \"{}\"", .help = "utf8 (default) or legacy" },
	{ .name = "scrape_failure_log_file", .type = TEL__KEY_IGNORED,
	  .help = "accepted; failures are logged with everything else" },
};
const tel__key_table tel__scrape_common_keys = { "config.ScrapeConfig", sizeof(tel__scrape_common), common_keys,
	                                         TEL__KEY_COUNT(common_keys), check_common };

/* params: {name: [value]}. */
static tel_err verify_params(const tel__key_check *c)
{
	const tel__scrape_job *o = c->options;
	const tel__node *node = o->params;
	char path[128], msg[160], shown[64];

	if (!node || node->type == TEL__NODE_NULL)
		return TEL_OK;
	if (node->type != TEL__NODE_MAP)
		c->report(c, false, "params", TEL_SLICE_LIT("cannot unmarshal it into url.Values: expected a map of lists"));
	for (uint32_t i = 0; node->type == TEL__NODE_MAP && i < node->v.map.count; i++) {
		const tel__node_entry *e = &node->v.map.entries[i];
		if (e->value->type == TEL__NODE_LIST || e->value->type == TEL__NODE_NULL)
			continue;
		snprintf(path, sizeof(path), "params::%.*s", (int)(e->key.len < 100 ? e->key.len : 100), e->key.ptr);
		snprintf(msg, sizeof(msg), "cannot unmarshal `%s` into []string: expected a list such as [a, b]",
		         e->value->type == TEL__NODE_MAP ? "{...}" : tel__slice_printable(e->value->text, shown, sizeof(shown)));
		c->report(c, false, path, tel__slice_str(msg));
	}
	return TEL_OK;
}

static void check_job(const void *options, report_fn *report, void *user)
{
	const tel__scrape_job *o = options;
	char msg[256];

	if (!is_protocol(o->fallback_scrape_protocol)) {
		unknown_protocol(o->fallback_scrape_protocol, msg, sizeof(msg));
		report(user, "fallback_scrape_protocol", msg);
	}
}

#define JOB(field) .offset = offsetof(tel__scrape_job, field)
static const tel__key job_keys[] = {
	{ .name = "job_name", .type = TEL__KEY_STRING, JOB(job_name), .help = "name of the job, once per receiver" },
	{ .type = TEL__KEY_SQUASH, JOB(common), .section = &tel__scrape_common_keys },
	{ .name = "metric_name_escaping_scheme", .type = TEL__KEY_ENUM, JOB(escaping), .def = "\"\"",
	  .words = tel__name_escaping_words,
	  .bad = "unknown scrape config name escaping method specified, must be one of 'allow-utf-8', 'underscores', 'dots', or "
	         "'values', got {}",
	  .help = "how targets are asked to write names: allow-utf-8, underscores, dots or values" },
	{ .name = "metrics_path", .type = TEL__KEY_STRING, JOB(metrics_path), .def = "/metrics", .help = "path of the URL" },
	{ .name = "scheme", .type = TEL__KEY_STRING, JOB(scheme), .def = "http", .help = "http or https" },
	{ .name = "params", .type = TEL__KEY_ANY, JOB(params), .verify = verify_params, .help = "query of the URL: name: [value]" },
	{ .name = "honor_labels", .type = TEL__KEY_BOOL, JOB(honor_labels),
	  .help = "labels of samples win over those of the target" },
	{ .name = "honor_timestamps", .type = TEL__KEY_BOOL, JOB(honor_timestamps), .def = "true",
	  .help = "take the timestamps that samples carry" },
	{ .name = "track_timestamps_staleness", .type = TEL__KEY_BOOL, JOB(track_timestamps_staleness),
	  .help = "end series that carried timestamps when they vanish" },
	{ .name = "fallback_scrape_protocol", .type = TEL__KEY_STRING, JOB(fallback_scrape_protocol), .def = "PrometheusText0.0.4",
	  .help = "format of answers whose content type says none" },
	{ .name = "native_histogram_bucket_limit", .type = TEL__KEY_UINT64, JOB(native_histogram_bucket_limit),
	  .help = "buckets of a native histogram; 0 = no limit" },
	{ .name = "native_histogram_min_bucket_factor", .type = TEL__KEY_DOUBLE, JOB(native_histogram_min_bucket_factor),
	  .help = "how much wider a bucket is than the one below, at least; 0 = as they are" },
	{ .name = "enable_compression", .type = TEL__KEY_BOOL, JOB(enable_compression), .def = "true", .help = "ask for gzip" },
	{ .type = TEL__KEY_SQUASH, JOB(discovery), .section = &tel__discovery_keys },
	{ .type = TEL__KEY_SQUASH, JOB(http), .section = &tel__prom_http_keys },
	{ .name = "relabel_configs", .type = TEL__KEY_SECTIONS, JOB(relabel_configs), .section = &tel__relabel_keys,
	  .help = "rules over targets" },
	{ .name = "metric_relabel_configs", .type = TEL__KEY_SECTIONS, JOB(metric_relabel_configs), .section = &tel__relabel_keys,
	  .help = "rules over samples" },
};
const tel__key_table tel__scrape_job_keys = { "config.ScrapeConfig", sizeof(tel__scrape_job), job_keys,
	                                      TEL__KEY_COUNT(job_keys), check_job };
