/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl_units.h"

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"

tel_err tel__ottl_bench_init(tel__ottl_bench *b, const tel__processor_env *env, const char *source_kind, tel_error *err)
{
	*b = (tel__ottl_bench){ .alloc = *tel__alloc_or_default(env->alloc) };
	if (tel__ottl_machine_new(&b->alloc, &b->machine) != TEL_OK)
		return tel__fail_nomem(err);
	b->machine->log = env->log;
	b->source = (tel__log_source){ env->id, tel__slice_str(source_kind), env->pipeline };
	return TEL_OK;
}

void tel__ottl_bench_fini(tel__ottl_bench *b)
{
	for (uint32_t i = 0; i < b->count; i++) {
		uint32_t memos = b->units[i].program->memo_count;

		tel__mem_free(&b->alloc, b->units[i].memos, memos + 1, sizeof(tel__ottl_memo_slot));
		tel_ottl_program_unref(b->units[i].program);
	}
	if (b->units)
		tel__mem_free(&b->alloc, b->units, b->cap, sizeof *b->units);
	tel__ottl_machine_free(b->machine);
	*b = (tel__ottl_bench){ .count = 0 };
}

static bool reserve(tel__ottl_bench *b)
{
	uint32_t cap = b->cap ? 2 * b->cap : 4;
	tel__ottl_unit *units;

	if (b->count < b->cap)
		return true;
	units = tel__mem_resize(&b->alloc, b->units, b->cap, cap, sizeof *units);
	if (!units)
		return false;
	b->units = units;
	b->cap = cap;
	return true;
}

tel_err tel__ottl_bench_add(tel__ottl_bench *b, const tel__processor_env *env, const tel__key_strings *statements,
                            const tel__key_strings *conditions, const tel_ottl_opts *opts, tel__ottl_error_mode mode,
                            tel_error *err)
{
	static const tel__key_strings none = { NULL, 0 };
	tel_ottl_opts own = *opts;
	tel__ottl_unit unit = { .mode = mode };
	tel_err rc;

	statements = statements ? statements : &none;
	conditions = conditions ? conditions : &none;
	own.alloc = &b->alloc;
	own.crypto = env->crypto;
	if (!reserve(b))
		return tel__fail_nomem(err);
	rc = tel_ottl_compile(statements->items, statements->count, conditions->items, conditions->count, &own, &unit.program, NULL, err);
	if (rc != TEL_OK)
		return rc;
	unit.memos = tel__mem_zero(&b->alloc, unit.program->memo_count + 1, sizeof *unit.memos);
	if (!unit.memos) {
		tel_ottl_program_unref(unit.program);
		return tel__fail_nomem(err);
	}
	b->units[b->count++] = unit;
	return TEL_OK;
}

void tel__ottl_bench_begin(tel__ottl_bench *b, tel_metrics *batch, const tel__run *run)
{
	tel__ottl_item_init(&b->item, batch);
	tel__ottl_machine_begin(b->machine, &b->item, run->unix_ns, run->origin);
}

void tel__ottl_bench_use(tel__ottl_bench *b, const tel__ottl_unit *unit)
{
	b->machine->memos = unit->memos;
}
