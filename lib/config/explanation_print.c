/* SPDX-License-Identifier: Apache-2.0 */
/* An explanation as text or JSON. */
#include <telemetry/explain.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config/loader.h"
#include "wire/json_text.h"

enum { SHOWN = 512 };

/* One component as the writers see it. */
typedef struct item {
	const tel_explanation *e;
	size_t index;
	tel_explained about;
} item;

static tel_reason reason_at(const item *it, size_t i)
{
	tel_reason r = TEL_REASON_INIT;

	(void)tel_explanation_reason(it->e, it->index, i, &r);
	return r;
}

/* ---- topics ---- */

static bool names_component(tel_slice id, tel_slice topic)
{
	return tel__slice_eq(id, topic) || tel__slice_eq(tel__slice_sub(id, 0, tel__slice_find(id, '/')), topic);
}

static bool names_resource(tel_slice resource, tel_slice topic)
{
	size_t slash = tel__slice_find(resource, '/');

	return resource.len && (tel__slice_eq(resource, topic) || (slash < resource.len &&
	       tel__slice_eq(tel__slice_sub(resource, slash + 1, resource.len - slash - 1), topic)));
}

static bool is_about(const item *it, tel_slice topic)
{
	if (topic.len == 0 || names_component(it->about.id, topic))
		return true;
	for (size_t i = 0; i < it->about.use_count; i++)
		if (tel__slice_eq(tel_explanation_use(it->e, it->index, i), topic))
			return true;
	for (size_t i = 0; i < it->about.reason_count; i++)
		if (names_resource(reason_at(it, i).resource, topic))
			return true;
	return false;
}

/* ---- text ---- */

static void put_shown(tel__dynbuf *out, tel_slice text)
{
	char shown[SHOWN];

	tel__dynbuf_puts(out, tel__slice_printable(text, shown, sizeof(shown)));
}

static void put_place(tel__dynbuf *out, tel_slice source, uint32_t line, uint32_t column)
{
	put_shown(out, source);
	if (line)
		tel__dynbuf_fmt(out, ":%u:%u", line, column);
	tel__dynbuf_puts(out, ": ");
}

/* "MetricPipeline/x" reads "MetricPipeline x". */
static void put_resource(tel__dynbuf *out, tel_slice resource)
{
	size_t slash = tel__slice_find(resource, '/');

	put_shown(out, tel__slice_sub(resource, 0, slash));
	if (slash < resource.len) {
		tel__dynbuf_byte(out, ' ');
		put_shown(out, tel__slice_sub(resource, slash + 1, resource.len - slash - 1));
	}
	tel__dynbuf_puts(out, ": ");
}

static void put_text_reason(tel__dynbuf *out, const tel_reason *r)
{
	if (r->kind == TEL_REASON_ALWAYS) {
		tel__dynbuf_puts(out, "    always there\n");
		return;
	}
	tel__dynbuf_puts(out, "    ");
	if (r->source.len)
		put_place(out, r->source, r->line, r->column);
	if (r->resource.len)
		put_resource(out, r->resource);
	tel__dynbuf_slice(out, r->field);
	if (!r->written && r->def.len) {
		tel__dynbuf_puts(out, " is ");
		put_shown(out, r->def);
		tel__dynbuf_puts(out, " by default");
	} else if (r->value.len) {
		tel__dynbuf_puts(out, " is ");
		put_shown(out, r->value);
		if (r->kind == TEL_REASON_SHAPED && r->def.len) {
			tel__dynbuf_puts(out, ", by default ");
			put_shown(out, r->def);
		}
	} else if (!r->written) {
		tel__dynbuf_puts(out, " is not set");
	}
	tel__dynbuf_byte(out, '\n');
}

static void put_text(tel__dynbuf *out, const item *it)
{
	tel__dynbuf_puts(out, tel__kind_name((tel__component_kind)it->about.kind));
	tel__dynbuf_byte(out, ' ');
	put_shown(out, it->about.id);
	if (it->about.help.len) {
		tel__dynbuf_puts(out, ": ");
		tel__dynbuf_slice(out, it->about.help);
	}
	tel__dynbuf_byte(out, '\n');
	for (size_t i = 0; i < it->about.use_count; i++) {
		tel__dynbuf_puts(out, i == 0 ? "    in " : ", ");
		put_shown(out, tel_explanation_use(it->e, it->index, i));
	}
	if (it->about.use_count) {
		tel__dynbuf_byte(out, '\n');
	} else {
		tel__dynbuf_puts(out, "    ");
		if (it->about.source.len)
			put_place(out, it->about.source, it->about.line, it->about.column);
		tel__dynbuf_puts(out, "unused: no pipeline names it\n");
	}
	for (size_t i = 0; i < it->about.reason_count; i++) {
		tel_reason r = reason_at(it, i);

		put_text_reason(out, &r);
	}
}

/* ---- JSON ---- */

static void put_member(tel__dynbuf *out, const char *name, tel_slice value)
{
	tel__dynbuf_fmt(out, ", \"%s\": ", name);
	tel__json_string(out, value);
}

static void put_json_place(tel__dynbuf *out, tel_slice source, uint32_t line, uint32_t column)
{
	put_member(out, "file", source);
	tel__dynbuf_fmt(out, ", \"line\": %u, \"column\": %u", line, column);
}

static void put_json_reason(tel__dynbuf *out, const tel_reason *r)
{
	static const char *const kinds[] = { "always", "asked", "shaped" };

	tel__dynbuf_fmt(out, "{\"kind\": \"%s\"", kinds[r->kind]);
	put_member(out, "resource", r->resource);
	put_member(out, "field", r->field);
	put_member(out, "value", r->value);
	put_member(out, "default", r->def);
	tel__dynbuf_fmt(out, ", \"written\": %s", r->written ? "true" : "false");
	put_json_place(out, r->source, r->line, r->column);
	tel__dynbuf_byte(out, '}');
}

static void put_json(tel__dynbuf *out, const item *it, bool first)
{
	tel__dynbuf_fmt(out, "%s\n  {\"kind\": \"%s\"", first ? "" : ",", tel__kind_name((tel__component_kind)it->about.kind));
	put_member(out, "id", it->about.id);
	put_member(out, "help", it->about.help);
	put_json_place(out, it->about.source, it->about.line, it->about.column);
	tel__dynbuf_puts(out, ", \"pipelines\": [");
	for (size_t i = 0; i < it->about.use_count; i++) {
		tel__dynbuf_puts(out, i ? ", " : "");
		tel__json_string(out, tel_explanation_use(it->e, it->index, i));
	}
	tel__dynbuf_puts(out, "], \"reasons\": [");
	for (size_t i = 0; i < it->about.reason_count; i++) {
		tel_reason r = reason_at(it, i);

		tel__dynbuf_puts(out, i ? ",\n    " : "\n    ");
		put_json_reason(out, &r);
	}
	tel__dynbuf_puts(out, "]}");
}

tel_err tel_explanation_print(const tel_explanation *explanation, tel_slice topic, tel_explanation_format format,
                              const tel_alloc *alloc, tel_buf **ret_text)
{
	bool json = format == TEL_EXPLANATION_JSON;
	item it = { .e = explanation };
	size_t shown = 0;
	tel__dynbuf out;
	tel_err rc;

	if (!json && format != TEL_EXPLANATION_TEXT)
		return TEL_ERR_ARG;
	tel__dynbuf_init(&out, tel__alloc_or_default(alloc), TEL_LIMIT_PRINT_BYTES);
	tel__dynbuf_puts(&out, json ? "[" : "");
	for (; it.index < tel_explanation_count(explanation); it.index++) {
		it.about = (tel_explained)TEL_EXPLAINED_INIT;
		(void)tel_explanation_get(explanation, it.index, &it.about);
		if (!is_about(&it, topic))
			continue;
		if (json)
			put_json(&out, &it, shown == 0);
		else
			put_text(&out, &it);
		shown++;
	}
	tel__dynbuf_puts(&out, json ? "\n]\n" : "");
	rc = topic.len && shown == 0 ? TEL_ERR_NOT_FOUND : tel__dynbuf_take(&out, ret_text);
	tel__dynbuf_fini(&out);
	return rc;
}
