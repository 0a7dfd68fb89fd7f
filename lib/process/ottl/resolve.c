/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/resolve.h"

#include "base/slice_i.h"
#include "process/ottl/lexer.h"
#include "process/ottl/parser.h"

typedef tel__ottl_node node;

typedef struct resolver {
	const tel__ottl_scope_rules *rules;
	tel__dynbuf *message;
} resolver;

static bool check_value(const resolver *r, const node *n);

static bool say(const resolver *r, const char *text)
{
	tel__dynbuf_puts(r->message, text);
	return false;
}

static void say_slice(const resolver *r, tel_slice text)
{
	tel__dynbuf_slice(r->message, text);
}

static bool hint(tel__dynbuf *message, tel_slice near)
{
	if (near.len)
		tel__dynbuf_fmt(message, "; did you mean \"" TEL_SLICE_FMT "\"?", TEL_SLICE_ARG(near));
	return false;
}

/* Paths. */

/* The segments of a path without its prefix: at most one word before the fields belongs to them. */
typedef struct segments {
	tel_slice word[4]; /* the first ones; empty: none */
	const tel__ottl_field *field[4];
	size_t n;
	unsigned context;
	bool added;        /* the context stands before a word that was taken for one */
} segments;

static void put_segment(segments *s, tel_slice word, const tel__ottl_field *field)
{
	if (s->n < 4) {
		s->word[s->n] = word;
		s->field[s->n] = field;
	}
	s->n++;
}

static void print_full_path(tel__dynbuf *out, const segments *s, const node *path)
{
	if (s->added)
		tel__dynbuf_fmt(out, "%s.", tel__ottl_context_name(s->context));
	tel__ottl_print_path(out, path);
}

static bool missing_context(const resolver *r, const node *path)
{
	static const char *const words[] = { "datapoint", "metric", "scope", "instrumentation_scope", "resource", "otelcol" };
	bool foreign = path->u.path.context.len > 0, first = true;

	if (foreign) {
		say(r, "context ");
		tel__ottl_quote(r->message, path->u.path.context);
		say(r, " from path \"");
	} else {
		say(r, "missing context name for path \"");
	}
	tel__ottl_print_path(r->message, path);
	say(r, foreign ? "\" is not valid, it must be replaced by one of: " : "\", possibly valid options are: ");
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!tel__ottl_accepts(r->rules->view.context, tel__slice_str(words[i])))
			continue;
		tel__dynbuf_fmt(r->message, "%s\"%s", first ? "" : ", ", words[i]);
		if (!foreign) {
			say(r, ".");
			tel__ottl_print_path(r->message, path);
		}
		say(r, "\"");
		first = false;
	}
	return false;
}

static bool find_segments(const resolver *r, const node *path, segments *ret)
{
	tel_slice prefix = path->u.path.context;
	bool known = prefix.len && tel__ottl_accepts(r->rules->view.context, prefix);

	*ret = (segments){ .context = known ? tel__ottl_prefix(prefix) : (unsigned)r->rules->view.context };
	if (!known) {
		if (!r->rules->prefix_optional && !r->rules->add_prefix)
			return missing_context(r, path);
		ret->added = r->rules->add_prefix;
		if (prefix.len)
			put_segment(ret, prefix, NULL);
	}
	for (const tel__ottl_field *f = path->u.path.fields; f; f = f->next)
		put_segment(ret, f->name, f);
	return true;
}

static size_t row_length(const tel__ottl_path *row)
{
	return row->third ? 3 : row->second ? 2 : 1;
}

static size_t matches(const tel__ottl_path *row, const segments *s)
{
	size_t n = row_length(row);

	if (row->context != s->context || n > s->n || !tel__slice_is(s->word[0], row->name) ||
	    (row->second && !tel__slice_is(s->word[1], row->second)) || (row->third && !tel__slice_is(s->word[2], row->third)))
		return 0;
	return n;
}

/* Does a longer path begin with the first segment? positive.offset, otelcol.client.addr */
static bool has_longer(const segments *s)
{
	size_t n;
	const tel__ottl_path *rows = tel__ottl_paths(&n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].context == s->context && rows[i].second && tel__slice_is(s->word[0], rows[i].name))
			return true;
	return false;
}

static bool not_a_path(const resolver *r, const segments *s, size_t at, const node *path)
{
	const char *context = tel__ottl_context_name(s->context);

	say(r, "segment ");
	tel__ottl_quote(r->message, s->word[at]);
	say(r, " from path \"");
	print_full_path(r->message, s, path);
	tel__dynbuf_fmt(r->message, "\" is not a valid path nor a valid OTTL keyword for the %s context - review "
	                "https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl/contexts/ottl%s to see all "
	                "valid paths", context, context);
	return at == 0 ? hint(r->message, tel__ottl_path_near(s->context, s->word[0])) : false;
}

static bool unused_keys(const resolver *r, tel_slice word)
{
	say(r, "the keys indexing ");
	tel__ottl_quote(r->message, word);
	return say(r, " were not used by the context - this likely means you are trying to index a path that does not support indexing");
}

/* 2.5 */
static bool foreign_cache(const resolver *r, const segments *s, const node *path)
{
	const char *own = tel__ottl_context_name(r->rules->view.context);

	say(r, "access to cache must be performed using the same context, please replace \"");
	print_full_path(r->message, s, path);
	tel__dynbuf_fmt(r->message, "\" with \"%s.", own);
	tel__ottl_print_path(r->message, &(const node){ .kind = TEL__OTTL_PATH, .u.path.fields = path->u.path.fields });
	return say(r, "\"");
}

static const tel__ottl_path *path_row(const resolver *r, const node *path, segments *s)
{
	const tel__ottl_path *rows, *best = NULL;
	size_t n, length = 0;

	if (!find_segments(r, path, s))
		return NULL;
	rows = tel__ottl_paths(&n);
	for (size_t i = 0; i < n; i++)
		if (matches(&rows[i], s) > length) {
			best = &rows[i];
			length = matches(best, s);
		}
	if (!best)
		return not_a_path(r, s, has_longer(s) && s->n > 1 ? 1 : 0, path), NULL;
	if (s->n > length) {
		if (has_longer(s) && length < 4)
			return not_a_path(r, s, length, path), NULL;
		say(r, "the path section ");
		tel__ottl_quote(r->message, length < 4 ? s->word[length] : TEL_SLICE_LIT(""));
		return say(r, " was not used by the context - this likely means you are using extra path sections"), NULL;
	}
	for (size_t i = 0; i < length; i++)
		if (s->field[i] && s->field[i]->keys && !(best->keys && i + 1 == length))
			return unused_keys(r, s->word[i]), NULL;
	if (s->context != (unsigned)r->rules->view.context && tel__slice_is(s->word[0], "cache"))
		return foreign_cache(r, s, path), NULL;
	return best;
}

const tel__ottl_path *tel__ottl_path_find(const tel__ottl_scope_rules *rules, const node *path, tel__dynbuf *message)
{
	resolver r = { rules, message };
	segments s;

	return path_row(&r, path, &s);
}

static bool check_path(const resolver *r, const node *path)
{
	segments s;

	if (!path_row(r, path, &s))
		return false;
	for (const tel__ottl_field *f = path->u.path.fields; f; f = f->next)
		for (const node *key = f->keys; key; key = key->next)
			if (!check_value(r, key))
				return false;
	return true;
}

/* Arguments. */

static bool is_literal(const node *n)
{
	if (n->sign || n->grouped) /* mathematics, 1.4 */
		return false;
	if (n->kind == TEL__OTTL_LIST || n->kind == TEL__OTTL_MAP) {
		for (const node *item = n->u.items; item; item = item->next)
			if (!is_literal(item))
				return false;
		return true;
	}
	return n->kind <= TEL__OTTL_ENUM;
}

static const char *type_name(const node *n)
{
	static const char *const names[] = { "nil", "bool", "int64", "float64", "string", "[]uint8", "int64" };

	return n->kind <= TEL__OTTL_ENUM ? names[n->kind] : n->kind == TEL__OTTL_MAP ? "pcommon.Map" : "[]interface {}";
}

typedef struct kind_rule {
	uint8_t literal;      /* the only kind of node, or that of a literal that needs no other */
	const char *expected; /* of a getter: "string"; of a literal: "must be a string"; of a list: its type */
	uint8_t element;      /* of a list */
} kind_rule;

static const kind_rule kind_rules[] = {
	[TEL__OTTL_P_STR] = { TEL__OTTL_STRING, "string", 0 }, [TEL__OTTL_P_INT] = { TEL__OTTL_INT, "int64", 0 },
	[TEL__OTTL_P_FLOAT] = { TEL__OTTL_FLOAT, "float64", 0 }, [TEL__OTTL_P_BOOL] = { TEL__OTTL_BOOL, "bool", 0 },
	[TEL__OTTL_P_MAP] = { TEL__OTTL_MAP, "pcommon.Map", 0 }, [TEL__OTTL_P_LIST] = { TEL__OTTL_LIST, "pcommon.Slice", 0 },
	[TEL__OTTL_P_TIME] = { TEL__OTTL_CALL, "time", 0 }, [TEL__OTTL_P_DURATION] = { TEL__OTTL_CALL, "duration", 0 },
	[TEL__OTTL_P_LIT_STRING] = { TEL__OTTL_STRING, "must be a string", 0 }, [TEL__OTTL_P_LIT_INT] = { TEL__OTTL_INT, "must be an int", 0 },
	[TEL__OTTL_P_LIT_FLOAT] = { TEL__OTTL_FLOAT, "must be a float", 0 }, [TEL__OTTL_P_LIT_BOOL] = { TEL__OTTL_BOOL, "must be a bool", 0 },
	[TEL__OTTL_P_LIST_STR] = { 0, "StringGetter", TEL__OTTL_P_STR }, [TEL__OTTL_P_LIST_LIKE] = { 0, "StringLikeGetter", TEL__OTTL_P_LIKE },
	[TEL__OTTL_P_LIST_ANY] = { 0, "Getter", TEL__OTTL_P_ANY }, [TEL__OTTL_P_LIST_LIT_STRING] = { 0, "string", TEL__OTTL_P_LIT_STRING },
	[TEL__OTTL_P_LIST_LIT_FLOAT] = { 0, "float64", TEL__OTTL_P_LIT_FLOAT },
};

/* A value of one type: a literal of another one is refused. An enum is an integer. */
static bool check_typed(const resolver *r, const kind_rule *rule, const node *n)
{
	bool fits = n->kind == rule->literal || (rule->literal == TEL__OTTL_INT && n->kind == TEL__OTTL_ENUM);

	if (is_literal(n) && !fits) {
		tel__dynbuf_fmt(r->message, "expected %s but got %s", rule->expected, type_name(n));
		return false;
	}
	return check_value(r, n);
}

static bool check_argument(const resolver *r, uint8_t kind, const node *n);

static bool check_list(const resolver *r, const kind_rule *rule, const node *n)
{
	size_t index = 0;

	if (n->kind != TEL__OTTL_LIST) {
		tel__dynbuf_fmt(r->message, "must be a list of type %s", rule->expected);
		return false;
	}
	for (const node *item = n->u.items; item; item = item->next, index++) {
		size_t before = r->message->len;

		tel__dynbuf_fmt(r->message, "error while parsing list argument at index %zu: ", index);
		if (!check_argument(r, rule->element, item))
			return false;
		r->message->len = before;
	}
	return true;
}

static bool check_argument(const resolver *r, uint8_t kind, const node *n)
{
	const kind_rule *rule = kind < sizeof kind_rules / sizeof kind_rules[0] ? &kind_rules[kind] : NULL;

	switch ((tel__ottl_param_kind)kind) {
	case TEL__OTTL_P_PATH:
		if (n->kind != TEL__OTTL_PATH || n->sign || n->grouped)
			return say(r, "must be a path");
		return check_path(r, n);
	case TEL__OTTL_P_LIT_STRING:
	case TEL__OTTL_P_LIT_INT:
	case TEL__OTTL_P_LIT_FLOAT:
	case TEL__OTTL_P_LIT_BOOL:
		return (n->kind == rule->literal && is_literal(n)) || say(r, rule->expected);
	case TEL__OTTL_P_LIST_STR:
	case TEL__OTTL_P_LIST_LIKE:
	case TEL__OTTL_P_LIST_ANY:
	case TEL__OTTL_P_LIST_LIT_STRING:
	case TEL__OTTL_P_LIST_LIT_FLOAT:
		return check_list(r, rule, n);
	case TEL__OTTL_P_ANY:
	case TEL__OTTL_P_LIKE:
		return check_value(r, n);
	case TEL__OTTL_P_FUNCTION:
		return true; /* seen by check_call, which has another message */
	default:
		return check_typed(r, rule, n);
	}
}

/* The next letter of a name written as CamelCase: the first one, and each one after an underscore, is upper case. */
static char camel_next(tel_slice name, size_t *at)
{
	bool upper = *at == 0;
	char c;

	for (; *at < name.len && name.ptr[*at] == '_'; ++*at)
		upper = true;
	if (*at == name.len)
		return 0;
	c = name.ptr[(*at)++];
	return upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* replacement_format and replacementFormat are both ReplacementFormat, 1.4. */
bool tel__ottl_same_parameter(tel_slice given, const char *name)
{
	size_t i = 0, j = 0;
	char a, b;

	do {
		a = camel_next(given, &i);
		b = camel_next(tel__slice_str(name), &j);
	} while (a && a == b);
	return a == b;
}

static bool check_function_name(const resolver *r, const node *n)
{
	tel_slice name = n->u.text;

	if (n->kind != TEL__OTTL_ENUM && n->kind != TEL__OTTL_FUNCTION)
		return say(r, "invalid function name given");
	if (tel__ottl_function_find(&r->rules->view, name))
		return true;
	say(r, "undefined function ");
	say_slice(r, name);
	return hint(r->message, tel__ottl_function_near(&r->rules->view, name));
}

/* The parameter that the argument at index is for; NULL: none. */
static const tel__ottl_param *parameter(const resolver *r, const tel__ottl_function *f, size_t index, const node *arg)
{
	size_t n = tel__ottl_param_count(f);

	if (!arg->name.ptr)
		return &f->params[index];
	for (size_t i = 0; i < n; i++)
		if (tel__ottl_same_parameter(arg->name, f->params[i].name))
			return &f->params[i];
	say(r, "no such parameter: ");
	say_slice(r, arg->name);
	return NULL;
}

static bool check_count(const resolver *r, const tel__ottl_function *f, const node *args)
{
	size_t all = tel__ottl_param_count(f), needed = 0, given = 0;

	for (size_t i = 0; i < all; i++)
		needed += !f->params[i].optional;
	for (; args; args = args->next)
		given++;
	if (given >= needed && given <= all)
		return true;
	tel__dynbuf_fmt(r->message, "incorrect number of arguments. Expected: %zu Received: %zu", all, given);
	return false;
}

static bool check_arguments(const resolver *r, const tel__ottl_function *f, const node *args)
{
	bool named = false, seen[TEL__OTTL_PARAMS_MAX] = { false };
	size_t index = 0, all = tel__ottl_param_count(f);

	if (!check_count(r, f, args))
		return false;
	for (const node *arg = args; arg; arg = arg->next, index++) {
		const tel__ottl_param *p;
		size_t before = r->message->len;

		if (named && !arg->name.ptr)
			return say(r, "unnamed argument used after named argument");
		named = arg->name.ptr != NULL;
		p = parameter(r, f, index, arg);
		if (!p)
			return false;
		if (seen[p - f->params]) {
			tel__dynbuf_fmt(r->message, "parameter given twice: %s", p->name);
			return false;
		}
		seen[p - f->params] = true;
		if (p->kind == TEL__OTTL_P_FUNCTION) {
			if (!check_function_name(r, arg))
				return false;
			continue;
		}
		tel__dynbuf_fmt(r->message, "invalid argument at position %zu: ", index);
		if (!check_argument(r, p->kind, arg))
			return false;
		r->message->len = before;
	}
	for (size_t i = 0; i < all; i++)
		if (!seen[i] && !f->params[i].optional) {
			tel__dynbuf_fmt(r->message, "parameter not given: %s", f->params[i].name);
			return false;
		}
	return true;
}

static bool check_call(const resolver *r, const node *n)
{
	const tel__ottl_function *f = tel__ottl_function_find(&r->rules->view, n->u.call.name);
	size_t before = r->message->len;

	if (!f) {
		say(r, "undefined function ");
		tel__ottl_quote(r->message, n->u.call.name);
		return hint(r->message, tel__ottl_function_near(&r->rules->view, n->u.call.name));
	}
	if (tel__ottl_param_count(f)) { /* others ignore what they are given, 1.4 */
		say(r, "error while parsing arguments for call to ");
		tel__ottl_quote(r->message, n->u.call.name);
		say(r, ": ");
		if (!check_arguments(r, f, n->u.call.args))
			return false;
		r->message->len = before;
	}
	for (const node *key = n->u.call.keys; key; key = key->next)
		if (!check_value(r, key))
			return false;
	return true;
}

static bool check_enum(const resolver *r, const node *n)
{
	unsigned context = r->rules->view.context;

	if (context == TEL_OTTL_RESOURCE || context == TEL_OTTL_SCOPE)
		return say(r, context == TEL_OTTL_SCOPE ? "instrumentation scope context does not provide Enum support" :
		                                          "resource context does not provide Enum support");
	if (tel__ottl_enum_find(r->rules->view.context, n->u.text))
		return true;
	say(r, "enum symbol, ");
	say_slice(r, n->u.text);
	say(r, ", not found");
	return hint(r->message, tel__ottl_enum_near(r->rules->view.context, n->u.text));
}

static bool check_value(const resolver *r, const node *n)
{
	switch ((tel__ottl_kind)n->kind) {
	case TEL__OTTL_ENUM:
		return check_enum(r, n);
	case TEL__OTTL_FUNCTION:
		return say(r, "a function's name is no value");
	case TEL__OTTL_PATH:
		return check_path(r, n);
	case TEL__OTTL_CALL:
		return check_call(r, n);
	case TEL__OTTL_COMPARE:
		return check_value(r, n->u.pair.left) && check_value(r, n->u.pair.right);
	case TEL__OTTL_LIST:
	case TEL__OTTL_MAP:
	case TEL__OTTL_SUM:
	case TEL__OTTL_PRODUCT:
	case TEL__OTTL_AND:
	case TEL__OTTL_OR:
		for (const node *item = n->u.items; item; item = item->next)
			if (!check_value(r, item))
				return false;
		return true;
	default:
		return true;
	}
}

bool tel__ottl_resolve(const tel__ottl_scope_rules *rules, const tel__ottl_tree *tree, tel__dynbuf *message)
{
	resolver r = { rules, message };

	return check_value(&r, tree->root) && (!tree->where || check_value(&r, tree->where));
}
