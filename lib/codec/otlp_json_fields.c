/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/otlp_json_fields.h"

#include "base/slice_i.h"

enum { NAME_CAP = 64, ENVELOPES = 3 };

#define LIST(name) { name, TEL__REP_NONE, false }
#define TEXT(name) { name, TEL__REP_TEXT, false }

static const tel__shape envelopes[ENVELOPES] = {
	{ .kind[1] = TEL__KIND_MESSAGES, .sub[1] = TEL__JSON_RESOURCE_METRICS },
	{ .kind[1] = TEL__KIND_MESSAGE, .sub[1] = TEL__SHAPE_RESOURCE, .kind[2] = TEL__KIND_MESSAGES,
	  .sub[2] = TEL__JSON_SCOPE_METRICS, .kind[3] = TEL__KIND_TEXT },
	{ .kind[1] = TEL__KIND_MESSAGE, .sub[1] = TEL__SHAPE_SCOPE, .kind[2] = TEL__KIND_MESSAGES,
	  .sub[2] = TEL__SHAPE_METRIC, .kind[3] = TEL__KIND_TEXT },
};

static const tel__field_info envelope_infos[ENVELOPES][TEL__SHAPE_FIELDS] = {
	{ [1] = LIST("resourceMetrics") },
	{ [1] = LIST("resource"), [2] = LIST("scopeMetrics"), [3] = TEXT("schemaUrl") },
	{ [1] = LIST("scope"), [2] = LIST("metrics"), [3] = TEXT("schemaUrl") },
};

const tel__shape *tel__json_shape(uint32_t shape)
{
	return shape < TEL__SHAPE_COUNT ? &tel__shapes[shape] : &envelopes[shape - TEL__SHAPE_COUNT];
}

const tel__field_info *tel__json_infos(uint32_t shape)
{
	return shape < TEL__SHAPE_COUNT ? tel__field_infos[shape] : envelope_infos[shape - TEL__SHAPE_COUNT];
}

static uint32_t find(uint32_t shape, tel_slice key)
{
	const tel__field_info *infos = tel__json_infos(shape);

	for (uint32_t n = 1; n < TEL__SHAPE_FIELDS; n++) {
		const char *name = infos[n].name;
		if (name && name[0] == key.ptr[0] && strncmp(name, key.ptr, key.len) == 0 && name[key.len] == '\0')
			return n;
	}
	return 0;
}

/* data_points to dataPoints; false = not snake_case: a capital, or an underscore without a letter behind it. */
static bool camel(tel_slice key, char *out, size_t *ret_len)
{
	size_t n = 0;

	for (size_t i = 0; i < key.len; i++) {
		char c = key.ptr[i];
		if (c >= 'A' && c <= 'Z')
			return false;
		if (c == '_') {
			if (++i == key.len || key.ptr[i] < 'a' || key.ptr[i] > 'z')
				return false;
			c = (char)(key.ptr[i] - 'a' + 'A');
		}
		out[n++] = c;
	}
	*ret_len = n;
	return true;
}

uint32_t tel__json_member(uint32_t shape, tel_slice key)
{
	char name[NAME_CAP];
	uint32_t number;
	size_t len;

	if (key.len == 0 || key.len > NAME_CAP)
		return 0;
	number = find(shape, key);
	if (number || tel__slice_find(key, '_') == key.len || !camel(key, name, &len))
		return number;
	return len ? find(shape, (tel_slice){ name, len }) : 0;
}

int32_t tel__json_enum(tel_slice name)
{
	static const char *const names[] = { "AGGREGATION_TEMPORALITY_UNSPECIFIED", "AGGREGATION_TEMPORALITY_DELTA",
		                             "AGGREGATION_TEMPORALITY_CUMULATIVE" };

	for (int32_t i = 0; i < 3; i++)
		if (tel__slice_is(name, names[i]))
			return i;
	return -1;
}
