/* SPDX-License-Identifier: Apache-2.0 */
/* Component ids: "type" or "type/name" (otel-processing.md 10.4). */
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "config/loader.h"

enum { TYPE_MAX = 63, NAME_MAX_CHARS = 1024 };

static bool is_type(tel_slice text)
{
	if (text.len == 0 || text.len > TYPE_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && (i == 0 || !(c == '_' || (c >= '0' && c <= '9'))))
			return false;
	}
	return true;
}

/* No blanks, controls, symbols. Of the characters above ASCII only the blanks and controls of Latin-1 are known here. */
static bool is_name(tel_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c <= ' ' || c == 0x7f || (c < 0x80 && memchr("$+<=>^`|~", c, 9)))
			return false;
		if (c == 0xc2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] <= 0xa0)
			return false;
	}
	return true;
}

static size_t count_characters(tel_slice text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
	return n;
}

static bool refuse(char *msg, size_t cap, tel_slice id, const char *what, tel_slice part, bool quote)
{
	char shown[128], shown_part[128];

	tel__slice_printable(id, shown, sizeof(shown));
	tel__slice_printable(part, shown_part, sizeof(shown_part));
	if (quote)
		snprintf(msg, cap, "in \"%s\" id: %s \"%s\"", shown, what, shown_part);
	else
		snprintf(msg, cap, "in \"%s\" id: %s", shown, what);
	return false;
}

bool tel__id_parse(tel_slice text, tel_slice *ret_type, tel_slice *ret_name, char *msg, size_t msg_cap)
{
	tel_slice id = tel__slice_trim(text), type, name = { "", 0 };
	size_t slash = tel__slice_find(id, '/');
	bool has_name = slash < id.len;

	type = tel__slice_trim(tel__slice_sub(id, 0, slash));
	if (has_name)
		name = tel__slice_trim(tel__slice_sub(id, slash + 1, id.len - slash - 1));
	if (id.len == 0) {
		snprintf(msg, msg_cap, "id must not be empty");
		return false;
	}
	if (type.len == 0)
		return refuse(msg, msg_cap, text, "the part before / should not be empty", type, false);
	if (has_name && name.len == 0)
		return refuse(msg, msg_cap, text, "the part after / should not be empty", name, false);
	if (!is_type(type))
		return refuse(msg, msg_cap, text, "invalid character(s) in type", type, true);
	if (count_characters(name) > NAME_MAX_CHARS)
		return refuse(msg, msg_cap, text, "the part after / is longer than 1024 characters", name, false);
	if (!is_name(name))
		return refuse(msg, msg_cap, text, "invalid character(s) in name", name, true);
	*ret_type = type;
	*ret_name = name;
	return true;
}

/* The parts of an id; name is empty without a slash. */
static void cut_id(tel_slice text, tel_slice *ret_type, tel_slice *ret_name)
{
	tel_slice id = tel__slice_trim(text);
	size_t slash = tel__slice_find(id, '/');

	*ret_type = tel__slice_trim(tel__slice_sub(id, 0, slash));
	*ret_name = slash < id.len ? tel__slice_trim(tel__slice_sub(id, slash + 1, id.len - slash - 1)) : (tel_slice){ "", 0 };
}

bool tel__id_clean(tel__loader *l, tel_slice text, tel_slice *ret_id)
{
	tel_slice id = tel__slice_trim(text), type, name;
	char *copy;

	cut_id(id, &type, &name);
	*ret_id = id;
	if (name.len == 0 || type.len + 1 + name.len == id.len)
		return true;
	copy = tel__arena_alloc(l->config->arena, type.len + 1 + name.len);
	if (!copy)
		return false;
	memcpy(copy, type.ptr, type.len);
	copy[type.len] = '/';
	memcpy(copy + type.len + 1, name.ptr, name.len);
	*ret_id = (tel_slice){ copy, type.len + 1 + name.len };
	return true;
}

bool tel__id_same(tel_slice text, tel_slice clean_id)
{
	tel_slice type, name, clean_type, clean_name;

	cut_id(text, &type, &name);
	cut_id(clean_id, &clean_type, &clean_name);
	return tel__slice_eq(type, clean_type) && tel__slice_eq(name, clean_name);
}

const char *tel__kind_section(tel__component_kind kind)
{
	static const char *const names[] = { "receivers", "processors", "exporters", "connectors", "extensions" };

	return names[kind];
}

const char *tel__kind_name(tel__component_kind kind)
{
	static const char *const names[] = { "receiver", "processor", "exporter", "connector", "extension" };

	return names[kind];
}
