/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice_i.h"
#include "process/ottl/lexer.h"
#include "process/ottl/parser.h"
#include "process/ottl/resolve.h"

/* Best first; any other word comes after them, and paths without a context last. */
static const char *const priority[] = { "log", "datapoint", "metric", "spanevent", "span", "profile", "scope",
	                                    "instrumentation_scope", "resource" };

enum { PRIORITIES = sizeof priority / sizeof priority[0] };

static unsigned rank(tel_slice word)
{
	for (unsigned i = 0; i < PRIORITIES; i++)
		if (tel__slice_is(word, priority[i]))
			return i;
	return word.len ? PRIORITIES : PRIORITIES + 1;
}

typedef struct survey {
	tel_slice best;   /* context of a path */
	bool names;       /* functions or enums occur */
	tel__ottl_view view;
	const tel__ottl_node *lacking; /* first function or enum that view does not know */
} survey;

static bool see(const tel__ottl_node *n, void *user)
{
	survey *s = user;

	if (n->kind == TEL__OTTL_PATH && rank(n->u.path.context) < rank(s->best))
		s->best = n->u.path.context;
	if (n->kind == TEL__OTTL_CALL || n->kind == TEL__OTTL_ENUM)
		s->names = true;
	return true;
}

static bool knows(const tel__ottl_node *n, void *user)
{
	survey *s = user;

	if ((n->kind == TEL__OTTL_CALL && !tel__ottl_function_find(&s->view, n->u.call.name)) ||
	    (n->kind == TEL__OTTL_ENUM && !tel__ottl_enum_find(s->view.context, n->u.text))) {
		s->lacking = n;
		return false;
	}
	return true;
}

static void all_trees(const tel__ottl_tree *trees, size_t n, bool (*visit)(const tel__ottl_node *, void *), survey *s)
{
	for (size_t i = 0; i < n; i++)
		if (!tel__ottl_walk(trees[i].root, visit, s) || !tel__ottl_walk(trees[i].where, visit, s))
			return;
}

static bool knows_all(const tel__ottl_tree *trees, size_t n, tel_ottl_context context, survey *s)
{
	s->view.context = context;
	s->lacking = NULL;
	all_trees(trees, n, knows, s);
	return s->lacking == NULL;
}

/* The first context that can stand for the best one and knows all names; TEL_OTTL_INFER: none. */
static tel_ottl_context lower(const tel__ottl_tree *trees, size_t n, survey *s)
{
	static const tel_ottl_context lowest_first[] = { TEL_OTTL_DATAPOINT, TEL_OTTL_METRIC, TEL_OTTL_SCOPE };

	for (size_t i = 0; i < sizeof lowest_first / sizeof lowest_first[0]; i++)
		if (lowest_first[i] > tel__ottl_prefix(s->best) && tel__ottl_accepts(lowest_first[i], s->best) &&
		    knows_all(trees, n, lowest_first[i], s))
			return lowest_first[i];
	return TEL_OTTL_INFER;
}

static void name_the_lacking(const survey *s, tel__dynbuf *message)
{
	bool is_call = s->lacking->kind == TEL__OTTL_CALL;
	tel_slice name = is_call ? s->lacking->u.call.name : s->lacking->u.text, near;

	tel__dynbuf_puts(message, "inferred context ");
	tel__ottl_quote(message, s->best);
	tel__dynbuf_puts(message, is_call ? " does not support the function " : " does not support the enum symbol ");
	tel__ottl_quote(message, name);
	near = is_call ? tel__ottl_function_near(&s->view, name) : tel__ottl_enum_near(s->view.context, name);
	if (near.len)
		tel__dynbuf_fmt(message, "; did you mean \"" TEL_SLICE_FMT "\"?", TEL_SLICE_ARG(near));
}

tel__ottl_inferred tel__ottl_infer(tel_ottl_place place, const tel__ottl_tree *trees, size_t n, tel_ottl_context *ret_context,
                                   tel_slice *ret_word, tel__dynbuf *message)
{
	survey s = { .view = { .place = place } };
	tel_ottl_context context;
	unsigned named;

	all_trees(trees, n, see, &s);
	*ret_word = s.best;
	if (!s.best.len)
		return TEL__OTTL_NO_CONTEXT;
	named = tel__ottl_prefix(s.best);
	if (!named || named == TEL__OTTL_OTELCOL || tel__slice_is(s.best, "instrumentation_scope")) {
		if (s.names) {
			tel__dynbuf_puts(message, "inferred context ");
			tel__ottl_quote(message, s.best);
			tel__dynbuf_puts(message, " is not a valid candidate");
		}
		return TEL__OTTL_BAD_CONTEXT;
	}
	context = (tel_ottl_context)named;
	if (!knows_all(trees, n, context, &s)) {
		context = lower(trees, n, &s);
		if (context == TEL_OTTL_INFER) {
			(void)knows_all(trees, n, (tel_ottl_context)named, &s);
			name_the_lacking(&s, message);
			return TEL__OTTL_BAD_NAME;
		}
	}
	*ret_context = context;
	return TEL__OTTL_INFERRED;
}
