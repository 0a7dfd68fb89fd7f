/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/prom_text.h"

#include <assert.h>
#include <string.h>

#include "base/num.h"
#include "base/slice_i.h"
#include "base/utf8.h"

void tel__prom_begin(tel__prom_writer *w, const tel__prom_family *family)
{
	w->family = family;
	w->opened = false;
}

static bool ends_in(const char *name, const char *unit)
{
	size_t a = strlen(name), b = strlen(unit);

	return a > b && name[a - b - 1] == '_' && strcmp(name + a - b, unit) == 0;
}

static bool has_one_name(const tel__prom_family *f)
{
	return !f->scope || strcmp(f->scope, TEL__PROM_SCOPE_OWN) == 0;
}

static void put_name(tel__prom_writer *w)
{
	const tel__prom_family *f = w->family;
	bool fixed = has_one_name(f);

	tel__dynbuf_puts(w->out, f->name);
	if (f->unit && (fixed || !w->without_suffixes) && !ends_in(f->name, f->unit)) {
		tel__dynbuf_byte(w->out, '_');
		tel__dynbuf_puts(w->out, f->unit);
	}
	if (f->type == TEL__PROM_COUNTER && (fixed || !w->without_suffixes))
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
	size_t from = 0;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];
		if (c != '\n' && c != '"' && c != '\\')
			continue;
		tel__dynbuf_put(out, value.ptr + from, i - from);
		tel__dynbuf_put(out, (char[]){ '\\', c == '\n' ? 'n' : c }, 2);
		from = i + 1;
	}
	if (from < value.len)
		tel__dynbuf_put(out, value.ptr + from, value.len - from);
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

/* ---- info ---- */

/* The next character of a label name made from an attribute's name; 0 = the end. */
static char next_label_char(tel_slice name, size_t *at)
{
	size_t first = *at, step;
	char c;

	if (first >= name.len)
		return 0;
	step = tel__utf8_step((const uint8_t *)name.ptr + first, name.len - first);
	*at += step ? step : 1;
	c = name.ptr[first];
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9' && first > 0))
		return c;
	return '_';
}

static bool same_label(tel_slice a, tel_slice b)
{
	size_t i = 0, k = 0;
	char x, y;

	do {
		x = next_label_char(a, &i);
		y = next_label_char(b, &k);
	} while (x == y && x);
	return x == y;
}

static bool label_before(const tel__key_pair *attrs, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (same_label(attrs[i].key, attrs[index].key))
			return true;
	return false;
}

void tel__prom_info(tel__prom_writer *w, const tel__key_pair *attrs, size_t count)
{
	const char *before = "{";
	size_t at;
	char c;

	open_family(w);
	put_name(w);
	for (size_t i = 0; i < count; i++) {
		if (attrs[i].key.len == 0 || label_before(attrs, i))
			continue;
		tel__dynbuf_puts(w->out, before);
		before = ",";
		for (at = 0; (c = next_label_char(attrs[i].key, &at)) != 0;)
			tel__dynbuf_byte(w->out, c);
		tel__dynbuf_puts(w->out, "=\"");
		put_value(w->out, attrs[i].value);
		for (size_t k = i + 1; k < count; k++) {
			if (same_label(attrs[i].key, attrs[k].key)) {
				tel__dynbuf_byte(w->out, ';');
				put_value(w->out, attrs[k].value);
			}
		}
		tel__dynbuf_byte(w->out, '"');
	}
	tel__dynbuf_puts(w->out, before[0] == ',' ? "} 1\n" : " 1\n");
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
