/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_EDIT_I_H
#define TEL_MODEL_EDIT_I_H
/* What the files that change a batch share. */
#include "model/cut.h"
#include "model/edit.h"
#include "model/metrics_i.h"

TEL_PRIVATE_BEGIN

/* Makes the arrays on the way to a metric of scope s writable; TEL__NO_NODE: to the resource only. */
tel_err tel__metrics_path(tel_metrics *m, uint32_t r, uint32_t s);
/* The node is no longer as it was received; the path is writable. */
void tel__metrics_changed(tel_metrics *m, uint32_t r, uint32_t s);
/* Something on the path was dropped: close has to look there. */
void tel__metrics_touched(tel_metrics *m, uint32_t r, uint32_t s);
/* Writes what is open back into bytes. */
tel_err tel__metrics_close_open(tel_metrics *m);
/* Removes what is marked dropped, or was touched and is empty; counts anew. */
void tel__metrics_sweep(tel_metrics *m);

TEL_PRIVATE_END
#endif
