/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_GO_URL_H
#define TEL_CONTROL_GO_URL_H
/* URLs as Go's net/url and net read them: Kyma's messages quote their errors, so the rules are theirs. */
#include <stdbool.h>

#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

typedef struct tel__go_url {
	tel_slice scheme;  /* as written; compare without case */
	tel_slice opaque;  /* what follows a scheme without a slash */
	tel_slice host;    /* with port and brackets */
	tel_slice path, query;
} tel__go_url;

TEL_PRIVATE_BEGIN

/* url.Parse. false: reason says why, as Go does behind 'parse "...": '. */
bool tel__go_url_parse(tel_slice text, tel__go_url *ret_url, char *reason, size_t reason_cap);

typedef enum tel__go_port {
	TEL__GO_PORT_OK,
	TEL__GO_PORT_MISSING,  /* no colon */
	TEL__GO_PORT_BAD       /* reason says why, as Go does behind 'address ...: ' */
} tel__go_port;

/* net.SplitHostPort. */
tel__go_port tel__go_split_host_port(tel_slice text, tel_slice *ret_host, tel_slice *ret_port, const char **ret_reason);

TEL_PRIVATE_END
#endif
