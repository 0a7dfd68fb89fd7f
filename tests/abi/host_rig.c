/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/host_rig.h"

#include <stdio.h>

#include "base/slice_i.h"

static const uint64_t PATIENCE_NS = 60000000000u;

const host_kind host_kinds[HOST_KINDS] = {
	{ "HTTP", TEL_EXPORTER_HTTP_PROTOBUF, false },
	{ "gRPC", TEL_EXPORTER_GRPC, false },
	{ "HTTPS", TEL_EXPORTER_HTTP_JSON, true },
	{ "gRPC over TLS", TEL_EXPORTER_GRPC, true },
};

static void on_metrics(tel_receipt *receipt, tel_metrics *metrics, void *user)
{
	host *h = user;
	tel_slice peer = tel_receipt_origin(receipt)->peer;
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;

	tel_metrics_count(metrics, &counts);
	tel_metrics_free(metrics);
	h->batches++;
	if (!tel__slice_is(peer, h->peer)) {
		snprintf(h->peer, sizeof(h->peer), TEL_SLICE_FMT, TEL_SLICE_ARG(peer));
		h->peers++;
	}
	if (h->hold && h->held_count < HOST_HELD) {
		h->held_points[h->held_count] = counts.points;
		h->held[h->held_count++] = receipt;
		return;
	}
	(void)tel_receipt_settle(receipt, NULL);
}

static void open_receiver(host *h, const tls_files *files)
{
	tel_receiver_opts opts = TEL_RECEIVER_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;

	opts.grpc_endpoint = opts.http_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	if (files) {
		opts.cert_file = tel__slice_str(files->cert_file);
		opts.key_file = tel__slice_str(files->key_file);
	}
	if (tel_receiver_new(h->ctx, &opts, on_metrics, h, &h->receiver, &err))
		fail_msg("%s", err.msg);
}

void host_open_exporter(host *h, const host_kind *kind, const tls_files *files)
{
	tel_exporter_opts opts = TEL_EXPORTER_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	unsigned grpc, http;
	char url[64];

	tel_receiver_ports(h->receiver, &grpc, &http);
	snprintf(url, sizeof(url), "%s://127.0.0.1:%u", kind->tls ? "https" : "http", kind->protocol == TEL_EXPORTER_GRPC ? grpc : http);
	opts.protocol = kind->protocol;
	opts.endpoint = tel__slice_str(url);
	opts.no_retry = true;
	opts.timeout_ns = PATIENCE_NS;
	if (files)
		opts.ca_file = tel__slice_str(files->ca_file);
	if (tel_exporter_new(h->ctx, &opts, &h->exporter, &err))
		fail_msg("%s", err.msg);
}

void host_open(host *h, const host_kind *kind, const tls_files *files, const tel_ctx_opts *opts)
{
	tel_ctx_opts o = TEL_CTX_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;

	memset(h, 0, sizeof(*h));
	failalloc_init(&h->mem);
	if (opts)
		o = *opts;
	o.alloc = h->mem.alloc;
	if (tel_ctx_new(&o, &h->ctx, &err))
		fail_msg("%s", err.msg);
	open_receiver(h, kind->tls ? files : NULL);
	host_open_exporter(h, kind, kind->tls ? files : NULL);
}

void host_close(host *h)
{
	tel_exporter_free(h->exporter);
	tel_receiver_free(h->receiver);
	while (h->held_count)
		assert_err(tel_receipt_settle(h->held[--h->held_count], NULL), TEL_ERR_CLOSED);
	tel_ctx_free(h->ctx);
	assert_true(failalloc_is_clean(&h->mem));
}

tel_metrics *host_batch(unsigned points)
{
	tel_builder *b;
	tel_metrics *m;

	assert_ok(tel_builder_new(NULL, 0, &b));
	tel_builder_gauge(b, "value", "1", "something");
	for (unsigned i = 0; i < points; i++)
		tel_builder_point_double(b, i / 7.0, NULL);
	assert_ok(tel_builder_finish(b, &m, NULL));
	tel_builder_free(b);
	return m;
}

static void on_answer(void *user, const tel_export_result *r)
{
	host *h = user;
	h->answers++;
	h->answer = r->code;
}

void host_submit(host *h, unsigned points)
{
	tel_error err = TEL_ERROR_INIT;
	if (tel_export_submit(h->exporter, host_batch(points), on_answer, h, NULL, &err))
		fail_msg("%s", err.msg);
}

tel_err host_send(host *h, unsigned points)
{
	unsigned before = h->answers;
	host_submit(h, points);
	assert_ok(tel_ctx_run_until_idle(h->ctx, PATIENCE_NS));
	assert_int_equal(h->answers, before + 1);
	return h->answer;
}

void host_wait_held(host *h, unsigned count)
{
	h->hold = true;
	for (int i = 0; i < 2000 && h->held_count < count; i++)
		assert_ok(tel_ctx_run_once(h->ctx, 100000000u));
	assert_int_equal(h->held_count, count);
}

void host_settle(host *h, uint64_t points)
{
	for (unsigned i = 0; i < h->held_count; i++) {
		if (h->held_points[i] != points)
			continue;
		assert_ok(tel_receipt_settle(h->held[i], NULL));
		h->held[i] = h->held[--h->held_count];
		h->held_points[i] = h->held_points[h->held_count];
		return;
	}
	fail_msg("no batch of that size is held");
}
