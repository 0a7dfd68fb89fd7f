/* SPDX-License-Identifier: Apache-2.0 */
#include "control/manifest_roles.h"

#include "base/slice_i.h"
#include "control/crd.h"
#include "control/objects.h"

#define ACCESS "rbac.authorization.k8s.io"
#define MANAGER "telemetry-manager"

/* A rule; lists are words with commas. */
typedef struct role_rule {
	const char *group, *resources, *verbs;
	const char *names; /* of the only objects that it is about, or NULL */
} role_rule;

#define PIPELINES "telemetry.kyma-project.io"
#define OPERATOR "operator.kyma-project.io"
#define LOOK "get,list,watch"

/* In all namespaces. */
static const role_rule cluster_rules[] = {
	{ PIPELINES, "metricpipelines", LOOK ",patch", NULL },                   /* patch: into the stored version */
	{ PIPELINES, "metricpipelines/status", "get,patch", NULL },
	{ PIPELINES, "logpipelines,tracepipelines", LOOK, NULL },                /* while there are any, Telemetry stays */
	{ "", "secrets", "get", NULL },                                          /* by name; not to be listed */
	{ "", "namespaces", "get", "kube-system" },                              /* its UID is the cluster's */
	{ "", "configmaps", "get", "shoot-info" },                               /* in kube-system: the provider */
	{ "", "nodes", LOOK, NULL },                                             /* the smallest one bounds the agent */
	{ "events.k8s.io", "events", "create,patch", NULL },
	{ "apiextensions.k8s.io", "customresourcedefinitions", LOOK ",patch",
	  "metricpipelines.telemetry.kyma-project.io,telemetries.operator.kyma-project.io" },
	{ "apiextensions.k8s.io", "customresourcedefinitions/status", "patch",
	  "metricpipelines.telemetry.kyma-project.io,telemetries.operator.kyma-project.io" },
	{ "admissionregistration.k8s.io", "mutatingwebhookconfigurations", LOOK ",patch", TEL__WEBHOOKS_MUTATING },
	{ "admissionregistration.k8s.io", "validatingwebhookconfigurations", LOOK ",patch", TEL__WEBHOOKS_VALIDATING },
	{ NULL, NULL, NULL, NULL },
};

/* In its own namespace. */
static const role_rule space_rules[] = {
	{ OPERATOR, "telemetries", LOOK ",patch", NULL },                        /* patch: the finalizer, and the stored version */
	{ OPERATOR, "telemetries/status", "get,patch", NULL },
	{ "", "pods", LOOK, NULL },                                              /* why a rollout does not go on */
	{ "apps", "replicasets", LOOK, NULL },
	{ "coordination.k8s.io", "leases", "get,create,update,patch", NULL },    /* which manager leads */
	{ NULL, NULL, NULL, NULL },
};

/* For people, through the roles that every cluster has. */
static const role_rule view_rules[] = {
	{ PIPELINES, "metricpipelines", LOOK, NULL },
	{ OPERATOR, "telemetries", LOOK, NULL },
	{ NULL, NULL, NULL, NULL },
};
static const role_rule edit_rules[] = {
	{ PIPELINES, "metricpipelines", "create,delete,patch,update", NULL },
	{ OPERATOR, "telemetries", "create,delete,patch,update", NULL },
	{ NULL, NULL, NULL, NULL },
};

static void put_rules(tel__doc *d, tel__node *rules, const role_rule *rule)
{
	for (; rule->group; rule++) {
		tel__node *map = tel__doc_append_map(d, rules);

		tel__doc_append_text(d, tel__doc_list(d, map, "apiGroups"), rule->group);
		if (rule->names)
			tel__doc_words(d, map, "resourceNames", rule->names);
		tel__doc_words(d, map, "resources", rule->resources);
		tel__doc_words(d, map, "verbs", rule->verbs);
	}
}

/* space: NULL ptr for what belongs to no namespace. */
static tel__node *new_object(tel__doc *d, const char *api_version, const char *kind, const char *name, tel_slice space,
                             const char *label)
{
	tel__node *root = tel__doc_new_map(d), *metadata;

	tel__doc_text(d, root, "apiVersion", api_version);
	tel__doc_text(d, root, "kind", kind);
	metadata = tel__doc_map(d, root, "metadata");
	tel__doc_module_labels(d, metadata);
	if (label && metadata)
		tel__doc_text(d, metadata->v.map.entries[0].value, label, "true");
	tel__doc_text(d, metadata, "name", name);
	if (space.ptr)
		tel__doc_slice(d, metadata, "namespace", space);
	return root;
}

static tel__node *new_role(tel__doc *d, const char *kind, const char *name, tel_slice space, const char *label,
                           const role_rule *rules)
{
	tel__node *root = new_object(d, ACCESS "/v1", kind, name, space, label);

	put_rules(d, tel__doc_list(d, root, "rules"), rules);
	return root;
}

static tel__node *new_binding(tel__doc *d, const char *kind, const char *role_kind, tel_slice space, tel_slice account_space)
{
	tel__node *root = new_object(d, ACCESS "/v1", kind, MANAGER, space, NULL), *role = tel__doc_map(d, root, "roleRef");
	tel__node *subject = tel__doc_append_map(d, tel__doc_list(d, root, "subjects"));

	tel__doc_text(d, role, "apiGroup", ACCESS);
	tel__doc_text(d, role, "kind", role_kind);
	tel__doc_text(d, role, "name", MANAGER);
	tel__doc_text(d, subject, "kind", "ServiceAccount");
	tel__doc_text(d, subject, "name", MANAGER);
	tel__doc_slice(d, subject, "namespace", account_space);
	return root;
}

void tel__manager_roles_build(tel__doc *d, tel_slice space, tel__node *out[TEL__MANIFEST_ROLES])
{
	const tel_slice nowhere = { NULL, 0 };

	out[0] = new_object(d, "v1", "ServiceAccount", MANAGER, space, NULL);
	out[1] = new_role(d, "ClusterRole", MANAGER, nowhere, NULL, cluster_rules);
	tel__put_manager_rules(d, tel__doc_at(out[1], "rules"), TEL_OBJECTS_OWN, true);
	out[2] = new_binding(d, "ClusterRoleBinding", "ClusterRole", nowhere, space);
	out[3] = new_role(d, "Role", MANAGER, space, NULL, space_rules);
	tel__put_manager_rules(d, tel__doc_at(out[3], "rules"), TEL_OBJECTS_OWN, false);
	out[4] = new_binding(d, "RoleBinding", "Role", space, space);
	out[5] = new_role(d, "ClusterRole", "kyma-telemetry-view", nowhere, ACCESS "/aggregate-to-view", view_rules);
	out[6] = new_role(d, "ClusterRole", "kyma-telemetry-edit", nowhere, ACCESS "/aggregate-to-edit", edit_rules);
}
