/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "codec/otlp_decode.h"

#include "base/error_i.h"
#include "base/limits.h"
#include "model/index.h"

enum { INDEX_FACTOR = 16, INDEX_FLOOR = 64 * 1024 }; /* default of max_bytes: 16 x payload + 64 KiB */

static void fill_report(const tel__index_report *from, tel_otlp_report *ret_report)
{
	tel_otlp_report r = TEL_OTLP_REPORT_INIT;
	size_t size = ret_report->size < sizeof r ? ret_report->size : sizeof r;

	r.size = ret_report->size;
	r.rejected_points = from->rejected_points;
	r.rejected_nodes = from->rejected_nodes;
	r.merged_nodes = from->merged_nodes;
	r.unknown_fields = from->unknown_fields;
	memcpy(r.message, from->message, sizeof r.message);
	memcpy(ret_report, &r, size);
}

/* Bytes that were validated before passed this ceiling then; edits may have made them shorter without taking a node. */
static size_t default_max_bytes(size_t payload, bool trusted)
{
	if (trusted)
		return SIZE_MAX;
	return payload > (SIZE_MAX - INDEX_FLOOR) / INDEX_FACTOR ? SIZE_MAX : payload * INDEX_FACTOR + INDEX_FLOOR;
}

tel_err tel_otlp_decode(tel_buf *payload, const tel_otlp_decode_opts *opts, tel_metrics **ret_metrics,
                        tel_otlp_report *ret_report, tel_error *err)
{
	bool budgeted = opts && opts->size >= offsetof(tel_otlp_decode_opts, budget) + sizeof opts->budget;

	return tel__otlp_decode(payload, opts, budgeted ? opts->budget : NULL, ret_metrics, ret_report, err);
}

tel_err tel__otlp_decode(tel_buf *payload, const tel_otlp_decode_opts *opts, tel__budget *budget,
                         tel_metrics **ret_metrics, tel_otlp_report *ret_report, tel_error *err)
{
	tel_otlp_decode_opts o = TEL_OTLP_DECODE_OPTS_INIT;
	tel__index_opts index = { 0 };
	tel__index_report report;
	tel_err e;

	if (!payload || !ret_metrics)
		return tel__fail(err, TEL_ERR_ARG, "tel_otlp_decode: payload and ret_metrics must not be NULL");
	if (opts)
		memcpy(&o, opts, opts->size < sizeof o ? opts->size : sizeof o);
	if (o.flags & ~(uint32_t)(TEL_OTLP_FORWARD_BAD_UTF8 | TEL_OTLP_TRUSTED))
		return tel__fail(err, TEL_ERR_ARG, "tel_otlp_decode: unknown flag");
	/* whoever reads a value later recurses: the ceiling is the library's, not the caller's (security.md S5) */
	if (o.max_depth > TEL_LIMIT_VALUE_DEPTH)
		return tel__fail(err, TEL_ERR_ARG, "tel_otlp_decode: max_depth above %d", TEL_LIMIT_VALUE_DEPTH);
	index.trusted = o.flags & TEL_OTLP_TRUSTED;
	index.keep_bad_text = o.flags & TEL_OTLP_FORWARD_BAD_UTF8;
	index.max_depth = o.max_depth ? o.max_depth : TEL_LIMIT_VALUE_DEPTH;
	index.max_bytes = o.max_bytes ? o.max_bytes : default_max_bytes(tel_buf_get(payload).len, index.trusted);
	index.alloc = o.alloc;
	index.budget = budget;
	e = tel__index(payload, &index, ret_metrics, &report, err);
	if (!e && ret_report)
		fill_report(&report, ret_report);
	return e;
}
