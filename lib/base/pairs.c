/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pairs.h"

#include "base/slice_i.h"

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* false = a broken escape, or a control character, which no header can carry. */
static bool decode(tel_slice text, char *out, tel_slice *ret_text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '%') {
			int high = i + 2 < text.len ? hex(text.ptr[i + 1]) : -1, low = high < 0 ? -1 : hex(text.ptr[i + 2]);

			if (low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if ((unsigned char)c < ' ' || c == 0x7f)
			return false;
		out[n++] = c;
	}
	*ret_text = (tel_slice){ out, n };
	return true;
}

size_t tel__pairs_max(tel_slice list)
{
	size_t count = 1;

	for (size_t i = 0; i < list.len; i++)
		count += list.ptr[i] == ',';
	return count;
}

bool tel__pairs_next(tel_slice *rest, tel_slice *ret_entry)
{
	while (tel__slice_next(rest, ',', ret_entry)) {
		*ret_entry = tel__slice_trim(*ret_entry);
		if (ret_entry->len)
			return true;
	}
	return false;
}

bool tel__pairs_read(tel_slice entry, char *out, tel_slice *ret_name, tel_slice *ret_value)
{
	tel_slice name, value;
	size_t eq;

	entry = tel__slice_sub(entry, 0, tel__slice_find(entry, ';'));
	eq = tel__slice_find(entry, '=');
	if (eq == entry.len)
		return false;
	name = tel__slice_trim(tel__slice_sub(entry, 0, eq));
	value = tel__slice_trim(tel__slice_sub(entry, eq + 1, entry.len - eq - 1));
	return decode(name, out, ret_name) && decode(value, out + name.len, ret_value) && ret_name->len;
}
