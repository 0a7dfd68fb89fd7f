/* SPDX-License-Identifier: Apache-2.0 */
#include "net/renewals.h"

#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "net/ctx_state.h"

static tel__renewal *row_new(tel_ctx *ctx, tel_slice id, tel__renewal_kind kind)
{
	tel__renewal *r = tel__mem_zero(&ctx->alloc, 1, sizeof(*r) + id.len);
	if (!r)
		return NULL;
	memcpy(r + 1, id.ptr, id.len);
	r->id = (tel_slice){ (const char *)(r + 1), id.len };
	r->kind = kind;
	ctx->renewal_count++;
	return r;
}

/* NULL: no memory, or too many; then it goes uncounted. */
static tel__renewal *row_of(tel_ctx *ctx, tel_slice id, tel__renewal_kind kind)
{
	tel__renewal **link = &ctx->renewals, *r;
	while ((r = *link)) {
		int order = tel__slice_cmp(r->id, id);
		if (order == 0 && r->kind == kind)
			return r;
		if (order > 0 || (order == 0 && r->kind > kind))
			break;
		link = &r->next;
	}
	if (id.len == 0 || ctx->renewal_count == TEL_LIMIT_RENEWAL_ROWS || !(r = row_new(ctx, id, kind)))
		return NULL;
	r->next = *link;
	*link = r;
	return r;
}

void tel__renewal_note(tel_ctx *ctx, tel_slice id, tel__renewal_kind kind, bool ok, bool changed, bool was_stale)
{
	tel__renewal *r = ok && !changed && !was_stale ? NULL : row_of(ctx, id, kind);
	if (!r)
		return;
	r->renewed += ok && changed;
	r->failed += !ok;
	if (!ok && !was_stale)
		r->stale++;
	else if (ok && was_stale && r->stale)
		r->stale--;
}

void tel__renewal_gone(tel_ctx *ctx, tel_slice id, tel__renewal_kind kind)
{
	tel__renewal_note(ctx, id, kind, true, false, true);
}

const tel__renewal *tel__renewals(const tel_ctx *ctx)
{
	return ctx->renewals;
}

void tel__renewals_free(tel_ctx *ctx)
{
	while (ctx->renewals) {
		tel__renewal *r = ctx->renewals;
		ctx->renewals = r->next;
		tel__mem_free(&ctx->alloc, r, 1, sizeof(*r) + r->id.len);
	}
}
