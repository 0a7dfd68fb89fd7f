/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/prom_text.h"

#include <assert.h>
#include <string.h>

#include "base/num.h"
#include "base/slice_i.h"

void tel__prom_begin(tel__prom_writer *w, const tel__prom_family *family)
{
	w->family = family;
	w->opened = false;
}

static void put_name(tel__prom_writer *w)
{
	const tel__prom_family *f = w->family;

	tel__dynbuf_puts(w->out, f->name);
	if (f->unit && !w->without_units) {
		tel__dynbuf_byte(w->out, '_');
		tel__dynbuf_puts(w->out, f->unit);
	}
	if (f->type == TEL__PROM_COUNTER && !w->without_type_suffix)
		tel__dynbuf_puts(w->out, "_total");
}

static void open_family(tel__prom_writer *w)
{
	static const char *const types[] = { "counter", "gauge", "histogram" };

	if (w->opened)
		return;
	w->opened = true;
	tel__dynbuf_puts(w->out, "# HELP ");
	put_name(w);
	tel__dynbuf_byte(w->out, ' ');
	tel__dynbuf_puts(w->out, w->family->help);
	tel__dynbuf_puts(w->out, "\n# TYPE ");
	put_name(w);
	tel__dynbuf_byte(w->out, ' ');
	tel__dynbuf_puts(w->out, types[w->family->type]);
	tel__dynbuf_byte(w->out, '\n');
}

static void put_value(tel__dynbuf *out, tel_slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] == '\n')
			tel__dynbuf_puts(out, "\\n");
		else if (value.ptr[i] == '"' || value.ptr[i] == '\\')
			tel__dynbuf_put(out, (char[]){ '\\', value.ptr[i] }, 2);
		else
			tel__dynbuf_byte(out, value.ptr[i]);
	}
}

/* Labels in the order of their names, as the Collector's endpoint writes them. */
static size_t sort_labels(const tel__prom_writer *w, const tel__prom_label *labels, size_t count, tel__prom_label *out)
{
	size_t n = 0;

	assert(count <= TEL__PROM_MAX_LABELS);
	for (size_t i = 0; i < count; i++)
		out[n++] = labels[i];
	if (w->family->scope && !w->without_scope) {
		out[n++] = (tel__prom_label){ "otel_scope_name", tel__slice_str(w->family->scope) };
		out[n++] = (tel__prom_label){ "otel_scope_schema_url", { NULL, 0 } };
		out[n++] = (tel__prom_label){ "otel_scope_version", { NULL, 0 } };
	}
	for (size_t i = 1; i < n; i++) {
		tel__prom_label moved = out[i];
		size_t j = i;
		for (; j > 0 && strcmp(out[j - 1].name, moved.name) > 0; j--)
			out[j] = out[j - 1];
		out[j] = moved;
	}
	return n;
}

static void put_sample(tel__prom_writer *w, const char *suffix, const tel__prom_label *labels, size_t count,
                       const char *le, double value)
{
	tel__prom_label sorted[TEL__PROM_MAX_LABELS + 3];
	size_t n = sort_labels(w, labels, count, sorted);

	open_family(w);
	put_name(w);
	tel__dynbuf_puts(w->out, suffix);
	if (n || le) {
		tel__dynbuf_byte(w->out, '{');
		for (size_t i = 0; i < n; i++) {
			if (i)
				tel__dynbuf_byte(w->out, ',');
			tel__dynbuf_puts(w->out, sorted[i].name);
			tel__dynbuf_puts(w->out, "=\"");
			put_value(w->out, sorted[i].value);
			tel__dynbuf_byte(w->out, '"');
		}
		if (le) {
			tel__dynbuf_puts(w->out, n ? ",le=\"" : "le=\"");
			tel__dynbuf_puts(w->out, le);
			tel__dynbuf_byte(w->out, '"');
		}
		tel__dynbuf_byte(w->out, '}');
	}
	tel__dynbuf_byte(w->out, ' ');
	tel__dynbuf_double(w->out, value);
	tel__dynbuf_byte(w->out, '\n');
}

void tel__prom_sample(tel__prom_writer *w, const tel__prom_label *labels, size_t count, double value)
{
	put_sample(w, "", labels, count, NULL, value);
}

void tel__prom_histogram(tel__prom_writer *w, const tel__prom_label *labels, size_t count, const uint32_t *bounds,
                         size_t bound_count, const uint64_t *counts, double sum)
{
	uint64_t cumulative = 0;
	char le[TEL__NUM_INT_MAX + 1];

	for (size_t i = 0; i < bound_count; i++) {
		cumulative += counts[i];
		le[tel__num_format_u64(bounds[i], le)] = '\0';
		put_sample(w, "_bucket", labels, count, le, (double)cumulative);
	}
	cumulative += counts[bound_count];
	put_sample(w, "_bucket", labels, count, "+Inf", (double)cumulative);
	put_sample(w, "_sum", labels, count, NULL, sum);
	put_sample(w, "_count", labels, count, NULL, (double)cumulative);
}
