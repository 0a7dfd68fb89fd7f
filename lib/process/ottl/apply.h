/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_APPLY_H
#define TEL_PROCESS_OTTL_APPLY_H
/* A program over all items of a batch. */
#include "process/ottl/program.h"

typedef struct tel__ottl_counts {
	uint64_t items, matched;
} tel__ottl_counts;

TEL_PRIVATE_BEGIN

/* Conditions and statements on each item of the program's context, in order. memos: program->memo_count of them, zeroed before
 * the first batch and kept. False: stopped, tel__ottl_outcome() says why. Edits stay open. */
bool tel__ottl_apply(tel__ottl_machine *m, const tel_ottl_program *program, tel__ottl_memo_slot *memos,
                     tel__ottl_error_mode mode, const tel__log_source *source, tel__ottl_counts *ret_counts);
/* The failure as an error: TEL_ERR_REFUSED, or memory. */
tel_err tel__ottl_outcome(tel__ottl_machine *m, tel_error *err);

TEL_PRIVATE_END
#endif
