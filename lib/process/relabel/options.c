/* SPDX-License-Identifier: Apache-2.0 */
#include "process/relabel/options.h"

#include <stddef.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "base/utf8.h"
#include "wire/regex.h"
#include "wire/regex_keys.h"

#define FIELD(name) .offset = offsetof(tel__relabel_options, name), .seen = TEL__KEY_SEEN(tel__relabel_options, has_##name)

const char *const tel__relabel_action_words[] = { "replace",  "keep",      "drop",      "keepequal", "dropequal", "hashmod",
	                                          "labelmap", "labeldrop", "labelkeep", "lowercase", "uppercase", NULL };

static tel_err verify_regex(const tel__key_check *c)
{
	const tel__relabel_options *o = c->options;

	return tel__regex_verify(c, o->regex, TEL__REGEX_PROMETHEUS, "regex");
}

static tel_err verify_sources(const tel__key_check *c)
{
	const tel__relabel_options *o = c->options;
	char path[64], msg[160], shown[100];

	for (size_t i = 0; i < o->source_labels.count; i++) {
		if (tel__label_name_ok(o->source_labels.items[i], false))
			continue;
		snprintf(path, sizeof(path), "source_labels|%zu", i);
		snprintf(msg, sizeof(msg), "\"%s\" is not a valid label name",
		         tel__slice_printable(o->source_labels.items[i], shown, sizeof(shown)));
		c->report(c, false, path, tel__slice_str(msg));
	}
	return TEL_OK;
}

static const tel__key rule_keys[] = {
	{ .name = "source_labels", .type = TEL__KEY_STRINGS, FIELD(source_labels), .verify = verify_sources,
	  .help = "labels whose values are joined and compared" },
	{ .name = "separator", .type = TEL__KEY_STRING, FIELD(separator), .def = "\";\"", .help = "what stands between them" },
	{ .name = "regex", .type = TEL__KEY_STRING, FIELD(regex), .def = "\"(.*)\"", .verify = verify_regex,
	  .help = "what the whole joined text (or name of a label) has to match; RE2" },
	{ .name = "modulus", .type = TEL__KEY_UINT64, FIELD(modulus), .help = "hashmod: number of buckets" },
	{ .name = "target_label", .type = TEL__KEY_STRING, FIELD(target_label), .help = "label that is set" },
	{ .name = "replacement", .type = TEL__KEY_STRING, FIELD(replacement), .def = "\"$1\"",
	  .help = "its value, with groups of the regex: $1, ${1}, ${name}; in this file $$1" },
	{ .name = "action", .type = TEL__KEY_ENUM, FIELD(action), .def = "replace", .words = tel__relabel_action_words,
	  .flags = TEL__KEY_NO_CASE, .bad = "unknown relabel action \"{}\"", .help = "what is done" },
};

const tel__key_table tel__relabel_keys = { "relabel.plain", sizeof(tel__relabel_options), rule_keys,
	                                   TEL__KEY_COUNT(rule_keys), NULL };

static bool letter(char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static bool word(char c)
{
	return letter(c) || (c >= '0' && c <= '9');
}

bool tel__label_name_ok(tel_slice text, bool legacy)
{
	size_t i;

	if (!text.len || !legacy)
		return text.len && tel__utf8_valid(text);
	for (i = 0; i < text.len; i++)
		if (!(i ? word(text.ptr[i]) : letter(text.ptr[i])))
			return false;
	return true;
}

/* Length of $name or ${name} at the start of text, 0: none. */
static size_t variable(tel_slice text)
{
	bool brace = text.len > 1 && text.ptr[1] == '{';
	size_t from = brace ? 2 : 1, end = from;

	while (end < text.len && word(text.ptr[end]))
		end++;
	if (end == from || (brace && (end == text.len || text.ptr[end] != '}')))
		return 0;
	return end + brace;
}

/* A name with variables in it: Prometheus' ^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$ under the old rule. */
static bool name_template_ok(tel_slice text, bool legacy)
{
	size_t i = 0, step;

	if (!legacy)
		return tel__label_name_ok(text, false);
	for (; i < text.len; i += step) {
		step = text.ptr[i] == '$' ? variable(tel__slice_sub(text, i, text.len - i)) : 1;
		if (step == 0 || (text.ptr[i] != '$' && !(i ? word(text.ptr[i]) : letter(text.ptr[i]))))
			return false;
	}
	return text.len > 0;
}

static tel_err blame(const char **ret_key, const char *key)
{
	if (ret_key)
		*ret_key = key;
	return TEL_ERR_ARG;
}

static bool needs_target(int32_t action)
{
	return action == TEL__RELABEL_REPLACE || action == TEL__RELABEL_HASH_MOD || action == TEL__RELABEL_LOWERCASE ||
	       action == TEL__RELABEL_UPPERCASE || action == TEL__RELABEL_KEEP_EQUAL || action == TEL__RELABEL_DROP_EQUAL;
}

static tel_err check_target(const tel__relabel_options *o, bool legacy, const char *action, const char **ret_key,
    tel_error *err)
{
	bool open = o->action == TEL__RELABEL_REPLACE && tel__slice_find(o->target_label, '$') < o->target_label.len;
	char shown[128];

	if (!o->target_label.len) {
		tel__fail(err, TEL_ERR_ARG, "relabel configuration for %s action requires 'target_label' value", action);
		return blame(ret_key, "");
	}
	if (open ? name_template_ok(o->target_label, legacy) : tel__label_name_ok(o->target_label, legacy))
		return TEL_OK;
	tel__fail(err, TEL_ERR_ARG, "\"%s\" is invalid 'target_label' for %s action",
	          tel__slice_printable(o->target_label, shown, sizeof(shown)), action);
	return blame(ret_key, "target_label");
}

/* Keys that keepequal, dropequal, labeldrop and labelkeep do not have. A regex is one that is written, whatever it says. */
static tel_err check_others(const tel__relabel_options *o, const char *action, const char **ret_key, tel_error *err)
{
	bool equal = o->action == TEL__RELABEL_KEEP_EQUAL || o->action == TEL__RELABEL_DROP_EQUAL;
	const char *key = NULL;

	if (!equal && o->action != TEL__RELABEL_LABEL_DROP && o->action != TEL__RELABEL_LABEL_KEEP)
		return TEL_OK;
	if (equal ? o->has_regex : o->source_labels.count > 0)
		key = equal ? "regex" : "source_labels";
	else if (!equal && o->target_label.len)
		key = "target_label";
	else if (o->modulus)
		key = "modulus";
	else if (!tel__slice_is(o->separator, ";"))
		key = "separator";
	else if (!tel__slice_is(o->replacement, "$1"))
		key = "replacement";
	if (!key)
		return TEL_OK;
	tel__fail(err, TEL_ERR_ARG, "%s action requires only %s, and no other fields", action,
	          equal ? "'source_labels' and `target_label`" : "'regex'");
	return blame(ret_key, key);
}

tel_err tel__relabel_validate(const tel__relabel_options *o, bool legacy, const char **ret_key, tel_error *err)
{
	const char *action = tel__relabel_action_words[o->action];
	char shown[128];
	tel_err rc;

	if (o->action == TEL__RELABEL_HASH_MOD && o->modulus == 0) {
		tel__fail(err, TEL_ERR_ARG, "relabel configuration for hashmod requires non-zero modulus");
		return blame(ret_key, o->has_modulus ? "modulus" : "");
	}
	rc = needs_target(o->action) ? check_target(o, legacy, action, ret_key, err) : TEL_OK;
	if (rc != TEL_OK)
		return rc;
	if (needs_target(o->action) && o->action != TEL__RELABEL_REPLACE && o->action != TEL__RELABEL_HASH_MOD &&
	    !tel__slice_is(o->replacement, "$1")) {
		tel__fail(err, TEL_ERR_ARG, "'replacement' can not be set for %s action", action);
		return blame(ret_key, "replacement");
	}
	if (o->action == TEL__RELABEL_LABEL_MAP && !name_template_ok(o->replacement, legacy)) {
		tel__fail(err, TEL_ERR_ARG, "\"%s\" is invalid 'replacement' for labelmap action",
		          tel__slice_printable(o->replacement, shown, sizeof(shown)));
		return blame(ret_key, "replacement");
	}
	return check_others(o, action, ret_key, err);
}
