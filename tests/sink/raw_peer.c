/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem, accept4 */
#include "sink/raw_peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "seams/cm.h"

void raw_peer_init(raw_peer *p)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	p->listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(p->listening >= 0);
	assert_int_equal(bind(p->listening, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(p->listening, RAW_PEER_CONNECTIONS), 0);
	assert_int_equal(getsockname(p->listening, (struct sockaddr *)&at, &len), 0);
	p->port = ntohs(at.sin_port);
	p->next = NULL;
	p->requests = 0;
	for (size_t i = 0; i < RAW_PEER_CONNECTIONS; i++)
		p->connections[i].fd = -1;
}

static void hang_up(struct raw_peer_connection *c)
{
	close(c->fd);
	c->fd = -1;
	c->len = 0;
}

void raw_peer_fini(raw_peer *p)
{
	for (size_t i = 0; i < RAW_PEER_CONNECTIONS; i++)
		if (p->connections[i].fd >= 0)
			hang_up(&p->connections[i]);
	close(p->listening);
}

/* Bytes of the request that the buffer begins with; 0 = it is not whole yet. */
static size_t whole_request(const struct raw_peer_connection *c)
{
	const char *end = memmem(c->in, c->len, "\r\n\r\n", 4);
	if (!end)
		return 0;
	size_t head = (size_t)(end - c->in) + 4, body = 0;
	for (const char *line = c->in; line < end;) {
		const char *eol = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
		if (strncasecmp(line, "content-length:", 15) == 0)
			body = strtoul(line + 15, NULL, 10);
		line = eol + 2;
	}
	return c->len >= head + body ? head + body : 0;
}

static void answer(raw_peer *p, struct raw_peer_connection *c, size_t request)
{
	const char *text = p->next ? p->next : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	p->next = NULL;
	p->requests++;
	memmove(c->in, c->in + request, c->len - request);
	c->len -= request;
	assert_int_equal(send(c->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void serve(raw_peer *p, struct raw_peer_connection *c)
{
	ssize_t n;
	size_t request;
	do {
		assert_true(c->len < sizeof c->in - 1);
		n = recv(c->fd, c->in + c->len, sizeof c->in - 1 - c->len, MSG_DONTWAIT);
		c->len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	if (n == 0 || errno != EAGAIN) {
		hang_up(c);
		return;
	}
	while ((request = whole_request(c)) > 0)
		answer(p, c, request);
}

void raw_peer_step(raw_peer *p)
{
	for (size_t i = 0; i < RAW_PEER_CONNECTIONS; i++) {
		struct raw_peer_connection *c = &p->connections[i];
		if (c->fd < 0)
			c->fd = accept4(p->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (c->fd >= 0)
			serve(p, c);
	}
}
