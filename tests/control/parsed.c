/* SPDX-License-Identifier: Apache-2.0 */
#include "control/parsed.h"

#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/slice_i.h"

static void print_findings(parsed *p)
{
	size_t n = 0;

	p->text[0] = 0;
	for (size_t i = 0; i < tel_findings_count(p->findings); i++) {
		tel_finding f;

		assert_ok(tel_findings_get(p->findings, i, &f));
		n += (size_t)snprintf(p->text + n, sizeof(p->text) - n, "%c %u:%u " TEL_SLICE_FMT ": " TEL_SLICE_FMT "\n",
		                      f.level == TEL_FINDING_ERROR ? 'E' : 'W', f.line, f.column, TEL_SLICE_ARG(f.path),
		                      TEL_SLICE_ARG(f.message));
		assert_true(n < sizeof(p->text));
	}
}

void parsed_init(parsed *p, const char *text, bool strict)
{
	tel_config_source source = { TEL_SLICE_LIT("in.yaml"), tel__slice_str(text) };
	tel_pipeline_opts opts = TEL_PIPELINE_OPTS_INIT;

	opts.strict = strict;
	p->set = NULL;
	assert_ok(tel_findings_new(NULL, &p->findings));
	p->rc = tel_pipeline_parse(&source, 1, &opts, &p->set, p->findings);
	assert_true((p->rc == TEL_OK) == (p->set != NULL));
	print_findings(p);
}

void parsed_validate(parsed *p, bool defaulting)
{
	if (!p->set)
		return;
	if (defaulting)
		assert_ok(tel_pipeline_default(p->set));
	p->rc = tel_pipeline_validate(p->set, p->findings);
	print_findings(p);
}

void parsed_fini(parsed *p)
{
	tel_pipeline_free(p->set);
	tel_findings_free(p->findings);
}

void parsed_expect(const parsed *p, const char *name, const char *findings)
{
	if (strcmp(p->text, findings) != 0)
		fail_msg("%s: the findings are\n%sinstead of\n%s", name, p->text, findings);
}

char *parsed_read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text;
	long size;

	if (!file)
		fail_msg("%s: cannot be read", path);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	rewind(file);
	text = malloc((size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)size, file), (size_t)size);
	text[size] = 0;
	fclose(file);
	return text;
}
