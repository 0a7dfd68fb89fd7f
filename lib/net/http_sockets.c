/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SOCK_CLOEXEC, dup3 */
#endif
#include "net/http_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

static bool reserve(tel__http_sockets *s)
{
	size_t cap = s->cap ? 2 * s->cap : 8;
	int *fds;

	if (s->count < s->cap)
		return true;
	fds = tel__mem_resize(s->alloc, s->fds, s->cap, cap, sizeof(*fds));
	if (!fds)
		return false;
	s->fds = fds;
	s->cap = cap;
	return true;
}

static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *addr)
{
	tel__http_sockets *s = user;
	int fd;

	(void)purpose;
	if (!reserve(s))
		return CURL_SOCKET_BAD;
	fd = socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
	if (fd >= 0)
		s->fds[s->count++] = fd;
	return fd;
}

static int on_close(void *user, curl_socket_t fd)
{
	tel__http_sockets *s = user;

	for (size_t i = 0; i < s->count; i++) {
		if (s->fds[i] != fd)
			continue;
		s->fds[i] = s->fds[--s->count];
		break;
	}
	return close(fd);
}

void tel__http_sockets_use(tel__http_sockets *s, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, s);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, s);
}

void tel__http_sockets_detach(tel__http_sockets *s)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < s->count; i++) {
		if (null < 0 || dup3(null, s->fds[i], O_CLOEXEC) < 0)
			close(s->fds[i]); /* then writing fails, which is as good */
	}
	if (null >= 0)
		close(null);
	s->count = 0;
}

void tel__http_sockets_fini(tel__http_sockets *s)
{
	if (s->fds)
		tel__mem_free(s->alloc, s->fds, s->cap, sizeof(*s->fds));
	*s = (tel__http_sockets){ .alloc = s->alloc };
}
