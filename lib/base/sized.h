/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_SIZED_H
#define TEL_BASE_SIZED_H
/*
 * malloc, calloc, realloc and free over a tel_alloc, for libraries that free without telling sizes (nghttp2, PCRE2): each
 * block carries its size in front. user is the const tel_alloc.
 */
#include <telemetry/alloc.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

void *tel__sized_malloc(size_t size, void *user);
void *tel__sized_calloc(size_t count, size_t size, void *user);
void *tel__sized_realloc(void *ptr, size_t size, void *user);
void tel__sized_free(void *ptr, void *user);

TEL_PRIVATE_END
#endif
