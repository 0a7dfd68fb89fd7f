/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast a request becomes a batch, against protobuf-c in the same process. Rows: work, ours, peer, ratio; CPU time,
 * median of 5. performance.md 7.1, L1 and L2. Usage: bench_decode [request.bin ...]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <telemetry/cursor.h>
#include <telemetry/otlp.h>

#include "base/mem.h"
#include "bench/measure.h"
#include "oracle/otlp.pb-c.h"
#include "wire/pb.h"

enum { POINTS = 1000, ATTRIBUTES = 10 };

static volatile uint64_t sink;

/* ---- ours ---- */

static tel_alloc *decode_alloc;

static tel_metrics *decode(tel_buf *payload, uint32_t flags)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL;

	opts.flags = flags;
	opts.alloc = decode_alloc;
	if (tel_otlp_decode(payload, &opts, &m, NULL, NULL) != TEL_OK)
		abort();
	return m;
}

static void decode_only(tel_buf *payload)
{
	tel_metrics_free(decode(payload, 0));
}

static void decode_trusted(tel_buf *payload)
{
	tel_metrics_free(decode(payload, TEL_OTLP_TRUSTED));
}

static uint64_t visit_attributes(tel_fields attributes)
{
	tel_pair a;
	uint64_t sum = 0;

	while (tel_attr_next(&attributes, &a))
		sum += a.key.len + (a.value.type == TEL_VALUE_STRING ? a.value.u.bytes.len : (uint64_t)a.value.type);
	return sum;
}

static void decode_and_visit(tel_buf *payload)
{
	tel_metrics *m = decode(payload, 0);
	tel_cursor c;
	tel_resource_view resource;
	tel_scope_view scope;
	tel_metric_view metric;
	tel_point_view point;
	uint64_t sum = 0, n;

	tel_cursor_init(&c, m);
	while (tel_cursor_next_resource(&c, &resource)) {
		sum += visit_attributes(resource.attributes);
		while (tel_cursor_next_scope(&c, &scope)) {
			sum += scope.name.len + visit_attributes(scope.attributes);
			while (tel_cursor_next_metric(&c, &metric)) {
				sum += metric.name.len + metric.unit.len + metric.description.len;
				while (tel_cursor_next_point(&c, &point)) {
					sum += point.start_unix_ns + point.time_unix_ns + point.flags + point.has + point.count;
					sum += (uint64_t)point.as_int + visit_attributes(point.attributes);
					while (tel_number_next_u64(&point.bucket_counts, &n))
						sum += n;
				}
			}
		}
	}
	sink += sum;
	tel_metrics_free(m);
}

/* ---- the peer ---- */

static uint64_t peer_attributes(size_t n, Oracle__KeyValue **kvs)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += strlen(kvs[i]->key);
		if (kvs[i]->value && kvs[i]->value->value_case == ORACLE__ANY_VALUE__VALUE_STRING_VALUE)
			sum += strlen(kvs[i]->value->string_value);
	}
	return sum;
}

static uint64_t peer_numbers(size_t n, Oracle__NumberDataPoint **points)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += points[i]->start_time_unix_nano + points[i]->time_unix_nano + points[i]->flags;
		sum += points[i]->value_case + peer_attributes(points[i]->n_attributes, points[i]->attributes);
	}
	return sum;
}

static uint64_t peer_histograms(size_t n, Oracle__HistogramDataPoint **points)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += points[i]->start_time_unix_nano + points[i]->time_unix_nano + points[i]->count;
		for (size_t k = 0; k < points[i]->n_bucket_counts; k++)
			sum += points[i]->bucket_counts[k];
		sum += peer_attributes(points[i]->n_attributes, points[i]->attributes);
	}
	return sum;
}

static uint64_t peer_metric(const Oracle__Metric *m)
{
	switch (m->data_case) {
	case ORACLE__METRIC__DATA_GAUGE:
		return peer_numbers(m->gauge->n_data_points, m->gauge->data_points);
	case ORACLE__METRIC__DATA_SUM:
		return peer_numbers(m->sum->n_data_points, m->sum->data_points);
	case ORACLE__METRIC__DATA_HISTOGRAM:
		return peer_histograms(m->histogram->n_data_points, m->histogram->data_points);
	default:
		return 0;
	}
}

static void peer_visit(tel_buf *payload)
{
	tel_slice bytes = tel_buf_get(payload);
	Oracle__ExportMetricsServiceRequest *request =
		oracle__export_metrics_service_request__unpack(NULL, bytes.len, (const uint8_t *)bytes.ptr);
	uint64_t sum = 0;

	if (!request)
		abort();
	for (size_t i = 0; i < request->n_resource_metrics; i++) {
		const Oracle__ResourceMetrics *r = request->resource_metrics[i];

		for (size_t j = 0; j < r->n_scope_metrics; j++)
			for (size_t k = 0; k < r->scope_metrics[j]->n_metrics; k++)
				sum += peer_metric(r->scope_metrics[j]->metrics[k]);
	}
	sink += sum;
	oracle__export_metrics_service_request__free_unpacked(request, NULL);
}

/* ---- inputs ---- */

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void add_point(tel__dynbuf *b, int attributes)
{
	static const char *const keys[ATTRIBUTES] = { "http.request.method", "http.route", "http.response.status_code",
		                                          "server.address", "url.scheme", "k8s.pod.name", "k8s.namespace.name",
		                                          "k8s.node.name", "service.version", "network.protocol.version" };
	size_t point = tel__pb_add_open(b, 1), kv, value;
	char text[32];

	tel__pb_add_fixed64(b, 2, 1700000000000000000u);
	tel__pb_add_fixed64(b, 3, 1700000010000000000u + next_random() % 1000000);
	tel__pb_add_double(b, 4, (double)(next_random() % 100000) / 64);
	for (int i = 0; i < attributes; i++) {
		int len = snprintf(text, sizeof text, "value-%" PRIx64, next_random() % (i & 1 ? 1000 : 10000000));

		kv = tel__pb_add_open(b, 7);
		tel__pb_add_bytes(b, 1, (tel_slice){ keys[i], strlen(keys[i]) });
		value = tel__pb_add_open(b, 2);
		tel__pb_add_bytes(b, 1, (tel_slice){ text, (size_t)len });
		tel__pb_add_close(b, value);
		tel__pb_add_close(b, kv);
	}
	tel__pb_add_close(b, point);
}

/* One resource and scope; per_metric points in each gauge. */
static tel_buf *synthetic(int points, int per_metric, int attributes)
{
	tel__dynbuf b;
	tel_buf *buf = NULL;
	size_t resource, scope, metric, gauge, self;

	tel__dynbuf_init(&b, &tel__alloc_libc, 1 << 26);
	resource = tel__pb_add_open(&b, 1);
	self = tel__pb_add_open(&b, 1);
	tel__pb_add_close(&b, self);
	scope = tel__pb_add_open(&b, 2);
	for (int i = 0; i < points; i += per_metric) {
		metric = tel__pb_add_open(&b, 2);
		tel__pb_add_bytes(&b, 1, TEL_SLICE_LIT("http.server.request.duration"));
		tel__pb_add_bytes(&b, 3, TEL_SLICE_LIT("s"));
		gauge = tel__pb_add_open(&b, 5);
		for (int k = 0; k < per_metric; k++)
			add_point(&b, attributes);
		tel__pb_add_close(&b, gauge);
		tel__pb_add_close(&b, metric);
	}
	tel__pb_add_close(&b, scope);
	tel__pb_add_close(&b, resource);
	if (tel__dynbuf_take(&b, &buf) != TEL_OK)
		abort();
	return buf;
}

static tel_buf *load(const char *path)
{
	FILE *f = fopen(path, "rb");
	static char bytes[1 << 24];
	tel_buf *buf = NULL;
	size_t n;

	if (!f)
		return NULL;
	n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	return tel_buf_copy(NULL, (tel_slice){ bytes, n }, &buf) == TEL_OK ? buf : NULL;
}

static uint64_t calls_to_alloc;

static void *count_resize(void *user, void *p, size_t old, size_t new_size)
{
	(void)user;
	(void)old;
	calls_to_alloc += new_size != 0;
	if (new_size)
		return realloc(p, new_size);
	free(p);
	return NULL;
}

static uint64_t allocations(tel_buf *payload)
{
	tel_alloc counting = { count_resize, NULL };

	calls_to_alloc = 0;
	decode_alloc = &counting;
	decode_only(payload);
	decode_alloc = NULL;
	return calls_to_alloc;
}

static int missed;

/* Ratios and counts are gates; absolute times depend on the machine, so that they are only said. */
static void gate(bool met, const char *name, const char *what)
{
	printf("%s %s: %s\n", met ? "ok  " : "FAIL", name, what);
	missed += !met;
}

static void aim(bool met, const char *name, const char *what)
{
	printf("%s %s: %s\n", met ? "ok  " : "slow", name, what);
}

/* gated: the row whose figures the project promises; the best run decides. */
static void report(const char *name, tel_buf *payload, bool gated)
{
	tel_metrics *m = decode(payload, 0);
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	double points, bytes = (double)tel_buf_get(payload).len, ours, peer, check, trusted;
	bench_time both, indexed;
	uint64_t allocated = allocations(payload);

	tel_metrics_count(m, &counts);
	points = (double)counts.points;
	tel_metrics_free(m);
	check = bench_measure(decode_only, payload).median;
	both = bench_measure(decode_and_visit, payload);
	ours = both.median;
	peer = bench_measure(peer_visit, payload).median;
	indexed = bench_measure(decode_trusted, payload);
	trusted = indexed.median;
	printf("L1 decode+visit %s of %.0f points of %.0f B Mpoints/s, %.2f, %.2f, %.1f\n", name, points, bytes / points,
	       points / ours * 1e-6, points / peer * 1e-6, peer / ours);
	printf("L1 decode alone %s Mpoints/s, %.2f, %.2f, %.1f\n", name, points / check * 1e-6, points / peer * 1e-6,
	       peer / check);
	printf("L1 decode alone %s GB/s, %.2f, %.2f, %.1f\n", name, bytes / check * 1e-9, bytes / peer * 1e-9, peer / check);
	printf("L2 trusted %s ns/point, %.2f, %.1f, %.0f\n", name, trusted / points * 1e9, peer / points * 1e9,
	       peer / trusted);
	printf("L1 allocations per request %s, %" PRIu64 ", , \n", name, allocated);
	if (gated) {
		gate(peer / both.best >= 10, name, "decode and visit every field >= 10 x protobuf-c");
		aim(points / both.best >= 8e6, name, "decode and visit every field >= 8 M points/s");
		gate((double)allocated < points / 50, name, "no allocation per point");
		aim(indexed.best / points <= 12e-9, name, "decode to route <= 12 ns per point");
	}
	tel_buf_unref(payload);
}

int main(int argc, char **argv)
{
	const char *shared = getenv("TEL_SHARED");
	char path[512];
	tel_buf *payload;

	printf("work, ours, peer, ratio\n");
	report("1000x10 attributes in 1 metric", synthetic(POINTS, POINTS, ATTRIBUTES), true);
	report("1000x10 attributes in 100 metrics", synthetic(POINTS, POINTS / 100, ATTRIBUTES), false);
	report("1 point", synthetic(1, 1, ATTRIBUTES), false);
	snprintf(path, sizeof path, "%s/conformance/otlp/python-grpc-many.bin", shared ? shared : "");
	payload = load(path);
	if (payload)
		report("python-grpc-many", payload, false);
	for (int i = 1; i < argc; i++) {
		payload = load(argv[i]);
		if (payload)
			report(argv[i], payload, false);
	}
	return missed ? 1 : 0;
}
