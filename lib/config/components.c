/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of components: lookup and what `telemetryctl components` shows. */
#include "base/keys.h"
#include "base/slice_i.h"
#include "config/loader.h"

static bool has_type(const tel__component *row, tel_slice type)
{
	if (tel__slice_is(type, row->type))
		return true;
	for (const char *const *old = row->old_names; old && *old; old++)
		if (tel__slice_is(type, *old))
			return true;
	return false;
}

const tel__component *tel__components_find(const tel_components *components, tel__component_kind kind, tel_slice type)
{
	for (; components; components = components->parent)
		for (size_t i = 0; i < components->count; i++)
			if (components->rows[i]->kind == kind && has_type(components->rows[i], type))
				return components->rows[i];
	return NULL;
}
