/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl_keys.h"

#include <stdio.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "base/slice_i.h"
#include "process/ottl/lexer.h"

enum { PATH_MAX_BYTES = 256, HINT_MAX = 200 };

const char *const tel__error_mode_words[] = { "propagate", "ignore", "silent", NULL };
const char *const tel__entry_context_words[] = { "resource", "scope", "metric", "datapoint", "log", "span", "spanevent",
	                                             "profile", NULL };

tel_ottl_context tel__entry_context_ottl(int32_t context)
{
	static const tel_ottl_context contexts[] = { TEL_OTTL_RESOURCE, TEL_OTTL_SCOPE, TEL_OTTL_METRIC, TEL_OTTL_DATAPOINT };

	return context >= 0 && context < TEL__ENTRY_OTHERS ? contexts[context] : TEL_OTTL_INFER;
}

/* One text of an entry: statements first. */
typedef struct item {
	tel_slice text;
	bool condition;
	size_t index; /* in its list */
} item;

static item item_of(const tel__ottl_entry *entry, size_t i)
{
	size_t n = entry->statements.count;

	return i < n ? (item){ entry->statements.items[i], false, i } : (item){ entry->conditions.items[i - n], true, i - n };
}

/* line 0: the text as a whole. */
static void report_item(const tel__key_check *c, const tel__ottl_entry *entry, const item *it, uint32_t line, uint32_t column,
                        tel_slice msg)
{
	char path[PATH_MAX_BYTES], place[32] = "";

	if (line)
		snprintf(place, sizeof(place), "@%u:%u", line, column);
	snprintf(path, sizeof(path), "|%s::%s::%zu%s", entry->path, it->condition ? entry->conditions_key : entry->statements_key,
	         it->index, place);
	c->report(c, false, path, msg);
}

/* For messages that do not name the text. */
static void hint_text(const tel__key_check *c, tel_slice text)
{
	char shown[HINT_MAX], hint[HINT_MAX + 8];
	int n = snprintf(hint, sizeof(hint), "in: %s", tel__slice_printable(text, shown, sizeof(shown)));

	c->hint(c, (tel_slice){ hint, (size_t)n });
}

/* The whole message about one text alone; NULL: there is none. */
static tel_err check_item(const item *it, const tel_ottl_opts *opts, tel_buf **ret_message, tel_error *err)
{
	const tel_slice *text = &it->text;
	tel_err rc = tel_ottl_check_group(it->condition ? NULL : text, !it->condition, it->condition ? text : NULL, it->condition,
	                                  opts, NULL, ret_message, err);

	return rc == TEL_ERR_NOMEM || (rc != TEL_OK && !*ret_message) ? TEL_ERR_NOMEM : TEL_OK;
}

static tel_err verify_item(const tel__key_check *c, const tel__ottl_entry *entry, const item *it, const tel_ottl_opts *opts)
{
	tel_error err = TEL_ERROR_INIT;
	tel_buf *message = NULL;
	tel_err rc = check_item(it, opts, &message, &err);

	if (rc != TEL_OK || !message)
		return rc;
	if (opts->context == TEL_OTTL_INFER && err.line && it->text.len > 0)
		hint_text(c, it->text);
	report_item(c, entry, it, err.line, err.column, tel_buf_get(message));
	tel_buf_unref(message);
	return TEL_OK;
}

/* A syntax error ends the search for a context: it is the first text that fails alone in the same way. */
static tel_err report_syntax(const tel__key_check *c, const tel__ottl_entry *entry, const tel_ottl_opts *opts,
                             const tel_error *group, tel_slice msg)
{
	for (size_t i = 0; i < entry->statements.count + entry->conditions.count; i++) {
		item it = item_of(entry, i);
		tel_error err = TEL_ERROR_INIT;
		tel_err rc = tel_ottl_check(it.text, it.condition ? TEL_OTTL_CONDITION : TEL_OTTL_STATEMENT, opts, &err);

		if (rc == TEL_ERR_NOMEM)
			return rc;
		if (rc == TEL_OK || err.line != group->line || err.column != group->column)
			continue;
		report_item(c, entry, &it, err.line, err.column, msg);
		return TEL_OK;
	}
	return TEL_OK;
}

/* Does a line of the message speak of this text? */
static tel_err is_about(const tel__key_check *c, tel_slice line, const item *it, bool *ret_about)
{
	tel__dynbuf start;
	tel_err rc;

	tel__dynbuf_init(&start, c->alloc, TEL_LIMIT_OTTL_BYTES * 8);
	tel__dynbuf_puts(&start, it->condition ? "unable to parse OTTL condition " : "unable to parse OTTL statement ");
	tel__ottl_quote(&start, it->text);
	tel__dynbuf_puts(&start, ": ");
	rc = tel__dynbuf_error(&start);
	*ret_about = rc == TEL_OK && tel__slice_starts(line, tel__dynbuf_get(&start));
	tel__dynbuf_fini(&start);
	return rc == TEL_ERR_NOMEM ? rc : TEL_OK;
}

static void report_entry(const tel__key_check *c, const tel__ottl_entry *entry, tel_slice msg)
{
	char path[PATH_MAX_BYTES];

	snprintf(path, sizeof(path), "|%s", entry->path);
	c->report(c, false, path, msg);
}

/* Each line of the message at the text that it names, in their order; other lines at the entry. */
static tel_err report_lines(const tel__key_check *c, const tel__ottl_entry *entry, tel_slice msg)
{
	size_t count = entry->statements.count + entry->conditions.count, next = 0;
	tel_slice line;

	while (tel__slice_next(&msg, '\n', &line)) {
		bool about = false;
		item it;

		for (size_t i = next; i < count && !about; i++) {
			it = item_of(entry, i);
			if (is_about(c, line, &it, &about) != TEL_OK)
				return TEL_ERR_NOMEM;
			next = about ? i + 1 : next;
		}
		if (about) {
			report_item(c, entry, &it, 0, 0, line);
		} else {
			report_entry(c, entry, line);
			next = count; /* not a list of texts: do not look again */
		}
	}
	return TEL_OK;
}

/* What a message says behind the lists of texts that it names. */
static tel_slice reason_of(tel_slice msg)
{
	static const char mark[] = "]: inferred context ";

	for (size_t i = msg.len; i-- > 0;)
		if (tel__slice_starts(tel__slice_sub(msg, i, msg.len - i), tel__slice_str(mark)))
			return tel__slice_sub(msg, i, msg.len - i);
	return (tel_slice){ NULL, 0 };
}

/* No context suits: the text that alone fails for the same reason, or the entry. */
static tel_err report_context(const tel__key_check *c, const tel__ottl_entry *entry, const tel_ottl_opts *opts, tel_slice msg)
{
	tel_slice reason = reason_of(msg);

	for (size_t i = 0; reason.len > 0 && i < entry->statements.count + entry->conditions.count; i++) {
		item it = item_of(entry, i);
		tel_error err = TEL_ERROR_INIT;
		tel_buf *message = NULL;
		tel_err rc = check_item(&it, opts, &message, &err);
		bool same = message && tel__slice_eq(reason_of(tel_buf_get(message)), reason);

		tel_buf_unref(message);
		if (rc != TEL_OK)
			return rc;
		if (!same)
			continue;
		report_item(c, entry, &it, 0, 0, msg);
		return TEL_OK;
	}
	report_entry(c, entry, msg);
	return TEL_OK;
}

static tel_err verify_group(const tel__key_check *c, const tel__ottl_entry *entry, const tel_ottl_opts *opts)
{
	tel_error err = TEL_ERROR_INIT;
	tel_buf *message = NULL;
	tel_err rc = tel_ottl_check_group(entry->statements.items, entry->statements.count, entry->conditions.items,
	                                  entry->conditions.count, opts, NULL, &message, &err);

	if (rc == TEL_OK)
		return TEL_OK;
	if (rc == TEL_ERR_NOMEM || !message)
		return TEL_ERR_NOMEM;
	if (err.line)
		rc = report_syntax(c, entry, opts, &err, tel_buf_get(message));
	else if (tel__slice_starts(tel_buf_get(message), TEL_SLICE_LIT("unable to infer ")))
		rc = report_context(c, entry, opts, tel_buf_get(message));
	else
		rc = report_lines(c, entry, tel_buf_get(message));
	tel_buf_unref(message);
	return rc;
}

tel_err tel__ottl_verify(const tel__key_check *c, const tel__ottl_entry *entry, const tel_ottl_opts *opts)
{
	tel_ottl_opts own = *opts;
	tel_err rc = TEL_OK;

	own.alloc = c->alloc;
	if (own.place == TEL_OTTL_TRANSFORM && own.context == TEL_OTTL_INFER)
		return verify_group(c, entry, &own);
	for (size_t i = 0; i < entry->statements.count + entry->conditions.count && rc == TEL_OK; i++) {
		item it = item_of(entry, i);

		rc = verify_item(c, entry, &it, &own);
	}
	return rc;
}
