/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/calls.h"

#include "base/mem.h"

tel__export_call *tel__export_calls_get(tel__export_calls *p)
{
	tel__export_call *c = p->idle;
	if (c)
		p->idle = c->next;
	else
		c = tel__mem_new(p->alloc, 1, sizeof *c);
	return c;
}

void tel__export_calls_put(tel__export_calls *p, tel__export_call *c)
{
	c->next = p->idle;
	p->idle = c;
}

void tel__export_calls_fini(tel__export_calls *p)
{
	for (tel__export_call *c = p->idle, *next; c; c = next) {
		next = c->next;
		tel__mem_free(p->alloc, c, 1, sizeof *c);
	}
	p->idle = NULL;
}

uint64_t tel__export_timeout(const tel_ctx *ctx, uint64_t timeout_ns, uint64_t deadline_mono_ns)
{
	if (deadline_mono_ns == UINT64_MAX)
		return timeout_ns;
	uint64_t now = tel__ctx_mono_ns(ctx), left = deadline_mono_ns > now ? deadline_mono_ns - now : 1;
	return timeout_ns && timeout_ns < left ? timeout_ns : left;
}
