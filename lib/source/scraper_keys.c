/* SPDX-License-Identifier: Apache-2.0 */
#include "source/scraper_keys.h"

#include <stddef.h>
#include <stdio.h>

#include "base/slice_i.h"
#include "wire/regex_keys.h"

static const tel__key scraper_keys[] = {
	{ .name = "collection_interval", .type = TEL__KEY_DURATION,
	  .offset = offsetof(tel__scraper_options, collection_interval_ns), .def = "1m", .help = "time between two scrapes" },
	{ .name = "initial_delay", .type = TEL__KEY_DURATION, .offset = offsetof(tel__scraper_options, initial_delay_ns),
	  .def = "1s", .help = "time before the first scrape; 0 = at once" },
	{ .name = "timeout", .type = TEL__KEY_DURATION, .offset = offsetof(tel__scraper_options, timeout_ns), .def = "0s",
	  .help = "time limit of one scrape; 0 = none" },
};

static void check_scraper(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__scraper_options *o = options;

	if (o->collection_interval_ns <= 0)
		report(user, "|collection_interval", "\"collection_interval\": requires positive value");
	if (o->timeout_ns < 0)
		report(user, "|timeout", "\"timeout\": requires positive value");
}

const tel__key_table tel__scraper_keys = { "scraperhelper.ControllerConfig", sizeof(tel__scraper_options), scraper_keys,
	                                       TEL__KEY_COUNT(scraper_keys), check_scraper };

static const tel__key metric_keys[] = {
	{ .name = "enabled", .type = TEL__KEY_BOOL, .offset = offsetof(tel__metric_switch, enabled), .def = "true",
	  .help = "whether the metric is made" },
};
const tel__key_table tel__metric_switch_keys = { "metadata.MetricConfig", sizeof(tel__metric_switch), metric_keys,
	                                             TEL__KEY_COUNT(metric_keys), NULL };

static tel_err verify_regexp(const tel__key_check *c)
{
	const tel__attribute_filter *f = c->options;

	return f->regexp.len ? tel__regex_verify(c, f->regexp, 0, "|regexp") : TEL_OK;
}

static const tel__key filter_keys[] = {
	{ .name = "strict", .type = TEL__KEY_STRING, .offset = offsetof(tel__attribute_filter, strict),
	  .help = "the value itself" },
	{ .name = "regexp", .type = TEL__KEY_STRING, .offset = offsetof(tel__attribute_filter, regexp), .verify = verify_regexp,
	  .help = "an expression that matches within the value" },
};

static void check_filter(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__attribute_filter *f = options;

	if (f->strict.len == 0 && f->regexp.len == 0)
		report(user, "", "must specify either strict or regex");
	else if (f->strict.len > 0 && f->regexp.len > 0)
		report(user, "|regexp", "strict and regex cannot be used together");
}

static const tel__key_table filter_table = { "filter.Config", sizeof(tel__attribute_filter), filter_keys,
	                                         TEL__KEY_COUNT(filter_keys), check_filter };

static const tel__key attribute_keys[] = {
	{ .name = "enabled", .type = TEL__KEY_BOOL, .offset = offsetof(tel__attribute_switch, enabled), .def = "true",
	  .help = "whether the attribute is set" },
	{ .name = "metrics_include", .type = TEL__KEY_SECTIONS, .offset = offsetof(tel__attribute_switch, metrics_include),
	  .section = &filter_table, .help = "only resources with a value that one of these matches" },
	{ .name = "metrics_exclude", .type = TEL__KEY_SECTIONS, .offset = offsetof(tel__attribute_switch, metrics_exclude),
	  .section = &filter_table, .help = "no resources with a value that one of these matches" },
};
const tel__key_table tel__attribute_switch_keys = { "metadata.ResourceAttributeConfig", sizeof(tel__attribute_switch),
	                                                attribute_keys, TEL__KEY_COUNT(attribute_keys), NULL };
