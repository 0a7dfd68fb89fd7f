/* SPDX-License-Identifier: Apache-2.0 */
#include "process/actions.h"

#include <stdio.h>

#include <telemetry/graph.h>

#include "base/crypto.h"
#include "base/error_i.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "model/value_text.h"
#include "model/walk.h"
#include "wire/regex.h"

#define ROW(member) .offset = offsetof(tel__action_options, member)

static const tel__key action_keys[] = {
	{ .name = "key", .type = TEL__KEY_STRING, ROW(key), .help = "attribute to act on" },
	{ .name = "value", .type = TEL__KEY_ANY, ROW(value), .help = "value to set, of any type" },
	{ .name = "pattern", .type = TEL__KEY_STRING, ROW(pattern),
	  .help = "extract: regular expression with named groups; delete and hash: of further keys" },
	{ .name = "from_attribute", .type = TEL__KEY_STRING, ROW(from_attribute), .help = "attribute whose value is set" },
	{ .name = "from_context", .type = TEL__KEY_STRING, ROW(from_context),
	  .help = "client.address; metadata and auth are not kept here" },
	{ .name = "converted_type", .type = TEL__KEY_STRING, ROW(converted_type), .help = "int, string or double" },
	{ .name = "action", .type = TEL__KEY_STRING, ROW(action),
	  .help = "insert, update, upsert, delete, hash, extract or convert" },
	{ .name = "default_value", .type = TEL__KEY_ANY, ROW(default_value), .help = "value where the source has none" },
};

const tel__key_table tel__action_table = { .go_name = "attraction.ActionKeyValue", .size = sizeof(tel__action_options),
	.keys = action_keys, .key_count = TEL__KEY_COUNT(action_keys) };

typedef enum verb { INSERT, UPDATE, UPSERT, DELETE, HASH, EXTRACT, CONVERT, VERB_COUNT } verb;
typedef enum target { TO_INT, TO_STRING, TO_DOUBLE, TARGET_COUNT } target;

static const char *const verbs[] = { "insert", "update", "upsert", "delete", "hash", "extract", "convert" };
static const char *const targets[] = { "int", "string", "double" };

static verb verb_of(tel_slice name)
{
	int v = 0;

	while (v < VERB_COUNT && !tel__slice_eq_nocase(name, tel__slice_str(verbs[v])))
		v++;
	return (verb)v;
}

static target target_of(tel_slice name)
{
	int t = 0;

	while (t < TARGET_COUNT && !tel__slice_is(name, targets[t]))
		t++;
	return (target)t;
}

static bool is_set(const tel__node *node)
{
	return node && node->type != TEL__NODE_NULL;
}

/* ---- checks ---- */

static tel_err unused(const char *name, const char *field, tel_error *err)
{
	return tel__fail(err, TEL_ERR_CONFIG, "error creating AttrProc. Action \"%s\" does not use the \"%s\" field. This must "
	                 "not be specified", name, field);
}

static tel_err check_source(const tel__action_options *o, const char *name, tel_error *err)
{
	int sources = is_set(o->value) + (o->from_attribute.len != 0) + (o->from_context.len != 0);

	if (!sources && !is_set(o->default_value))
		return tel__fail(err, TEL_ERR_CONFIG, "error creating AttrProc. Either field \"value\", \"from_attribute\", "
		                 "\"from_context\", or \"default_value\" must be specified");
	if (sources > 1)
		return tel__fail(err, TEL_ERR_CONFIG, "error creating AttrProc due to multiple value sources being set");
	if (o->pattern.len)
		return unused(name, "pattern", err);
	return o->converted_type.len ? unused(name, "converted_type", err) : TEL_OK;
}

static tel_err check_pattern(const tel__action_options *o, bool groups, tel_error *err)
{
	tel__regex *re = NULL;
	char text[120];
	tel_err e = tel__regex_new(NULL, o->pattern, 0, &re, NULL);

	if (e)
		return tel__fail(err, TEL_ERR_CONFIG, "error creating AttrProc. Field \"pattern\" has invalid pattern: \"%s\"",
		                 tel__slice_printable(o->pattern, text, sizeof(text)));
	for (size_t i = 1; !e && groups && i < tel__regex_groups(re); i++)
		if (!tel__regex_group_name(re, i).len)
			e = tel__fail(err, TEL_ERR_CONFIG, "error creating AttrProc. Field \"pattern\" contains at least one unnamed "
			              "matcher group");
	if (!e && groups && tel__regex_groups(re) < 2)
		e = tel__fail(err, TEL_ERR_CONFIG, "error creating AttrProc. Field \"pattern\" contains no named matcher groups");
	tel__regex_free(re);
	return e;
}

static tel_err check_target(const tel__action_options *o, tel_error *err)
{
	char text[80];

	if (!o->converted_type.len)
		return tel__fail(err, TEL_ERR_CONFIG, "error creating AttrProc due to missing required field \"converted_type\"");
	if (target_of(o->converted_type) == TARGET_COUNT)
		return tel__fail(err, TEL_ERR_CONFIG, "error creating AttrProc due to invalid value \"%s\" in field "
		                 "\"converted_type\"", tel__slice_printable(o->converted_type, text, sizeof(text)));
	return TEL_OK;
}

static tel_err check_action(const tel__action_options *o, tel_error *err)
{
	verb v = verb_of(o->action);
	char text[80];
	tel_err e = TEL_OK;

	if (v == VERB_COUNT)
		return tel__fail(err, TEL_ERR_CONFIG, "error creating AttrProc due to unsupported action \"%s\"",
		                 tel__slice_printable(o->action, text, sizeof(text)));
	if (v <= UPSERT)
		return check_source(o, verbs[v], err);
	if (is_set(o->value))
		return unused(verbs[v], "value", err);
	if (o->from_attribute.len)
		return unused(verbs[v], "from_attribute", err);
	if (o->from_context.len)
		return unused(verbs[v], "from_context", err);
	if (v != CONVERT && o->converted_type.len)
		return unused(verbs[v], "converted_type", err);
	if (v == CONVERT)
		return o->pattern.len ? unused(verbs[v], "pattern", err) : check_target(o, err);
	if (v == EXTRACT && !o->pattern.len)
		return tel__fail(err, TEL_ERR_CONFIG, "error creating AttrProc due to missing required field \"pattern\"");
	if (o->pattern.len)
		e = check_pattern(o, v == EXTRACT, err);
	return e;
}

void tel__actions_check(const tel__key_list *actions, const char *list,
                        void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__action_options *all = actions->items;

	for (size_t i = 0; i < actions->count; i++) {
		const tel__action_options *o = &all[i];
		tel_error text = TEL_ERROR_INIT, whole = TEL_ERROR_INIT;
		verb v = verb_of(o->action);
		char path[80], key[100];

		snprintf(path, sizeof(path), "|%s::%zu", list, i);
		if (!o->key.len && !((v == DELETE || v == HASH) && o->pattern.len))
			(void)tel__fail(&whole, TEL_ERR_CONFIG, "error creating AttrProc due to missing required field \"key\" at the "
			                "%zu-th action", i);
		else if (check_action(o, &text))
			(void)tel__fail(&whole, TEL_ERR_CONFIG, "error with key \"%s\" (%zu-th action): %s",
			                tel__slice_printable(o->key, key, sizeof(key)), i, text.msg);
		if (whole.msg[0])
			report(user, path, whole.msg);
	}
}

/* ---- making ---- */

typedef struct action {
	const tel__action_options *options;
	verb verb;
	target target;
	tel_slice key;
	tel_slice value, default_value; /* encoded AnyValue */
	bool has_value, has_default;
	bool from_address;              /* from_context: client.address */
	tel__regex *regex;
} action;

struct tel__actions {
	tel_alloc alloc;
	const tel_crypto_ops *crypto;
	tel__arena *arena;
	tel__regex_run *regex_run;
	action *items;
	size_t count;
};

/* A scalar, list or map of the file as a value for the encoder. */
static bool value_of(tel__arena *arena, const tel__node *node, tel_value *ret_value)
{
	*ret_value = (tel_value){ .type = TEL_VALUE_EMPTY };
	switch (node->type) {
	case TEL__NODE_BOOL:
		*ret_value = (tel_value){ .type = TEL_VALUE_BOOL, .u.boolean = node->v.b };
		return true;
	case TEL__NODE_INT:
	case TEL__NODE_UINT:
		*ret_value = (tel_value){ .type = TEL_VALUE_INT, .u.integer = node->v.i };
		return true;
	case TEL__NODE_FLOAT:
		*ret_value = (tel_value){ .type = TEL_VALUE_DOUBLE, .u.real = node->v.d };
		return true;
	case TEL__NODE_STRING:
		*ret_value = (tel_value){ .type = TEL_VALUE_STRING, .u.bytes = node->text };
		return true;
	case TEL__NODE_LIST: {
		tel_value *items = tel__arena_array(arena, node->v.list.count + 1u, sizeof(*items));

		for (uint32_t i = 0; items && i < node->v.list.count; i++)
			if (!value_of(arena, node->v.list.items[i], &items[i]))
				return false;
		*ret_value = (tel_value){ .type = TEL_VALUE_ITEMS, .count = node->v.list.count, .u.items = items };
		return items != NULL;
	}
	case TEL__NODE_MAP: {
		tel_pair *pairs = tel__arena_array(arena, node->v.map.count + 1u, sizeof(*pairs));

		for (uint32_t i = 0; pairs && i < node->v.map.count; i++) {
			pairs[i].key = node->v.map.entries[i].key;
			if (!value_of(arena, node->v.map.entries[i].value, &pairs[i].value))
				return false;
		}
		*ret_value = (tel_value){ .type = TEL_VALUE_PAIRS, .count = node->v.map.count, .u.pairs = pairs };
		return pairs != NULL;
	}
	default:
		return true;
	}
}

static tel_err encode(tel__actions *a, const tel__node *node, tel_slice *ret_value, bool *ret_has, tel_error *err)
{
	tel_value value;
	tel__kvs one = { .at = NULL };
	tel_err e;

	*ret_has = is_set(node);
	if (!*ret_has)
		return TEL_OK;
	e = value_of(a->arena, node, &value) ? tel__kvs_set(a->arena, &a->alloc, &one, TEL_SLICE_LIT("v"), &value) : TEL_ERR_NOMEM;
	if (e)
		return e == TEL_ERR_NOMEM ? tel__fail_nomem(err) : tel__fail(err, TEL_ERR_CONFIG, "a value cannot be an attribute's: "
		                            "nested too deep, too long, or not UTF-8");
	*ret_value = one.at[0].value;
	return TEL_OK;
}

static tel_err make_action(tel__actions *a, const tel__action_options *o, action *x, tel_error *err)
{
	static const uint8_t nothing[1];
	uint8_t digest[TEL_DIGEST_MAX];
	tel_err e;

	x->options = o;
	x->key = o->key;
	x->verb = verb_of(o->action);
	x->target = target_of(o->converted_type);
	x->from_address = tel__slice_is(o->from_context, "client.address");
	e = encode(a, o->value, &x->value, &x->has_value, err);
	if (!e)
		e = encode(a, o->default_value, &x->default_value, &x->has_default, err);
	if (!e && o->pattern.len)
		e = tel__regex_new(&a->alloc, o->pattern, 0, &x->regex, err);
	if (!e && x->verb == HASH) /* asked once, so that no data is lost to it later */
		e = tel__digest(a->crypto, TEL_DIGEST_SHA256, &(tel_slice){ (const char *)nothing, 0 }, 1, digest, err);
	return e;
}

tel_err tel__actions_new(const tel__processor_env *env, const tel__key_list *options, tel__actions **ret_actions,
                         tel_error *err)
{
	const tel__action_options *all = options->items;
	tel__actions *a = tel__mem_zero(env->alloc, 1, sizeof(*a));
	tel_err e;

	if (!a)
		return tel__fail_nomem(err);
	a->alloc = *tel__alloc_or_default(env->alloc);
	a->crypto = env->crypto;
	a->items = tel__mem_zero(&a->alloc, options->count + 1, sizeof(*a->items));
	a->count = a->items ? options->count : 0;
	e = a->items ? tel__arena_new(&a->alloc, 0, NULL, &a->arena) : TEL_ERR_NOMEM;
	if (!e)
		e = tel__regex_run_new(&a->alloc, &a->regex_run);
	if (e)
		e = tel__fail_nomem(err);
	for (size_t i = 0; !e && i < a->count; i++)
		e = make_action(a, &all[i], &a->items[i], err);
	if (e) {
		if (a->items && !a->count)
			a->count = options->count;
		tel__actions_free(a);
		return e;
	}
	*ret_actions = a;
	return TEL_OK;
}

void tel__actions_free(tel__actions *actions)
{
	tel_alloc alloc;

	if (!actions)
		return;
	for (size_t i = 0; i < actions->count; i++)
		tel__regex_free(actions->items[i].regex);
	if (actions->items)
		tel__mem_free(&actions->alloc, actions->items, actions->count + 1, sizeof(*actions->items));
	tel__regex_run_free(actions->regex_run);
	tel__arena_unref(actions->arena);
	alloc = actions->alloc;
	tel__mem_free(&alloc, actions, 1, sizeof(*actions));
}

/* ---- running ---- */

typedef struct work {
	const tel__actions *actions;
	const tel__run *run;
	tel__arena *arena;
	tel__kvs *kvs;
	tel_error *err;
} work;

static tel_err set_value(work *w, tel_slice key, const tel_value *value)
{
	return tel__kvs_set(w->arena, &w->actions->alloc, w->kvs, key, value);
}

static tel_err set_text(work *w, tel_slice key, tel_slice text)
{
	return set_value(w, key, &(tel_value){ .type = TEL_VALUE_STRING, .u.bytes = text });
}

/* The AnyValue that is to be set; *ret_found false: there is none, and the action is left out. */
static tel_err source_of(work *w, const action *x, tel_slice *ret_value, bool *ret_found)
{
	char text[TEL__IP_TEXT_MAX];
	tel__kvs one = { .at = NULL };
	size_t len = 0;
	uint32_t at;
	tel_err e;

	*ret_found = true;
	if (x->has_value) {
		*ret_value = x->value;
		return TEL_OK;
	}
	if (x->from_address)
		len = tel__ip_of_peer(w->run->origin->peer, text);
	if (len) {
		tel_value value = { .type = TEL_VALUE_STRING, .u.bytes = { text, len } };

		e = tel__kvs_set(w->arena, &w->actions->alloc, &one, x->key, &value);
		if (!e)
			*ret_value = one.at[0].value;
		return e;
	}
	at = x->options->from_attribute.len ? tel__kvs_find(w->kvs, x->options->from_attribute) : TEL__KV_NONE;
	if (at != TEL__KV_NONE)
		*ret_value = w->kvs->at[at].value.ptr ? w->kvs->at[at].value : (tel_slice){ "", 0 };
	else if (x->has_default)
		*ret_value = x->default_value;
	else
		*ret_found = false;
	return TEL_OK;
}

static tel_err put(work *w, const action *x)
{
	bool present = tel__kvs_find(w->kvs, x->key) != TEL__KV_NONE, found;
	tel_slice value = { NULL, 0 };
	tel_err e;

	if (x->verb != UPSERT && present != (x->verb == UPDATE))
		return TEL_OK;
	e = source_of(w, x, &value, &found);
	return e || !found ? e : tel__kvs_set_encoded(w->arena, w->kvs, x->key, value);
}

/* SHA-256 of what the value is in memory there: numbers in 8 bytes, little-endian. */
static tel_err hash_at(work *w, uint32_t at)
{
	uint8_t digest[TEL_DIGEST_MAX];
	char number[8], hex[64];
	tel_slice bytes = { number, sizeof(number) };
	tel_value value;
	tel_err e;

	tel__kv_get(&w->kvs->at[at], &value);
	switch (value.type) {
	case TEL_VALUE_STRING:
		bytes = value.u.bytes;
		break;
	case TEL_VALUE_BOOL:
		number[0] = value.u.boolean ? 1 : 0;
		bytes.len = 1;
		break;
	case TEL_VALUE_INT:
		memcpy(number, &value.u.integer, sizeof(number));
		break;
	case TEL_VALUE_DOUBLE:
		memcpy(number, &value.u.real, sizeof(number));
		break;
	default:
		return set_text(w, w->kvs->at[at].key, (tel_slice){ "", 0 });
	}
	e = tel__digest(w->actions->crypto, TEL_DIGEST_SHA256, &bytes, 1, digest, w->err);
	if (e)
		return e;
	for (size_t i = 0; i < 32; i++) {
		hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	return set_text(w, w->kvs->at[at].key, (tel_slice){ hex, sizeof(hex) });
}

/* The attribute of the key, and all whose key the pattern finds. */
static tel_err each(work *w, const action *x)
{
	uint32_t at = x->key.len ? tel__kvs_find(w->kvs, x->key) : TEL__KV_NONE;
	tel_err e = TEL_OK;

	if (at != TEL__KV_NONE && x->verb == DELETE)
		tel__kvs_remove(w->kvs, at);
	else if (at != TEL__KV_NONE)
		e = hash_at(w, at);
	for (at = 0; !e && x->regex && at < w->kvs->count;) {
		bool yes = false;

		e = tel__regex_test(w->actions->regex_run, x->regex, w->kvs->at[at].key, &yes, w->err);
		if (!e && yes && x->verb == DELETE) {
			tel__kvs_remove(w->kvs, at);
			continue;
		}
		if (!e && yes)
			e = hash_at(w, at);
		at++;
	}
	return e;
}

static tel_err extract(work *w, const action *x)
{
	uint32_t at = tel__kvs_find(w->kvs, x->key);
	tel_value value;
	bool found;
	tel_err e;

	if (at == TEL__KV_NONE)
		return TEL_OK;
	tel__kv_get(&w->kvs->at[at], &value);
	if (value.type != TEL_VALUE_STRING)
		return TEL_OK;
	e = tel__regex_find(w->actions->regex_run, x->regex, value.u.bytes, &found, w->err);
	for (size_t i = 1; !e && found && i < tel__regex_groups(x->regex); i++)
		e = set_text(w, tel__regex_group_name(x->regex, i), tel__regex_group(w->actions->regex_run, i));
	return e;
}

/* Go's conversion of a double on amd64: what does not fit is the smallest number. */
static int64_t truncated(double v)
{
	return v >= -0x1p63 && v < 0x1p63 ? (int64_t)v : INT64_MIN;
}

static bool to_int(const tel_value *from, tel_value *to)
{
	*to = (tel_value){ .type = TEL_VALUE_INT };
	if (from->type == TEL_VALUE_DOUBLE)
		to->u.integer = truncated(from->u.real);
	else if (from->type == TEL_VALUE_BOOL)
		to->u.integer = from->u.boolean;
	else
		return from->type == TEL_VALUE_STRING && !tel__num_parse_i64(from->u.bytes, &to->u.integer);
	return true;
}

static bool to_double(const tel_value *from, tel_value *to)
{
	*to = (tel_value){ .type = TEL_VALUE_DOUBLE };
	if (from->type == TEL_VALUE_INT)
		to->u.real = (double)from->u.integer;
	else if (from->type == TEL_VALUE_BOOL)
		to->u.real = from->u.boolean;
	else
		return from->type == TEL_VALUE_STRING && !tel__num_parse_double(from->u.bytes, &to->u.real);
	return true;
}

static tel_err to_text(work *w, uint32_t at, const tel_value *value)
{
	tel__dynbuf out;
	tel_err e;

	if (value->type == TEL_VALUE_STRING)
		return TEL_OK;
	tel__dynbuf_init(&out, &w->actions->alloc, TEL_LIMIT_REQUEST_BYTES);
	tel__value_put_text(&out, value);
	e = tel__dynbuf_error(&out);
	if (!e)
		e = set_text(w, w->kvs->at[at].key, tel__dynbuf_get(&out));
	tel__dynbuf_fini(&out);
	return e;
}

static tel_err convert(work *w, const action *x)
{
	uint32_t at = tel__kvs_find(w->kvs, x->key);
	tel_value from, to;

	if (at == TEL__KV_NONE)
		return TEL_OK;
	tel__kv_get(&w->kvs->at[at], &from);
	if (x->target == TO_STRING)
		return to_text(w, at, &from);
	if (x->target == TO_INT ? to_int(&from, &to) : to_double(&from, &to))
		return set_value(w, w->kvs->at[at].key, &to);
	return TEL_OK;
}

tel_err tel__actions_apply(const tel__actions *actions, const tel__run *run, tel__arena *arena, tel__kvs *attributes,
                           tel_error *err)
{
	work w = { .actions = actions, .run = run, .arena = arena, .kvs = attributes, .err = err };
	tel_err e = TEL_OK;

	for (size_t i = 0; !e && i < actions->count; i++) {
		const action *x = &actions->items[i];

		switch (x->verb) {
		case DELETE:
		case HASH:
			e = each(&w, x);
			break;
		case EXTRACT:
			e = extract(&w, x);
			break;
		case CONVERT:
			e = convert(&w, x);
			break;
		default:
			e = put(&w, x);
		}
	}
	return e;
}
