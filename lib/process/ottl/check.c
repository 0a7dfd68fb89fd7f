/* SPDX-License-Identifier: Apache-2.0 */
#include <telemetry/ottl.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "process/ottl/lexer.h"
#include "process/ottl/parser.h"
#include "process/ottl/resolve.h"

/* Where inferring looks, in the words of messages; the Collector prints them in random order. */
#define CONTEXT_NAMES "[\"metric\" \"datapoint\" \"resource\" \"scope\"]"

typedef struct check {
	tel_ottl_opts opts;
	tel__arena *arena;
	tel__dynbuf message;     /* empty: all is well so far */
	uint32_t line, column;   /* of the first syntax error */
	tel_ottl_context context; /* that was found last */
	tel_err rc;              /* of the first failure */
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
	if (tel__ottl_resolve(&rules, parsed, &c->message)) {
		c->message.len = before;
		c->rc = rc;
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

static tel_err begin(check *c, const tel_ottl_opts *opts, tel_error *err)
{
	*c = (check){ .rc = TEL_OK };
	if (!read_opts(opts, &c->opts))
		return tel__fail(err, TEL_ERR_ARG, "no such place or context of OTTL, or an optional prefix without a context");
	if (tel__arena_new(c->opts.alloc, TEL_LIMIT_OTTL_MEMORY_BYTES, NULL, &c->arena) != TEL_OK)
		return tel__fail_nomem(err);
	tel__dynbuf_init(&c->message, c->opts.alloc, TEL_LIMIT_OTTL_MEMORY_BYTES);
	return TEL_OK;
}

static tel_err end(check *c, tel_ottl_context *ret_context, tel_buf **reterr_message, tel_error *err)
{
	tel_err rc = fatal(c->rc) || tel__dynbuf_error(&c->message) == TEL_OK ? c->rc : tel__dynbuf_error(&c->message);

	if (rc == TEL_OK) {
		if (ret_context)
			*ret_context = c->context;
	} else if (rc == TEL_ERR_NOMEM) {
		(void)tel__fail_nomem(err);
	} else {
		tel_slice text = tel__dynbuf_get(&c->message);

		(void)tel__fail_text(err, rc, c->line, c->column, TEL_SLICE_FMT, TEL_SLICE_ARG(text));
		if (reterr_message)
			(void)tel_buf_copy(c->opts.alloc, text, reterr_message);
	}
	tel__dynbuf_fini(&c->message);
	tel__arena_unref(c->arena);
	return rc;
}

tel_err tel_ottl_check(tel_slice text, tel_ottl_kind kind, const tel_ottl_opts *opts, tel_error *err)
{
	item it = { text, (tel__ottl_text)kind };
	check c;
	tel_err rc;

	if ((unsigned)kind > TEL_OTTL_VALUE || (!text.ptr && text.len))
		return tel__fail(err, TEL_ERR_ARG, "no such kind of OTTL text, or no text");
	rc = begin(&c, opts, err);
	if (rc != TEL_OK)
		return rc;
	check_items(&c, &it, 1);
	return end(&c, NULL, NULL, err);
}

tel_err tel_ottl_check_group(const tel_slice *statements, size_t n_statements, const tel_slice *conditions,
                             size_t n_conditions, const tel_ottl_opts *opts, tel_ottl_context *ret_context,
                             tel_buf **reterr_message, tel_error *err)
{
	size_t n = n_statements + n_conditions;
	item *items;
	check c;
	tel_err rc;

	if ((n_statements && !statements) || (n_conditions && !conditions) || n < n_statements)
		return tel__fail(err, TEL_ERR_ARG, "a list of OTTL texts is missing");
	rc = begin(&c, opts, err);
	if (rc != TEL_OK)
		return rc;
	items = tel__arena_array(c.arena, n ? n : 1, sizeof *items);
	if (!items) {
		c.rc = tel__arena_error(c.arena);
		return end(&c, NULL, NULL, err);
	}
	for (size_t i = 0; i < n; i++)
		items[i] = i < n_statements ? (item){ statements[i], TEL__OTTL_STATEMENT } :
		                              (item){ conditions[i - n_statements], TEL__OTTL_CONDITION };
	check_items(&c, items, n);
	return end(&c, ret_context, reterr_message, err);
}
