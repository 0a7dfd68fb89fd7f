/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever decodes, encodes to bytes that decode to the same batch, whole and needing no more merging; opening and
 * rewriting every node keeps every value; splitting and merging again keeps every point. An error's offset lies in the
 * input. The last byte of the input chooses the flags.
 */
#include <string.h>

#include <telemetry/cursor.h>
#include <telemetry/otlp.h>

#include "base/slice_i.h"
#include "fuzz/fuzz.h"
#include "model/edit.h"
#include "model/metrics_i.h"

static tel_buf *encode(const tel_metrics *m)
{
	tel_buf *buf = NULL;

	fuzz_check(tel_otlp_encode(m, &buf, NULL) == TEL_OK);
	return buf;
}

static tel_metrics *decode(tel_buf *buf, uint32_t flags, tel_otlp_report *report)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL;

	opts.flags = flags;
	opts.max_bytes = SIZE_MAX;
	fuzz_check(tel_otlp_decode(buf, &opts, &m, report, NULL) == TEL_OK);
	return m;
}

static void check_equal(const tel_metrics *a, const tel_metrics *b)
{
	char difference[256] = "";

	if (!tel_metrics_equal(a, b, difference)) {
		fprintf(stderr, "# they differ at %s\n", difference);
		abort();
	}
}

/* What a batch encodes to is the batch. */
static void check_bytes(const tel_metrics *m)
{
	tel_buf *once = encode(m), *twice = encode(m), *again;
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	tel_metrics *back = decode(once, TEL_OTLP_FORWARD_BAD_UTF8, &report), *trusted;

	fuzz_check(tel__slice_eq(tel_buf_get(once), tel_buf_get(twice)));
	fuzz_check(report.merged_nodes == 0);
	check_equal(m, back);
	again = encode(back);
	fuzz_check(again == once);
	fuzz_check(m->points == back->points && m->metrics == back->metrics && m->scopes == back->scopes);
	trusted = decode(once, TEL_OTLP_TRUSTED, NULL);
	fuzz_check(trusted->points == m->points && trusted->metrics == m->metrics && trusted->count == m->count);
	tel_metrics_free(trusted);
	tel_metrics_free(back);
	tel_buf_unref(once);
	tel_buf_unref(twice);
	tel_buf_unref(again);
}

/* False: refused for taking too much memory, which masses of empty points or attributes are. */
static bool opened(tel_err e)
{
	fuzz_check(e == TEL_OK || e == TEL_ERR_LIMIT);
	return e == TEL_OK;
}

static bool rewrite_metric(tel_metrics *m, uint32_t r, uint32_t s, uint32_t k)
{
	tel__metric_edit *edit = NULL;

	if (!opened(tel__metrics_open_metric(m, r, s, k, &edit)) || !opened(tel__metric_open_points(m, edit)))
		return false;
	edit->changed = true;
	for (uint32_t i = 0; i < edit->count; i++) {
		if (!opened(tel__point_open(m, edit, &edit->points[i])))
			return false;
		edit->points[i].changed = true;
	}
	return true;
}

static bool rewrite_scope(tel_metrics *m, uint32_t r, uint32_t s)
{
	tel__envelope_edit *edit = NULL;

	if (!opened(tel__metrics_open_scope(m, r, s, &edit)))
		return false;
	edit->changed = true;
	for (uint32_t k = 0; k < m->resources[r].scopes[s].e.count; k++) {
		if (!rewrite_metric(m, r, s, k))
			return false;
	}
	return true;
}

static bool rewrite_all(tel_metrics *m)
{
	tel__envelope_edit *edit = NULL;

	for (uint32_t r = 0; r < m->count; r++) {
		if (!opened(tel__metrics_open_resource(m, r, &edit)))
			return false;
		edit->changed = true;
		for (uint32_t s = 0; s < m->resources[r].e.count; s++) {
			if (!rewrite_scope(m, r, s))
				return false;
		}
	}
	return true;
}

/* Whatever could be opened is written back, and nothing is lost by it. */
static void check_rewriting(tel_metrics *m)
{
	tel_metrics *other = NULL;

	fuzz_check(tel_metrics_share(m, &other) == TEL_OK);
	(void)rewrite_all(other);
	fuzz_check(tel__metrics_close(other) == TEL_OK);
	check_equal(m, other);
	check_bytes(other);
	tel_metrics_free(other);
}

static void check_splitting(tel_metrics *m)
{
	tel_metrics *head = NULL;
	uint64_t points = m->points, half = points / 2 + 1;

	fuzz_check(tel_metrics_split(m, half, &head) == TEL_OK);
	fuzz_check(head->points + m->points == points);
	check_bytes(head);
	check_bytes(m);
	fuzz_check(tel_metrics_merge(head, m) == TEL_OK);
	fuzz_check(head->points == points);
	fuzz_check(tel_metrics_compact(head) == TEL_OK);
	fuzz_check(head->points == points);
	tel_metrics_free(head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;
	tel_buf *buf = NULL;
	tel_err e;

	opts.flags = size && data[size - 1] & 1 ? TEL_OTLP_FORWARD_BAD_UTF8 : 0;
	fuzz_check(tel_buf_copy(NULL, fuzz_slice(data, size), &buf) == TEL_OK);
	e = tel_otlp_decode(buf, &opts, &m, &report, &err);
	if (e) {
		fuzz_check(e == TEL_ERR_MALFORMED || e == TEL_ERR_LIMIT);
		fuzz_check(err.code == e && err.offset <= size && err.msg[0]);
	} else {
		fuzz_check((report.rejected_nodes != 0) == (report.message[0] != 0));
		check_bytes(m);
		check_rewriting(m);
		check_splitting(m);
	}
	tel_metrics_free(m);
	tel_buf_unref(buf);
	return 0;
}
