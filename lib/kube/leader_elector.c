/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/leader_elector.h"

#include <stddef.h>

#define FIELD(name) .offset = offsetof(tel__leader_elector_options, name)

static const tel__key elector_keys[] = {
	{ .name = "apiconfig", .type = TEL__KEY_SQUASH, FIELD(api), .section = &tel__kube_api_keys, .help = "" },
	{ .name = "lease_name", .type = TEL__KEY_STRING, FIELD(lease_name), .help = "name of the Lease" },
	{ .name = "lease_namespace", .type = TEL__KEY_STRING, FIELD(lease_namespace), .help = "namespace of the Lease" },
	{ .name = "lease_duration", .type = TEL__KEY_DURATION, FIELD(lease_duration_ns), .def = "15s",
	  .help = "a Lease that was not renewed for so long is free" },
	{ .name = "renew_deadline", .type = TEL__KEY_DURATION, FIELD(renew_deadline_ns), .def = "10s",
	  .help = "who could not renew for so long leads no longer" },
	{ .name = "retry_period", .type = TEL__KEY_DURATION, FIELD(retry_period_ns), .def = "2s",
	  .help = "time between attempts" },
};

/* The relations are checked at the start in the Collector, with these texts. retry x 1.2, without overflow. */
static void check_times(const tel__leader_elector_options *o, void (*report)(void *user, const char *path, const char *msg),
                        void *user)
{
	if (o->lease_duration_ns < 1)
		report(user, "|lease_duration", "leaseDuration must be greater than zero");
	if (o->renew_deadline_ns < 1)
		report(user, "|renew_deadline", "renewDeadline must be greater than zero");
	if (o->retry_period_ns < 1)
		report(user, "|retry_period", "retryPeriod must be greater than zero");
	if (o->lease_duration_ns < 1 || o->renew_deadline_ns < 1 || o->retry_period_ns < 1)
		return;
	if (o->lease_duration_ns <= o->renew_deadline_ns)
		report(user, "|lease_duration", "leaseDuration must be greater than renewDeadline");
	if (o->renew_deadline_ns - o->renew_deadline_ns / 6 <= o->retry_period_ns)
		report(user, "|renew_deadline", "renewDeadline must be greater than retryPeriod*JitterFactor");
}

static void check_elector(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__leader_elector_options *o = options;

	if (o->lease_name.len == 0)
		report(user, "|lease_name", "lease name and namespace must be set");
	else if (o->lease_namespace.len == 0)
		report(user, "|lease_namespace", "lease name and namespace must be set");
	check_times(o, report, user);
}

static const tel__key_table elector_table = { "k8sleaderelector.Config", sizeof(tel__leader_elector_options), elector_keys,
	                                          TEL__KEY_COUNT(elector_keys), check_elector };

static unsigned elector_roles(const void *options)
{
	(void)options;
	return TEL__ROLE_LEADER;
}

const tel__component tel__leader_elector = {
	.type = "k8s_leader_elector",
	.kind = TEL__KIND_EXTENSION,
	.keys = &elector_table,
	.help = "one replica of several leads, by a Lease",
	.roles = elector_roles,
};
