/* SPDX-License-Identifier: Apache-2.0 */
#include "config/loaded.h"

#include "seams/cm.h"

#include <stdio.h>

#include "base/slice_i.h"

const loaded_variable loaded_variables[] = {
	{ "TEXT", "hello" }, { "EMPTY", "" }, { "OCTAL", "0123" }, { "FLOAT", "1.50" }, { "TRUE", "true" },
	{ "QUOTED", "\"q\"" }, { "LIST", "[a, b]" }, { "MAP", "{a: 1, b: two}" }, { "COLON", "a: b: c" },
	{ "LOOP", "${LOOP}" }, { "GROW", "${GROW}${GROW}" }, { "NEST", "- ${NEST}" }, { "DOLLAR", "a$$b" },
	{ "INDIRECT", "${TEXT}" }, { "B", "TEXT" }, { "ATEXT", "deep" }, { "BOMB", "- ${BOMB2}\n- ${BOMB2}" },
	{ "BOMB2", "- ${BOMB}\n- ${BOMB}" }, { "LISTREF", "- ${TEXT}\n- ${OCTAL}" }, { "HEX", "0x10" }, { "NULL", "null" },
	{ NULL, NULL },
};

static tel_err lookup(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text)
{
	(void)user;
	if (tel__slice_is(scheme, "file")) {
		if (!tel__slice_is(name, "there"))
			return TEL_ERR_IO;
		*ret_text = TEL_SLICE_LIT("from: file\n");
		return TEL_OK;
	}
	if (!tel__slice_is(scheme, "env"))
		return TEL_ERR_UNSUPPORTED;
	for (const loaded_variable *v = loaded_variables; v->name; v++)
		if (tel__slice_is(name, v->name)) {
			*ret_text = tel__slice_str(v->value);
			return TEL_OK;
		}
	return TEL_ERR_NOT_FOUND;
}

const tel_config_env loaded_env = { lookup, NULL };

static void print_findings(loaded *l)
{
	size_t n = 0;

	l->text[0] = 0;
	for (size_t i = 0; i < tel_findings_count(l->findings); i++) {
		tel_finding f;

		assert_ok(tel_findings_get(l->findings, i, &f));
		n += (size_t)snprintf(l->text + n, sizeof(l->text) - n, "%c " TEL_SLICE_FMT ":%u:%u " TEL_SLICE_FMT ": "
		                      TEL_SLICE_FMT "\n", f.level == TEL_FINDING_ERROR ? 'E' : 'W', TEL_SLICE_ARG(f.source),
		                      f.line, f.column, TEL_SLICE_ARG(f.path), TEL_SLICE_ARG(f.message));
		assert_true(n < sizeof(l->text));
	}
}

void loaded_init(loaded *l, const char *const *texts, size_t count, const tel_components *components,
                 const tel_config_opts *opts)
{
	static const char names[] = "abcdefgh";
	tel_config_source sources[8];

	assert_true(count <= 8);
	for (size_t i = 0; i < count; i++)
		sources[i] = (tel_config_source){ { names + i, 1 }, tel__slice_str(texts[i]) };
	l->config = NULL;
	assert_ok(tel_findings_new(NULL, &l->findings));
	l->rc = tel_config_load(sources, count, components, &loaded_env, opts, &l->config, l->findings);
	assert_true((l->rc == TEL_OK) == (l->config != NULL));
	print_findings(l);
}

void loaded_one(loaded *l, const char *text)
{
	loaded_init(l, &text, 1, &table_components, NULL);
}

void loaded_fini(loaded *l)
{
	tel_config_free(l->config);
	tel_findings_free(l->findings);
}

void loaded_run(const loaded_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *wanted = cases[i].findings;
		bool error = strncmp(wanted, "E ", 2) == 0 || strstr(wanted, "\nE ");
		loaded l;

		loaded_one(&l, cases[i].text);
		if (strcmp(l.text, wanted) != 0 || l.rc != (error ? TEL_ERR_CONFIG : TEL_OK)) {
			print_error("row at line %d, %s:\n%sinstead of\n%s", cases[i].line, tel_err_name(l.rc), l.text, wanted);
			fail();
		}
		loaded_fini(&l);
	}
}

const table_full *loaded_full(const loaded *l, const char *id)
{
	const tel__config_component *c;

	if (!l->config)
		print_error("%s", l->text);
	assert_non_null(l->config);
	c = tel__config_find(l->config, TEL__KIND_EXPORTER, tel__slice_str(id));
	assert_non_null(c);
	return c->options;
}
