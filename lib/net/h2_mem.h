/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_H2_MEM_H
#define TEL_NET_H2_MEM_H
/* nghttp2 on our allocator: it frees without a size, so each block carries its own. */
#include <nghttp2/nghttp2.h>

#include <telemetry/alloc.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN
/* alloc must outlive every session that uses *ret_mem. */
void tel__h2_mem_init(nghttp2_mem *ret_mem, const tel_alloc *alloc);
TEL_PRIVATE_END
#endif
