/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_PIPELINE_SET_H
#define TEL_CONTROL_PIPELINE_SET_H
/* Resources that were read together, as the steps of the control plane see them. */
#include <telemetry/pipeline.h>
#include <telemetry/render.h>

#include "base/map.h"
#include "control/metric_pipeline.h"
#include "control/telemetry.h"

/* One Secret; data is decoded. */
typedef struct tel__secret {
	tel_slice name, space;
	const tel__key_pair *data;
	size_t count, number; /* number: in the order of the documents */
} tel__secret;

struct tel_pipeline_set {
	tel_alloc alloc;
	tel__arena *arena;
	const tel_config_source *sources; /* names only, copied into the arena */
	size_t source_count;
	tel__metric_pipeline **pipelines; /* by name */
	bool *was_alpha;                  /* pipelines that were read as v1alpha1, for their defaults */
	size_t pipeline_count, pipeline_cap;
	tel__telemetry **telemetries;
	size_t telemetry_count, telemetry_cap;
	tel__render_facts_doc *facts;     /* the last RenderFacts document, or NULL */
	tel__secret *secrets;             /* by namespace, name and number */
	size_t secret_count, secret_cap;
};

TEL_PRIVATE_BEGIN

/* The first Secret of that name; NULL when the set has none. */
const tel__secret *tel__secret_find(const tel_pipeline_set *set, tel_slice space, tel_slice name);
/* A key of a Secret; NULL ptr when the set has no such Secret or key. */
tel_slice tel__secret_get(const tel_pipeline_set *set, const tel__secret_ref *ref);
/* What a value resolves to; empty when it cannot be resolved. */
tel_slice tel__value_text(const tel_pipeline_set *set, const tel__value *v);

TEL_PRIVATE_END
#endif
