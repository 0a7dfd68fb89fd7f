/* SPDX-License-Identifier: Apache-2.0 */
/* Documents -> a set: which kind a document is of, its table, its place in the set. */
#include "control/pipeline_set.h"

#include <stdlib.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/hex64.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"

enum { ARENA_CAP = 512 << 20, SHOWN = 128 };

/* What reading one set shares. */
typedef struct set_reader {
	tel__schema_reader schema;
	tel_pipeline_set *set;
} set_reader;

/* ---- growing arrays in the arena ---- */

/* Room for one more element of size bytes; NULL: fatal is set. */
static void *grow(set_reader *r, void *items, size_t count, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 8;
	void *grown;

	if (count < *cap)
		return items;
	grown = items ? tel__arena_grow(r->set->arena, items, *cap * size, more * size)
	              : tel__arena_array(r->set->arena, more, size);
	if (!grown)
		r->schema.fatal = tel__arena_error(r->set->arena) == TEL_OK ? TEL_ERR_NOMEM : tel__arena_error(r->set->arena);
	else
		*cap = more;
	return grown;
}

/* ---- kinds ---- */

static void add_pipeline(set_reader *r, const tel__node *node, bool alpha)
{
	const tel__object *object = alpha ? &tel__metric_pipeline_alpha : &tel__metric_pipeline_beta;
	tel_pipeline_set *set = r->set;
	tel__metric_pipeline *p = tel__schema_new(&r->schema, object, 1), **grown;
	size_t cap = set->pipeline_cap;
	bool *alphas;

	if (!p)
		return;
	tel__schema_read(&r->schema, object, node, NULL, p);
	grown = grow(r, set->pipelines, set->pipeline_count, &cap, sizeof(*grown));
	cap = set->pipeline_cap;
	alphas = grown ? grow(r, set->was_alpha, set->pipeline_count, &cap, sizeof(*alphas)) : NULL;
	if (!alphas)
		return;
	set->pipelines = grown;
	set->was_alpha = alphas;
	set->pipeline_cap = cap;
	if (tel__pipeline_name(p).len == 0)
		tel__schema_report(&r->schema, TEL_FINDING_ERROR, node, &(tel__field_path){ .name = TEL_SLICE_LIT("metadata.name") },
		                   "Required value: name or generateName is required");
	set->was_alpha[set->pipeline_count] = alpha;
	set->pipelines[set->pipeline_count++] = p;
}

static void add_telemetry(set_reader *r, const tel__node *node)
{
	tel_pipeline_set *set = r->set;
	tel__telemetry *t = tel__schema_new(&r->schema, &tel__telemetry_object, 1), **grown;

	if (!t)
		return;
	tel__schema_read(&r->schema, &tel__telemetry_object, node, NULL, t);
	grown = grow(r, set->telemetries, set->telemetry_count, &set->telemetry_cap, sizeof(*grown));
	if (!grown)
		return;
	set->telemetries = grown;
	set->telemetries[set->telemetry_count++] = t;
}

static void add_facts(set_reader *r, const tel__node *node)
{
	tel__render_facts_doc *facts = tel__schema_new(&r->schema, &tel__render_facts_object, 1);

	if (!facts)
		return;
	tel__schema_read(&r->schema, &tel__render_facts_object, node, NULL, facts);
	tel__schema_check(&r->schema, &tel__render_facts_object, facts, NULL);
	r->set->facts = facts;
}

static tel_slice text_of(const tel__node *map, const char *key)
{
	const tel__node *node = tel__node_get(map, key);

	return node && node->type == TEL__NODE_STRING ? node->text : TEL_SLICE_LIT("");
}

/* One value of data; false: a finding was made, or memory is short. */
static bool decode_value(set_reader *r, const tel__node_entry *entry, bool encoded, tel_slice *ret_value)
{
	tel__field_path data = { .name = TEL_SLICE_LIT("data") }, path = { .parent = &data, .name = entry->key };
	tel__dynbuf out;
	tel_err rc;

	*ret_value = entry->value->text;
	if (entry->value->type != TEL__NODE_STRING && entry->value->type != TEL__NODE_NULL) {
		tel__schema_report(&r->schema, TEL_FINDING_ERROR, entry->value, &path, "expected a string");
		return false;
	}
	if (!encoded || entry->value->type == TEL__NODE_NULL)
		return true;
	tel__dynbuf_init(&out, &r->set->alloc, TEL_LIMIT_CONFIG_BYTES);
	rc = tel__base64_decode(entry->value->text, &out);
	if (rc == TEL_ERR_MALFORMED)
		tel__schema_report(&r->schema, TEL_FINDING_ERROR, entry->value, &path, "illegal base64 data");
	else if (rc != TEL_OK || tel__dynbuf_error(&out) != TEL_OK ||
	         !tel__arena_copy(r->set->arena, tel__dynbuf_get(&out), ret_value))
		r->schema.fatal = TEL_ERR_NOMEM;
	tel__dynbuf_fini(&out);
	return rc == TEL_OK && r->schema.fatal == TEL_OK;
}

static void add_secret(set_reader *r, const tel__node *node)
{
	static const struct {
		const char *field;
		bool encoded;
	} maps[] = { { "stringData", false }, { "data", true } }; /* the first of an equal key wins */
	const tel__node *metadata = tel__node_get(node, "metadata");
	tel__secret secret = { text_of(metadata, "name"), text_of(metadata, "namespace"), NULL, 0, r->set->secret_count }, *grown;
	tel__key_pair *pairs;
	size_t most = 0;

	for (size_t m = 0; m < 2; m++) {
		const tel__node *map = tel__node_get(node, maps[m].field);

		most += map && map->type == TEL__NODE_MAP ? map->v.map.count : 0;
	}
	pairs = tel__arena_array(r->set->arena, most + 1, sizeof(*pairs));
	grown = pairs ? grow(r, r->set->secrets, r->set->secret_count, &r->set->secret_cap, sizeof(*grown)) : NULL;
	if (!grown) {
		r->schema.fatal = TEL_ERR_NOMEM;
		return;
	}
	r->set->secrets = grown;
	for (size_t m = 0; m < 2; m++) {
		const tel__node *map = tel__node_get(node, maps[m].field);

		for (uint32_t i = 0; map && map->type == TEL__NODE_MAP && i < map->v.map.count; i++) {
			pairs[secret.count].key = map->v.map.entries[i].key;
			if (decode_value(r, &map->v.map.entries[i], maps[m].encoded, &pairs[secret.count].value))
				secret.count++;
		}
	}
	secret.data = pairs;
	r->set->secrets[r->set->secret_count++] = secret;
}

/* ---- documents ---- */

static bool is_group(tel_slice api_version, const char *group, tel_slice *ret_version)
{
	size_t slash = tel__slice_find(api_version, '/');

	*ret_version = slash < api_version.len ? tel__slice_sub(api_version, slash + 1, api_version.len - slash - 1) : api_version;
	return tel__slice_is(tel__slice_sub(api_version, 0, slash), group);
}

static void read_document(set_reader *r, const tel__node *node, unsigned depth);

static void read_list(set_reader *r, const tel__node *node, unsigned depth)
{
	const tel__node *items = tel__node_get(node, "items");

	for (uint32_t i = 0; items && items->type == TEL__NODE_LIST && i < items->v.list.count && r->schema.fatal == TEL_OK; i++)
		read_document(r, items->v.list.items[i], depth + 1);
}

static void refuse_document(set_reader *r, const tel__node *node, tel_slice kind, tel_slice api_version)
{
	char shown[SHOWN], version[SHOWN];

	tel__schema_report(&r->schema, TEL_FINDING_ERROR, node, NULL, "no matches for kind \"%s\" in version \"%s\"",
	                   tel__slice_printable(kind, shown, sizeof(shown)),
	                   tel__slice_printable(api_version, version, sizeof(version)));
}

static void leave_document(set_reader *r, const tel__node *node, tel_slice kind)
{
	char shown[SHOWN];

	tel__schema_report(&r->schema, TEL_FINDING_WARNING, node, NULL, "kind \"%s\" is left out",
	                   tel__slice_printable(kind, shown, sizeof(shown)));
}

static void read_document(set_reader *r, const tel__node *node, unsigned depth)
{
	tel_slice kind = text_of(node, "kind"), api_version = text_of(node, "apiVersion"), version;

	if (node->type != TEL__NODE_MAP || kind.len == 0) {
		tel__schema_report(&r->schema, TEL_FINDING_ERROR, node, NULL, "Object 'Kind' is missing");
	} else if (tel__slice_is(kind, "RenderFacts")) {
		add_facts(r, node);
	} else if (depth < 2 && tel__slice_ends(kind, TEL_SLICE_LIT("List"))) {
		read_list(r, node, depth);
	} else if (tel__slice_is(kind, "MetricPipeline") && is_group(api_version, "telemetry.kyma-project.io", &version) &&
	           (tel__slice_is(version, "v1beta1") || tel__slice_is(version, "v1alpha1"))) {
		add_pipeline(r, node, tel__slice_is(version, "v1alpha1"));
	} else if (tel__slice_is(kind, "Telemetry") && is_group(api_version, "operator.kyma-project.io", &version) &&
	           (tel__slice_is(version, "v1beta1") || tel__slice_is(version, "v1alpha1"))) {
		add_telemetry(r, node);
	} else if (tel__slice_is(kind, "MetricPipeline") || tel__slice_is(kind, "Telemetry")) {
		refuse_document(r, node, kind, api_version);
	} else if (tel__slice_is(kind, "Secret") && tel__slice_is(api_version, "v1")) {
		add_secret(r, node);
	} else if (!tel__slice_is(kind, "ConfigMap")) {
		leave_document(r, node, kind);
	}
}

static void read_source(set_reader *r, const tel_config_source *source, uint16_t index)
{
	tel_error err = TEL_ERROR_INIT;
	tel__node *documents = NULL, at = { .source = index };
	tel_err rc = tel__yaml_parse_within(r->set->arena, &r->set->alloc, source->text, index, TEL_LIMIT_RESOURCE_NODES,
	                                    &documents, &err);

	if (rc == TEL_ERR_NOMEM || rc == TEL_ERR_BUDGET) {
		r->schema.fatal = rc;
		return;
	}
	if (rc != TEL_OK) {
		at.line = err.line ? err.line : 1;
		at.column = err.column ? err.column : 1;
		tel__schema_report(&r->schema, TEL_FINDING_ERROR, &at, NULL, "%s", err.msg);
		return;
	}
	for (uint32_t i = 0; i < documents->v.list.count && r->schema.fatal == TEL_OK; i++)
		read_document(r, documents->v.list.items[i], 0);
}

/* ---- order ---- */

/* A pipeline with the version it was read in, while they are sorted. */
typedef struct sorted {
	tel__metric_pipeline *pipeline;
	bool alpha;
} sorted;

static int compare_names(const void *a, const void *b)
{
	return tel__slice_cmp(tel__pipeline_name(((const sorted *)a)->pipeline), tel__pipeline_name(((const sorted *)b)->pipeline));
}

static void sort_pipelines(set_reader *r)
{
	tel_pipeline_set *set = r->set;
	sorted *all = tel__arena_array(set->arena, set->pipeline_count + 1, sizeof(*all));
	char shown[SHOWN];

	if (!all) {
		r->schema.fatal = TEL_ERR_NOMEM;
		return;
	}
	for (size_t i = 0; i < set->pipeline_count; i++)
		all[i] = (sorted){ set->pipelines[i], set->was_alpha[i] };
	if (set->pipeline_count)
		qsort(all, set->pipeline_count, sizeof(*all), compare_names);
	for (size_t i = 0; i < set->pipeline_count; i++) {
		set->pipelines[i] = all[i].pipeline;
		set->was_alpha[i] = all[i].alpha;
		if (i > 0 && compare_names(&all[i - 1], &all[i]) == 0)
			tel__schema_report(&r->schema, TEL_FINDING_ERROR, set->pipelines[i]->at, NULL,
			                   "metricpipelines.telemetry.kyma-project.io \"%s\" already exists",
			                   tel__slice_printable(tel__pipeline_name(set->pipelines[i]), shown, sizeof(shown)));
	}
	for (size_t i = 0; i < set->pipeline_count; i++)
		if (set->was_alpha[i])
			tel__metric_pipeline_to_beta(set->pipelines[i]);
}

static int compare_secret(const tel__secret *s, tel_slice space, tel_slice name)
{
	int order = tel__slice_cmp(s->space, space);

	return order ? order : tel__slice_cmp(s->name, name);
}

static int compare_secrets(const void *a, const void *b)
{
	const tel__secret *x = a, *y = b;
	int order = compare_secret(x, y->space, y->name);

	return order ? order : x->number < y->number ? -1 : 1;
}

/* ---- the set ---- */

void tel_pipeline_free(tel_pipeline_set *set)
{
	tel_alloc alloc;

	if (!set)
		return;
	alloc = set->alloc;
	tel__arena_unref(set->arena);
	tel__mem_free(&alloc, set, 1, sizeof(*set));
}

/* Names of sources outlive the call: findings of later steps carry them. */
static bool keep_names(tel_pipeline_set *set, const tel_config_source *sources, size_t n)
{
	tel_config_source *kept = tel__arena_array(set->arena, n, sizeof(*kept));

	for (size_t i = 0; kept && i < n; i++) {
		kept[i].text = (tel_slice){ NULL, 0 };
		if (!tel__arena_copy(set->arena, sources[i].name, &kept[i].name))
			return false;
	}
	set->sources = kept;
	set->source_count = n;
	return kept != NULL;
}

static tel_err read_all(set_reader *r, const tel_config_source *sources, size_t n)
{
	if (!keep_names(r->set, sources, n))
		return TEL_ERR_NOMEM;
	r->schema.sources = r->set->sources;
	r->schema.source_count = n;
	for (size_t i = 0; i < n && r->schema.fatal == TEL_OK; i++)
		read_source(r, &sources[i], (uint16_t)i);
	if (r->schema.fatal == TEL_OK)
		sort_pipelines(r);
	if (r->set->secret_count)
		qsort(r->set->secrets, r->set->secret_count, sizeof(*r->set->secrets), compare_secrets);
	return r->schema.fatal != TEL_OK ? r->schema.fatal : r->schema.errors ? TEL_ERR_CONFIG : TEL_OK;
}

tel_err tel_pipeline_parse(const tel_config_source *sources, size_t n, const tel_pipeline_opts *opts,
                           tel_pipeline_set **ret_set, tel_findings *findings)
{
	tel_pipeline_opts given = TEL_PIPELINE_OPTS_INIT;
	const tel_alloc *alloc;
	set_reader r;
	tel_err rc;

	if (n == 0 || n > TEL_LIMIT_CONFIG_SOURCES || !sources)
		return TEL_ERR_ARG;
	if (opts)
		memcpy(&given, opts, opts->size < sizeof(given) ? opts->size : sizeof(given));
	alloc = tel__alloc_or_default(given.alloc);
	r = (set_reader){ .schema = { .findings = findings, .strict = given.strict } };
	r.set = tel__mem_zero(alloc, 1, sizeof(*r.set));
	if (!r.set)
		return TEL_ERR_NOMEM;
	r.set->alloc = *alloc;
	rc = tel__arena_new(&r.set->alloc, ARENA_CAP, NULL, &r.set->arena);
	r.schema.arena = r.set->arena;
	if (rc == TEL_OK)
		rc = read_all(&r, sources, n);
	if (rc != TEL_OK) {
		tel_pipeline_free(r.set);
		return rc == TEL_ERR_BUDGET ? TEL_ERR_LIMIT : rc;
	}
	*ret_set = r.set;
	return TEL_OK;
}

static bool is_resource(const tel__node *document)
{
	static const char *const keys[] = { "apiVersion", "kind", "metadata", "spec" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (tel__node_get(document, keys[i]))
			return true;
	return false;
}

tel_err tel_pipeline_recognise(tel_slice text, const tel_alloc *alloc, bool *ret_resources)
{
	const tel_alloc *a = tel__alloc_or_default(alloc);
	tel__node *documents = NULL;
	tel__arena *arena;
	bool found = false;
	tel_err rc = tel__arena_new(a, ARENA_CAP, NULL, &arena);

	if (rc != TEL_OK)
		return rc;
	rc = tel__yaml_parse_all(arena, a, text, 0, &documents, NULL);
	for (uint32_t i = 0; rc == TEL_OK && i < documents->v.list.count && !found; i++)
		found = is_resource(documents->v.list.items[i]);
	tel__arena_unref(arena);
	if (rc == TEL_ERR_NOMEM)
		return rc;
	*ret_resources = found;
	return TEL_OK;
}

tel_err tel_pipeline_default(tel_pipeline_set *set)
{
	tel__schema_reader r = { .arena = set->arena };

	for (size_t i = 0; i < set->pipeline_count && r.fatal == TEL_OK; i++)
		tel__metric_pipeline_default(&r, set->pipelines[i], set->was_alpha[i]);
	return r.fatal;
}

tel_err tel_pipeline_validate(const tel_pipeline_set *set, tel_findings *findings)
{
	tel__schema_reader r = { .arena = set->arena, .sources = set->sources, .source_count = set->source_count,
		                     .findings = findings };

	for (size_t i = 0; i < set->pipeline_count && r.fatal == TEL_OK; i++)
		tel__schema_check(&r, set->was_alpha[i] ? &tel__metric_pipeline_alpha : &tel__metric_pipeline_beta, set->pipelines[i],
		                  NULL);
	for (size_t i = 0; i < set->telemetry_count && r.fatal == TEL_OK; i++)
		tel__schema_check(&r, &tel__telemetry_object, set->telemetries[i], NULL);
	return r.fatal != TEL_OK ? r.fatal : r.errors ? TEL_ERR_CONFIG : TEL_OK;
}

size_t tel_pipeline_count(const tel_pipeline_set *set)
{
	return set->pipeline_count;
}

tel_slice tel_pipeline_name(const tel_pipeline_set *set, size_t index)
{
	return index < set->pipeline_count ? tel__pipeline_name(set->pipelines[index]) : TEL_SLICE_LIT("");
}

/* ---- values ---- */

const tel__secret *tel__secret_find(const tel_pipeline_set *set, tel_slice space, tel_slice name)
{
	size_t low = 0, high = set ? set->secret_count : 0, end = high;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_secret(&set->secrets[middle], space, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < end && compare_secret(&set->secrets[low], space, name) == 0 ? &set->secrets[low] : NULL;
}

tel_slice tel__secret_get(const tel_pipeline_set *set, const tel__secret_ref *ref)
{
	const tel__secret *s = tel__secret_find(set, ref->space, ref->name);

	for (; s && s < set->secrets + set->secret_count && compare_secret(s, ref->space, ref->name) == 0; s++)
		for (size_t k = 0; k < s->count; k++)
			if (tel__slice_eq(s->data[k].key, ref->key))
				return s->data[k].value;
	return (tel_slice){ NULL, 0 };
}

tel_slice tel__value_text(const tel_pipeline_set *set, const tel__value *v)
{
	tel_slice text = { NULL, 0 };

	if (!v)
		return TEL_SLICE_LIT("");
	if (v->value.len)
		return v->value;
	if (v->value_from && v->value_from->secret_key_ref)
		text = tel__secret_get(set, v->value_from->secret_key_ref);
	return text.ptr ? text : TEL_SLICE_LIT("");
}
