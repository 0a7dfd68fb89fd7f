/* SPDX-License-Identifier: Apache-2.0 */
#include <telemetry/ottl.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "process/ottl/lexer.h"
#include "process/ottl/parser.h"
#include "process/ottl/program.h"
#include "process/ottl/resolve.h"

/* Where inferring looks, in the words of messages; the Collector prints them in random order. */
#define CONTEXT_NAMES "[\"metric\" \"datapoint\" \"resource\" \"scope\"]"

typedef struct check {
	tel_ottl_opts opts;
	tel_ottl_program *program; /* what the texts are compiled into, also when they are only checked */
	bool keep;                 /* it is wanted: the texts are copied, and what cannot run here is refused */
	tel__arena *arena;         /* the program's */
	tel__dynbuf message;     /* empty: all is well so far */
	uint32_t line, column;   /* of the first syntax error */
	tel_ottl_context context; /* that was found last */
	tel_err rc;              /* of the first failure */
	tel_err compile_rc;      /* memory that ran out while compiling */
} check;

typedef struct item {
	tel_slice text;
	tel__ottl_text kind;
} item;

static bool fatal(tel_err rc)
{
	return rc != TEL_OK && rc != TEL_ERR_MALFORMED && rc != TEL_ERR_LIMIT;
}

static void begin_line(check *c, tel_err rc)
{
	if (c->message.len)
		tel__dynbuf_byte(&c->message, '\n');
	if (c->rc == TEL_OK)
		c->rc = rc;
}

static void keep_position(check *c, const tel_error *err)
{
	if (!c->line) {
		c->line = err->line;
		c->column = err->column;
	}
}

/* unable to parse OTTL statement "S": */
static void say_text(check *c, const item *it)
{
	tel__dynbuf_fmt(&c->message, "unable to parse OTTL %s ", tel__ottl_text_name(it->kind));
	tel__ottl_quote(&c->message, it->text);
	tel__dynbuf_puts(&c->message, ": ");
}

/* Go's %+q of those of one kind. */
static void say_list(check *c, const item *items, size_t n, bool conditions)
{
	bool first = true;

	tel__dynbuf_byte(&c->message, '[');
	for (size_t i = 0; i < n; i++) {
		if ((items[i].kind == TEL__OTTL_CONDITION) != conditions)
			continue;
		if (!first)
			tel__dynbuf_byte(&c->message, ' ');
		tel__ottl_quote(&c->message, items[i].text);
		first = false;
	}
	tel__dynbuf_byte(&c->message, ']');
}

static bool one_by_one(const check *c)
{
	return c->opts.place == TEL_OTTL_FILTER || c->opts.place == TEL_OTTL_PIPELINE_FILTER;
}

/* What stands before the reason when a context cannot be found; a filter gives the reason alone, 1.3. */
static void say_inferring(check *c, const item *items, size_t n)
{
	if (one_by_one(c))
		return;
	tel__dynbuf_puts(&c->message, "unable to infer a valid context (" CONTEXT_NAMES ") from statements ");
	say_list(c, items, n, false);
	tel__dynbuf_puts(&c->message, " and conditions ");
	say_list(c, items, n, true);
	tel__dynbuf_puts(&c->message, ": ");
}

static void say_no_context(check *c, const item *items, size_t n)
{
	bool filter = one_by_one(c);

	tel__dynbuf_puts(&c->message, "unable to infer context from ");
	if (!filter) {
		tel__dynbuf_puts(&c->message, "statements ");
		say_list(c, items, n, false);
		tel__dynbuf_puts(&c->message, " and conditions ");
		say_list(c, items, n, true);
	} else {
		tel__dynbuf_puts(&c->message, "conditions");
	}
	tel__dynbuf_puts(&c->message, ", path's first segment must be a valid context name");
	tel__dynbuf_puts(&c->message, filter ? ": " CONTEXT_NAMES : " " CONTEXT_NAMES);
	tel__dynbuf_puts(&c->message, ", and at least one context must be capable of parsing all ");
	tel__dynbuf_puts(&c->message, filter ? "conditions: " : "statements");
	if (filter)
		say_list(c, items, n, true);
}

static void say_bad_context(check *c, const item *items, size_t n, tel_slice word, tel_slice reason)
{
	if (reason.len || !one_by_one(c)) {
		say_inferring(c, items, n);
		tel__dynbuf_slice(&c->message, reason);
		if (reason.len)
			return;
	}
	tel__dynbuf_puts(&c->message, "context ");
	tel__ottl_quote(&c->message, word);
	tel__dynbuf_puts(&c->message, " inferred from the conditions ");
	say_list(c, items, n, true);
	tel__dynbuf_puts(&c->message, " is not a supported context: " CONTEXT_NAMES);
}

/* Parses all and finds their context; false when that failed, c->rc says how. */
static bool infer(check *c, const item *items, size_t n, tel__ottl_tree *trees)
{
	tel_error err = TEL_ERROR_INIT;
	tel__ottl_inferred result;
	tel__dynbuf reason;
	tel_slice word;

	for (size_t i = 0; i < n; i++) {
		tel_err rc = tel__ottl_parse(c->arena, items[i].text, items[i].kind, &trees[i], &err);

		if (rc == TEL_OK)
			continue;
		begin_line(c, rc);
		say_inferring(c, items, n);
		tel__dynbuf_puts(&c->message, err.msg);
		keep_position(c, &err);
		return false;
	}
	tel__dynbuf_init(&reason, c->message.alloc, TEL_LIMIT_OTTL_BYTES * 4);
	result = tel__ottl_infer(c->opts.place, trees, n, &c->context, &word, &reason);
	if (tel__dynbuf_error(&reason) != TEL_OK)
		c->rc = tel__dynbuf_error(&reason);
	else if (result != TEL__OTTL_INFERRED)
		begin_line(c, TEL_ERR_MALFORMED);
	if (result == TEL__OTTL_NO_CONTEXT)
		say_no_context(c, items, n);
	else if (result != TEL__OTTL_INFERRED)
		say_bad_context(c, items, n, word, tel__dynbuf_get(&reason));
	tel__dynbuf_fini(&reason);
	return result == TEL__OTTL_INFERRED && !fatal(c->rc);
}

/* Behind what is in the program already. */
static bool compile_tree(check *c, const item *it, const tel__ottl_scope_rules *rules, const tel__ottl_tree *tree)
{
	tel_ottl_program *p = c->program;
	tel__ottl_compiler compiler = { .program = p, .arena = c->arena, .view = &rules->view, .rules = rules, .message = &c->message,
		                            .crypto = c->opts.crypto, .only_check = !c->keep };
	const tel__ottl_expr *value;
	bool ok;

	if (it->kind == TEL__OTTL_STATEMENT)
		ok = tel__ottl_compile_statement(&compiler, tree, &p->statements[p->statement_count]);
	else if (it->kind == TEL__OTTL_CONDITION)
		ok = tel__ottl_compile_condition(&compiler, tree, &p->conditions[p->condition_count]);
	else
		ok = tel__ottl_compile_value(&compiler, tree->root, &value);
	c->compile_rc = compiler.rc;
	if (ok && compiler.rc == TEL_OK) {
		p->statement_count += it->kind == TEL__OTTL_STATEMENT;
		p->condition_count += it->kind == TEL__OTTL_CONDITION;
	}
	return ok && compiler.rc == TEL_OK;
}

/* One text in a context that is known. */
static void check_in_context(check *c, const item *it, const tel__ottl_tree *parsed)
{
	bool configured = c->opts.context != TEL_OTTL_INFER;
	tel__ottl_scope_rules rules = {
		.view = { c->opts.place, c->context, configured && c->opts.place == TEL_OTTL_TRANSFORM && it->kind == TEL__OTTL_CONDITION },
		.prefix_optional = c->opts.prefix_optional,
		.add_prefix = configured && !c->opts.prefix_optional,
	};
	tel_error err = TEL_ERROR_INIT;
	tel__ottl_tree tree;
	size_t before = c->message.len;
	tel_err rc = c->rc;

	begin_line(c, TEL_ERR_MALFORMED);
	say_text(c, it);
	if (!parsed) {
		tel_err failed = tel__ottl_parse(c->arena, it->text, it->kind, &tree, &err);

		if (failed != TEL_OK) {
			tel__dynbuf_puts(&c->message, err.msg);
			keep_position(c, &err);
			c->rc = rc == TEL_OK || fatal(failed) ? failed : rc;
			return;
		}
		parsed = &tree;
	}
	if (tel__ottl_resolve(&rules, parsed, &c->message) && compile_tree(c, it, &rules, parsed)) {
		c->message.len = before;
		c->rc = rc;
	} else if (c->compile_rc != TEL_OK) {
		c->rc = c->compile_rc;
	}
}

/* Texts that share a context. */
static void check_unit(check *c, const item *items, size_t n)
{
	tel__ottl_tree *trees = NULL;

	if (c->opts.context == TEL_OTTL_INFER) {
		trees = tel__arena_array(c->arena, n ? n : 1, sizeof *trees);
		if (!trees) {
			c->rc = tel__arena_error(c->arena);
			return;
		}
		if (!infer(c, items, n, trees))
			return;
	} else {
		c->context = c->opts.context;
	}
	for (size_t i = 0; i < n && !fatal(c->rc); i++)
		check_in_context(c, &items[i], trees ? &trees[i] : NULL);
}

static void check_items(check *c, const item *items, size_t n)
{
	if (!one_by_one(c)) {
		check_unit(c, items, n);
		return;
	}
	for (size_t i = 0; i < n && !fatal(c->rc); i++)
		check_unit(c, &items[i], 1);
}

static bool read_opts(const tel_ottl_opts *opts, tel_ottl_opts *ret)
{
	*ret = (tel_ottl_opts)TEL_OTTL_OPTS_INIT;
	if (opts)
		memcpy(ret, opts, opts->size < sizeof *ret ? opts->size : sizeof *ret);
	return (unsigned)ret->place <= TEL_OTTL_ROUTING && (unsigned)ret->context <= TEL_OTTL_DATAPOINT &&
	       (!ret->prefix_optional || ret->context != TEL_OTTL_INFER);
}

static tel_err program_new(check *c, size_t texts)
{
	tel_ottl_program *p = tel__mem_zero(c->opts.alloc, 1, sizeof *p);

	c->program = p;
	if (!p)
		return TEL_ERR_NOMEM;
	p->alloc = *tel__alloc_or_default(c->opts.alloc);
	p->refs = 1;
	p->place = c->opts.place;
	if (tel__arena_new(&p->alloc, TEL_LIMIT_OTTL_MEMORY_BYTES, NULL, &p->arena) != TEL_OK)
		return TEL_ERR_NOMEM;
	c->arena = p->arena;
	p->statements = tel__arena_array(c->arena, texts + 1, sizeof *p->statements);
	p->conditions = tel__arena_array(c->arena, texts + 1, sizeof *p->conditions);
	return p->statements && p->conditions ? TEL_OK : tel__arena_error(c->arena);
}

static tel_err begin(check *c, const tel_ottl_opts *opts, size_t texts, tel_error *err)
{
	tel_err rc;

	*c = (check){ .rc = TEL_OK };
	if (!read_opts(opts, &c->opts))
		return tel__fail(err, TEL_ERR_ARG, "no such place or context of OTTL, or an optional prefix without a context");
	rc = program_new(c, texts);
	if (rc != TEL_OK) {
		tel_ottl_program_unref(c->program);
		return rc == TEL_ERR_NOMEM ? tel__fail_nomem(err) : tel__fail(err, rc, "too many texts");
	}
	tel__dynbuf_init(&c->message, c->opts.alloc, TEL_LIMIT_OTTL_MEMORY_BYTES);
	return TEL_OK;
}

/* Drops what was made unless it is wanted and good. */
static tel_err end(check *c, tel_buf **reterr_message, tel_error *err)
{
	tel_err rc = fatal(c->rc) || tel__dynbuf_error(&c->message) == TEL_OK ? c->rc : tel__dynbuf_error(&c->message);

	if (rc == TEL_ERR_NOMEM) {
		(void)tel__fail_nomem(err);
	} else if (rc != TEL_OK) {
		tel_slice text = tel__dynbuf_get(&c->message);

		(void)tel__fail_text(err, rc, c->line, c->column, TEL_SLICE_FMT, TEL_SLICE_ARG(text));
		if (reterr_message)
			(void)tel_buf_copy(c->opts.alloc, text, reterr_message);
	}
	tel__dynbuf_fini(&c->message);
	c->program->context = c->context;
	if (rc != TEL_OK || !c->keep)
		tel_ottl_program_unref(c->program);
	return rc;
}

/* The texts of a group, copied when the program is to be kept. */
static bool take_items(check *c, const tel_slice *statements, size_t n_statements, const tel_slice *conditions, size_t n,
                       item *items)
{
	for (size_t i = 0; i < n; i++) {
		bool statement = i < n_statements;
		tel_slice text = statement ? statements[i] : conditions[i - n_statements];

		if (c->keep && text.len && text.len <= TEL_LIMIT_OTTL_BYTES && !tel__arena_copy(c->arena, text, &text))
			return false;
		items[i] = (item){ text, statement ? TEL__OTTL_STATEMENT : TEL__OTTL_CONDITION };
	}
	return true;
}

static tel_err group(const tel_slice *statements, size_t n_statements, const tel_slice *conditions, size_t n_conditions,
                     const tel_ottl_opts *opts, bool keep, check *c, tel_buf **reterr_message, tel_error *err)
{
	size_t n = n_statements + n_conditions;
	item *items;
	tel_err rc;

	if ((n_statements && !statements) || (n_conditions && !conditions) || n < n_statements)
		return tel__fail(err, TEL_ERR_ARG, "a list of OTTL texts is missing");
	rc = begin(c, opts, n, err);
	if (rc != TEL_OK)
		return rc;
	c->keep = keep;
	items = tel__arena_array(c->arena, n ? n : 1, sizeof *items);
	if (items && take_items(c, statements, n_statements, conditions, n, items))
		check_items(c, items, n);
	else
		c->rc = tel__arena_error(c->arena);
	return end(c, reterr_message, err);
}

tel_err tel_ottl_check(tel_slice text, tel_ottl_kind kind, const tel_ottl_opts *opts, tel_error *err)
{
	item it = { text, (tel__ottl_text)kind };
	check c;
	tel_err rc;

	if ((unsigned)kind > TEL_OTTL_VALUE || (!text.ptr && text.len))
		return tel__fail(err, TEL_ERR_ARG, "no such kind of OTTL text, or no text");
	rc = begin(&c, opts, 1, err);
	if (rc != TEL_OK)
		return rc;
	check_items(&c, &it, 1);
	return end(&c, NULL, err);
}

tel_err tel_ottl_check_group(const tel_slice *statements, size_t n_statements, const tel_slice *conditions,
                             size_t n_conditions, const tel_ottl_opts *opts, tel_ottl_context *ret_context,
                             tel_buf **reterr_message, tel_error *err)
{
	check c;
	tel_err rc = group(statements, n_statements, conditions, n_conditions, opts, false, &c, reterr_message, err);

	if (rc == TEL_OK && ret_context)
		*ret_context = c.context;
	return rc;
}

tel_err tel_ottl_compile(const tel_slice *statements, size_t n_statements, const tel_slice *conditions, size_t n_conditions,
                         const tel_ottl_opts *opts, tel_ottl_program **ret_program, tel_buf **reterr_message, tel_error *err)
{
	check c;
	tel_err rc;

	if (!ret_program)
		return tel__fail(err, TEL_ERR_ARG, "nowhere to put the program");
	rc = group(statements, n_statements, conditions, n_conditions, opts, true, &c, reterr_message, err);
	if (rc == TEL_OK)
		*ret_program = c.program;
	return rc;
}

tel_ottl_program *tel_ottl_program_ref(tel_ottl_program *program)
{
	if (program)
		__atomic_add_fetch(&program->refs, 1, __ATOMIC_RELAXED);
	return program;
}

void tel_ottl_program_unref(tel_ottl_program *program)
{
	tel_alloc alloc;

	if (!program || __atomic_sub_fetch(&program->refs, 1, __ATOMIC_ACQ_REL))
		return;
	alloc = program->alloc;
	for (uint32_t i = 0; i < program->pattern_count; i++)
		tel__regex_free(program->patterns[i]);
	if (program->patterns)
		tel__mem_free(&alloc, program->patterns, program->pattern_cap, sizeof(tel__regex *));
	tel__arena_unref(program->arena);
	tel__mem_free(&alloc, program, 1, sizeof *program);
}

tel_ottl_context tel_ottl_program_context(const tel_ottl_program *program)
{
	return program ? program->context : TEL_OTTL_INFER;
}
