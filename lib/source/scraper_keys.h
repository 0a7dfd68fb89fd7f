/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SOURCE_SCRAPER_KEYS_H
#define TEL_SOURCE_SCRAPER_KEYS_H
/*
 * Keys that every scraping receiver has: when it scrapes, and switches for its metrics and resource attributes. A receiver
 * squashes the first table, gives one section per metric and per attribute, and overrides defaults by .def:
 *
 *	{ .name = "controllerconfig", .type = TEL__KEY_SQUASH, .offset = ..., .section = &tel__scraper_keys,
 *	  .def = "{collection_interval: 10s}", .help = "" },
 *	TEL__METRIC_ROW(x_metrics, uptime, "x.uptime", "false"),
 *
 * otel-scraping.md 7.1.
 */
#include "base/keys.h"

typedef struct tel__scraper_options {
	int64_t collection_interval_ns, initial_delay_ns, timeout_ns;
} tel__scraper_options;

typedef struct tel__metric_switch {
	bool enabled;
} tel__metric_switch;

/* One of both. */
typedef struct tel__attribute_filter {
	tel_slice strict, regexp;
} tel__attribute_filter;

typedef struct tel__attribute_switch {
	bool enabled;
	/* of tel__attribute_filter; whole resources go by what they say of the attribute's value */
	tel__key_list metrics_include, metrics_exclude;
} tel__attribute_switch;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__scraper_keys;          /* collection_interval 1m, initial_delay 1s, timeout 0s */
extern const tel__key_table tel__metric_switch_keys;    /* enabled: true */
extern const tel__key_table tel__attribute_switch_keys; /* enabled: true */

TEL_PRIVATE_END

/* on: "true" or "false" */
#define TEL__METRIC_ROW(options, field, metric, on) \
	{ .name = metric, .type = TEL__KEY_SECTION, .offset = offsetof(options, field), .section = &tel__metric_switch_keys, \
	  .def = "{enabled: " on "}", .help = "switch of this metric" }
#define TEL__ATTRIBUTE_ROW(options, field, attribute, on) \
	{ .name = attribute, .type = TEL__KEY_SECTION, .offset = offsetof(options, field), \
	  .section = &tel__attribute_switch_keys, .def = "{enabled: " on "}", .help = "switch of this resource attribute" }

#endif
