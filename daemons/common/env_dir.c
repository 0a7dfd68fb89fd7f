/* SPDX-License-Identifier: Apache-2.0 */
#include "common/env_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUIET_S 0.1
#define LOOK_S 10.0      /* beside inotify */
#define LOOK_ALONE_S 2.0 /* without it */
#define CHANGES (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

struct env_dir {
	struct ev_loop *loop;
	const char *path;
	void (*on_change)(void *user);
	void *user;
	uint64_t seen;
	int fd;          /* inotify, or -1 */
	int watch;       /* of the directory, or -1 */
	ev_io io;
	ev_timer quiet;  /* after something moved */
	ev_timer look;
};

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++) /* FNV-1a */
		hash = (hash ^ p[i]) * 1099511628211u;
	return hash;
}

static uint64_t print_file(int dir, const char *name)
{
	uint64_t hash = mix(14695981039346656037u, name, strlen(name));
	struct stat st;

	if (fstatat(dir, name, &st, 0) != 0) /* through the links of a mounted Secret */
		return hash;
	hash = mix(hash, &st.st_dev, sizeof(st.st_dev));
	hash = mix(hash, &st.st_ino, sizeof(st.st_ino));
	hash = mix(hash, &st.st_size, sizeof(st.st_size));
	hash = mix(hash, &st.st_mtim, sizeof(st.st_mtim));
	return mix(hash, &st.st_ctim, sizeof(st.st_ctim));
}

uint64_t env_dir_print(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	uint64_t sum = 1;

	if (!dir)
		return 0;
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.') /* no variable is called so */
			sum += print_file(dirfd(dir), e->d_name);
	closedir(dir);
	return sum ? sum : 1;
}

static void add_watch(env_dir *d)
{
	if (d->fd >= 0 && d->watch < 0)
		d->watch = inotify_add_watch(d->fd, d->path, CHANGES);
}

/* A directory that is not there for a moment, while it is mounted anew, is no change: the variables are not gone. */
static void check(env_dir *d)
{
	uint64_t print = env_dir_print(d->path);

	add_watch(d);
	if (print && print != d->seen) {
		d->seen = print;
		d->on_change(d->user);
	}
}

static void on_io(struct ev_loop *loop, ev_io *w, int events)
{
	env_dir *d = w->data;
	union {
		struct inotify_event event;
		char bytes[4096];
	} in;
	ssize_t n = read(d->fd, &in, sizeof(in));

	(void)events;
	for (ssize_t at = 0; at + (ssize_t)sizeof(in.event) <= n;) {
		struct inotify_event e;
		memcpy(&e, in.bytes + at, sizeof(e));
		if (e.mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF))
			d->watch = -1; /* that directory is gone; there may be another one of the name */
		at += (ssize_t)(sizeof(e) + e.len);
	}
	ev_timer_stop(loop, &d->quiet);
	ev_timer_set(&d->quiet, QUIET_S, 0.);
	ev_timer_start(loop, &d->quiet);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	env_dir *d = w->data;

	(void)loop;
	(void)events;
	if (w == &d->quiet || !ev_is_active(&d->quiet)) /* while files still move, quiet will look */
		check(d);
}

env_dir *env_dir_new(struct ev_loop *loop, const char *path, void (*on_change)(void *user), void *user)
{
	env_dir *d = calloc(1, sizeof(*d));
	double look;

	if (!d)
		return NULL;
	d->loop = loop;
	d->path = path;
	d->on_change = on_change;
	d->user = user;
	d->watch = -1;
	d->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	add_watch(d);
	ev_init(&d->quiet, on_timer);
	look = d->watch >= 0 ? LOOK_S : LOOK_ALONE_S;
	ev_timer_init(&d->look, on_timer, look, look);
	d->quiet.data = d->look.data = d->io.data = d;
	ev_timer_start(loop, &d->look);
	if (d->fd >= 0) {
		ev_io_init(&d->io, on_io, d->fd, EV_READ);
		d->io.data = d;
		ev_io_start(loop, &d->io);
	}
	return d;
}

void env_dir_seen(env_dir *d, uint64_t print)
{
	if (d)
		d->seen = print;
}

void env_dir_free(env_dir *d)
{
	if (!d)
		return;
	ev_timer_stop(d->loop, &d->quiet);
	ev_timer_stop(d->loop, &d->look);
	if (d->fd >= 0) {
		ev_io_stop(d->loop, &d->io);
		close(d->fd);
	}
	free(d);
}
