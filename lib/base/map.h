/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_MAP_H
#define TEL_BASE_MAP_H
/*
 * Hash map from byte strings to pointers. Open addressing; keys are copied into the map unless the flag says that they
 * outlive it. Iteration order is insertion order (removal leaves holes that iteration skips).
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

typedef struct tel__map tel__map;
enum { TEL__MAP_BORROW_KEYS = 1 };

tel_err tel__map_new(const tel_alloc *alloc, unsigned flags, uint64_t seed, tel__map **ret_map);
void tel__map_free(tel__map *map); /* values are the caller's */
/* NULL value is allowed. *ret_old (may be NULL) gets the replaced value or NULL. TEL_OK or TEL_ERR_NOMEM. */
tel_err tel__map_put(tel__map *map, tel_slice key, void *value, void **ret_old);
bool tel__map_get(const tel__map *map, tel_slice key, void **ret_value);
bool tel__map_remove(tel__map *map, tel_slice key, void **ret_value);
size_t tel__map_count(const tel__map *map);
/* *cursor starts at 0; false at the end. Between two calls entries may be removed, not put. */
bool tel__map_next(const tel__map *map, size_t *cursor, tel_slice *ret_key, void **ret_value);

TEL_PRIVATE_END
#endif
