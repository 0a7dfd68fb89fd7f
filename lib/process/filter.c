/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and their checks: otel-processing.md 5.1, 5.4. */
#include "process/filter.h"

#include <stddef.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "wire/regex_keys.h"
#include "wire/yaml.h"

#define ENTRY(field) .offset = offsetof(tel__filter_entry, field)
#define MATCH(field) .offset = offsetof(tel__filter_match, field)
#define METRICS(field) .offset = offsetof(tel__filter_metrics, field)
#define FIELD(field) .offset = offsetof(tel__filter_options, field)

/* ---- metric_conditions ---- */

static const tel__key entry_keys[] = {
	{ .name = "context", .type = TEL__KEY_ENUM, ENTRY(context), TEL__ENTRY_CONTEXT_WORDS,
	  .seen = TEL__KEY_SEEN(tel__filter_entry, has_context),
	  .help = "what the conditions look at; none = inferred for each of them" },
	{ .name = "conditions", .type = TEL__KEY_STRINGS, ENTRY(conditions), .help = "OTTL; what any of them is true for goes" },
	{ .name = "error_mode", .type = TEL__KEY_ENUM, ENTRY(error_mode), TEL__ERROR_MODE_WORDS,
	  .seen = TEL__KEY_SEEN(tel__filter_entry, has_error_mode), .help = "of this entry, instead of the processor's" },
};
static const tel__key_table entry_table = { "condition.ContextConditions", sizeof(tel__filter_entry), entry_keys,
	                                        TEL__KEY_COUNT(entry_keys), NULL };

static tel_err verify_entry(const tel__key_check *c, const tel__filter_entry *entry, size_t i)
{
	char path[64], msg[128];
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
	tel__ottl_entry texts = { path, "", "conditions", { NULL, 0 }, entry->conditions };

	opts.place = TEL_OTTL_FILTER;
	opts.context = entry->has_context ? tel__entry_context_ottl(entry->context) : TEL_OTTL_INFER;
	if (entry->has_context && opts.context == TEL_OTTL_INFER) {
		snprintf(path, sizeof(path), "|metric_conditions::%zu::context", i);
		snprintf(msg, sizeof(msg), "unknown context \"%s\" for conditions of metrics",
		         tel__entry_context_words[entry->context]);
		c->report(c, false, path, tel__slice_str(msg));
		return TEL_OK;
	}
	snprintf(path, sizeof(path), "metric_conditions::%zu", i);
	return tel__ottl_verify(c, &texts, &opts);
}

static tel_err verify_conditions(const tel__key_check *c)
{
	const tel__filter_options *o = c->options;
	const tel__filter_entry *entries = o->metric_conditions.items;
	tel_err rc = TEL_OK;

	for (size_t i = 0; i < o->metric_conditions.count && rc == TEL_OK; i++)
		rc = verify_entry(c, &entries[i], i);
	return rc;
}

/* ---- metrics.include, metrics.exclude ---- */

static const tel__key attribute_keys[] = {
	{ .name = "key", .type = TEL__KEY_STRING, .offset = offsetof(tel__filter_attribute, key),
	  .help = "name of the attribute" },
	{ .name = "value", .type = TEL__KEY_ANY, .offset = offsetof(tel__filter_attribute, value),
	  .help = "value, or expression for regexp; none = any" },
};
static const tel__key_table attribute_table = { "filterconfig.Attribute", sizeof(tel__filter_attribute), attribute_keys,
	                                            TEL__KEY_COUNT(attribute_keys), NULL };

static const char *const match_words[] = { "", "strict", "regexp", "expr", NULL };

#define BAD_MATCH_TYPE(word) "unrecognized match_type: '" word "', valid types are: [regexp strict]"

static tel_err verify_attribute(const tel__key_check *c, const tel__filter_attribute *attribute, size_t i)
{
	char path[64], key[64], msg[192];

	snprintf(path, sizeof(path), "|resource_attributes::%zu::value", i);
	if (!attribute->value)
		return TEL_OK;
	if (attribute->value->type == TEL__NODE_STRING)
		return tel__regex_verify(c, attribute->value->text, 0, path);
	snprintf(msg, sizeof(msg), "match_type=regexp for \"%s\" only supports Str, but found another type",
	         tel__slice_printable(attribute->key, key, sizeof(key)));
	c->report(c, false, path, tel__slice_str(msg));
	return TEL_OK;
}

static tel_err verify_match(const tel__key_check *c)
{
	const tel__filter_match *m = c->options;
	const tel__filter_attribute *attributes = m->resource_attributes.items;
	bool regexp = m->match_type == TEL__MATCH_REGEXP;
	tel_err rc = TEL_OK;

	for (size_t i = 0; regexp && i < m->metric_names.count && rc == TEL_OK; i++) {
		char path[64];

		snprintf(path, sizeof(path), "|metric_names::%zu", i);
		rc = tel__regex_verify(c, m->metric_names.items[i], 0, path);
	}
	for (size_t i = 0; regexp && i < m->resource_attributes.count && rc == TEL_OK; i++)
		rc = verify_attribute(c, &attributes[i], i);
	return rc;
}

static const tel__key match_keys[] = {
	{ .name = "match_type", .type = TEL__KEY_ENUM, MATCH(match_type), .words = match_words, .bad = BAD_MATCH_TYPE("{}"),
	  .verify = verify_match, .help = "strict or regexp" },
	{ .name = "regexp", .type = TEL__KEY_IGNORED, .help = "accepted; expressions need no cache here" },
	{ .name = "metric_names", .type = TEL__KEY_STRINGS, MATCH(metric_names), .help = "names, or expressions for names" },
	{ .name = "expressions", .type = TEL__KEY_STRINGS, MATCH(expressions), .help = "of match_type expr, which is refused" },
	{ .name = "resource_attributes", .type = TEL__KEY_SECTIONS, MATCH(resource_attributes), .section = &attribute_table,
	  .help = "all of them must match" },
};

static void check_match(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__filter_match *m = options;

	if (m->match_type == TEL__MATCH_EXPR)
		report(user, "|match_type", "match_type expr is not supported: write an OTTL condition below metric_conditions "
		       "instead");
	else if (m->match_type == TEL__MATCH_NONE)
		report(user, "|match_type", BAD_MATCH_TYPE(""));
	else if (m->expressions.count > 0)
		report(user, "|expressions", "expressions belong to match_type expr, which is not supported: write an OTTL condition "
		       "below metric_conditions instead");
}

static const tel__key_table match_table = { "filterconfig.MetricMatchProperties", sizeof(tel__filter_match), match_keys,
	                                        TEL__KEY_COUNT(match_keys), check_match };

/* ---- metrics ---- */

/* Paths may go without their context here. */
static tel_err verify_list(const tel__key_check *c, const char *key, tel_ottl_context context, const tel__key_strings *list)
{
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
	tel__ottl_entry texts = { "metrics", "", key, { NULL, 0 }, *list };

	opts.place = TEL_OTTL_FILTER;
	opts.context = context;
	opts.prefix_optional = true;
	return tel__ottl_verify(c, &texts, &opts);
}

static tel_err verify_metrics(const tel__key_check *c)
{
	const tel__filter_metrics *m = &((const tel__filter_options *)c->options)->metrics;
	tel_err rc = verify_list(c, "resource", TEL_OTTL_RESOURCE, &m->resource);

	if (rc == TEL_OK)
		rc = verify_list(c, "metric", TEL_OTTL_METRIC, &m->metric);
	return rc == TEL_OK ? verify_list(c, "datapoint", TEL_OTTL_DATAPOINT, &m->datapoint) : rc;
}

static const tel__key metrics_keys[] = {
	{ .name = "include", .type = TEL__KEY_OPTIONAL, METRICS(include), .section = &match_table,
	  .help = "only what matches stays" },
	{ .name = "exclude", .type = TEL__KEY_OPTIONAL, METRICS(exclude), .section = &match_table, .help = "what matches goes" },
	{ .name = "regexp", .type = TEL__KEY_IGNORED, .help = "accepted; expressions need no cache here" },
	{ .name = "resource", .type = TEL__KEY_STRINGS, METRICS(resource),
	  .seen = TEL__KEY_SEEN(tel__filter_metrics, has_resource),
	  .help = "OTTL conditions; resources for which any is true go" },
	{ .name = "metric", .type = TEL__KEY_STRINGS, METRICS(metric), .seen = TEL__KEY_SEEN(tel__filter_metrics, has_metric),
	  .help = "OTTL conditions; metrics for which any is true go" },
	{ .name = "datapoint", .type = TEL__KEY_STRINGS, METRICS(datapoint),
	  .seen = TEL__KEY_SEEN(tel__filter_metrics, has_datapoint), .help = "OTTL conditions; points for which any is true go" },
};
static const tel__key_table metrics_table = { "filterprocessor.MetricFilters", sizeof(tel__filter_metrics), metrics_keys,
	                                          TEL__KEY_COUNT(metrics_keys), NULL };

/* ---- the processor ---- */

#define OTHERS(key, signal) \
	{ .name = key, .type = TEL__KEY_IGNORED, .help = "accepted; " signal " are not processed" }

static const tel__key filter_keys[] = {
	{ .name = "error_mode", .type = TEL__KEY_ENUM, FIELD(error_mode), .def = "propagate", TEL__ERROR_MODE_WORDS,
	  .help = "what an error of a condition does: propagate refuses the data, ignore logs it, silent does not" },
	{ .name = "metric_conditions", .type = TEL__KEY_SECTIONS, FIELD(metric_conditions), .section = &entry_table,
	  .basic = "conditions", .bad = "condition cannot be empty", .flags = TEL__KEY_ONE_FORM,
	  .seen = TEL__KEY_SEEN(tel__filter_options, has_conditions), .verify = verify_conditions,
	  .help = "OTTL conditions, or entries of them; what any of them is true for goes" },
	{ .name = "metrics", .type = TEL__KEY_SECTION, FIELD(metrics), .section = &metrics_table, .verify = verify_metrics,
	  .help = "the older ways to say it" },
	OTHERS("spans", "traces"),
	OTHERS("traces", "traces"),
	OTHERS("trace_conditions", "traces"),
	OTHERS("logs", "logs"),
	OTHERS("log_conditions", "logs"),
	OTHERS("profiles", "profiles"),
	OTHERS("profile_conditions", "profiles"),
};

static void check_filter(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__filter_options *o = options;
	bool lists = o->metrics.has_resource || o->metrics.has_metric || o->metrics.has_datapoint;
	bool matches = o->metrics.include || o->metrics.exclude;

	if (o->has_conditions && (lists || matches))
		report(user, "|metrics", "cannot use context inferred metric conditions \"metric_conditions\" and the settings "
		       "\"metrics.resource\", \"metrics.metric\", \"metrics.datapoint\", \"metrics.include\", \"metrics.exclude\" at the "
		       "same time");
	else if (lists && matches)
		report(user, "|metrics", "cannot use \"metrics.resource\", \"metrics.metric\", \"metrics.datapoint\" and the "
		       "settings \"metrics.include\", \"metrics.exclude\" at the same time");
}

static const tel__key_table filter_table = { "filterprocessor.Config", sizeof(tel__filter_options), filter_keys,
	                                         TEL__KEY_COUNT(filter_keys), check_filter };

const tel__component tel__filter = {
	.type = "filter",
	.kind = TEL__KIND_PROCESSOR,
	.keys = &filter_table,
	.help = "drops what OTTL conditions or lists of names say",
	.impl = &tel__filter_ops,
};
