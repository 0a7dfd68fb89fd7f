/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include "process/ottl/strptime.h"

typedef tel__ottl_call call;
typedef tel__ottl_compiler compiler;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* Times and durations, otel-processing.md 3.8. All zones are UTC: the core knows no other. */

static bool eval_now(machine *m, const call *c, value *ret)
{
	(void)c;
	*ret = tel__ottl_time((int64_t)m->unix_ns);
	return true;
}

static bool check_format(compiler *c, tel_slice format)
{
	char bad;

	if (tel__ottl_time_format_ok(format, &bad))
		return true;
	return tel__ottl_refuse(c, "convert to go time format: [unsupported ctimefmt.ToNative() directive: %%%c]", bad);
}

static bool make_time(compiler *c, call *made)
{
	tel_slice format = tel__ottl_lit_str(made, 1, ""), location = tel__slice_cut(tel__ottl_lit_str(made, 2, ""), 64);

	if (!format.len)
		return tel__ottl_refuse(c, "format cannot be nil");
	if (made->args[3])
		return tel__ottl_refuse(c, "Time with a locale is not supported in this build");
	if (location.len && !tel__slice_is(location, "UTC") && !tel__slice_is(location, "Etc/UTC") && !tel__slice_is(location, "GMT"))
		return tel__ottl_refuse(c, "Time with location \"" TEL_SLICE_FMT "\" is not supported in this build, only UTC", TEL_SLICE_ARG(location));
	return check_format(c, format);
}

static bool eval_time(machine *m, const call *c, value *ret)
{
	tel_slice text;
	char why[512];
	int64_t ns;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	if (!text.len)
		return tel__ottl_fail(m, "time cannot be nil");
	if (!tel__ottl_parse_time(text, tel__ottl_lit_str(c, 1, ""), (int64_t)m->unix_ns, &ns, why, sizeof why))
		return tel__ottl_fail(m, why);
	*ret = tel__ottl_time(ns);
	return true;
}

static bool make_format_time(compiler *c, call *made)
{
	tel_slice format = tel__ottl_lit_str(made, 1, "");

	return format.len ? check_format(c, format) : tel__ottl_refuse(c, "format cannot be nil");
}

static bool eval_format_time(machine *m, const call *c, value *ret)
{
	size_t from = m->out.len;
	int64_t ns;

	if (!tel__ottl_arg_time(m, c, 0, &ns))
		return false;
	tel__ottl_format_time(&m->out, ns, tel__ottl_lit_str(c, 1, ""));
	return tel__ottl_end_str(m, from, ret);
}

static bool eval_duration(machine *m, const call *c, value *ret)
{
	tel_slice text;
	int64_t ns;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	if (!tel__ottl_parse_go_duration(text, &ns)) {
		text = tel__slice_cut(text, 128);
		return tel__ottl_fail_fmt(m, "time: invalid duration \"" TEL_SLICE_FMT "\"", TEL_SLICE_ARG(text));
	}
	*ret = tel__ottl_duration(ns);
	return true;
}

static bool eval_unix(machine *m, const call *c, value *ret)
{
	int64_t seconds, ns = 0;

	if (!tel__ottl_arg_int(m, c, 0, &seconds) || (c->args[1] && !tel__ottl_arg_int(m, c, 1, &ns)))
		return false;
	*ret = tel__ottl_time((int64_t)((uint64_t)seconds * 1000000000u + (uint64_t)ns));
	return true;
}

/* Parts of a duration. */

static bool duration_in(machine *m, const call *c, int64_t unit, bool whole, value *ret)
{
	int64_t ns;

	if (!tel__ottl_arg_duration(m, c, 0, &ns))
		return false;
	*ret = whole ? tel__ottl_int(ns / unit) : tel__ottl_float((double)(ns / unit) + (double)(ns % unit) / (double)unit);
	return true;
}

#define DURATION(name, unit, whole) \
	static bool eval_##name(machine *m, const call *c, value *ret) { return duration_in(m, c, unit, whole, ret); }

DURATION(hours, 3600000000000, false)
DURATION(minutes, 60000000000, false)
DURATION(seconds, 1000000000, false)
DURATION(milliseconds, 1000000, true)
DURATION(microseconds, 1000, true)
DURATION(nanoseconds, 1, true)

/* Parts of a time. */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool time_in(machine *m, const call *c, int64_t unit, value *ret)
{
	int64_t ns;

	if (!tel__ottl_arg_time(m, c, 0, &ns))
		return false;
	*ret = tel__ottl_int(floor_div(ns, unit));
	return true;
}

#define TIME(name, unit) static bool eval_##name(machine *m, const call *c, value *ret) { return time_in(m, c, unit, ret); }

TIME(unix_seconds, 1000000000)
TIME(unix_milli, 1000000)
TIME(unix_micro, 1000)
TIME(unix_nano, 1)

#define CIVIL(name, member)                                                                            \
	static bool eval_##name(machine *m, const call *c, value *ret)                                     \
	{                                                                                                  \
		int64_t ns;                                                                                    \
		if (!tel__ottl_arg_time(m, c, 0, &ns))                                                         \
			return false;                                                                              \
		*ret = tel__ottl_int(tel__ottl_civil_of(ns).member);                                           \
		return true;                                                                                   \
	}

CIVIL(year, year)
CIVIL(month, month)
CIVIL(day, day)
CIVIL(hour, hour)
CIVIL(minute, minute)
CIVIL(second, second)
CIVIL(nanosecond, nanosecond)
CIVIL(weekday, weekday)

/* To a multiple of the duration since the year 1, which is not a multiple of every duration away from 1970. */
static bool eval_truncate(machine *m, const call *c, value *ret)
{
	int64_t ns, by;
	__int128 since;

	if (!tel__ottl_arg_time(m, c, 0, &ns) || !tel__ottl_arg_duration(m, c, 1, &by))
		return false;
	since = (__int128)ns + (__int128)62135596800 * 1000000000;
	*ret = tel__ottl_time(by <= 0 ? ns : (int64_t)(ns - (int64_t)(since % by)));
	return true;
}

/* UUID */

static bool put_uuid(machine *m, uint64_t high, uint64_t low, value *ret)
{
	size_t from = m->out.len;

	tel__dynbuf_fmt(&m->out, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xffff),
	                (unsigned)(high & 0xffff), (unsigned)(low >> 48), (unsigned long long)(low & 0xffffffffffff));
	return tel__ottl_end_str(m, from, ret);
}

/* splitmix64 over the time and a counter when nobody gave a source. */
static uint64_t random_bits(machine *m)
{
	uint64_t z;

	if (m->random)
		return m->random->next(m->random->user);
	z = m->unix_ns + (uint64_t)(uintptr_t)m + ++m->counter * 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool eval_uuid(machine *m, const call *c, value *ret)
{
	uint64_t high = random_bits(m), low = random_bits(m);

	(void)c;
	return put_uuid(m, (high & ~0xf000ull) | 0x4000, (low & ~(3ull << 62)) | 2ull << 62, ret);
}

static bool eval_uuid_v7(machine *m, const call *c, value *ret)
{
	uint64_t high = (m->unix_ns / 1000000) << 16 | 0x7000 | (random_bits(m) & 0xfff), low = random_bits(m);

	(void)c;
	return put_uuid(m, high, (low & ~(3ull << 62)) | 2ull << 62, ret);
}

static const tel__ottl_impl rows[] = {
	{ "Now", eval_now, NULL, 0, 0, 0 }, { "Time", eval_time, make_time, 0, 0, 0 },
	{ "FormatTime", eval_format_time, make_format_time, 0, 0, 0 }, { "Duration", eval_duration, NULL, 0, 0, 0 },
	{ "Hours", eval_hours, NULL, 0, 0, 0 }, { "Minutes", eval_minutes, NULL, 0, 0, 0 }, { "Seconds", eval_seconds, NULL, 0, 0, 0 },
	{ "Milliseconds", eval_milliseconds, NULL, 0, 0, 0 }, { "Microseconds", eval_microseconds, NULL, 0, 0, 0 },
	{ "Nanoseconds", eval_nanoseconds, NULL, 0, 0, 0 }, { "Unix", eval_unix, NULL, 0, 0, 0 },
	{ "UnixSeconds", eval_unix_seconds, NULL, 0, 0, 0 }, { "UnixMilli", eval_unix_milli, NULL, 0, 0, 0 },
	{ "UnixMicro", eval_unix_micro, NULL, 0, 0, 0 }, { "UnixNano", eval_unix_nano, NULL, 0, 0, 0 },
	{ "Year", eval_year, NULL, 0, 0, 0 }, { "Month", eval_month, NULL, 0, 0, 0 }, { "Day", eval_day, NULL, 0, 0, 0 },
	{ "Hour", eval_hour, NULL, 0, 0, 0 }, { "Minute", eval_minute, NULL, 0, 0, 0 }, { "Second", eval_second, NULL, 0, 0, 0 },
	{ "Nanosecond", eval_nanosecond, NULL, 0, 0, 0 }, { "Weekday", eval_weekday, NULL, 0, 0, 0 },
	{ "TruncateTime", eval_truncate, NULL, 0, 0, 0 }, { "UUID", eval_uuid, NULL, 0, TEL__OTTL_VARIES, 0 },
	{ "UUIDv7", eval_uuid_v7, NULL, 0, TEL__OTTL_VARIES, 0 },
};

TEL__OTTL_IMPLS(tel__ottl_time_converters);
