/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_REGEX_MEMORY_H
#define TEL_WIRE_REGEX_MEMORY_H
/* PCRE2 on our allocator. Includes of this header have defined PCRE2_CODE_UNIT_WIDTH. */
#include <pcre2.h>
#include <telemetry/alloc.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* NULL: no memory. alloc outlives all that is made with it. Free with pcre2_general_context_free(). */
pcre2_general_context *tel__rx_memory(const tel_alloc *alloc);

TEL_PRIVATE_END
#endif
