/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_KUBE_LEADER_ELECTOR_H
#define TEL_KUBE_LEADER_ELECTOR_H
/* Extension k8s_leader_elector: a Lease decides which replica runs the receivers that must run once. otel-scraping.md 9.4. */
#include "base/keys.h"
#include "base/kube_keys.h"

typedef struct tel__leader_elector_options {
	tel__kube_api_options api;
	tel_slice lease_name, lease_namespace;
	int64_t lease_duration_ns, renew_deadline_ns, retry_period_ns;
} tel__leader_elector_options;

TEL_PRIVATE_BEGIN

extern const tel__component tel__leader_elector; /* type "k8s_leader_elector" */

TEL_PRIVATE_END
#endif
