/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth.h"

#include "base/slice_i.h"

const tel__auth_ops *tel__auth_ops_of(const tel__component *row)
{
	static const tel__component *const rows[] = { &tel__basicauth, &tel__bearertokenauth, &tel__oauth2client };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (row == rows[i])
			return row->impl;
	return NULL;
}

bool tel__auth_header(const tel__http_request *req, tel_slice name, tel_slice *ret_value, bool *ret_twice)
{
	size_t count, found = 0;
	const tel__http_header *headers = tel__http_headers(req, &count);
	tel_slice value = { NULL, 0 };

	for (size_t i = 0; i < count; i++)
		if (tel__slice_eq_nocase(headers[i].name, name)) {
			value = headers[i].value;
			found++;
		}
	*ret_twice = found > 1;
	if (found == 1)
		*ret_value = value;
	return found == 1;
}
