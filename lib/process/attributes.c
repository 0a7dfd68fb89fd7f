/* SPDX-License-Identifier: Apache-2.0 */
/* Processor attributes: actions on the attributes of every data point. */
#include <stdio.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "model/edit.h"
#include "model/metrics_i.h"
#include "model/point_attrs.h"
#include "process/actions.h"
#include "process/match.h"
#include "process/resource.h"

/* What a filter of metrics may say; the rest belongs to other signals and is refused when it is not empty. */
typedef struct match_options {
	tel__name_match names;
	tel__key_list resources;
	tel__key_strings services, span_names, span_kinds, log_bodies, log_severity_texts;
	tel__key_list attributes, libraries;
	const tel__node *log_severity_number;
} match_options;

typedef struct attributes_options {
	tel__key_list actions;
	match_options *include, *exclude;
} attributes_options;

#define ROW(member) .offset = offsetof(match_options, member)

static const tel__key pair_keys[] = {
	{ .name = "key", .type = TEL__KEY_IGNORED, .help = "of the attribute" },
	{ .name = "value", .type = TEL__KEY_IGNORED, .help = "of the attribute" },
};

static const tel__key_table pair_table = { .go_name = "filterconfig.Attribute", .size = 1, .keys = pair_keys,
	                                       .key_count = TEL__KEY_COUNT(pair_keys) };

static const tel__key library_keys[] = {
	{ .name = "name", .type = TEL__KEY_IGNORED, .help = "of the scope" },
	{ .name = "version", .type = TEL__KEY_IGNORED, .help = "of the scope" },
};

static const tel__key_table library_table = { .go_name = "filterconfig.InstrumentationLibrary", .size = 1,
	                                          .keys = library_keys, .key_count = TEL__KEY_COUNT(library_keys) };

static tel_err verify_names(const tel__key_check *c)
{
	return tel__name_match_verify(c, &((const match_options *)c->options)->names, "|metric_names");
}

static const tel__key match_keys[] = {
	{ .name = "match", .type = TEL__KEY_SQUASH, ROW(names), .section = &tel__name_match_table, .help = "" },
	{ .name = "metric_names", .type = TEL__KEY_STRINGS, ROW(names.names), .verify = verify_names,
	  .help = "names of metrics; none = all" },
	{ .name = "resources", .type = TEL__KEY_SECTIONS, ROW(resources), .section = &pair_table,
	  .help = "not looked at for metrics, as in the Collector" },
	{ .name = "attributes", .type = TEL__KEY_SECTIONS, ROW(attributes), .section = &pair_table, .help = "not for metrics" },
	{ .name = "libraries", .type = TEL__KEY_SECTIONS, ROW(libraries), .section = &library_table, .help = "not for metrics" },
	{ .name = "services", .type = TEL__KEY_STRINGS, ROW(services), .help = "not for metrics" },
	{ .name = "span_names", .type = TEL__KEY_STRINGS, ROW(span_names), .help = "not for metrics" },
	{ .name = "span_kinds", .type = TEL__KEY_STRINGS, ROW(span_kinds), .help = "not for metrics" },
	{ .name = "log_bodies", .type = TEL__KEY_STRINGS, ROW(log_bodies), .help = "not for metrics" },
	{ .name = "log_severity_texts", .type = TEL__KEY_STRINGS, ROW(log_severity_texts), .help = "not for metrics" },
	{ .name = "log_severity_number", .type = TEL__KEY_ANY, ROW(log_severity_number), .help = "not for metrics" },
};

static void check_match(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const match_options *o = options;
	tel_error text = TEL_ERROR_INIT;

	if (o->services.count || o->span_names.count || o->span_kinds.count || o->log_bodies.count ||
	    o->log_severity_texts.count || o->log_severity_number || o->attributes.count || o->libraries.count)
		report(user, "", "fields \"attributes\", \"libraries\", \"services\", \"span_names\", \"span_kinds\", \"log_bodies\", "
		       "\"log_severity_texts\", \"log_severity_number\" are not valid for metrics");
	else if (tel__name_match_check(&o->names, &text))
		report(user, "", text.msg);
}

static const tel__key_table match_table = { .go_name = "filterconfig.MatchProperties", .size = sizeof(match_options),
	.keys = match_keys, .key_count = TEL__KEY_COUNT(match_keys), .check = check_match };

static const tel__key attributes_keys[] = {
	{ .name = "actions", .type = TEL__KEY_SECTIONS, .offset = offsetof(attributes_options, actions),
	  .section = &tel__action_table, .help = "what to do, in this order" },
	{ .name = "include", .type = TEL__KEY_OPTIONAL, .offset = offsetof(attributes_options, include),
	  .section = &match_table, .help = "only metrics that this says" },
	{ .name = "exclude", .type = TEL__KEY_OPTIONAL, .offset = offsetof(attributes_options, exclude),
	  .section = &match_table, .help = "no metrics that this says" },
};

static void check_attributes(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const attributes_options *o = options;

	if (!o->actions.count)
		report(user, "|actions", "missing required field \"actions\"");
	tel__actions_check(&o->actions, "actions", report, user);
}

static const tel__key_table attributes_table = { .go_name = "attributesprocessor.Config",
	.size = sizeof(attributes_options), .keys = attributes_keys, .key_count = TEL__KEY_COUNT(attributes_keys),
	.check = check_attributes };

typedef struct attributes_processor {
	tel__processor processor;
	tel_alloc alloc;
	tel__actions *actions;
	tel__name_matcher *include, *exclude; /* NULL: everything, nothing */
	tel__arena *scratch;                  /* of one metric */
} attributes_processor;

static void attributes_free(tel__processor *p)
{
	attributes_processor *x = (attributes_processor *)(void *)p;
	tel_alloc alloc = x->alloc;

	tel__actions_free(x->actions);
	tel__name_matcher_free(x->include);
	tel__name_matcher_free(x->exclude);
	tel__arena_unref(x->scratch);
	tel__mem_free(&alloc, x, 1, sizeof(*x));
}

static tel_err attributes_make(const tel__processor_env *env, const void *options, tel__processor **ret_processor,
                               tel_error *err)
{
	const attributes_options *o = options;
	attributes_processor *x = tel__mem_zero(env->alloc, 1, sizeof(*x));
	tel_err e;

	if (!x)
		return tel__fail_nomem(err);
	x->alloc = *tel__alloc_or_default(env->alloc);
	e = tel__actions_new(env, &o->actions, &x->actions, err);
	if (!e && tel__arena_new(&x->alloc, 0, NULL, &x->scratch))
		e = tel__fail_nomem(err);
	if (!e && o->include)
		e = tel__name_matcher_new(&x->alloc, &o->include->names, &x->include, err);
	if (!e && o->exclude)
		e = tel__name_matcher_new(&x->alloc, &o->exclude->names, &x->exclude, err);
	if (e) {
		attributes_free(&x->processor);
		return e;
	}
	*ret_processor = &x->processor;
	return TEL_OK;
}

typedef struct work {
	const attributes_processor *x;
	const tel__run *run;
	tel_error why;
} work;

static tel_err change(void *user, tel__kvs *attributes)
{
	work *w = user;

	return tel__actions_apply(w->x->actions, w->run, w->x->scratch, attributes, &w->why);
}

static tel_err change_metric(work *w, tel_metrics *batch, uint32_t r, uint32_t s, uint32_t k)
{
	const attributes_processor *x = w->x;
	tel_slice name = batch->resources[r].scopes[s].metrics[k].name;
	bool included = true, excluded = false;
	tel_err e = TEL_OK;

	if (x->include)
		e = tel__name_matcher_test(x->include, name, &included, &w->why);
	if (!e && included && x->exclude)
		e = tel__name_matcher_test(x->exclude, name, &excluded, &w->why);
	if (e || !included || excluded)
		return e;
	e = tel__metrics_change_attributes(batch, r, s, k, x->scratch, change, w);
	tel__arena_reset(x->scratch);
	return e;
}

static tel_err attributes_run(tel__processor *p, tel_metrics *batch, tel__run *run, tel_error *err)
{
	work w = { .x = (attributes_processor *)(void *)p, .run = run, .why = TEL_ERROR_INIT };
	tel_err e = TEL_OK;

	for (uint32_t r = 0; !e && r < batch->count; r++)
		for (uint32_t s = 0; !e && s < batch->resources[r].e.count; s++)
			for (uint32_t k = 0; !e && k < batch->resources[r].scopes[s].e.count; k++)
				e = change_metric(&w, batch, r, s, k);
	if (!e)
		e = tel__metrics_close(batch);
	return e ? tel__fail(err, e, "%s", w.why.msg[0] ? w.why.msg : tel_err_name(e)) : TEL_OK;
}

static const tel__processor_ops attributes_ops = { .make = attributes_make, .free = attributes_free, .run = attributes_run,
	                                               .mutates = true, .items_counters = true };

const tel__component tel__attributes_processor = {
	.type = "attributes",
	.kind = TEL__KIND_PROCESSOR,
	.keys = &attributes_table,
	.help = "sets, removes, hashes and converts attributes of data points",
	.impl = &attributes_ops,
};
