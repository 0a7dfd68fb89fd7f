/* SPDX-License-Identifier: Apache-2.0 */
#include <telemetry/format.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "codec/otlp_json_write.h"
#include "codec/otlp_text.h"
#include "model/metrics_i.h"

static tel_err write_format(const tel_metrics *metrics, tel_format format, tel__dynbuf *out)
{
	switch (format) {
	case TEL_FORMAT_BASIC:
		return tel__otlp_text_write(metrics, TEL__TEXT_BASIC, out);
	case TEL_FORMAT_SUMMARY:
		return tel__otlp_text_write(metrics, TEL__TEXT_SUMMARY, out);
	case TEL_FORMAT_NORMAL:
		return tel__otlp_text_write(metrics, TEL__TEXT_NORMAL, out);
	case TEL_FORMAT_DETAILED:
		return tel__otlp_text_write(metrics, TEL__TEXT_DETAILED, out);
	case TEL_FORMAT_JSON:
		return tel__otlp_json_write(metrics, out);
	default:
		return TEL_ERR_ARG;
	}
}

tel_err tel_metrics_format(const tel_metrics *metrics, tel_format format, tel_buf **ret_buf, tel_error *err)
{
	tel__dynbuf out;
	tel_err code;

	if (!metrics || !ret_buf)
		return tel__fail(err, TEL_ERR_ARG, "format: a batch and a place for the text are needed");
	tel__dynbuf_init(&out, &metrics->alloc, TEL_LIMIT_TEXT_BYTES);
	code = write_format(metrics, format, &out);
	if (!code)
		code = tel__dynbuf_take(&out, ret_buf);
	tel__dynbuf_fini(&out);
	if (code == TEL_ERR_NOMEM)
		return tel__fail_nomem(err);
	if (code == TEL_ERR_LIMIT)
		return tel__fail(err, code, "format: the text is longer than 1 GiB");
	return code ? tel__fail(err, code, "format: unknown format %d", (int)format) : TEL_OK;
}
