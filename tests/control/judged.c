/* SPDX-License-Identifier: Apache-2.0 */
#include "control/judged.h"

#include "seams/cm.h"

#include "base/num.h"
#include "base/slice_i.h"

static const tel_workload_facts ready = TEL_WORKLOAD_FACTS_INIT;
static const tel_flow_facts flowing = TEL_FLOW_FACTS_INIT;

tel_status_facts judged_facts(void)
{
	tel_status_facts facts = TEL_STATUS_FACTS_INIT;

	facts.now_unix_ns = (uint64_t)JUDGED_NOW_S * 1000000000;
	facts.read_certificates = judged_read_certificates;
	facts.gateway = &ready;
	facts.agent = &ready;
	facts.gateway_flow = &flowing;
	facts.agent_flow = &flowing;
	facts.target_namespace = TEL_SLICE_LIT("kyma-system");
	facts.has_service = true;
	return facts;
}

/* "c400": kind and days. */
static tel_pem_state read_text(tel_slice text, const char *kinds, char *ret_kind, int64_t *ret_until_s)
{
	int64_t days;

	if (!text.ptr)
		return TEL_PEM_ABSENT;
	if (tel__slice_is(text, "junk"))
		return TEL_PEM_NOT_PARSED;
	if (text.len < 2 || !strchr(kinds, text.ptr[0]) || tel__num_parse_i64(tel__slice_sub(text, 1, text.len - 1), &days) != TEL_OK)
		return TEL_PEM_NO_BLOCK;
	*ret_kind = text.ptr[0];
	*ret_until_s = JUDGED_NOW_S + days * 86400;
	return TEL_PEM_READ;
}

tel_err judged_read_certificates(void *user, tel_slice cert, tel_slice key, tel_slice ca, tel_certificate_facts *facts)
{
	char kind = 0;

	(void)user;
	facts->cert = read_text(cert, "c", &kind, &facts->cert_not_after_s);
	facts->key = !key.ptr ? TEL_PEM_ABSENT : tel__slice_is(key, "k") || tel__slice_is(key, "other") ? TEL_PEM_READ
	                                                                                                : TEL_PEM_NO_BLOCK;
	facts->key_matches = tel__slice_is(key, "k");
	facts->ca = read_text(ca, "an", &kind, &facts->ca_not_after_s);
	facts->ca_is_ca = kind == 'a';
	return TEL_OK;
}

void judged_init(judged *j, const char *text, const tel_status_facts *facts)
{
	parsed_init(&j->parsed, text, true);
	if (j->parsed.rc != TEL_OK)
		fail_msg("%s: %s", text, j->parsed.text);
	assert_ok(tel_pipeline_default(j->parsed.set));
	j->status = NULL;
	assert_ok(tel_status_judge(j->parsed.set, facts, NULL, &j->status));
}

void judged_fini(judged *j)
{
	tel_status_free(j->status);
	parsed_fini(&j->parsed);
}

tel_condition judged_condition(const judged *j, size_t index, const char *type)
{
	tel_condition found = { .observed_generation = -1 }, c;
	size_t count = 0;

	for (size_t i = 0; tel_status_condition(j->status, index, i, &c) == TEL_OK; i++)
		if (tel__slice_is(c.type, type)) {
			found = c;
			count++;
		}
	if (count != 1)
		fail_msg("pipeline %zu has %zu conditions %s", index, count, type);
	return found;
}

static bool is(tel_slice text, const char *wanted)
{
	return !wanted || tel__slice_is(text, wanted);
}

void judged_expect(const judged *j, size_t index, const char *type, const char *status, const char *reason,
                   const char *message, const char *row)
{
	tel_condition c = judged_condition(j, index, type);

	if (!is(c.status, status) || !is(c.reason, reason) || !is(c.message, message))
		fail_msg("%s: pipeline %zu: %s is %.*s/%.*s \"%.*s\" instead of %s/%s \"%s\"", row, index, type, TEL_SLICE_ARG(c.status),
		         TEL_SLICE_ARG(c.reason), TEL_SLICE_ARG(c.message), status, reason ? reason : "any", message ? message : "any");
}

tel_pipeline_status judged_pipeline(const judged *j, size_t index)
{
	tel_pipeline_status p = TEL_PIPELINE_STATUS_INIT;

	assert_ok(tel_status_pipeline(j->status, index, &p));
	return p;
}

tel_status_actions judged_actions(const judged *j)
{
	tel_status_actions a = TEL_STATUS_ACTIONS_INIT;

	assert_ok(tel_status_plan(j->status, &a));
	return a;
}
