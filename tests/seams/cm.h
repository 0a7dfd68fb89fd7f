/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SEAMS_CM_H
#define TESTS_SEAMS_CM_H
/* cmocka with the headers that it wants before it, and assertions over the library's types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <telemetry/error.h>
#include <telemetry/slice.h>

#define assert_ok(call) assert_err((call), TEL_OK)
#define assert_err(call, code) cm_err((call), (code), #call, __FILE__, __LINE__)
#define assert_slice(s, text) cm_slice((s), (text), __FILE__, __LINE__)

static inline void cm_err(tel_err got, tel_err wanted, const char *call, const char *file, int line)
{
	if (got != wanted) {
		print_error("%s is %s, not %s\n", call, tel_err_name(got), tel_err_name(wanted));
		_fail(file, line);
	}
}

static inline void cm_slice(tel_slice got, const char *text, const char *file, int line)
{
	if (got.len != strlen(text) || (got.len && memcmp(got.ptr, text, got.len) != 0)) {
		print_error("\"%.*s\" is not \"%s\"\n", (int)got.len, got.ptr, text);
		_fail(file, line);
	}
}

#endif
