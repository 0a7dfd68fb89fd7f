/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_FUNCTIONS_I_H
#define TEL_PROCESS_OTTL_FUNCTIONS_I_H
/* What the functions do, one table per file: otel-processing.md 3. */
#include "base/slice_i.h"
#include "process/ottl/program.h"

typedef struct tel__ottl_impls {
	const tel__ottl_impl *rows;
	size_t count;
} tel__ottl_impls;

#define TEL__OTTL_IMPLS(name) const tel__ottl_impls name = { rows, sizeof rows / sizeof rows[0] }

TEL_PRIVATE_BEGIN

extern const tel__ottl_impls tel__ottl_map_editors, tel__ottl_replace_editors, tel__ottl_metric_editors, tel__ottl_aggregate_editors,
	tel__ottl_string_converters, tel__ottl_type_converters, tel__ottl_list_converters, tel__ottl_parse_converters,
	tel__ottl_hash_converters, tel__ottl_time_converters, tel__ottl_case_converters;

/* A pattern that is a literal, or one that is compiled when it is needed. Compiled: *ret_mine says whether to free it. */
tel__regex *tel__ottl_pattern(tel__ottl_machine *m, const tel__ottl_call *c, unsigned i, const char *function, bool *ret_mine);
/* For make: the pattern parameter's literal, into call->data; not literal: NULL there. */
bool tel__ottl_make_pattern(tel__ottl_compiler *c, tel__ottl_call *call, unsigned i, const char *function);
/* Whether re matches somewhere; a failure ends the evaluation. */
bool tel__ottl_matches(tel__ottl_machine *m, const tel__regex *re, tel_slice text, bool *ret_yes);
/* A converter given by name on a value. */
bool tel__ottl_apply_function(tel__ottl_machine *m, const tel__ottl_expr *function, const tel__ottl_value *v,
                              tel__ottl_value *ret);
/* Calls change with each value of a map target, first to see whether anything changes at all. */
bool tel__ottl_change_values(tel__ottl_machine *m, const tel__ottl_target *t,
                             bool (*change)(void *user, tel__ottl_value *v, bool *ret_changed), void *user);
/* New text: begin, write to m->out, end. */
bool tel__ottl_end_str(tel__ottl_machine *m, size_t from, tel__ottl_value *ret);
/* A list or map that was written to m->out as elements of field 1. */
bool tel__ottl_end_list(tel__ottl_machine *m, size_t from, tel_value_type type, tel__ottl_value *ret);

TEL_PRIVATE_END
#endif
