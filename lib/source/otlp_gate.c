/* SPDX-License-Identifier: Apache-2.0 */
/* The gate of a door: who may send. */
#include "base/error_i.h"
#include "base/mem.h"
#include "source/otlp_i.h"

static void refuse(tel__otlp_door *door, tel__http_request *req, tel__refusal reason, const char *why)
{
	tel_error err = TEL_ERROR_INIT;

	/* As in the Collector, where the gate stands in front of what counts points. */
	door->stats.refused_requests[reason]++;
	tel__fail(&err, TEL_ERR_REFUSED, "%s", why);
	door->ops->refuse(door, req, reason, &err);
}

static void end(tel__otlp_door *door, tel__http_request *req, tel__auth_verdict verdict, const char *why)
{
	if (verdict == TEL__AUTH_PASS)
		door->ops->proceed(door, req);
	else if (verdict == TEL__AUTH_REFUSED)
		refuse(door, req, TEL__REFUSED_UNAUTHENTICATED, why);
	else
		refuse(door, req, TEL__REFUSED_AUTH_BUSY, "too many credentials wait to be checked");
}

static void unlink_gate(tel__otlp_gate *g)
{
	*(g->prev ? &g->prev->next : &g->door->gates) = g->next;
	if (g->next)
		g->next->prev = g->prev;
}

static void put_back(tel__otlp_gate *g)
{
	tel__otlp_door *door = g->door;

	if (door->spare_gate)
		tel__mem_free(tel__ctx_alloc(door->receiver->ctx), g, 1, sizeof(*g));
	else
		door->spare_gate = g;
}

static void on_verdict(void *user, tel__auth_verdict verdict, const char *why)
{
	tel__otlp_gate *g = user;
	tel__otlp_door *door = g->door;
	tel__http_request *req = g->req;

	unlink_gate(g);
	put_back(g);
	end(door, req, verdict, why);
}

static tel__otlp_gate *take_gate(tel__otlp_door *door)
{
	tel__otlp_gate *g = door->spare_gate;

	door->spare_gate = NULL;
	return g ? g : tel__mem_new(tel__ctx_alloc(door->receiver->ctx), 1, sizeof(*g));
}

void tel__otlp_gate_enter(tel__otlp_door *door, tel__http_request *req)
{
	tel__otlp_gate *g = take_gate(door);
	tel__auth_verdict verdict;
	const char *why = "";

	if (!g) {
		end(door, req, TEL__AUTH_BUSY, why);
		return;
	}
	*g = (tel__otlp_gate){ .check = { .on_verdict = on_verdict, .user = g }, .door = door, .req = req };
	verdict = door->auth->server->check(door->auth->impl, req, &g->check, &why);
	if (verdict != TEL__AUTH_LATER) {
		put_back(g);
		end(door, req, verdict, why);
		return;
	}
	g->next = door->gates;
	if (g->next)
		g->next->prev = g;
	door->gates = g;
}

bool tel__otlp_gate_leave(tel__otlp_door *door, const tel__http_request *req)
{
	tel__otlp_gate *g = door->gates;

	while (g && g->req != req)
		g = g->next;
	if (!g)
		return false;
	door->auth->server->drop(door->auth->impl, &g->check);
	unlink_gate(g);
	put_back(g);
	return true;
}

void tel__otlp_gate_fini(tel__otlp_door *door)
{
	if (door->spare_gate)
		tel__mem_free(tel__ctx_alloc(door->receiver->ctx), door->spare_gate, 1, sizeof(*door->spare_gate));
	door->spare_gate = NULL;
}
