/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_JUDGE_H
#define TEL_CONTROL_JUDGE_H
/* Parts of tel_status_judge(): one pipeline's validation (kyma-metrics.md 6.1 to 6.6), the limit of pipelines (6.5), and a
 * workload (7.5). */
#include <telemetry/status.h>

#include "control/certificates.h"
#include "control/pipeline_set.h"

TEL_PRIVATE_BEGIN

/* holds: it has the limit lock. TEL_OK, TEL_ERR_NOMEM. */
tel_err tel__pipeline_judge(tel__doc *d, const tel_pipeline_set *set, const tel_status_facts *facts,
                            const tel__metric_pipeline *p, bool holds, tel__judgement *ret_judgement);
/* Certificates alone. */
tel_err tel__pipeline_judge_certificates(tel__doc *d, const tel_pipeline_set *set, const tel_status_facts *facts,
                                         const tel__metric_pipeline *p, tel__judgement *ret_judgement);
/* OTTL alone, up to the first mistake; reason is "invalid FilterSpec: ..." or "invalid TransformSpec: ...". filters_first: as
 * the webhook has it, else as the reconciler. */
tel_err tel__pipeline_judge_ottl(tel__doc *d, const tel_alloc *alloc, const tel__metric_pipeline *p, bool filters_first,
                                 tel__judgement *ret_judgement);
/* The same for one entry. */
tel_err tel__user_rule_judge(tel__doc *d, const tel_alloc *alloc, const tel__user_rule *rule, bool is_filter,
                             tel__judgement *ret_judgement);

/* Which pipelines hold the limit lock: holds[i] for pipeline i. false: memory is short. */
bool tel__limit_judge(tel__arena *arena, const tel_pipeline_set *set, const tel_status_facts *facts, bool *holds);

/* What a pipeline does that wants the lock whose owners are these (6.5). */
typedef enum tel__lock_answer {
	TEL__LOCK_HELD,   /* it is an owner already */
	TEL__LOCK_APPEND, /* there is room: add it, with the version that was read */
	TEL__LOCK_FULL
} tel__lock_answer;
tel__lock_answer tel__lock_ask(const tel_lock_owner *owners, size_t count, int32_t max_owners, const tel_lock_owner *who);

typedef enum tel__health {
	TEL__HEALTH_READY,
	TEL__HEALTH_ROLLOUT, /* Pods are being started or updated */
	TEL__HEALTH_NOT_READY
} tel__health;
/* daemon_set: else a Deployment. *ret_message: what is wrong, for NOT_READY. */
tel__health tel__workload_judge(tel__doc *d, const tel_workload_facts *facts, bool daemon_set, tel_slice *ret_message);

/* The first letter in upper case. */
tel_slice tel__capitalised(tel__doc *d, tel_slice text);

TEL_PRIVATE_END
#endif
