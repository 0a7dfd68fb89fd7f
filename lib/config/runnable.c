/* SPDX-License-Identifier: Apache-2.0 */
/* Rows without code behind them: they load, validate and print; who wants to run them is told here. */
#include <stdio.h>
#include <string.h>

#include "base/error_i.h"
#include "config/config_i.h"
#include "config/loader.h"

enum { TEXT_MAX = 160, SHOWN = 96 };

typedef struct missing {
	char text[TEXT_MAX * 2];
	size_t len;
	unsigned listed, more;
	const tel__config_component *first;
} missing;

static bool lists(const uint32_t *indexes, uint32_t count, uint32_t index)
{
	for (uint32_t i = 0; i < count; i++)
		if (indexes[i] == index)
			return true;
	return false;
}

/* The first pipeline that names the component, or NULL. */
static const tel__config_pipeline *user_of(const tel_config *config, uint32_t index)
{
	for (size_t i = 0; i < config->pipeline_count; i++) {
		const tel__config_pipeline *p = &config->pipelines[i];

		if (lists(p->receivers, p->receiver_count, index) || lists(p->processors, p->processor_count, index) ||
		    lists(p->exporters, p->exporter_count, index))
			return p;
	}
	return NULL;
}

static void add(missing *m, const tel__config_component *c, const tel__config_pipeline *p)
{
	char id[SHOWN], pipeline[SHOWN], text[TEXT_MAX * 2];
	int n;

	tel__slice_printable(c->id, id, sizeof(id));
	n = snprintf(text, sizeof(text), "%s%s \"%s\"%s%s%s", m->listed ? ", " : "", tel__kind_name(c->kind), id,
	             p ? " in pipeline \"" : "", p ? tel__slice_printable(p->id, pipeline, sizeof(pipeline)) : "",
	             p ? "\"" : "");
	if (!m->first)
		m->first = c;
	if (m->listed && (m->more || m->len + (size_t)n > TEXT_MAX)) {
		m->more++;
		return;
	}
	memcpy(m->text + m->len, text, (size_t)n + 1);
	m->len += (size_t)n;
	m->listed++;
}

tel_err tel__config_runnable(const tel_config *config, unsigned kinds, tel_error *err)
{
	missing m = { .len = 0 };
	char more[32] = "";

	for (uint32_t i = 0; i < config->component_count; i++) {
		const tel__config_component *c = &config->components[i];
		const tel__config_pipeline *p;

		if (!(kinds & TEL__RUNS(c->kind)) || (c->row && c->row->impl))
			continue;
		p = user_of(config, i);
		if (p && !c->row)
			return tel__fail(err, TEL_ERR_CONFIG, "the configuration was loaded without components");
		if (p || lists(config->extensions, (uint32_t)config->extension_count, i))
			add(&m, c, p);
	}
	if (!m.first)
		return TEL_OK;
	if (m.more)
		snprintf(more, sizeof(more), " and %u more", m.more);
	return tel__fail_text(err, TEL_ERR_UNSUPPORTED, m.first->line, m.first->column, "this build loads but cannot run %s%s",
	                      m.text, more);
}
