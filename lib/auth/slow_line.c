/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/slow_line.h"

#include <openssl/crypto.h>

#include "base/mem.h"
#include "base/slice_i.h"

enum { REST = 4, ADDRESS = 64 };
static const uint64_t REST_MAX_NS = 2000000000u;

typedef struct place {
	struct place *prev, *next;
	tel__slow_line *line;    /* NULL: it was freed while another thread worked on this */
	tel_alloc alloc;         /* a copy, for then */
	tel__auth_check *checks; /* requests that wait for it */
	tel__digest digest;
	tel__password_form form;
	bool known, matches;
	char peer[ADDRESS];
	char stored[TEL__PASSWORD_STORED_BYTES];
	size_t stored_len;
	tel__secret user, password; /* password ends with a zero byte that counts in len */
	void *scratch;
	uint64_t started_mono_ns;
	tel__offload offload;
	tel__deferred finish;
} place;

struct tel__slow_line {
	tel_ctx *ctx;
	tel__slow_done *done;
	void *owner;
	place *first, *last;     /* waiting */
	place *running;
	size_t places, requests;
	tel__timer timer;        /* armed: resting */
};

static void start_next(tel__slow_line *line);

/* ---- places ---- */

static void place_free(place *p)
{
	tel_alloc alloc = p->alloc;

	tel__secret_fini(&alloc, &p->user);
	tel__secret_fini(&alloc, &p->password);
	if (p->scratch)
		tel__mem_free(&alloc, p->scratch, tel__password_scratch_bytes(), 1);
	OPENSSL_cleanse(p, sizeof(*p));
	tel__mem_free(&alloc, p, 1, sizeof(*p));
}

static void unlink_place(tel__slow_line *line, place *p)
{
	*(p->prev ? &p->prev->next : &line->first) = p->next;
	*(p->next ? &p->next->prev : &line->last) = p->prev;
	p->prev = p->next = NULL;
	line->places--;
}

static place *place_new(tel__slow_line *line, const tel__slow_job *job, tel_slice address)
{
	const tel_alloc *alloc = tel__ctx_alloc(line->ctx);
	const tel_slice password[] = { job->password, TEL_SLICE_LIT("\0") };
	place *p = tel__mem_zero(alloc, 1, sizeof(*p));

	if (!p)
		return NULL;
	p->line = line;
	p->alloc = *alloc;
	p->digest = job->digest;
	p->form = job->form;
	p->known = job->known;
	p->stored_len = job->stored.len < sizeof(p->stored) ? job->stored.len : 0;
	memcpy(p->stored, job->stored.ptr, p->stored_len);
	memcpy(p->peer, address.ptr, address.len);
	p->scratch = tel__mem_new(alloc, tel__password_scratch_bytes(), 1);
	if (!p->scratch || tel__secret_set(alloc, &p->user, &job->user, 1) != TEL_OK ||
	    tel__secret_set(alloc, &p->password, password, 2) != TEL_OK) {
		place_free(p);
		return NULL;
	}
	p->prev = line->last;
	*(line->last ? &line->last->next : &line->first) = p;
	line->last = p;
	line->places++;
	return p;
}

/* ---- requests of a place ---- */

static void attach(tel__slow_line *line, place *p, tel__auth_check *c)
{
	c->slot = p;
	c->prev = NULL;
	c->next = p->checks;
	if (c->next)
		c->next->prev = c;
	p->checks = c;
	line->requests++;
}

static void detach(tel__slow_line *line, place *p, tel__auth_check *c)
{
	*(c->prev ? &c->prev->next : &p->checks) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->slot = NULL;
	line->requests--;
}

static void answer(tel__slow_line *line, place *p)
{
	while (p->checks) {
		tel__auth_check *c = p->checks;
		detach(line, p, c);
		c->on_verdict(c->user, p->matches ? TEL__AUTH_PASS : TEL__AUTH_REFUSED, "invalid credentials");
	}
}

/* ---- one check ---- */

/* Perhaps on another thread: touches nothing but the place. */
static void run(void *user)
{
	place *p = user;
	tel_slice password = { p->password.bytes, p->password.len - 1 };

	p->matches = tel__password_matches_slowly(p->form, (tel_slice){ p->stored, p->stored_len }, password, p->scratch) && p->known;
}

/* In the turn behind the one of the check: the clock, which is read once per turn, knows how long it took. */
static void on_finish(void *user)
{
	place *p = user;
	tel__slow_line *line = p->line;
	uint64_t now = tel__ctx_mono_ns(line->ctx), rest;

	rest = (now - p->started_mono_ns) * REST;
	line->running = NULL;
	line->done(line->owner, tel__secret_get(&p->user), (tel_slice){ p->stored, p->stored_len }, &p->digest, p->matches);
	if (!p->matches && rest)
		tel__ctx_arm(line->ctx, &line->timer, now + (rest < REST_MAX_NS ? rest : REST_MAX_NS));
	answer(line, p);
	place_free(p);
	start_next(line);
}

static void on_run_done(void *user)
{
	place *p = user;

	if (!p->line) {
		place_free(p);
		return;
	}
	p->finish = (tel__deferred){ .run = on_finish, .user = p };
	tel__ctx_defer(p->line->ctx, &p->finish);
}

static void start_next(tel__slow_line *line)
{
	place *p = line->first;

	if (line->running || !p || line->timer.heap_index)
		return;
	unlink_place(line, p);
	line->running = p;
	p->started_mono_ns = tel__ctx_mono_ns(line->ctx);
	p->offload = (tel__offload){ .run = run, .done = on_run_done, .user = p };
	tel__ctx_offload(line->ctx, &p->offload);
}

static void on_rested(void *user)
{
	start_next(user);
}

/* ---- the line ---- */

/* "address:port" without its port. */
static tel_slice address_of(tel_slice peer)
{
	size_t colon = peer.len;

	while (colon > 0 && peer.ptr[colon - 1] != ':')
		colon--;
	peer.len = colon ? colon - 1 : peer.len;
	return tel__slice_sub(peer, 0, peer.len < ADDRESS ? peer.len : ADDRESS - 1);
}

static place *find_same(tel__slow_line *line, const tel__digest *digest)
{
	if (line->running && tel__digest_same(&line->running->digest, digest))
		return line->running;
	for (place *p = line->first; p; p = p->next)
		if (tel__digest_same(&p->digest, digest))
			return p;
	return NULL;
}

static bool has_room(const tel__slow_line *line, tel_slice address)
{
	size_t same = 0;

	for (const place *p = line->first; p; p = p->next)
		same += tel__slice_is(address, p->peer);
	return line->places < TEL__SLOW_PLACES && same < TEL__SLOW_PLACES_OF_PEER;
}

tel__auth_verdict tel__slow_line_join(tel__slow_line *line, const tel__slow_job *job, tel_slice peer, tel__auth_check *c)
{
	tel_slice address = address_of(peer);
	place *p;

	if (line->requests >= TEL__SLOW_REQUESTS)
		return TEL__AUTH_BUSY;
	p = find_same(line, &job->digest);
	if (!p)
		p = has_room(line, address) ? place_new(line, job, address) : NULL;
	if (!p)
		return TEL__AUTH_BUSY;
	attach(line, p, c);
	start_next(line);
	return TEL__AUTH_LATER;
}

/* A place that nobody waits for is given up, unless its check runs already. */
void tel__slow_line_leave(tel__slow_line *line, tel__auth_check *c)
{
	place *p = c->slot;

	if (!p)
		return;
	detach(line, p, c);
	if (!p->checks && p != line->running) {
		unlink_place(line, p);
		place_free(p);
	}
}

tel_err tel__slow_line_new(tel_ctx *ctx, tel__slow_done *done, void *owner, tel__slow_line **ret_line)
{
	tel__slow_line *line = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*line));

	if (!line)
		return TEL_ERR_NOMEM;
	line->ctx = ctx;
	line->done = done;
	line->owner = owner;
	if (tel__ctx_timer_init(ctx, &line->timer, on_rested, line) != TEL_OK) {
		tel__mem_free(tel__ctx_alloc(ctx), line, 1, sizeof(*line));
		return TEL_ERR_NOMEM;
	}
	*ret_line = line;
	return TEL_OK;
}

/* What another thread works on ends by itself. */
static void abandon(tel__slow_line *line, place *p)
{
	p->line = NULL;
	p->checks = NULL;
	if (p->offload.inline_done.queued) {
		tel__ctx_undefer(line->ctx, &p->offload.inline_done);
		tel__ctx_busy(line->ctx, -1);
	} else if (p->finish.queued) {
		tel__ctx_undefer(line->ctx, &p->finish);
	} else {
		return;
	}
	place_free(p);
}

void tel__slow_line_free(tel__slow_line *line)
{
	if (!line)
		return;
	while (line->first) {
		place *p = line->first;
		unlink_place(line, p);
		place_free(p);
	}
	if (line->running)
		abandon(line, line->running);
	tel__ctx_timer_fini(line->ctx, &line->timer);
	tel__mem_free(tel__ctx_alloc(line->ctx), line, 1, sizeof(*line));
}
