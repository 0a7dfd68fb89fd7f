/* SPDX-License-Identifier: Apache-2.0 */
/* nop: takes everything, keeps nothing. */
#include "base/error_i.h"
#include "base/mem.h"
#include "sink/exporters.h"
#include "sink/later.h"

struct tel__exporter_impl {
	tel__later later;
};

static tel_err nop_make(const tel__exporter_env *env, const void *options, tel__exporter_impl **ret_impl, tel_error *err)
{
	(void)options;
	tel__exporter_impl *x = tel__mem_new(tel__ctx_alloc(env->ctx), 1, sizeof *x);
	if (!x)
		return tel__fail_nomem(err);
	tel__later_init(&x->later, env->ctx);
	*ret_impl = x;
	return TEL_OK;
}

static tel_err nop_send(tel__exporter_impl *x, const tel__export_batch *batch,
                        void (*done)(void *user, const tel__export_outcome *outcome), void *user, uint64_t *ret_id,
                        tel_error *err)
{
	static const tel__export_outcome ok = { .verdict = TEL__EXPORT_OK };
	(void)batch;
	return tel__later_push(&x->later, &ok, done, user, ret_id, err);
}

static void nop_cancel(tel__exporter_impl *x, uint64_t id)
{
	tel__later_cancel(&x->later, id);
}

static void nop_free(tel__exporter_impl *x)
{
	const tel_alloc *alloc = tel__ctx_alloc(x->later.ctx);
	tel__later_fini(&x->later);
	tel__mem_free(alloc, x, 1, sizeof *x);
}

static const tel__exporter_ops nop_ops = { nop_make, nop_send, nop_cancel, nop_free, NULL };

static const tel__key_table nop_keys = { .go_name = "nopexporter.Config", .size = 1 };

const tel__component tel__nop_exporter = {
	.type = "nop",
	.kind = TEL__KIND_EXPORTER,
	.keys = &nop_keys,
	.help = "drops everything and reports success",
	.impl = &nop_ops,
};
