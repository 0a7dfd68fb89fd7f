/* SPDX-License-Identifier: Apache-2.0 */
#include "common/proxies.h"

#include <stdlib.h>
#include <string.h>

#include "common/files.h"

/* What a variable holds, as our copy; NULL = nothing, or no memory (*failed). */
static char *look_up(environment *e, const char *name, int *failed)
{
	static const tel_slice scheme = { "env", 3 };
	tel_slice value = { NULL, 0 };
	char *copy;

	if (environment_lookup(e, scheme, (tel_slice){ name, strlen(name) }, &value) != TEL_OK || value.len == 0)
		return NULL;
	copy = malloc(value.len + 1);
	if (!copy) {
		*failed = 1;
		return NULL;
	}
	memcpy(copy, value.ptr, value.len);
	copy[value.len] = '\0';
	return copy;
}

static tel_slice slice_of(const char *text)
{
	return (tel_slice){ text, text ? strlen(text) : 0 };
}

int proxies_read(proxies *p, const char *env_dir, tel_proxies *ret_rules)
{
	static const char *const names[3][2] = { { "HTTP_PROXY", "http_proxy" }, { "HTTPS_PROXY", "https_proxy" },
		{ "NO_PROXY", "no_proxy" } };
	environment e = { env_dir, NULL };
	int i, k, failed = 0;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < 3; i++)
		for (k = 0; k < 2 && !p->texts[i]; k++)
			p->texts[i] = look_up(&e, names[i][k], &failed);
	environment_fini(&e);
	*ret_rules = (tel_proxies){ slice_of(p->texts[0]), slice_of(p->texts[1]), slice_of(p->texts[2]) };
	return failed ? -1 : 0;
}

void proxies_fini(proxies *p)
{
	int i;

	for (i = 0; i < 3; i++) {
		if (p->texts[i])
			memset(p->texts[i], 0, strlen(p->texts[i])); /* a password may stand in it */
		free(p->texts[i]);
	}
	memset(p, 0, sizeof(*p));
}
