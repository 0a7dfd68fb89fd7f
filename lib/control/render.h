/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_RENDER_H
#define TEL_CONTROL_RENDER_H
/*
 * From pipelines and facts to one collector configuration (kyma-metrics.md 3, 4).
 *
 * A service pipeline is a list of parts in their order. A part is an id, the function that makes its options, and why it is
 * there. A maker that answers NULL was not wanted: the part is absent from the section and from the pipeline alike. So
 * every component is made in one place, and what asks for it stands beside it.
 */
#include <telemetry/render.h>

#include "control/doc.h"
#include "control/metric_pipeline.h"

struct tel__render;

/* One entry of a service pipeline. "%" in id is the name of the pipeline. */
typedef struct tel__part {
	const char *id;
	tel__node *(*make)(struct tel__render *r, const tel__metric_pipeline *p); /* NULL as result: not wanted */
	/* The field that asks for it: of the MetricPipeline, or behind "Telemetry:" of that resource; NULL: it is always there. */
	const char *field;
	const char *help;         /* what it does, one line */
	const char *also;         /* further fields that say what is in it, separated by blanks; or NULL */
} tel__part;
#define TEL__FIELD_ENRICHMENT "Telemetry:metadata.annotations.telemetry.kyma-project.io/service-enrichment"
#define TEL__SAID_OF_ATTRIBUTES TEL__FIELD_ENRICHMENT " Telemetry:spec.enrichments.extractPodLabels"
#define TEL__SAID_OF_CLUSTER "Telemetry:spec.enrichments.cluster.name"
#define TEL__PARTS_END { NULL, NULL, NULL, NULL, NULL }

/* One component that a configuration got: what explain is told. */
typedef struct tel__note {
	tel_component_kind kind;
	tel_slice id;
	tel_slice chain;          /* service pipeline, or "service::extensions" */
	const tel__part *part;
	const tel__metric_pipeline *pipeline; /* whose it is; NULL: everybody's */
} tel__note;

/* One service pipeline. */
typedef struct tel__chain {
	const char *id;
	const tel__part *receivers, *processors, *exporters; /* end with an id of NULL */
} tel__chain;

typedef struct tel__render {
	tel__doc doc;
	const tel_render_facts *facts;
	const tel_pipeline_set *set;              /* where Secrets are looked up; may be NULL */
	const tel__metric_pipeline *const *pipelines; /* by name */
	size_t count;
	/* sections of the result */
	tel__node *extensions, *service_extensions, *service_pipelines, *receivers, *processors, *exporters, *connectors;
	tel__node *root;
	void (*note)(const struct tel__render *r, const tel__note *note, void *user); /* render_explain.c; or NULL */
	void *note_user;
} tel__render;

TEL_PRIVATE_BEGIN

/* render.c: the base part, chains, the end. */
typedef struct tel__render_base {
	const char *lease_name;
	bool memory_limit; /* cgroup_runtime sets the limit of memory */
} tel__render_base;
void tel__render_begin(tel__render *r, const tel__render_base *base);
void tel__render_chain(tel__render *r, const tel__chain *chain, const tel__metric_pipeline *p); /* p NULL: nobody's */
void tel__render_end(tel__render *r); /* sorts what is sorted */
void tel__render_note(tel__render *r, tel_component_kind kind, tel_slice id, tel_slice chain, const tel__part *part,
                      const tel__metric_pipeline *p);

void tel__render_gateway(tel__render *r);
void tel__render_agent(tel__render *r); /* pipelines: only those that need the agent */

/* render_public.c: one configuration of a set, without its text. *r is initialised by this; its arena is the caller's to
 * drop. */
typedef struct tel__render_job {
	tel__render render;
	tel_render_facts facts; /* with what nobody said filled in */
} tel__render_job;
tel_err tel__render_run(tel__render_job *job, const tel_pipeline_set *set, const tel_render_facts *facts,
                        const tel_alloc *alloc, bool agent);

/* render_parts.c: makers that gateway and agent share. */
tel__node *tel__make_empty(tel__render *r, const tel__metric_pipeline *p); /* {} */
tel__node *tel__make_memory_limiter(tel__render *r, const tel__metric_pipeline *p);
tel__node *tel__make_batch(tel__render *r, const tel__metric_pipeline *p);
tel__node *tel__make_k8s_attributes(tel__render *r, const tel__metric_pipeline *p);
tel__node *tel__make_service_enrichment(tel__render *r, const tel__metric_pipeline *p);
tel__node *tel__make_drop_unknown_service(tel__render *r, const tel__metric_pipeline *p);
tel__node *tel__make_cluster_attributes(tel__render *r, const tel__metric_pipeline *p);
tel__node *tel__make_drop_kyma(tel__render *r, const tel__metric_pipeline *p);
tel__node *tel__make_user_transform(tel__render *r, const tel__metric_pipeline *p);
tel__node *tel__make_user_filter(tel__render *r, const tel__metric_pipeline *p);
/* Processors of one list of OTTL. */
tel__node *tel__make_transform(tel__render *r, const tel_slice *statements, size_t count);
tel__node *tel__make_filter(tel__render *r, const tel_slice *conditions, size_t count);
/* Sets resource attribute kyma.input.name. */
tel__node *tel__make_input_name(tel__render *r, const char *input);
/* The two statements that give a scope our name and version. */
void tel__put_scope_statements(tel__render *r, tel_slice *statements, const char *upstream, const char *name);
/* "(a == "x" or a == "y")" over k8s.namespace.name. */
tel_slice tel__namespace_is(tel__render *r, const tel__list *names);
/* The filter of a namespace selector; origin is the condition for the data that it is about. */
tel__node *tel__make_namespace_filter(tel__render *r, const tel__namespaces *n, const char *origin);

/* render_exporter.c */
extern const tel__part tel__exporter_parts[];  /* otlp_grpc/% and otlp_http/% */
void tel__render_oauth2(tel__render *r);       /* extensions of the pipelines that need them */
/* Name in the environment: prefix, then text in upper case with '_' for '.' and '-'. */
tel_slice tel__variable(tel__doc *d, const char *prefix, tel_slice pipeline, tel_slice header);

/* render_scrape.c: the prometheus receivers of the agent. */
tel__node *tel__make_app_pods(tel__render *r, const tel__metric_pipeline *p);
tel__node *tel__make_app_services(tel__render *r, const tel__metric_pipeline *p);
tel__node *tel__make_istio_proxies(tel__render *r, const tel__metric_pipeline *p);

/* Those of the set that are active and that the gateway is for, or the agent; out has room for all. Returns how many. */
size_t tel__render_pipelines(const tel_pipeline_set *set, const tel_status *status, bool agent,
                             const tel__metric_pipeline **out);
/* Does some pipeline of the render want it? */
bool tel__render_any(const tel__render *r, bool (*wants)(const tel__metric_pipeline *p));
bool tel__render_any_resource(const tel__render *r, tel__runtime_resource resource);

TEL_PRIVATE_END
#endif
