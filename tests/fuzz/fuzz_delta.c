/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cumulativetodelta over any OTLP, several requests behind each other (each after its length in two bytes), some of them not
 * committed: what comes out decodes, and the last request gives the same before and after a plan that was given up.
 */
#include <string.h>

#include <telemetry/buf.h>
#include <telemetry/graph.h>
#include <telemetry/otlp.h>

#include "base/slice_i.h"
#include "fuzz/fuzz.h"
#include "model/metrics_i.h"
#include "process/cumulativetodelta.h"

static tel_metrics *decode(tel_slice bytes)
{
	tel_buf *buf = NULL;
	tel_metrics *m = NULL;

	if (tel_buf_copy(NULL, bytes, &buf))
		return NULL;
	if (tel_otlp_decode(buf, NULL, &m, NULL, NULL))
		m = NULL;
	tel_buf_unref(buf);
	return m;
}

static const struct tel_origin nowhere = TEL_ORIGIN_INIT;

/* Runs one request; commit or give up. NULL: it was refused. */
static tel_metrics *run(tel__processor *p, tel_slice bytes, bool commit)
{
	tel__run r = { .unix_ns = 1000000000, .mono_ns = 1, .origin = &nowhere };
	tel_metrics *m = decode(bytes);
	tel__staged *next, *list = NULL;
	tel_err e;

	if (!m || tel__arena_new(NULL, 0, NULL, &r.arena)) {
		tel_metrics_free(m);
		return NULL;
	}
	e = p->ops->run(p, m, &r, NULL);
	for (tel__staged *s = r.staged; s; s = next) {
		next = s->next;
		if (e || !commit)
			s->drop(p, s);
		else
			s->next = list, list = s; /* oldest first */
	}
	for (tel__staged *s = list; s; s = next) {
		next = s->next;
		s->apply(p, s);
	}
	tel__arena_unref(r.arena);
	if (e) {
		tel_metrics_free(m);
		m = NULL;
	}
	return m;
}

static void check_valid(tel_metrics *m)
{
	tel_buf *bytes = NULL;
	tel_metrics *again = NULL;

	fuzz_check(tel_otlp_encode(m, &bytes, NULL) == TEL_OK);
	fuzz_check(tel_otlp_decode(bytes, NULL, &again, NULL, NULL) == TEL_OK);
	fuzz_check(again->points == m->points);
	tel_metrics_free(again);
	tel_buf_unref(bytes);
}

static void check_last(tel__processor *p, tel_slice last)
{
	tel_metrics *a = run(p, last, false), *b = run(p, last, false);
	char difference[256] = "";

	fuzz_check(!a == !b);
	if (a && !tel_metrics_equal(a, b, difference)) {
		fprintf(stderr, "# they differ at %s\n", difference);
		abort();
	}
	tel_metrics_free(a);
	tel_metrics_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const tel__delta_options options = { .max_staleness_ns = 3600000000000, .initial_value = TEL__DELTA_KEEP };
	const tel__processor_ops *ops = tel__cumulativetodelta.impl;
	tel__processor_env env = { .unix_ns = 1 };
	tel__processor *p = NULL;
	tel_slice last = { NULL, 0 };

	if (ops->make(&env, &options, &p, NULL))
		return 0;
	p->ops = ops;
	while (size > 2) {
		size_t len = ((size_t)data[0] << 8 | data[1]) & 0x7fff;
		tel_metrics *m;

		len = len < size - 2 ? len : size - 2;
		last = fuzz_slice(data + 2, len);
		m = run(p, last, !(data[0] & 0x80));
		if (m)
			check_valid(m);
		tel_metrics_free(m);
		data += 2 + len;
		size -= 2 + len;
	}
	check_last(p, last);
	ops->free(p);
	return 0;
}
