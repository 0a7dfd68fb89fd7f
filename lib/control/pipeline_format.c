/* SPDX-License-Identifier: Apache-2.0 */
/* A set -> documents, in either version. */
#include <string.h>

#include "base/dynbuf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "control/pipeline_set.h"

#define PIPELINE_GROUP "telemetry.kyma-project.io/"
#define TELEMETRY_GROUP "operator.kyma-project.io/"

/* What one call shares. */
typedef struct writing {
	tel_pipeline_format_opts opts;
	const tel_alloc *alloc;
	tel__doc doc;
} writing;

static tel_err begin(writing *w, const tel_pipeline_format_opts *opts)
{
	static const tel_pipeline_format_opts usual = TEL_PIPELINE_FORMAT_OPTS_INIT;

	*w = (writing){ .opts = usual };
	if (opts)
		memcpy(&w->opts, opts, opts->size < sizeof(w->opts) ? opts->size : sizeof(w->opts));
	if ((unsigned)w->opts.version > TEL_PIPELINE_V1ALPHA1 || (unsigned)w->opts.form > TEL_PIPELINE_JSON)
		return TEL_ERR_ARG;
	w->alloc = tel__alloc_or_default(w->opts.alloc);
	return tel__arena_new(w->alloc, 0, NULL, &w->doc.arena);
}

static tel_err finish(writing *w, const tel__node *root, tel_buf **ret_text)
{
	tel_err rc = TEL_ERR_NOMEM;
	tel__dynbuf text;

	tel__dynbuf_init(&text, w->alloc, TEL_LIMIT_PRINT_BYTES);
	if (root && !w->doc.failed) {
		if (w->opts.form == TEL_PIPELINE_JSON)
			tel__doc_write_json(root, &text);
		else
			tel__doc_write(root, &text);
		rc = tel__dynbuf_take(&text, ret_text);
	}
	tel__dynbuf_fini(&text);
	tel__arena_unref(w->doc.arena);
	return rc;
}

tel_err tel_pipeline_format(const tel_pipeline_set *set, size_t index, const tel_pipeline_format_opts *opts,
                            tel_buf **ret_text)
{
	const tel__object *object = &tel__metric_pipeline_beta;
	tel__metric_pipeline pipeline;
	tel__node *root = NULL;
	writing w;
	tel_err rc = index < set->pipeline_count ? begin(&w, opts) : TEL_ERR_ARG;

	if (rc != TEL_OK)
		return rc;
	pipeline = *set->pipelines[index];
	pipeline.api_version = TEL_SLICE_LIT(PIPELINE_GROUP "v1beta1");
	if (w.opts.version == TEL_PIPELINE_V1ALPHA1) {
		object = &tel__metric_pipeline_alpha;
		w.doc.failed = !tel__metric_pipeline_to_alpha(w.doc.arena, set->pipelines[index], &pipeline);
		pipeline.api_version = TEL_SLICE_LIT(PIPELINE_GROUP "v1alpha1");
	}
	if (!w.doc.failed)
		root = tel__schema_write(&w.doc, object, &pipeline);
	return finish(&w, root, ret_text);
}

size_t tel_telemetry_count(const tel_pipeline_set *set)
{
	return set->telemetry_count;
}

tel_err tel_telemetry_format(const tel_pipeline_set *set, size_t index, const tel_pipeline_format_opts *opts,
                             tel_buf **ret_text)
{
	tel__telemetry telemetry;
	writing w;
	tel_err rc = index < set->telemetry_count ? begin(&w, opts) : TEL_ERR_ARG;

	if (rc != TEL_OK)
		return rc;
	telemetry = *set->telemetries[index];
	telemetry.api_version = w.opts.version == TEL_PIPELINE_V1ALPHA1 ? TEL_SLICE_LIT(TELEMETRY_GROUP "v1alpha1")
	                                                                : TEL_SLICE_LIT(TELEMETRY_GROUP "v1beta1");
	return finish(&w, tel__schema_write(&w.doc, &tel__telemetry_object, &telemetry), ret_text);
}
