/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_CUT_H
#define TEL_MODEL_CUT_H
/* Taking points away from a metric without rewriting the ones that stay. */
#include "model/metrics_i.h"

/* Decides about one point, given as the payload of NumberDataPoint, HistogramDataPoint, ... */
typedef bool tel__point_keep(void *user, tel_slice point);

TEL_PRIVATE_BEGIN

/* Keeps the points that the predicate wants, in order. A metric that had points and has none left goes at close.
 * TEL_OK or TEL_ERR_NOMEM (nothing changed); *ret_removed may be NULL. */
tel_err tel__metrics_keep_points(tel_metrics *m, uint32_t r, uint32_t s, uint32_t k, tel__point_keep *keep, void *user,
                                 uint32_t *ret_removed);

/* The same metric in cut form; what that needs is taken from arena. */
tel_err tel__metric_cut_form(tel__arena *arena, const tel__metric *metric, tel__metric *ret_cut);
/* Splits a metric in cut form after n of its points, 0 < n < points. The two may lie in different arenas. */
tel_err tel__metric_cut_at(tel__arena *head_arena, tel__arena *rest_arena, const tel__metric *metric, uint32_t n,
                           tel__metric *ret_head, tel__metric *ret_rest);

TEL_PRIVATE_END
#endif
