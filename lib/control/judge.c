/* SPDX-License-Identifier: Apache-2.0 */
/* Is a pipeline part of the configuration? The checks of the reconciler in their order; the first that fails answers. */
#include "control/judge.h"

#include <stdio.h>

#include <telemetry/ottl.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "control/endpoint.h"

enum { REASON_MAX = 2048 };

static tel__judgement judgement(tel_pipeline_verdict verdict, tel_slice reason)
{
	return (tel__judgement){ verdict, reason, 0 };
}

tel_slice tel__capitalised(tel__doc *d, tel_slice text)
{
	tel_slice copy = tel__doc_fmt(d, "%.*s", (int)text.len, text.ptr ? text.ptr : "");

	if (copy.len && copy.ptr[0] >= 'a' && copy.ptr[0] <= 'z')
		*(char *)(uintptr_t)copy.ptr = (char)(copy.ptr[0] - 'a' + 'A'); /* in the arena, and ours */
	return copy;
}

/* ---- Secrets and endpoint ---- */

static tel__judgement judge_secrets(tel__doc *d, const tel_pipeline_set *set, const tel_status_facts *facts,
                                    const tel__metric_pipeline *p)
{
	char reason[REASON_MAX] = "";
	tel__secret_problem problem =
		tel__pipeline_secrets(set, facts->secret_failures, facts->secret_failure_count, p, reason, sizeof(reason));

	if (problem == TEL__SECRET_OK)
		return judgement(TEL_PIPELINE_VERDICT_OK, TEL_SLICE_LIT(""));
	return judgement(problem == TEL__SECRET_UNREADABLE ? TEL_PIPELINE_VERDICT_API : TEL_PIPELINE_VERDICT_SECRET,
		tel__doc_fmt(d, "%s", reason));
}

static tel__judgement judge_endpoint(tel__doc *d, const tel_pipeline_set *set, const tel__metric_pipeline *p)
{
	static const tel__otlp_output none;
	const tel__otlp_output *o = tel__pipeline_backend(p) ? tel__pipeline_backend(p) : &none;
	char reason[REASON_MAX] = "";

	if (tel__endpoint_check(o, tel__value_text(set, o->endpoint), reason, sizeof(reason)))
		return judgement(TEL_PIPELINE_VERDICT_OK, TEL_SLICE_LIT(""));
	return judgement(TEL_PIPELINE_VERDICT_ENDPOINT, tel__doc_fmt(d, "%s", reason));
}

/* ---- certificates ---- */

/* Text of PEM; its ptr is NULL when there is none. */
static tel_pem_state resolve(tel__doc *d, const tel_pipeline_set *set, const tel__value *v, tel_slice *ret_text)
{
	tel_slice text = { NULL, 0 };

	*ret_text = text;
	if (!v)
		return TEL_PEM_ABSENT;
	if (v->value.len)
		text = v->value;
	else if (v->value_from && v->value_from->secret_key_ref)
		text = tel__secret_get(set, v->value_from->secret_key_ref);
	if (!text.ptr)
		return TEL_PEM_UNRESOLVED;
	*ret_text = tel__break_lines(d, text);
	return TEL_PEM_READ;
}

tel_err tel__pipeline_judge_certificates(tel__doc *d, const tel_pipeline_set *set, const tel_status_facts *facts,
                                         const tel__metric_pipeline *p, tel__judgement *ret)
{
	const tel__otlp_output *o = tel__pipeline_backend(p);
	const tel__output_tls *tls = o ? o->tls : NULL;
	tel_certificate_facts found = TEL_CERTIFICATE_FACTS_INIT;
	tel_slice cert, key, ca;
	tel_err rc;

	*ret = judgement(TEL_PIPELINE_VERDICT_OK, TEL_SLICE_LIT(""));
	if (!tls || (!tls->cert && !tls->key && !tls->ca))
		return TEL_OK;
	found.cert = resolve(d, set, tls->cert, &cert);
	found.key = resolve(d, set, tls->key, &key);
	found.ca = resolve(d, set, tls->ca, &ca);
	if ((found.cert == TEL_PEM_ABSENT) != (found.key == TEL_PEM_ABSENT) || found.cert == TEL_PEM_UNRESOLVED ||
	    found.key == TEL_PEM_UNRESOLVED || found.ca == TEL_PEM_UNRESOLVED) {
		*ret = tel__certificates_judge(d, &found, facts->now_unix_ns);
		return TEL_OK;
	}
	if (!facts->read_certificates)
		return TEL_OK;
	found = (tel_certificate_facts)TEL_CERTIFICATE_FACTS_INIT;
	rc = facts->read_certificates(facts->read_certificates_user, cert, key, ca, &found);
	if (rc == TEL_OK)
		*ret = tel__certificates_judge(d, &found, facts->now_unix_ns);
	return rc == TEL_OK ? TEL_OK : TEL_ERR_NOMEM;
}

/* ---- OTTL ---- */

tel_err tel__user_rule_judge(tel__doc *d, const tel_alloc *alloc, const tel__user_rule *rule, bool is_filter,
                             tel__judgement *ret_judgement)
{
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_buf *message = NULL;
	tel_slice text;
	tel_err rc;

	*ret_judgement = judgement(TEL_PIPELINE_VERDICT_OK, TEL_SLICE_LIT(""));
	opts.alloc = alloc;
	opts.place = is_filter ? TEL_OTTL_PIPELINE_FILTER : TEL_OTTL_TRANSFORM;
	if (is_filter && rule->conditions.count == 0)
		return TEL_OK;
	rc = tel_ottl_check_group(is_filter ? NULL : rule->statements.items, is_filter ? 0 : rule->statements.count,
	                          rule->conditions.items, rule->conditions.count, &opts, NULL, &message, &err);
	if (rc == TEL_OK || rc == TEL_ERR_NOMEM)
		return rc;
	text = message ? tel_buf_get(message) : tel__slice_str(err.msg);
	*ret_judgement = judgement(TEL_PIPELINE_VERDICT_OTTL, tel__doc_fmt(d, "invalid %sSpec: %.*s",
		is_filter ? "Filter" : "Transform",
	                                                          (int)text.len, text.ptr));
	tel_buf_unref(message);
	return TEL_OK;
}

static tel_err judge_rules(tel__doc *d, const tel_alloc *alloc, const tel__list *rules, bool is_filter, tel__judgement *ret)
{
	tel_err rc = TEL_OK;

	*ret = judgement(TEL_PIPELINE_VERDICT_OK, TEL_SLICE_LIT(""));
	for (size_t i = 0; i < rules->count && rc == TEL_OK && ret->verdict == TEL_PIPELINE_VERDICT_OK; i++)
		rc = tel__user_rule_judge(d, alloc, (const tel__user_rule *)rules->items + i, is_filter, ret);
	return rc;
}

tel_err tel__pipeline_judge_ottl(tel__doc *d, const tel_alloc *alloc, const tel__metric_pipeline *p, bool filters_first,
                                 tel__judgement *ret_judgement)
{
	const tel__list *lists[2];
	tel_err rc = TEL_OK;

	*ret_judgement = judgement(TEL_PIPELINE_VERDICT_OK, TEL_SLICE_LIT(""));
	if (!p->spec)
		return TEL_OK;
	lists[0] = filters_first ? &p->spec->filter : &p->spec->transform;
	lists[1] = filters_first ? &p->spec->transform : &p->spec->filter;
	for (size_t i = 0; i < 2 && rc == TEL_OK && ret_judgement->verdict == TEL_PIPELINE_VERDICT_OK; i++)
		rc = judge_rules(d, alloc, lists[i], lists[i] == &p->spec->filter, ret_judgement);
	return rc;
}

/* ---- all of them ---- */

tel_err tel__pipeline_judge(tel__doc *d, const tel_pipeline_set *set, const tel_status_facts *facts,
                            const tel__metric_pipeline *p, bool holds, tel__judgement *ret_judgement)
{
	tel__judgement j = judge_secrets(d, set, facts, p), soft;
	tel_err rc = TEL_OK;

	if (j.verdict == TEL_PIPELINE_VERDICT_OK)
		j = judge_endpoint(d, set, p);
	if (j.verdict == TEL_PIPELINE_VERDICT_OK)
		rc = tel__pipeline_judge_certificates(d, set, facts, p, &j);
	soft = j; /* nothing, or a certificate that is about to expire: what makes the pipeline unusable goes before it */
	if (rc == TEL_OK && (j.verdict == TEL_PIPELINE_VERDICT_OK || j.verdict == TEL_PIPELINE_VERDICT_EXPIRING)) {
		if (facts->lock == TEL_LOCK_UNREADABLE)
			j = judgement(TEL_PIPELINE_VERDICT_API, TEL_SLICE_LIT("failed to get the lock"));
		else if (!holds)
			j = judgement(TEL_PIPELINE_VERDICT_LIMIT, TEL_SLICE_LIT("maximum pipeline count limit exceeded"));
		else
			rc = tel__pipeline_judge_ottl(d, &set->alloc, p, false, &j);
		if (rc == TEL_OK && j.verdict == TEL_PIPELINE_VERDICT_OK)
			j = soft;
	}
	if (rc == TEL_OK)
		*ret_judgement = j;
	return rc;
}
