/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_FILE_H
#define TEL_NET_FILE_H
/* Small files that hold secrets: keys, tokens, passwords. Read whole, through the seam; zeroed when they go. */
#include <telemetry/slice.h>

#include "net/ctx_i.h"

TEL_PRIVATE_BEGIN

typedef struct tel__file {
	char *bytes; /* NULL: nothing was read */
	size_t len, size;
} tel__file;

/* TEL_ERR_CONFIG (it cannot be opened or read: Go's words), TEL_ERR_LIMIT (longer than max bytes), TEL_ERR_NOMEM. */
tel_err tel__file_read(tel_ctx *ctx, tel_slice path, size_t max, tel__file *ret_file, tel_error *err);
void tel__file_free(tel_ctx *ctx, tel__file *file); /* zeroes; an empty one is fine */

TEL_PRIVATE_END
#endif
