/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_sampler.h"

#include <string.h>

static uint32_t mix(uint32_t hash, tel_slice text) /* FNV-1a */
{
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.ptr[i]) * 16777619u;
	return hash;
}

void tel__log_sampler_set(tel__log_sampler *s, uint64_t initial, uint64_t thereafter, uint64_t tick_ns)
{
	if (s->initial == initial && s->thereafter == thereafter && s->tick_ns == tick_ns)
		return;
	s->initial = initial;
	s->thereafter = thereafter;
	s->tick_ns = tick_ns;
	memset(s->counters, 0, sizeof(s->counters));
}

bool tel__log_sampler_pass(tel__log_sampler *s, const tel_log_entry *entry, uint64_t mono_ns)
{
	tel__log_counter *c;
	bool pass;

	if (!s->tick_ns)
		return true;
	c = &s->counters[mix(mix(2166136261u + (uint32_t)entry->level, entry->msg), entry->component_id) % TEL__LOG_COUNTERS];
	if (c->count == 0 || mono_ns - c->since_mono_ns >= s->tick_ns)
		*c = (tel__log_counter){ mono_ns, 0 };
	c->count++;
	pass = c->count <= s->initial || (s->thereafter && (c->count - s->initial) % s->thereafter == 0);
	s->suppressed += !pass;
	return pass;
}
