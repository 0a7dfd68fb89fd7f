/* SPDX-License-Identifier: Apache-2.0 */
/* Sends one gauge from within a program that runs on libev. Introduces tel_loop_ops: the library tells which descriptors
 * and which deadline it waits for, the program tells when they are due. Any event loop is served like this. */
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <telemetry/builder.h>
#include <telemetry/exporter.h>

static tel_ctx *ctx;
static ev_timer timer;
static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	tel_ctx_on_fd(ctx, io->fd, (events & EV_READ ? TEL_WANT_READ : 0u) | (events & EV_WRITE ? TEL_WANT_WRITE : 0u));
}
static void on_timer(struct ev_loop *loop, ev_timer *t, int events) { (void)loop, (void)t, (void)events, tel_ctx_on_deadline(ctx); }
static int watch(void *loop, int fd, unsigned want, void **slot)
{
	ev_io *io = *slot;
	if (!io && !(io = *slot = calloc(1, sizeof *io)))
		return -1;
	ev_io_stop(loop, io); /* an active watcher may not be changed */
	ev_io_init(io, on_io, fd, (want & TEL_WANT_READ ? EV_READ : 0) | (want & TEL_WANT_WRITE ? EV_WRITE : 0));
	if (want) ev_io_start(loop, io);
	else free(io), *slot = NULL; /* forgotten: the library closes it next */
	return 0;
}
static void deadline(void *loop, uint64_t mono_ns)
{
	struct timespec now;
	ev_timer_stop(loop, &timer), clock_gettime(CLOCK_MONOTONIC, &now);
	double wait = (double)mono_ns / 1e9 - ((double)now.tv_sec + (double)now.tv_nsec / 1e9);
	ev_timer_set(&timer, wait > 0 ? wait + 1e-6 : 0, 0); /* rounded up, or the loop would spin */
	if (mono_ns != UINT64_MAX)
		ev_now_update(loop), ev_timer_start(loop, &timer);
}
static void on_sent(void *loop, const tel_export_result *r)
{
	printf("%s\n", tel_err_name(r->code));
	ev_break(loop, EVBREAK_ALL);
}
int main(void)
{
	static const tel_loop_ops ops = { sizeof ops, watch, deadline };
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT; tel_error err = TEL_ERROR_INIT;
	tel_exporter *exporter = NULL; tel_builder *b = NULL; tel_metrics *batch = NULL;
	opts.loop = &ops, opts.loop_user = ev_default_loop(0);
	ev_init(&timer, on_timer);
	if (tel_ctx_new(&opts, &ctx, &err) || tel_exporter_new_env(ctx, NULL, &exporter, &err) || tel_builder_new(NULL, 0, &b))
		return fprintf(stderr, "%s\n", err.msg), 1;
	tel_builder_gauge(b, "loop.load", "1", "how busy the loop is");
	tel_builder_point_double(b, 0.25, NULL);
	if (tel_builder_finish(b, &batch, &err) || tel_export_submit(exporter, batch, on_sent, opts.loop_user, NULL, &err))
		return fprintf(stderr, "%s\n", err.msg), 1;
	ev_run(opts.loop_user, 0);
	tel_builder_free(b), tel_exporter_free(exporter), tel_ctx_free(ctx);
	return 0;
}
