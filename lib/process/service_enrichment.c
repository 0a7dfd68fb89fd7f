/* SPDX-License-Identifier: Apache-2.0 */
#include "process/service_enrichment.h"

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "model/edit.h"
#include "model/value_text.h"
#include "model/walk.h"

static const tel_slice service_name = TEL_SLICE_LIT("service.name");
static const tel_slice unknown_service = TEL_SLICE_LIT("unknown_service");

/* In order of preference, behind the configured ones. */
static const tel_slice workloads[] = {
	TEL_SLICE_LIT("k8s.deployment.name"), TEL_SLICE_LIT("k8s.daemonset.name"), TEL_SLICE_LIT("k8s.statefulset.name"),
	TEL_SLICE_LIT("k8s.job.name"), TEL_SLICE_LIT("k8s.pod.name"),
};

static const tel__key enrichment_keys[] = {
	{ .name = "resource_attributes", .type = TEL__KEY_STRINGS,
	  .offset = offsetof(tel__service_enrichment_options, resource_attributes),
	  .help = "attributes that may hold the name, before those of the workload; the first that is there is taken" },
};

static const tel__key_table enrichment_table = {
	.go_name = "serviceenrichmentprocessor.Config",
	.size = sizeof(tel__service_enrichment_options),
	.keys = enrichment_keys,
	.key_count = TEL__KEY_COUNT(enrichment_keys),
};

typedef struct enrichment {
	tel__processor processor;
	tel_alloc alloc;
	const tel_slice *candidates; /* borrowed from the configuration, which outlives the graph's processors */
	size_t count;
} enrichment;

static tel_err enrichment_make(const tel__processor_env *env, const void *options, tel__processor **ret_processor,
                               tel_error *err)
{
	const tel__service_enrichment_options *o = options;
	enrichment *x = tel__mem_zero(env->alloc, 1, sizeof(*x));

	if (!x)
		return tel__fail_nomem(err);
	x->alloc = *tel__alloc_or_default(env->alloc);
	x->candidates = o->resource_attributes.items;
	x->count = o->resource_attributes.count;
	*ret_processor = &x->processor;
	return TEL_OK;
}

static void enrichment_free(tel__processor *p)
{
	tel_alloc alloc = ((enrichment *)(void *)p)->alloc;

	tel__mem_free(&alloc, p, 1, sizeof(enrichment));
}

/* ^unknown_service(:.+)?$ */
static bool is_unknown(tel_slice name)
{
	size_t n = unknown_service.len;

	if (!tel__slice_starts(name, unknown_service))
		return false;
	return name.len == n || (name.ptr[n] == ':' && name.len > n + 1 && tel__slice_find(name, '\n') == name.len);
}

/* What the attributes of a resource say; indexes go through the configured candidates first. */
typedef struct found {
	bool named;        /* there is a service.name */
	tel_value name, value;
	size_t best;       /* index of the first candidate that is there */
} found;

static size_t index_of(const enrichment *x, tel_slice key, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (tel__slice_eq(key, i < x->count ? x->candidates[i] : workloads[i - x->count]))
			return i;
	return before;
}

static found look(const enrichment *x, const tel__envelope *e)
{
	found f = { .best = x->count + TEL__KEY_COUNT(workloads) };
	tel_resource_view view;
	tel_pair pair;

	tel__resource_read(e, &view);
	while (f.best && tel__attr_next(&view.attributes, &pair)) {
		size_t i = index_of(x, pair.key, f.best);

		if (i < f.best) {
			f.best = i;
			f.value = pair.value;
		}
		if (!f.named && tel__slice_eq(pair.key, service_name)) {
			f.named = true;
			f.name = pair.value;
		}
	}
	/* the best candidate may stand before the name */
	while (!f.named && tel__attr_next(&view.attributes, &pair)) {
		f.named = tel__slice_eq(pair.key, service_name);
		f.name = pair.value;
	}
	return f;
}

/* The text form of a value; of other than a string it is written to scratch. */
static tel_slice text_of(tel__dynbuf *scratch, const tel_value *value)
{
	if (value->type == TEL_VALUE_STRING)
		return value->u.bytes;
	tel__dynbuf_reset(scratch);
	tel__value_put_text(scratch, value);
	return tel__dynbuf_get(scratch);
}

static tel_err set_name(tel_metrics *batch, uint32_t r, tel_slice name)
{
	tel_value value = { .type = TEL_VALUE_STRING, .u.bytes = name };
	tel__envelope_edit *edit;
	tel__arena *arena;
	tel_err e = tel__metrics_open_resource(batch, r, &edit);

	if (!e)
		e = tel__metrics_arena(batch, &arena);
	return e ? e : tel__kvs_set(arena, &batch->alloc, &edit->attributes, service_name, &value);
}

static tel_err enrich(const enrichment *x, tel_metrics *batch, uint32_t r, tel__dynbuf *scratch)
{
	found f = look(x, &batch->resources[r].e);
	tel_slice name = { NULL, 0 };

	if (f.named)
		name = text_of(scratch, &f.name);
	if (name.len && !is_unknown(name))
		return tel__dynbuf_error(scratch);
	if (f.best < x->count + TEL__KEY_COUNT(workloads))
		name = text_of(scratch, &f.value);
	else if (name.len == 0)
		name = unknown_service;
	else
		return tel__dynbuf_error(scratch); /* as it is: a text already */
	return tel__dynbuf_error(scratch) ? tel__dynbuf_error(scratch) : set_name(batch, r, name);
}

static tel_err enrichment_run(tel__processor *p, tel_metrics *batch, tel__run *run, tel_error *err)
{
	const enrichment *x = (enrichment *)(void *)p;
	tel__dynbuf scratch;
	tel_err e = TEL_OK;

	(void)run;
	tel__dynbuf_init(&scratch, &x->alloc, TEL_LIMIT_REQUEST_BYTES);
	for (uint32_t r = 0; !e && r < batch->count; r++)
		e = enrich(x, batch, r, &scratch);
	if (!e)
		e = tel__metrics_close(batch);
	tel__dynbuf_fini(&scratch);
	return e ? tel__fail(err, e, "service.name cannot be set: %s", tel_err_name(e)) : TEL_OK;
}

static const tel__processor_ops enrichment_ops = {
	.make = enrichment_make,
	.free = enrichment_free,
	.run = enrichment_run,
	.mutates = true,
	.items_counters = true,
};

const tel__component tel__service_enrichment = {
	.type = "service_enrichment",
	.kind = TEL__KIND_PROCESSOR,
	.keys = &enrichment_table,
	.help = "names services after their workload where service.name says nothing",
	.impl = &enrichment_ops,
};
