/* SPDX-License-Identifier: Apache-2.0 */
#include "net/admission.h"

#include <string.h>

#include "base/map.h"
#include "net/address.h"

static const uint64_t STALL_NS = 1000000000u; /* a peer that is silent for less is not stalled */

static size_t conn_bytes(const tel__http_server *srv)
{
	return (srv->opts.tls ? 96 : 48) * (size_t)1024;
}

/* What the connections of all servers are charged. */
static size_t charged(tel_ctx *ctx)
{
	size_t sum = 0;
	for (const tel__http_server *srv = tel__ctx_servers(ctx)->first; srv; srv = srv->next)
		sum += srv->conn_count * conn_bytes(srv);
	return sum;
}

typedef uint64_t stall_of(const tel__http_conn *conn);

static uint64_t conn_stall(const tel__http_conn *conn)
{
	return conn->ops->stalled_since ? conn->ops->stalled_since(conn) : UINT64_MAX;
}

static uint64_t body_stall(const tel__http_conn *conn)
{
	return conn->ops->body_stalled_since ? conn->ops->body_stalled_since(conn) : UINT64_MAX;
}

static void look(const tel__http_server *srv, stall_of *stall, tel__http_conn **victim, uint64_t *oldest)
{
	for (tel__http_conn *conn = srv->conns; conn; conn = conn->next) {
		uint64_t since = stall(conn);
		if (since < *oldest) {
			*oldest = since;
			*victim = conn;
		}
	}
}

/* The connection that has stalled longest, of one server or of all; NULL = nobody stalls. *nobody_until: after a search
 * in vain there is none before somebody can have stalled for long enough, since asking costs a peer less than looking
 * costs us. */
static tel__http_conn *find_victim(tel_ctx *ctx, const tel__http_server *only, stall_of *stall, uint64_t *nobody_until)
{
	uint64_t oldest = UINT64_MAX, now = tel__ctx_mono_ns(ctx);
	tel__http_conn *victim = NULL;
	if (now < *nobody_until)
		return NULL;
	if (only)
		look(only, stall, &victim, &oldest);
	else
		for (const tel__http_server *srv = tel__ctx_servers(ctx)->first; srv; srv = srv->next)
			look(srv, stall, &victim, &oldest);
	if (victim && now >= oldest && now - oldest >= STALL_NS)
		return victim;
	*nobody_until = (oldest < now ? oldest : now) + STALL_NS;
	return NULL;
}

static bool evict(tel__http_conn *victim)
{
	if (!victim)
		return false;
	victim->server->stats.closed[TEL__CLOSED_STALLED]++;
	victim->ops->free(victim);
	return true;
}

static bool evict_of(tel__http_server *srv)
{
	return evict(find_victim(srv->ctx, srv, conn_stall, &srv->nobody_until));
}

static bool evict_any(tel_ctx *ctx)
{
	return evict(find_victim(ctx, NULL, conn_stall, &tel__ctx_servers(ctx)->no_conn_until));
}

static bool fits(tel__http_server *srv)
{
	tel__budget_stats stats;
	tel__budget_get(tel__ctx_budget(srv->ctx), &stats);
	return srv->opts.vital || !stats.limit || charged(srv->ctx) + conn_bytes(srv) <= stats.limit / 2;
}

/* The network that a limit per peer counts by: an IPv4 address, or the /64 that a host has to itself. */
static tel__http_who who_is(const char *peer)
{
	tel__http_who who = { 0 };
	tel_slice host;
	uint16_t port;
	tel__address a;
	if (tel__address_split(tel__slice_str(peer), &host, &port, NULL) != TEL_OK || !tel__address_literal(host, port, &a))
		return who;
	if (a.u.sa.sa_family == AF_INET) {
		who.len = sizeof(a.u.in4.sin_addr);
		memcpy(who.bytes, &a.u.in4.sin_addr, who.len);
	} else {
		who.len = sizeof(who.bytes);
		memcpy(who.bytes, &a.u.in6.sin6_addr, who.len);
	}
	return who;
}

static tel_slice who_key(const tel__http_who *who)
{
	return (tel_slice){ (const char *)who->bytes, who->len };
}

static uintptr_t count_of(const tel__http_server *srv, const tel__http_who *who)
{
	void *count = NULL;
	return tel__map_get(srv->by_peer, who_key(who), &count) ? (uintptr_t)count : 0;
}

static bool count_peer(tel__http_server *srv, const tel__http_who *who)
{
	uintptr_t n = count_of(srv, who);
	return n < srv->opts.max_per_peer && tel__map_put(srv->by_peer, who_key(who), (void *)(n + 1), NULL) == TEL_OK;
}

static void uncount_peer(tel__http_server *srv, const tel__http_who *who)
{
	uintptr_t n = count_of(srv, who);
	if (n > 1)
		(void)tel__map_put(srv->by_peer, who_key(who), (void *)(n - 1), NULL); /* the key is there: cannot fail */
	else
		tel__map_remove(srv->by_peer, who_key(who), NULL);
}

static bool refuse(tel__http_server *srv, tel__http_closed why)
{
	srv->stats.closed[why]++;
	return false;
}

bool tel__admission_enter(tel__http_server *srv, const char *peer, tel__http_who *ret_who)
{
	tel__budget *budget = tel__ctx_budget(srv->ctx);
	*ret_who = (tel__http_who){ 0 };
	if (srv->draining)
		return false;
	if (srv->conn_count >= srv->opts.max_connections && !evict_of(srv))
		return refuse(srv, TEL__CLOSED_LIMIT);
	if (!fits(srv) && !evict_any(srv->ctx))
		return refuse(srv, TEL__CLOSED_MEMORY);
	if (srv->by_peer) {
		*ret_who = who_is(peer);
		if (!count_peer(srv, ret_who))
			return refuse(srv, TEL__CLOSED_PER_PEER);
	}
	if (srv->opts.vital) {
		tel__budget_force(budget, conn_bytes(srv));
	} else if (!tel__budget_reserve(budget, conn_bytes(srv)) &&
	           (!evict_any(srv->ctx) || !tel__budget_reserve(budget, conn_bytes(srv)))) {
		if (srv->by_peer)
			uncount_peer(srv, ret_who);
		return refuse(srv, TEL__CLOSED_MEMORY);
	}
	srv->stats.accepted++;
	return true;
}

void tel__admission_leave(tel__http_server *srv, const tel__http_who *who)
{
	if (srv->by_peer)
		uncount_peer(srv, who);
	tel__budget_release(tel__ctx_budget(srv->ctx), conn_bytes(srv));
}

bool tel__admission_make_room(tel_ctx *ctx, size_t bytes)
{
	for (;;) {
		tel__budget_stats stats;
		tel__budget_get(tel__ctx_budget(ctx), &stats);
		if (!stats.limit || (stats.reserved <= stats.limit && stats.limit - stats.reserved >= bytes))
			return true;
		tel__http_conn *victim = find_victim(ctx, NULL, body_stall, &tel__ctx_servers(ctx)->no_body_until);
		if (bytes > stats.limit || !victim)
			return false;
		victim->server->stats.closed[TEL__CLOSED_STALLED]++;
		victim->ops->shed_body(victim);
	}
}
