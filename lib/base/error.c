/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h" /* feature macros: before the first system header */

#include "base/error_i.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


const char *tel_err_name(tel_err code)
{
	switch (code) {
#define NAME(x) case x: return #x
	NAME(TEL_OK);
	NAME(TEL_ERR_ARG);
	NAME(TEL_ERR_MALFORMED);
	NAME(TEL_ERR_LIMIT);
	NAME(TEL_ERR_UNSUPPORTED);
	NAME(TEL_ERR_NOT_FOUND);
	NAME(TEL_ERR_EXISTS);
	NAME(TEL_ERR_STATE);
	NAME(TEL_ERR_CONFIG);
	NAME(TEL_ERR_TYPE);
	NAME(TEL_ERR_RANGE);
	NAME(TEL_ERR_AGAIN);
	NAME(TEL_ERR_CLOSED);
	NAME(TEL_ERR_TIMEOUT);
	NAME(TEL_ERR_TRANSPORT);
	NAME(TEL_ERR_TLS);
	NAME(TEL_ERR_DNS);
	NAME(TEL_ERR_IO);
	NAME(TEL_ERR_CANCELLED);
	NAME(TEL_ERR_FORKED);
	NAME(TEL_ERR_NOMEM);
	NAME(TEL_ERR_FULL);
	NAME(TEL_ERR_BUDGET);
	NAME(TEL_ERR_REFUSED);
	NAME(TEL_ERR_REJECTED);
	NAME(TEL_ERR_PARTIAL);
	NAME(TEL_ERR_FATAL);
#undef NAME
	case TEL_ERR_FORCE32:
		break;
	}
	return "TEL_ERR_UNKNOWN";
}

/* Length without a UTF-8 sequence that was cut in the middle at the end. */
static size_t without_cut_tail(const char *text, size_t len)
{
	size_t back, need;

	for (back = 1; back <= 3 && back <= len; back++) {
		unsigned char c = (unsigned char)text[len - back];

		if ((c & 0xc0) == 0x80)
			continue;
		need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
		return need > back ? len - back : len;
	}
	return len;
}

/* Sets the message; text that does not fit is cut. Returns its length. */
static size_t put_text(tel_error *err, const char *fmt, va_list ap) TEL_PRINTF(2, 0);
static size_t put_text(tel_error *err, const char *fmt, va_list ap)
{
	char text[sizeof(err->msg)]; /* an argument may be the old message */
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	size_t len = n < 0 ? 0 : (size_t)n;

	if (len >= sizeof(text))
		len = without_cut_tail(text, sizeof(text) - 1);
	memcpy(err->msg, text, len);
	err->msg[len] = '\0';
	return len;
}

static void put_code(tel_error *err, tel_err code)
{
	err->code = code;
	err->detail = 0;
	err->line = 0;
	err->column = 0;
	err->offset = 0;
}

tel_err tel__fail(tel_error *err, tel_err code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	put_code(err, code);
	va_start(ap, fmt);
	(void)put_text(err, fmt, ap);
	va_end(ap);
	return code;
}

tel_err tel__fail_at(tel_error *err, tel_err code, uint64_t offset, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	put_code(err, code);
	err->offset = offset;
	va_start(ap, fmt);
	(void)put_text(err, fmt, ap);
	va_end(ap);
	return code;
}

tel_err tel__fail_text(tel_error *err, tel_err code, uint32_t line, uint32_t column, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	put_code(err, code);
	err->line = line;
	err->column = column;
	va_start(ap, fmt);
	(void)put_text(err, fmt, ap);
	va_end(ap);
	return code;
}

/* The untranslated text, so that messages do not depend on the host's locale. */
static const char *errno_text(int errnum)
{
#ifdef HAVE_STRERRORDESC_NP
	return strerrordesc_np(errnum);
#else
	(void)errnum;
	return NULL;
#endif
}

tel_err tel__fail_errno(tel_error *err, tel_err code, int errnum, const char *fmt, ...)
{
	const char *text = errno_text(errnum);
	size_t len, room;
	va_list ap;

	if (!err)
		return code;
	put_code(err, code);
	err->detail = errnum;
	va_start(ap, fmt);
	len = put_text(err, fmt, ap);
	va_end(ap);
	room = sizeof(err->msg) - len;
	if (text)
		(void)snprintf(err->msg + len, room, ": %s", text);
	else
		(void)snprintf(err->msg + len, room, ": errno %d", errnum);
	return code;
}

tel_err tel__fail_nomem(tel_error *err)
{
	return tel__fail(err, TEL_ERR_NOMEM, "out of memory");
}
