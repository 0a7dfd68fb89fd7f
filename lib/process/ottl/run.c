/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_i.h"
#include "base/slice_i.h"
#include "process/ottl/program.h"

typedef tel__ottl_machine machine;

/* Statement lists and condition lists under an error mode, otel-processing.md 1.9. */

static void complain(machine *m, const char *text, const char *what, tel_slice subject, const tel__log_source *source)
{
	tel_slice reason = tel__dynbuf_get(&m->message);
	const tel_log_field fields[] = { TEL__LOG_STR("error", reason), { tel__slice_str(what), subject, 0, false } };

	tel__log(m->log, TEL_LOG_WARN, source, text, fields, 2);
}

/* "failed to execute statement: S, reason" in the place of the reason. */
static void frame(machine *m, const char *words, tel_slice subject)
{
	size_t from = m->out.len;
	tel_slice reason;

	tel__dynbuf_slice(&m->out, tel__dynbuf_get(&m->message));
	if (!tel__ottl_keep(m, from, &reason))
		return;
	tel__dynbuf_reset(&m->message);
	tel__dynbuf_puts(&m->message, words);
	tel__dynbuf_slice(&m->message, subject);
	tel__dynbuf_puts(&m->message, ", ");
	tel__dynbuf_slice(&m->message, reason);
}

static bool run_statement(machine *m, const tel__ottl_statement *s)
{
	tel__ottl_value ignored;
	bool ok;

	if (s->where) {
		tel__ottl_answer answer = tel__ottl_test(m, s->where);

		if (answer != TEL__OTTL_YES)
			return answer != TEL__OTTL_FAILED;
	}
	m->edited = true;
	ok = tel__ottl_step(m) && s->editor->impl->eval(m, s->editor, &ignored);
	tel__ottl_settle(m->item);
	return ok;
}

bool tel__ottl_run_statements(machine *m, const struct tel_ottl_program *program, tel__ottl_error_mode mode,
                              const tel__log_source *source)
{
	for (uint32_t i = 0; i < program->statement_count; i++) {
		const tel__ottl_statement *s = &program->statements[i];

		if (run_statement(m, s))
			continue;
		tel__dynbuf_reset(&m->out);
		if (m->rc != TEL_OK)
			return false;
		if (mode == TEL__OTTL_PROPAGATE) {
			frame(m, "failed to execute statement: ", s->text);
			return false;
		}
		m->failures++;
		if (mode == TEL__OTTL_IGNORE)
			complain(m, "failed to execute statement", "statement", s->text, source);
	}
	return true;
}

tel__ottl_answer tel__ottl_run_conditions(machine *m, const struct tel_ottl_program *program, tel__ottl_error_mode mode,
                                          const tel__log_source *source)
{
	for (uint32_t i = 0; i < program->condition_count; i++) {
		const tel__ottl_condition *c = &program->conditions[i];
		tel__ottl_answer answer = tel__ottl_test(m, c->expr);

		if (answer == TEL__OTTL_YES)
			return answer;
		if (answer == TEL__OTTL_NO)
			continue;
		tel__dynbuf_reset(&m->out);
		if (m->rc != TEL_OK)
			return TEL__OTTL_FAILED;
		if (mode == TEL__OTTL_PROPAGATE) {
			frame(m, "failed to eval condition: ", c->text);
			return TEL__OTTL_FAILED;
		}
		m->failures++;
		if (mode == TEL__OTTL_IGNORE)
			complain(m, "failed to eval condition", "condition", c->text, source);
	}
	return TEL__OTTL_NO;
}

/* With the limit lowered. A failure is unknown: whoever looks closer finds it again and says so. */
static tel__ottl_answer foresee(machine *m, const tel__ottl_expr *e, unsigned limit)
{
	uint8_t before = m->limit;
	tel__ottl_answer answer;

	m->limit = (uint8_t)limit;
	answer = tel__ottl_test(m, e);
	m->limit = before;
	if (answer == TEL__OTTL_FAILED)
		tel__dynbuf_reset(&m->out);
	return answer == TEL__OTTL_FAILED ? TEL__OTTL_UNKNOWN : answer;
}

tel__ottl_answer tel__ottl_foresee_conditions(machine *m, const struct tel_ottl_program *program, unsigned limit)
{
	tel__ottl_answer all = TEL__OTTL_NO;
	bool may_fail = false;

	for (uint32_t i = 0; i < program->condition_count; i++) {
		const tel__ottl_expr *e = program->conditions[i].expr;
		tel__ottl_answer answer = foresee(m, e, limit);

		if (answer == TEL__OTTL_YES)
			return may_fail ? TEL__OTTL_UNKNOWN : TEL__OTTL_YES;
		if (answer == TEL__OTTL_UNKNOWN) {
			all = TEL__OTTL_UNKNOWN;
			may_fail |= e->may_fail;
		}
	}
	return all;
}

bool tel__ottl_is_idle(machine *m, const struct tel_ottl_program *program, unsigned limit)
{
	if (program->condition_count && tel__ottl_foresee_conditions(m, program, limit) == TEL__OTTL_NO)
		return true;
	if (!program->statement_count) /* its conditions are what is asked for */
		return false;
	for (uint32_t i = 0; i < program->statement_count; i++)
		if (!program->statements[i].where || foresee(m, program->statements[i].where, limit) != TEL__OTTL_NO)
			return false;
	return true;
}
