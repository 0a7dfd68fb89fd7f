/* SPDX-License-Identifier: Apache-2.0 */
#include "net/h2_keeper.h"

enum { MAX_STRIKES = 2 };
/* grpc-go: a connection without requests has no reason to ask more often, unless permit_without_stream. */
static const uint64_t IDLE_PING_NS = 7200000000000u;

static uint64_t later(uint64_t from, uint64_t by)
{
	return by == 0 || by > UINT64_MAX - from ? UINT64_MAX : from + by;
}

void tel__h2_keeper_init(tel__h2_keeper *k, const tel__http_keepalive *opts, uint64_t now_ns, uint64_t random)
{
	uint64_t fifth = opts->max_age_ns / 5;
	uint64_t age = opts->max_age_ns && fifth ? opts->max_age_ns - fifth / 2 + random % fifth : opts->max_age_ns;
	*k = (tel__h2_keeper){ .opts = opts, .drain_ns = later(now_ns, age), .close_ns = UINT64_MAX };
}

static uint64_t idle_end(const tel__h2_keeper *k, uint64_t idle_since_ns)
{
	return idle_since_ns == UINT64_MAX ? UINT64_MAX : later(idle_since_ns, k->opts->max_idle_ns);
}

/* Bytes of the peer that came after our PING answer it. */
static bool waits_for_pong(const tel__h2_keeper *k, uint64_t received_ns)
{
	return k->pinged_ns && received_ns <= k->pinged_ns;
}

tel__h2_keep tel__h2_keeper_check(tel__h2_keeper *k, uint64_t now_ns, uint64_t idle_since_ns, uint64_t received_ns,
                                  bool draining)
{
	if (now_ns >= k->close_ns)
		return TEL__H2_KEEP_CLOSE;
	if (now_ns >= k->drain_ns) {
		k->drain_ns = UINT64_MAX;
		k->close_ns = later(now_ns, k->opts->age_grace_ns);
		return TEL__H2_KEEP_DRAIN;
	}
	if (!draining && now_ns >= idle_end(k, idle_since_ns))
		return TEL__H2_KEEP_DRAIN;
	if (!k->opts->time_ns)
		return TEL__H2_KEEP;
	if (waits_for_pong(k, received_ns))
		return now_ns >= later(k->pinged_ns, k->opts->timeout_ns) ? TEL__H2_KEEP_GONE : TEL__H2_KEEP;
	return now_ns >= later(received_ns, k->opts->time_ns) ? TEL__H2_KEEP_PING : TEL__H2_KEEP;
}

uint64_t tel__h2_keeper_next(const tel__h2_keeper *k, uint64_t idle_since_ns, uint64_t received_ns, bool draining)
{
	uint64_t next = k->drain_ns < k->close_ns ? k->drain_ns : k->close_ns;
	uint64_t idle = draining ? UINT64_MAX : idle_end(k, idle_since_ns);
	uint64_t ping = waits_for_pong(k, received_ns) ? later(k->pinged_ns, k->opts->timeout_ns)
	                                               : later(received_ns, k->opts->time_ns);
	next = idle < next ? idle : next;
	return ping < next ? ping : next;
}

void tel__h2_keeper_pinged(tel__h2_keeper *k, uint64_t now_ns)
{
	k->pinged_ns = now_ns;
}

bool tel__h2_keeper_take_ping(tel__h2_keeper *k, uint64_t now_ns, bool has_streams)
{
	uint64_t before = k->peer_ping_ns;
	bool forgiven = k->answered, idle = !has_streams && !k->opts->permit_without_stream;
	k->peer_ping_ns = now_ns;
	k->answered = false;
	if (!k->opts->min_time_ns)
		return true;
	if (forgiven)
		k->strikes = 0;
	else if (before && now_ns < later(before, idle ? IDLE_PING_NS : k->opts->min_time_ns))
		k->strikes++;
	return k->strikes <= MAX_STRIKES;
}
