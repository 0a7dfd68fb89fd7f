/* SPDX-License-Identifier: Apache-2.0 */
/* Processor resource: actions on the attributes of every resource. */
#include "process/resource.h"

#include "base/error_i.h"
#include "base/mem.h"
#include "model/edit.h"
#include "model/metrics_i.h"
#include "process/actions.h"

typedef struct resource_options {
	tel__key_list attributes;
} resource_options;

static const tel__key resource_keys[] = {
	{ .name = "attributes", .type = TEL__KEY_SECTIONS, .offset = offsetof(resource_options, attributes),
	  .section = &tel__action_table, .help = "what to do, in this order" },
};

static void check_resource(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const resource_options *o = options;

	if (!o->attributes.count)
		report(user, "|attributes", "missing required field \"attributes\"");
	tel__actions_check(&o->attributes, "attributes", report, user);
}

static const tel__key_table resource_table = { .go_name = "resourceprocessor.Config", .size = sizeof(resource_options),
	.keys = resource_keys, .key_count = TEL__KEY_COUNT(resource_keys), .check = check_resource };

typedef struct resource_processor {
	tel__processor processor;
	tel_alloc alloc;
	tel__actions *actions;
} resource_processor;

static tel_err resource_make(const tel__processor_env *env, const void *options, tel__processor **ret_processor,
                             tel_error *err)
{
	const resource_options *o = options;
	resource_processor *x = tel__mem_zero(env->alloc, 1, sizeof(*x));
	tel_err e;

	if (!x)
		return tel__fail_nomem(err);
	x->alloc = *tel__alloc_or_default(env->alloc);
	e = tel__actions_new(env, &o->attributes, &x->actions, err);
	if (e) {
		tel__mem_free(env->alloc, x, 1, sizeof(*x));
		return e;
	}
	*ret_processor = &x->processor;
	return TEL_OK;
}

static void resource_free(tel__processor *p)
{
	resource_processor *x = (resource_processor *)(void *)p;
	tel_alloc alloc = x->alloc;

	tel__actions_free(x->actions);
	tel__mem_free(&alloc, x, 1, sizeof(*x));
}

static tel_err resource_run(tel__processor *p, tel_metrics *batch, tel__run *run, tel_error *err)
{
	const resource_processor *x = (resource_processor *)(void *)p;
	tel_error why = TEL_ERROR_INIT;
	tel_err e = TEL_OK;

	for (uint32_t r = 0; !e && r < batch->count; r++) {
		tel__envelope_edit *edit;

		e = tel__metrics_open_resource(batch, r, &edit);
		if (!e)
			e = tel__actions_apply(x->actions, run, batch->arena, &edit->attributes, &why);
	}
	if (!e)
		e = tel__metrics_close(batch);
	return e ? tel__fail(err, e, "%s", why.msg[0] ? why.msg : tel_err_name(e)) : TEL_OK;
}

static const tel__processor_ops resource_ops = { .make = resource_make, .free = resource_free, .run = resource_run,
	                                             .mutates = true, .items_counters = true };

const tel__component tel__resource_processor = {
	.type = "resource",
	.kind = TEL__KIND_PROCESSOR,
	.keys = &resource_table,
	.help = "sets, removes, hashes and converts attributes of resources",
	.impl = &resource_ops,
};
