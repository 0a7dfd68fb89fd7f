/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_APPEND_H
#define TEL_MODEL_APPEND_H
/* Attributes behind those of a resource, without opening it. */
#include "model/metrics_i.h"

TEL_PRIVATE_BEGIN

/* Appends encoded fields of Resource (tag, length, KeyValue) to a resource that is not open. TEL_OK or TEL_ERR_NOMEM. */
tel_err tel__metrics_append_attributes(tel_metrics *m, uint32_t r, const tel_slice *fields, size_t count);

TEL_PRIVATE_END
#endif
