/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_EDIT_H
#define TEL_MODEL_EDIT_H
/*
 * Changing a batch. Nodes are named by their indexes: r of the resource, s of the scope in it, k of the metric in that.
 * Indexes stay valid until tel__metrics_close(), which ends an editing pass: it writes opened nodes back into bytes,
 * removes what was dropped and what became empty by that, and brings the counts up to date.
 * Every call copies the path to the node first when the batch does not own it. A failed call changes nothing.
 */
#include <telemetry/metrics.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

tel_err tel__metrics_drop_resource(tel_metrics *m, uint32_t r);
tel_err tel__metrics_drop_scope(tel_metrics *m, uint32_t r, uint32_t s);
tel_err tel__metrics_drop_metric(tel_metrics *m, uint32_t r, uint32_t s, uint32_t k);

/* TEL_OK; TEL_ERR_NOMEM: what is open stays open, and the call may be repeated. */
tel_err tel__metrics_close(tel_metrics *m);

TEL_PRIVATE_END
#endif
