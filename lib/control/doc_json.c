/* SPDX-License-Identifier: Apache-2.0 */
/* A document as JSON. */
#include <math.h>

#include "control/doc.h"
#include "wire/json_text.h"

static void put_map(tel__dynbuf *out, const tel__node *map)
{
	tel__dynbuf_byte(out, '{');
	for (uint32_t i = 0; i < map->v.map.count; i++) {
		if (i)
			tel__dynbuf_byte(out, ',');
		tel__json_string(out, map->v.map.entries[i].key);
		tel__dynbuf_byte(out, ':');
		tel__doc_write_json(map->v.map.entries[i].value, out);
	}
	tel__dynbuf_byte(out, '}');
}

static void put_list(tel__dynbuf *out, const tel__node *list)
{
	tel__dynbuf_byte(out, '[');
	for (uint32_t i = 0; i < list->v.list.count; i++) {
		if (i)
			tel__dynbuf_byte(out, ',');
		tel__doc_write_json(list->v.list.items[i], out);
	}
	tel__dynbuf_byte(out, ']');
}

/* Depth is that of what was read or rendered. */
void tel__doc_write_json(const tel__node *root, tel__dynbuf *out)
{
	switch (root->type) {
	case TEL__NODE_NULL: tel__dynbuf_puts(out, "null"); break;
	case TEL__NODE_BOOL: tel__dynbuf_puts(out, root->v.b ? "true" : "false"); break;
	case TEL__NODE_INT: tel__dynbuf_i64(out, root->v.i); break;
	case TEL__NODE_UINT: tel__dynbuf_u64(out, root->v.u); break;
	case TEL__NODE_FLOAT:
		if (isfinite(root->v.d))
			tel__json_double(out, root->v.d);
		else
			tel__dynbuf_puts(out, "null");
		break;
	case TEL__NODE_STRING: tel__json_string(out, root->text); break;
	case TEL__NODE_MAP: put_map(out, root); break;
	case TEL__NODE_LIST: put_list(out, root); break;
	}
}
