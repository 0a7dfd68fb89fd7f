/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_URL_H
#define TEL_BASE_URL_H
/* What may be shown of a URL. */
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* "http://user:xxxxx@host/" for one with a password, as Go's URL.Redacted; any other is answered as it is, but without its
 * query, which may be a key (security.md S64). out is used
 * when something changes; when it does not fit: "...". */
tel_slice tel__url_redacted(tel_slice url, char *out, size_t cap);

TEL_PRIVATE_END
#endif
