/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_FLOW_ZPAGES_H
#define TEL_FLOW_ZPAGES_H
/* The zpages extension: where the pages of flow/pages.h are served. otel-processing.md 9, conventions.md 4.2. */
#include "base/keys.h"
#include "net/tls_options.h"

typedef struct tel__zpages_options {
	tel_slice endpoint;
	tel__tls_options *tls; /* NULL = plaintext */
} tel__zpages_options;

TEL_PRIVATE_BEGIN
extern const tel__component tel__zpages_component;
TEL_PRIVATE_END
#endif
