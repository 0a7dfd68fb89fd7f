/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's prometheus receivers (kyma-metrics.md 4.5.3). The relabel rules are tables in the order of the rules. */
#include "base/slice_i.h"
#include "control/render.h"

#define META "__meta_kubernetes_"
#define POD META "pod_"
#define SERVICE META "service_"

/* One rule; empty fields are left out. sources are separated by a blank. */
typedef struct relabel {
	const char *sources, *regex, *target, *replacement, *action;
} relabel;

static const relabel pod_rules[] = {
	{ POD "node_name", "${MY_NODE_NAME}", "", "", "keep" },
	{ POD "annotation_prometheus_io_scrape", "true", "", "", "keep" },
	{ POD "phase", "Pending|Succeeded|Failed", "", "", "drop" },
	{ POD "container_init", "(true)", "", "", "drop" },
	{ POD "label_security_istio_io_tlsMode", "(istio)", "__scheme__", "https", "replace" },
	{ "__scheme__", "(https)", "", "", "drop" },
	{ POD "annotation_prometheus_io_path", "(.+)", "__metrics_path__", "", "replace" },
	{ "__address__ " POD "annotation_prometheus_io_port", "([^:]+)(?::\\d+)?;(\\d+)", "__address__", "$$1:$$2", "replace" },
	{ "", POD "annotation_prometheus_io_param_(.+)", "", "__param_$1", "labelmap" },
	{ NULL, NULL, NULL, NULL, NULL }
};

/* "%": the scheme that this job leaves to the other one. */
static const relabel service_rules[] = {
	{ META "endpoint_node_name", "${MY_NODE_NAME}", "", "", "keep" },
	{ SERVICE "annotation_prometheus_io_scrape", "true", "", "", "keep" },
	{ POD "phase", "Pending|Succeeded|Failed", "", "", "drop" },
	{ POD "container_init", "(true)", "", "", "drop" },
	{ POD "container_name", "(istio-proxy)", "", "", "drop" },
	{ POD "label_security_istio_io_tlsMode", "(istio)", "__scheme__", "https", "replace" },
	{ SERVICE "annotation_prometheus_io_scheme", "(https?)", "__scheme__", "", "replace" },
	{ "", SERVICE "annotation_prometheus_io_param_(.+)", "", "__param_$1", "labelmap" },
	{ "__scheme__", "(%)", "", "", "drop" },
	{ SERVICE "annotation_prometheus_io_path", "(.+)", "__metrics_path__", "", "replace" },
	{ "__address__ " SERVICE "annotation_prometheus_io_port", "([^:]+)(?::\\d+)?;(\\d+)", "__address__", "$$1:$$2", "replace" },
	{ SERVICE "name", "", "service", "", "replace" },
	{ NULL, NULL, NULL, NULL, NULL }
};

static const relabel istio_rules[] = {
	{ POD "node_name", "${MY_NODE_NAME}", "", "", "keep" },
	{ POD "container_name", "istio-proxy", "", "", "keep" },
	{ POD "container_port_name", "http-envoy-prom", "", "", "keep" },
	{ POD "phase", "Pending|Succeeded|Failed", "", "", "drop" },
	{ NULL, NULL, NULL, NULL, NULL }
};

static const relabel istio_metrics[] = { { "__name__", "istio_.*", "", "", "keep" }, { NULL, NULL, NULL, NULL, NULL } };
static const relabel envoy_metrics[] = {
	{ "__name__", "envoy_.*|istio_.*", "", "", "keep" }, { NULL, NULL, NULL, NULL, NULL }
};

/* One job. */
typedef struct job {
	const char *name, *body_limit, *metrics_path, *role, *other_scheme;
	const relabel *rules, *metric_rules;
	int64_t interval_ns;
	bool tls;
} job;

static void put_rules(tel__render *r, tel__node *list, const relabel *rules, const char *other_scheme)
{
	tel__doc *d = &r->doc;

	for (; rules->action; rules++) {
		tel__node *rule = tel__doc_append_map(d, list), *labels;
		tel_slice sources = tel__slice_str(rules->sources), source;

		if (sources.len) {
			labels = tel__doc_list(d, rule, "source_labels");
			while (tel__slice_next(&sources, ' ', &source))
				tel__doc_append_slice(d, labels, source);
		}
		if (strcmp(rules->regex, "(%)") == 0)
			tel__doc_slice(d, rule, "regex", tel__doc_fmt(d, "(%s)", other_scheme));
		else if (rules->regex[0])
			tel__doc_text(d, rule, "regex", rules->regex);
		if (rules->target[0])
			tel__doc_text(d, rule, "target_label", rules->target);
		if (rules->replacement[0])
			tel__doc_text(d, rule, "replacement", rules->replacement);
		tel__doc_text(d, rule, "action", rules->action);
	}
}

static void put_tls(tel__render *r, tel__node *config)
{
	tel__doc *d = &r->doc;
	tel__node *tls = tel__doc_map(d, config, "tls_config");
	tel_slice path = r->facts->istio_cert_path;

	tel__doc_slice(d, tls, "ca_file", tel__doc_fmt(d, "%.*s/root-cert.pem", (int)path.len, path.ptr));
	tel__doc_slice(d, tls, "cert_file", tel__doc_fmt(d, "%.*s/cert-chain.pem", (int)path.len, path.ptr));
	tel__doc_slice(d, tls, "key_file", tel__doc_fmt(d, "%.*s/key.pem", (int)path.len, path.ptr));
	tel__doc_bool(d, tls, "insecure_skip_verify", true);
}

static void put_job(tel__render *r, tel__node *list, const job *j)
{
	tel__doc *d = &r->doc;
	tel__node *config = tel__doc_append_map(d, list), *discovery, *selector;

	tel__doc_text(d, config, "job_name", j->name);
	tel__doc_int(d, config, "sample_limit", 50000);
	if (j->body_limit)
		tel__doc_text(d, config, "body_size_limit", j->body_limit);
	tel__doc_duration(d, config, "scrape_interval", j->interval_ns);
	if (j->metrics_path)
		tel__doc_text(d, config, "metrics_path", j->metrics_path);
	put_rules(r, tel__doc_list(d, config, "relabel_configs"), j->rules, j->other_scheme);
	if (j->metric_rules)
		put_rules(r, tel__doc_list(d, config, "metric_relabel_configs"), j->metric_rules, NULL);
	discovery = tel__doc_append_map(d, tel__doc_list(d, config, "kubernetes_sd_configs"));
	tel__doc_text(d, discovery, "role", j->role);
	selector = tel__doc_append_map(d, tel__doc_list(d, discovery, "selectors"));
	tel__doc_text(d, selector, "role", "pod");
	tel__doc_text(d, selector, "field", "spec.nodeName=${MY_NODE_NAME}");
	if (j->tls)
		put_tls(r, config);
}

static tel__node *new_receiver(tel__render *r, tel__node **ret_jobs)
{
	tel__node *options = tel__doc_new_map(&r->doc);

	*ret_jobs = tel__doc_list(&r->doc, tel__doc_map(&r->doc, options, "config"), "scrape_configs");
	return options;
}

tel__node *tel__make_app_pods(tel__render *r, const tel__metric_pipeline *p)
{
	job pods = { .name = "app-pods", .body_limit = "20MB", .role = "pod", .rules = pod_rules,
		         .interval_ns = r->facts->prometheus_interval_ns };
	tel__node *jobs, *options = new_receiver(r, &jobs);

	(void)p;
	put_job(r, jobs, &pods);
	return options;
}

tel__node *tel__make_app_services(tel__render *r, const tel__metric_pipeline *p)
{
	job services = { .name = "app-services", .role = "endpoints", .rules = service_rules, .other_scheme = "https",
		             .interval_ns = r->facts->prometheus_interval_ns };
	tel__node *jobs, *options = new_receiver(r, &jobs);

	(void)p;
	put_job(r, jobs, &services);
	if (r->facts->istio_active) {
		services.name = "app-services-secure";
		services.other_scheme = "http";
		services.tls = true;
		put_job(r, jobs, &services);
	}
	return options;
}

tel__node *tel__make_istio_proxies(tel__render *r, const tel__metric_pipeline *p)
{
	job proxies = { .name = "istio-proxy", .metrics_path = "/stats/prometheus", .role = "pod", .rules = istio_rules,
		            .interval_ns = r->facts->istio_interval_ns };
	tel__node *jobs, *options = new_receiver(r, &jobs);

	(void)p;
	proxies.metric_rules = tel__render_any(r, tel__pipeline_envoy) ? envoy_metrics : istio_metrics;
	put_job(r, jobs, &proxies);
	return options;
}
