/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_LOG_I_H
#define TEL_BASE_LOG_I_H
/* Writing a log line. Fields are built on the caller's stack: no allocation. */
#include <telemetry/log.h>

#include "base/slice_i.h"
#include "base/visibility.h"

#define TEL__LOG_STR(k, s) ((tel_log_field){ TEL_SLICE_LIT(k), (s), 0, false })
#define TEL__LOG_NUM(k, n) ((tel_log_field){ TEL_SLICE_LIT(k), { NULL, 0 }, (double)(n), true })

/* Who logs; copied into each entry. */
typedef struct tel__log_source {
	tel_slice id, kind, pipeline;
} tel__log_source;

TEL_PRIVATE_BEGIN
/* sink and source may be NULL; fields may be NULL when count is 0. */
void tel__log(const tel_log_sink *sink, tel_log_level level, const tel__log_source *source, const char *msg,
              const tel_log_field *fields, size_t count);
TEL_PRIVATE_END
#endif
