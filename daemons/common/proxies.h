/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_PROXIES_H
#define DAEMONS_PROXIES_H
/* The proxies that the environment of a program names: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, in upper or lower case. */
#include <telemetry/ctx.h>

typedef struct proxies {
	char *texts[3];
} proxies;

/* env_dir (one file per variable, or NULL) wins over the environment; the rules live as long as p. 0 = done, -1 = no
 * memory. */
int proxies_read(proxies *p, const char *env_dir, tel_proxies *ret_rules);
void proxies_fini(proxies *p);

#endif
