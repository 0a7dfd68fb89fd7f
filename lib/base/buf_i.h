/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_BUF_I_H
#define TEL_BASE_BUF_I_H
/* Buffers that are still being written, and what the rest of the library needs to know of a tel_buf. */
#include <telemetry/buf.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

struct tel_budget;

/* A buffer with room for cap bytes whose content the caller writes through tel__buf_room() before anybody else sees it.
 * The capacity is reserved in budget (may be NULL) first and returned with the last reference.
 * TEL_ERR_BUDGET or TEL_ERR_NOMEM; *ret_buf has length 0. */
tel_err tel__buf_new(const tel_alloc *alloc, size_t cap, struct tel_budget *budget, tel_buf **ret_buf);
char *tel__buf_room(tel_buf *buf);                  /* first byte of the storage */
size_t tel__buf_cap(const tel_buf *buf);            /* what the buffer pins in memory */
void tel__buf_set_len(tel_buf *buf, size_t len);    /* len <= cap */
/* Shrinks or grows the storage while there is one reference; bytes up to the length are kept, and a length over the new
 * capacity is cut to it. The budget follows. TEL_ERR_STATE (shared, or memory of the host), TEL_ERR_BUDGET,
 * TEL_ERR_NOMEM; on failure nothing changed. */
tel_err tel__buf_resize(tel_buf **buf, size_t new_cap);
/* Takes over a block of cap bytes from alloc (NULL when cap is 0) of which the first len hold content. On failure,
 * TEL_ERR_NOMEM, the block stays the caller's. */
tel_err tel__buf_adopt(const tel_alloc *alloc, char *block, size_t len, size_t cap, tel_buf **ret_buf);
/* What the buffer keeps reserved in this budget by itself: all of its capacity or nothing. */
size_t tel__buf_charged(const tel_buf *buf, const struct tel_budget *budget);
bool tel__buf_is_shared(const tel_buf *buf);        /* more than one reference */

TEL_PRIVATE_END
#endif
