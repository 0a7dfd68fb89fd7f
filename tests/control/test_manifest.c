/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator applies: daemons/deploy is what the tables say, it is whole, and what it refers to is there. */
#include "seams/cm.h"

#include <dirent.h>
#include <stdio.h>

#include <telemetry/manifest.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "control/crd.h"
#include "control/parsed.h"
#include "torture/torture.h"
#include "wire/yaml.h"

enum { OBJECTS_MAX = 64, PATH_MAX_HERE = 1024 };

static const char *const folders[] = { "crd", "manager", "rbac", "webhook" };

/* Every object of every file of daemons/deploy. */
typedef struct deploy {
	tel__arena *arena;
	const tel__node *objects[OBJECTS_MAX];
	size_t count;
} deploy;

static void deploy_path(char out[PATH_MAX_HERE], const char *name)
{
	const char *root = getenv("TEL_SRCDIR");

	snprintf(out, PATH_MAX_HERE, "%s/daemons/deploy/%s", root ? root : ".", name);
}

static tel_slice text_at(const tel__node *node, const char *a, const char *b)
{
	node = b ? tel__node_get(tel__node_get(node, a), b) : tel__node_get(node, a);
	return node && node->type == TEL__NODE_STRING ? node->text : TEL_SLICE_LIT("");
}

static const tel__node *read_documents(deploy *d, const char *name)
{
	tel_error err = TEL_ERROR_INIT;
	tel__node *documents = NULL;
	char path[PATH_MAX_HERE], *text;

	deploy_path(path, name);
	text = parsed_read_file(path);
	if (tel__yaml_parse_all(d->arena, NULL, tel__slice_str(text), 0, &documents, &err) != TEL_OK)
		fail_msg("%s: %s", name, err.msg);
	free(text);
	return documents;
}

/* The files that a kustomization names are those of its folder. */
static void read_folder(deploy *d, const char *folder)
{
	char path[PATH_MAX_HERE], name[256];
	const tel__node *resources;
	size_t files = 0;
	DIR *dir;

	snprintf(name, sizeof(name), "%s/kustomization.yaml", folder);
	resources = tel__node_get(read_documents(d, name)->v.list.items[0], "resources");
	assert_non_null(resources);
	for (uint32_t i = 0; i < resources->v.list.count; i++) {
		const tel__node *documents;

		snprintf(name, sizeof(name), "%s/" TEL_SLICE_FMT, folder, TEL_SLICE_ARG(resources->v.list.items[i]->text));
		documents = read_documents(d, name);
		for (uint32_t j = 0; j < documents->v.list.count; j++) {
			assert_true(d->count < OBJECTS_MAX);
			d->objects[d->count++] = documents->v.list.items[j];
		}
	}
	deploy_path(path, folder);
	dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		files += strstr(e->d_name, ".yaml") != NULL;
	closedir(dir);
	assert_int_equal(files, resources->v.list.count + 1);
}

static void deploy_init(deploy *d)
{
	*d = (deploy){ .count = 0 };
	assert_ok(tel__arena_new(tel__alloc_or_default(NULL), 0, NULL, &d->arena));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		read_folder(d, folders[i]);
}

static void deploy_fini(deploy *d)
{
	tel__arena_unref(d->arena);
}

/* Fails when there is no such object. */
static const tel__node *find(const deploy *d, const char *kind, tel_slice name)
{
	for (size_t i = 0; i < d->count; i++)
		if (tel__slice_is(text_at(d->objects[i], "kind", NULL), kind) &&
		    tel__slice_eq(text_at(d->objects[i], "metadata", "name"), name))
			return d->objects[i];
	fail_msg("there is no %s " TEL_SLICE_FMT, kind, TEL_SLICE_ARG(name));
	return NULL;
}

/* ---- drift ---- */

static void what_lies_in_the_tree_is_what_the_tables_say(void **state)
{
	static const struct {
		tel_manifest which;
		const char *file, *name;
	} rows[] = {
		{ TEL_MANIFEST_CRDS, "crd/crds.yaml", "crds" },
		{ TEL_MANIFEST_WEBHOOKS, "webhook/webhooks.yaml", "webhooks" },
		{ TEL_MANIFEST_ROLES, "rbac/roles.yaml", "roles" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[PATH_MAX_HERE], *file;
		const char *body;
		tel_buf *text = NULL;

		deploy_path(path, rows[i].file);
		file = parsed_read_file(path);
		body = strstr(file, "---\n");
		assert_non_null(body);
		assert_ok(tel_manifest_format(rows[i].which, NULL, &text));
		if (!tel__slice_is(tel_buf_get(text), body))
			fail_msg("daemons/deploy/%s is not what 'telemetryctl manifests %s' prints", rows[i].file, rows[i].name);
		tel_buf_unref(text);
		free(file);
	}
}

/* ---- references ---- */

static void every_object_has_a_name_of_its_own_and_the_modules_label(void **state)
{
	deploy d;

	(void)state;
	deploy_init(&d);
	for (size_t i = 0; i < d.count; i++) {
		const tel__node *object = d.objects[i], *labels = tel__node_get(tel__node_get(object, "metadata"), "labels");
		tel_slice name = text_at(object, "metadata", "name"), kind = text_at(object, "kind", NULL);

		assert_true(name.len > 0 && kind.len > 0 && text_at(object, "apiVersion", NULL).len > 0);
		if (!tel__slice_is(kind, "Namespace"))
			assert_slice(text_at(labels, "kyma-project.io/module", NULL), "telemetry");
		for (size_t j = 0; j < i; j++)
			if (tel__slice_eq(kind, text_at(d.objects[j], "kind", NULL)))
				assert_false(tel__slice_eq(name, text_at(d.objects[j], "metadata", "name")));
	}
	print_message("# %zu objects\n", d.count);
	deploy_fini(&d);
}

static const tel__node *pod_of(const deploy *d)
{
	return tel__node_get(tel__node_get(find(d, "Deployment", TEL_SLICE_LIT("telemetry-manager")), "spec"), "template");
}

/* Does the pod that the Deployment makes have a port of that name? */
static bool pod_has_port(const tel__node *pod, tel_slice name)
{
	const tel__node *container = tel__node_get(tel__node_get(pod, "spec"), "containers")->v.list.items[0];
	const tel__node *ports = tel__node_get(container, "ports");

	for (uint32_t i = 0; i < ports->v.list.count; i++)
		if (tel__slice_eq(text_at(ports->v.list.items[i], "name", NULL), name))
			return true;
	return false;
}

static bool selects(const tel__node *selector, const tel__node *pod)
{
	const tel__node *labels = tel__node_get(tel__node_get(pod, "metadata"), "labels");

	for (uint32_t i = 0; i < selector->v.map.count; i++) {
		const tel__node_entry *label = tel__node_find(labels, selector->v.map.entries[i].key);

		if (!label || !tel__node_equal(label->value, selector->v.map.entries[i].value))
			return false;
	}
	return selector->v.map.count > 0;
}

static void services_and_policies_find_the_manager(void **state)
{
	static const char *const services[] = { TEL__WEBHOOK_SERVICE, "telemetry-manager-metrics" };
	const tel__node *pod, *spec, *match;
	deploy d;

	(void)state;
	deploy_init(&d);
	pod = pod_of(&d);
	for (size_t i = 0; i < 2; i++) {
		spec = tel__node_get(find(&d, "Service", tel__slice_str(services[i])), "spec");
		assert_true(selects(tel__node_get(spec, "selector"), pod));
		assert_true(pod_has_port(pod, text_at(tel__node_get(spec, "ports")->v.list.items[0], "targetPort", NULL)));
	}
	spec = tel__node_get(find(&d, "Deployment", TEL_SLICE_LIT("telemetry-manager")), "spec");
	assert_true(selects(tel__node_get(tel__node_get(spec, "selector"), "matchLabels"), pod));
	for (size_t i = 0; i < d.count; i++) {
		if (!tel__slice_is(text_at(d.objects[i], "kind", NULL), "NetworkPolicy"))
			continue;
		match = tel__node_get(tel__node_get(tel__node_get(d.objects[i], "spec"), "podSelector"), "matchLabels");
		assert_true(selects(match, pod));
	}
	deploy_fini(&d);
}

static void the_manager_is_who_the_roles_are_bound_to(void **state)
{
	static const char *const bindings[] = { "ClusterRoleBinding", "RoleBinding" };
	const tel__node *spec;
	deploy d;

	(void)state;
	deploy_init(&d);
	spec = tel__node_get(pod_of(&d), "spec");
	find(&d, "PriorityClass", text_at(spec, "priorityClassName", NULL));
	find(&d, "PriorityClass", TEL_SLICE_LIT("telemetry-priority-class-high"));
	find(&d, "Namespace", TEL_SLICE_LIT("kyma-system"));
	for (size_t i = 0; i < 2; i++) {
		const tel__node *binding = find(&d, bindings[i], TEL_SLICE_LIT("telemetry-manager"));
		const tel__node *subject = tel__node_get(binding, "subjects")->v.list.items[0];
		tel_slice kind = text_at(binding, "roleRef", "kind");
		char role[32];

		snprintf(role, sizeof(role), TEL_SLICE_FMT, TEL_SLICE_ARG(kind));
		find(&d, role, text_at(binding, "roleRef", "name"));
		assert_true(tel__slice_eq(text_at(subject, "name", NULL), text_at(spec, "serviceAccountName", NULL)));
		find(&d, "ServiceAccount", text_at(subject, "name", NULL));
	}
	deploy_fini(&d);
}

static void check_client(const deploy *d, const tel__node *owner)
{
	const tel__node *client = tel__node_get(tel__node_get(owner, "clientConfig"), "service");
	const tel__node *service = find(d, "Service", text_at(client, "name", NULL));
	const tel__node *port = tel__node_get(tel__node_get(service, "spec"), "ports")->v.list.items[0];

	assert_true(tel__slice_eq(text_at(client, "namespace", NULL), text_at(service, "metadata", "namespace")));
	assert_true(tel__node_equal(tel__node_get(client, "port"), tel__node_get(port, "port")));
	assert_true(text_at(client, "path", NULL).ptr[0] == '/');
}

static void webhooks_reach_the_service_of_the_manager(void **state)
{
	deploy d;

	(void)state;
	deploy_init(&d);
	for (size_t i = 0; i < d.count; i++) {
		const tel__node *webhooks = tel__node_get(d.objects[i], "webhooks");
		const tel__node *conversion = tel__node_get(tel__node_get(d.objects[i], "spec"), "conversion");

		for (uint32_t j = 0; webhooks && j < webhooks->v.list.count; j++)
			check_client(&d, webhooks->v.list.items[j]);
		if (conversion)
			check_client(&d, tel__node_get(conversion, "webhook"));
	}
	deploy_fini(&d);
}

/* kubernetes.md 5.4. */
static void the_manager_may_nothing_that_is_everything(void **state)
{
	deploy d;

	(void)state;
	deploy_init(&d);
	for (size_t i = 0; i < d.count; i++) {
		bool cluster = tel__slice_is(text_at(d.objects[i], "kind", NULL), "ClusterRole");
		const tel__node *rules = tel__node_get(d.objects[i], "rules");

		for (uint32_t j = 0; rules && j < rules->v.list.count; j++) {
			const tel__node *rule = rules->v.list.items[j], *resources = tel__node_get(rule, "resources");
			const tel__node *verbs = tel__node_get(rule, "verbs");
			bool secrets = false;

			for (uint32_t k = 0; resources && k < resources->v.list.count; k++) {
				tel_slice resource = resources->v.list.items[k]->text;

				assert_false(tel__slice_is(resource, "*") || tel__slice_is(resource, "nodes/proxy"));
				secrets = secrets || tel__slice_is(resource, "secrets");
			}
			for (uint32_t k = 0; k < verbs->v.list.count; k++) {
				tel_slice verb = verbs->v.list.items[k]->text;

				assert_false(tel__slice_is(verb, "*") || tel__slice_is(verb, "escalate") || tel__slice_is(verb, "bind") ||
				             tel__slice_is(verb, "impersonate"));
				assert_false(cluster && secrets && !tel__slice_is(verb, "get"));
			}
		}
	}
	deploy_fini(&d);
}

/* ---- schemas ---- */

/* A structural schema: each part has a type, what is required exists, and lists and maps say of what. */
static size_t check_schema(const tel__node *schema, const char *path)
{
	const tel__node *properties = tel__node_get(schema, "properties"), *required = tel__node_get(schema, "required");
	tel_slice type = text_at(schema, "type", NULL);
	size_t count = 1;

	assert_true(type.len > 0);
	assert_true(tel__slice_is(type, "array") == (tel__node_get(schema, "items") != NULL));
	if (tel__node_get(schema, "items"))
		count += check_schema(tel__node_get(schema, "items"), path);
	if (tel__node_get(schema, "additionalProperties"))
		count += check_schema(tel__node_get(schema, "additionalProperties"), path);
	for (uint32_t i = 0; properties && i < properties->v.map.count; i++) {
		const tel__node_entry *property = &properties->v.map.entries[i];
		char below[PATH_MAX_HERE];

		snprintf(below, sizeof(below), "%s." TEL_SLICE_FMT, path, TEL_SLICE_ARG(property->key));
		if (!tel__slice_is(property->key, "metadata") && text_at(property->value, "description", NULL).len == 0)
			fail_msg("%s is not described", below);
		count += check_schema(property->value, below);
	}
	for (uint32_t i = 0; required && i < required->v.list.count; i++)
		assert_non_null(tel__node_find(properties, required->v.list.items[i]->text));
	return count;
}

static void schemas_are_structural_and_described(void **state)
{
	deploy d;

	(void)state;
	deploy_init(&d);
	for (size_t i = 0; i < TEL__CRDS; i++) {
		char name[128];
		const tel__node *versions;
		size_t stored = 0;

		snprintf(name, sizeof(name), "%s.%s", tel__crds[i].plural, tel__crds[i].group);
		versions = tel__node_get(tel__node_get(find(&d, "CustomResourceDefinition", tel__slice_str(name)), "spec"), "versions");
		assert_int_equal(versions->v.list.count, TEL__CRD_VERSIONS);
		for (uint32_t v = 0; v < versions->v.list.count; v++) {
			const tel__node *version = versions->v.list.items[v];
			size_t count = check_schema(tel__node_get(tel__node_get(version, "schema"), "openAPIV3Schema"), tel__crds[i].kind);

			print_message("# %s %s: %zu values\n", name, tel__crds[i].versions[v].name, count);
			stored += tel__node_get(version, "storage")->v.b;
			assert_non_null(tel__node_get(tel__node_get(version, "subresources"), "status"));
		}
		assert_int_equal(stored, 1);
	}
	deploy_fini(&d);
}

/* ---- the call ---- */

static bool has(const tel_buf *text, const char *part)
{
	tel_slice s = tel_buf_get(text);
	char *copy = calloc(1, s.len + 1);
	bool found;

	assert_non_null(copy);
	memcpy(copy, s.ptr, s.len);
	found = strstr(copy, part) != NULL;
	free(copy);
	return found;
}

static void a_namespace_is_taken_when_it_is_one(void **state)
{
	tel_manifest_opts opts = TEL_MANIFEST_OPTS_INIT;
	tel_buf *text = NULL;

	(void)state;
	opts.target_namespace = TEL_SLICE_LIT("monitoring");
	assert_ok(tel_manifest_format(TEL_MANIFEST_ROLES, &opts, &text));
	assert_true(has(text, "namespace: monitoring\n"));
	assert_false(has(text, "kyma-system"));
	tel_buf_unref(text);
	opts.target_namespace = TEL_SLICE_LIT("a\nb: c");
	assert_err(tel_manifest_format(TEL_MANIFEST_ROLES, &opts, &text), TEL_ERR_ARG);
	opts.target_namespace = TEL_SLICE_LIT("");
	assert_err(tel_manifest_format((tel_manifest)3, &opts, &text), TEL_ERR_ARG);
}

static tel_err format_scenario(const tel_alloc *alloc, void *user)
{
	tel_manifest_opts opts = TEL_MANIFEST_OPTS_INIT;
	tel_buf *text = NULL;
	tel_err rc;

	opts.alloc = alloc;
	rc = tel_manifest_format(*(tel_manifest *)user, &opts, &text);
	assert_true((rc == TEL_OK) == (text != NULL));
	tel_buf_unref(text);
	return rc;
}

static void making_them_survives_every_failed_allocation(void **state)
{
	(void)state;
	for (int which = TEL_MANIFEST_CRDS; which <= TEL_MANIFEST_ROLES; which++) {
		tel_manifest m = (tel_manifest)which;

		torture_alloc(format_scenario, &m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lies_in_the_tree_is_what_the_tables_say),
		cmocka_unit_test(every_object_has_a_name_of_its_own_and_the_modules_label),
		cmocka_unit_test(services_and_policies_find_the_manager),
		cmocka_unit_test(the_manager_is_who_the_roles_are_bound_to),
		cmocka_unit_test(webhooks_reach_the_service_of_the_manager),
		cmocka_unit_test(the_manager_may_nothing_that_is_everything),
		cmocka_unit_test(schemas_are_structural_and_described),
		cmocka_unit_test(a_namespace_is_taken_when_it_is_one),
		cmocka_unit_test(making_them_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
