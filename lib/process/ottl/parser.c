/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/parser_i.h"

#include "base/error_i.h"
#include "base/limits.h"
#include "base/slice_i.h"

typedef tel__ottl_node node;

static node *value(tel__ottl_parser *p);
static node *math(tel__ottl_parser *p);
static node *bool_expr(tel__ottl_parser *p);
static node *call(tel__ottl_parser *p, size_t name_tokens);

/* list = "[" { value } { "," value } "]" */
static node *list(tel__ottl_parser *p)
{
	node *n = tel__ottl_p_make(p, TEL__OTTL_LIST, p->cur), **tail, *item;
	bool comma = false;

	if (!n)
		return NULL;
	p->cur++;
	for (tail = &n->u.items;; tail = &item->next) {
		size_t back = p->cur;

		if (tel__ottl_p_punct(p, ',')) {
			comma = true;
			p->cur++;
		} else if (comma || tel__ottl_p_punct(p, ']')) {
			break;
		}
		item = value(p);
		if (!item) {
			p->cur = back;
			break;
		}
		*tail = item;
	}
	return tel__ottl_p_expect(p, ']', "\",\" or \"]\"") ? tel__ottl_p_done(p, n) : NULL;
}

/* map = "{" { String ":" value [ "," ] } "}" */
static node *map(tel__ottl_parser *p)
{
	node *n = tel__ottl_p_make(p, TEL__OTTL_MAP, p->cur), **tail, *item;

	if (!n)
		return NULL;
	p->cur++;
	for (tail = &n->u.items; tel__ottl_p_is(p, TEL__OTTL_T_STRING); tail = &item->next) {
		size_t back = p->cur;
		tel_slice key = tel__ottl_p_peek(p)->value;

		p->cur++;
		item = tel__ottl_p_expect(p, ':', "\":\"") ? value(p) : NULL;
		if (!item) {
			p->cur = back;
			break;
		}
		item->name = key.ptr ? key : TEL_SLICE_LIT("");
		*tail = item;
		if (tel__ottl_p_punct(p, ','))
			p->cur++;
	}
	return tel__ottl_p_expect(p, '}', "a string as key or \"}\"") ? tel__ottl_p_done(p, n) : NULL;
}

/* Paths and calls. */

/* key = "[" ( String | Int | math ) "]" */
static node *key(tel__ottl_parser *p)
{
	node *n;

	p->cur++;
	if (tel__ottl_p_is(p, TEL__OTTL_T_STRING))
		n = tel__ottl_p_text(p, TEL__OTTL_STRING);
	else
		n = tel__ottl_p_is(p, TEL__OTTL_T_INT) ? tel__ottl_p_int(p) : math(p);
	return n && tel__ottl_p_expect(p, ']', "\"]\"") ? n : NULL;
}

static node *keys(tel__ottl_parser *p)
{
	node *first = NULL, **tail = &first;

	while (tel__ottl_p_punct(p, '[')) {
		size_t back = p->cur;
		node *n = tel__ottl_p_nested(p, key);

		if (!n) {
			p->cur = back;
			break;
		}
		*tail = n;
		tail = &n->next;
	}
	return first;
}

static tel__ottl_field *field(tel__ottl_parser *p)
{
	tel__ottl_field *f;

	if (!tel__ottl_p_is(p, TEL__OTTL_T_LOWER)) {
		tel__ottl_p_miss(p, "a lower-case name");
		return NULL;
	}
	f = tel__ottl_p_take(p, sizeof *f);
	if (!f)
		return NULL;
	f->name = tel__ottl_p_peek(p)->value;
	f->at = tel__ottl_p_peek(p)->at;
	p->cur++;
	f->keys = keys(p);
	return f;
}

/* path = [ Lowercase "." ] field { "." field } */
static node *path(tel__ottl_parser *p)
{
	node *n = tel__ottl_p_make(p, TEL__OTTL_PATH, p->cur);
	tel__ottl_field **tail;

	if (!n)
		return NULL;
	if (tel__ottl_p_is(p, TEL__OTTL_T_LOWER) && p->tokens[p->cur + 1].kind == TEL__OTTL_T_PUNCT &&
	    p->tokens[p->cur + 1].value.ptr[0] == '.') {
		n->u.path.context = tel__ottl_p_peek(p)->value;
		p->cur += 2;
	}
	n->u.path.fields = field(p);
	if (!n->u.path.fields)
		return NULL;
	for (tail = &n->u.path.fields->next; tel__ottl_p_punct(p, '.'); tail = &(*tail)->next) {
		size_t back = p->cur;

		p->cur++;
		*tail = field(p);
		if (!*tail) {
			p->cur = back;
			break;
		}
	}
	return tel__ottl_p_done(p, n);
}

/* arg = [ LowerName "=" ] ( value | UpperName ) */
static node *argument(tel__ottl_parser *p)
{
	tel_slice name = { NULL, 0 };
	size_t n = tel__ottl_p_name(p), start;
	node *arg;

	if (n && tel__ottl_p_is(p, TEL__OTTL_T_LOWER)) {
		const tel__ottl_token *after = &p->tokens[p->cur + n];

		if (after->kind == TEL__OTTL_T_PUNCT && after->value.ptr[0] == '=') {
			name = tel__ottl_p_glue(p, n);
			p->cur += n + 1;
		}
	}
	start = p->cur;
	arg = value(p);
	if (!arg && p->rc == TEL_OK) {
		p->cur = start;
		n = tel__ottl_p_name(p);
		if (n && tel__ottl_p_is(p, TEL__OTTL_T_UPPER)) {
			arg = tel__ottl_p_make(p, TEL__OTTL_FUNCTION, start);
			if (!arg)
				return NULL;
			arg->u.text = tel__ottl_p_glue(p, n);
			p->cur += n;
			tel__ottl_p_done(p, arg);
		}
	}
	if (arg)
		arg->name = name;
	return arg;
}

static node *arguments(tel__ottl_parser *p)
{
	node *of = p->arguments_of, **tail = &of->u.call.args;
	bool more = true;

	while (more) {
		size_t back = p->cur;
		node *arg;

		if (*tail) { /* not the first one */
			tail = &(*tail)->next;
			if (!tel__ottl_p_punct(p, ','))
				break;
			p->cur++;
		}
		arg = argument(p);
		if (!arg)
			p->cur = back;
		*tail = arg;
		more = arg != NULL;
	}
	return tel__ottl_p_expect(p, ')', "\",\" or \")\"") ? of : NULL;
}

/* editor | converter: a name of n tokens, then arguments and keys. */
static node *new_call(tel__ottl_parser *p, size_t n)
{
	node *c = tel__ottl_p_make(p, TEL__OTTL_CALL, p->cur);

	if (!c)
		return NULL;
	c->u.call.editor = tel__ottl_p_is(p, TEL__OTTL_T_LOWER);
	c->u.call.name = tel__ottl_p_glue(p, n);
	p->cur += n;
	if (!tel__ottl_p_expect(p, '(', "\"(\""))
		return NULL;
	p->arguments_of = c;
	if (!tel__ottl_p_nested(p, arguments))
		return NULL;
	c->u.call.keys = keys(p);
	return tel__ottl_p_done(p, c);
}

static node *call(tel__ottl_parser *p, size_t n)
{
	tel__ottl_memo *m;
	node *c;

	if (p->rc != TEL_OK)
		return NULL;
	m = &p->calls[p->cur];
	if (!m->known) {
		c = new_call(p, n);
		if (p->rc == TEL_OK)
			*m = (tel__ottl_memo){ c, p->cur, p->miss, p->miss_words, true };
		return c;
	}
	if (!m->call)
		return tel__ottl_p_miss_at(p, m->miss, m->miss_words);
	c = tel__ottl_p_take(p, sizeof *c);
	if (c) {
		*c = *m->call;
		c->next = NULL;
		c->name = (tel_slice){ NULL, 0 };
		c->join = c->sign = TEL__OTTL_NO_OP;
		c->grouped = c->negated = false;
		p->cur = m->end;
		c->at = p->tokens[m - p->calls].at;
	}
	return tel__ottl_p_done(p, c);
}

/* Math. */

/* mathLit = editor | converter | Float | Int | path */
static node *math_literal(tel__ottl_parser *p)
{
	size_t start = p->cur, n = tel__ottl_p_name(p);
	bool lower = tel__ottl_p_is(p, TEL__OTTL_T_LOWER);
	node *c;

	if (tel__ottl_p_is(p, TEL__OTTL_T_FLOAT))
		return tel__ottl_p_float(p);
	if (tel__ottl_p_is(p, TEL__OTTL_T_INT))
		return tel__ottl_p_int(p);
	if (!n)
		return tel__ottl_p_miss(p, "a value");
	c = call(p, n);
	if (c || !lower || p->rc != TEL_OK)
		return c;
	p->cur = start;
	return path(p);
}

/* factor = [ "+" | "-" ] ( mathLit | "(" math ")" ) */
static node *factor(tel__ottl_parser *p)
{
	size_t start = p->cur;
	uint8_t sign = TEL__OTTL_NO_OP;
	node *n;

	if (tel__ottl_p_is(p, TEL__OTTL_T_ADDSUB)) {
		sign = tel__ottl_p_peek(p)->value.ptr[0] == '-' ? TEL__OTTL_SUB : TEL__OTTL_ADD;
		p->cur++;
	}
	if (!tel__ottl_p_punct(p, '(')) {
		n = math_literal(p);
	} else {
		size_t open = p->cur++;

		n = tel__ottl_p_nested(p, math);
		if (!n)
			return NULL;
		if (!tel__ottl_p_expect(p, ')', "an operator or \")\""))
			return NULL;
		if (n->sign) { /* -(-1): one node carries one sign */
			node *inner = n;

			n = tel__ottl_p_make(p, TEL__OTTL_SUM, open);
			if (!n)
				return NULL;
			n->u.items = inner;
		}
		n->grouped = true;
	}
	if (!n)
		return NULL;
	n->sign = sign;
	n->at = p->tokens[start].at;
	return tel__ottl_p_done(p, n);
}

/* One kind of operator between operands, left to right; a single operand stands for itself. */
static node *chain(tel__ottl_parser *p, uint8_t token, tel__ottl_kind kind, node *(*operand)(tel__ottl_parser *))
{
	size_t start = p->cur;
	node *first = operand(p), *sum = NULL, **tail;

	if (!first)
		return NULL;
	tail = &first->next;
	while (tel__ottl_p_is(p, token)) {
		size_t back = p->cur;
		char c = tel__ottl_p_peek(p)->value.ptr[0];
		node *next;

		p->cur++;
		next = operand(p);
		if (!next) {
			p->cur = back;
			break;
		}
		next->join = c == '+' ? TEL__OTTL_ADD : c == '-' ? TEL__OTTL_SUB : c == '*' ? TEL__OTTL_MUL : TEL__OTTL_DIV;
		*tail = next;
		tail = &next->next;
	}
	if (!first->next || p->rc != TEL_OK)
		return p->rc == TEL_OK ? first : NULL;
	sum = tel__ottl_p_make(p, kind, start);
	if (sum)
		sum->u.items = first;
	return tel__ottl_p_done(p, sum);
}

static node *product(tel__ottl_parser *p)
{
	return chain(p, TEL__OTTL_T_MULDIV, TEL__OTTL_PRODUCT, factor);
}

static node *math(tel__ottl_parser *p)
{
	return chain(p, TEL__OTTL_T_ADDSUB, TEL__OTTL_SUM, product);
}

static node *math_or_enum(tel__ottl_parser *p)
{
	size_t start = p->cur, missed;
	const char *words;
	node *n = math(p);

	if (n || p->rc != TEL_OK)
		return n;
	missed = p->miss;
	words = p->miss_words;
	p->cur = start;
	if (tel__ottl_p_is(p, TEL__OTTL_T_UPPER) && p->tokens[start + 1].kind != TEL__OTTL_T_LOWER)
		return tel__ottl_p_text(p, TEL__OTTL_ENUM);
	p->miss = missed;
	p->miss_words = words;
	return NULL;
}

static node *value(tel__ottl_parser *p)
{
	node *n;

	switch (tel__ottl_p_peek(p)->kind) {
	case TEL__OTTL_T_NIL:
		n = tel__ottl_p_make(p, TEL__OTTL_NIL, p->cur++);
		tel__ottl_p_done(p, n);
		break;
	case TEL__OTTL_T_BYTES:
		n = tel__ottl_p_bytes(p);
		break;
	case TEL__OTTL_T_STRING:
		n = tel__ottl_p_text(p, TEL__OTTL_STRING);
		break;
	case TEL__OTTL_T_BOOL:
		n = tel__ottl_p_bool(p);
		break;
	default:
		n = tel__ottl_p_punct(p, '[') ? tel__ottl_p_nested(p, list) :
		    tel__ottl_p_punct(p, '{') ? tel__ottl_p_nested(p, map) : math_or_enum(p);
	}
	return n;
}

/* Boolean expressions. */

static node *comparison(tel__ottl_parser *p)
{
	static const struct { const char *text; uint8_t op; } ops[] = {
		{ "==", TEL__OTTL_EQ }, { "!=", TEL__OTTL_NE }, { "<", TEL__OTTL_LT },
		{ "<=", TEL__OTTL_LE }, { ">", TEL__OTTL_GT }, { ">=", TEL__OTTL_GE },
	};
	size_t start = p->cur;
	node *left = value(p), *right, *n;
	uint8_t op = 0;

	if (!left)
		return NULL;
	if (!tel__ottl_p_is(p, TEL__OTTL_T_COMPARE))
		return tel__ottl_p_miss(p, "a comparison operator");
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		if (tel__slice_is(tel__ottl_p_peek(p)->value, ops[i].text))
			op = ops[i].op;
	p->cur++;
	right = value(p);
	n = right ? tel__ottl_p_make(p, TEL__OTTL_COMPARE, start) : NULL;
	if (!n)
		return NULL;
	n->op = op;
	n->u.pair.left = left;
	n->u.pair.right = right;
	return tel__ottl_p_done(p, n);
}

/* "(" boolExpr ")" */
static node *group(tel__ottl_parser *p)
{
	size_t open = p->cur++;
	node *n = tel__ottl_p_nested(p, bool_expr);

	if (!n || !tel__ottl_p_expect(p, ')', "\"and\", \"or\" or \")\""))
		return NULL;
	if (n->negated) { /* not (not x): one node carries one negation */
		node *inner = n;

		n = tel__ottl_p_make(p, TEL__OTTL_AND, open);
		if (!n)
			return NULL;
		n->u.items = inner;
	}
	n->grouped = true;
	n->at = p->tokens[open].at;
	return tel__ottl_p_done(p, n);
}

/* boolValue = [ "not" ] ( comparison | Boolean | converter | "(" boolExpr ")" ) */
static node *bool_value(tel__ottl_parser *p)
{
	size_t first = p->cur, start, missed;
	bool negated = tel__ottl_p_is(p, TEL__OTTL_T_NOT);
	const char *words;
	node *n;

	if (negated)
		p->cur++;
	start = p->cur;
	n = comparison(p);
	if (!n && p->rc == TEL_OK) {
		missed = p->miss;
		words = p->miss_words;
		p->cur = start;
		p->miss = 0;
		if (tel__ottl_p_is(p, TEL__OTTL_T_BOOL))
			n = tel__ottl_p_bool(p);
		else if (tel__ottl_p_is(p, TEL__OTTL_T_UPPER))
			n = call(p, tel__ottl_p_name(p));
		else if (tel__ottl_p_punct(p, '('))
			n = group(p);
		if (!n && p->rc == TEL_OK && missed > p->miss) { /* the one that came furthest, the later one of two */
			p->miss = missed;
			p->miss_words = words;
		}
	}
	if (!n)
		return NULL;
	n->negated = negated;
	n->at = p->tokens[first].at;
	return n;
}

static node *bool_chain(tel__ottl_parser *p, uint8_t token, tel__ottl_kind kind, node *(*operand)(tel__ottl_parser *))
{
	size_t start = p->cur;
	node *first = operand(p), *all, **tail;

	if (!first)
		return NULL;
	tail = &first->next;
	while (tel__ottl_p_is(p, token)) {
		size_t back = p->cur++;
		node *next = operand(p);

		if (!next) {
			p->cur = back;
			break;
		}
		*tail = next;
		tail = &next->next;
	}
	if (!first->next || p->rc != TEL_OK)
		return p->rc == TEL_OK ? first : NULL;
	all = tel__ottl_p_make(p, kind, start);
	if (all)
		all->u.items = first;
	return tel__ottl_p_done(p, all);
}

static node *term(tel__ottl_parser *p)
{
	return bool_chain(p, TEL__OTTL_T_AND, TEL__OTTL_AND, bool_value);
}

static node *bool_expr(tel__ottl_parser *p)
{
	return bool_chain(p, TEL__OTTL_T_OR, TEL__OTTL_OR, term);
}

/* The whole text. */

/* statement = editor [ "where" boolExpr ]; a converter is refused by its name later. */
static bool statement(tel__ottl_parser *p, tel__ottl_tree *tree)
{
	size_t n = tel__ottl_p_name(p);

	if (!n) {
		tel__ottl_p_miss(p, "an editor");
		return false;
	}
	tree->root = call(p, n);
	if (!tree->root)
		return false;
	if (tel__ottl_p_is(p, TEL__OTTL_T_LOWER) && tel__slice_is(tel__ottl_p_peek(p)->value, "where")) {
		size_t back = p->cur++;

		tree->where = bool_expr(p);
		if (!tree->where)
			p->cur = back;
	}
	return p->rc == TEL_OK;
}

static tel_err unexpected(tel__ottl_parser *p, size_t at, const char *words, tel_error *err)
{
	char room[512];
	tel_alloc none = { NULL, NULL };
	tel__dynbuf out = { room, 0, sizeof room - 1, sizeof room - 1, &none, TEL_OK };
	const tel__ottl_token *t = &p->tokens[at];
	uint32_t line, column;

	tel__dynbuf_puts(&out, "unexpected token ");
	tel__ottl_quote(&out, tel__slice_cut(t->value, 64));
	if (words) {
		tel__dynbuf_fmt(&out, " (expected %s", words);
		if (p->deepest > at) { /* 1:30: unexpected "," because of what follows it */
			tel__ottl_where(p->text, p->tokens[p->deepest].at, false, &line, &column);
			tel__dynbuf_fmt(&out, "; at %u:%u: %s", (unsigned)line, (unsigned)column, p->deepest_words);
		}
		tel__dynbuf_byte(&out, ')');
	}
	room[out.len] = '\0';
	return tel__ottl_syntax_error(p->text, t->at, TEL_ERR_MALFORMED, p->what, room, err);
}

static tel_err stopped(tel__ottl_parser *p, tel_error *err)
{
	if (p->rc == TEL_ERR_LIMIT && tel__arena_error(p->arena) == TEL_OK)
		return tel__ottl_syntax_error(p->text, p->tokens[p->failed_at].at, TEL_ERR_LIMIT, p->what,
		                              "nested deeper than 64 levels", err);
	return tel__fail(err, p->rc, "no memory for the %s", p->what);
}

typedef struct misplaced {
	tel__dynbuf *out;
	const node *head; /* the editor of the statement */
	tel_slice text;
	size_t at;        /* of the first one */
} misplaced;

static bool visit_call(const node *n, void *user)
{
	misplaced *m = user;
	const char *before = NULL;

	if (n->kind != TEL__OTTL_CALL)
		return true;
	if (n == m->head && !n->u.call.editor)
		before = "editor names must start with a lowercase letter but got '";
	else if (n != m->head && n->u.call.editor)
		before = "converter names must start with an uppercase letter but got '";
	if (!before && !(n->u.call.editor && n->u.call.keys))
		return true;
	if (m->out->len)
		tel__dynbuf_puts(m->out, "; ");
	else
		m->at = n->at;
	if (before) {
		tel__dynbuf_puts(m->out, before);
		tel__dynbuf_slice(m->out, tel__slice_cut(n->u.call.name, 64));
		tel__dynbuf_byte(m->out, '\'');
	} else {
		tel__dynbuf_puts(m->out, "only paths and converters may be indexed, not editors, but got ");
		tel__dynbuf_slice(m->out, tel__slice_cut(n->u.call.name, 64));
		tel__dynbuf_puts(m->out, n->u.call.keys->kind == TEL__OTTL_STRING ? "[" : "[...]");
		if (n->u.call.keys->kind == TEL__OTTL_STRING) {
			tel__dynbuf_slice(m->out, tel__slice_cut(n->u.call.keys->u.text, 64));
			tel__dynbuf_byte(m->out, ']');
		}
	}
	return true;
}

/* Editors only at the head of a statement, converters only elsewhere, 1.4. */
static tel_err check_places(const tel__ottl_tree *tree, tel__ottl_text kind, tel_error *err)
{
	char room[512];
	tel_alloc none = { NULL, NULL };
	tel__dynbuf out = { room, 0, sizeof room - 1, sizeof room - 1, &none, TEL_OK };
	misplaced m = { &out, kind == TEL__OTTL_STATEMENT ? tree->root : NULL, tree->text, 0 };
	uint32_t line, column;

	tel__ottl_walk(tree->root, visit_call, &m);
	tel__ottl_walk(tree->where, visit_call, &m);
	if (!out.len)
		return TEL_OK;
	room[out.len] = '\0';
	tel__ottl_where(tree->text, m.at, true, &line, &column);
	return tel__fail_text(err, TEL_ERR_MALFORMED, line, column, "%s", room);
}

const char *tel__ottl_text_name(tel__ottl_text kind)
{
	return kind == TEL__OTTL_STATEMENT ? "statement" : kind == TEL__OTTL_CONDITION ? "condition" : "value";
}

tel_err tel__ottl_parse(tel__arena *arena, tel_slice text, tel__ottl_text kind, tel__ottl_tree *ret_tree, tel_error *err)
{
	tel__ottl_parser p = { .arena = arena, .text = text, .what = tel__ottl_text_name(kind) };
	tel__ottl_tree tree = { .text = text };
	tel__ottl_tokens tokens = { NULL, 0 };
	tel_err rc = tel__ottl_lex(arena, text, p.what, &tokens, err);
	bool ok;

	if (rc != TEL_OK)
		return rc;
	p.tokens = tokens.at;
	p.calls = tel__ottl_p_take(&p, tokens.n * sizeof *p.calls);
	if (kind == TEL__OTTL_STATEMENT) {
		ok = statement(&p, &tree);
	} else {
		tree.root = kind == TEL__OTTL_CONDITION ? bool_expr(&p) : value(&p);
		ok = tree.root != NULL;
	}
	if (p.rc != TEL_OK)
		return stopped(&p, err);
	if (!ok)
		return unexpected(&p, p.miss, p.miss_words, err);
	if (!tel__ottl_p_is(&p, TEL__OTTL_T_END)) { /* what is left over, or what kept it from being part of the rest */
		if (p.has_deepest && p.deepest > p.cur)
			return unexpected(&p, p.deepest, p.deepest_words, err);
		return unexpected(&p, p.cur, NULL, err);
	}
	rc = check_places(&tree, kind, err);
	if (rc == TEL_OK)
		*ret_tree = tree;
	return rc;
}
