/* SPDX-License-Identifier: Apache-2.0 */
/* What is set for a pod, a container, a namespace, a node, a workload: otel-processing.md 8.4 to 8.6. */
#include <stdio.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "model/otlp_fields.h"
#include "model/value.h"
#include "model/walk.h"
#include "process/k8s_view.h"

uint32_t tel__k8s_hash(tel_slice key)
{
	return (uint32_t)tel__slice_hash(key, 0);
}

tel_slice tel__k8s_without_scheme(tel_slice text)
{
	for (size_t i = 0; i + 3 <= text.len; i++)
		if (memcmp(text.ptr + i, "://", 3) == 0)
			return tel__slice_sub(text, i + 3, text.len - i - 3);
	return text;
}

/* ---- pieces ---- */

static tel__k8s_piece *slot_of(tel__arena *arena, tel__k8s_pieces *pieces, uint32_t hash, tel_slice key)
{
	for (uint32_t i = 0; i < pieces->count; i++)
		if (pieces->at[i].hash == hash && tel__slice_eq(pieces->at[i].key, key))
			return &pieces->at[i];
	if (pieces->count == pieces->cap) {
		uint32_t cap = pieces->cap ? 2 * pieces->cap : 16;
		tel__k8s_piece *at = tel__arena_grow(arena, pieces->at, pieces->cap * sizeof(*at), cap * sizeof(*at));

		if (!at)
			return NULL;
		pieces->at = at;
		pieces->cap = cap;
	}
	return &pieces->at[pieces->count++];
}

tel_err tel__k8s_put(tel__arena *arena, const tel_alloc *alloc, tel__k8s_pieces *pieces, tel_slice key, const tel_value *value)
{
	tel__k8s_piece *piece, fresh = { .hash = tel__k8s_hash(key) };
	tel__dynbuf out;
	tel_err e;

	tel__dynbuf_init(&out, alloc, TEL_LIMIT_ATTRS_BYTES);
	e = tel__value_add_pair(&out, TEL__RESOURCE_ATTRIBUTES, key, value);
	if (!e && !tel__arena_copy(arena, tel__dynbuf_get(&out), &fresh.field))
		e = TEL_ERR_NOMEM;
	tel__dynbuf_fini(&out);
	if (e)
		return e == TEL_ERR_NOMEM ? e : TEL_OK; /* an annotation beyond the limit of attributes is none */
	{
		tel__pb_reader r = tel__pb_read(fresh.field);
		tel__pb_field f, member;

		if (tel__pb_next(&r, &f)) {
			r = tel__pb_read(f.bytes);
			while (tel__pb_next(&r, &member)) {
				if (member.number == TEL__KV_KEY)
					fresh.key = member.bytes;
				else if (member.number == TEL__KV_VALUE)
					fresh.value = member.bytes;
			}
		}
	}
	fresh.empty = value->type == TEL_VALUE_STRING && value->u.bytes.len == 0;
	piece = slot_of(arena, pieces, fresh.hash, fresh.key);
	if (!piece)
		return TEL_ERR_NOMEM;
	*piece = fresh;
	return TEL_OK;
}

static tel_err put_text(tel__k8s_view *v, tel__k8s_pieces *pieces, tel_slice key, tel_slice text)
{
	return tel__k8s_put(v->arena, &v->alloc, pieces, key, &(tel_value){ .type = TEL_VALUE_STRING, .u.bytes = text });
}

/* When it is to be extracted. */
static tel_err put_field(tel__k8s_view *v, tel__k8s_pieces *pieces, tel__k8s_field field, tel_slice text)
{
	if (!tel__k8s_extracts(v, field))
		return TEL_OK;
	return put_text(v, pieces, tel__slice_str(tel__k8s_field_names[field]), text);
}

static tel_err put_if_any(tel__k8s_view *v, tel__k8s_pieces *pieces, tel__k8s_field field, tel_slice text)
{
	return text.len ? put_field(v, pieces, field, text) : TEL_OK;
}

/* ---- rules ---- */

static tel_err put_default(tel__k8s_view *v, tel__k8s_pieces *pieces, const tel__k8s_compiled_rule *rule, const tel__key_pair *pair)
{
	static const char *const kinds[] = { "pod", "namespace", "node", "deployment", "statefulset", "daemonset", "job" };
	bool plural = rule->rule->from <= TEL__K8S_FROM_NODE;
	tel__dynbuf name;
	tel_err e;

	tel__dynbuf_init(&name, &v->alloc, TEL_LIMIT_ATTRS_BYTES);
	tel__dynbuf_fmt(&name, "k8s.%s.%s%s.", kinds[rule->rule->from], rule->annotations ? "annotation" : "label",
	                plural ? "s" : "");
	tel__dynbuf_slice(&name, pair->key);
	e = tel__dynbuf_error(&name);
	if (!e)
		e = put_text(v, pieces, tel__dynbuf_get(&name), pair->value);
	tel__dynbuf_fini(&name);
	return e;
}

static tel_err apply_regex(tel__k8s_view *v, tel__k8s_pieces *pieces, const tel__k8s_compiled_rule *rule,
                           const tel__key_pair *pair)
{
	tel__dynbuf name;
	bool found = false;
	tel_err e = pair->value.len ? tel__regex_find(v->regex_run, rule->regex, pair->key, &found, NULL) : TEL_OK;

	if (e || !found)
		return e == TEL_ERR_NOMEM ? e : TEL_OK; /* beyond the limits of matching is no match */
	if (!rule->expands)
		return put_default(v, pieces, rule, pair);
	tel__dynbuf_init(&name, &v->alloc, TEL_LIMIT_ATTRS_BYTES);
	tel__regex_expand(v->regex_run, rule->regex, rule->rule->tag_name, &name);
	e = tel__dynbuf_error(&name);
	if (!e)
		e = put_text(v, pieces, tel__dynbuf_get(&name), pair->value);
	tel__dynbuf_fini(&name);
	return e;
}

static tel_err apply_rule(tel__k8s_view *v, tel__k8s_pieces *pieces, const tel__k8s_compiled_rule *rule,
                          const tel__kube_object *object)
{
	const tel__key_pairs *pairs = rule->annotations ? &object->annotations : &object->labels;
	tel_err e = TEL_OK;

	for (size_t i = 0; !e && i < pairs->count; i++) {
		const tel__key_pair *pair = &pairs->items[i];

		if (rule->regex)
			e = apply_regex(v, pieces, rule, pair);
		else if (tel__slice_eq(pair->key, rule->rule->key))
			e = rule->rule->tag_name.len ? put_text(v, pieces, rule->rule->tag_name, pair->value)
			                             : put_default(v, pieces, rule, pair);
	}
	return e;
}

static tel_err apply_rules(tel__k8s_view *v, tel__k8s_pieces *pieces, tel__k8s_from from, const tel__kube_object *object)
{
	tel_err e = TEL_OK;

	for (size_t i = 0; !e && i < v->rule_count; i++)
		if (v->rules[i].rule->from == (int32_t)from)
			e = apply_rule(v, pieces, &v->rules[i], object);
	return e;
}

/* ---- owners ---- */

static bool all_digits(tel_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return text.len > 0;
}

static size_t last_dash(tel_slice text)
{
	size_t at = text.len;

	while (at && text.ptr[at - 1] != '-')
		at--;
	return at; /* behind it; 0: there is none */
}

/* web-57d8f5dd5b -> web; empty: the name does not end in a hash of 10. */
static tel_slice without_hash(tel_slice name)
{
	size_t at = last_dash(name);

	if (!at || name.len - at != 10)
		return (tel_slice){ NULL, 0 };
	for (size_t i = at; i < name.len; i++)
		if (!((name.ptr[i] >= 'a' && name.ptr[i] <= 'z') || (name.ptr[i] >= '0' && name.ptr[i] <= '9')))
			return (tel_slice){ NULL, 0 };
	return (tel_slice){ name.ptr, at - 1 };
}

static const tel__kube_owner *owner_of(const tel__kube_object *object, const char *kind)
{
	for (uint32_t i = 0; object && i < object->owner_count; i++)
		if (tel__slice_is(object->owners[i].kind, kind))
			return &object->owners[i];
	return NULL;
}

static tel_err put_replicaset(tel__k8s_view *v, tel__k8s_pod *pod, const tel__kube_owner *owner)
{
	bool from_name = v->options->extract.deployment_name_from_replicaset;
	const tel__kube_owner *deployment = NULL;
	tel_slice name = { NULL, 0 };
	tel_err e = put_field(v, &pod->pieces, TEL__K8S_REPLICASET_NAME, owner->name);

	if (!e)
		e = put_field(v, &pod->pieces, TEL__K8S_REPLICASET_UID, owner->uid);
	if (!e)
		e = put_field(v, &pod->pieces, TEL__K8S_SERVICE_NAME, owner->name);
	if (v->watches_replicasets)
		deployment = owner_of(tel__kube_get(v->kube, TEL__KUBE_REPLICASET, owner->uid), "Deployment");
	/* Where nobody may see ReplicaSets, their names are the next best. */
	if (from_name || !tel__kube_knows(v->kube, TEL__KUBE_REPLICASET))
		name = without_hash(owner->name);
	else if (deployment)
		name = deployment->name;
	if (!e && name.len)
		e = put_field(v, &pod->pieces, TEL__K8S_DEPLOYMENT_NAME, name);
	if (!e && name.len)
		e = put_field(v, &pod->pieces, TEL__K8S_SERVICE_NAME, name);
	if (!e && deployment) {
		pod->owner_uids[TEL__K8S_FROM_DEPLOYMENT] = deployment->uid;
		e = put_field(v, &pod->pieces, TEL__K8S_DEPLOYMENT_UID, deployment->uid);
	}
	return e;
}

static tel_err put_job(tel__k8s_view *v, tel__k8s_pod *pod, const tel__kube_owner *owner)
{
	size_t at = last_dash(owner->name);
	const tel__kube_owner *cronjob;
	tel_slice name;
	tel_err e = TEL_OK;

	if (at && all_digits(tel__slice_sub(owner->name, at, owner->name.len - at))) {
		name = (tel_slice){ owner->name.ptr, at - 1 };
		e = put_field(v, &pod->pieces, TEL__K8S_CRONJOB_NAME, name);
		if (!e)
			e = put_field(v, &pod->pieces, TEL__K8S_SERVICE_NAME, name);
	}
	cronjob = owner_of(tel__kube_get(v->kube, TEL__KUBE_JOB, owner->uid), "CronJob");
	return e || !cronjob ? e : put_field(v, &pod->pieces, TEL__K8S_CRONJOB_UID, cronjob->uid);
}

static tel_err put_owner(tel__k8s_view *v, tel__k8s_pod *pod, const tel__kube_owner *owner)
{
	static const struct {
		const char *kind;
		tel__k8s_field name, uid;
		tel__k8s_from from;
	} workloads[] = {
		{ "DaemonSet", TEL__K8S_DAEMONSET_NAME, TEL__K8S_DAEMONSET_UID, TEL__K8S_FROM_DAEMONSET },
		{ "StatefulSet", TEL__K8S_STATEFULSET_NAME, TEL__K8S_STATEFULSET_UID, TEL__K8S_FROM_STATEFULSET },
		{ "Job", TEL__K8S_JOB_NAME, TEL__K8S_JOB_UID, TEL__K8S_FROM_JOB },
	};

	if (tel__slice_is(owner->kind, "ReplicaSet"))
		return put_replicaset(v, pod, owner);
	for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
		tel_err e;

		if (!tel__slice_is(owner->kind, workloads[i].kind))
			continue;
		pod->owner_uids[workloads[i].from] = owner->uid;
		e = put_field(v, &pod->pieces, workloads[i].name, owner->name);
		if (!e)
			e = put_field(v, &pod->pieces, workloads[i].uid, owner->uid);
		if (!e)
			e = put_field(v, &pod->pieces, TEL__K8S_SERVICE_NAME, owner->name);
		return !e && workloads[i].from == TEL__K8S_FROM_JOB ? put_job(v, pod, owner) : e;
	}
	return TEL_OK;
}

/* ---- pods ---- */

static tel_slice label_of(const tel__kube_object *object, const char *key)
{
	for (size_t i = 0; i < object->labels.count; i++)
		if (tel__slice_is(object->labels.items[i].key, key))
			return object->labels.items[i].value;
	return (tel_slice){ NULL, 0 };
}

/* The labels that win over everything else. */
static tel_err put_service(tel__k8s_view *v, tel__k8s_pod *pod)
{
	const tel__kube_object *o = pod->object;
	tel_err e = put_if_any(v, &pod->pieces, TEL__K8S_SERVICE_NAME, label_of(o, "app.kubernetes.io/name"));

	if (!e)
		e = put_if_any(v, &pod->pieces, TEL__K8S_SERVICE_NAME, label_of(o, "app.kubernetes.io/instance"));
	return e ? e : put_if_any(v, &pod->pieces, TEL__K8S_SERVICE_VERSION, label_of(o, "app.kubernetes.io/version"));
}

static tel_err put_basics(tel__k8s_view *v, tel__k8s_pod *pod)
{
	const tel__kube_object *o = pod->object;
	const struct {
		tel__k8s_field field;
		tel_slice text;
		bool always;
	} rows[] = {
		{ TEL__K8S_POD_NAME, o->name, true },
		{ TEL__K8S_SERVICE_NAME, o->name, true },
		{ TEL__K8S_POD_HOSTNAME, o->hostname, true },
		{ TEL__K8S_POD_IP, o->ip, true },
		{ TEL__K8S_NAMESPACE_NAME, o->namespace, true },
		{ TEL__K8S_SERVICE_NAMESPACE, o->namespace, true },
		{ TEL__K8S_POD_START_TIME, o->created, false },
		{ TEL__K8S_POD_UID, o->uid, true },
	};
	tel_err e = TEL_OK;

	for (size_t i = 0; !e && i < sizeof(rows) / sizeof(rows[0]); i++)
		e = rows[i].always ? put_field(v, &pod->pieces, rows[i].field, rows[i].text)
		                   : put_if_any(v, &pod->pieces, rows[i].field, rows[i].text);
	return e;
}

tel_err tel__k8s_pod_build(tel__k8s_view *view, tel__k8s_pod *pod)
{
	const tel__kube_object *o = pod->object, *system = tel__kube_get(view->kube, TEL__KUBE_NAMESPACE, TEL_SLICE_LIT("kube-system"));
	tel_err e;

	if (pod->pieces.built)
		return TEL_OK;
	pod->pieces.count = 0;
	e = put_basics(view, pod);
	for (uint32_t i = 0; !e && i < o->owner_count; i++)
		e = put_owner(view, pod, &o->owners[i]);
	if (!e)
		e = put_field(view, &pod->pieces, TEL__K8S_NODE_NAME, o->node);
	if (!e && system)
		e = put_if_any(view, &pod->pieces, TEL__K8S_CLUSTER_UID, system->uid);
	if (!e)
		e = apply_rules(view, &pod->pieces, TEL__K8S_FROM_POD, o);
	if (!e)
		e = put_service(view, pod);
	pod->pieces.built = !e;
	return e;
}

/* ---- containers ---- */

/* Repository, tag and digest of an image reference as it is written; false: it is none. */
static bool split_image(tel_slice image, tel_slice *ret_name, tel_slice *ret_tag, tel_slice *ret_digest)
{
	size_t at = tel__slice_find(image, '@'), colon = at;

	for (size_t i = 0; i < image.len; i++)
		if ((unsigned char)image.ptr[i] <= ' ')
			return false;
	*ret_digest = at < image.len ? tel__slice_sub(image, at + 1, image.len - at - 1) : (tel_slice){ NULL, 0 };
	*ret_tag = (tel_slice){ NULL, 0 };
	*ret_name = (tel_slice){ image.ptr, at };
	while (colon && image.ptr[colon - 1] != ':' && image.ptr[colon - 1] != '/')
		colon--;
	if (colon && image.ptr[colon - 1] == ':') {
		*ret_tag = (tel_slice){ image.ptr + colon, at - colon };
		ret_name->len = colon - 1;
	}
	return ret_name->len != 0;
}

static tel_err put_image(tel__k8s_view *v, tel__k8s_container *c)
{
	tel_slice name, tag, digest, version = { NULL, 0 };
	tel_err e;

	if (!split_image(c->image, &name, &tag, &digest))
		return TEL_OK;
	e = put_field(v, &c->pieces, TEL__K8S_IMAGE_NAME, name);
	if (!e)
		e = put_field(v, &c->pieces, TEL__K8S_IMAGE_TAG, tag.len ? tag : TEL_SLICE_LIT("latest"));
	/* tag, tag@digest or digest, which are the end of the text */
	if (tag.len)
		version = (tel_slice){ tag.ptr, (size_t)(c->image.ptr + c->image.len - tag.ptr) };
	else if (digest.len)
		version = digest;
	return e ? e : put_if_any(v, &c->pieces, TEL__K8S_SERVICE_VERSION, version);
}

tel_err tel__k8s_container_build(tel__k8s_view *view, const tel__k8s_pod *pod, tel__k8s_container *container)
{
	tel__dynbuf id;
	tel_err e;

	if (container->pieces.built)
		return TEL_OK;
	container->pieces.count = 0;
	tel__dynbuf_init(&id, &view->alloc, TEL_LIMIT_ATTRS_BYTES);
	tel__dynbuf_slice(&id, pod->object->namespace);
	tel__dynbuf_byte(&id, '.');
	tel__dynbuf_slice(&id, pod->object->name);
	tel__dynbuf_byte(&id, '.');
	tel__dynbuf_slice(&id, container->name);
	e = tel__dynbuf_error(&id);
	if (!e && container->has_status)
		e = put_if_any(view, &container->pieces, TEL__K8S_CONTAINER_NAME, container->name);
	if (!e)
		e = put_image(view, container);
	if (!e && container->has_status)
		e = put_field(view, &container->pieces, TEL__K8S_SERVICE_INSTANCE_ID, tel__dynbuf_get(&id));
	tel__dynbuf_fini(&id);
	container->pieces.built = !e;
	return e;
}

/* ---- others ---- */

static const tel__kube_object *object_of(const tel__k8s_view *v, tel__k8s_from from, tel_slice key)
{
	static const tel__kube_kind kinds[] = { TEL__KUBE_POD, TEL__KUBE_NAMESPACE, TEL__KUBE_NODE, TEL__KUBE_DEPLOYMENT,
		                                    TEL__KUBE_STATEFULSET, TEL__KUBE_DAEMONSET, TEL__KUBE_JOB };

	return v->kube ? tel__kube_get(v->kube, kinds[from], key) : NULL;
}

tel_err tel__k8s_group(tel__k8s_view *view, tel__k8s_from from, tel_slice key, const tel__k8s_pieces **ret_pieces)
{
	const tel__kube_object *object = key.len ? object_of(view, from, key) : NULL;
	tel__k8s_pieces *pieces;
	void *known = NULL;
	tel_slice name = { (const char *)&object, sizeof(object) };
	tel_err e = TEL_OK;

	*ret_pieces = NULL;
	if (!object)
		return TEL_OK;
	if (tel__map_get(view->groups, name, &known)) {
		*ret_pieces = known;
		return TEL_OK;
	}
	pieces = tel__arena_alloc(view->arena, sizeof(*pieces));
	if (!pieces || !tel__arena_copy(view->arena, name, &name))
		return TEL_ERR_NOMEM;
	*pieces = (tel__k8s_pieces){ .at = NULL };
	e = apply_rules(view, pieces, from, object);
	if (!e && from == TEL__K8S_FROM_NODE && view->watches_nodes && object->uid.len)
		e = put_text(view, pieces, TEL_SLICE_LIT("k8s.node.uid"), object->uid);
	if (!e)
		e = tel__map_put(view->groups, name, pieces, NULL);
	if (!e)
		*ret_pieces = pieces;
	return e;
}
