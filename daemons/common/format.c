/* SPDX-License-Identifier: Apache-2.0 */
#include "common/format.h"

#include <string.h>

int format_by_name(const char *name)
{
	static const struct {
		const char *name;
		tel_format format;
	} names[] = { { "basic", TEL_FORMAT_BASIC },    { "summary", TEL_FORMAT_SUMMARY }, { "normal", TEL_FORMAT_NORMAL },
		          { "debug", TEL_FORMAT_DETAILED }, { "json", TEL_FORMAT_JSON },       { "otlp-json", TEL_FORMAT_JSON } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].name) == 0)
			return (int)names[i].format;
	return -1;
}
