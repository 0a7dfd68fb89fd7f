/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num.h"
#include "base/slice_i.h"
#include "process/ottl/lexer.h"
#include "process/ottl/parser.h"

typedef tel__ottl_node node;

static void print(tel__dynbuf *out, const node *n);

static void print_items(tel__dynbuf *out, const node *first, const char *between)
{
	for (const node *n = first; n; n = n->next) {
		if (n != first)
			tel__dynbuf_puts(out, between);
		print(out, n);
	}
}

static void print_keys(tel__dynbuf *out, const node *keys)
{
	for (; keys; keys = keys->next) {
		tel__dynbuf_byte(out, '[');
		print(out, keys);
		tel__dynbuf_byte(out, ']');
	}
}

static void print_path(tel__dynbuf *out, const node *n)
{
	if (n->u.path.context.len) {
		tel__dynbuf_slice(out, n->u.path.context);
		tel__dynbuf_byte(out, '.');
	}
	for (const tel__ottl_field *f = n->u.path.fields; f; f = f->next) {
		if (f != n->u.path.fields)
			tel__dynbuf_byte(out, '.');
		tel__dynbuf_slice(out, f->name);
		print_keys(out, f->keys);
	}
}

void tel__ottl_print_path(tel__dynbuf *out, const node *path)
{
	if (path->u.path.context.len) {
		tel__dynbuf_slice(out, path->u.path.context);
		tel__dynbuf_byte(out, '.');
	}
	for (const tel__ottl_field *f = path->u.path.fields; f; f = f->next) {
		if (f != path->u.path.fields)
			tel__dynbuf_byte(out, '.');
		tel__dynbuf_slice(out, f->name);
		for (const node *key = f->keys; key; key = key->next) {
			tel__dynbuf_byte(out, '[');
			if (key->kind == TEL__OTTL_STRING)
				tel__dynbuf_slice(out, key->u.text);
			else
				print(out, key);
			tel__dynbuf_byte(out, ']');
		}
	}
}

/* A float needs its dot: 1e+21 would be the integer 1 and a name. */
static void print_float(tel__dynbuf *out, double f64)
{
	char text[TEL__NUM_DOUBLE_MAX];
	tel_slice s = { text, tel__num_format_double(f64, text) };
	size_t e = tel__slice_find(s, 'e');

	tel__dynbuf_slice(out, tel__slice_sub(s, 0, e));
	if (tel__slice_find(s, '.') == s.len)
		tel__dynbuf_puts(out, ".0");
	tel__dynbuf_slice(out, tel__slice_sub(s, e, s.len - e));
}

static void print_hex(tel__dynbuf *out, tel_slice bytes)
{
	tel__dynbuf_puts(out, "0x");
	for (size_t i = 0; i < bytes.len; i++)
		tel__dynbuf_fmt(out, "%02x", (unsigned)(unsigned char)bytes.ptr[i]);
}

static void print_map(tel__dynbuf *out, const node *n)
{
	tel__dynbuf_byte(out, '{');
	for (const node *item = n->u.items; item; item = item->next) {
		if (item != n->u.items)
			tel__dynbuf_puts(out, ", ");
		tel__ottl_quote(out, item->name);
		tel__dynbuf_puts(out, ": ");
		print(out, item);
	}
	tel__dynbuf_byte(out, '}');
}

static void print_call(tel__dynbuf *out, const node *n)
{
	tel__dynbuf_slice(out, n->u.call.name);
	tel__dynbuf_byte(out, '(');
	for (const node *arg = n->u.call.args; arg; arg = arg->next) {
		if (arg != n->u.call.args)
			tel__dynbuf_puts(out, ", ");
		if (arg->name.ptr) {
			tel__dynbuf_slice(out, arg->name);
			tel__dynbuf_puts(out, " = ");
		}
		print(out, arg);
	}
	tel__dynbuf_byte(out, ')');
	print_keys(out, n->u.call.keys);
}

static void print_math(tel__dynbuf *out, const node *n)
{
	static const char *const joins[] = { "", " + ", " - ", " * ", " / " };

	for (const node *item = n->u.items; item; item = item->next) {
		tel__dynbuf_puts(out, joins[item->join]);
		print(out, item);
	}
}

static void print_comparison(tel__dynbuf *out, const node *n)
{
	static const char *const ops[] = { " == ", " != ", " < ", " <= ", " > ", " >= " };

	print(out, n->u.pair.left);
	tel__dynbuf_puts(out, ops[n->op - TEL__OTTL_EQ]);
	print(out, n->u.pair.right);
}

static void print_bare(tel__dynbuf *out, const node *n)
{
	switch ((tel__ottl_kind)n->kind) {
	case TEL__OTTL_NIL:
		tel__dynbuf_puts(out, "nil");
		break;
	case TEL__OTTL_BOOL:
		tel__dynbuf_puts(out, n->u.truth ? "true" : "false");
		break;
	case TEL__OTTL_INT:
		tel__dynbuf_i64(out, n->u.i64);
		break;
	case TEL__OTTL_FLOAT:
		print_float(out, n->u.f64);
		break;
	case TEL__OTTL_STRING:
		tel__ottl_quote(out, n->u.text);
		break;
	case TEL__OTTL_BYTES:
		print_hex(out, n->u.text);
		break;
	case TEL__OTTL_ENUM:
	case TEL__OTTL_FUNCTION:
		tel__dynbuf_slice(out, n->u.text);
		break;
	case TEL__OTTL_PATH:
		print_path(out, n);
		break;
	case TEL__OTTL_CALL:
		print_call(out, n);
		break;
	case TEL__OTTL_LIST:
		tel__dynbuf_byte(out, '[');
		print_items(out, n->u.items, ", ");
		tel__dynbuf_byte(out, ']');
		break;
	case TEL__OTTL_MAP:
		print_map(out, n);
		break;
	case TEL__OTTL_SUM:
	case TEL__OTTL_PRODUCT:
		print_math(out, n);
		break;
	case TEL__OTTL_COMPARE:
		print_comparison(out, n);
		break;
	case TEL__OTTL_AND:
		print_items(out, n->u.items, " and ");
		break;
	case TEL__OTTL_OR:
		print_items(out, n->u.items, " or ");
		break;
	}
}

static void print(tel__dynbuf *out, const node *n)
{
	if (n->negated)
		tel__dynbuf_puts(out, "not ");
	if (n->sign)
		tel__dynbuf_byte(out, n->sign == TEL__OTTL_SUB ? '-' : '+');
	if (n->grouped)
		tel__dynbuf_byte(out, '(');
	print_bare(out, n);
	if (n->grouped)
		tel__dynbuf_byte(out, ')');
}

void tel__ottl_print(tel__dynbuf *out, const tel__ottl_tree *tree)
{
	print(out, tree->root);
	if (tree->where) {
		tel__dynbuf_puts(out, " where ");
		print(out, tree->where);
	}
}

static bool walk_all(const node *first, bool (*visit)(const node *, void *), void *user)
{
	for (; first; first = first->next)
		if (!tel__ottl_walk(first, visit, user))
			return false;
	return true;
}

bool tel__ottl_walk(const node *root, bool (*visit)(const node *node, void *user), void *user)
{
	if (!root)
		return true;
	if (!visit(root, user))
		return false;
	switch ((tel__ottl_kind)root->kind) {
	case TEL__OTTL_PATH:
		for (const tel__ottl_field *f = root->u.path.fields; f; f = f->next)
			if (!walk_all(f->keys, visit, user))
				return false;
		return true;
	case TEL__OTTL_CALL:
		return walk_all(root->u.call.args, visit, user) && walk_all(root->u.call.keys, visit, user);
	case TEL__OTTL_LIST:
	case TEL__OTTL_MAP:
	case TEL__OTTL_SUM:
	case TEL__OTTL_PRODUCT:
	case TEL__OTTL_AND:
	case TEL__OTTL_OR:
		return walk_all(root->u.items, visit, user);
	case TEL__OTTL_COMPARE:
		return tel__ottl_walk(root->u.pair.left, visit, user) && tel__ottl_walk(root->u.pair.right, visit, user);
	default:
		return true;
	}
}
