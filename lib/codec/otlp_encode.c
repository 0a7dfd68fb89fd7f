/* SPDX-License-Identifier: Apache-2.0 */
#include <telemetry/otlp.h>

#include "base/error_i.h"
#include "model/encode.h"

tel_err tel_otlp_encode(const tel_metrics *metrics, tel_buf **ret_buf, tel_error *err)
{
	tel_err e;

	if (!metrics || !ret_buf)
		return tel__fail(err, TEL_ERR_ARG, "tel_otlp_encode: metrics and ret_buf must not be NULL");
	if (!tel__metrics_is_closed(metrics))
		return tel__fail(err, TEL_ERR_STATE, "tel_otlp_encode: an editing pass was not ended by tel_edit_finish");
	e = tel__metrics_bytes(metrics, ret_buf);
	if (e == TEL_ERR_LIMIT)
		return tel__fail(err, e, "the encoded batch is longer than 2 GiB");
	return e ? tel__fail_nomem(err) : TEL_OK;
}
