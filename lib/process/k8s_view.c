/* SPDX-License-Identifier: Apache-2.0 */
/* The index of pods: otel-processing.md 8.2 (identifiers) and 8.7 (pod table). */
#include "process/k8s_view.h"

#include "base/error_i.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/slice_i.h"

/* ---- making ---- */

static tel_err compile_rules(tel__k8s_view *v, const tel__key_list *list, bool annotations, tel_error *err)
{
	const tel__k8s_rule *rules = list->items;

	for (size_t i = 0; i < list->count; i++) {
		tel__k8s_compiled_rule *out = &v->rules[v->rule_count++];
		tel_err e = TEL_OK;

		out->rule = &rules[i];
		out->annotations = annotations;
		if (rules[i].key_regex.len)
			e = tel__regex_new(&v->alloc, rules[i].key_regex, TEL__REGEX_WHOLE, &out->regex, err);
		if (e)
			return e;
		out->expands = out->regex && rules[i].tag_name.len && tel__regex_groups(out->regex) > 1;
		v->watches_nodes |= rules[i].from == TEL__K8S_FROM_NODE;
		v->has_annotation_rules |= annotations;
	}
	return TEL_OK;
}

/* resource.opentelemetry.io/X: one more rule behind all others. */
static tel_err compile_otel_annotations(tel__k8s_view *v, tel_error *err)
{
	static const tel__k8s_rule rule = { .tag_name = TEL_SLICE_LIT("$1"), .from = TEL__K8S_FROM_POD,
		                                .key_regex = TEL_SLICE_LIT("^resource\\.opentelemetry\\.io/(.+)$") };
	tel__key_list list = { (void *)(uintptr_t)&rule, 1 };

	return v->options->extract.otel_annotations ? compile_rules(v, &list, true, err) : TEL_OK;
}

static tel_err compile_excludes(tel__k8s_view *v, tel_error *err)
{
	static const tel__k8s_exclude usual[] = { { TEL_SLICE_LIT("jaeger-agent") }, { TEL_SLICE_LIT("jaeger-collector") } };
	const tel__key_list *list = &v->options->exclude.pods;
	const tel__k8s_exclude *excludes = list->count ? list->items : usual;
	size_t count = list->count ? list->count : 2;
	tel_err e = TEL_OK;

	v->excludes = tel__mem_zero(&v->alloc, count, sizeof(tel__regex *));
	if (!v->excludes)
		return TEL_ERR_NOMEM;
	v->exclude_count = count;
	for (size_t i = 0; !e && i < count; i++)
		e = tel__regex_new(&v->alloc, excludes[i].name, 0, &v->excludes[i], err);
	return e;
}

static tel_err compile(tel__k8s_view *v, tel_error *err)
{
	const tel__k8s_extract *extract = &v->options->extract;
	size_t count = extract->labels.count + extract->annotations.count + 1;
	tel_err e;

	v->rules = tel__mem_zero(&v->alloc, count, sizeof(*v->rules));
	if (!v->rules)
		return TEL_ERR_NOMEM;
	v->fields = tel__k8s_fields(extract);
	v->watches_nodes = tel__k8s_extracts(v, TEL__K8S_NODE_UID);
	v->watches_replicasets = tel__k8s_extracts(v, TEL__K8S_DEPLOYMENT_UID) ||
	                         (tel__k8s_extracts(v, TEL__K8S_DEPLOYMENT_NAME) && !extract->deployment_name_from_replicaset);
	e = tel__regex_run_new(&v->alloc, &v->regex_run);
	if (!e)
		e = compile_rules(v, &extract->labels, false, err);
	if (!e)
		e = compile_rules(v, &extract->annotations, true, err);
	if (!e)
		e = compile_otel_annotations(v, err);
	if (!e)
		e = compile_excludes(v, err);
	return e ? e : tel__arena_new(&v->alloc, 0, NULL, &v->arena);
}

tel_err tel__k8s_view_new(const tel__processor_env *env, const tel__k8s_options *options, tel__k8s_view **ret_view,
                          tel_error *err)
{
	tel__k8s_view *v = tel__mem_zero(env->alloc, 1, sizeof(*v));
	tel_err e;

	if (!v)
		return tel__fail_nomem(err);
	v->alloc = *tel__alloc_or_default(env->alloc);
	v->options = options;
	v->kube = tel__kube_ref(env->kube);
	e = compile(v, err);
	if (e) {
		tel__k8s_view_free(v);
		return e == TEL_ERR_NOMEM ? tel__fail_nomem(err) : e;
	}
	*ret_view = v;
	return TEL_OK;
}

void tel__k8s_view_free(tel__k8s_view *view)
{
	size_t count;
	tel_alloc alloc;

	if (!view)
		return;
	count = view->options->extract.labels.count + view->options->extract.annotations.count + 1;
	for (size_t i = 0; i < view->rule_count; i++)
		tel__regex_free(view->rules[i].regex);
	for (size_t i = 0; i < view->exclude_count; i++)
		tel__regex_free(view->excludes[i]);
	if (view->rules)
		tel__mem_free(&view->alloc, view->rules, count, sizeof(*view->rules));
	if (view->excludes)
		tel__mem_free(&view->alloc, view->excludes, view->exclude_count, sizeof(tel__regex *));
	tel__regex_run_free(view->regex_run);
	tel__map_free(view->pods);
	tel__map_free(view->groups);
	tel__arena_unref(view->arena);
	tel_kube_free(view->kube);
	alloc = view->alloc;
	tel__mem_free(&alloc, view, 1, sizeof(*view));
}

/* ---- identifiers ---- */

void tel__k8s_identifier_add(tel__k8s_identifier *id, bool connection, tel_slice name, tel_slice value)
{
	tel_slice parts[] = { connection ? TEL_SLICE_LIT("c") : TEL_SLICE_LIT("a"), connection ? (tel_slice){ NULL, 0 } : name,
		                  { "\0", 1 }, value, { "\1", 1 } };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (id->len <= sizeof(id->text) && parts[i].len <= sizeof(id->text) - id->len && parts[i].len)
			memcpy(id->text + id->len, parts[i].ptr, parts[i].len);
		id->len += parts[i].len;
	}
}

static tel_slice text_of(const tel__k8s_identifier *id)
{
	return (tel_slice){ id->text, id->len };
}

tel__k8s_pod *tel__k8s_find(const tel__k8s_view *view, const tel__k8s_identifier *id)
{
	void *pod = NULL;

	if (!view->pods || !id->len || id->len > sizeof(id->text) || !tel__map_get(view->pods, text_of(id), &pod))
		return NULL;
	return ((tel__k8s_pod *)pod)->ignored ? NULL : pod;
}

/* RFC 3339 in UTC to the second: the order of texts is the order of times. */
static bool is_older(const tel__kube_object *a, const tel__kube_object *b)
{
	return a->started.len && a->started.len == b->started.len && tel__slice_cmp(a->started, b->started) < 0;
}

/* The newer of two pods keeps a name. */
static tel_err enter(tel__k8s_view *v, const tel__k8s_identifier *id, tel__k8s_pod *pod)
{
	void *other = NULL;
	tel_slice key;

	if (!id->len || id->len > sizeof(id->text))
		return TEL_OK;
	if (tel__map_get(v->pods, text_of(id), &other) && is_older(pod->object, ((tel__k8s_pod *)other)->object))
		return TEL_OK;
	if (!tel__arena_copy(v->arena, text_of(id), &key))
		return TEL_ERR_NOMEM;
	return tel__map_put(v->pods, key, pod, NULL);
}

/* What a pod has for an attribute that identifies it; empty: nothing. */
static tel_slice attribute_of(const tel__k8s_pod *pod, tel_slice name, const tel__k8s_container *container)
{
	const tel__kube_object *o = pod->object;

	if (tel__slice_is(name, "k8s.pod.uid"))
		return o->uid;
	if (tel__slice_is(name, "k8s.pod.name"))
		return o->name;
	if (tel__slice_is(name, "k8s.namespace.name"))
		return o->namespace;
	if (tel__slice_is(name, "k8s.pod.ip") || tel__slice_is(name, "host.name"))
		return o->ip;
	if (tel__slice_is(name, "container.id"))
		return container ? container->id : (tel_slice){ NULL, 0 };
	for (uint32_t i = 0; i < pod->pieces.count; i++) {
		const tel__k8s_piece *piece = &pod->pieces.at[i];

		/* a string's payload stands behind its tag and length */
		if (tel__slice_eq(piece->key, name) && piece->value.len > 2)
			return tel__slice_sub(piece->value, 2, piece->value.len - 2);
	}
	return (tel_slice){ NULL, 0 };
}

static bool is_connection(const tel__k8s_source *source)
{
	return tel__slice_is(source->from, "connection");
}

/* Enters the pod under an entry of pod_association, once per container where the container names it. */
static tel_err enter_association(tel__k8s_view *v, const tel__k8s_association *association, tel__k8s_pod *pod,
                                 const tel__k8s_container *container)
{
	const tel__k8s_source *sources = association->sources.items;
	tel__k8s_identifier id = { .len = 0 };

	for (size_t i = 0; i < association->sources.count; i++) {
		bool connection = is_connection(&sources[i]);
		tel_slice value = attribute_of(pod, connection ? TEL_SLICE_LIT("k8s.pod.ip") : sources[i].name, container);

		if (!value.len || (connection && pod->object->host_network))
			return TEL_OK;
		tel__k8s_identifier_add(&id, connection, sources[i].name, value);
	}
	return enter(v, &id, pod);
}

static bool by_container(const tel__k8s_association *association)
{
	const tel__k8s_source *sources = association->sources.items;

	for (size_t i = 0; i < association->sources.count; i++)
		if (!is_connection(&sources[i]) && tel__slice_is(sources[i].name, "container.id"))
			return true;
	return false;
}

static tel_err enter_associations(tel__k8s_view *v, tel__k8s_pod *pod)
{
	const tel__k8s_association *all = v->options->pod_association.items;
	tel_err e = TEL_OK;

	for (size_t i = 0; !e && i < v->options->pod_association.count; i++) {
		if (!by_container(&all[i]))
			e = enter_association(v, &all[i], pod, NULL);
		else
			for (uint32_t c = 0; !e && c < pod->container_count; c++)
				e = enter_association(v, &all[i], pod, &pod->containers[c]);
	}
	return e;
}

/* Under its uid, and under its address unless that is the node's. */
static tel_err enter_usual(tel__k8s_view *v, tel__k8s_pod *pod)
{
	static const tel_slice uid = TEL_SLICE_LIT("k8s.pod.uid"), ip = TEL_SLICE_LIT("k8s.pod.ip");
	const tel__kube_object *o = pod->object;
	tel__k8s_identifier by_uid = { .len = 0 }, by_ip = { .len = 0 }, by_connection = { .len = 0 };
	tel_err e = TEL_OK;

	tel__k8s_identifier_add(&by_uid, false, uid, o->uid);
	if (o->uid.len)
		e = enter(v, &by_uid, pod);
	if (e || !o->ip.len || o->host_network)
		return e;
	tel__k8s_identifier_add(&by_connection, true, ip, o->ip);
	tel__k8s_identifier_add(&by_ip, false, ip, o->ip);
	e = enter(v, &by_connection, pod);
	return e ? e : enter(v, &by_ip, pod);
}

/* ---- building ---- */

static bool is_true(tel_slice text)
{
	return tel__slice_eq_nocase(tel__slice_trim(text), TEL_SLICE_LIT("true"));
}

static tel_err find_ignored(tel__k8s_view *v, tel__k8s_pod *pod)
{
	const tel__key_pairs *annotations = &pod->object->annotations;
	tel_err e = TEL_OK;

	for (size_t i = 0; !e && !pod->ignored && i < v->exclude_count; i++)
		e = tel__regex_test(v->regex_run, v->excludes[i], pod->object->name, &pod->ignored, NULL);
	for (size_t i = 0; v->has_annotation_rules && i < annotations->count; i++)
		if (tel__slice_is(annotations->items[i].key, "opentelemetry.io/k8s-processor/ignore"))
			pod->ignored |= is_true(annotations->items[i].value);
	return e == TEL_ERR_NOMEM ? e : TEL_OK;
}

static tel__k8s_container *container_of(tel__k8s_pod *pod, tel_slice name)
{
	for (uint32_t i = 0; i < pod->container_count; i++)
		if (tel__slice_eq(pod->containers[i].name, name))
			return &pod->containers[i];
	return NULL;
}

static tel_err list_containers(tel__k8s_view *v, tel__k8s_pod *pod)
{
	const tel__kube_object *o = pod->object;
	size_t most = (size_t)o->container_count + o->status_count;

	pod->containers = tel__arena_array(v->arena, most ? most : 1, sizeof(*pod->containers));
	if (!pod->containers)
		return TEL_ERR_NOMEM;
	memset(pod->containers, 0, (most ? most : 1) * sizeof(*pod->containers));
	for (uint32_t i = 0; i < o->container_count; i++) {
		tel__k8s_container *c = &pod->containers[pod->container_count++];

		c->name = o->containers[i].name;
		c->image = o->containers[i].image;
		c->init = o->containers[i].init;
	}
	for (uint32_t i = 0; i < o->status_count; i++) {
		tel__k8s_container *c = container_of(pod, o->statuses[i].name);

		if (!c) {
			c = &pod->containers[pod->container_count++];
			c->name = o->statuses[i].name;
		}
		c->has_status = true;
		c->id = tel__k8s_without_scheme(o->statuses[i].id);
	}
	return TEL_OK;
}

/* An association by something else than what every pod has needs the attributes already. */
static bool associates_by_pieces(const tel__k8s_view *v)
{
	static const char *const plain[] = { "k8s.pod.uid", "k8s.pod.name", "k8s.namespace.name", "k8s.pod.ip", "host.name",
		                                 "container.id", NULL };
	const tel__k8s_association *all = v->options->pod_association.items;

	for (size_t i = 0; i < v->options->pod_association.count; i++) {
		const tel__k8s_source *sources = all[i].sources.items;

		for (size_t k = 0; k < all[i].sources.count; k++) {
			int p = 0;

			while (plain[p] && !tel__slice_is(sources[k].name, plain[p]))
				p++;
			if (!plain[p] && !is_connection(&sources[k]))
				return true;
		}
	}
	return false;
}

static tel_err add_pod(tel__k8s_view *v, const tel__kube_object *object, bool with_pieces)
{
	tel__k8s_pod *pod = tel__arena_alloc(v->arena, sizeof(*pod));
	tel_err e;

	if (!pod)
		return TEL_ERR_NOMEM;
	*pod = (tel__k8s_pod){ .object = object };
	e = find_ignored(v, pod);
	if (!e)
		e = list_containers(v, pod);
	if (!e && with_pieces)
		e = tel__k8s_pod_build(v, pod);
	if (!e)
		e = enter_usual(v, pod);
	return e ? e : enter_associations(v, pod);
}

tel_err tel__k8s_view_refresh(tel__k8s_view *view)
{
	const tel__kube_object *object;
	bool with_pieces;
	size_t cursor = 0;
	tel_err e;

	if (!view->kube || view->generation == tel__kube_generation(view->kube))
		return TEL_OK;
	tel__map_free(view->pods);
	tel__map_free(view->groups);
	view->pods = view->groups = NULL;
	view->generation = 0;
	tel__arena_reset(view->arena);
	with_pieces = associates_by_pieces(view);
	e = tel__map_new(&view->alloc, TEL__MAP_BORROW_KEYS, 0, &view->pods);
	if (!e)
		e = tel__map_new(&view->alloc, TEL__MAP_BORROW_KEYS, 0, &view->groups);
	while (!e && (object = tel__kube_next(view->kube, TEL__KUBE_POD, &cursor)))
		e = add_pod(view, object, with_pieces);
	if (!e)
		view->generation = tel__kube_generation(view->kube);
	return e;
}
