/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_FLOW_PROM_TEXT_H
#define TEL_FLOW_PROM_TEXT_H
/*
 * Writes the own metrics as Prometheus text 0.0.4 in the Collector's dress: unit and _total suffixes and otel_scope_*
 * labels as service.telemetry.metrics.readers asks for them (otel-processing.md 9.6).
 */
#include "base/dynbuf.h"
#include "base/keys.h"

#define TEL__PROM_SCOPE_OWN "telemetry"

typedef struct tel__prom_label {
	const char *name;
	tel_slice value;
} tel__prom_label;

typedef enum tel__prom_type { TEL__PROM_COUNTER, TEL__PROM_GAUGE, TEL__PROM_HISTOGRAM } tel__prom_type;

typedef struct tel__prom_family {
	const char *name;  /* without _total, and without the unit unless the metric's own name ends in it */
	const char *unit;  /* "bytes", "seconds", or NULL */
	tel__prom_type type;
	const char *help;
	/* otel_scope_name, or NULL: a metric without scope labels. Names of TEL__PROM_SCOPE_OWN and of no scope keep unit and
	 * _total whatever the reader asks for. */
	const char *scope;
} tel__prom_family;

typedef struct tel__prom_writer {
	tel__dynbuf *out;
	bool without_suffixes, without_scope;
	const tel__prom_family *family; /* current */
	bool opened;                    /* HELP and TYPE of it are written */
} tel__prom_writer;

enum { TEL__PROM_MAX_LABELS = 8 };

/* Following samples belong to this family; its head is written with the first of them. */
void tel__prom_begin(tel__prom_writer *w, const tel__prom_family *family);
void tel__prom_sample(tel__prom_writer *w, const tel__prom_label *labels, size_t count, double value);
/* The one sample of an info metric. Names become label names (what is no letter, digit or _ becomes _); values of names that
 * become the same are joined by ';'. */
void tel__prom_info(tel__prom_writer *w, const tel__key_pair *attrs, size_t count);
/* counts has one entry per bound and one more for +Inf, not cumulative. */
void tel__prom_histogram(tel__prom_writer *w, const tel__prom_label *labels, size_t count, const uint32_t *bounds,
                         size_t bound_count, const uint64_t *counts, double sum);

#endif
