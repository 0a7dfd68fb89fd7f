/* SPDX-License-Identifier: Apache-2.0 */
#include "common/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct call {
	void (*fn)(void *arg);
	void *arg;
	struct call *next;
} call;

struct worker {
	tel_ctx *ctx;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	call *first, **end;
	bool stopping;
};

/* NULL: the end. */
static call *next_call(worker *w)
{
	call *c;

	pthread_mutex_lock(&w->lock);
	while (!w->first && !w->stopping)
		pthread_cond_wait(&w->changed, &w->lock);
	c = w->first;
	if (c && !(w->first = c->next))
		w->end = &w->first;
	pthread_mutex_unlock(&w->lock);
	return c;
}

static void *work(void *user)
{
	worker *w = user;
	call *c;

	while ((c = next_call(w))) {
		c->fn(c->arg);
		free(c);
		(void)tel_ctx_wakeup(w->ctx);
	}
	return NULL;
}

/* Signals are the loop's. */
static bool start(worker *w)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	w->started = pthread_create(&w->thread, NULL, work, w) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return w->started;
}

static int hand_over(void *user, void (*fn)(void *arg), void *arg)
{
	worker *w = user;
	call *c = w->ctx && (w->started || start(w)) ? malloc(sizeof(*c)) : NULL;

	if (!c)
		return -1;
	*c = (call){ .fn = fn, .arg = arg };
	pthread_mutex_lock(&w->lock);
	*w->end = c;
	w->end = &c->next;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

worker *worker_new(tel_ctx_opts *opts)
{
	worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	w->end = &w->first;
	opts->offload = hand_over;
	opts->offload_user = w;
	return w;
}

void worker_attach(worker *w, tel_ctx *ctx)
{
	if (w)
		w->ctx = ctx;
}

void worker_free(worker *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	if (w->started)
		pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
