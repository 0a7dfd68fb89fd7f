/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BASE_JSON_CHECK_H
#define TESTS_BASE_JSON_CHECK_H
/* Is this one JSON object of strings, numbers and objects, as log lines are? Strict, and independent of the library. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static inline bool json_string(const char **at, const char *end)
{
	const char *p = *at;

	if (p == end || *p++ != '"')
		return false;
	for (; p < end && *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return false;
		if (*p != '\\')
			continue;
		p++;
		if (p < end && *p == 'u') {
			for (int i = 0; i < 4; i++)
				if (++p >= end || !isxdigit((unsigned char)*p))
					return false;
		} else if (p >= end || !memchr("\"\\/bfnrt", *p, 8)) {
			return false;
		}
	}
	if (p >= end)
		return false;
	*at = p + 1;
	return true;
}

static inline bool json_number(const char **at, const char *end)
{
	const char *p = *at;

	while (p < end && (isdigit((unsigned char)*p) || memchr("+-.eE", *p, 5)))
		p++;
	if (p == *at || !isdigit((unsigned char)p[-1]))
		return false;
	*at = p;
	return true;
}

/* depth: how many objects may stand in it. */
static inline bool json_object(const char **at, const char *end, int depth)
{
	const char *p = *at;

	if (p == end || *p++ != '{')
		return false;
	for (bool first = true; p < end && *p != '}'; first = false) {
		if (!first && *p++ != ',')
			return false;
		if (!json_string(&p, end) || p == end || *p++ != ':' || p == end)
			return false;
		if (*p == '"' ? !json_string(&p, end)
		    : *p == '{' ? depth == 0 || !json_object(&p, end, depth - 1) : !json_number(&p, end))
			return false;
	}
	if (p >= end)
		return false;
	*at = p + 1;
	return true;
}

/* One object and a newline, nothing else. */
static inline bool json_line(const char *line, size_t len)
{
	const char *at = line, *end = line + len;

	return json_object(&at, end, 2) && at + 1 == end && *at == '\n';
}

#endif
