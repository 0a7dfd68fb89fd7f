/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetryctl/generate.h"

#include <stdio.h>

#include <telemetry/builder.h>

#include "telemetryctl/ledger.h"

static void put_attributes(tel_builder *b, const char *source, uint64_t number)
{
	static const char *const regions[] = { "eu-central-1", "eu-west-3", "us-east-2", "ap-south-1" };
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };
	char text[48];

	if (source) {
		tel_builder_attr_str(b, LEDGER_SOURCE_KEY, source);
		tel_builder_attr_int(b, LEDGER_SEQUENCE_KEY, (int64_t)number);
		return;
	}
	tel_builder_attr_str(b, "http.request.method", methods[number % 4]);
	snprintf(text, sizeof(text), "/api/v1/items/%u/details", (unsigned)(number % 1000));
	tel_builder_attr_str(b, "http.route", text);
	tel_builder_attr_str(b, "http.response.status_code", number % 17 ? "200" : "503");
	tel_builder_attr_str(b, "server.address", "shop.example.com");
	tel_builder_attr_str(b, "cloud.region", regions[number / 4 % 4]);
	snprintf(text, sizeof(text), "pod-%08x-%04x", (unsigned)(number * 2654435761u), (unsigned)(number % 65536));
	tel_builder_attr_str(b, "k8s.pod.name", text);
	tel_builder_attr_str(b, "k8s.namespace.name", "production");
	snprintf(text, sizeof(text), "node-%u", (unsigned)(number % 50));
	tel_builder_attr_str(b, "k8s.node.name", text);
	tel_builder_attr_str(b, "customer.tier", number % 3 ? "standard" : "premium");
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)(number * 0x9e3779b97f4a7c15u));
	tel_builder_attr_str(b, "session.id", text);
}

tel_metrics *generate_points(const char *source, uint64_t first, unsigned long points, uint64_t unix_ns)
{
	tel_builder *b = NULL;
	tel_metrics *metrics = NULL;
	tel_err rc;

	if (tel_builder_new(NULL, 0, &b))
		return NULL;
	tel_builder_resource(b, NULL);
	tel_builder_attr_str(b, "service.name", "telemetryctl-send");
	tel_builder_scope(b, "telemetryctl", "1", NULL);
	tel_builder_times(b, unix_ns, unix_ns);
	tel_builder_gauge(b, "http.server.active_requests", "{request}", "requests that are being served");
	for (unsigned long i = 0; i < points; i++) {
		tel_builder_point_int(b, (int64_t)(first + i), NULL);
		put_attributes(b, source, first + i);
	}
	rc = tel_builder_finish(b, &metrics, NULL);
	tel_builder_free(b);
	return rc ? NULL : metrics;
}
