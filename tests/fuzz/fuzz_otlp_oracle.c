/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf-c as a second opinion. Both accept a request or both refuse it, and what protobuf-c reads and writes again is
 * equal to what we read. Where they may differ, by design:
 *  - a known field of another wire type is an unknown field for us (as for the official implementations), protobuf-c
 *    refuses it;
 *  - protobuf-c takes field number 0, varints with bits above 64, and any depth;
 *  - protobuf-c ends strings at NUL, replaces where a repeated oneof member should be merged, and shortens the tags of
 *    unknown fields.
 */
#include <string.h>

#include <telemetry/otlp.h>

#include "fuzz/fuzz.h"
#include "model/fields.h"
#include "model/metrics_i.h"
#include "oracle/otlp.pb-c.h"

/* What protobuf-c takes differently. */
struct quirks {
	bool wire; /* a known field of another wire type */
	bool nul;  /* a string with NUL */
};

static void scan_message(tel_slice bytes, tel__shape_id shape, struct quirks *q)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;
	tel__kind kind;

	while (tel__pb_next(&r, &f)) {
		kind = f.number < TEL__SHAPE_FIELDS ? (tel__kind)tel__shapes[shape].kind[f.number] : TEL__KIND_UNKNOWN;
		if (kind == TEL__KIND_UNKNOWN)
			continue;
		q->wire |= tel__shape_kind(&tel__shapes[shape], f.number, f.wire) == TEL__KIND_UNKNOWN;
		if (f.wire != TEL__PB_LEN)
			continue;
		if (kind == TEL__KIND_TEXT || kind == TEL__KIND_TEXTS)
			q->nul |= f.bytes.len && memchr(f.bytes.ptr, 0, f.bytes.len);
		if (kind == TEL__KIND_MESSAGE || kind == TEL__KIND_MESSAGES)
			scan_message(f.bytes, (tel__shape_id)tel__shapes[shape].sub[f.number], q);
	}
}

/* level 0 is the request, 1 ResourceMetrics, 2 ScopeMetrics. */
static void scan(tel_slice bytes, int level, struct quirks *q)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		if (f.number > (level == 0 ? 1 : 3))
			continue;
		q->wire |= f.wire != TEL__PB_LEN;
		if (f.wire != TEL__PB_LEN)
			continue;
		if (level == 0)
			scan(f.bytes, 1, q);
		else if (f.number == 1)
			scan_message(f.bytes, level == 1 ? TEL__SHAPE_RESOURCE : TEL__SHAPE_SCOPE, q);
		else if (f.number == 2 && level == 1)
			scan(f.bytes, 2, q);
		else if (f.number == 2)
			scan_message(f.bytes, TEL__SHAPE_METRIC, q);
		else
			q->nul |= f.bytes.len && memchr(f.bytes.ptr, 0, f.bytes.len);
	}
}

static tel_err decode(const void *bytes, size_t size, tel_metrics **m, tel_otlp_report *report, tel_error *err)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_buf *buf = NULL;
	tel_err code;

	opts.flags = TEL_OTLP_FORWARD_BAD_UTF8; /* protobuf-c does not look at text */
	fuzz_check(tel_buf_copy(NULL, fuzz_slice(bytes, size), &buf) == TEL_OK);
	code = tel_otlp_decode(buf, &opts, m, report, err);
	tel_buf_unref(buf);
	return code;
}

static bool we_are_stricter(const tel_error *err)
{
	return err->code == TEL_ERR_LIMIT || strstr(err->msg, "field number 0") || strstr(err->msg, "longer than 10 bytes") ||
	       strstr(err->msg, "2^29-1") || strstr(err->msg, "packed field");
}

static void compare(const tel_metrics *m, const Oracle__ExportMetricsServiceRequest *request)
{
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	size_t size = oracle__export_metrics_service_request__get_packed_size(request);
	uint8_t *packed = malloc(size + 1);
	tel_metrics *again = NULL;
	char difference[256];

	fuzz_check(packed);
	oracle__export_metrics_service_request__pack(request, packed);
	fuzz_check(decode(packed, size, &again, &report, NULL) == TEL_OK);
	if (!tel_metrics_equal(m, again, difference) && !strstr(difference, "unknown field")) {
		fprintf(stderr, "# difference at %s\n", difference);
		fuzz_check(!"what protobuf-c wrote is equal");
	}
	tel_metrics_free(again);
	free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Oracle__ExportMetricsServiceRequest *request;
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	struct quirks q = { false, false };
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;
	tel_err code;

	if (size > 4096) /* protobuf-c recurses without a limit */
		return 0;
	code = decode(data, size, &m, &report, &err);
	request = oracle__export_metrics_service_request__unpack(NULL, size, data);
	scan(fuzz_slice(data, size), 0, &q);
	if (code != TEL_OK)
		fuzz_check(!request || we_are_stricter(&err));
	else
		fuzz_check(request || q.wire);
	if (request && code == TEL_OK && !q.nul && !q.wire && report.merged_nodes == 0)
		compare(m, request);
	if (request)
		oracle__export_metrics_service_request__free_unpacked(request, NULL);
	tel_metrics_free(m);
	return 0;
}
