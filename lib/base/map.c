/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <string.h>

#include "base/mem.h"
#include "base/slice_i.h"

/*
 * Entries stand in insertion order; a table of slots beside them holds 1 + their position, 0 = free. A removed entry
 * stays as a hole (its slot still points to it, so probing goes on over it) until the entries are full and rebuilt.
 */
typedef struct entry {
	tel_slice key;
	uint64_t hash;
	void *value;
	bool live;
} entry;

struct tel__map {
	tel_alloc alloc;
	uint64_t seed;
	entry *entries;
	uint32_t *slots;
	size_t used, cap; /* entries with holes; the table has 2 * cap slots, a power of two */
	size_t count;     /* without holes */
	bool borrows;
};

enum { MAP_FIRST = 8, MAP_MOST = 1 << 30 };

tel_err tel__map_new(const tel_alloc *alloc, unsigned flags, uint64_t seed, tel__map **ret_map)
{
	tel__map *map = tel__mem_zero(alloc, 1, sizeof(*map));

	if (!map)
		return TEL_ERR_NOMEM;
	map->alloc = *tel__alloc_or_default(alloc);
	map->seed = seed;
	map->borrows = (flags & TEL__MAP_BORROW_KEYS) != 0;
	*ret_map = map;
	return TEL_OK;
}

static void drop_key(const tel__map *map, const entry *e)
{
	if (!map->borrows && e->key.len)
		tel__mem_free(&map->alloc, (char *)(uintptr_t)e->key.ptr, e->key.len, 1);
}

void tel__map_free(tel__map *map)
{
	tel_alloc alloc;
	size_t i;

	if (!map)
		return;
	for (i = 0; i < map->used; i++)
		if (map->entries[i].live)
			drop_key(map, &map->entries[i]);
	alloc = map->alloc;
	tel__mem_free(&alloc, map->entries, map->cap, sizeof(entry));
	tel__mem_free(&alloc, map->slots, map->cap * 2, sizeof(uint32_t));
	tel__mem_free(&alloc, map, 1, sizeof(*map));
}

static entry *find(const tel__map *map, tel_slice key, uint64_t hash)
{
	size_t mask = map->cap * 2 - 1, i;

	if (!map->cap)
		return NULL;
	for (i = (size_t)hash & mask; map->slots[i]; i = (i + 1) & mask) {
		entry *e = &map->entries[map->slots[i] - 1];

		if (e->hash == hash && e->live && tel__slice_eq(e->key, key))
			return e;
	}
	return NULL;
}

static void link_slot(tel__map *map, size_t at)
{
	size_t mask = map->cap * 2 - 1, i = (size_t)map->entries[at].hash & mask;

	while (map->slots[i])
		i = (i + 1) & mask;
	map->slots[i] = (uint32_t)(at + 1);
}

/* New storage for at least one more entry, holes squeezed out. */
static bool rebuild(tel__map *map)
{
	size_t cap = map->cap ? map->cap : MAP_FIRST, i;
	uint32_t *slots;
	entry *entries;

	if (map->count > cap / 2)
		cap *= 2;
	if (cap > MAP_MOST)
		return false;
	entries = tel__mem_new(&map->alloc, cap, sizeof(entry));
	if (!entries)
		return false;
	slots = tel__mem_zero(&map->alloc, cap * 2, sizeof(uint32_t));
	if (!slots) {
		tel__mem_free(&map->alloc, entries, cap, sizeof(entry));
		return false;
	}
	for (i = 0, map->count = 0; i < map->used; i++)
		if (map->entries[i].live)
			entries[map->count++] = map->entries[i];
	tel__mem_free(&map->alloc, map->entries, map->cap, sizeof(entry));
	tel__mem_free(&map->alloc, map->slots, map->cap * 2, sizeof(uint32_t));
	map->entries = entries;
	map->slots = slots;
	map->cap = cap;
	map->used = map->count;
	for (i = 0; i < map->used; i++)
		link_slot(map, i);
	return true;
}

static bool own_key(const tel__map *map, tel_slice *key)
{
	char *copy;

	if (map->borrows)
		return true;
	if (key->len == 0) {
		*key = TEL_SLICE_LIT("");
		return true;
	}
	copy = tel__mem_new(&map->alloc, key->len, 1);
	if (!copy)
		return false;
	memcpy(copy, key->ptr, key->len);
	key->ptr = copy;
	return true;
}

tel_err tel__map_put(tel__map *map, tel_slice key, void *value, void **ret_old)
{
	uint64_t hash = tel__slice_hash(key, map->seed);
	entry *e = find(map, key, hash);
	void *old = NULL;

	if (e) {
		old = e->value;
		e->value = value;
	} else {
		if (map->used == map->cap && !rebuild(map))
			return TEL_ERR_NOMEM;
		if (!own_key(map, &key))
			return TEL_ERR_NOMEM;
		map->entries[map->used] = (entry){ key, hash, value, true };
		link_slot(map, map->used++);
		map->count++;
	}
	if (ret_old)
		*ret_old = old;
	return TEL_OK;
}

bool tel__map_get(const tel__map *map, tel_slice key, void **ret_value)
{
	const entry *e = map->count ? find(map, key, tel__slice_hash(key, map->seed)) : NULL;

	if (!e)
		return false;
	if (ret_value)
		*ret_value = e->value;
	return true;
}

bool tel__map_remove(tel__map *map, tel_slice key, void **ret_value)
{
	entry *e = map->count ? find(map, key, tel__slice_hash(key, map->seed)) : NULL;

	if (!e)
		return false;
	if (ret_value)
		*ret_value = e->value;
	drop_key(map, e);
	e->live = false;
	map->count--;
	return true;
}

size_t tel__map_count(const tel__map *map)
{
	return map->count;
}

bool tel__map_next(const tel__map *map, size_t *cursor, tel_slice *ret_key, void **ret_value)
{
	while (*cursor < map->used) {
		const entry *e = &map->entries[(*cursor)++];

		if (!e->live)
			continue;
		if (ret_key)
			*ret_key = e->key;
		if (ret_value)
			*ret_value = e->value;
		return true;
	}
	return false;
}
