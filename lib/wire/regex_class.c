/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "base/utf8.h"
#include "wire/regex_i.h"
#include "wire/regex_memory.h"

enum { RUNE_MAX = 0x10ffff, PROPERTY_NAME_MAX = 40, COMPILE_NOMEM = 121 /* of pcre2_compile() */ };

static int hex_digit(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return (int)c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (int)(c | 0x20) - 'a' + 10;
	return -1;
}

static tel_err bad_escape(tel__rx *rx, size_t start)
{
	return tel__rx_fail(rx, "invalid escape sequence", start, rx->pos - start);
}

/* Behind "\x{": one digit at least, up to "}". */
static tel_err hex_braces(tel__rx *rx, size_t start, uint32_t *ret_c)
{
	uint32_t c, value = 0;
	size_t digits = 0;
	tel_err rc;

	for (; rx->pos < rx->text.len; digits++) {
		rc = tel__rx_rune(rx, &c);
		if (rc != TEL_OK)
			return rc;
		if (c == '}' && digits) {
			*ret_c = value;
			return TEL_OK;
		}
		if (hex_digit(c) < 0)
			break;
		value = value * 16 + (uint32_t)hex_digit(c);
		if (value > RUNE_MAX)
			break;
	}
	return bad_escape(rx, start);
}

static tel_err hex_escape(tel__rx *rx, size_t start, uint32_t *ret_c)
{
	uint32_t high, low;
	tel_err rc;

	if (rx->pos >= rx->text.len)
		return bad_escape(rx, start);
	rc = tel__rx_rune(rx, &high);
	if (rc != TEL_OK)
		return rc;
	if (high == '{')
		return hex_braces(rx, start, ret_c);
	if (rx->pos >= rx->text.len)
		return bad_escape(rx, start);
	rc = tel__rx_rune(rx, &low);
	if (rc != TEL_OK)
		return rc;
	if (hex_digit(high) < 0 || hex_digit(low) < 0)
		return bad_escape(rx, start);
	*ret_c = (uint32_t)(hex_digit(high) * 16 + hex_digit(low));
	return TEL_OK;
}

/* Up to three octal digits, the first of which is c. */
static uint32_t octal(tel__rx *rx, uint32_t c)
{
	uint32_t value = c - '0';
	int i;

	for (i = 1; i < 3 && rx->pos < rx->text.len && rx->text.ptr[rx->pos] >= '0' && rx->text.ptr[rx->pos] <= '7'; i++)
		value = value * 8 + (uint32_t)(rx->text.ptr[rx->pos++] - '0');
	return value;
}

tel_err tel__rx_escape(tel__rx *rx, uint32_t *ret_c)
{
	static const char names[] = "afnrtv", values[] = "\a\f\n\r\t\v";
	size_t start = rx->pos++;
	const char *named;
	uint32_t c;
	tel_err rc;

	if (rx->pos >= rx->text.len)
		return tel__rx_fail(rx, "trailing backslash at end of expression", rx->pos, 0);
	rc = tel__rx_rune(rx, &c);
	if (rc != TEL_OK)
		return rc;
	/* \1 to \7 alone would be references to groups. */
	if (c == '0' || (c >= '1' && c <= '7' && rx->pos < rx->text.len && rx->text.ptr[rx->pos] >= '0' &&
	                 rx->text.ptr[rx->pos] <= '7')) {
		*ret_c = octal(rx, c);
		return TEL_OK;
	}
	if (c == 'x')
		return hex_escape(rx, start, ret_c);
	named = c > 0 && c < 0x80 ? strchr(names, (int)c) : NULL;
	if (named)
		c = (uint32_t)values[named - names];
	else if (c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
		return bad_escape(rx, start);
	*ret_c = c;
	return TEL_OK;
}

/* "Old_Italic", "old-italic": upper case first, then lower case, without '_', '-' and blanks. False: too long to be known. */
static bool canonical_name(tel_slice name, char out[PROPERTY_NAME_MAX])
{
	size_t i, len = 0;

	for (i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (c == '_' || c == '-' || c == ' ')
			continue;
		if (len + 1 >= PROPERTY_NAME_MAX)
			return false;
		if (c >= 'a' && c <= 'z' && len == 0)
			c = (char)(c - 32);
		else if (c >= 'A' && c <= 'Z' && len > 0)
			c = (char)(c + 32);
		else if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z'))
			return false;
		out[len++] = c;
	}
	out[len] = '\0';
	return len > 0;
}

/* Unicode's general categories and their long names. */
static const char *category_of(const char *name)
{
	static const char *const rows[][2] = {
		{ "C", "Other" }, { "Cc", "Control" }, { "Cf", "Format" }, { "Cn", "Unassigned" }, { "Co", "Privateuse" },
		{ "Cs", "Surrogate" }, { "L", "Letter" }, { "L&", "Casedletter" }, { "Ll", "Lowercaseletter" },
		{ "Lm", "Modifierletter" }, { "Lo", "Otherletter" }, { "Lt", "Titlecaseletter" }, { "Lu", "Uppercaseletter" },
		{ "M", "Mark" }, { "Mc", "Spacingmark" }, { "Me", "Enclosingmark" }, { "Mn", "Nonspacingmark" },
		{ "N", "Number" }, { "Nd", "Decimalnumber" }, { "Nl", "Letternumber" }, { "No", "Othernumber" },
		{ "P", "Punctuation" }, { "Pc", "Connectorpunctuation" }, { "Pd", "Dashpunctuation" },
		{ "Pe", "Closepunctuation" }, { "Pf", "Finalpunctuation" }, { "Pi", "Initialpunctuation" },
		{ "Po", "Otherpunctuation" }, { "Ps", "Openpunctuation" }, { "S", "Symbol" }, { "Sc", "Currencysymbol" },
		{ "Sk", "Modifiersymbol" }, { "Sm", "Mathsymbol" }, { "So", "Othersymbol" }, { "Z", "Separator" },
		{ "Zl", "Lineseparator" }, { "Zp", "Paragraphseparator" }, { "Zs", "Spaceseparator" }, { "L&", "Lc" },
		{ "Cc", "Cntrl" }, { "Nd", "Digit" }, { "P", "Punct" }, { "M", "Combiningmark" }, { "Any", "Any" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(name, rows[i][0]) == 0 || strcmp(name, rows[i][1]) == 0)
			return rows[i][0];
	return NULL;
}

/* Whether the engine knows a script of this name; *ret_rc TEL_ERR_NOMEM: not told. */
static bool script_known(tel__rx *rx, const char *name, tel_err *ret_rc)
{
	char pattern[PROPERTY_NAME_MAX + 8] = "\\p{sc:";
	size_t offset, len;
	pcre2_general_context *memory = tel__rx_memory(rx->alloc);
	pcre2_compile_context *options = memory ? pcre2_compile_context_create(memory) : NULL;
	pcre2_code *code = NULL;
	int problem = PCRE2_ERROR_NOMEMORY;

	len = strlen(pattern);
	memcpy(pattern + len, name, strlen(name));
	len += strlen(name);
	pattern[len++] = '}';
	if (options)
		code = pcre2_compile((PCRE2_SPTR)pattern, len, PCRE2_UTF, &problem, &offset, options);
	*ret_rc = code || (problem != PCRE2_ERROR_NOMEMORY && problem != COMPILE_NOMEM) ? TEL_OK : TEL_ERR_NOMEM;
	pcre2_code_free(code);
	pcre2_compile_context_free(options);
	pcre2_general_context_free(memory);
	return code != NULL;
}

/* Writes the property of this name; *ret_known false: there is none. */
static tel_err put_property(tel__rx *rx, tel_slice name, bool negated, bool *ret_known)
{
	char known[PROPERTY_NAME_MAX];
	const char *category;
	tel_err rc = TEL_OK;

	*ret_known = canonical_name(name, known);
	if (!*ret_known)
		return TEL_OK;
	if (strcmp(known, "Ascii") == 0) {
		tel__dynbuf_puts(&rx->out, negated ? "\\x{80}-\\x{10ffff}" : "\\x{0}-\\x{7f}");
		return TEL_OK;
	}
	if (strcmp(known, "Assigned") == 0) {
		tel__dynbuf_puts(&rx->out, negated ? "\\p{Cn}" : "\\P{Cn}");
		return TEL_OK;
	}
	category = category_of(known);
	if (category && (rx->flags & TEL__RX_FOLD) && category[0] == 'L' && category[1] && strchr("ltu", category[1]))
		category = "L&"; /* a letter of any case */
	if (!category)
		*ret_known = script_known(rx, known, &rc);
	if (*ret_known)
		tel__dynbuf_fmt(&rx->out, "\\%c{%s%s}", negated ? 'P' : 'p', category ? "" : "sc:", category ? category : known);
	return rc;
}

/* At "\p" or "\P". */
static tel_err unicode_class(tel__rx *rx)
{
	size_t start = rx->pos, end, bad;
	bool negated = rx->text.ptr[start + 1] == 'P', known;
	tel_slice rest, name;
	uint32_t c;
	tel_err rc;

	rx->pos += 2;
	if (rx->pos >= rx->text.len)
		return tel__rx_fail(rx, "invalid character class range", start, 2);
	rest = tel__slice_sub(rx->text, rx->pos, rx->text.len - rx->pos);
	rc = tel__rx_rune(rx, &c);
	if (rc != TEL_OK)
		return rc;
	name = tel__slice_sub(rx->text, start + 2, rx->pos - start - 2);
	if (c == '{') {
		end = tel__slice_find(rest, '}');
		bad = tel__utf8_error(tel__slice_sub(rest, 0, end));
		if (bad < end)
			return tel__rx_fail(rx, "invalid UTF-8", start + 2 + bad, rest.len - bad);
		if (end == rest.len)
			return tel__rx_fail(rx, "invalid character class range", start, rest.len + 2);
		name = tel__slice_sub(rest, 1, end - 1);
		rx->pos = start + 2 + end + 1;
	}
	if (name.len && name.ptr[0] == '^') {
		negated = !negated;
		name = tel__slice_sub(name, 1, name.len - 1);
	}
	rc = put_property(rx, name, negated, &known);
	if (rc == TEL_OK && !known)
		return tel__rx_fail(rx, "invalid character class range", start, rx->pos - start);
	return rc;
}

tel_err tel__rx_class_escape(tel__rx *rx, bool inside, bool *ret_taken)
{
	static const struct { char name; const char *members; } rows[] = {
		{ 'd', "0-9" }, { 's', "\\t\\n\\f\\r\\x{20}" }, { 'w', "0-9A-Za-z_" },
	};
	char name = '\0';
	bool negated;
	size_t i;
	tel_err rc;

	*ret_taken = false;
	if (rx->pos + 1 < rx->text.len)
		name = rx->text.ptr[rx->pos + 1];
	if (name == 'p' || name == 'P') {
		*ret_taken = true;
		if (!inside)
			tel__dynbuf_byte(&rx->out, '[');
		rc = unicode_class(rx);
		if (!inside)
			tel__dynbuf_byte(&rx->out, ']');
		return rc;
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		negated = name == rows[i].name - 32;
		if (name != rows[i].name && !negated)
			continue;
		if (!inside)
			tel__dynbuf_fmt(&rx->out, "[%s%s]", negated ? "^" : "", rows[i].members);
		else if (negated) /* vertical tab: no blank in RE2, one in the engine */
			tel__dynbuf_fmt(&rx->out, "\\%c%s", name, name == 'S' ? "\\x{b}" : "");
		else
			tel__dynbuf_puts(&rx->out, rows[i].members);
		rx->pos += 2;
		*ret_taken = true;
		return TEL_OK;
	}
	return TEL_OK;
}

/* At "[:" in a class: a POSIX class; *ret_taken false: no such form. */
static tel_err posix_class(tel__rx *rx, bool *ret_taken)
{
	static const char *const known[] = { "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph",
	                                     "lower", "print", "punct", "space", "upper", "word",  "xdigit" };
	tel_slice rest = tel__slice_sub(rx->text, rx->pos + 2, rx->text.len - rx->pos - 2), name;
	size_t end = 0, i, skip;

	while (end + 1 < rest.len && !(rest.ptr[end] == ':' && rest.ptr[end + 1] == ']'))
		end++;
	*ret_taken = end + 1 < rest.len;
	if (!*ret_taken)
		return TEL_OK;
	name = tel__slice_sub(rest, 0, end);
	skip = name.len && name.ptr[0] == '^';
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (tel__slice_is(tel__slice_sub(name, skip, name.len - skip), known[i]))
			break;
	if (i == sizeof(known) / sizeof(known[0]))
		return tel__rx_fail(rx, "invalid character class range", rx->pos, end + 4);
	tel__dynbuf_slice(&rx->out, tel__slice_sub(rx->text, rx->pos, end + 4));
	rx->pos += end + 4;
	return TEL_OK;
}

/* One end of a range. start: of the class. */
static tel_err class_char(tel__rx *rx, size_t start, uint32_t *ret_c)
{
	if (rx->pos >= rx->text.len)
		return tel__rx_fail(rx, "missing closing ]", start, rx->text.len - start);
	return rx->text.ptr[rx->pos] == '\\' ? tel__rx_escape(rx, ret_c) : tel__rx_rune(rx, ret_c);
}

static tel_err class_range(tel__rx *rx, size_t start)
{
	size_t from = rx->pos;
	uint32_t low, high;
	tel_err rc = class_char(rx, start, &low);

	if (rc != TEL_OK)
		return rc;
	tel__rx_put_rune(rx, low);
	/* "[a-]" is a and the dash */
	if (rx->pos + 1 >= rx->text.len || rx->text.ptr[rx->pos] != '-' || rx->text.ptr[rx->pos + 1] == ']')
		return TEL_OK;
	rx->pos++;
	rc = class_char(rx, start, &high);
	if (rc != TEL_OK)
		return rc;
	if (high < low)
		return tel__rx_fail(rx, "invalid character class range", from, rx->pos - from);
	tel__dynbuf_byte(&rx->out, '-');
	tel__rx_put_rune(rx, high);
	return TEL_OK;
}

tel_err tel__rx_class(tel__rx *rx)
{
	size_t start = rx->pos++;
	bool first = true, taken;
	tel_err rc;

	tel__dynbuf_byte(&rx->out, '[');
	if (rx->pos < rx->text.len && rx->text.ptr[rx->pos] == '^') {
		tel__dynbuf_byte(&rx->out, '^');
		rx->pos++;
	}
	for (;; first = false) {
		if (rx->pos < rx->text.len && rx->text.ptr[rx->pos] == ']' && !first)
			break;
		taken = false;
		rc = TEL_OK;
		if (rx->pos + 2 < rx->text.len && rx->text.ptr[rx->pos] == '[' && rx->text.ptr[rx->pos + 1] == ':')
			rc = posix_class(rx, &taken);
		else if (rx->pos + 1 < rx->text.len && rx->text.ptr[rx->pos] == '\\')
			rc = tel__rx_class_escape(rx, true, &taken);
		if (rc == TEL_OK && !taken)
			rc = class_range(rx, start);
		if (rc != TEL_OK)
			return rc;
	}
	rx->pos++;
	tel__dynbuf_byte(&rx->out, ']');
	return TEL_OK;
}
