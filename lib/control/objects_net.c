/* SPDX-License-Identifier: Apache-2.0 */
/* Who may reach whom: Services, NetworkPolicies, mutual TLS of the mesh, and the ports of backends (kyma-metrics.md 5). */
#include "control/objects.h"

#include <stdlib.h>

#include "base/slice_i.h"
#include "control/endpoint.h"

enum { PORT_GRPC = 4317, PORT_HTTP = 4318, PORT_METRICS = 8888, PORT_ENVOY = 15090 };

/* ---- services ---- */

static void put_service_port(tel__object_render *r, tel__node *ports, const char *name, int port)
{
	tel__node *map = tel__doc_append_map(&r->base.doc, ports);

	tel__doc_text(&r->base.doc, map, "name", name);
	tel__doc_int(&r->base.doc, map, "port", port);
	tel__doc_text(&r->base.doc, map, "protocol", "TCP");
	tel__doc_int(&r->base.doc, map, "targetPort", port);
}

/* Returns the list of its ports. */
static tel__node *put_service(tel__object_render *r, tel__node *object)
{
	tel__node *spec = tel__doc_map(&r->base.doc, object, "spec"), *ports = tel__doc_list(&r->base.doc, spec, "ports");

	tel__put_selector(r, spec, "selector");
	tel__doc_text(&r->base.doc, spec, "type", "ClusterIP");
	if (!r->ours)
		tel__doc_map(&r->base.doc, tel__doc_map(&r->base.doc, object, "status"), "loadBalancer");
	return ports;
}

void tel__fill_metrics_service(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	static const char *const annotations[] = { "prometheus.io/port", "8888", "prometheus.io/scheme", "http",
		                                       "prometheus.io/scrape", "true", NULL };

	tel__doc_text(&r->base.doc, tel__doc_at(metadata, "labels"), "telemetry.kyma-project.io/self-monitor", "enabled");
	tel__put_texts(r, tel__doc_map(&r->base.doc, metadata, "annotations"), annotations);
	put_service_port(r, put_service(r, object), "http-metrics", PORT_METRICS);
}

void tel__fill_otlp_service(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	tel__node *ports = put_service(r, object);

	(void)metadata;
	put_service_port(r, ports, "grpc-collector", PORT_GRPC);
	put_service_port(r, ports, "http-collector", PORT_HTTP);
}

/* ---- network policies ---- */

static void put_policy_port(tel__object_render *r, tel__node *ports, int port)
{
	tel__node *map = tel__doc_append_map(&r->base.doc, ports);

	tel__doc_int(&r->base.doc, map, "port", port);
	tel__doc_text(&r->base.doc, map, "protocol", "TCP");
}

/* Pods are reached at the ports of OTLP (gateway only), and reach everything. */
void tel__fill_policy(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	tel__doc *d = &r->base.doc;
	tel__node *spec = tel__doc_map(d, object, "spec"), *ports;

	(void)metadata;
	tel__put_match_labels(r, spec, "podSelector");
	tel__doc_words(&r->base.doc, spec, "policyTypes", r->workload == TEL__GATEWAY ? "Ingress,Egress" : "Egress");
	tel__doc_append_map(d, tel__doc_list(d, spec, "egress"));
	if (r->workload != TEL__GATEWAY)
		return;
	ports = tel__doc_list(d, tel__doc_append_map(d, tel__doc_list(d, spec, "ingress")), "ports");
	put_policy_port(r, ports, PORT_HTTP);
	put_policy_port(r, ports, PORT_GRPC);
}

/* Pods that scrape, of any namespace, reach the metrics. */
void tel__fill_metrics_policy(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	tel__doc *d = &r->base.doc;
	tel__node *spec = tel__doc_map(d, object, "spec"), *rule, *from, *ports;

	(void)metadata;
	tel__put_match_labels(r, spec, "podSelector");
	tel__doc_words(&r->base.doc, spec, "policyTypes", "Ingress");
	rule = tel__doc_append_map(d, tel__doc_list(d, spec, "ingress"));
	from = tel__doc_append_map(d, tel__doc_list(d, rule, "from"));
	tel__doc_map(d, from, "namespaceSelector");
	tel__doc_text(d, tel__doc_map(d, tel__doc_map(d, from, "podSelector"), "matchLabels"),
	              "networking.kyma-project.io/metrics-scraping", "allowed");
	ports = tel__doc_list(d, rule, "ports");
	put_policy_port(r, ports, PORT_METRICS);
	if (r->base.facts->istio_active)
		put_policy_port(r, ports, PORT_ENVOY);
}

/* Clients with and without a sidecar. */
void tel__fill_peer_authentication(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	tel__node *spec = tel__doc_map(&r->base.doc, object, "spec");

	(void)metadata;
	tel__doc_text(&r->base.doc, tel__doc_map(&r->base.doc, spec, "mtls"), "mode", "PERMISSIVE");
	tel__put_match_labels(r, spec, "selector");
	if (!r->ours)
		tel__doc_map(&r->base.doc, object, "status");
}

/* ---- backends ---- */

static int compare_texts(const void *a, const void *b)
{
	return tel__slice_cmp(*(const tel_slice *)a, *(const tel_slice *)b);
}

/* Each once, with commas between; the array is sorted. */
static tel_slice join(tel__object_render *r, tel_slice *ports, size_t count)
{
	tel_slice text;
	tel__dynbuf out;

	if (count)
		qsort(ports, count, sizeof(*ports), compare_texts);
	tel__dynbuf_init(&out, r->alloc, 8 * (count + 1));
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && tel__slice_eq(ports[i], ports[i - 1]))
			continue;
		tel__dynbuf_puts(&out, out.len ? "," : "");
		tel__dynbuf_slice(&out, ports[i]);
	}
	text = tel__doc_copy(&r->base.doc, tel__dynbuf_get(&out));
	r->base.doc.failed = r->base.doc.failed || tel__dynbuf_error(&out) != TEL_OK;
	tel__dynbuf_fini(&out);
	return text;
}

tel_slice tel__backend_ports(tel__object_render *r)
{
	bool given = r->of->backend_ports != NULL;
	size_t most = given ? r->of->backend_port_count : r->base.count, count = 0;
	tel_slice *ports = tel__arena_array(r->base.doc.arena, most + 1, sizeof(*ports));
	uint16_t port;

	if (!ports) {
		r->base.doc.failed = true;
		return TEL_SLICE_LIT("");
	}
	for (size_t i = 0; i < most; i++) {
		if (given)
			port = r->of->backend_ports[i];
		else if (!tel__endpoint_port(r->base.set, r->base.pipelines[i], r->ours, &port))
			continue;
		ports[count++] = tel__doc_fmt(&r->base.doc, "%u", port);
	}
	return join(r, ports, count);
}
