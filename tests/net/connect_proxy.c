/* SPDX-License-Identifier: Apache-2.0 */
#include "net/connect_proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seams/cm.h"

static void say(tel__stream *s, const char *bytes, size_t len)
{
	size_t sent = 0;
	for (int i = 0; i < 10000 && sent < len; i++) {
		struct iovec iov = { (void *)(uintptr_t)(bytes + sent), len - sent };
		size_t n = 0;
		tel_err rc = tel__stream_writev(s, &iov, 1, &n);
		if (rc != TEL_OK && rc != TEL_ERR_AGAIN)
			return;
		sent += n;
	}
}

static void link_free(proxy_link *l)
{
	connect_proxy *p = l->proxy;
	for (size_t i = 0; i < p->link_count; i++)
		if (p->links[i] == l)
			p->links[i] = p->links[--p->link_count];
	tel__dial_cancel(l->dial);
	tel__stream_free(l->client);
	tel__stream_free(l->origin);
	free(l);
}

/* false: that side has ended. */
static bool copy(tel__stream *from, tel__stream *to)
{
	char bytes[16 * 1024];
	size_t n;
	for (;;) {
		tel_err rc = tel__stream_read(from, bytes, sizeof bytes, &n);
		if (rc == TEL_ERR_AGAIN)
			return true;
		if (rc != TEL_OK)
			return false;
		say(to, bytes, n);
	}
}

static void on_origin(void *user, unsigned got)
{
	proxy_link *l = user;
	(void)got;
	if (!copy(l->origin, l->client))
		link_free(l);
}

static void on_dialed(void *user, tel__stream *s, const tel_error *err)
{
	proxy_link *l = user;
	static const char bad[] = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", ok[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	l->dial = NULL;
	if (err) {
		say(l->client, bad, sizeof bad - 1);
		link_free(l);
		return;
	}
	l->origin = s;
	tel__stream_set_handler(s, on_origin, l);
	(void)tel__stream_want(s, TEL_WANT_READ);
	if (strncmp(l->head, "CONNECT ", 8) == 0) {
		l->proxy->tunnels++;
		say(l->client, ok, sizeof ok - 1);
	} else {
		/* "POST http://name:port/path": the origin gets the path */
		char *url = strchr(l->head, ' ') + 1, *path = strchr(url + 7, '/');
		say(s, l->head, (size_t)(url - l->head));
		say(s, path, l->head_len - (size_t)(path - l->head));
	}
	(void)tel__stream_want(l->client, TEL_WANT_READ);
}

static bool may(const connect_proxy *p, const char *head)
{
	char want[128];
	if (!p->password)
		return true;
	snprintf(want, sizeof want, "\r\nProxy-Authorization: Basic %s\r\n", p->password);
	return strstr(head, want) != NULL;
}

static void answer(proxy_link *l)
{
	connect_proxy *p = l->proxy;
	static const char who[] = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\n"
	                          "Content-Length: 0\r\n\r\n";
	const char *refuse = p->refuse ? p->refuse : may(p, l->head) ? NULL : who;
	p->requests++;
	snprintf(p->seen, sizeof p->seen, "%.2000s", l->head);
	if (p->hang)
		return;
	if (refuse) {
		say(l->client, refuse, strlen(refuse));
		if (refuse != who)
			link_free(l);
		return;
	}
	(void)tel__stream_want(l->client, 0);
	assert_ok(tel__dial_start(p->ctx, TEL_SLICE_LIT("127.0.0.1"), (uint16_t)p->to_port, UINT64_MAX, on_dialed, l, &l->dial,
	                          NULL));
}

static void on_client(void *user, unsigned got)
{
	proxy_link *l = user;
	size_t n;
	(void)got;
	if (l->origin) {
		if (!copy(l->client, l->origin))
			link_free(l);
		return;
	}
	tel_err rc = tel__stream_read(l->client, l->head + l->head_len, sizeof l->head - 1 - l->head_len, &n);
	if (rc == TEL_ERR_AGAIN)
		return;
	if (rc != TEL_OK) {
		link_free(l);
		return;
	}
	l->head_len += n;
	l->head[l->head_len] = 0;
	if (strstr(l->head, "\r\n\r\n"))
		answer(l);
}

static void on_accept(void *user, tel__stream *s)
{
	connect_proxy *p = user;
	proxy_link *l = calloc(1, sizeof *l);
	assert_non_null(l);
	assert_true(p->link_count < PROXY_LINKS);
	l->proxy = p;
	l->client = s;
	p->links[p->link_count++] = l;
	tel__stream_set_handler(s, on_client, l);
	(void)tel__stream_want(s, TEL_WANT_READ);
}

void connect_proxy_open(connect_proxy *p, tel_ctx *ctx, unsigned to_port)
{
	memset(p, 0, sizeof *p);
	p->ctx = ctx;
	p->to_port = to_port;
	assert_ok(tel__listener_new(ctx, TEL_SLICE_LIT("127.0.0.1:0"), on_accept, p, &p->listener, NULL));
	p->port = tel__listener_port(p->listener);
}

void connect_proxy_close(connect_proxy *p)
{
	while (p->link_count)
		link_free(p->links[0]);
	tel__listener_free(p->listener);
}
