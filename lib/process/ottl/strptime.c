/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/strptime.h"

#include <stdio.h>

#include "base/slice_i.h"

static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July", "August", "September",
	                                  "October", "November", "December" };
static const char *const days[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };

/* Directives that stand for others. */
static const char *composite(char directive)
{
	switch (directive) {
	case 'D':
	case 'x':
		return "%m/%d/%Y";
	case 'F':
		return "%Y-%m-%d";
	case 'T':
	case 'X':
		return "%H:%M:%S";
	case 'R':
		return "%H:%M";
	case 'r':
		return "%I:%M:%S %P";
	case 'c':
		return "%a %b %d %H:%M:%S %Y";
	default:
		return NULL;
	}
}

bool tel__ottl_time_format_ok(tel_slice format, char *ret_bad)
{
	for (size_t i = 0; i < format.len; i++) {
		if (format.ptr[i] != '%')
			continue;
		*ret_bad = i + 1 < format.len ? format.ptr[i + 1] : ' ';
		if (++i == format.len || !format.ptr[i] || !strchr("YymoqbhBdegaADxFTXRrcHIlMSpPLfsZzwijknt%", format.ptr[i]))
			return false;
	}
	return true;
}

/* Reading. */

typedef struct reader {
	tel_slice rest;
	tel__ottl_civil c;
	int hour12, pm;  /* pm -1: not given */
	int64_t offset;  /* seconds east */
	bool year, range; /* given; a number out of its range */
	char before;     /* what stands before the directive in the format */
} reader;

static bool digits(reader *r, unsigned least, unsigned most, int *ret)
{
	unsigned n = 0;
	int v = 0;

	while (n < most && n < r->rest.len && r->rest.ptr[n] >= '0' && r->rest.ptr[n] <= '9')
		v = v * 10 + (r->rest.ptr[n++] - '0');
	if (n < least)
		return false;
	r->rest = tel__slice_sub(r->rest, n, r->rest.len - n);
	*ret = v;
	return true;
}

static bool between(reader *r, bool ok, int v, int low, int high)
{
	if (ok && (v < low || v > high))
		r->range = true;
	return ok;
}

static bool literal(reader *r, char c)
{
	if (!r->rest.len || *r->rest.ptr != c)
		return false;
	r->rest = tel__slice_sub(r->rest, 1, r->rest.len - 1);
	return true;
}

static bool name(reader *r, const char *const *names, int count, bool whole, int *ret)
{
	for (int i = 0; i < count; i++) {
		size_t n = whole ? strlen(names[i]) : 3;

		if (r->rest.len >= n && tel__slice_eq_nocase(tel__slice_sub(r->rest, 0, n), (tel_slice){ names[i], n })) {
			r->rest = tel__slice_sub(r->rest, n, r->rest.len - n);
			*ret = i;
			return true;
		}
	}
	return false;
}

static bool padded_day(reader *r, int *ret)
{
	(void)literal(r, ' ');
	return digits(r, 1, 2, ret);
}

/* .123, as many digits as there are; only behind a point or comma, which was read as a literal. */
static bool fraction(reader *r)
{
	enum { DIGITS = 9 };
	int64_t v = 0;
	unsigned i = 0;

	if (r->before != '.' && r->before != ',')
		return literal(r, '9');
	for (; i < r->rest.len && i < DIGITS && r->rest.ptr[i] >= '0' && r->rest.ptr[i] <= '9'; i++)
		v = v * 10 + (r->rest.ptr[i] - '0');
	if (!i)
		return false;
	r->rest = tel__slice_sub(r->rest, i, r->rest.len - i);
	for (; i < DIGITS; i++)
		v *= 10;
	r->c.nanosecond = (int)v;
	return true;
}

/* Seconds may bring a fraction that the format does not mention. */
static bool seconds(reader *r, bool fraction_follows)
{
	if (!between(r, digits(r, 2, 2, &r->c.second), r->c.second, 0, 59))
		return false;
	if (!fraction_follows && r->rest.len > 1 && (*r->rest.ptr == '.' || *r->rest.ptr == ',') && r->rest.ptr[1] >= '0' &&
	    r->rest.ptr[1] <= '9') {
		r->before = *r->rest.ptr;
		(void)literal(r, *r->rest.ptr);
		return fraction(r);
	}
	return true;
}

/* ±hh, ±hhmm, ±hh:mm, ±hh:mm:ss by parts and colons. */
static bool offset(reader *r, bool z, unsigned parts, bool colons)
{
	int hour, minute = 0, second = 0;
	bool minus;

	if (z && literal(r, 'Z')) {
		r->offset = 0;
		return true;
	}
	minus = r->rest.len && *r->rest.ptr == '-';
	if (!literal(r, minus ? '-' : '+') || !digits(r, 2, 2, &hour) ||
	    (parts > 1 && ((colons && !literal(r, ':')) || !digits(r, 2, 2, &minute))) ||
	    (parts > 2 && ((colons && !literal(r, ':')) || !digits(r, 2, 2, &second))))
		return false;
	r->offset = (minus ? -1 : 1) * (hour * 3600 + minute * 60 + second);
	return between(r, true, hour, 0, 24) && between(r, true, minute, 0, 60);
}

static bool zone(reader *r)
{
	static const char *const known[] = { "UTC", "GMT" };
	int which;

	return name(r, known, 2, true, &which);
}

static bool read_date(reader *r, char directive)
{
	int v = 0;

	switch (directive) {
	case 'Y':
		r->year = digits(r, 4, 4, &v);
		r->c.year = v;
		return r->year;
	case 'y':
		r->year = digits(r, 2, 2, &v);
		r->c.year = v >= 69 ? 1900 + v : 2000 + v;
		return r->year;
	case 'm':
		return between(r, digits(r, 2, 2, &r->c.month), r->c.month, 1, 12);
	case 'q':
		return between(r, digits(r, 1, 2, &r->c.month), r->c.month, 1, 12);
	case 'o':
		return literal(r, '_') && between(r, digits(r, 1, 2, &r->c.month), r->c.month, 1, 12);
	case 'b':
	case 'h':
	case 'B':
		if (!name(r, months, 12, directive == 'B', &v))
			return false;
		r->c.month = v + 1;
		return true;
	case 'd':
		return digits(r, 2, 2, &r->c.day);
	case 'e':
		return padded_day(r, &r->c.day);
	case 'g':
		return digits(r, 1, 2, &r->c.day);
	default: /* a A */
		return name(r, days, 7, directive == 'A', &v);
	}
}

static bool read_time(reader *r, char directive, bool fraction_follows)
{
	switch (directive) {
	case 'H':
		return between(r, digits(r, 1, 2, &r->c.hour), r->c.hour, 0, 23);
	case 'I':
		return between(r, digits(r, 2, 2, &r->hour12), r->hour12, 0, 12);
	case 'l':
		return between(r, digits(r, 1, 2, &r->hour12), r->hour12, 0, 12);
	case 'M':
		return between(r, digits(r, 2, 2, &r->c.minute), r->c.minute, 0, 59);
	case 'S':
		return seconds(r, fraction_follows);
	case 'p':
	case 'P':
		if (r->rest.len < 2 || r->rest.ptr[1] != (directive == 'p' ? 'M' : 'm') ||
		    !strchr(directive == 'p' ? "AP" : "ap", *r->rest.ptr) || !*r->rest.ptr)
			return false;
		r->pm = (*r->rest.ptr | 32) == 'p';
		r->rest = tel__slice_sub(r->rest, 2, r->rest.len - 2);
		return true;
	case 'L':
	case 'f':
	case 's':
		return fraction(r);
	case 'Z':
		return zone(r);
	case 'z':
		return offset(r, true, 2, false);
	case 'w':
		return offset(r, false, 3, false);
	case 'i':
		return offset(r, false, 1, false);
	case 'j':
		return offset(r, false, 2, true);
	case 'k':
		return offset(r, false, 3, true);
	default:
		return literal(r, directive == 'n' ? '\n' : directive == 't' ? '\t' : '%');
	}
}

static bool read_format(reader *r, tel_slice format, char *ret_failed)
{
	for (size_t i = 0; i < format.len; i++) {
		const char *parts;
		char d;
		bool follows;

		if (format.ptr[i] != '%') {
			*ret_failed = 0;
			if (!literal(r, format.ptr[i]))
				return false;
			r->before = format.ptr[i];
			continue;
		}
		d = *ret_failed = format.ptr[++i];
		parts = composite(d);
		follows = i + 3 < format.len && (format.ptr[i + 1] == '.' || format.ptr[i + 1] == ',') && format.ptr[i + 2] == '%' &&
		          strchr("Lfs", format.ptr[i + 3]);
		if (parts ? !read_format(r, tel__slice_str(parts), ret_failed) : strchr("YymqobhBdegaA", d) ? !read_date(r, d) : !read_time(r, d, follows))
			return false;
		r->before = 0;
	}
	return true;
}

static bool is_leap(int64_t y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int month_length(const tel__ottl_civil *c)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return lengths[c->month - 1] + (c->month == 2 && is_leap(c->year));
}

enum { WEEK_SECONDS = 7 * 86400 };

/* The current year, or the one before when that would be more than a week ahead. */
static void guess_year(reader *r, int64_t now_unix_ns)
{
	tel__ottl_civil now = tel__ottl_civil_of(now_unix_ns);

	r->c.year = now.year;
	if (tel__ottl_unix_seconds(&r->c) - r->offset > now_unix_ns / 1000000000 + WEEK_SECONDS)
		r->c.year--;
}

static bool failed(char *why, size_t cap, tel_slice text, tel_slice format, tel_slice rest, char directive)
{
	char part[3] = { '%', directive, 0 };

	text = tel__slice_cut(text, 64);
	format = tel__slice_cut(format, 64);
	rest = tel__slice_cut(rest, 64);
	snprintf(why, cap, "parsing time \"" TEL_SLICE_FMT "\" as \"" TEL_SLICE_FMT "\": cannot parse \"" TEL_SLICE_FMT "\" as \"%s\"",
	         TEL_SLICE_ARG(text), TEL_SLICE_ARG(format), TEL_SLICE_ARG(rest), directive ? part : "a literal");
	return false;
}

bool tel__ottl_parse_time(tel_slice text, tel_slice format, int64_t now_unix_ns, int64_t *ret_unix_ns, char *why, size_t cap)
{
	reader r = { .rest = text, .c = { .year = 0, .month = 1, .day = 1 }, .pm = -1, .hour12 = -1 };
	char directive = 0;
	int64_t s;

	if (!read_format(&r, format, &directive))
		return failed(why, cap, text, format, r.rest, directive);
	text = tel__slice_cut(text, 64);
	if (r.rest.len) {
		r.rest = tel__slice_cut(r.rest, 64);
		snprintf(why, cap, "parsing time \"" TEL_SLICE_FMT "\": extra text: \"" TEL_SLICE_FMT "\"", TEL_SLICE_ARG(text), TEL_SLICE_ARG(r.rest));
		return false;
	}
	if (!r.range && !r.year)
		guess_year(&r, now_unix_ns);
	if (r.range || r.c.day < 1 || r.c.day > month_length(&r.c)) {
		snprintf(why, cap, "parsing time \"" TEL_SLICE_FMT "\": %s out of range", TEL_SLICE_ARG(text),
		         r.c.month < 1 || r.c.month > 12 ? "month" : r.range ? "number" : "day");
		return false;
	}
	if (r.hour12 >= 0)
		r.c.hour = r.hour12 % 12 == 0 ? (r.pm == 1 ? 12 : r.pm == 0 ? 0 : r.hour12) : r.hour12 + (r.pm == 1 ? 12 : 0);
	s = tel__ottl_unix_seconds(&r.c) - r.offset;
	*ret_unix_ns = (int64_t)((uint64_t)s * 1000000000u + (uint64_t)r.c.nanosecond);
	return true;
}

/* Writing. */

static void put_fraction(tel__dynbuf *out, const tel__ottl_civil *c, unsigned n, char before)
{
	char text[16];

	if (before != '.' && before != ',') {
		for (unsigned i = 0; i < n; i++)
			tel__dynbuf_byte(out, '9');
		return;
	}
	snprintf(text, sizeof text, "%09d", c->nanosecond);
	while (n && text[n - 1] == '0')
		n--;
	if (!n) /* the point goes, too */
		out->len -= out->len != 0;
	tel__dynbuf_put(out, text, n);
}

static void put_directive(tel__dynbuf *out, const tel__ottl_civil *c, char d, char before)
{
	int hour12 = c->hour % 12 ? c->hour % 12 : 12;

	switch (d) {
	case 'Y': tel__dynbuf_fmt(out, "%04lld", (long long)c->year); break;
	case 'y': tel__dynbuf_fmt(out, "%02d", (int)(c->year % 100)); break;
	case 'm': tel__dynbuf_fmt(out, "%02d", c->month); break;
	case 'o': tel__dynbuf_fmt(out, "_%d", c->month); break;
	case 'q': tel__dynbuf_fmt(out, "%d", c->month); break;
	case 'b':
	case 'h': tel__dynbuf_put(out, months[c->month - 1], 3); break;
	case 'B': tel__dynbuf_puts(out, months[c->month - 1]); break;
	case 'd': tel__dynbuf_fmt(out, "%02d", c->day); break;
	case 'e': tel__dynbuf_fmt(out, "%2d", c->day); break;
	case 'g': tel__dynbuf_fmt(out, "%d", c->day); break;
	case 'a': tel__dynbuf_put(out, days[c->weekday], 3); break;
	case 'A': tel__dynbuf_puts(out, days[c->weekday]); break;
	case 'H': tel__dynbuf_fmt(out, "%02d", c->hour); break;
	case 'I': tel__dynbuf_fmt(out, "%02d", hour12); break;
	case 'l': tel__dynbuf_fmt(out, "%d", hour12); break;
	case 'M': tel__dynbuf_fmt(out, "%02d", c->minute); break;
	case 'S': tel__dynbuf_fmt(out, "%02d", c->second); break;
	case 'p': tel__dynbuf_puts(out, c->hour < 12 ? "AM" : "PM"); break;
	case 'P': tel__dynbuf_puts(out, c->hour < 12 ? "am" : "pm"); break;
	case 'L': put_fraction(out, c, 3, before); break;
	case 'f': put_fraction(out, c, 6, before); break;
	case 's': put_fraction(out, c, 9, before); break;
	case 'Z': tel__dynbuf_puts(out, "UTC"); break;
	case 'z': tel__dynbuf_byte(out, 'Z'); break;
	case 'w': tel__dynbuf_puts(out, "+000000"); break;
	case 'i': tel__dynbuf_puts(out, "+00"); break;
	case 'j': tel__dynbuf_puts(out, "+00:00"); break;
	case 'k': tel__dynbuf_puts(out, "+00:00:00"); break;
	default: tel__dynbuf_byte(out, d == 'n' ? '\n' : d == 't' ? '\t' : d);
	}
}

static void put_format(tel__dynbuf *out, const tel__ottl_civil *c, tel_slice format)
{
	char before = 0;

	for (size_t i = 0; i < format.len; i++) {
		const char *parts;

		if (format.ptr[i] != '%' || i + 1 == format.len) {
			before = format.ptr[i];
			tel__dynbuf_byte(out, before);
			continue;
		}
		parts = composite(format.ptr[++i]);
		if (parts)
			put_format(out, c, tel__slice_str(parts));
		else
			put_directive(out, c, format.ptr[i], before);
		before = 0;
	}
}

void tel__ottl_format_time(tel__dynbuf *out, int64_t unix_ns, tel_slice format)
{
	tel__ottl_civil c = tel__ottl_civil_of(unix_ns);

	put_format(out, &c, format);
}

void tel__ottl_rfc3339(tel__dynbuf *out, int64_t unix_ns)
{
	tel__ottl_format_time(out, unix_ns, TEL_SLICE_LIT("%Y-%m-%dT%H:%M:%S.%s"));
	tel__dynbuf_byte(out, 'Z');
}
