/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <telemetry/otlp.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "codec/otlp_json_read.h"

tel_err tel_otlp_json_decode(tel_slice text, const tel_otlp_decode_opts *opts, tel_metrics **ret_metrics,
                             tel_otlp_report *ret_report, tel_error *err)
{
	tel_otlp_decode_opts o = TEL_OTLP_DECODE_OPTS_INIT;
	tel__json_read_opts read = { .max_depth = TEL_LIMIT_VALUE_DEPTH, .max_bytes = TEL_LIMIT_REQUEST_BYTES };
	tel_buf *buf;
	tel_err e;

	if (!ret_metrics || (!text.ptr && text.len))
		return tel__fail(err, TEL_ERR_ARG, "tel_otlp_json_decode: text and ret_metrics must not be NULL");
	if (opts)
		memcpy(&o, opts, opts->size < sizeof o ? opts->size : sizeof o);
	if (o.flags & ~(uint32_t)TEL_OTLP_STRICT_JSON)
		return tel__fail(err, TEL_ERR_ARG, "tel_otlp_json_decode: a flag that is not for JSON");
	read.strict = o.flags & TEL_OTLP_STRICT_JSON;
	o.flags = 0;
	read.budget = o.budget;
	if (o.max_depth > TEL_LIMIT_VALUE_DEPTH)
		return tel__fail(err, TEL_ERR_ARG, "tel_otlp_json_decode: max_depth above %d", TEL_LIMIT_VALUE_DEPTH);
	read.alloc = tel__alloc_or_default(o.alloc);
	if (o.max_depth)
		read.max_depth = o.max_depth;
	if (o.max_bytes && o.max_bytes < read.max_bytes)
		read.max_bytes = o.max_bytes;
	e = tel__otlp_json_read(text, &read, &buf, err);
	if (e)
		return e;
	if (o.max_bytes) /* one ceiling for the bytes and the index over them; 0 would mean the default */
		o.max_bytes = o.max_bytes > tel_buf_get(buf).len ? o.max_bytes - tel_buf_get(buf).len : 1;
	e = tel_otlp_decode(buf, &o, ret_metrics, ret_report, err);
	tel_buf_unref(buf);
	return e;
}
