/* SPDX-License-Identifier: Apache-2.0 */
/* debug: says what passes, through the log. basic counts; normal and detailed print. */
#include <telemetry/otlp.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/mem.h"
#include "codec/otlp_text.h"
#include "sink/exporters.h"
#include "sink/later.h"
#include "sink/options.h"

enum { BASIC, NORMAL, DETAILED };
enum { TEXT_MAX = 16 << 20 }; /* of one request */
#define SECOND_NS UINT64_C(1000000000)

typedef struct debug_options {
	int32_t verbosity;
	int64_t sampling_initial, sampling_thereafter;
	bool use_internal_logger;
	tel__key_strings output_paths;
	tel__queue_options *queue;
} debug_options;

struct tel__exporter_impl {
	tel__later later;
	tel_ctx *ctx;
	tel__log_source source;
	int32_t verbosity;
	uint64_t initial, thereafter; /* per second: the first so many, then every n-th */
	uint64_t window_ns, in_window;
};

#define AT(field) offsetof(debug_options, field)
static const char *const verbosity_words[] = { "basic", "normal", "detailed", NULL };

static const tel__key debug_keys[] = {
	{ .name = "verbosity", .type = TEL__KEY_ENUM, .offset = AT(verbosity), .def = "basic", .words = verbosity_words,
	  .help = "basic: counts; normal: a line per point; detailed: everything" },
	{ .name = "sampling_initial", .type = TEL__KEY_INT, .offset = AT(sampling_initial), .def = "2",
	  .help = "messages of each second that are printed in any case" },
	{ .name = "sampling_thereafter", .type = TEL__KEY_INT, .offset = AT(sampling_thereafter), .def = "1",
	  .help = "then every n-th is printed; 0 = none" },
	{ .name = "use_internal_logger", .type = TEL__KEY_BOOL, .offset = AT(use_internal_logger), .def = "true",
	  .help = "accepted; the log is always used" },
	{ .name = "output_paths", .type = TEL__KEY_STRINGS, .offset = AT(output_paths), .def = "[stdout]",
	  .help = "accepted; the log is always used" },
	{ .name = "sending_queue", .type = TEL__KEY_OPTIONAL, .offset = AT(queue), .section = &tel__queue_keys,
	  .help = "queue in front of the log" },
};

static void debug_check(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const debug_options *o = options;
	if (o->sampling_initial < 0)
		report(user, "|sampling_initial", "sampling_initial must be non-negative");
	if (o->sampling_thereafter < 0)
		report(user, "|sampling_thereafter", "sampling_thereafter must be non-negative");
}

static const tel__key_table debug_table = { "debugexporter.Config", sizeof(debug_options), debug_keys,
	                                    TEL__KEY_COUNT(debug_keys), debug_check };

/* ---- ops ---- */

static tel_err debug_make(const tel__exporter_env *env, const void *options, tel__exporter_impl **ret_impl, tel_error *err)
{
	const debug_options *o = options;
	tel__exporter_impl *x = tel__mem_zero(tel__ctx_alloc(env->ctx), 1, sizeof *x);
	if (!x)
		return tel__fail_nomem(err);
	tel__later_init(&x->later, env->ctx);
	x->ctx = env->ctx;
	x->source = (tel__log_source){ env->id, TEL_SLICE_LIT("exporter"), { NULL, 0 } };
	x->verbosity = o->verbosity;
	x->initial = (uint64_t)o->sampling_initial;
	x->thereafter = (uint64_t)o->sampling_thereafter;
	*ret_impl = x;
	return TEL_OK;
}

static bool sampled(tel__exporter_impl *x)
{
	uint64_t now = tel__ctx_mono_ns(x->ctx);
	if (now - x->window_ns >= SECOND_NS) {
		x->window_ns = now;
		x->in_window = 0;
	}
	uint64_t n = ++x->in_window;
	return n <= x->initial || (x->thereafter && (n - x->initial) % x->thereafter == 0);
}

static tel_err index_batch(tel__exporter_impl *x, const tel__export_batch *batch, tel_metrics **ret_metrics, tel_error *err)
{
	const tel_alloc *alloc = tel__ctx_alloc(x->ctx);
	tel__dynbuf joined;
	tel_buf *buf;
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	opts.alloc = alloc;
	opts.flags = TEL_OTLP_TRUSTED;
	tel__dynbuf_init(&joined, alloc, SIZE_MAX / 2);
	for (size_t i = 0; i < batch->slice_count; i++)
		tel__dynbuf_slice(&joined, batch->slices[i]);
	tel_err e = tel__dynbuf_take(&joined, &buf);
	tel__dynbuf_fini(&joined);
	if (e)
		return tel__fail(err, e, "no memory for a record");
	e = tel_otlp_decode(buf, &opts, ret_metrics, NULL, err);
	tel_buf_unref(buf);
	return e;
}

/* The text is the message itself, as the Collector's. What is too long is cut. */
static void print_text(tel__exporter_impl *x, const tel_metrics *m)
{
	tel__dynbuf text;
	tel__text_level level = x->verbosity == DETAILED ? TEL__TEXT_DETAILED : TEL__TEXT_NORMAL;
	tel__dynbuf_init(&text, tel__ctx_alloc(x->ctx), TEXT_MAX);
	tel_err e = tel__otlp_text_write(m, level, &text);
	if (text.len) {
		if (text.len == text.cap) /* room for the NUL */
			text.len--;
		text.ptr[text.len] = '\0';
		tel__log(tel__ctx_log(x->ctx), TEL_LOG_INFO, &x->source, text.ptr, NULL, 0);
	}
	if (e)
		tel__log(tel__ctx_log(x->ctx), TEL_LOG_WARN, &x->source, "The text of a request was cut.", NULL, 0);
	tel__dynbuf_fini(&text);
}

static tel_err print_batch(tel__exporter_impl *x, const tel__export_batch *batch, tel_error *err)
{
	tel_metrics *m;
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	tel_err e = index_batch(x, batch, &m, err);
	if (e)
		return e;
	tel_metrics_count(m, &counts);
	tel_log_field fields[] = {
		TEL__LOG_NUM("resource metrics", counts.resources),
		TEL__LOG_NUM("metrics", counts.metrics),
		TEL__LOG_NUM("data points", counts.points),
	};
	tel__log(tel__ctx_log(x->ctx), TEL_LOG_INFO, &x->source, "Metrics", fields, 3);
	if (x->verbosity != BASIC)
		print_text(x, m);
	tel_metrics_free(m);
	return TEL_OK;
}

static tel_err debug_send(tel__exporter_impl *x, const tel__export_batch *batch,
                          void (*done)(void *user, const tel__export_outcome *outcome), void *user, uint64_t *ret_id,
                          tel_error *err)
{
	static const tel__export_outcome ok = { .verdict = TEL__EXPORT_OK };
	if (tel__ctx_log(x->ctx)->write && sampled(x)) {
		tel_err e = print_batch(x, batch, err);
		if (e)
			return e;
	}
	return tel__later_push(&x->later, &ok, done, user, ret_id, err);
}

static void debug_cancel(tel__exporter_impl *x, uint64_t id)
{
	tel__later_cancel(&x->later, id);
}

static void debug_free(tel__exporter_impl *x)
{
	tel__later_fini(&x->later);
	tel__mem_free(tel__ctx_alloc(x->ctx), x, 1, sizeof *x);
}

static void debug_settings(const void *options, tel__sender_settings *ret_settings)
{
	const debug_options *o = options;
	*ret_settings = (tel__sender_settings){ .queue = o->queue };
}

static const tel__exporter_ops debug_ops = { debug_make, debug_send, debug_cancel, debug_free, debug_settings };

const tel__component tel__debug_exporter = {
	.type = "debug",
	.kind = TEL__KIND_EXPORTER,
	.keys = &debug_table,
	.help = "logs what passes",
	.impl = &debug_ops,
};
