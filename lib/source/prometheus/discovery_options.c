/* SPDX-License-Identifier: Apache-2.0 */
#include "source/prometheus/discovery_options.h"

#include <stddef.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "config/prom_units.h"
#include "process/relabel/options.h"
#include "wire/yaml.h"

typedef void report_fn(void *user, const char *path, const char *msg);

tel_err tel__prom_duration_check(const void *field, tel_error *err)
{
	int64_t ns;

	return tel__prom_duration_parse(*(const tel_slice *)field, &ns, err);
}

/* An element of a list that is null. */
static void verify_no_null(const tel__key_check *c, const char *key, const char *msg)
{
	const tel__node *list = tel__node_get(c->node, key);
	char path[64];

	for (uint32_t i = 0; list && list->type == TEL__NODE_LIST && i < list->v.list.count; i++) {
		if (list->v.list.items[i]->type != TEL__NODE_NULL)
			continue;
		snprintf(path, sizeof(path), "%s|%u", key, (unsigned)i);
		c->report(c, false, path, tel__slice_str(msg));
	}
}

/* ---- static ---- */

static void check_static(const void *options, report_fn *report, void *user)
{
	const tel__static_targets *o = options;
	char msg[160], shown[100];

	for (size_t i = 0; i < o->labels.count; i++) {
		if (tel__label_name_ok(o->labels.items[i].key, false))
			continue;
		snprintf(msg, sizeof(msg), "\"%s\" is not a valid label name",
		         tel__slice_printable(o->labels.items[i].key, shown, sizeof(shown)));
		report(user, "labels", msg);
	}
}

static const tel__key static_keys[] = {
	{ .name = "targets", .type = TEL__KEY_STRINGS, .offset = offsetof(tel__static_targets, targets),
	  .help = "host:port of each" },
	{ .name = "labels", .type = TEL__KEY_STRING_MAP, .offset = offsetof(tel__static_targets, labels),
	  .help = "labels of all of them" },
};
static const tel__key_table static_table = { "targetgroup.Group", sizeof(tel__static_targets), static_keys,
	                                     TEL__KEY_COUNT(static_keys), check_static };

static tel_err verify_static(const tel__key_check *c)
{
	verify_no_null(c, "static_configs", "empty or null section in static_configs");
	return TEL_OK;
}

/* ---- files ---- */

/* The last element may hold one '*', and ends in .json, .yml or .yaml. */
static bool is_sd_file(tel_slice path)
{
	static const char *const ends[] = { ".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML" };
	size_t slash = path.len, stars = 0, before = 0;

	while (slash > 0 && path.ptr[slash - 1] != '/')
		slash--;
	for (size_t i = 0; i < path.len; i++) {
		before += path.ptr[i] == '*' && i < slash;
		stars += path.ptr[i] == '*';
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (tel__slice_ends(path, tel__slice_str(ends[i])))
			return before == 0 && stars <= 1 && path.len - slash > strlen(ends[i]);
	return false;
}

static void check_file(const void *options, report_fn *report, void *user)
{
	const tel__file_sd *o = options;
	char msg[300], path[64], shown[200];

	if (o->files.count == 0)
		report(user, "", "file service discovery config must contain at least one path name");
	for (size_t i = 0; i < o->files.count; i++) {
		if (is_sd_file(o->files.items[i]))
			continue;
		snprintf(path, sizeof(path), "files|%zu", i);
		snprintf(msg, sizeof(msg), "path name \"%s\" is not valid for file discovery",
		         tel__slice_printable(o->files.items[i], shown, sizeof(shown)));
		report(user, path, msg);
	}
}

#define REFRESH(options, text) \
	{ .name = "refresh_interval", .type = TEL__KEY_STRING, .offset = offsetof(options, refresh_interval), .def = text, \
	  .check = tel__prom_duration_check, .help = "how often to look again" }

static const tel__key file_keys[] = {
	{ .name = "files", .type = TEL__KEY_STRINGS, .offset = offsetof(tel__file_sd, files),
	  .help = "files with targets, YAML or JSON; the last part of a path may have one *" },
	REFRESH(tel__file_sd, "5m"),
};
static const tel__key_table file_table = { "file.SDConfig", sizeof(tel__file_sd), file_keys, TEL__KEY_COUNT(file_keys),
	                                   check_file };

/* ---- http ---- */

static const char *url_problem(tel_slice url)
{
	bool https = tel__slice_starts(url, TEL_SLICE_LIT("https://"));
	size_t scheme = https ? 8 : 7;

	if (url.len == 0)
		return "URL is missing";
	if (!https && !tel__slice_starts(url, TEL_SLICE_LIT("http://")))
		return "URL scheme must be 'http' or 'https'";
	return url.len == scheme || memchr("/?#:", url.ptr[scheme], 4) ? "host is missing in URL" : NULL;
}

static void check_http_sd(const void *options, report_fn *report, void *user)
{
	const tel__http_sd *o = options;
	const char *problem = tel__slice_find(o->url, '$') < o->url.len ? NULL : url_problem(o->url);

	if (problem)
		report(user, o->url.len ? "url" : "", problem);
}

static const tel__key http_keys[] = {
	{ .name = "url", .type = TEL__KEY_STRING, .offset = offsetof(tel__http_sd, url),
	  .help = "where the targets are listed, as JSON" },
	REFRESH(tel__http_sd, "1m"),
	{ .type = TEL__KEY_SQUASH, .offset = offsetof(tel__http_sd, http), .section = &tel__prom_http_keys },
};
static const tel__key_table http_table = { "http.SDConfig", sizeof(tel__http_sd), http_keys, TEL__KEY_COUNT(http_keys),
	                                   check_http_sd };

/* ---- dns ---- */

static void check_dns(const void *options, report_fn *report, void *user)
{
	static const char *const types[] = { "SRV", "A", "AAAA", "MX", "NS" };
	const tel__dns_sd *o = options;
	char msg[128], shown[64];
	size_t i;

	if (o->names.count == 0)
		report(user, "", "DNS-SD config must contain at least one SRV record name");
	for (i = 0; i < sizeof(types) / sizeof(types[0]) && !tel__slice_eq_nocase(o->type, tel__slice_str(types[i]));)
		i++;
	if (i == sizeof(types) / sizeof(types[0])) {
		snprintf(msg, sizeof(msg), "invalid DNS-SD records type %s", tel__slice_printable(o->type, shown, sizeof(shown)));
		report(user, "type", msg);
	} else if (i > 0 && o->port == 0) {
		report(user, "|type", "a port is required in DNS-SD configs for all record types except SRV");
	}
}

static const tel__key dns_keys[] = {
	{ .name = "names", .type = TEL__KEY_STRINGS, .offset = offsetof(tel__dns_sd, names), .help = "names to resolve" },
	{ .name = "type", .type = TEL__KEY_STRING, .offset = offsetof(tel__dns_sd, type), .def = "SRV",
	  .help = "SRV, A, AAAA, MX or NS" },
	{ .name = "port", .type = TEL__KEY_INT, .offset = offsetof(tel__dns_sd, port), .help = "port of the targets; not for SRV" },
	REFRESH(tel__dns_sd, "30s"),
};
static const tel__key_table dns_table = { "dns.SDConfig", sizeof(tel__dns_sd), dns_keys, TEL__KEY_COUNT(dns_keys), check_dns };

/* ---- kubernetes ---- */

static const char *const role_words[] = { "pod", "service", "endpoints", "endpointslice", "node", "ingress" };

tel__sd_role tel__sd_role_of(tel_slice text)
{
	for (int i = 0; i < TEL__SD_NO_ROLE; i++)
		if (tel__slice_is(text, role_words[i]))
			return (tel__sd_role)i;
	return TEL__SD_NO_ROLE;
}

static bool check_role(tel_slice role, report_fn *report, void *user)
{
	char msg[128], shown[64];

	if (role.len && tel__sd_role_of(role) != TEL__SD_NO_ROLE)
		return true;
	snprintf(msg, sizeof(msg), "unknown Kubernetes SD role \"%s\"", tel__slice_printable(role, shown, sizeof(shown)));
	report(user, role.len ? "role" : "",
		role.len ? msg : "role missing (one of: pod, service, endpoints, endpointslice, node, ingress)");
	return false;
}

/* The key and the value of "key=value", "key==value" or "key!=value" are not looked at: the API server knows better. A field
 * selector has to have one of these in each of its parts. */
static bool is_field_selector(tel_slice text)
{
	tel_slice part;

	while (tel__slice_next(&text, ',', &part))
		if (part.len && tel__slice_find(part, '=') == part.len)
			return false;
	return true;
}

static void check_selector(const void *options, report_fn *report, void *user)
{
	const tel__kubernetes_selector *o = options;
	char msg[256], shown[128];

	if (!check_role(o->role, report, user))
		return;
	if (!is_field_selector(o->field)) {
		snprintf(msg, sizeof(msg), "invalid selector: '%s'; can't understand '%s'",
		         tel__slice_printable(o->field, shown, 100), shown);
		report(user, "field", msg);
	}
}

static const tel__key selector_keys[] = {
	{ .name = "role", .type = TEL__KEY_STRING, .offset = offsetof(tel__kubernetes_selector, role), .help = "kind it is for" },
	{ .name = "label", .type = TEL__KEY_STRING, .offset = offsetof(tel__kubernetes_selector, label), .help = "label selector" },
	{ .name = "field", .type = TEL__KEY_STRING, .offset = offsetof(tel__kubernetes_selector, field), .help = "field selector" },
};
static const tel__key_table selector_table = { "kubernetes.SelectorConfig", sizeof(tel__kubernetes_selector), selector_keys,
	                                       TEL__KEY_COUNT(selector_keys), check_selector };

static const tel__key namespace_keys[] = {
	{ .name = "own_namespace", .type = TEL__KEY_BOOL, .offset = offsetof(tel__kubernetes_namespaces, own_namespace),
	  .help = "also the namespace that we run in" },
	{ .name = "names", .type = TEL__KEY_STRINGS, .offset = offsetof(tel__kubernetes_namespaces, names),
	  .help = "namespaces to watch; none = all" },
};
static const tel__key_table namespace_table = { "kubernetes.NamespaceDiscovery", sizeof(tel__kubernetes_namespaces),
	                                        namespace_keys, TEL__KEY_COUNT(namespace_keys), NULL };

static const tel__key metadata_keys[] = {
	{ .name = "node", .type = TEL__KEY_BOOL, .offset = offsetof(tel__kubernetes_metadata, node), .help = "labels of the node" },
	{ .name = "namespace", .type = TEL__KEY_BOOL, .offset = offsetof(tel__kubernetes_metadata, namespace_),
	  .help = "labels of the namespace" },
};
static const tel__key_table metadata_table = { "kubernetes.AttachMetadataConfig", sizeof(tel__kubernetes_metadata),
	                                       metadata_keys, TEL__KEY_COUNT(metadata_keys), NULL };

/* Kinds whose selectors a role takes; bits of tel__sd_role. */
static unsigned selectors_of(tel__sd_role role)
{
	switch (role) {
	case TEL__SD_ENDPOINTS: return 1u << TEL__SD_POD | 1u << TEL__SD_SERVICE | 1u << TEL__SD_ENDPOINTS;
	case TEL__SD_ENDPOINT_SLICE: return 1u << TEL__SD_POD | 1u << TEL__SD_SERVICE | 1u << TEL__SD_ENDPOINT_SLICE;
	default: return 1u << role;
	}
}

static void report_foreign(tel__sd_role role, size_t number, report_fn *report, void *user)
{
	char msg[160], path[64];
	int n = snprintf(msg, sizeof(msg), "%s role supports only ", role_words[role]);
	const char *comma = "";

	for (int i = 0; i < TEL__SD_NO_ROLE; i++)
		if (selectors_of(role) & 1u << i) {
			n += snprintf(msg + n, sizeof(msg) - (size_t)n, "%s%s", comma, role_words[i]);
			comma = ", ";
		}
	snprintf(msg + n, sizeof(msg) - (size_t)n, " selectors");
	snprintf(path, sizeof(path), "|selectors::%zu", number);
	report(user, path, msg);
}

static void check_selectors(const tel__kubernetes_sd *o, tel__sd_role role, report_fn *report, void *user)
{
	const tel__kubernetes_selector *s = o->selectors.items;
	char msg[128], path[64];
	unsigned seen = 0, bit;

	for (size_t i = 0; i < o->selectors.count; i++) {
		tel__sd_role kind = tel__sd_role_of(s[i].role);
		if (kind == TEL__SD_NO_ROLE)
			continue;
		bit = 1u << kind;
		if (seen & bit) {
			snprintf(msg, sizeof(msg), "duplicated selector role: %s", role_words[kind]);
			snprintf(path, sizeof(path), "|selectors::%zu", i);
			report(user, path, msg);
		}
		if (!(selectors_of(role) & bit))
			report_foreign(role, i, report, user);
		seen |= bit;
	}
}

static void check_kubernetes(const void *options, report_fn *report, void *user)
{
	const tel__kubernetes_sd *o = options;
	bool custom = tel__prom_http_is_custom(&o->http);

	if (!check_role(o->role, report, user))
		return;
	if (o->kubeconfig_file.len && custom)
		report(user, "|kubeconfig_file", "cannot use a custom HTTP client configuration together with 'kubeconfig_file'");
	else if (!o->api_server.len && custom)
		report(user, "", "to use custom HTTP client configuration please provide the 'api_server' URL explicitly");
	if (o->api_server.len && o->kubeconfig_file.len)
		report(user, "|kubeconfig_file", "cannot use 'kubeconfig_file' and 'api_server' simultaneously");
	if (o->api_server.len && o->namespaces.own_namespace)
		report(user, "|namespaces", "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously");
	if (o->kubeconfig_file.len && o->namespaces.own_namespace)
		report(user, "|namespaces", "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously");
	check_selectors(o, tel__sd_role_of(o->role), report, user);
}

#define KUBERNETES(field) .offset = offsetof(tel__kubernetes_sd, field)
static const tel__key kubernetes_keys[] = {
	{ .name = "role", .type = TEL__KEY_STRING, KUBERNETES(role),
	  .help = "pod, service, endpoints, endpointslice, node or ingress" },
	{ .name = "api_server", .type = TEL__KEY_STRING, KUBERNETES(api_server),
	  .help = "URL of the API server; none = in-cluster" },
	{ .name = "kubeconfig_file", .type = TEL__KEY_STRING, KUBERNETES(kubeconfig_file),
	  .help = "file that says how to reach it" },
	{ .name = "namespaces", .type = TEL__KEY_SECTION, KUBERNETES(namespaces), .section = &namespace_table,
	  .help = "where to look" },
	{ .name = "selectors", .type = TEL__KEY_SECTIONS, KUBERNETES(selectors), .section = &selector_table,
	  .help = "what to look for" },
	{ .name = "attach_metadata", .type = TEL__KEY_SECTION, KUBERNETES(attach_metadata), .section = &metadata_table,
	  .help = "labels of other objects" },
	{ .type = TEL__KEY_SQUASH, KUBERNETES(http), .section = &tel__prom_http_keys },
};
static const tel__key_table kubernetes_table = { "kubernetes.SDConfig", sizeof(tel__kubernetes_sd), kubernetes_keys,
	                                         TEL__KEY_COUNT(kubernetes_keys), check_kubernetes };

/* ---- all together ---- */

/* Mechanisms of Prometheus that are not offered, as the keys name them. */
#define OTHER(number, word) \
	{ .name = word "_sd_configs", .type = TEL__KEY_ANY, \
	  .offset = offsetof(tel__discovery_options, others) + (number) * sizeof(void *), \
	  .help = "not supported" }

#define LIST(key, table, text) \
	{ .name = #key, .type = TEL__KEY_SECTIONS, .offset = offsetof(tel__discovery_options, key), .section = &table, \
	  .help = text }

static const tel__key discovery_keys[] = {
	{ .name = "static_configs", .type = TEL__KEY_SECTIONS, .offset = offsetof(tel__discovery_options, static_configs),
	  .section = &static_table, .verify = verify_static, .help = "targets that stand here" },
	LIST(file_sd_configs, file_table, "targets from files"),
	LIST(http_sd_configs, http_table, "targets from a URL"),
	LIST(dns_sd_configs, dns_table, "targets from names"),
	LIST(kubernetes_sd_configs, kubernetes_table, "targets from the objects of a cluster"),
	OTHER(0, "aws"), OTHER(1, "azure"), OTHER(2, "consul"), OTHER(3, "digitalocean"), OTHER(4, "docker"),
	OTHER(5, "dockerswarm"), OTHER(6, "ec2"), OTHER(7, "elasticache"), OTHER(8, "eureka"), OTHER(9, "gce"),
	OTHER(10, "hetzner"), OTHER(11, "ionos"), OTHER(12, "kuma"), OTHER(13, "lightsail"), OTHER(14, "linode"),
	OTHER(15, "marathon"), OTHER(16, "msk"), OTHER(17, "nerve"), OTHER(18, "nomad"), OTHER(19, "openstack"),
	OTHER(20, "ovhcloud"), OTHER(21, "puppetdb"), OTHER(22, "rds"), OTHER(23, "scaleway"), OTHER(24, "serverset"),
	OTHER(25, "stackit"), OTHER(26, "triton"), OTHER(27, "uyuni"), OTHER(28, "vultr"),
};

static void check_discovery(const void *options, report_fn *report, void *user)
{
	const tel__discovery_options *o = options;
	size_t first = offsetof(tel__discovery_options, others);
	char msg[160];

	for (size_t i = 0; i < TEL__KEY_COUNT(discovery_keys); i++) {
		const tel__key *row = &discovery_keys[i];
		if (row->type != TEL__KEY_ANY || !o->others[(row->offset - first) / sizeof(o->others[0])])
			continue;
		snprintf(msg, sizeof(msg), "%s is not supported: targets are found by static, file, http, dns and kubernetes",
			row->name);
		report(user, row->name, msg);
	}
}

const tel__key_table tel__discovery_keys = { "config.ScrapeConfig", sizeof(tel__discovery_options), discovery_keys,
	                                     TEL__KEY_COUNT(discovery_keys), check_discovery };
