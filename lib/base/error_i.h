/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_ERROR_I_H
#define TEL_BASE_ERROR_I_H
/* Filling a tel_error. Each of these returns code, so that a failure is one statement: return tel__fail(err, ...). */
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* err may be NULL; its old message may be an argument. Text that does not fit is cut at a UTF-8 border. Control characters of arguments are the caller's
 * duty: print foreign text through tel__slice_printable(). */
tel_err tel__fail(tel_error *err, tel_err code, const char *fmt, ...) TEL_PRINTF(3, 4);
tel_err tel__fail_at(tel_error *err, tel_err code, uint64_t offset, const char *fmt, ...) TEL_PRINTF(4, 5);
tel_err tel__fail_text(tel_error *err, tel_err code, uint32_t line, uint32_t column, const char *fmt, ...)
	TEL_PRINTF(5, 6);
tel_err tel__fail_errno(tel_error *err, tel_err code, int errnum, const char *fmt, ...) TEL_PRINTF(4, 5);
tel_err tel__fail_nomem(tel_error *err);

/* Copies foreign text for a message: control characters and invalid UTF-8 become \xNN, cut with "..." to fit cap. */
const char *tel__slice_printable(tel_slice text, char *out, size_t cap);

TEL_PRIVATE_END
#endif
