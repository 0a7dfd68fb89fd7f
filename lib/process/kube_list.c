/* SPDX-License-Identifier: Apache-2.0 */
/* Kubernetes lists as JSON, token by token: what is not used is stepped over, and no tree is built. */
#include "base/arena.h"
#include "base/error_i.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "process/kube.h"
#include "wire/json.h"

typedef struct reader {
	tel__json json;
	tel__arena *arena; /* texts and lists of one object */
	bool failed, nomem;
	tel__kube_object object;
	tel_slice kind;
} reader;

/* ---- values ---- */

static bool fail(reader *r)
{
	r->failed = true;
	return false;
}

static bool no_memory(reader *r)
{
	r->nomem = true;
	return fail(r);
}

static tel__json_token next(reader *r)
{
	tel__json_token token = r->failed ? TEL__JSON_BAD : tel__json_next(&r->json);

	if (token == TEL__JSON_BAD)
		r->failed = true;
	return token;
}

static void skip(reader *r, tel__json_token first)
{
	if (!r->failed && !tel__json_skip(&r->json, first))
		r->failed = true;
}

/* The next key of an object that was entered; false at its end. */
static bool next_key(reader *r, tel_slice *ret_key)
{
	if (next(r) != TEL__JSON_KEY)
		return false;
	*ret_key = r->json.text;
	return true;
}

static bool enter(reader *r, tel__json_token what)
{
	tel__json_token token = next(r);

	if (token == what)
		return true;
	skip(r, token);
	return false;
}

static tel_slice unescaped(reader *r)
{
	tel_slice text = r->json.text;
	char *copy;

	if (!r->json.escaped)
		return text;
	copy = tel__arena_alloc(r->arena, text.len);
	if (!copy) {
		no_memory(r);
		return (tel_slice){ NULL, 0 };
	}
	return (tel_slice){ copy, tel__json_unescape(text, copy) };
}

/* A string; anything else counts as absent. */
static void read_text(reader *r, tel_slice *to)
{
	tel__json_token token = next(r);

	if (token == TEL__JSON_STRING)
		*to = unescaped(r);
	else
		skip(r, token);
}

/* Room for one more; capacities double at powers of two. NULL: no memory. */
static void *one_more(reader *r, const void *items, size_t count, size_t size)
{
	void *grown = (void *)(uintptr_t)items;

	if ((count & (count - 1)) == 0)
		grown = tel__arena_grow(r->arena, grown, count * size, (count ? 2 * count : 1) * size);
	if (!grown)
		no_memory(r);
	return grown;
}

/* ---- parts of objects ---- */

static void read_map(reader *r, tel__key_pairs *to)
{
	tel_slice key;

	if (!enter(r, TEL__JSON_OBJECT))
		return;
	while (next_key(r, &key)) {
		tel__key_pair *items = one_more(r, to->items, to->count, sizeof(*items));
		tel_slice name = unescaped(r);

		if (!items || r->failed)
			return;
		items[to->count] = (tel__key_pair){ name, { NULL, 0 } };
		read_text(r, &items[to->count].value);
		to->items = items;
		to->count++;
	}
}

/* Known members of an object into slices; the rest is stepped over. */
typedef struct member {
	const char *name;
	tel_slice *text;
	int64_t *number;
} member;

static void read_members(reader *r, const member *members, size_t count)
{
	tel_slice key;

	while (next_key(r, &key)) {
		size_t i = 0;
		tel__json_token token;

		while (i < count && !tel__slice_is(key, members[i].name))
			i++;
		if (i < count && members[i].text) {
			read_text(r, members[i].text);
			continue;
		}
		token = next(r);
		if (i < count && token == TEL__JSON_NUMBER)
			(void)tel__num_parse_i64(r->json.text, members[i].number);
		else
			skip(r, token);
	}
}

static void read_owners(reader *r)
{
	tel__kube_object *o = &r->object;
	tel__json_token token;

	if (!enter(r, TEL__JSON_ARRAY))
		return;
	while ((token = next(r)) == TEL__JSON_OBJECT) {
		tel__kube_owner *owners = one_more(r, o->owners, o->owner_count, sizeof(*owners)), *x;

		if (!owners)
			return;
		o->owners = owners;
		x = &owners[o->owner_count++];
		*x = (tel__kube_owner){ { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
		read_members(r, (member[]){ { "kind", &x->kind, NULL }, { "name", &x->name, NULL }, { "uid", &x->uid, NULL } }, 3);
	}
	if (token != TEL__JSON_ARRAY_END)
		fail(r);
}

static void read_containers(reader *r, bool init)
{
	tel__kube_object *o = &r->object;
	tel__json_token token;

	if (!enter(r, TEL__JSON_ARRAY))
		return;
	while ((token = next(r)) == TEL__JSON_OBJECT) {
		tel__kube_container *all = one_more(r, o->containers, o->container_count, sizeof(*all)), *x;

		if (!all)
			return;
		o->containers = all;
		x = &all[o->container_count++];
		*x = (tel__kube_container){ { NULL, 0 }, { NULL, 0 }, init };
		read_members(r, (member[]){ { "name", &x->name, NULL }, { "image", &x->image, NULL } }, 2);
	}
	if (token != TEL__JSON_ARRAY_END)
		fail(r);
}

static void read_statuses(reader *r)
{
	tel__kube_object *o = &r->object;
	tel__json_token token;

	if (!enter(r, TEL__JSON_ARRAY))
		return;
	while ((token = next(r)) == TEL__JSON_OBJECT) {
		tel__kube_status *all = one_more(r, o->statuses, o->status_count, sizeof(*all)), *x;

		if (!all)
			return;
		o->statuses = all;
		x = &all[o->status_count++];
		*x = (tel__kube_status){ { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, 0 };
		read_members(r, (member[]){ { "name", &x->name, NULL }, { "containerID", &x->id, NULL },
		                            { "imageID", &x->image_id, NULL }, { "restartCount", NULL, &x->restarts } }, 4);
	}
	if (token != TEL__JSON_ARRAY_END)
		fail(r);
}

static void read_metadata(reader *r)
{
	tel__kube_object *o = &r->object;
	tel_slice key;

	if (!enter(r, TEL__JSON_OBJECT))
		return;
	while (next_key(r, &key)) {
		if (tel__slice_is(key, "name"))
			read_text(r, &o->name);
		else if (tel__slice_is(key, "namespace"))
			read_text(r, &o->namespace);
		else if (tel__slice_is(key, "uid"))
			read_text(r, &o->uid);
		else if (tel__slice_is(key, "creationTimestamp"))
			read_text(r, &o->created);
		else if (tel__slice_is(key, "labels"))
			read_map(r, &o->labels);
		else if (tel__slice_is(key, "annotations"))
			read_map(r, &o->annotations);
		else if (tel__slice_is(key, "ownerReferences"))
			read_owners(r);
		else
			skip(r, next(r));
	}
}

static void read_spec(reader *r)
{
	tel__kube_object *o = &r->object;
	tel_slice key;

	if (!enter(r, TEL__JSON_OBJECT))
		return;
	while (next_key(r, &key)) {
		if (tel__slice_is(key, "hostname"))
			read_text(r, &o->hostname);
		else if (tel__slice_is(key, "nodeName"))
			read_text(r, &o->node);
		else if (tel__slice_is(key, "containers") || tel__slice_is(key, "initContainers"))
			read_containers(r, key.ptr[0] == 'i');
		else if (tel__slice_is(key, "hostNetwork")) {
			tel__json_token token = next(r);

			o->host_network = token == TEL__JSON_TRUE;
			skip(r, token);
		} else {
			skip(r, next(r));
		}
	}
}

static void read_status(reader *r)
{
	tel__kube_object *o = &r->object;
	tel_slice key;

	if (!enter(r, TEL__JSON_OBJECT))
		return;
	while (next_key(r, &key)) {
		if (tel__slice_is(key, "podIP"))
			read_text(r, &o->ip);
		else if (tel__slice_is(key, "startTime"))
			read_text(r, &o->started);
		else if (tel__slice_is(key, "containerStatuses") || tel__slice_is(key, "initContainerStatuses"))
			read_statuses(r);
		else
			skip(r, next(r));
	}
}

/* ---- objects and lists ---- */

/* An object that was entered; kind is what its list says. */
static void read_object(reader *r, tel_kube *kube, tel_slice kind)
{
	tel_slice key;

	tel__arena_reset(r->arena);
	r->object = (tel__kube_object){ .bytes = 0 };
	r->kind = kind;
	while (next_key(r, &key)) {
		if (tel__slice_is(key, "kind"))
			read_text(r, &r->kind);
		else if (tel__slice_is(key, "metadata"))
			read_metadata(r);
		else if (tel__slice_is(key, "spec"))
			read_spec(r);
		else if (tel__slice_is(key, "status"))
			read_status(r);
		else
			skip(r, next(r));
	}
	r->object.kind = tel__kube_kind_of(r->kind);
	if (!r->failed && r->object.kind != TEL__KUBE_KIND_COUNT && tel__kube_put(kube, &r->object))
		no_memory(r);
}

static void read_items(reader *r, tel_kube *kube, tel_slice kind)
{
	tel__json_token token;

	if (!enter(r, TEL__JSON_ARRAY))
		return; /* null: an empty list */
	while ((token = next(r)) == TEL__JSON_OBJECT)
		read_object(r, kube, kind);
	if (token != TEL__JSON_ARRAY_END)
		fail(r);
}

/* What the document is, by its top level: kind may stand behind the items. */
static bool look(reader *r, tel_slice text, tel_slice *ret_kind, bool *ret_list)
{
	tel_slice key;

	tel__json_init(&r->json, text);
	*ret_list = false;
	if (next(r) != TEL__JSON_OBJECT)
		return fail(r);
	while (next_key(r, &key)) {
		tel__json_token token;

		if (tel__slice_is(key, "kind")) {
			read_text(r, ret_kind);
			continue;
		}
		*ret_list |= tel__slice_is(key, "items");
		token = next(r);
		skip(r, token);
	}
	return !r->failed && next(r) == TEL__JSON_END;
}

static void read_document(reader *r, tel_kube *kube, tel_slice text, tel_slice kind, bool list)
{
	tel_slice key, of = { NULL, 0 };

	tel__json_init(&r->json, text);
	(void)next(r);
	if (!list) {
		read_object(r, kube, of);
		return;
	}
	if (tel__slice_ends(kind, TEL_SLICE_LIT("List")))
		of = (tel_slice){ kind.ptr, kind.len - 4 };
	while (next_key(r, &key)) {
		if (tel__slice_is(key, "items"))
			read_items(r, kube, of);
		else
			skip(r, next(r));
	}
}

tel_err tel_kube_read(tel_kube *kube, tel_slice text, tel_error *err)
{
	reader r = { .failed = false };
	tel_slice kind = { NULL, 0 };
	char name[32];
	bool list;
	tel_err e = TEL_OK;

	if (!kube || (!text.ptr && text.len))
		return tel__fail(err, TEL_ERR_ARG, "a list needs a cluster and a text");
	if (tel__arena_new(tel__kube_alloc(kube), 0, NULL, &r.arena))
		return tel__fail_nomem(err);
	if (look(&r, text, &kind, &list)) {
		/* the arena is used again: the name has to outlive it */
		size_t len = kind.len < sizeof(name) ? kind.len : 0;

		memcpy(name, len ? kind.ptr : "", len);
		read_document(&r, kube, text, (tel_slice){ name, len }, list);
	}
	if (r.nomem)
		e = tel__fail_nomem(err);
	else if (r.failed && r.json.why)
		e = tel__json_fail(&r.json, err);
	else if (r.failed)
		e = tel__fail(err, TEL_ERR_MALFORMED, "not a Kubernetes object or list of objects");
	else if (!kind.len && !list)
		e = tel__fail(err, TEL_ERR_MALFORMED, "not a Kubernetes object: it has no kind");
	tel__arena_unref(r.arena);
	return e;
}
