/* SPDX-License-Identifier: Apache-2.0 */
#include "model/append.h"

#include <string.h>

#include "model/edit_i.h"
#include "model/otlp_fields.h"
#include "wire/pb.h"

/* Whatever else stands around the children, with the schema URL at its new place. */
static char *copy_others(char *to, tel_slice fields, tel_slice *schema_url)
{
	tel__pb_reader r = tel__pb_read(fields);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		if (f.number == TEL__RM_RESOURCE && f.wire == TEL__PB_LEN)
			continue;
		memcpy(to, f.raw.ptr, f.raw.len);
		if (f.number == TEL__RM_SCHEMA_URL && f.wire == TEL__PB_LEN)
			*schema_url = (tel_slice){ to + (f.bytes.ptr - f.raw.ptr), f.bytes.len };
		to += f.raw.len;
	}
	return to;
}

tel_err tel__metrics_append_attributes(tel_metrics *m, uint32_t r, const tel_slice *fields, size_t count)
{
	tel_err e = tel__metrics_path(m, r, TEL__NO_NODE);
	tel__envelope *envelope;
	size_t self = 0;
	char *head, *to;

	if (e)
		return e;
	envelope = &m->resources[r].e;
	for (size_t i = 0; i < count; i++)
		self += fields[i].len;
	self += envelope->self.len;
	head = tel__arena_alloc(m->arena, tel__pb_len_size(TEL__RM_RESOURCE, self) + envelope->head.len + envelope->tail.len);
	if (!head)
		return TEL_ERR_NOMEM;
	to = (char *)tel__pb_put_head((uint8_t *)head, TEL__RM_RESOURCE, self);
	if (envelope->self.len)
		memcpy(to, envelope->self.ptr, envelope->self.len);
	envelope->self = (tel_slice){ to, self };
	to += self;
	for (size_t i = count, at = 0; i; i--) {
		at += fields[i - 1].len;
		if (fields[i - 1].len)
			memcpy(to - at, fields[i - 1].ptr, fields[i - 1].len);
	}
	to = copy_others(to, envelope->head, &envelope->schema_url);
	to = copy_others(to, envelope->tail, &envelope->schema_url);
	envelope->head = (tel_slice){ head, (size_t)(to - head) };
	envelope->tail = (tel_slice){ to, 0 };
	tel__metrics_changed(m, r, TEL__NO_NODE);
	return TEL_OK;
}
