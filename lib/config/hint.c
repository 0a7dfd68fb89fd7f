/* SPDX-License-Identifier: Apache-2.0 */
#include "config/hint.h"

#include <stdio.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/slice_i.h"
#include "config/decode.h"

enum {
	SHOWN = 128,
	PLACES_MAX = 3,  /* where else a key stands */
	LISTED_MAX = 14, /* keys of a level that are listed when nothing is near */
	TABLE_DEPTH = 16
};

static bool did_you_mean(tel__loader *l, const tel__nearest *n)
{
	char shown[SHOWN];

	if (n->best.len == 0)
		return false;
	tel__loader_hint(l, "did you mean \"%s\"?", tel__slice_printable(n->best, shown, sizeof(shown)));
	return true;
}

static bool hint_nearest(tel__loader *l, tel_slice word, const char *const *words)
{
	tel__nearest n = tel__nearest_to(word);

	for (size_t i = 0; words[i]; i++)
		tel__nearest_offer(&n, tel__slice_str(words[i]));
	return did_you_mean(l, &n);
}

void tel__hint_word(tel__loader *l, tel_slice word, const char *const *words)
{
	bool first = true;

	if (hint_nearest(l, word, words))
		return;
	tel__loader_hint(l, "expected one of ");
	for (size_t i = 0; words[i]; i++)
		if (words[i][0]) {
			tel__loader_hint(l, "%s%s", first ? "" : ", ", words[i]);
			first = false;
		}
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static void offer_rows(tel__nearest *n, const tel__key_table *table)
{
	for (size_t i = 0; i < table->key_count; i++) {
		if (table->keys[i].type == TEL__KEY_SQUASH)
			offer_rows(n, table->keys[i].section);
		else
			tel__nearest_offer(n, tel__slice_str(table->keys[i].name));
	}
}

/* Where in a component's table a key would be right. */
typedef struct places {
	tel_slice key;
	unsigned found;
	char text[PLACES_MAX][SHOWN]; /* "" is the component itself */
} places;

static void find_places(places *p, const tel__key_table *table, const char *path, unsigned depth)
{
	for (size_t i = 0; table && i < table->key_count && depth < TABLE_DEPTH; i++) {
		const tel__key *row = &table->keys[i];
		char below[SHOWN];

		if (row->type == TEL__KEY_SQUASH) {
			find_places(p, row->section, path, depth + 1);
			continue;
		}
		if (tel__slice_is(p->key, row->name)) {
			if (p->found < PLACES_MAX)
				snprintf(p->text[p->found], sizeof(p->text[0]), "%s", path);
			p->found++;
		}
		if (row->section && snprintf(below, sizeof(below), "%s%s%s", path, path[0] ? "::" : "", row->name) <
		                        (int)sizeof(below))
			find_places(p, row->section, below, depth + 1);
	}
}

static bool tell_places(tel__loader *l, const places *p, const char *key)
{
	if (p->found == 0 || p->found > PLACES_MAX)
		return false;
	if (p->found == 1 && !p->text[0][0]) {
		tel__loader_hint(l, "\"%s\" is a key of the component itself: indent it less", key);
		return true;
	}
	tel__loader_hint(l, "\"%s\" stands below ", key);
	for (unsigned i = 0; i < p->found; i++)
		tel__loader_hint(l, "%s%s", i ? " or " : "", p->text[i][0] ? p->text[i] : "the component");
	return true;
}

static void list_keys(tel__loader *l, const tel__key_table *table, unsigned *count)
{
	for (size_t i = 0; i < table->key_count; i++) {
		if (table->keys[i].type == TEL__KEY_SQUASH) {
			list_keys(l, table->keys[i].section, count);
			continue;
		}
		tel__loader_hint(l, "%s%s", *count ? ", " : "known here: ", table->keys[i].name);
		++*count;
	}
}

static unsigned count_keys(const tel__key_table *table)
{
	unsigned n = 0;

	for (size_t i = 0; i < table->key_count; i++)
		n += table->keys[i].type == TEL__KEY_SQUASH ? count_keys(table->keys[i].section) : 1;
	return n;
}

void tel__hint_key(tel__loader *l, const tel__key_table *level, tel_slice key, bool several)
{
	size_t before = l->hint_len, after;
	places p = { .key = key };
	tel__nearest n = tel__nearest_to(key);
	char shown[SHOWN];

	tel__slice_printable(key, shown, sizeof(shown));
	if (several)
		tel__loader_hint(l, "%s%s: ", before ? "; " : "", shown);
	after = l->hint_len;
	offer_rows(&n, level);
	find_places(&p, l->table, "", 0);
	if (!tell_places(l, &p, shown))
		did_you_mean(l, &n);
	if (l->hint_len == after)
		l->hint_len = before;
}

void tel__hint_known(tel__loader *l, const tel__key_table *level)
{
	unsigned listed = 0;

	if (level->key_count == 0)
		tel__loader_hint(l, "there are no keys here");
	else if (count_keys(level) <= LISTED_MAX)
		list_keys(l, level, &listed);
}

/* First key of a section: an example of what may stand in it. */
static const char *first_key(const tel__key_table *table)
{
	const tel__key *row = table && table->key_count > 0 ? &table->keys[0] : NULL;

	return !row ? NULL : row->type == TEL__KEY_SQUASH ? first_key(row->section) : row->name;
}

void tel__hint_below(tel__loader *l, const tel__key_table *table, const tel__node *node)
{
	const char *key = first_key(table);
	size_t offset = 0, colon;
	tel_slice text;

	if (tel__node_string(node, &text) && (colon = tel__slice_find(text, ':')) < text.len &&
	    tel__table_row(table, tel__slice_sub(text, 0, colon), &offset))
		tel__loader_hint(l, "a blank must follow the colon of a key");
	else if (key)
		tel__loader_hint(l, "expected keys below it, such as \"%s\"", key);
}

static void hint_scalar(tel__loader *l, const tel__key *row, const tel__node *node)
{
	bool is_scalar = node->type < TEL__NODE_MAP;

	switch (row->type) {
	case TEL__KEY_BOOL:
		tel__loader_hint(l, "expected true or false, without quotes");
		break;
	case TEL__KEY_INT:
	case TEL__KEY_UINT32:
	case TEL__KEY_UINT64:
		tel__loader_hint(l, "expected a whole number, without quotes");
		break;
	case TEL__KEY_DOUBLE:
		tel__loader_hint(l, "expected a number, without quotes");
		break;
	case TEL__KEY_DURATION:
		tel__loader_hint(l, "expected a duration such as 5s, 200ms or 1m30s");
		break;
	default:
		tel__loader_hint(l, is_scalar ? "expected text: put the value in quotes" : "expected text on the same line");
		break;
	}
}

void tel__hint_value(tel__loader *l, const tel__key *row, const tel__node *node)
{
	tel_slice text;

	switch (row->type) {
	case TEL__KEY_ENUM:
		if (tel__node_string(node, &text) && !row->bad) /* that message lists the words */
			hint_nearest(l, text, row->words);
		else if (tel__node_string(node, &text))
			tel__hint_word(l, text, row->words);
		else
			hint_scalar(l, row, node);
		break;
	case TEL__KEY_STRINGS:
		tel__loader_hint(l, "expected a list such as [a, b]");
		break;
	case TEL__KEY_STRING_MAP:
	case TEL__KEY_SECRET_MAP:
		tel__loader_hint(l, "expected lines of the form name: \"text\" below it");
		break;
	default:
		hint_scalar(l, row, node);
		break;
	}
}

/* ---- the file's own level --------------------------------------------------------------------------------------- */

static const tel__component_kind all_kinds[] = { TEL__KIND_RECEIVER, TEL__KIND_PROCESSOR, TEL__KIND_EXPORTER,
	                                             TEL__KIND_CONNECTOR, TEL__KIND_EXTENSION };
enum { KINDS = sizeof(all_kinds) / sizeof(all_kinds[0]) };

void tel__hint_section(tel__loader *l, tel_slice key)
{
	tel_slice type = tel__slice_sub(key, 0, tel__slice_find(key, '/'));
	tel__nearest n = tel__nearest_to(key);
	char shown[SHOWN];
	unsigned found = 0;

	for (size_t i = 0; i < KINDS; i++)
		tel__nearest_offer(&n, tel__slice_str(tel__kind_section(all_kinds[i])));
	tel__nearest_offer(&n, TEL_SLICE_LIT("service"));
	if (did_you_mean(l, &n))
		return;
	tel__slice_printable(key, shown, sizeof(shown));
	if (tel__slice_is(key, "pipelines") || tel__slice_is(key, "telemetry")) {
		tel__loader_hint(l, "\"%s\" stands below service", shown);
		return;
	}
	for (size_t i = 0; i < KINDS; i++)
		if (tel__components_find(l->components, all_kinds[i], type)) {
			if (found++)
				tel__loader_hint(l, " or %s", tel__kind_section(all_kinds[i]));
			else
				tel__loader_hint(l, "\"%s\" stands below %s", shown, tel__kind_section(all_kinds[i]));
		}
	if (!found)
		tel__loader_hint(l, "known here: receivers, processors, exporters, connectors, extensions, service");
}

/* Processors of the Collector that Kyma's distribution does not have, and neither do we: doc/differences.md. */
static bool hint_left_out(tel__loader *l, tel__component_kind kind, tel_slice type)
{
	static const char *const processors[] = { "groupbyattrs", "metricstransform" };

	for (size_t i = 0; kind == TEL__KIND_PROCESSOR && i < sizeof(processors) / sizeof(processors[0]); i++) {
		if (!tel__slice_is(type, processors[i]))
			continue;
		tel__loader_hint(l, "%s is left out on purpose: it is not part of Kyma's distribution; \"transform\" does most of "
		                 "what it does", processors[i]);
		return true;
	}
	return false;
}

void tel__hint_type(tel__loader *l, tel__component_kind kind, tel_slice type)
{
	tel__nearest n = tel__nearest_to(type);
	char shown[SHOWN];

	if (hint_left_out(l, kind, type))
		return;

	for (size_t i = 0; i < KINDS; i++)
		if (all_kinds[i] != kind && tel__components_find(l->components, all_kinds[i], type)) {
			tel__loader_hint(l, "\"%s\" is of kind %s: it stands below %s", tel__slice_printable(type, shown, sizeof(shown)),
			                 tel__kind_name(all_kinds[i]), tel__kind_section(all_kinds[i]));
			return;
		}
	for (const tel_components *c = l->components; c; c = c->parent)
		for (size_t i = 0; i < c->count; i++)
			if (c->rows[i]->kind == kind)
				tel__nearest_offer(&n, tel__slice_str(c->rows[i]->type));
	did_you_mean(l, &n);
}

void tel__hint_reference(tel__loader *l, tel__component_kind kind, tel_slice id)
{
	const tel_config *config = l->config;
	bool takes_connectors = kind == TEL__KIND_RECEIVER || kind == TEL__KIND_EXPORTER;
	tel__nearest n = tel__nearest_to(id);
	tel_slice type = tel__slice_sub(id, 0, tel__slice_find(id, '/'));
	char shown[SHOWN];

	if (l->errors >= TEL_LIMIT_FINDINGS)
		return;
	for (size_t i = 0; i < config->component_count; i++) {
		const tel__config_component *c = &config->components[i];

		if (c->kind == kind || (takes_connectors && c->kind == TEL__KIND_CONNECTOR))
			tel__nearest_offer(&n, c->id);
	}
	if (did_you_mean(l, &n))
		return;
	tel__slice_printable(id, shown, sizeof(shown));
	for (size_t i = 0; i < config->component_count; i++)
		if (tel__slice_eq(config->components[i].id, id)) {
			tel__loader_hint(l, "\"%s\" is of kind %s, which cannot stand here", shown,
			                 tel__kind_name(config->components[i].kind));
			return;
		}
	if (l->components && tel__components_find(l->components, kind, type))
		tel__loader_hint(l, "add \"%s:\" below %s", shown, tel__kind_section(kind));
}

void tel__hint_pipeline(tel__loader *l, tel_slice id)
{
	tel__nearest n = tel__nearest_to(id);

	if (l->errors >= TEL_LIMIT_FINDINGS)
		return; /* nobody would read it, and looking costs */
	for (size_t i = 0; i < l->config->pipeline_count; i++)
		tel__nearest_offer(&n, l->config->pipelines[i].id);
	did_you_mean(l, &n);
}

/* The character at a position, 0 when there is none. Columns count characters; before a damage all of them are ASCII or
 * the hint is of no use. */
static char character_at(tel_slice text, uint32_t line, uint32_t column)
{
	tel_slice row = { "", 0 };

	for (uint32_t i = 0; i < line; i++)
		if (!tel__slice_next(&text, '\n', &row))
			return 0;
	while (column > 1 && column <= row.len && row.ptr[column - 1] == ' ')
		column++;
	return column > 0 && column <= row.len ? row.ptr[column - 1] : 0;
}

void tel__hint_yaml(tel__loader *l, tel_slice text, const tel_error *err)
{
	static const struct {
		const char *problem, *hint;
	} known[] = {
		{ "did not find expected key", "this line or one above it is indented differently from its neighbours" },
		{ "did not find expected '-' indicator", "an element of a list starts with \"- \", indented like the others" },
		{ "did not find expected ',' or", "a bracket is not closed" },
		{ "found unexpected end of stream", "a quote is not closed" },
		{ "mapping values are not allowed", "a value with a colon and a blank must be in quotes; or a line is indented too far" },
		{ "unknown anchor", "a text that starts with * must be in quotes" },
		{ "could not find expected ':'", "a key needs a colon and a blank after it" },
	};
	char c;

	if (strstr(err->msg, "cannot start any token")) {
		c = character_at(text, err->line, err->column);
		if (c == '\t')
			tel__loader_hint(l, "tabs cannot indent: use blanks");
		else if (c && memchr("@`%", c, 3))
			tel__loader_hint(l, "a text that starts with %c must be in quotes", c);
		return;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(err->msg, known[i].problem)) {
			tel__loader_hint(l, "%s", known[i].hint);
			return;
		}
}
