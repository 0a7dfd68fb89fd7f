/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/regex_keys.h"

#include <stdio.h>
#include <string.h>

#include "base/slice_i.h"
#include "wire/regex.h"

tel_err tel__regex_verify(const tel__key_check *c, tel_slice pattern, unsigned flags, const char *path)
{
	tel_error err = TEL_ERROR_INIT;
	tel_err rc = tel__regex_check(c->alloc, pattern, flags, &err);
	char place[128];

	if (rc == TEL_OK || rc == TEL_ERR_NOMEM)
		return rc;
	snprintf(place, sizeof(place), "%s%s@1:%llu", path, strchr(path, '|') ? "" : "|",
	         (unsigned long long)(err.offset < pattern.len ? err.offset + 1 : 1));
	c->report(c, false, rc == TEL_ERR_LIMIT ? path : place, tel__slice_str(err.msg));
	return TEL_OK;
}
