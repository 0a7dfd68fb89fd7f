/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_COMMON_ENV_DIR_H
#define DAEMONS_COMMON_ENV_DIR_H
/*
 * Watches the directory of --env-dir, usually a mounted Secret: Kubernetes writes a new directory beside the old one and
 * swaps the link ..data, so the files change all at once. By inotify, and by looking now and then, which also sees what
 * inotify does not (other machines on a network file system, a directory that is mounted anew).
 */
#include <stdint.h>

#include <ev.h>

typedef struct env_dir env_dir;

/* What the files look like from outside: names, inodes, sizes and times; 0 = the directory cannot be read. */
uint64_t env_dir_print(const char *path);

/* on_change runs from the loop when the print is another one than the last that env_dir_seen() was told, and nothing has
 * moved for 100 ms. NULL: no memory. */
env_dir *env_dir_new(struct ev_loop *loop, const char *path, void (*on_change)(void *user), void *user);
void env_dir_seen(env_dir *d, uint64_t print); /* NULL is fine */
void env_dir_free(env_dir *d);                 /* NULL is fine */

#endif
