/* SPDX-License-Identifier: Apache-2.0 */
#include "control/pipelines.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hex64.h"
#include "base/slice_i.h"
#include "seams/fakerandom.h"

enum { TEXT_MAX = 4 << 20, REFS_MAX = 24, NAME_MAX = 64 };

/* A key of the Secret of the pipeline that is being written. */
typedef struct ref {
	char key[16];
	const char *value;
} ref;

typedef struct maker {
	pipelines *p;
	pipelines_pem pem;
	uint64_t state;
	bool comma;            /* something stands before at this level */
	char name[NAME_MAX];   /* of the pipeline */
	bool alpha, http;
	ref refs[REFS_MAX];
	size_t ref_count;
} maker;

/* ---- chance ---- */

static size_t below(maker *m, size_t n)
{
	return (size_t)(splitmix64(&m->state) % n);
}

static bool one_in(maker *m, size_t n)
{
	return below(m, n) == 0;
}

#define PICK(m, array) ((array)[below(m, sizeof(array) / sizeof((array)[0]))])

/* ---- JSON ---- */

static void put_string(maker *m, const char *text)
{
	tel__dynbuf *out = &m->p->text;

	tel__dynbuf_byte(out, '"');
	for (; *text; text++) {
		if (*text == '\n') {
			tel__dynbuf_puts(out, "\\n");
			continue;
		}
		if (*text == '"' || *text == '\\')
			tel__dynbuf_byte(out, '\\');
		tel__dynbuf_byte(out, *text);
	}
	tel__dynbuf_byte(out, '"');
}

/* The start of an element, of a map with a key. */
static void start(maker *m, const char *key)
{
	tel__dynbuf_puts(&m->p->text, m->comma ? ", " : "");
	m->comma = true;
	if (!key)
		return;
	put_string(m, key);
	tel__dynbuf_puts(&m->p->text, ": ");
}

static void open_map(maker *m, const char *key)
{
	start(m, key);
	tel__dynbuf_byte(&m->p->text, '{');
	m->comma = false;
}

static void close_map(maker *m)
{
	tel__dynbuf_byte(&m->p->text, '}');
	m->comma = true;
}

static void open_list(maker *m, const char *key)
{
	start(m, key);
	tel__dynbuf_byte(&m->p->text, '[');
	m->comma = false;
}

static void close_list(maker *m)
{
	tel__dynbuf_byte(&m->p->text, ']');
	m->comma = true;
}

static void put(maker *m, const char *key, const char *text)
{
	start(m, key);
	put_string(m, text);
}

static void put_raw(maker *m, const char *key, const char *json)
{
	start(m, key);
	tel__dynbuf_puts(&m->p->text, json);
}

/* A switch: true, false or absent. */
static void maybe_bool(maker *m, const char *key)
{
	static const char *const words[] = { "true", "false", NULL };
	const char *word = PICK(m, words);

	if (word)
		put_raw(m, key, word);
}

static void maybe_switch(maker *m, const char *key)
{
	if (one_in(m, 2))
		return;
	open_map(m, key);
	maybe_bool(m, "enabled");
	close_map(m);
}

static void open_document(maker *m, const char *api_version, const char *kind)
{
	m->comma = false;
	open_map(m, NULL);
	if (api_version)
		put(m, "apiVersion", api_version);
	put(m, "kind", kind);
}

static void close_document(maker *m)
{
	close_map(m);
	m->p->ends[m->p->count++] = m->p->text.len;
}

/* ---- input ---- */

static void maybe_namespaces(maker *m)
{
	static const char *const names[] = { "apps", "a", "team-1", "kube-system", "0", "istio-system", "kyma-system", "true", "x1-y2" };
	size_t kind = below(m, 4);

	if (kind == 0)
		return;
	open_map(m, "namespaces");
	if (kind > 1) {
		open_list(m, kind == 2 ? "include" : "exclude");
		for (size_t i = below(m, 4); i > 0; i--)
			put(m, NULL, PICK(m, names));
		close_list(m);
	}
	close_map(m);
}

static void put_resources(maker *m)
{
	static const char *const kinds[] = { "pod", "container", "node", "volume", "daemonset", "deployment", "statefulset", "job" };

	if (one_in(m, 3))
		return;
	open_map(m, "resources");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		maybe_switch(m, kinds[i]);
	close_map(m);
}

static void put_input(maker *m)
{
	static const char *const pulled[] = { "prometheus", "istio", "runtime" };

	if (one_in(m, 5))
		return;
	open_map(m, "input");
	if (!one_in(m, 3)) {
		open_map(m, "otlp");
		maybe_bool(m, m->alpha ? "disabled" : "enabled");
		maybe_namespaces(m);
		close_map(m);
	}
	for (size_t i = 0; i < 3; i++) {
		if (one_in(m, 2))
			continue;
		open_map(m, pulled[i]);
		if (!one_in(m, 4))
			put_raw(m, "enabled", one_in(m, 4) ? "false" : "true");
		maybe_namespaces(m);
		if (i == 2) {
			put_resources(m);
		} else {
			maybe_switch(m, "diagnosticMetrics");
			if (i == 1)
				maybe_switch(m, "envoyMetrics");
		}
		close_map(m);
	}
	close_map(m);
}

/* ---- transformations and filters: one context each, as their inference demands ---- */

typedef struct ottl_context {
	const char *statements[6], *conditions[6];
} ottl_context;

static const ottl_context contexts[] = {
	{ { "set(resource.attributes[\"environment\"], \"prod\")", "delete_key(resource.attributes, \"host.id\")",
	    "truncate_all(resource.attributes, 128)", "delete_matching_keys(resource.attributes, \"^tmp\\\\.\")",
	    "replace_pattern(resource.attributes[\"k8s.pod.name\"], \"-[0-9a-f]+$\", \"\") where resource.attributes[\"k8s.pod.name\"] != nil",
	    "set(resource.attributes[\"team\"], \"it's \\\"ours\\\": yes # no\")" },
	  { "resource.attributes[\"k8s.namespace.name\"] == \"apps\"", "resource.attributes[\"service.name\"] != nil",
	    "IsMatch(resource.attributes[\"k8s.pod.name\"], \"^canary-.*\")",
	    "resource.attributes[\"a\"] == nil and not (resource.attributes[\"b\"] == 1 or resource.attributes[\"c\"] == true)",
	    "IsString(resource.attributes[\"service.version\"])", "resource.dropped_attributes_count > 0" } },
	{ { "set(scope.name, \"renamed\")", "set(scope.version, \"1.0\") where scope.version == \"\"",
	    "set(scope.attributes[\"seen\"], true)", "set(scope.name, Concat([scope.name, \"x\"], \".\"))",
	    "delete_key(scope.attributes, \"tmp\")", "limit(scope.attributes, 16, [\"seen\"])" },
	  { "scope.name == \"io.opentelemetry.contrib.mongodb\"", "scope.version != \"\"", "IsMatch(scope.name, \"^io\\\\.kyma\")",
	    "scope.attributes[\"a\"] == \"b\"", "scope.name == \"a\" or scope.name == \"b\"", "resource.attributes[\"x\"] == \"y\"" } },
	{ { "set(metric.description, \"\")", "set(metric.unit, \"s\") where metric.unit == \"seconds\"",
	    "set(metric.name, Concat([\"app\", metric.name], \".\")) where not IsMatch(metric.name, \"^app\\\\.\")",
	    "replace_pattern(metric.name, \"_total$\", \"\")", "convert_sum_to_gauge() where metric.name == \"requests\"",
	    "set(metric.description, \"10 % of all\") where metric.type == METRIC_DATA_TYPE_GAUGE" },
	  { "metric.name == \"http_requests_total\"", "metric.type == METRIC_DATA_TYPE_SUMMARY", "metric.unit == \"ms\"",
	    "IsMatch(metric.name, \"^(go|process)_.*\")", "metric.type == 1 and metric.name != \"up\"",
	    "Len(metric.name) > 200" } },
	{ { "set(datapoint.attributes[\"seen\"], \"true\")", "delete_key(datapoint.attributes, \"pod_template_hash\")",
	    "delete_matching_keys(datapoint.attributes, \"^__\")", "limit(datapoint.attributes, 100, [\"host.name\"])",
	    "keep_keys(datapoint.attributes, [\"code\", \"method\"]) where metric.name == \"http_requests_total\"",
	    "replace_pattern(datapoint.attributes[\"url\"], \"[?].*$\", \"?...\") where IsString(datapoint.attributes[\"url\"])" },
	  { "datapoint.value_int > 100", "datapoint.attributes[\"service.name\"] == \"auth-service\"",
	    "metric.name == \"http_requests_total\" and datapoint.value_double < 0.5", "datapoint.time_unix_nano != 0",
	    "IsMatch(datapoint.attributes[\"path\"], \"^/(health|ready)z?$\")", "datapoint.attributes[\"code\"] == \"500\"" } },
};

static void put_some(maker *m, const char *key, const char *const *texts, size_t least)
{
	size_t count = least + below(m, 3);

	if (count == 0 && one_in(m, 2))
		return;
	open_list(m, key);
	while (count-- > 0)
		put(m, NULL, texts[below(m, 6)]);
	close_list(m);
}

static void put_rules(maker *m, const char *key, bool statements)
{
	if (one_in(m, 2))
		return;
	open_list(m, key);
	for (size_t i = below(m, 4); i > 0; i--) {
		const ottl_context *context = &PICK(m, contexts);

		open_map(m, NULL);
		put_some(m, "conditions", context->conditions, statements ? 0 : 1);
		if (statements)
			put_some(m, "statements", context->statements, 1);
		close_map(m);
	}
	close_list(m);
}

/* ---- output ---- */

/* A value, as text or in the pipeline's Secret. */
static void put_value(maker *m, const char *value)
{
	ref *r = &m->refs[m->ref_count];

	if (m->ref_count == REFS_MAX || one_in(m, 2)) {
		put(m, "value", value);
		return;
	}
	snprintf(r->key, sizeof(r->key), "key-%zu", m->ref_count++);
	r->value = value;
	open_map(m, "valueFrom");
	open_map(m, "secretKeyRef");
	put(m, "name", m->name);
	put(m, "namespace", "apps");
	put(m, "key", r->key);
	close_map(m);
	close_map(m);
}

static void put_value_at(maker *m, const char *key, const char *value)
{
	open_map(m, key);
	put_value(m, value);
	close_map(m);
}

static void put_basic(maker *m)
{
	open_map(m, "basic");
	put_value_at(m, "user", "ann");
	put_value_at(m, "password", "p$w: ${x} \"#'");
	close_map(m);
}

static void put_oauth2(maker *m)
{
	static const char *const scopes[] = { "openid", "metrics:write", "a b" };

	open_map(m, "oauth2");
	put_value_at(m, "tokenURL", "https://auth.example.com/token?x=1");
	put_value_at(m, "clientID", "client");
	put_value_at(m, "clientSecret", "s3cr$t");
	if (one_in(m, 2)) {
		open_list(m, "scopes");
		for (size_t i = below(m, 3); i > 0; i--)
			put(m, NULL, PICK(m, scopes));
		close_list(m);
	}
	if (one_in(m, 2))
		put_raw(m, "params", one_in(m, 2) ? "{}" : "{\"tenant\": \"10\", \"audience\": \"https://a\", \"a1\": \"\"}");
	close_map(m);
}

static void put_headers(maker *m)
{
	static const char *const names[] = { "X-Tenant", "x-api-key", "X-1", "Accept-Language" };
	static const char *const prefixes[] = { NULL, "", "Bearer", "Api-Token" };
	size_t first = below(m, 4);

	open_list(m, "headers");
	for (size_t i = below(m, 4); i > 0; i--) {
		const char *prefix = PICK(m, prefixes);

		open_map(m, NULL);
		put(m, "name", names[(first + i) % 4]);
		if (prefix)
			put(m, "prefix", prefix);
		put_value(m, one_in(m, 2) ? "t1" : "with $ and \"quotes\"");
		close_map(m);
	}
	close_list(m);
}

static void put_tls(maker *m, bool plain)
{
	open_map(m, "tls");
	if (plain)
		put_raw(m, "insecure", "true");
	else if (one_in(m, 3))
		put_raw(m, "insecure", "false");
	if (!plain)
		maybe_bool(m, "insecureSkipVerify");
	if (!plain && one_in(m, 2))
		put_value_at(m, "ca", m->pem.ca);
	if (!plain && one_in(m, 2)) {
		put_value_at(m, "cert", m->pem.cert);
		put_value_at(m, "key", m->pem.key);
	}
	close_map(m);
}

static void put_output(maker *m)
{
	static const char *const grpc[] = { "https://backend.example.com:4317", "backend.example.com:4317", "http://backend:4317",
		                                "https://[2001:db8::1]:4317", "https://10.0.0.1:443" };
	static const char *const http[] = { "https://backend.example.com:4318", "https://backend.example.com/otlp",
		                                "http://backend.apps.svc.cluster.local:4318" };
	static const char *const paths[] = { "", "v1/custom", "/api/metrics?x=y" };
	static const char *const compressions[] = { "none", "gzip", "snappy", "zstd" };
	const char *endpoint;
	size_t method = below(m, 3);
	bool plain;

	m->http = one_in(m, 2);
	endpoint = m->http ? PICK(m, http) : PICK(m, grpc);
	plain = endpoint[4] == ':' && endpoint[0] == 'h';
	if (plain && method == 2)
		method = 1; /* a token over plaintext is refused */
	open_map(m, "otlp");
	if (m->http || one_in(m, 2))
		put(m, "protocol", m->http ? "http" : "grpc");
	put_value_at(m, "endpoint", endpoint);
	if (m->http && one_in(m, 2))
		put(m, "path", PICK(m, paths));
	if (method > 0) {
		open_map(m, "authentication");
		if (method == 1)
			put_basic(m);
		else
			put_oauth2(m);
		close_map(m);
	}
	if (one_in(m, 2))
		put_headers(m);
	if (one_in(m, 2))
		put_tls(m, plain);
	if (!m->alpha && one_in(m, 2))
		put(m, "compression", PICK(m, compressions));
	close_map(m);
}

/* ---- documents ---- */

static void put_secret(maker *m)
{
	bool encoded = one_in(m, 2);
	tel__dynbuf text;

	open_document(m, "v1", "Secret");
	open_map(m, "metadata");
	put(m, "name", m->name);
	put(m, "namespace", "apps");
	close_map(m);
	open_map(m, encoded ? "data" : "stringData");
	for (size_t i = 0; i < m->ref_count; i++) {
		tel__dynbuf_init(&text, m->p->text.alloc, TEXT_MAX);
		if (encoded)
			tel__base64_encode(tel__slice_str(m->refs[i].value), &text);
		else
			tel__dynbuf_puts(&text, m->refs[i].value);
		tel__dynbuf_byte(&text, 0);
		put(m, m->refs[i].key, text.ptr);
		tel__dynbuf_fini(&text);
	}
	close_map(m);
	close_document(m);
}

static void put_pipeline(maker *m)
{
	m->alpha = one_in(m, 3);
	m->ref_count = 0;
	open_document(m, m->alpha ? "telemetry.kyma-project.io/v1alpha1" : "telemetry.kyma-project.io/v1beta1", "MetricPipeline");
	open_map(m, "metadata");
	put(m, "name", m->name);
	if (one_in(m, 4))
		put_raw(m, "labels", "{\"app.kubernetes.io/name\": \"x\", \"empty\": \"\"}");
	if (one_in(m, 4))
		put_raw(m, "annotations", "{\"note\": \"true\", \"lines\": \" a\\nb: c\\n\"}");
	close_map(m);
	open_map(m, "spec");
	put_input(m);
	put_rules(m, "transform", true);
	put_rules(m, "filter", false);
	open_map(m, "output");
	put_output(m);
	close_map(m);
	close_map(m);
	close_document(m);
	if (m->ref_count)
		put_secret(m);
}

static void put_telemetry(maker *m)
{
	static const char *const intervals[] = { "10s", "1m30s", "500ms", "1h" };

	open_document(m, one_in(m, 2) ? "operator.kyma-project.io/v1alpha1" : "operator.kyma-project.io/v1beta1", "Telemetry");
	put_raw(m, "metadata", "{\"name\": \"default\", \"namespace\": \"kyma-system\"}");
	open_map(m, "spec");
	open_map(m, "metric");
	put_raw(m, "gateway", "{\"scaling\": {\"type\": \"Static\", \"static\": {\"replicas\": 3}}}");
	if (one_in(m, 2))
		put(m, "collectionInterval", PICK(m, intervals));
	if (one_in(m, 2)) {
		open_map(m, "runtime");
		put(m, "collectionInterval", PICK(m, intervals));
		close_map(m);
	}
	close_map(m);
	if (one_in(m, 2))
		put_raw(m, "enrichments", "{\"cluster\": {\"name\": \"c-1\"}, \"extractPodLabels\": [{\"key\": \"app\"}, {\"keyPrefix\": \"team/\"}]}");
	close_map(m);
	close_document(m);
}

static void put_facts(maker *m)
{
	open_document(m, NULL, "RenderFacts");
	put_raw(m, "cluster", "{\"name\": \"test\", \"uid\": \"0a1b\", \"cloudProvider\": \"sap\"}");
	put(m, "scopeVersion", "main");
	put(m, "namespace", "kyma-system");
	put(m, "serviceEnrichment", one_in(m, 2) ? "otel" : "legacy");
	put_raw(m, "istioActive", one_in(m, 2) ? "true" : "false");
	put_raw(m, "vpaActive", one_in(m, 4) ? "true" : "false");
	close_document(m);
}

void pipelines_init(pipelines *p, uint64_t seed, const pipelines_pem *pem)
{
	/* Where keys sort in an order of their own, and none is another one's in the environment. */
	static const char *const stems[] = { "p", "backend-", "a.b", "0x", "a", "long-name-of-a-pipeline-" };
	static const unsigned numbers[PIPELINES_MAX] = { 1, 10, 2, 100, 20 };
	maker m = { .p = p, .state = seed, .pem = { "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n",
	            "-----BEGIN CERTIFICATE-----\nQg==\n-----END CERTIFICATE-----\n", "not a key\nat all" } };
	size_t first;

	if (pem)
		m.pem = *pem;
	*p = (pipelines){ .count = 0 };
	tel__dynbuf_init(&p->text, NULL, TEXT_MAX);
	if (!one_in(&m, 3))
		put_facts(&m);
	p->pipeline_count = 1 + below(&m, PIPELINES_MAX);
	first = below(&m, PIPELINES_MAX);
	for (size_t i = 0; i < p->pipeline_count; i++) {
		snprintf(m.name, sizeof(m.name), "%s%u", PICK(&m, stems), numbers[(first + i) % PIPELINES_MAX]);
		put_pipeline(&m);
	}
	if (one_in(&m, 2))
		put_telemetry(&m);
	if (tel__dynbuf_error(&p->text) != TEL_OK)
		abort();
}

void pipelines_fini(pipelines *p)
{
	tel__dynbuf_fini(&p->text);
}

tel_slice pipelines_document(const pipelines *p, size_t index)
{
	size_t begin = index ? p->ends[index - 1] : 0;

	return tel__slice_sub(tel__dynbuf_get(&p->text), begin, p->ends[index] - begin);
}

char *pipelines_join(const pipelines *p, uint64_t seed)
{
	size_t order[PIPELINES_DOCUMENTS], n = 0, room = p->text.len + p->count * 8 + 1;
	char *text = malloc(room);

	if (!text)
		abort();
	for (size_t i = 0; i < p->count; i++)
		order[i] = i;
	for (size_t i = p->count; seed && i > 1; i--) {
		size_t other = (size_t)(splitmix64(&seed) % i), kept = order[i - 1];

		order[i - 1] = order[other];
		order[other] = kept;
	}
	for (size_t i = 0; i < p->count; i++)
		n += (size_t)snprintf(text + n, room - n, "---\n" TEL_SLICE_FMT "\n", TEL_SLICE_ARG(pipelines_document(p, order[i])));
	return text;
}
