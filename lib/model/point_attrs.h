/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_POINT_ATTRS_H
#define TEL_MODEL_POINT_ATTRS_H
/* Changing the attributes of a metric's points at the cost of their bytes: nothing else of a point is looked at. */
#include "model/kvs.h"
#include "model/metrics_i.h"

/* Changes the attributes of one point. What it puts in has to live until it is called again, or as long as scratch. */
typedef tel_err tel__attrs_change(void *user, tel__kvs *attributes);

TEL_PRIVATE_BEGIN

/* All points of a metric that is not open, one by one; those whose set is not changed stay as they are. scratch serves for the
 * sets and may be reset afterwards. TEL_OK; TEL_ERR_NOMEM, TEL_ERR_LIMIT (thousands of empty attributes) or what change
 * said: the metric is then as it was. */
tel_err tel__metrics_change_attributes(tel_metrics *m, uint32_t r, uint32_t s, uint32_t k, tel__arena *scratch,
                                       tel__attrs_change *change, void *user);

TEL_PRIVATE_END
#endif
