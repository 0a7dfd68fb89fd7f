/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_POOL_H
#define TEL_BASE_POOL_H
/*
 * The C library's allocator with a few large blocks kept warm: mapping a body's pages anew for each request costs more
 * than reading the body. Blocks between TEL_LIMIT_MAP_BYTES and POOL_BLOCK_MAX are rounded up to eighths of a power of
 * two and, when freed, kept up to TEL_LIMIT_POOL_BYTES in all; the rest goes where tel__alloc_libc takes it.
 *
 * The blocks of a pool may be freed on any thread and after tel__pool_unref(): the pool ends with its last block.
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

typedef struct tel__pool tel__pool;

tel_err tel__pool_new(tel__pool **ret_pool); /* TEL_ERR_NOMEM */
tel_alloc tel__pool_alloc(tel__pool *pool);
void tel__pool_trim(tel__pool *pool);        /* gives back what is kept */
size_t tel__pool_kept(const tel__pool *pool); /* bytes kept and not in use */
void tel__pool_unref(tel__pool *pool);       /* the owner's reference; NULL is fine */

TEL_PRIVATE_END
#endif
