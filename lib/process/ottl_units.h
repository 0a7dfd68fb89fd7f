/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_UNITS_H
#define TEL_PROCESS_OTTL_UNITS_H
/* Programs of a component with what they need to run: shared by transform, filter and routing. */
#include "process/ottl/apply.h"
#include "process/ottl_keys.h"
#include "process/processor.h"

/* One program and what it remembers from batch to batch. */
typedef struct tel__ottl_unit {
	tel_ottl_program *program;
	tel__ottl_memo_slot *memos;
	tel__ottl_error_mode mode;
} tel__ottl_unit;

/* What all programs of a component share. */
typedef struct tel__ottl_bench {
	tel_alloc alloc;
	tel__ottl_machine *machine;
	tel__ottl_item item;
	tel__log_source source;
	tel__ottl_unit *units;
	uint32_t count, cap;
} tel__ottl_bench;

TEL_PRIVATE_BEGIN

/* source_kind: "processor" or "connector". */
tel_err tel__ottl_bench_init(tel__ottl_bench *b, const tel__processor_env *env, const char *source_kind, tel_error *err);
void tel__ottl_bench_fini(tel__ottl_bench *b);
/* Compiles one unit behind the others; its number is count - 1 afterwards. opts.alloc and crypto are set here. */
tel_err tel__ottl_bench_add(tel__ottl_bench *b, const tel__processor_env *env, const tel__key_strings *statements,
                            const tel__key_strings *conditions, const tel_ottl_opts *opts, tel__ottl_error_mode mode,
                            tel_error *err);
/* Starts a batch. */
void tel__ottl_bench_begin(tel__ottl_bench *b, tel_metrics *batch, const tel__run *run);
/* Makes the unit's program the one that runs. */
void tel__ottl_bench_use(tel__ottl_bench *b, const tel__ottl_unit *unit);

TEL_PRIVATE_END
#endif
