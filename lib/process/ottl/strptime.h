/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_STRPTIME_H
#define TEL_PROCESS_OTTL_STRPTIME_H
/* Times by a format, otel-processing.md 3.8: the directives of the Collector, read as strictly as Go reads its layouts. */
#include "process/ottl/text.h"

TEL_PRIVATE_BEGIN

/* Whether all directives are known; *ret_bad is the first that is not. */
bool tel__ottl_time_format_ok(tel_slice format, char *ret_bad);
/* now decides the year where the text has none. False: why says what is wrong. */
bool tel__ottl_parse_time(tel_slice text, tel_slice format, int64_t now_unix_ns, int64_t *ret_unix_ns, char *why, size_t cap);
void tel__ottl_format_time(tel__dynbuf *out, int64_t unix_ns, tel_slice format);
void tel__ottl_rfc3339(tel__dynbuf *out, int64_t unix_ns);

TEL_PRIVATE_END
#endif
