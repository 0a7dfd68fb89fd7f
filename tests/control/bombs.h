/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONTROL_BOMBS_H
#define TESTS_CONTROL_BOMBS_H
/* Resources of one megabyte that are meant to hurt: each is a head, a part that is repeated until it is that long (with a
 * number in it, when it has an end), and a tail. */
#include <stddef.h>

enum { BOMB_BYTES = 1 << 20 };

typedef struct bomb {
	const char *name, *head, *part, *part_end, *tail;
	const char *says; /* start of the first finding; NULL: it is taken without one */
} bomb;

extern const bomb bombs[];
extern const size_t bombs_count;

/* NUL-terminated, free() it. */
char *bomb_new(const bomb *b, size_t *ret_len);

#endif
