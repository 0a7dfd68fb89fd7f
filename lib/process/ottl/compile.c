/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/program.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "process/ottl/lexer.h"
#include "process/ottl/parser.h"
#include "process/ottl/resolve.h"

enum { LOOKUPS_MAX = 256 }; /* attributes that are looked up once per item; further ones each time */

typedef tel__ottl_node node;
typedef tel__ottl_expr expr;
typedef tel__ottl_call call;
typedef tel__ottl_compiler compiler;
typedef tel__ottl_value value;

/* For functions. */

void *tel__ottl_prepare(compiler *c, size_t size)
{
	void *room = c->rc == TEL_OK ? tel__arena_alloc(c->arena, size ? size : 1) : NULL;

	if (!room)
		c->rc = c->rc == TEL_OK ? tel__arena_error(c->arena) : c->rc;
	return room ? memset(room, 0, size) : NULL;
}

bool tel__ottl_refuse(compiler *c, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	tel__dynbuf_puts(c->message, text);
	return false;
}

static bool hold_pattern(compiler *c, tel__regex *re)
{
	struct tel_ottl_program *p = c->program;

	if (p->pattern_count == p->pattern_cap) {
		uint32_t cap = p->pattern_cap ? 2 * p->pattern_cap : 8;
		tel__regex **grown = tel__mem_resize(&p->alloc, p->patterns, p->pattern_cap, cap, sizeof(tel__regex *));

		if (!grown) {
			tel__regex_free(re);
			c->rc = TEL_ERR_NOMEM;
			return false;
		}
		p->patterns = grown;
		p->pattern_cap = cap;
	}
	p->patterns[p->pattern_count++] = re;
	return true;
}

tel__regex *tel__ottl_prepare_pattern(compiler *c, const char *function, tel_slice pattern)
{
	tel_error err = TEL_ERROR_INIT;
	tel__regex *re;
	tel_err rc = tel__regex_new(&c->program->alloc, pattern, 0, &re, &err);

	if (rc == TEL_OK)
		return hold_pattern(c, re) ? re : NULL;
	if (rc == TEL_ERR_NOMEM) {
		c->rc = rc;
		return NULL;
	}
	tel__dynbuf_fmt(c->message, "the regex pattern supplied to %s '", function);
	tel__ottl_quote(c->message, pattern);
	tel__dynbuf_fmt(c->message, "' is not a valid pattern: %s", err.msg);
	return NULL;
}

/* Nodes. */

static expr *make(compiler *c, tel__ottl_expr_op op)
{
	expr *e = tel__ottl_prepare(c, sizeof *e);

	if (e)
		e->op = (uint8_t)op;
	return e;
}

static expr *constant(compiler *c, value v)
{
	expr *e = make(c, TEL__OTTL_X_CONST);

	if (e)
		e->u.constant = v;
	return e;
}

static void inherit(expr *e, const expr *from)
{
	if (from->level > e->level)
		e->level = from->level;
	e->may_fail |= from->may_fail;
	e->varies |= from->varies;
}

/* A node over count others. */
static expr *over(compiler *c, tel__ottl_expr_op op, const expr *const *items, uint32_t count)
{
	expr *e = make(c, op);
	const expr **copy = tel__ottl_prepare(c, count * sizeof *copy);

	if (!e || !copy)
		return NULL;
	if (count)
		memcpy(copy, items, count * sizeof *copy);
	e->count = count;
	e->u.list.items = copy;
	for (uint32_t i = 0; i < count; i++)
		inherit(e, items[i]);
	return e;
}

static uint32_t length(const node *n)
{
	uint32_t count = 0;

	for (; n; n = n->next)
		count++;
	return count;
}

static expr *compile(compiler *c, const node *n);

static expr *compile_condition(compiler *c, const node *n);

static const expr **compile_items(compiler *c, const node *first, bool conditions, uint32_t *ret_count)
{
	uint32_t count = length(first), i = 0;
	const expr **items = tel__ottl_prepare(c, count * sizeof *items);

	for (; items && first; first = first->next) {
		items[i] = conditions ? compile_condition(c, first) : compile(c, first);
		if (!items[i++])
			return NULL;
	}
	*ret_count = count;
	return items;
}

static bool all_constant(const expr *const *items, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (items[i]->op != TEL__OTTL_X_CONST)
			return false;
	return true;
}

static expr *compile_list(compiler *c, const node *n)
{
	uint32_t count;
	const expr **items = compile_items(c, n->u.items, false, &count);
	value *values;

	if (!items)
		return NULL;
	if (!all_constant(items, count))
		return over(c, TEL__OTTL_X_LIST, items, count);
	values = tel__ottl_prepare(c, count * sizeof *values);
	if (!values)
		return NULL;
	for (uint32_t i = 0; i < count; i++)
		values[i] = items[i]->u.constant;
	return constant(c, tel__ottl_raw(values, count));
}

/* The bytes of a map whose values are all known. */
static expr *constant_map(compiler *c, const expr *const *items, const tel_slice *keys, uint32_t count)
{
	tel__dynbuf out;
	tel_slice bytes = TEL_SLICE_LIT("");
	bool ok = true;

	tel__dynbuf_init(&out, &c->program->alloc, TEL_LIMIT_OTTL_MEMORY_BYTES);
	for (uint32_t i = 0; ok && i < count; i++) {
		bool repeated = false;

		for (uint32_t k = i + 1; k < count; k++)
			repeated |= tel__slice_eq(keys[i], keys[k]);
		if (!repeated)
			ok = tel__ottl_write_pair(&out, 1, keys[i], &items[i]->u.constant);
	}
	if (!ok)
		tel__dynbuf_puts(c->message, "a value nested too deep");
	else if (tel__dynbuf_error(&out) != TEL_OK || (out.len && !tel__arena_copy(c->arena, tel__dynbuf_get(&out), &bytes)))
		c->rc = tel__dynbuf_error(&out) != TEL_OK ? tel__dynbuf_error(&out) : tel__arena_error(c->arena);
	tel__dynbuf_fini(&out);
	return ok && c->rc == TEL_OK ? constant(c, tel__ottl_from_list(TEL_VALUE_KVLIST, bytes)) : NULL;
}

static expr *compile_map(compiler *c, const node *n)
{
	uint32_t count, i = 0;
	const expr **items = compile_items(c, n->u.items, false, &count);
	tel_slice *keys = tel__ottl_prepare(c, count * sizeof *keys);
	expr *e;

	if (!items || !keys)
		return NULL;
	for (const node *item = n->u.items; item; item = item->next)
		keys[i++] = item->name;
	if (all_constant(items, count))
		return constant_map(c, items, keys, count);
	e = over(c, TEL__OTTL_X_MAP, items, count);
	if (e) {
		e->u.list.keys = keys;
		e->may_fail = true;
	}
	return e;
}

static expr *compile_chain_of_math(compiler *c, const node *first)
{
	expr *left = compile(c, first);

	for (const node *n = first->next; left && n; n = n->next) {
		const expr *pair[2] = { left, compile(c, n) };

		if (!pair[1])
			return NULL;
		left = over(c, TEL__OTTL_X_MATH, pair, 2);
		if (left) {
			left->sub = n->join;
			left->may_fail = true;
		}
	}
	return left;
}

/* Paths. */

static bool compile_keys(compiler *c, const node *keys, tel__ottl_target *ret, expr *into)
{
	tel__ottl_place_key *out = tel__ottl_prepare(c, length(keys) * sizeof *out);

	if (!out)
		return false;
	ret->keys = out;
	for (; keys; keys = keys->next, ret->key_count++) {
		const expr *e = compile(c, keys);
		tel__ottl_place_key *key = &out[ret->key_count];

		if (!e)
			return false;
		inherit(into, e);
		if (e->op == TEL__OTTL_X_CONST && e->u.constant.type == TEL__OTTL_V_STR && keys->kind == TEL__OTTL_STRING) {
			key->text = e->u.constant.u.text;
		} else if (e->op == TEL__OTTL_X_CONST && e->u.constant.type == TEL__OTTL_V_INT) {
			key->index = e->u.constant.u.i64;
			key->is_index = true;
		} else {
			key->dynamic = e;
		}
	}
	return true;
}

/* Attributes of the same key are looked up once per item, however many conditions read them. False: no memory. */
static bool share_lookup(compiler *c, tel__ottl_target *t)
{
	tel__ottl_lookup *l = c->program->lookups;

	if (!t->key_count || !t->access->open || t->keys[0].dynamic || t->keys[0].is_index)
		return true;
	while (l && (l->access != t->access || !tel__slice_eq(l->key, t->keys[0].text)))
		l = l->next;
	if (!l && c->program->lookup_count < LOOKUPS_MAX) {
		l = tel__ottl_prepare(c, sizeof *l);
		if (!l)
			return false;
		*l = (tel__ottl_lookup){ t->access, t->keys[0].text, ++c->program->memo_count, c->program->lookups };
		c->program->lookups = l;
		c->program->lookup_count++;
	}
	t->memo = l ? l->memo : 0;
	return true;
}

static expr *compile_path(compiler *c, const node *n)
{
	const tel__ottl_path *row = tel__ottl_path_find(c->rules, n, c->message);
	unsigned own = c->view->context;
	expr *e = row ? make(c, TEL__OTTL_X_PATH) : NULL;
	bool cache;

	if (!e)
		return NULL;
	e->u.target.access = tel__ottl_access_of(row);
	if (own == TEL_OTTL_SCOPE && row->context == TEL_OTTL_RESOURCE && strcmp(row->name, "schema_url") == 0)
		e->u.target.access = &tel__ottl_scope_schema_url;
	if (!e->u.target.access) {
		tel__dynbuf_fmt(c->message, "path \"%s.%s\" is not supported in this build", tel__ottl_context_name(row->context), row->name);
		return NULL;
	}
	cache = strcmp(row->name, "cache") == 0;
	e->level = cache ? (uint8_t)own : row->context == TEL__OTTL_OTELCOL ? TEL_OTTL_RESOURCE : e->u.target.access->context;
	e->varies = cache;
	for (const tel__ottl_field *f = n->u.path.fields; f; f = f->next)
		if (f->keys && !compile_keys(c, f->keys, &e->u.target, e))
			return NULL;
	e->may_fail |= e->u.target.key_count > 1 || (e->u.target.key_count && (e->u.target.keys[0].dynamic || e->u.target.keys[0].is_index));
	if (!cache && !share_lookup(c, &e->u.target))
		return NULL;
	if (e->u.target.access->context == TEL_OTTL_DATAPOINT && (row->second || strstr(row->name, "ive") || strstr(row->name, "bu")))
		e->may_fail = true; /* takes memory */
	return e;
}

/* Calls. */

static bool is_getter(uint8_t kind)
{
	return kind >= TEL__OTTL_P_STR && kind <= TEL__OTTL_P_LIKE;
}

/* A literal is converted now, so that what cannot be is refused, 1.4. */
static bool convert_literal(compiler *c, const tel__ottl_impl *impl, uint8_t kind, const expr *e)
{
	tel__ottl_machine *m;
	value out;
	bool ok;

	if (e->op != TEL__OTTL_X_CONST)
		return true;
	if (kind == TEL__OTTL_P_LIST && e->u.constant.type == TEL__OTTL_V_LIST) {
		for (uint32_t i = 0; i < e->u.constant.count; i++)
			if (e->u.constant.u.items[i].type == TEL__OTTL_V_MAP)
				return tel__ottl_refuse(c, "<Invalid value type pcommon.Map>");
		return true;
	}
	if (kind != TEL__OTTL_P_LIKE || !impl->like)
		return true;
	c->rc = tel__ottl_machine_new(&c->program->alloc, &m);
	if (c->rc != TEL_OK)
		return false;
	m->steps = 1;
	ok = tel__ottl_like(m, impl->like, &e->u.constant, &out);
	if (!ok)
		tel__dynbuf_slice(c->message, tel__dynbuf_get(&m->message));
	c->rc = m->rc;
	tel__ottl_machine_free(m);
	return ok;
}

static unsigned parameter_at(const tel__ottl_function *f, unsigned index, const node *arg)
{
	if (!arg->name.ptr)
		return index;
	for (unsigned i = 0; i < tel__ottl_param_count(f); i++)
		if (tel__ottl_same_parameter(arg->name, f->params[i].name))
			return i;
	return index;
}

static call *compile_call(compiler *c, const node *n, expr *into);

/* The function that an editor is given by name: a call whose argument comes later. */
static const expr *compile_function(compiler *c, tel_slice name)
{
	const tel__ottl_function *f = tel__ottl_function_find(c->view, name);
	const tel__ottl_impl *impl = f ? tel__ottl_impl_of(f->name) : NULL;
	expr *hole = make(c, TEL__OTTL_X_HOLE), *e = make(c, TEL__OTTL_X_CALL);
	call *made = tel__ottl_prepare(c, sizeof *made);

	if (!hole || !e || !made)
		return NULL;
	if (!impl) {
		tel__dynbuf_fmt(c->message, "function " TEL_SLICE_FMT " is not supported in this build", TEL_SLICE_ARG(name));
		return NULL;
	}
	made->impl = impl;
	made->args[0] = hole;
	if (impl->make && !impl->make(c, made))
		return NULL;
	e->u.call = made;
	e->may_fail = true;
	return e;
}

static bool compile_arguments(compiler *c, const tel__ottl_function *f, const node *n, call *out, expr *into)
{
	unsigned index = 0;
	size_t before = c->message->len;

	tel__dynbuf_puts(c->message, "error while parsing arguments for call to ");
	tel__ottl_quote(c->message, n->u.call.name);
	tel__dynbuf_puts(c->message, ": ");
	for (const node *arg = n->u.call.args; arg; arg = arg->next, index++) {
		unsigned at = parameter_at(f, index, arg);
		size_t here = c->message->len;

		tel__dynbuf_fmt(c->message, "invalid argument at position %u: ", index);
		if (f->params[at].kind == TEL__OTTL_P_FUNCTION)
			out->args[at] = compile_function(c, arg->u.text);
		else
			out->args[at] = compile(c, arg);
		if (!out->args[at] || (is_getter(f->params[at].kind) && !convert_literal(c, out->impl, f->params[at].kind, out->args[at])))
			return false;
		inherit(into, out->args[at]);
		c->message->len = here;
	}
	c->message->len = before;
	return true;
}

static call *compile_call(compiler *c, const node *n, expr *into)
{
	const tel__ottl_function *f = tel__ottl_function_find(c->view, n->u.call.name);
	const tel__ottl_impl *impl = f ? tel__ottl_impl_of(f->name) : NULL;
	call *out = tel__ottl_prepare(c, sizeof *out);
	size_t before = c->message->len;

	if (!out)
		return NULL;
	if (!impl) {
		tel__dynbuf_puts(c->message, "function ");
		tel__ottl_quote(c->message, n->u.call.name);
		tel__dynbuf_puts(c->message, " is not supported in this build");
		return NULL;
	}
	out->impl = impl;
	if (tel__ottl_param_count(f) && !compile_arguments(c, f, n, out, into))
		return NULL;
	tel__dynbuf_puts(c->message, "couldn't create function: ");
	if (impl->make && !impl->make(c, out))
		return NULL;
	if (c->rc != TEL_OK)
		return NULL;
	c->message->len = before;
	into->may_fail |= !(impl->flags & TEL__OTTL_SAFE) && !out->safe;
	into->varies |= (impl->flags & TEL__OTTL_VARIES) != 0;
	if (impl->reads > into->level)
		into->level = impl->reads;
	return out;
}

static expr *compile_converter(compiler *c, const node *n)
{
	expr *e = make(c, TEL__OTTL_X_CALL), *indexed;
	const expr **items;
	uint32_t count = 1;

	if (!e)
		return NULL;
	e->u.call = compile_call(c, n, e);
	if (!e->u.call || !n->u.call.keys)
		return e->u.call ? e : NULL;
	items = tel__ottl_prepare(c, (1 + length(n->u.call.keys)) * sizeof *items);
	if (!items)
		return NULL;
	items[0] = e;
	for (const node *key = n->u.call.keys; key; key = key->next) {
		items[count] = compile(c, key);
		if (!items[count++])
			return NULL;
	}
	indexed = over(c, TEL__OTTL_X_INDEX, items, count);
	if (indexed)
		indexed->may_fail = true;
	return indexed;
}

/* Conditions. */

static expr *truth(compiler *c, bool yes)
{
	return constant(c, tel__ottl_bool(yes));
}

static expr *compile_chain(compiler *c, const node *n)
{
	bool is_or = n->kind == TEL__OTTL_OR;
	uint32_t count, kept = 0;
	const expr **items = compile_items(c, n->u.items, true, &count);
	bool folded = false;

	if (!items)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		if (items[i]->op != TEL__OTTL_X_CONST)
			items[kept++] = items[i];
		else
			folded |= items[i]->u.constant.u.truth == is_or;
	}
	if (folded) /* true or X; X may not even be looked at, 1.9 */
		return truth(c, is_or);
	if (!kept)
		return truth(c, !is_or);
	return over(c, is_or ? TEL__OTTL_X_OR : TEL__OTTL_X_AND, items, kept);
}

static expr *compile_compare(compiler *c, const node *n)
{
	const expr *pair[2] = { compile(c, n->u.pair.left), NULL };
	expr *e;

	if (pair[0])
		pair[1] = compile(c, n->u.pair.right);
	if (!pair[0] || !pair[1])
		return NULL;
	if (all_constant(pair, 2))
		return truth(c, tel__ottl_compare(&pair[0]->u.constant, n->op, &pair[1]->u.constant));
	e = over(c, TEL__OTTL_X_COMPARE, pair, 2);
	if (e)
		e->sub = n->op;
	return e;
}

static bool is_condition(const node *n)
{
	return n->kind == TEL__OTTL_COMPARE || n->kind == TEL__OTTL_AND || n->kind == TEL__OTTL_OR;
}

static expr *compile_plain(compiler *c, const node *n)
{
	const tel__ottl_enum *symbol;

	switch ((tel__ottl_kind)n->kind) {
	case TEL__OTTL_NIL:
		return constant(c, tel__ottl_nil());
	case TEL__OTTL_BOOL:
		return constant(c, tel__ottl_bool(n->u.truth));
	case TEL__OTTL_INT:
		return constant(c, tel__ottl_int(n->u.i64));
	case TEL__OTTL_FLOAT:
		return constant(c, tel__ottl_float(n->u.f64));
	case TEL__OTTL_STRING:
		return constant(c, tel__ottl_str(n->u.text));
	case TEL__OTTL_BYTES:
		return constant(c, tel__ottl_bytes(n->u.text));
	case TEL__OTTL_ENUM:
		symbol = tel__ottl_enum_find(c->view->context, n->u.text);
		return symbol ? constant(c, tel__ottl_int(symbol->value)) : NULL;
	case TEL__OTTL_PATH:
		return compile_path(c, n);
	case TEL__OTTL_CALL:
		return compile_converter(c, n);
	case TEL__OTTL_LIST:
		return compile_list(c, n);
	case TEL__OTTL_MAP:
		return compile_map(c, n);
	case TEL__OTTL_SUM:
	case TEL__OTTL_PRODUCT:
		return compile_chain_of_math(c, n->u.items);
	default:
		return NULL;
	}
}

static expr *compile(compiler *c, const node *n)
{
	const expr *inner[1];
	expr *e;

	if (is_condition(n) || n->negated)
		return compile_condition(c, n);
	e = compile_plain(c, n);
	if (!e || n->sign != TEL__OTTL_SUB)
		return e;
	if (e->op == TEL__OTTL_X_CONST && e->u.constant.type == TEL__OTTL_V_INT) {
		e->u.constant.u.i64 = (int64_t)(0 - (uint64_t)e->u.constant.u.i64);
		return e;
	}
	if (e->op == TEL__OTTL_X_CONST && e->u.constant.type == TEL__OTTL_V_FLOAT) {
		e->u.constant.u.f64 = -e->u.constant.u.f64;
		return e;
	}
	inner[0] = e;
	e = over(c, TEL__OTTL_X_NEGATE, inner, 1);
	if (e)
		e->may_fail = true;
	return e;
}

static expr *compile_condition(compiler *c, const node *n)
{
	const expr *inner[1];
	expr *e;

	if (n->kind == TEL__OTTL_COMPARE)
		e = compile_compare(c, n);
	else if (n->kind == TEL__OTTL_AND || n->kind == TEL__OTTL_OR)
		e = compile_chain(c, n);
	else
		e = compile_plain(c, n);
	if (!e)
		return NULL;
	if (n->kind == TEL__OTTL_CALL) {
		inner[0] = e;
		e = over(c, TEL__OTTL_X_TRUTH, inner, 1);
		if (!e)
			return NULL;
		e->may_fail |= !inner[0]->may_fail && inner[0]->op != TEL__OTTL_X_CALL;
	}
	if (!n->negated)
		return e;
	if (e->op == TEL__OTTL_X_CONST)
		return truth(c, !e->u.constant.u.truth);
	e->negated = true;
	return e;
}

/* What is the same for many items is decided once: the answers of parts that read less than the context are kept. */
static void remember(compiler *c, expr *e)
{
	if (e->op == TEL__OTTL_X_CONST)
		return;
	if (e->level < (unsigned)c->view->context && !e->varies) {
		if (c->program->memo_count < UINT16_MAX)
			e->memo = (uint16_t)++c->program->memo_count;
		return;
	}
	if (e->op == TEL__OTTL_X_AND || e->op == TEL__OTTL_X_OR)
		for (uint32_t i = 0; i < e->count; i++)
			remember(c, (expr *)(uintptr_t)e->u.list.items[i]);
}

/* Whole texts. */

bool tel__ottl_compile_value(compiler *c, const node *n, const expr **ret)
{
	*ret = compile(c, n);
	return *ret != NULL;
}

bool tel__ottl_compile_condition(compiler *c, const tel__ottl_tree *tree, tel__ottl_condition *ret)
{
	expr *e = compile_condition(c, tree->root);

	if (!e)
		return false;
	remember(c, e);
	*ret = (tel__ottl_condition){ tree->text, e };
	return true;
}

bool tel__ottl_compile_statement(compiler *c, const tel__ottl_tree *tree, tel__ottl_statement *ret)
{
	expr into = { 0 };
	expr *where = NULL;

	*ret = (tel__ottl_statement){ .text = tree->text };
	ret->editor = compile_call(c, tree->root, &into);
	if (!ret->editor)
		return false;
	if (tree->where) {
		where = compile_condition(c, tree->where);
		if (!where)
			return false;
		remember(c, where);
	}
	ret->where = where && where->op == TEL__OTTL_X_CONST && where->u.constant.u.truth ? NULL : where;
	return true;
}
