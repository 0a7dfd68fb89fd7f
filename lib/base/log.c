/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_i.h"

void tel__log(const tel_log_sink *sink, tel_log_level level, const tel__log_source *source, const char *msg,
              const tel_log_field *fields, size_t count)
{
	tel_log_entry entry = { 0 };

	if (!sink || !sink->write || level < sink->min_level)
		return;
	entry.size = sizeof(entry);
	entry.level = level;
	entry.msg = tel__slice_str(msg);
	if (source) {
		entry.component_id = source->id;
		entry.component_kind = source->kind;
		entry.pipeline_id = source->pipeline;
	}
	entry.fields = fields;
	entry.field_count = count;
	sink->write(sink->user, &entry);
}
