/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/parser.h"

#include "base/error_i.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "process/ottl/lexer.h"

typedef tel__ottl_node node;

/*
 * A function that returns NULL has not matched; p->miss then names the token where it gave up. Who can do without that
 * part puts p->cur back. deepest is the furthest token that any attempt missed: it is what an error names when all that
 * is wrong is that text is left over, and what helps to explain the others.
 */
typedef struct memo { /* what a call at this token came to: tried again after a step back, it costs nothing */
	node *call;         /* NULL: none there */
	size_t end, miss;
	const char *miss_words;
	bool known;
} memo;

typedef struct parser {
	tel__arena *arena;
	tel_slice text;
	const char *what;
	tel__ottl_token *tokens;
	memo *calls; /* one of each token */
	size_t cur, miss, deepest;
	const char *miss_words, *deepest_words; /* what would have been right there */
	node *arguments_of;  /* the call whose arguments come next */
	unsigned depth;
	tel_err rc;          /* not TEL_OK: memory or depth; every peek answers the end then */
	size_t failed_at;    /* token where rc was set */
	bool has_deepest;
} parser;

static node *value(parser *p);
static node *math(parser *p);
static node *bool_expr(parser *p);
static node *call(parser *p, size_t name_tokens);

static const tel__ottl_token *peek(const parser *p)
{
	static const tel__ottl_token stopped = { .kind = TEL__OTTL_T_END };

	return p->rc == TEL_OK ? &p->tokens[p->cur] : &stopped;
}

static bool is(const parser *p, uint8_t kind)
{
	return peek(p)->kind == kind;
}

static bool is_punct(const parser *p, char c)
{
	const tel__ottl_token *t = peek(p);

	return t->kind == TEL__OTTL_T_PUNCT && t->value.ptr[0] == c;
}

/* Leaves no match behind at token at. */
static node *miss_at(parser *p, size_t at, const char *words)
{
	if (p->rc != TEL_OK)
		return NULL;
	p->miss = at;
	p->miss_words = words;
	if (!p->has_deepest || at >= p->deepest) {
		p->has_deepest = true;
		p->deepest = at;
		p->deepest_words = words;
	}
	return NULL;
}

static node *miss(parser *p, const char *words)
{
	return miss_at(p, p->cur, words);
}

static void *stop(parser *p, tel_err rc)
{
	if (p->rc == TEL_OK) {
		p->rc = rc;
		p->failed_at = p->cur;
	}
	return NULL;
}

static void *take(parser *p, size_t size)
{
	void *room = p->rc == TEL_OK ? tel__arena_alloc(p->arena, size) : NULL;

	return room ? memset(room, 0, size) : stop(p, tel__arena_error(p->arena));
}

static node *make(parser *p, tel__ottl_kind kind, size_t first_token)
{
	node *n = take(p, sizeof *n);

	if (n) {
		n->kind = (uint8_t)kind;
		n->at = p->tokens[first_token].at;
	}
	return n;
}

/* Ends n at the token before the current one. */
static node *done(parser *p, node *n)
{
	if (n && p->cur > 0)
		n->end = p->tokens[p->cur - 1].end;
	return n;
}

/* What stands in brackets of any kind. */
static node *nested(parser *p, node *(*inside)(parser *))
{
	node *n;

	if (p->depth == TEL_LIMIT_OTTL_DEPTH)
		return stop(p, TEL_ERR_LIMIT);
	p->depth++;
	n = inside(p);
	p->depth--;
	return p->rc == TEL_OK ? n : NULL;
}

static bool expect(parser *p, char c, const char *words)
{
	if (!is_punct(p, c)) {
		miss(p, words);
		return false;
	}
	p->cur++;
	return true;
}

/* Tokens of a function's name: Uppercase and Lowercase ones in a row. */
static size_t name_tokens(const parser *p)
{
	size_t n = 0;

	if (p->rc == TEL_OK)
		while (p->tokens[p->cur + n].kind == TEL__OTTL_T_UPPER || p->tokens[p->cur + n].kind == TEL__OTTL_T_LOWER)
			n++;
	return n;
}

/* The name out of n tokens, glued: "Is Match" is IsMatch, 1.1. */
static tel_slice glue(parser *p, size_t n)
{
	const tel__ottl_token *first = &p->tokens[p->cur], *last = first + n - 1;
	tel_slice name = tel__slice_sub(p->text, first->at, last->end - first->at);
	size_t len = 0;
	char *out;

	for (size_t i = 0; i < n; i++)
		len += first[i].value.len;
	if (len == name.len)
		return name;
	out = take(p, len);
	if (!out)
		return (tel_slice){ NULL, 0 };
	name = (tel_slice){ out, len };
	for (size_t i = 0; i < n; i++) {
		memcpy(out, first[i].value.ptr, first[i].value.len);
		out += first[i].value.len;
	}
	return name;
}

/* Literals. */

static node *text_node(parser *p, tel__ottl_kind kind)
{
	node *n = make(p, kind, p->cur);

	if (n) {
		n->u.text = peek(p)->value;
		p->cur++;
	}
	return done(p, n);
}

static node *bytes_literal(parser *p)
{
	static const char hex[] = "0123456789abcdef";
	tel_slice digits = tel__slice_sub(peek(p)->value, 2, peek(p)->value.len - 2);
	node *n;
	char *out;

	if (digits.len % 2)
		return miss(p, "an even number of hex digits"); /* the Collector: encoding/hex: odd length hex string */
	n = make(p, TEL__OTTL_BYTES, p->cur);
	out = take(p, digits.len / 2);
	if (!n || !out)
		return NULL;
	for (size_t i = 0; i < digits.len; i++) {
		unsigned nibble = (unsigned)((const char *)memchr(hex, digits.ptr[i] | (digits.ptr[i] >= 'A' ? 0x20 : 0), 16) - hex);

		out[i / 2] = (char)(i % 2 ? (unsigned char)out[i / 2] | nibble : nibble << 4);
	}
	n->u.text = (tel_slice){ out, digits.len / 2 };
	p->cur++;
	return done(p, n);
}

static node *bool_literal(parser *p)
{
	node *n = make(p, TEL__OTTL_BOOL, p->cur);

	if (n) {
		n->u.truth = peek(p)->value.len == 4;
		p->cur++;
	}
	return done(p, n);
}

static node *int_literal(parser *p)
{
	uint64_t number;
	node *n;

	if (tel__num_parse_u64(peek(p)->value, &number) != TEL_OK || number > INT64_MAX)
		return miss(p, "an integer below 2^63"); /* before the sign, 1.1 */
	n = make(p, TEL__OTTL_INT, p->cur);
	if (n) {
		n->u.i64 = (int64_t)number;
		p->cur++;
	}
	return done(p, n);
}

/* OTTL writes 007., .5 and 1.e3; numbers of base/num.h have a digit on both sides and no zeros before it. */
static node *float_literal(parser *p)
{
	tel_slice s = peek(p)->value;
	size_t dot = tel__slice_find(s, '.'), from = 0, len = 0;
	char *out = take(p, s.len + 2);
	node *n;

	if (!out)
		return NULL;
	while (from + 1 < dot && s.ptr[from] == '0')
		from++;
	if (dot == 0)
		out[len++] = '0';
	for (size_t i = from; i < s.len; i++) {
		out[len++] = s.ptr[i];
		if (i == dot && (i + 1 == s.len || s.ptr[i + 1] == 'e' || s.ptr[i + 1] == 'E'))
			out[len++] = '0';
	}
	n = make(p, TEL__OTTL_FLOAT, p->cur);
	if (!n)
		return NULL;
	if (tel__num_parse_double((tel_slice){ out, len }, &n->u.f64) != TEL_OK || n->u.f64 - n->u.f64 != 0)
		return miss(p, "a number that a double can hold");
	p->cur++;
	return done(p, n);
}

/* list = "[" { value } { "," value } "]" */
static node *list(parser *p)
{
	node *n = make(p, TEL__OTTL_LIST, p->cur), **tail, *item;
	bool comma = false;

	if (!n)
		return NULL;
	p->cur++;
	for (tail = &n->u.items;; tail = &item->next) {
		size_t back = p->cur;

		if (is_punct(p, ',')) {
			comma = true;
			p->cur++;
		} else if (comma || is_punct(p, ']')) {
			break;
		}
		item = value(p);
		if (!item) {
			p->cur = back;
			break;
		}
		*tail = item;
	}
	return expect(p, ']', "\",\" or \"]\"") ? done(p, n) : NULL;
}

/* map = "{" { String ":" value [ "," ] } "}" */
static node *map(parser *p)
{
	node *n = make(p, TEL__OTTL_MAP, p->cur), **tail, *item;

	if (!n)
		return NULL;
	p->cur++;
	for (tail = &n->u.items; is(p, TEL__OTTL_T_STRING); tail = &item->next) {
		size_t back = p->cur;
		tel_slice key = peek(p)->value;

		p->cur++;
		item = expect(p, ':', "\":\"") ? value(p) : NULL;
		if (!item) {
			p->cur = back;
			break;
		}
		item->name = key.ptr ? key : TEL_SLICE_LIT("");
		*tail = item;
		if (is_punct(p, ','))
			p->cur++;
	}
	return expect(p, '}', "a string as key or \"}\"") ? done(p, n) : NULL;
}

/* Paths and calls. */

/* key = "[" ( String | Int | math ) "]" */
static node *key(parser *p)
{
	node *n;

	p->cur++;
	if (is(p, TEL__OTTL_T_STRING))
		n = text_node(p, TEL__OTTL_STRING);
	else
		n = is(p, TEL__OTTL_T_INT) ? int_literal(p) : math(p);
	return n && expect(p, ']', "\"]\"") ? n : NULL;
}

static node *keys(parser *p)
{
	node *first = NULL, **tail = &first;

	while (is_punct(p, '[')) {
		size_t back = p->cur;
		node *n = nested(p, key);

		if (!n) {
			p->cur = back;
			break;
		}
		*tail = n;
		tail = &n->next;
	}
	return first;
}

static tel__ottl_field *field(parser *p)
{
	tel__ottl_field *f;

	if (!is(p, TEL__OTTL_T_LOWER)) {
		miss(p, "a lower-case name");
		return NULL;
	}
	f = take(p, sizeof *f);
	if (!f)
		return NULL;
	f->name = peek(p)->value;
	f->at = peek(p)->at;
	p->cur++;
	f->keys = keys(p);
	return f;
}

/* path = [ Lowercase "." ] field { "." field } */
static node *path(parser *p)
{
	node *n = make(p, TEL__OTTL_PATH, p->cur);
	tel__ottl_field **tail;

	if (!n)
		return NULL;
	if (is(p, TEL__OTTL_T_LOWER) && p->tokens[p->cur + 1].kind == TEL__OTTL_T_PUNCT && p->tokens[p->cur + 1].value.ptr[0] == '.') {
		n->u.path.context = peek(p)->value;
		p->cur += 2;
	}
	n->u.path.fields = field(p);
	if (!n->u.path.fields)
		return NULL;
	for (tail = &n->u.path.fields->next; is_punct(p, '.'); tail = &(*tail)->next) {
		size_t back = p->cur;

		p->cur++;
		*tail = field(p);
		if (!*tail) {
			p->cur = back;
			break;
		}
	}
	return done(p, n);
}

/* arg = [ LowerName "=" ] ( value | UpperName ) */
static node *argument(parser *p)
{
	tel_slice name = { NULL, 0 };
	size_t n = name_tokens(p), start;
	node *arg;

	if (n && is(p, TEL__OTTL_T_LOWER)) {
		const tel__ottl_token *after = &p->tokens[p->cur + n];

		if (after->kind == TEL__OTTL_T_PUNCT && after->value.ptr[0] == '=') {
			name = glue(p, n);
			p->cur += n + 1;
		}
	}
	start = p->cur;
	arg = value(p);
	if (!arg && p->rc == TEL_OK) {
		p->cur = start;
		n = name_tokens(p);
		if (n && is(p, TEL__OTTL_T_UPPER)) {
			arg = make(p, TEL__OTTL_FUNCTION, start);
			if (!arg)
				return NULL;
			arg->u.text = glue(p, n);
			p->cur += n;
			done(p, arg);
		}
	}
	if (arg)
		arg->name = name;
	return arg;
}

static node *arguments(parser *p)
{
	node *of = p->arguments_of, **tail = &of->u.call.args;
	bool more = true;

	while (more) {
		size_t back = p->cur;
		node *arg;

		if (*tail) { /* not the first one */
			tail = &(*tail)->next;
			if (!is_punct(p, ','))
				break;
			p->cur++;
		}
		arg = argument(p);
		if (!arg)
			p->cur = back;
		*tail = arg;
		more = arg != NULL;
	}
	return expect(p, ')', "\",\" or \")\"") ? of : NULL;
}

/* editor | converter: a name of n tokens, then arguments and keys. */
static node *new_call(parser *p, size_t n)
{
	node *c = make(p, TEL__OTTL_CALL, p->cur);

	if (!c)
		return NULL;
	c->u.call.editor = is(p, TEL__OTTL_T_LOWER);
	c->u.call.name = glue(p, n);
	p->cur += n;
	if (!expect(p, '(', "\"(\""))
		return NULL;
	p->arguments_of = c;
	if (!nested(p, arguments))
		return NULL;
	c->u.call.keys = keys(p);
	return done(p, c);
}

static node *call(parser *p, size_t n)
{
	memo *m;
	node *c;

	if (p->rc != TEL_OK)
		return NULL;
	m = &p->calls[p->cur];
	if (!m->known) {
		c = new_call(p, n);
		if (p->rc == TEL_OK)
			*m = (memo){ c, p->cur, p->miss, p->miss_words, true };
		return c;
	}
	if (!m->call)
		return miss_at(p, m->miss, m->miss_words);
	c = take(p, sizeof *c);
	if (c) {
		*c = *m->call;
		c->next = NULL;
		c->name = (tel_slice){ NULL, 0 };
		c->join = c->sign = TEL__OTTL_NO_OP;
		c->grouped = c->negated = false;
		p->cur = m->end;
		c->at = p->tokens[m - p->calls].at;
	}
	return done(p, c);
}

/* Math. */

/* mathLit = editor | converter | Float | Int | path */
static node *math_literal(parser *p)
{
	size_t start = p->cur, n = name_tokens(p);
	bool lower = is(p, TEL__OTTL_T_LOWER);
	node *c;

	if (is(p, TEL__OTTL_T_FLOAT))
		return float_literal(p);
	if (is(p, TEL__OTTL_T_INT))
		return int_literal(p);
	if (!n)
		return miss(p, "a value");
	c = call(p, n);
	if (c || !lower || p->rc != TEL_OK)
		return c;
	p->cur = start;
	return path(p);
}

/* factor = [ "+" | "-" ] ( mathLit | "(" math ")" ) */
static node *factor(parser *p)
{
	size_t start = p->cur;
	uint8_t sign = TEL__OTTL_NO_OP;
	node *n;

	if (is(p, TEL__OTTL_T_ADDSUB)) {
		sign = peek(p)->value.ptr[0] == '-' ? TEL__OTTL_SUB : TEL__OTTL_ADD;
		p->cur++;
	}
	if (!is_punct(p, '(')) {
		n = math_literal(p);
	} else {
		size_t open = p->cur++;

		n = nested(p, math);
		if (!n)
			return NULL;
		if (!expect(p, ')', "an operator or \")\""))
			return NULL;
		if (n->sign) { /* -(-1): one node carries one sign */
			node *inner = n;

			n = make(p, TEL__OTTL_SUM, open);
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
	return done(p, n);
}

/* One kind of operator between operands, left to right; a single operand stands for itself. */
static node *chain(parser *p, uint8_t token, tel__ottl_kind kind, node *(*operand)(parser *))
{
	size_t start = p->cur;
	node *first = operand(p), *sum = NULL, **tail;

	if (!first)
		return NULL;
	tail = &first->next;
	while (is(p, token)) {
		size_t back = p->cur;
		char c = peek(p)->value.ptr[0];
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
	sum = make(p, kind, start);
	if (sum)
		sum->u.items = first;
	return done(p, sum);
}

static node *product(parser *p)
{
	return chain(p, TEL__OTTL_T_MULDIV, TEL__OTTL_PRODUCT, factor);
}

static node *math(parser *p)
{
	return chain(p, TEL__OTTL_T_ADDSUB, TEL__OTTL_SUM, product);
}

static node *math_or_enum(parser *p)
{
	size_t start = p->cur, missed;
	const char *words;
	node *n = math(p);

	if (n || p->rc != TEL_OK)
		return n;
	missed = p->miss;
	words = p->miss_words;
	p->cur = start;
	if (is(p, TEL__OTTL_T_UPPER) && p->tokens[start + 1].kind != TEL__OTTL_T_LOWER)
		return text_node(p, TEL__OTTL_ENUM);
	p->miss = missed;
	p->miss_words = words;
	return NULL;
}

static node *value(parser *p)
{
	node *n;

	switch (peek(p)->kind) {
	case TEL__OTTL_T_NIL:
		n = make(p, TEL__OTTL_NIL, p->cur++);
		done(p, n);
		break;
	case TEL__OTTL_T_BYTES:
		n = bytes_literal(p);
		break;
	case TEL__OTTL_T_STRING:
		n = text_node(p, TEL__OTTL_STRING);
		break;
	case TEL__OTTL_T_BOOL:
		n = bool_literal(p);
		break;
	default:
		n = is_punct(p, '[') ? nested(p, list) : is_punct(p, '{') ? nested(p, map) : math_or_enum(p);
	}
	return n;
}

/* Boolean expressions. */

static node *comparison(parser *p)
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
	if (!is(p, TEL__OTTL_T_COMPARE))
		return miss(p, "a comparison operator");
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		if (tel__slice_is(peek(p)->value, ops[i].text))
			op = ops[i].op;
	p->cur++;
	right = value(p);
	n = right ? make(p, TEL__OTTL_COMPARE, start) : NULL;
	if (!n)
		return NULL;
	n->op = op;
	n->u.pair.left = left;
	n->u.pair.right = right;
	return done(p, n);
}

/* "(" boolExpr ")" */
static node *group(parser *p)
{
	size_t open = p->cur++;
	node *n = nested(p, bool_expr);

	if (!n || !expect(p, ')', "\"and\", \"or\" or \")\""))
		return NULL;
	if (n->negated) { /* not (not x): one node carries one negation */
		node *inner = n;

		n = make(p, TEL__OTTL_AND, open);
		if (!n)
			return NULL;
		n->u.items = inner;
	}
	n->grouped = true;
	n->at = p->tokens[open].at;
	return done(p, n);
}

/* boolValue = [ "not" ] ( comparison | Boolean | converter | "(" boolExpr ")" ) */
static node *bool_value(parser *p)
{
	size_t first = p->cur, start, missed;
	bool negated = is(p, TEL__OTTL_T_NOT);
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
		if (is(p, TEL__OTTL_T_BOOL))
			n = bool_literal(p);
		else if (is(p, TEL__OTTL_T_UPPER))
			n = call(p, name_tokens(p));
		else if (is_punct(p, '('))
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

static node *bool_chain(parser *p, uint8_t token, tel__ottl_kind kind, node *(*operand)(parser *))
{
	size_t start = p->cur;
	node *first = operand(p), *all, **tail;

	if (!first)
		return NULL;
	tail = &first->next;
	while (is(p, token)) {
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
	all = make(p, kind, start);
	if (all)
		all->u.items = first;
	return done(p, all);
}

static node *term(parser *p)
{
	return bool_chain(p, TEL__OTTL_T_AND, TEL__OTTL_AND, bool_value);
}

static node *bool_expr(parser *p)
{
	return bool_chain(p, TEL__OTTL_T_OR, TEL__OTTL_OR, term);
}

/* The whole text. */

/* statement = editor [ "where" boolExpr ]; a converter is refused by its name later. */
static bool statement(parser *p, tel__ottl_tree *tree)
{
	size_t n = name_tokens(p);

	if (!n) {
		miss(p, "an editor");
		return false;
	}
	tree->root = call(p, n);
	if (!tree->root)
		return false;
	if (is(p, TEL__OTTL_T_LOWER) && tel__slice_is(peek(p)->value, "where")) {
		size_t back = p->cur++;

		tree->where = bool_expr(p);
		if (!tree->where)
			p->cur = back;
	}
	return p->rc == TEL_OK;
}

static tel_err unexpected(parser *p, size_t at, const char *words, tel_error *err)
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

static tel_err stopped(parser *p, tel_error *err)
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
	parser p = { .arena = arena, .text = text, .what = tel__ottl_text_name(kind) };
	tel__ottl_tree tree = { .text = text };
	tel__ottl_tokens tokens = { NULL, 0 };
	tel_err rc = tel__ottl_lex(arena, text, p.what, &tokens, err);
	bool ok;

	if (rc != TEL_OK)
		return rc;
	p.tokens = tokens.at;
	p.calls = take(&p, tokens.n * sizeof *p.calls);
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
	if (!is(&p, TEL__OTTL_T_END)) { /* what is left over, or what kept it from being part of the rest */
		if (p.has_deepest && p.deepest > p.cur)
			return unexpected(&p, p.deepest, p.deepest_words, err);
		return unexpected(&p, p.cur, NULL, err);
	}
	rc = check_places(&tree, kind, err);
	if (rc == TEL_OK)
		*ret_tree = tree;
	return rc;
}
