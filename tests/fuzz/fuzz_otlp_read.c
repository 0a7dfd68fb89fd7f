/* SPDX-License-Identifier: Apache-2.0 */
/* Every reader gets through whatever the decoder takes: the cursor counts what the index counted, a batch equals itself
 * encoded and decoded, and all text forms can be written. */
#include <telemetry/columns.h>
#include <telemetry/cursor.h>
#include <telemetry/format.h>
#include <telemetry/otlp.h>

#include "fuzz/fuzz.h"

static tel_metrics *decode(tel_slice bytes, uint32_t flags)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL;
	tel_buf *buf = NULL;

	opts.flags = flags;
	fuzz_check(tel_buf_copy(NULL, bytes, &buf) == TEL_OK);
	(void)tel_otlp_decode(buf, &opts, &m, NULL, NULL);
	tel_buf_unref(buf);
	return m;
}

static uint64_t visit_point(const tel_point_view *p)
{
	tel_numbers counts = p->bucket_counts, bounds = p->bounds, positive = p->positive.counts;
	tel_fields attributes = p->attributes, exemplars = p->exemplars, quantiles = p->quantiles;
	uint64_t seen = 0, n;
	tel_exemplar_view e;
	tel_quantile q;
	tel_pair pair;
	double d;

	while (tel_attr_next(&attributes, &pair))
		seen++;
	fuzz_check(seen == p->attributes.count);
	for (seen = 0; tel_exemplar_next(&exemplars, &e); seen++)
		while (tel_attr_next(&e.attributes, &pair))
			;
	fuzz_check(seen == p->exemplars.count);
	for (seen = 0; tel_quantile_next(&quantiles, &q); seen++)
		;
	fuzz_check(seen == p->quantiles.count);
	for (seen = 0; tel_number_next_u64(&counts, &n); seen++)
		;
	fuzz_check(seen == p->bucket_counts.count);
	for (seen = 0; tel_number_next_double(&bounds, &d); seen++)
		;
	fuzz_check(seen == p->bounds.count);
	for (seen = 0; tel_number_next_u64(&positive, &n); seen++)
		;
	fuzz_check(seen == p->positive.counts.count);
	return 1;
}

static uint64_t visit(const tel_metrics *m)
{
	tel_resource_view resource;
	tel_scope_view scope;
	tel_metric_view metric;
	tel_point_view point;
	uint64_t points = 0;
	tel_cursor c;

	tel_cursor_init(&c, m);
	while (tel_cursor_next_resource(&c, &resource))
		while (tel_cursor_next_scope(&c, &scope))
			while (tel_cursor_next_metric(&c, &metric))
				while (tel_cursor_next_point(&c, &point))
					points += visit_point(&point);
	return points;
}

static void check_batch(tel_metrics *m, uint32_t flags)
{
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	tel_columns columns = TEL_COLUMNS_INIT;
	tel_metrics *again;
	char difference[256];
	tel_buf *buf = NULL;

	tel_metrics_count(m, &counts);
	fuzz_check(visit(m) == counts.points);
	fuzz_check(tel_metrics_columns(m, 7, &columns) == TEL_OK);
	fuzz_check(columns.point_count == counts.points && columns.metric_count == counts.metrics);
	for (int format = TEL_FORMAT_BASIC; format <= TEL_FORMAT_JSON; format++) {
		fuzz_check(tel_metrics_format(m, (tel_format)format, &buf, NULL) == TEL_OK);
		tel_buf_unref(buf);
	}
	fuzz_check(tel_otlp_encode(m, &buf, NULL) == TEL_OK);
	again = decode(tel_buf_get(buf), flags);
	tel_buf_unref(buf);
	fuzz_check(again);
	if (!tel_metrics_equal(m, again, difference)) {
		fprintf(stderr, "# difference at %s\n", difference);
		fuzz_check(0 && "a batch is equal to itself encoded and decoded");
	}
	tel_metrics_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (uint32_t flags = 0; flags <= TEL_OTLP_FORWARD_BAD_UTF8; flags++) {
		tel_metrics *m = decode(fuzz_slice(data, size), flags);

		if (m)
			check_batch(m, flags);
		tel_metrics_free(m);
	}
	return 0;
}
