/* SPDX-License-Identifier: Apache-2.0 */
#include "control/conditions.h"

#include "base/slice_i.h"

static tel_slice text_of(const tel__node *map, const char *key)
{
	const tel__node *node = tel__node_get(map, key);

	return node && node->type == TEL__NODE_STRING ? node->text : TEL_SLICE_LIT("");
}

static tel_condition *find(const tel__conditions *c, tel_slice type)
{
	for (size_t i = 0; i < c->count; i++)
		if (tel__slice_eq(c->items[i].type, type))
			return &c->items[i];
	return NULL;
}

static bool is_own(const char *const *own, tel_slice type)
{
	for (; *own; own++)
		if (tel__slice_is(type, *own))
			return true;
	return false;
}

void tel__conditions_read(tel__doc *d, const tel__node *status, const char *const *own, tel__conditions *out)
{
	const tel__node *list = status ? tel__node_get(status, "conditions") : NULL;
	size_t count = list && list->type == TEL__NODE_LIST ? list->v.list.count : 0, own_count = 0, kept = 0;

	while (own[own_count])
		own_count++;
	out->cap = own_count + (count < TEL__CONDITIONS_KEPT ? count : TEL__CONDITIONS_KEPT);
	out->items = tel__arena_array(d->arena, out->cap, sizeof(*out->items));
	if (!out->items) {
		d->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const tel__node *item = list->v.list.items[i], *generation = tel__node_get(item, "observedGeneration");
		tel_slice type = text_of(item, "type");
		bool ours = is_own(own, type);

		if (type.len == 0 || find(out, type) || (!ours && kept >= TEL__CONDITIONS_KEPT))
			continue;
		kept += !ours;
		out->items[out->count++] =
			(tel_condition){ type, text_of(item, "status"), text_of(item, "reason"), text_of(item, "message"),
			                 text_of(item, "lastTransitionTime"),
			                 generation && generation->type == TEL__NODE_INT ? generation->v.i : 0 };
	}
}

static tel_slice cut_message(tel__doc *d, tel_slice message)
{
	tel_slice cut = message;

	if (message.len <= TEL__CONDITION_MESSAGE_MAX)
		return message;
	cut = tel__slice_cut(message, TEL__CONDITION_MESSAGE_MAX - 3);
	return tel__doc_fmt(d, "%.*s...", TEL_SLICE_ARG(cut));
}

void tel__conditions_set(tel__doc *d, tel__conditions *c, const char *type, const char *status, tel_slice reason,
                         tel_slice message)
{
	tel_condition *old = find(c, tel__slice_str(type));
	tel_condition set = { tel__slice_str(type), tel__slice_str(status), reason, cut_message(d, message), c->now, c->generation };

	if (!old) {
		if (c->count == c->cap) {
			d->failed = true; /* never: room was made for every own type */
			return;
		}
		c->items[c->count++] = set;
		c->changed = true;
		return;
	}
	if (tel__slice_eq(old->status, set.status) && old->last_transition_time.len)
		set.last_transition_time = old->last_transition_time;
	c->changed = c->changed || !tel__slice_eq(old->status, set.status) || !tel__slice_eq(old->reason, set.reason) ||
	             !tel__slice_eq(old->message, set.message) || old->observed_generation != set.observed_generation ||
	             !tel__slice_eq(old->last_transition_time, set.last_transition_time);
	*old = set;
}

const tel_condition *tel__conditions_find(const tel__conditions *c, const char *type)
{
	return find(c, tel__slice_str(type));
}

void tel__conditions_write(tel__doc *d, const tel__conditions *c, tel__node *status)
{
	tel__node *list = tel__doc_list(d, status, "conditions");

	for (size_t i = 0; i < c->count; i++) {
		const tel_condition *item = &c->items[i];
		tel__node *map = tel__doc_append_map(d, list);

		tel__doc_slice(d, map, "lastTransitionTime", item->last_transition_time);
		tel__doc_slice(d, map, "message", item->message);
		if (item->observed_generation)
			tel__doc_int(d, map, "observedGeneration", item->observed_generation);
		tel__doc_slice(d, map, "reason", item->reason);
		tel__doc_slice(d, map, "status", item->status);
		tel__doc_slice(d, map, "type", item->type);
	}
}
