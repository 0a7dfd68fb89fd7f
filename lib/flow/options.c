/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that the Collector does not know: one table (design.md 10). A new one is a field of tel_flow_opts and a row. */
#include <stddef.h>
#include <stdio.h>

#include <telemetry/flow.h>

#include "base/error_i.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "config/duration.h"

typedef enum option_type {
	WORDS,    /* bool: the first word is false */
	NUMBER,   /* uint32_t */
	DURATION, /* uint64_t nanoseconds; a bare number is seconds */
	ADDRESS   /* tel_slice; "none" is empty */
} option_type;

typedef struct option_row {
	const char *name, *values, *def, *help;
	option_type type;
	size_t offset;
} option_row;

#define AT(field) offsetof(tel_flow_opts, field)
static const option_row rows[] = {
	{ "auth_failure", "hold|drop", "hold", "what a durable queue does with data that the backend refuses for its credentials",
	  WORDS, AT(drop_auth_failures) },
	{ "connections.per_peer", "NUMBER", "0", "connections of one address to one port; 0 = any number", NUMBER,
	  AT(connections_per_peer) },
	{ "drain", "DURATION", "25s", "how long the end may take to send what is queued", DURATION, AT(drain_ns) },
	{ "fanout", "any|all", "any", "a request is refused when no pipeline, or when not every pipeline has room for it", WORDS,
	  AT(fanout_all) },
	{ "otlp.json", "liberal|strict", "liberal", "what of OTLP/JSON is taken that the protocol does not write", WORDS,
	  AT(strict_json) },
	{ "otlp.utf8", "cut|forward", "cut", "what becomes of metrics and resources with text that is not UTF-8", WORDS,
	  AT(forward_bad_utf8) },
	{ "pages.endpoint", "ADDRESS|none", "localhost:55679", "where pages are without extension zpages", ADDRESS,
	  AT(pages_endpoint) },
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]), SHOWN = 64 };

/* The word in front of the '|', and the one behind it. */
static void split(const char *values, tel_slice word[2])
{
	tel_slice rest = tel__slice_str(values);

	tel__slice_next(&rest, '|', &word[0]);
	word[1] = rest;
}

/* "1500ms", "10s", "5m", "1h30m", or plain seconds. */
static bool parse_duration(tel_slice text, uint64_t *ret_ns)
{
	uint64_t seconds;
	int64_t ns;

	if (tel__num_parse_u64(text, &seconds) == TEL_OK && seconds <= UINT64_MAX / 2000000000u) {
		*ret_ns = seconds * 1000000000u;
		return true;
	}
	if (tel__duration_parse(text, &ns, NULL) != TEL_OK || ns < 0)
		return false;
	*ret_ns = (uint64_t)ns;
	return true;
}

static bool take(const option_row *row, tel_slice value, void *field)
{
	uint64_t number;
	tel_slice word[2];

	switch (row->type) {
	case WORDS:
		split(row->values, word);
		if (!tel__slice_eq(value, word[0]) && !tel__slice_eq(value, word[1]))
			return false;
		*(bool *)field = tel__slice_eq(value, word[1]);
		return true;
	case NUMBER:
		if (tel__num_parse_u64(value, &number) != TEL_OK || number > UINT32_MAX)
			return false;
		*(uint32_t *)field = (uint32_t)number;
		return true;
	case DURATION:
		return parse_duration(value, field);
	default:
		if (value.len == 0)
			return false;
		*(tel_slice *)field = tel__slice_is(value, "none") ? (tel_slice){ NULL, 0 } : value;
		return true;
	}
}

static tel_err unknown(tel_slice name, tel_error *err)
{
	char shown[SHOWN], list[200];
	size_t n = 0;

	for (size_t i = 0; i < ROWS; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i ? i + 1 == ROWS ? " and " : ", " : "", rows[i].name);
	return tel__fail(err, TEL_ERR_ARG, "there is no option \"%s\"; there are %s", tel__slice_printable(name, shown, sizeof(shown)),
	                 list);
}

tel_err tel_flow_option_set(tel_flow_opts *opts, tel_slice setting, tel_error *err)
{
	size_t equal = tel__slice_find(setting, '=');
	tel_slice name = tel__slice_sub(setting, 0, equal), value;
	char shown[SHOWN];

	if (!opts)
		return tel__fail(err, TEL_ERR_ARG, "no options");
	if (equal == setting.len)
		return tel__fail(err, TEL_ERR_ARG, "option \"%s\": missing equal sign, expected NAME=VALUE",
		                 tel__slice_printable(setting, shown, sizeof(shown)));
	value = tel__slice_sub(setting, equal + 1, setting.len - equal - 1);
	for (size_t i = 0; i < ROWS; i++) {
		if (!tel__slice_is(name, rows[i].name))
			continue;
		return take(&rows[i], value, (char *)opts + rows[i].offset) ? TEL_OK
			: tel__fail(err, TEL_ERR_ARG, "option %s: \"%s\" is not %s", rows[i].name,
			            tel__slice_printable(value, shown, sizeof(shown)), rows[i].values);
	}
	return unknown(name, err);
}

static void format(const option_row *row, const void *field, char *out, size_t cap)
{
	char duration[TEL__DURATION_MAX];
	tel_slice word[2], text;

	switch (row->type) {
	case WORDS:
		split(row->values, word);
		text = word[*(const bool *)field];
		break;
	case NUMBER:
		snprintf(out, cap, "%u", (unsigned)*(const uint32_t *)field);
		return;
	case DURATION:
		text = (tel_slice){ duration, tel__duration_format((int64_t)*(const uint64_t *)field, duration) };
		break;
	default:
		text = *(const tel_slice *)field;
		if (!text.len)
			text = TEL_SLICE_LIT("none");
		break;
	}
	tel__slice_printable(text, out, cap);
}

tel_err tel_flow_option_get(const tel_flow_opts *opts, size_t index, tel_flow_option *ret_option)
{
	tel_flow_option o = TEL_FLOW_OPTION_INIT;
	const option_row *row = &rows[index < ROWS ? index : 0];

	if (!ret_option)
		return TEL_ERR_ARG;
	if (index >= ROWS)
		return TEL_ERR_NOT_FOUND;
	o.size = ret_option->size;
	o.name = tel__slice_str(row->name);
	o.values = tel__slice_str(row->values);
	o.def = tel__slice_str(row->def);
	o.help = tel__slice_str(row->help);
	if (opts)
		format(row, (const char *)opts + row->offset, o.value, sizeof(o.value));
	else
		tel__slice_printable(o.def, o.value, sizeof(o.value));
	memcpy(ret_option, &o, ret_option->size < sizeof(o) ? ret_option->size : sizeof(o));
	return TEL_OK;
}
