/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/crashpoint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t crashpoint_find(const crashpoint *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->count && strcmp(c->names[i], name) != 0; i++)
		;
	return i;
}

static void crashpoint_hit(void *user, const char *name)
{
	crashpoint *c = user;
	size_t i = crashpoint_find(c, name);

	if (i == c->count) {
		if (i == CRASHPOINT_MOST)
			abort();
		c->names[c->count++] = name;
	}
	c->hits[i]++;
	if (c->stop_name && strcmp(c->stop_name, name) == 0 && c->hits[i] == c->stop_hit)
		_exit(CRASHPOINT_STATUS);
}

void crashpoint_init(crashpoint *c)
{
	memset(c, 0, sizeof(*c));
	c->ops = (tel__crash_ops){ crashpoint_hit, c };
}

void crashpoint_stop_at(crashpoint *c, const char *name, uint64_t n)
{
	c->stop_name = name;
	c->stop_hit = n;
}

uint64_t crashpoint_hits(const crashpoint *c, const char *name)
{
	size_t i = crashpoint_find(c, name);

	return i < c->count ? c->hits[i] : 0;
}
