/* SPDX-License-Identifier: Apache-2.0 */
#include "model/edit.h"
#include "model/encode.h"
#include "model/metrics_i.h"

/* Encode, index what came out, and take its place: the batch's own struct stays where the host points to. */
tel_err tel_metrics_compact(tel_metrics *metrics)
{
	tel_metrics *fresh, old;
	tel_buf *buf;
	tel_err e;

	if (!metrics)
		return TEL_ERR_ARG;
	e = tel__metrics_close(metrics);
	if (!e)
		e = tel__metrics_bytes(metrics, &buf);
	if (e)
		return e;
	e = tel__metrics_index_like(metrics, buf, &fresh);
	tel_buf_unref(buf);
	if (e)
		return e;
	old = *metrics;
	*metrics = *fresh;
	*fresh = old;
	tel__metrics_moved(metrics);
	tel__metrics_moved(fresh);
	tel_metrics_free(fresh);
	return TEL_OK;
}
