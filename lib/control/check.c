/* SPDX-License-Identifier: Apache-2.0 */
/* What a pipeline that the API server's schema takes is still refused for: OTTL by the validating webhook (kyma-metrics.md
 * 6.6), endpoints and keys of Secrets by the reconciler (6.2, 6.3). All of it, each with its place. */
#include <telemetry/ottl.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "control/endpoint.h"
#include "control/judge.h"
#include "control/pipeline_set.h"

enum { SHOWN = 256, MESSAGE = 2048 };

typedef struct checker {
	tel__schema_reader r;
	tel__doc doc;
	const tel_pipeline_set *set;
	const tel_status_facts *facts; /* or NULL */
} checker;

#define AT(above, what) (&(tel__field_path){ .parent = (above), .name = TEL_SLICE_LIT(what) })

/* ---- Secrets ---- */

static tel_slice text_of(const tel__node *map, const char *key)
{
	const tel__node *node = tel__node_get(map, key);

	return node && node->type == TEL__NODE_STRING ? node->text : TEL_SLICE_LIT("");
}

/* A Secret that is not in the set may be in the cluster; one that is has to have the key. */
static void check_reference(checker *c, const tel__node *ref, const tel__field_path *path)
{
	tel__secret_ref wanted = { .name = text_of(ref, "name"), .space = text_of(ref, "namespace"), .key = text_of(ref, "key") };
	char key[SHOWN], name[SHOWN], space[SHOWN];

	if (!tel__secret_find(c->set, wanted.space, wanted.name) || tel__secret_get(c->set, &wanted).ptr)
		return;
	tel__schema_report(&c->r, TEL_FINDING_ERROR, ref, path,
	                   "one or more keys in a referenced Secret are missing: Key '%s' in Secret '%s' of Namespace '%s'",
	                   tel__slice_printable(wanted.key, key, sizeof(key)),
	                   tel__slice_printable(wanted.name, name, sizeof(name)),
	                   tel__slice_printable(wanted.space, space, sizeof(space)));
}

/* Every secretKeyRef below a node. The depth is that of the document, which is limited. */
static void check_references(checker *c, const tel__node *node, const tel__field_path *path)
{
	if (node->type == TEL__NODE_MAP) {
		for (uint32_t i = 0; i < node->v.map.count; i++) {
			tel__field_path below = { .parent = path, .name = node->v.map.entries[i].key };

			if (tel__slice_is(below.name, "secretKeyRef"))
				check_reference(c, node->v.map.entries[i].value, &below);
			else
				check_references(c, node->v.map.entries[i].value, &below);
		}
	} else if (node->type == TEL__NODE_LIST) {
		for (uint32_t i = 0; i < node->v.list.count; i++) {
			tel__field_path below = { .parent = path, .index = i, .is_index = true };

			check_references(c, node->v.list.items[i], &below);
		}
	}
}

/* ---- output ---- */

static void check_output(checker *c, const tel__otlp_output *o, const tel__field_path *spec)
{
	const tel__field_path *path = AT(AT(AT(spec, "output"), "otlp"), "endpoint");
	const tel__value *v = o->endpoint;
	tel_slice endpoint = tel__value_text(c->set, v);
	char message[MESSAGE];

	if (o->at)
		check_references(c, o->at, AT(AT(spec, "output"), "otlp"));
	if (!v || (endpoint.len == 0 && v->value_from))
		return; /* the Secret is not here, or was reported */
	if (!tel__endpoint_check(o, endpoint, message, sizeof(message)))
		tel__schema_report(&c->r, TEL_FINDING_ERROR, v->at ? v->at : o->at, path, "%s", message);
}

/* Does it refer to a Secret that is not here? */
static bool is_elsewhere(const checker *c, const tel__value *v)
{
	const tel__secret_ref *ref = v && v->value.len == 0 && v->value_from ? v->value_from->secret_key_ref : NULL;

	return ref && !tel__secret_find(c->set, ref->space, ref->name);
}

static void check_certificates(checker *c, const tel__metric_pipeline *p, const tel__field_path *spec)
{
	const tel__output_tls *tls = tel__pipeline_backend(p)->tls;
	tel__judgement j;
	tel_err rc;

	if (!c->facts || !tls || is_elsewhere(c, tls->cert) || is_elsewhere(c, tls->key) || is_elsewhere(c, tls->ca))
		return;
	rc = tel__pipeline_judge_certificates(&c->doc, c->set, c->facts, p, &j);
	if (rc != TEL_OK || c->doc.failed)
		c->r.fatal = TEL_ERR_NOMEM;
	else if (j.verdict != TEL_PIPELINE_VERDICT_OK)
		tel__schema_report(&c->r, j.verdict == TEL_PIPELINE_VERDICT_EXPIRING ? TEL_FINDING_WARNING : TEL_FINDING_ERROR, tls->at,
		                   AT(AT(AT(spec, "output"), "otlp"), "tls"), "%.*s", TEL_SLICE_ARG(j.reason));
}

/* ---- OTTL ---- */

/* One list of a rule. */
typedef struct texts {
	const char *name;
	tel_ottl_kind kind;
	const tel__list *list;
} texts;

static void report_text(checker *c, const tel__node *node, const tel__field_path *path, tel_buf *whole, const tel_error *err)
{
	tel_slice text = whole ? tel_buf_get(whole) : tel__slice_str(err->msg);
	char shown[MESSAGE];

	tel__schema_report(&c->r, TEL_FINDING_ERROR, node, path, "%s", tel__slice_printable(text, shown, sizeof(shown)));
}

/* A text that needs its neighbours to tell its context may still be right in one. */
static tel_err check_text(tel_slice text, tel_ottl_kind kind, tel_ottl_opts opts, tel_error *err)
{
	tel_err inferred = tel_ottl_check(text, kind, &opts, err), rc = inferred;

	for (int context = TEL_OTTL_RESOURCE; rc != TEL_OK && rc != TEL_ERR_NOMEM && context <= TEL_OTTL_DATAPOINT; context++) {
		opts.context = (tel_ottl_context)context;
		rc = tel_ottl_check(text, kind, &opts, NULL);
	}
	return rc == TEL_OK || rc == TEL_ERR_NOMEM ? rc : inferred;
}

/* Texts that are wrong on their own, each at its place. Says how many there were. */
static size_t check_each(checker *c, const texts *t, const tel__user_rule *rule, const tel_ottl_opts *opts,
                         const tel__field_path *path)
{
	const tel__node *nodes = rule->at ? tel__node_get(rule->at, t->name) : NULL;
	tel__field_path list = { .parent = path, .name = tel__slice_str(t->name) };
	const tel_slice *items = t->list->items;
	size_t wrong = 0;

	for (size_t i = 0; i < t->list->count; i++) {
		tel__field_path at = { .parent = &list, .index = i, .is_index = true };
		tel_error err = TEL_ERROR_INIT;
		bool known = nodes && nodes->type == TEL__NODE_LIST && i < nodes->v.list.count;
		tel_err rc = check_text(items[i], t->kind, *opts, &err);

		if (rc == TEL_OK)
			continue;
		wrong++;
		if (rc == TEL_ERR_NOMEM)
			c->r.fatal = rc;
		else
			report_text(c, known ? nodes->v.list.items[i] : rule->at, &at, NULL, &err);
	}
	return wrong;
}

/* The texts of a rule together have a context; where that fails though each is right, the rule is the place. */
static void check_rule(checker *c, const tel__user_rule *rule, tel_ottl_place place, const tel__field_path *path)
{
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
	const texts lists[] = { { "statements", TEL_OTTL_STATEMENT, &rule->statements },
		                    { "conditions", TEL_OTTL_CONDITION, &rule->conditions } };
	tel_error err = TEL_ERROR_INIT;
	tel_buf *whole = NULL;
	size_t wrong = 0;
	tel_err rc;

	opts.place = place;
	opts.alloc = &c->set->alloc;
	rc = tel_ottl_check_group(rule->statements.items, rule->statements.count, rule->conditions.items, rule->conditions.count,
	                          &opts, NULL, &whole, &err);
	if (rc == TEL_ERR_NOMEM)
		c->r.fatal = rc;
	if (rc == TEL_OK || rc == TEL_ERR_NOMEM)
		return;
	for (size_t i = 0; i < 2 && c->r.fatal == TEL_OK; i++)
		wrong += check_each(c, &lists[i], rule, &opts, path);
	if (wrong == 0)
		report_text(c, rule->at, path, whole, &err);
	tel_buf_unref(whole);
}

static void check_rules(checker *c, const tel__list *rules, tel_ottl_place place, const tel__field_path *path)
{
	for (size_t i = 0; i < rules->count && c->r.fatal == TEL_OK; i++) {
		tel__field_path at = { .parent = path, .index = i, .is_index = true };

		check_rule(c, (const tel__user_rule *)rules->items + i, place, &at);
	}
}

tel_err tel_status_check(const tel_pipeline_set *set, const tel_status_facts *facts, tel_findings *findings)
{
	checker c = { .r = { .arena = set->arena, .sources = set->sources, .source_count = set->source_count,
		                 .findings = findings }, .doc = { .arena = set->arena }, .set = set };
	const tel__field_path *spec = AT(NULL, "spec");
	tel_status_facts given = TEL_STATUS_FACTS_INIT;

	if (facts) {
		memcpy(&given, facts, facts->size < sizeof(given) ? facts->size : sizeof(given));
		c.facts = &given;
	}
	for (size_t i = 0; i < set->pipeline_count && c.r.fatal == TEL_OK; i++) {
		const tel__metric_pipeline *p = set->pipelines[i];

		if (!p->spec)
			continue;
		if (tel__pipeline_backend(p))
			check_output(&c, tel__pipeline_backend(p), spec);
		if (tel__pipeline_backend(p))
			check_certificates(&c, p, spec);
		check_rules(&c, &p->spec->filter, TEL_OTTL_PIPELINE_FILTER, AT(spec, "filter"));
		check_rules(&c, &p->spec->transform, TEL_OTTL_TRANSFORM, AT(spec, "transform"));
	}
	return c.r.fatal != TEL_OK ? c.r.fatal : c.r.errors ? TEL_ERR_CONFIG : TEL_OK;
}
