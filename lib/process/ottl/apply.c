/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "model/edit.h"
#include "model/metrics_i.h"
#include "process/ottl/apply.h"

typedef tel__ottl_machine machine;

/* One pass over a batch, otel-processing.md 4.2. */

typedef struct pass {
	machine *m;
	const tel_ottl_program *program;
	tel__ottl_error_mode mode;
	const tel__log_source *source;
	tel__ottl_counts *counts;
} pass;

/* What stands at the item. False: stop. */
static bool visit(pass *p)
{
	tel__ottl_answer answer = TEL__OTTL_YES;

	tel__ottl_machine_reset(p->m);
	p->counts->items++;
	if (p->program->condition_count)
		answer = tel__ottl_run_conditions(p->m, p->program, p->mode, p->source);
	if (answer != TEL__OTTL_YES)
		return answer == TEL__OTTL_NO;
	p->counts->matched++;
	return tel__ottl_run_statements(p->m, p->program, p->mode, p->source);
}

static bool visit_points(pass *p)
{
	if (tel__ottl_metric_type_of(p->m->item) == TEL_METRIC_NONE || tel__ottl_is_idle(p->m, p->program, TEL_OTTL_METRIC))
		return true;
	while (tel__ottl_next_point(p->m->item))
		if (!visit(p))
			return false;
	return true;
}

static bool visit_scope(pass *p)
{
	const tel__ottl_item *item = p->m->item;

	if (p->program->context == TEL_OTTL_SCOPE)
		return visit(p);
	/* Metrics that statements add are visited, too: the length is read anew. */
	for (uint32_t k = 0; k < item->batch->resources[item->r].scopes[item->s].e.count; k++) {
		tel__ottl_enter_metric(p->m->item, k);
		if (!(p->program->context == TEL_OTTL_METRIC ? visit(p) : visit_points(p)))
			return false;
	}
	return true;
}

bool tel__ottl_apply(machine *m, const tel_ottl_program *program, tel__ottl_memo_slot *memos, tel__ottl_error_mode mode,
                     const tel__log_source *source, tel__ottl_counts *ret_counts)
{
	pass p = { m, program, mode, source, ret_counts };

	m->memos = memos;
	for (uint32_t r = 0; r < m->item->batch->count; r++) {
		tel__ottl_enter_resource(m->item, r);
		if (program->context == TEL_OTTL_RESOURCE) {
			if (!visit(&p))
				return false;
			continue;
		}
		for (uint32_t s = 0; s < m->item->batch->resources[r].e.count; s++) {
			tel__ottl_enter_scope(m->item, s);
			if (!visit_scope(&p))
				return false;
		}
	}
	return true;
}

/* A message that is too long for err: of the statement its start, and the reason, which stands at the end. */
static tel_err fail_with_ends(tel_error *err, tel_slice message)
{
	enum { HEAD = 96, BETWEEN = 5 };
	tel_slice head = tel__slice_cut(message, HEAD);
	size_t from = message.len - (sizeof(err->msg) - 1 - HEAD - BETWEEN);

	while (from < message.len && ((unsigned char)message.ptr[from] & 0xc0) == 0x80)
		from++; /* between characters */
	return tel__fail(err, TEL_ERR_REFUSED, TEL_SLICE_FMT " ... " TEL_SLICE_FMT, TEL_SLICE_ARG(head),
	                 TEL_SLICE_ARG(tel__slice_sub(message, from, message.len - from)));
}

tel_err tel__ottl_outcome(machine *m, tel_error *err)
{
	tel_slice message = tel__dynbuf_get(&m->message);

	if (m->rc == TEL_ERR_NOMEM)
		return tel__fail_nomem(err);
	if (m->rc != TEL_OK)
		return tel__fail(err, m->rc, "no room in the memory budget");
	if (message.len >= sizeof(err->msg))
		return fail_with_ends(err, message);
	return tel__fail(err, TEL_ERR_REFUSED, TEL_SLICE_FMT, TEL_SLICE_ARG(message));
}

static tel_err eval(const tel_ottl_program *program, tel_metrics *metrics, const tel_ottl_eval_opts *o, machine *m,
                    tel_ottl_result *ret_result, tel_error *err)
{
	tel__ottl_memo_slot *memos = tel__mem_zero(o->alloc, program->memo_count + 1, sizeof *memos);
	tel__ottl_counts counts = { 0, 0 };
	tel__ottl_item item = { 0 };
	tel_err rc = TEL_OK;
	bool ok;

	if (!memos)
		return tel__fail_nomem(err);
	tel__ottl_item_init(&item, metrics);
	tel__ottl_machine_begin(m, &item, o->unix_ns, NULL);
	ok = tel__ottl_apply(m, program, memos, (tel__ottl_error_mode)o->error_mode, NULL, &counts);
	if (!ok)
		rc = tel__ottl_outcome(m, err);
	if (tel__metrics_close(metrics) != TEL_OK && ok)
		rc = tel__fail_nomem(err);
	ret_result->items = counts.items;
	ret_result->matched = counts.matched;
	ret_result->failed = m->failures;
	ret_result->created = m->created;
	tel__mem_free(o->alloc, memos, program->memo_count + 1, sizeof *memos);
	return rc;
}

tel_err tel_ottl_eval(const tel_ottl_program *program, tel_metrics *metrics, const tel_ottl_eval_opts *opts,
                      tel_ottl_result *ret_result, tel_error *err)
{
	tel_ottl_eval_opts o = TEL_OTTL_EVAL_OPTS_INIT;
	tel_ottl_result result = TEL_OTTL_RESULT_INIT;
	machine *m;
	tel_err rc;

	if (!program || !metrics)
		return tel__fail(err, TEL_ERR_ARG, "a run needs a program and a batch");
	if (opts)
		memcpy(&o, opts, opts->size < sizeof o ? opts->size : sizeof o);
	o.alloc = tel__alloc_or_default(o.alloc);
	if (tel__ottl_machine_new(o.alloc, &m) != TEL_OK)
		return tel__fail_nomem(err);
	rc = eval(program, metrics, &o, m, &result, err);
	tel__ottl_machine_free(m);
	if (ret_result) {
		size_t size = ret_result->size < sizeof result ? ret_result->size : sizeof result;

		result.size = ret_result->size;
		memcpy(ret_result, &result, size);
	}
	return rc;
}
