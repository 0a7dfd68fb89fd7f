/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SOURCE_PROMETHEUS_OPTIONS_H
#define TEL_SOURCE_PROMETHEUS_OPTIONS_H
/* The keys of the prometheus receiver: Prometheus' own configuration, as the Collector takes it. otel-scraping.md 1. */
#include "base/keys.h"
#include "process/relabel/options.h"
#include "source/prometheus/discovery_options.h"
#include "source/prometheus/http_options.h"

/* Limits that stand in `global` and in each job; 0 = the global one, there: none. */
typedef struct tel__scrape_limits {
	tel_slice body_size_limit; /* "20MB" */
	uint64_t sample_limit, target_limit, label_limit, label_name_length_limit, label_value_length_limit, keep_dropped_targets;
} tel__scrape_limits;

/* Switches that stand in both; has_x: the job says so itself. */
typedef struct tel__scrape_switches {
	bool scrape_native_histograms, always_scrape_classic_histograms, convert_classic_histograms_to_nhcb, extra_scrape_metrics;
	bool has_scrape_native_histograms, has_always_scrape_classic_histograms, has_convert_classic_histograms_to_nhcb,
		has_extra_scrape_metrics;
} tel__scrape_switches;

typedef enum tel__name_validation { TEL__NAMES_UNSET, TEL__NAMES_UTF8, TEL__NAMES_LEGACY } tel__name_validation;
typedef enum tel__name_escaping {
	TEL__ESCAPE_UNSET,
	TEL__ESCAPE_ALLOW_UTF8,
	TEL__ESCAPE_UNDERSCORES,
	TEL__ESCAPE_DOTS,
	TEL__ESCAPE_VALUES
} tel__name_escaping;

typedef struct tel__scrape_common {
	tel_slice scrape_interval, scrape_timeout; /* as Prometheus writes durations; "0s" = default */
	tel__key_strings scrape_protocols;
	bool has_scrape_protocols;
	tel__scrape_limits limits;
	tel__scrape_switches switches;
	int32_t validation; /* tel__name_validation */
} tel__scrape_common;

typedef struct tel__scrape_global {
	tel__scrape_common common;
	int32_t escaping; /* tel__name_escaping */
	tel__key_pairs external_labels;
} tel__scrape_global;

typedef struct tel__scrape_job {
	tel_slice job_name, metrics_path, scheme, fallback_scrape_protocol;
	tel__scrape_common common;
	int32_t escaping; /* tel__name_escaping */
	const struct tel__node *params; /* name: [value] */
	bool honor_labels, honor_timestamps, track_timestamps_staleness, enable_compression;
	uint64_t native_histogram_bucket_limit;
	double native_histogram_min_bucket_factor;
	tel__key_list relabel_configs, metric_relabel_configs; /* tel__relabel_options */
	tel__discovery_options discovery;
	tel__prom_http_options http;
} tel__scrape_job;

typedef struct tel__prometheus_config {
	tel__scrape_global global;
	tel__key_list scrape_configs; /* tel__scrape_job */
	tel__key_strings scrape_config_files;
	const struct tel__node *alerting, *remote_read, *remote_write, *rule_files;
} tel__prometheus_config;

typedef struct tel__prometheus_api_server {
	bool enabled;
	const struct tel__node *server_config;
} tel__prometheus_api_server;

typedef struct tel__prometheus_options {
	tel__prometheus_config config;
	bool trim_metric_suffixes;
	const struct tel__node *target_allocator;
	tel__prometheus_api_server api_server;
} tel__prometheus_options;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__scrape_job_keys;
extern const tel__key_table tel__scrape_common_keys; /* to be squashed */
extern const tel__component tel__prometheus_receiver;
extern const char *const tel__name_escaping_words[];

/* What the keys of a job and of `global` together say: 1m and 10s where both are silent. The texts have passed their
 * checks; what does not parse counts as absent. */
void tel__scrape_times(const tel__scrape_global *global, const tel__scrape_job *job, int64_t *ret_interval_ns,
                       int64_t *ret_timeout_ns);
/* By which rule the names of a job are valid. */
bool tel__scrape_is_legacy(const tel__scrape_global *global, const tel__scrape_job *job);
/* The verify hook of the row scrape_configs: what jobs say of each other and of `global`, and their rules. */
tel_err tel__scrape_jobs_verify(const tel__key_check *c);

TEL_PRIVATE_END
#endif
