/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "base/utf8.h"
#include "wire/regex_i.h"

/* RE2 as Go has it: the syntax page of package regexp/syntax; the texts are those of otel-processing.md 3.9. */

enum { REPEAT_MAX = 1000, SIZE_MAX_INST = (128 << 20) / 40, FRAGMENT_BYTES = 160 };

void tel__rx_init(tel__rx *rx, const tel_alloc *alloc, tel_slice text, size_t lead, tel_error *err)
{
	*rx = (tel__rx){ .alloc = alloc, .text = text, .lead = lead, .simple = true, .err = err };
	tel__dynbuf_init(&rx->out, alloc, TEL_LIMIT_REGEX_BYTES * 8u);
	tel__dynbuf_init(&rx->texts, alloc, TEL_LIMIT_REGEX_BYTES + 16u);
	tel__dynbuf_init(&rx->pieces, alloc, (TEL_LIMIT_REGEX_BYTES + 16u) * sizeof(tel__rx_piece));
	tel__dynbuf_init(&rx->levels, alloc, (TEL_LIMIT_REGEX_DEPTH + 2u) * sizeof(tel__rx_level));
	tel__dynbuf_init(&rx->nodes, alloc, (TEL_LIMIT_REGEX_BYTES + 16u) * 4u * sizeof(tel__rx_node));
	tel__dynbuf_init(&rx->classes, alloc, TEL_LIMIT_REGEX_BYTES * 8u);
	tel__dynbuf_init(&rx->names, alloc, TEL_LIMIT_REGEX_BYTES * sizeof(tel__rx_name));
}

void tel__rx_fini(tel__rx *rx)
{
	tel__dynbuf_fini(&rx->out);
	tel__dynbuf_fini(&rx->texts);
	tel__dynbuf_fini(&rx->pieces);
	tel__dynbuf_fini(&rx->levels);
	tel__dynbuf_fini(&rx->names);
	tel__dynbuf_fini(&rx->nodes);
	tel__dynbuf_fini(&rx->classes);
}

tel_err tel__rx_fail(tel__rx *rx, const char *what, size_t from, size_t len)
{
	char text[FRAGMENT_BYTES];
	size_t at = from > rx->lead ? from - rx->lead : 0;

	tel__slice_printable(tel__slice_sub(rx->text, from, len), text, sizeof(text));
	return tel__fail_at(rx->err, TEL_ERR_MALFORMED, at, "error parsing regexp: %s: `%s`", what, text);
}

static tel_err fail_large(tel__rx *rx, const char *what)
{
	tel__rx_fail(rx, what, 0, rx->text.len);
	if (rx->err)
		rx->err->code = TEL_ERR_LIMIT;
	return TEL_ERR_LIMIT;
}

tel_err tel__rx_rune(tel__rx *rx, uint32_t *ret_c)
{
	const uint8_t *p = (const uint8_t *)rx->text.ptr + rx->pos;
	size_t n = tel__utf8_step(p, rx->text.len - rx->pos), i;
	uint32_t c;

	if (n == 0)
		return tel__rx_fail(rx, "invalid UTF-8", rx->pos, rx->text.len - rx->pos);
	c = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	rx->pos += n;
	*ret_c = c;
	return TEL_OK;
}

static tel__rx_level *top(tel__rx *rx)
{
	return (tel__rx_level *)(void *)(rx->levels.ptr + rx->levels.len) - 1;
}

/* Behind pos, -1 at the end. */
static int peek(const tel__rx *rx, size_t ahead)
{
	return rx->pos + ahead < rx->text.len ? (uint8_t)rx->text.ptr[rx->pos + ahead] : -1;
}

static tel__rx_node *node_at(tel__rx *rx, uint32_t index)
{
	return (tel__rx_node *)(void *)rx->nodes.ptr + index;
}

static uint32_t add_node(tel__rx *rx, tel__rx_node node)
{
	uint32_t index = (uint32_t)(rx->nodes.len / sizeof(node));

	tel__dynbuf_put(&rx->nodes, &node, sizeof(node));
	return tel__dynbuf_error(&rx->nodes) == TEL_OK ? index : 0;
}

/* The branch gets one more item. */
static void add_item(tel__rx *rx, tel__rx_node node)
{
	tel__rx_level *level = top(rx);
	uint32_t index = add_node(rx, node);

	if (!index)
		return;
	if (level->last)
		node_at(rx, level->last)->next = index;
	else
		level->first = index;
	level->last = index;
}

/* What the output holds from start on is a class. */
static void add_class(tel__rx *rx, size_t start)
{
	size_t from = rx->classes.len;

	if (tel__dynbuf_error(&rx->out) != TEL_OK)
		return;
	tel__dynbuf_put(&rx->classes, rx->out.ptr + start, rx->out.len - start);
	add_item(rx, (tel__rx_node){ .op = TEL__RX_CLASS, .a = (uint32_t)from, .b = (uint32_t)(rx->out.len - start),
	                             .flag = rx->flags & TEL__RX_FOLD });
}

/* The branch is complete. */
static void end_branch(tel__rx *rx)
{
	tel__rx_level *level = top(rx);
	uint32_t index = add_node(rx, (tel__rx_node){ .op = TEL__RX_BRANCH, .a = level->first }), item;
	bool nullable = true;

	if (!index)
		return;
	for (item = level->first; item && nullable; item = node_at(rx, item)->next)
		nullable = node_at(rx, item)->nullable;
	if (level->branch)
		node_at(rx, level->branch)->next = index;
	else
		level->branches = index;
	level->branch = index;
	level->nullable = level->nullable || nullable;
	level->first = level->last = 0;
}

static void note(tel__rx *rx, tel__rx_piece piece)
{
	if (rx->simple)
		tel__dynbuf_put(&rx->pieces, &piece, sizeof(piece));
}

static void keep_times(tel__rx_level *level)
{
	if (level->item && level->item_times > level->times)
		level->times = level->item_times;
}

/* A new item of the branch begins in the output: what a repetition would repeat. noted: the newest piece is the item. */
static void begin_item(tel__rx *rx, uint64_t size, bool noted)
{
	tel__rx_level *level = top(rx);

	tel__rx_sync_fold(rx);
	keep_times(level);
	level->size += level->item ? level->item_size : 0;
	level->item = true;
	level->quantified = false;
	level->noted = noted;
	level->item_at = rx->out.len;
	level->item_size = size;
	level->item_times = 1;
}

void tel__rx_sync_fold(tel__rx *rx)
{
	bool fold = rx->flags & TEL__RX_FOLD;

	if (fold == rx->out_fold)
		return;
	tel__dynbuf_puts(&rx->out, fold ? "(?i)" : "(?-i)");
	rx->out_fold = fold;
}

void tel__rx_put_rune(tel__rx *rx, uint32_t c)
{
	if (c < 0x80 && ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_'))
		tel__dynbuf_byte(&rx->out, (char)c);
	else
		tel__dynbuf_fmt(&rx->out, "\\x{%x}", (unsigned)c);
}

static bool has_case(uint32_t c)
{
	return c >= 0x80 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static size_t put_utf8(char *out, uint32_t c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	if (n == 1) {
		out[0] = (char)c;
		return 1;
	}
	for (i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((0xf00u >> n & 0xffu) | c);
	return n;
}

static void literal(tel__rx *rx, uint32_t c)
{
	char utf8[4];
	size_t n;

	/* U+FFFD matches any byte that is not UTF-8, surrogates match nothing: not for comparing bytes. */
	if (((rx->flags & TEL__RX_FOLD) && has_case(c)) || c == 0xfffd || (c >= 0xd800 && c < 0xe000))
		rx->simple = false;
	if (rx->simple) {
		n = put_utf8(utf8, c);
		note(rx, (tel__rx_piece){ .kind = TEL__RX_TEXT, .from = (uint32_t)rx->texts.len, .len = (uint32_t)n });
		tel__dynbuf_put(&rx->texts, utf8, n);
	}
	begin_item(rx, 1, rx->simple);
	tel__rx_put_rune(rx, c);
	if ((rx->flags & TEL__RX_FOLD) && has_case(c))
		add_class(rx, top(rx)->item_at);
	else
		add_item(rx, (tel__rx_node){ .op = TEL__RX_RUNE, .a = c });
}

static void empty_width(tel__rx *rx, tel__rx_assert kind)
{
	/* Go's lines end at every newline, also the last one. */
	static const char *const texts[] = { "(?:\\A)", "(?:\\z)", "(?:(?<![^\\n]))", "(?:(?![^\\n]))", "(?:\\b)", "(?:\\B)" };

	begin_item(rx, 1, false);
	tel__dynbuf_puts(&rx->out, texts[kind]);
	add_item(rx, (tel__rx_node){ .op = TEL__RX_ASSERT, .a = kind, .nullable = true });
}

static tel_err push_level(tel__rx *rx, uint32_t group)
{
	tel__rx_level level = { .flags = (uint8_t)rx->flags, .out_fold = rx->out_fold, .at = rx->out.len, .times = 1,
		                .group = group };

	if (rx->levels.len / sizeof(level) > TEL_LIMIT_REGEX_DEPTH)
		return fail_large(rx, "expression nests too deeply");
	if (rx->levels.len)
		note(rx, (tel__rx_piece){ .kind = TEL__RX_OPEN, .group = group });
	tel__dynbuf_put(&rx->levels, &level, sizeof(level));
	return tel__dynbuf_error(&rx->levels);
}

static tel_err open_group(tel__rx *rx, unsigned flags, bool capture)
{
	tel_err rc;

	tel__rx_sync_fold(rx);
	rc = push_level(rx, capture ? rx->groups + 1 : 0);
	if (rc != TEL_OK)
		return rc == TEL_ERR_NOMEM ? tel__fail_nomem(rx->err) : rc;
	rx->groups += capture;
	rx->flags = flags;
	tel__dynbuf_puts(&rx->out, capture ? "(" : "(?:");
	return TEL_OK;
}

static tel_err close_group(tel__rx *rx)
{
	tel__rx_level inner;
	tel__rx_level *outer;

	if (rx->levels.len == sizeof(inner))
		return tel__rx_fail(rx, "unexpected )", 0, rx->text.len);
	end_branch(rx);
	inner = *top(rx);
	rx->levels.len -= sizeof(inner);
	tel__dynbuf_byte(&rx->out, ')');
	rx->flags = inner.flags;
	rx->out_fold = inner.out_fold;
	note(rx, (tel__rx_piece){ .kind = TEL__RX_CLOSE });
	add_item(rx, (tel__rx_node){ .op = TEL__RX_GROUP, .a = inner.branches, .b = inner.group, .nullable = inner.nullable });
	outer = top(rx);
	keep_times(outer);
	outer->size += outer->item ? outer->item_size : 0;
	outer->item = true;
	outer->quantified = outer->noted = false;
	outer->item_at = inner.at;
	outer->item_size = inner.size + (inner.item ? inner.item_size : 0) + 2;
	outer->item_times = inner.item && inner.item_times > inner.times ? inner.item_times : inner.times;
	return TEL_OK;
}

static void alternative(tel__rx *rx)
{
	tel__rx_level *level = top(rx);

	end_branch(rx);
	keep_times(level);
	level->size += (level->item ? level->item_size : 0) + 1;
	level->item = false;
	tel__dynbuf_byte(&rx->out, '|');
	note(rx, (tel__rx_piece){ .kind = TEL__RX_OR });
}

static bool name_char(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

/* At "(?P<" or "(?<", whose name starts lead bytes later. */
static tel_err named_group(tel__rx *rx, size_t lead)
{
	tel_slice rest = tel__slice_sub(rx->text, rx->pos, rx->text.len - rx->pos);
	size_t end = tel__slice_find(rest, '>'), i, bad;
	tel__rx_name name = { rx->groups + 1, (uint32_t)(rx->pos + lead), (uint32_t)(end - lead) };
	bool good = end > lead && end < rest.len;

	bad = tel__utf8_error(tel__slice_sub(rest, 0, end));
	if (bad < end)
		return tel__rx_fail(rx, "invalid UTF-8", rx->pos + bad, rest.len - bad);
	for (i = lead; good && i < end; i++)
		good = name_char(rest.ptr[i]);
	if (!good)
		return tel__rx_fail(rx, "invalid named capture", rx->pos, end < rest.len ? end + 1 : end);
	tel__dynbuf_put(&rx->names, &name, sizeof(name));
	rx->pos += end + 1;
	return open_group(rx, rx->flags, true);
}

static unsigned flag_of(uint32_t c)
{
	switch (c) {
	case 'i': return TEL__RX_FOLD;
	case 'm': return TEL__RX_MULTI_LINE;
	case 's': return TEL__RX_DOT_ALL;
	case 'U': return TEL__RX_UNGREEDY;
	default: return 0;
	}
}

/* At "(?". */
static tel_err perl_group(tel__rx *rx)
{
	size_t start = rx->pos, left = rx->text.len - rx->pos;
	bool minus = false, seen = false;
	unsigned flags = rx->flags, bit;
	uint32_t c;
	tel_err rc;

	if (left > 4 && peek(rx, 2) == 'P' && peek(rx, 3) == '<')
		return named_group(rx, 4);
	if (left > 3 && peek(rx, 2) == '<')
		return named_group(rx, 3);
	rx->pos += 2;
	while (rx->pos < rx->text.len) {
		rc = tel__rx_rune(rx, &c);
		if (rc != TEL_OK)
			return rc;
		bit = flag_of(c);
		if (bit) {
			flags = minus ? flags & ~bit : flags | bit;
			seen = true;
		} else if (c == '-' && !minus) {
			minus = true;
			seen = false;
		} else if ((c == ':' || c == ')') && (seen || !minus)) {
			if (c == ':')
				return open_group(rx, flags, false);
			rx->flags = flags;
			return TEL_OK;
		} else {
			break;
		}
	}
	return tel__rx_fail(rx, "invalid or unsupported Perl syntax", start, rx->pos - start);
}

/* A number without leading zeros at *pos; *ret = -1 when it is huge. */
static bool read_count(const tel__rx *rx, size_t *pos, long *ret)
{
	size_t from = *pos, i;
	long value = 0;

	for (i = from; i < rx->text.len && rx->text.ptr[i] >= '0' && rx->text.ptr[i] <= '9'; i++)
		if (value >= 0)
			value = value >= 100000000 ? -1 : value * 10 + (rx->text.ptr[i] - '0');
	if (i == from || (i > from + 1 && rx->text.ptr[from] == '0'))
		return false;
	*pos = i;
	*ret = value;
	return true;
}

/* At "{": the form {n}, {n,} or {n,m}; false: the brace is a character. *ret_max -1: no end; *ret_min -1: too big. */
static bool read_repeat(const tel__rx *rx, size_t *ret_end, long *ret_min, long *ret_max)
{
	size_t pos = rx->pos + 1;
	long min, max;

	if (!read_count(rx, &pos, &min) || pos >= rx->text.len)
		return false;
	max = min;
	if (rx->text.ptr[pos] == ',') {
		pos++;
		max = -1;
		if (pos < rx->text.len && rx->text.ptr[pos] != '}') {
			if (!read_count(rx, &pos, &max))
				return false;
			if (max < 0)
				min = -1;
		}
	}
	if (pos >= rx->text.len || rx->text.ptr[pos] != '}')
		return false;
	*ret_end = pos + 1;
	*ret_min = min;
	*ret_max = max;
	return true;
}

/* The item so far becomes one group in the output: it may be repeated again. */
static void wrap_item(tel__rx *rx)
{
	tel__rx_level *level = top(rx);
	size_t len = rx->out.len - level->item_at;

	if (!tel__dynbuf_room(&rx->out, 4))
		return;
	memmove(rx->out.ptr + level->item_at + 3, rx->out.ptr + level->item_at, len);
	memcpy(rx->out.ptr + level->item_at, "(?:", 3);
	tel__dynbuf_advance(&rx->out, 3);
	tel__dynbuf_byte(&rx->out, ')');
}

/* "." that is repeated without bounds is a gap; what else is repeated is not simple. */
static void note_repeat(tel__rx *rx, const tel__rx_level *level, char op)
{
	tel__rx_piece *piece;

	rx->simple = rx->simple && level->noted && rx->pieces.len && tel__dynbuf_error(&rx->pieces) == TEL_OK;
	if (!rx->simple)
		return;
	piece = (tel__rx_piece *)(void *)(rx->pieces.ptr + rx->pieces.len) - 1;
	rx->simple = piece->kind == TEL__RX_ANY && op != '?' && op != '{' && !level->quantified;
	if (!rx->simple)
		return;
	piece->kind = TEL__RX_GAP;
	piece->some = op == '+';
}

/* The last item becomes the repetition of what it was. */
static void repeat_node(tel__rx *rx, long min, long max, bool lazy)
{
	uint32_t item = top(rx)->last, copy;
	tel__rx_node was;

	if (!item)
		return;
	was = *node_at(rx, item);
	copy = add_node(rx, was);
	*node_at(rx, item) = (tel__rx_node){ .op = TEL__RX_REPEAT, .a = copy, .b = (uint32_t)min, .c = (int32_t)max, .flag = lazy,
		                             .nullable = was.nullable || min == 0 };
}

/* The operator at [start, pos), whose '?' is not read yet; begins with op. last: where the operator directly before it
 * starts, or the length of the text. */
static tel_err repeat(tel__rx *rx, size_t start, long min, long max, size_t last)
{
	tel__rx_level *level = top(rx);
	char op = rx->text.ptr[start];
	size_t end = rx->pos;
	bool lazy = rx->flags & TEL__RX_UNGREEDY;
	uint64_t times;

	if (peek(rx, 0) == '?') {
		lazy = !lazy;
		rx->pos++;
	}
	if (last < rx->text.len)
		return tel__rx_fail(rx, "invalid nested repetition operator", last, rx->pos - last);
	if (!level->item)
		return tel__rx_fail(rx, "missing argument to repetition operator", start, rx->pos - start);
	times = level->item_times * (op == '{' && (max > 0 || min > 0) ? (uint64_t)(max > 0 ? max : min) : 1u);
	if (op == '{' && (min >= 2 || max >= 2) && times > REPEAT_MAX)
		return tel__rx_fail(rx, "invalid repeat count", start, rx->pos - start);
	note_repeat(rx, level, op);
	if (level->quantified || rx->out.len == level->item_at)
		wrap_item(rx);
	tel__dynbuf_slice(&rx->out, tel__slice_sub(rx->text, start, end - start));
	if (lazy)
		tel__dynbuf_byte(&rx->out, '?');
	repeat_node(rx, op == '{' ? min : op == '+', op == '{' ? max : op == '?' ? 1 : -1, lazy);
	level->quantified = true;
	level->item_times = (uint32_t)times;
	if (op == '{')
		level->item_size = max < 0 ? 2 + (uint64_t)min * level->item_size
		                           : (uint64_t)max * level->item_size + (uint64_t)(max - min);
	else
		level->item_size += op == '*' ? 2 : 1;
	return TEL_OK;
}

/* At "{"; *ret_repeated: it was a repetition. */
static tel_err braces(tel__rx *rx, size_t last, bool *ret_repeated)
{
	size_t start = rx->pos, end;
	long min, max;

	*ret_repeated = read_repeat(rx, &end, &min, &max);
	if (!*ret_repeated) {
		literal(rx, '{');
		rx->pos++;
		return TEL_OK;
	}
	rx->pos = end;
	if (min < 0 || min > REPEAT_MAX || max > REPEAT_MAX || (max >= 0 && min > max))
		return tel__rx_fail(rx, "invalid repeat count", start, end - start);
	return repeat(rx, start, min, max, last);
}

/* At "\Q": everything up to "\E" is literal. */
static tel_err quoted(tel__rx *rx)
{
	uint32_t c;
	tel_err rc;

	rx->pos += 2;
	while (rx->pos < rx->text.len) {
		if (peek(rx, 0) == '\\' && peek(rx, 1) == 'E') {
			rx->pos += 2;
			break;
		}
		rc = tel__rx_rune(rx, &c);
		if (rc != TEL_OK)
			return rc;
		literal(rx, c);
	}
	return TEL_OK;
}

static void anchor(tel__rx *rx, bool end, bool line)
{
	if (line)
		rx->simple = false;
	note(rx, (tel__rx_piece){ .kind = end ? TEL__RX_END : TEL__RX_BEGIN });
	empty_width(rx, end ? (line ? TEL__RX_AT_END_LINE : TEL__RX_AT_END) : line ? TEL__RX_AT_BEGIN_LINE : TEL__RX_AT_BEGIN);
}

static tel_err backslash(tel__rx *rx)
{
	bool taken = false;
	uint32_t c;
	tel_err rc;

	switch (peek(rx, 1)) {
	case 'A':
	case 'z':
		anchor(rx, peek(rx, 1) == 'z', false);
		rx->pos += 2;
		return TEL_OK;
	case 'b':
	case 'B':
		rx->simple = false;
		empty_width(rx, peek(rx, 1) == 'b' ? TEL__RX_AT_WORD : TEL__RX_AT_NO_WORD);
		rx->pos += 2;
		return TEL_OK;
	case 'C':
		return tel__rx_fail(rx, "invalid escape sequence", rx->pos, 2);
	case 'Q':
		return quoted(rx);
	default:
		break;
	}
	begin_item(rx, 1, false);
	rc = tel__rx_class_escape(rx, false, &taken);
	if (rc != TEL_OK || taken) {
		rx->simple = false;
		if (rc == TEL_OK)
			add_class(rx, top(rx)->item_at);
		return rc;
	}
	rc = tel__rx_escape(rx, &c);
	if (rc != TEL_OK)
		return rc;
	top(rx)->item_size = 0;
	literal(rx, c);
	return TEL_OK;
}

static void dot(tel__rx *rx)
{
	bool newline = rx->flags & TEL__RX_DOT_ALL;

	note(rx, (tel__rx_piece){ .kind = TEL__RX_ANY, .newline = newline });
	begin_item(rx, 1, true);
	tel__dynbuf_puts(&rx->out, newline ? "(?s:.)" : "[^\\n]");
	add_item(rx, (tel__rx_node){ .op = TEL__RX_DOT, .flag = newline });
	rx->pos++;
}

/* One element; *last as in repeat(), moved on. */
static tel_err element(tel__rx *rx, size_t *last)
{
	size_t start = rx->pos, before = *last;
	bool repeated = false;
	uint32_t c;
	tel_err rc = TEL_OK;

	*last = rx->text.len;
	switch (rx->text.ptr[rx->pos]) {
	case '(':
		if (peek(rx, 1) == '?')
			return perl_group(rx);
		rx->pos++;
		return open_group(rx, rx->flags, true);
	case ')':
		rc = close_group(rx);
		rx->pos++;
		return rc;
	case '|':
		alternative(rx);
		rx->pos++;
		return TEL_OK;
	case '^':
	case '$':
		anchor(rx, rx->text.ptr[rx->pos] == '$', rx->flags & TEL__RX_MULTI_LINE);
		rx->pos++;
		return TEL_OK;
	case '.':
		dot(rx);
		return TEL_OK;
	case '[':
		rx->simple = false;
		begin_item(rx, 1, false);
		rc = tel__rx_class(rx);
		if (rc == TEL_OK)
			add_class(rx, top(rx)->item_at);
		return rc;
	case '\\':
		return backslash(rx);
	case '*':
	case '+':
	case '?':
		rx->pos++;
		*last = start;
		return repeat(rx, start, 0, 0, before);
	case '{':
		rc = braces(rx, before, &repeated);
		if (repeated)
			*last = start;
		return rc;
	default:
		rc = tel__rx_rune(rx, &c);
		if (rc == TEL_OK)
			literal(rx, c);
		return rc;
	}
}

static tel_err first_failure(const tel__rx *rx)
{
	const tel__dynbuf *all[] = { &rx->out, &rx->texts, &rx->pieces, &rx->levels, &rx->names, &rx->nodes, &rx->classes };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (tel__dynbuf_error(all[i]) != TEL_OK)
			return tel__dynbuf_error(all[i]);
	return TEL_OK;
}

tel_err tel__rx_read(tel__rx *rx)
{
	size_t last = rx->text.len;
	tel_err rc = push_level(rx, 0);

	add_node(rx, (tel__rx_node){ .op = TEL__RX_BRANCH }); /* index 0 is none */
	while (rc == TEL_OK && rx->pos < rx->text.len) {
		rc = element(rx, &last);
		if (rc == TEL_OK)
			rc = first_failure(rx);
		if (rc == TEL_OK && top(rx)->size + top(rx)->item_size > SIZE_MAX_INST)
			return fail_large(rx, "expression too large");
		if (rc == TEL_ERR_LIMIT && first_failure(rx) != TEL_OK)
			return fail_large(rx, "expression too large");
	}
	if (rc == TEL_ERR_NOMEM)
		return tel__fail_nomem(rx->err);
	if (rc == TEL_OK && rx->levels.len > sizeof(tel__rx_level))
		return tel__rx_fail(rx, "missing closing )", 0, rx->text.len);
	if (rc == TEL_OK) {
		end_branch(rx);
		add_node(rx, (tel__rx_node){ .op = TEL__RX_GROUP, .a = top(rx)->branches });
		rc = first_failure(rx);
	}
	return rc == TEL_ERR_NOMEM ? tel__fail_nomem(rx->err) : rc;
}
