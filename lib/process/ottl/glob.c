/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/glob.h"

#include "base/limits.h"
#include "base/slice_i.h"
#include "process/ottl/text.h"

/* Length of a class with its brackets, 0: it does not end. */
static size_t class_length(tel_slice g)
{
	for (size_t i = 1; i < g.len; i++) {
		if (g.ptr[i] == '\\')
			i++;
		else if (g.ptr[i] == ']' && i > 1)
			return i + 1;
	}
	return 0;
}

/* Length of alternatives with their braces; those that do not end reach to the end, as in the Collector. */
static size_t brace_length(tel_slice g)
{
	unsigned depth = 0;

	for (size_t i = 0; i < g.len; i++) {
		if (g.ptr[i] == '\\')
			i++;
		else if (g.ptr[i] == '{')
			depth++;
		else if (g.ptr[i] == '}' && --depth == 0)
			return i + 1;
	}
	return g.len;
}

const char *tel__ottl_glob_check(tel_slice g)
{
	unsigned depth = 0, wild = 0;

	for (size_t i = 0; i < g.len; i++) {
		char c = g.ptr[i];

		if (c == '\\' && ++i == g.len)
			return "unexpected end of input";
		if (c == '[') {
			size_t len = class_length(tel__slice_sub(g, i, g.len - i));

			if (!len)
				return "unexpected end of input";
			i += len - 1;
		}
		wild += c == '*' || c == '{';
		depth += c == '{';
		if (c == '}' && depth)
			depth--;
		if (depth > TEL_LIMIT_OTTL_DEPTH)
			return "alternatives nested too deep";
	}
	return wild > TEL_LIMIT_GLOB_GAPS ? "more gaps than a pattern may have" : NULL;
}

static bool in_class(tel_slice class, uint32_t rune)
{
	size_t i = 1, end = class.len - 1;
	bool negated = i < end && (class.ptr[i] == '!' || class.ptr[i] == '^'), found = false;

	i += negated;
	while (i < end) {
		uint32_t low, high;

		i += class.ptr[i] == '\\' && i + 1 < end;
		i += tel__ottl_rune(class.ptr + i, end - i, &low);
		high = low;
		if (i + 1 < end && class.ptr[i] == '-')
			i += 1 + tel__ottl_rune(class.ptr + i + 1, end - i - 1, &high);
		found |= low <= rune && rune <= high;
	}
	return found != negated;
}

/* What is still to be matched: a piece of the glob, then the pieces behind it. */
typedef struct piece {
	tel_slice glob;
	const struct piece *behind;
} piece;

static bool match(const piece *p, tel_slice text, uint64_t *steps);

static bool match_star(const piece *p, tel_slice rest, tel_slice text, uint64_t *steps)
{
	piece next = { rest, p->behind };

	for (size_t i = 0; i <= text.len; i++)
		if (match(&next, tel__slice_sub(text, i, text.len - i), steps))
			return true;
	return false;
}

static bool match_braces(const piece *p, tel_slice text, uint64_t *steps)
{
	size_t len = brace_length(p->glob), from = 1, end = len, depth = 0;
	piece behind = { tel__slice_sub(p->glob, len, p->glob.len - len), p->behind };

	if (p->glob.ptr[len - 1] == '}')
		end--;
	for (size_t i = 1; i <= end; i++) {
		bool last = i == end;

		if (!last && p->glob.ptr[i] == '\\' && i + 1 < end) {
			i++;
			continue;
		}
		if (!last && p->glob.ptr[i] == '{')
			depth++;
		if (!last && p->glob.ptr[i] == '}')
			depth--;
		if (last || (p->glob.ptr[i] == ',' && !depth)) {
			piece choice = { tel__slice_sub(p->glob, from, i - from), &behind };

			if (match(&choice, text, steps))
				return true;
			from = i + 1;
		}
	}
	return false;
}

static bool match(const piece *p, tel_slice text, uint64_t *steps)
{
	tel_slice g = p->glob;

	for (;;) {
		uint32_t rune, wanted;
		size_t used, step = 1;

		if (!*steps)
			return false;
		--*steps;
		if (!g.len) {
			if (!p->behind)
				return !text.len;
			p = p->behind;
			g = p->glob;
			continue;
		}
		if (*g.ptr == '*') {
			while (step < g.len && g.ptr[step] == '*')
				step++;
			return match_star(p, tel__slice_sub(g, step, g.len - step), text, steps);
		}
		if (*g.ptr == '{')
			return match_braces(&(piece){ g, p->behind }, text, steps);
		if (!text.len)
			return false;
		used = tel__ottl_rune(text.ptr, text.len, &rune);
		if (*g.ptr == '[') {
			step = class_length(g);
			if (!in_class((tel_slice){ g.ptr, step }, rune))
				return false;
		} else if (*g.ptr != '?') {
			if (*g.ptr == '\\' && g.len > 1)
				g = tel__slice_sub(g, 1, g.len - 1);
			step = tel__ottl_rune(g.ptr, g.len, &wanted);
			if (wanted != rune)
				return false;
		}
		g = tel__slice_sub(g, step, g.len - step);
		text = tel__slice_sub(text, used, text.len - used);
	}
}

bool tel__ottl_glob(tel_slice glob, tel_slice text, uint64_t *steps)
{
	return match(&(piece){ glob, NULL }, text, steps);
}
