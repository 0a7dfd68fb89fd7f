/* SPDX-License-Identifier: Apache-2.0 */
/* What gateway and agent have in common: the base part (kyma-metrics.md 3.2), and how chains become sections. */
#include "control/render.h"

#include "base/slice_i.h"

bool tel__render_any(const tel__render *r, bool (*wants)(const tel__metric_pipeline *p))
{
	for (size_t i = 0; i < r->count; i++)
		if (wants(r->pipelines[i]))
			return true;
	return false;
}

bool tel__render_any_resource(const tel__render *r, tel__runtime_resource resource)
{
	for (size_t i = 0; i < r->count; i++)
		if (tel__pipeline_runtime_of(r->pipelines[i], resource))
			return true;
	return false;
}

void tel__render_note(tel__render *r, tel_component_kind kind, tel_slice id, tel_slice chain, const tel__part *part,
                      const tel__metric_pipeline *p)
{
	tel__note note = { kind, id, chain, part, p };

	if (r->note)
		r->note(r, &note, r->note_user);
}

static const tel__part base_extensions[] = {
	{ "health_check", NULL, NULL, "answers the probes of Kubernetes on port 13133", NULL },
	{ "pprof", NULL, NULL, "profiles of the process, for this machine only", NULL },
	{ "cgroup_runtime", NULL, NULL, "sets the limit of the Go run time's memory to that of the container", NULL },
	{ "k8s_leader_elector", NULL, NULL, "elects the one that reads what the whole cluster has in common", NULL },
};

static void put_base_extensions(tel__render *r, const tel__render_base *base)
{
	tel__doc *d = &r->doc;
	tel__node *runtime = tel__doc_map(d, r->extensions, "cgroup_runtime"), *limit, *elector;

	tel__doc_text(d, tel__doc_map(d, r->extensions, "health_check"), "endpoint", "${MY_POD_IP}:13133");
	tel__doc_text(d, tel__doc_map(d, r->extensions, "pprof"), "endpoint", "127.0.0.1:1777");
	tel__doc_bool(d, tel__doc_map(d, runtime, "gomaxprocs"), "enabled", false);
	limit = tel__doc_map(d, runtime, "gomemlimit");
	tel__doc_bool(d, limit, "enabled", base->memory_limit);
	if (base->memory_limit)
		tel__doc_double(d, limit, "ratio", 0.8);
	elector = tel__doc_map(d, r->extensions, "k8s_leader_elector");
	tel__doc_text(d, elector, "auth_type", "serviceAccount");
	tel__doc_text(d, elector, "lease_name", base->lease_name);
	if (r->facts->target_namespace.len)
		tel__doc_slice(d, elector, "lease_namespace", r->facts->target_namespace);
	for (size_t i = 0; i < sizeof(base_extensions) / sizeof(base_extensions[0]); i++) {
		const tel__part *part = &base_extensions[i];

		tel__doc_append_text(d, r->service_extensions, part->id);
		tel__render_note(r, TEL_COMPONENT_EXTENSION, tel__slice_str(part->id), TEL_SLICE_LIT("service::extensions"), part,
		                 NULL);
	}
}

static void put_telemetry(tel__render *r, tel__node *service)
{
	tel__doc *d = &r->doc;
	tel__node *telemetry = tel__doc_map(d, service, "telemetry");
	tel__node *readers = tel__doc_list(d, tel__doc_map(d, telemetry, "metrics"), "readers"), *logs;
	tel__node *exporter = tel__doc_map(d, tel__doc_map(d, tel__doc_append_map(d, readers), "pull"), "exporter");
	tel__node *prometheus = tel__doc_map(d, exporter, "prometheus");

	tel__doc_text(d, prometheus, "host", "${MY_POD_IP}");
	tel__doc_int(d, prometheus, "port", 8888);
	logs = tel__doc_map(d, telemetry, "logs");
	tel__doc_text(d, logs, "level", "info");
	tel__doc_text(d, logs, "encoding", "json");
}

void tel__render_begin(tel__render *r, const tel__render_base *base)
{
	tel__doc *d = &r->doc;
	tel__node *service;

	r->root = tel__doc_new_map(d);
	r->extensions = tel__doc_map(d, r->root, "extensions");
	service = tel__doc_map(d, r->root, "service");
	r->service_pipelines = tel__doc_map(d, service, "pipelines");
	put_telemetry(r, service);
	r->service_extensions = tel__doc_list(d, service, "extensions");
	r->receivers = tel__doc_map(d, r->root, "receivers");
	r->processors = tel__doc_map(d, r->root, "processors");
	r->exporters = tel__doc_map(d, r->root, "exporters");
	r->connectors = tel__doc_new_map(d); /* the section is left out when it stays empty */
	if (!d->failed)
		put_base_extensions(r, base);
}

/* "%" -> the name of the pipeline. */
static tel_slice fill_in(tel__render *r, const char *text, const tel__metric_pipeline *p)
{
	const char *hole = strchr(text, '%');
	tel_slice name;

	if (!hole || !p)
		return tel__slice_str(text);
	name = tel__pipeline_name(p);
	return tel__doc_fmt(&r->doc, "%.*s%.*s%s", (int)(hole - text), text, (int)name.len, name.ptr, hole + 1);
}

static bool is_connector(tel_slice id)
{
	return tel__slice_starts(id, TEL_SLICE_LIT("routing")) || tel__slice_starts(id, TEL_SLICE_LIT("forward"));
}

/* One list of a service pipeline while it is filled. */
typedef struct chain_list {
	tel_slice chain;
	const char *name;         /* "receivers" */
	tel_component_kind kind;
	tel__node *section;
	bool overwrite;           /* what is in the section already does not stay */
} chain_list;

/* One part into its section and its list. */
static void put_part(tel__render *r, const tel__part *part, const chain_list *to, tel__node *list,
                     const tel__metric_pipeline *p)
{
	tel__node *options = part->make(r, p), *section = to->section;
	tel_component_kind kind = to->kind;
	tel__node_entry *there;
	tel_slice id;

	if (!options)
		return;
	id = fill_in(r, part->id, p);
	if (is_connector(id)) {
		section = r->connectors;
		kind = TEL_COMPONENT_CONNECTOR;
	}
	there = tel__node_find(section, id);
	if (!there)
		tel__doc_add_slice(&r->doc, section, id, options);
	else if (to->overwrite)
		there->value = options;
	tel__doc_append_slice(&r->doc, list, id);
	tel__render_note(r, kind, id, to->chain, part, p);
}

void tel__render_chain(tel__render *r, const tel__chain *chain, const tel__metric_pipeline *p)
{
	tel__doc *d = &r->doc;
	tel_slice id = fill_in(r, chain->id, p);
	const tel__part *parts[] = { chain->receivers, chain->processors, chain->exporters };
	chain_list lists[] = { { id, "receivers", TEL_COMPONENT_RECEIVER, r->receivers, false },
		                   { id, "processors", TEL_COMPONENT_PROCESSOR, r->processors, false },
		                   { id, "exporters", TEL_COMPONENT_EXPORTER, r->exporters, true } };
	tel__node *pipeline = tel__doc_new_map(d);

	tel__doc_add_slice(d, r->service_pipelines, id, pipeline);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		tel__node *list = tel__doc_list(d, pipeline, lists[i].name);

		for (const tel__part *part = parts[i]; part->id && !d->failed; part++)
			put_part(r, part, &lists[i], list, p);
	}
}

void tel__render_end(tel__render *r)
{
	tel__doc_sort(r->extensions);
	tel__doc_sort(r->service_pipelines);
	tel__doc_sort(r->receivers);
	tel__doc_sort(r->processors);
	tel__doc_sort(r->exporters);
	tel__doc_sort(r->connectors);
	if (r->connectors && r->connectors->v.map.count > 0)
		tel__doc_add(&r->doc, r->root, "connectors", r->connectors);
}
