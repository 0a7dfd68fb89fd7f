/* SPDX-License-Identifier: Apache-2.0 */
#include "common/evloop.h"

#include <stdlib.h>
#include <time.h>

struct evloop {
	struct ev_loop *loop;
	tel_ctx *ctx;
	ev_timer timer;
};

/* One per descriptor, kept in its slot. */
typedef struct watcher {
	ev_io io;
	evloop *adapter;
} watcher;

uint64_t evloop_mono_ns(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

double evloop_delay(uint64_t deadline_mono_ns, uint64_t now_mono_ns)
{
	uint64_t ns = deadline_mono_ns > now_mono_ns ? deadline_mono_ns - now_mono_ns : 0;
	double seconds = (double)(ns / 1000000000u) + (double)(ns % 1000000000u) / 1e9;

	/* Up: a timer that fires before its deadline makes the loop spin (curl's libev example has that bug). */
	return seconds * (1 + 4e-16);
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
	watcher *w = (watcher *)io;
	unsigned got = (events & EV_READ ? TEL_WANT_READ : 0u) | (events & EV_WRITE ? TEL_WANT_WRITE : 0u);

	(void)loop;
	if (events & EV_ERROR)
		got = TEL_WANT_READ | TEL_WANT_WRITE;
	if (w->adapter->ctx)
		(void)tel_ctx_on_fd(w->adapter->ctx, io->fd, got); /* w may be gone */
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	evloop *adapter = timer->data;

	(void)loop;
	(void)events;
	if (adapter->ctx)
		(void)tel_ctx_on_deadline(adapter->ctx);
}

static int watch(void *user, int fd, unsigned want, void **slot)
{
	evloop *adapter = user;
	watcher *w = *slot;
	int events = (want & TEL_WANT_READ ? EV_READ : 0) | (want & TEL_WANT_WRITE ? EV_WRITE : 0);

	if (!want) {
		if (w)
			ev_io_stop(adapter->loop, &w->io);
		free(w);
		*slot = NULL;
		return 0;
	}
	if (!w) {
		w = malloc(sizeof(*w));
		if (!w)
			return -1;
		ev_init(&w->io, on_io);
		w->adapter = adapter;
		*slot = w;
	}
	ev_io_stop(adapter->loop, &w->io); /* an active watcher may not be changed */
	ev_io_set(&w->io, fd, events);
	ev_io_start(adapter->loop, &w->io);
	return 0;
}

static void deadline(void *user, uint64_t mono_ns)
{
	evloop *adapter = user;

	ev_timer_stop(adapter->loop, &adapter->timer);
	if (mono_ns == UINT64_MAX)
		return;
	ev_now_update(adapter->loop); /* the delay counts from the loop's idea of now, which a long callback leaves behind */
	ev_timer_set(&adapter->timer, evloop_delay(mono_ns, evloop_mono_ns()), 0.);
	ev_timer_start(adapter->loop, &adapter->timer);
}

static const tel_loop_ops ops = { sizeof(ops), watch, deadline };

evloop *evloop_new(struct ev_loop *loop, tel_ctx_opts *opts)
{
	evloop *adapter = loop ? malloc(sizeof(*adapter)) : NULL;

	if (!adapter)
		return NULL;
	adapter->loop = loop;
	adapter->ctx = NULL;
	ev_init(&adapter->timer, on_timer);
	adapter->timer.data = adapter;
	opts->loop = &ops;
	opts->loop_user = adapter;
	return adapter;
}

int evloop_attach(evloop *adapter, tel_ctx *ctx)
{
	if (!adapter || !ctx || adapter->ctx)
		return -1;
	adapter->ctx = ctx;
	return 0;
}

void evloop_free(evloop *adapter)
{
	if (!adapter)
		return;
	ev_timer_stop(adapter->loop, &adapter->timer);
	free(adapter);
}
