/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

#include "base/slice_i.h"

enum {
	WORD_MAX = 64,   /* longer words have no neighbours */
	PART_MIN = 4     /* shorter words are part of too much */
};

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == '-' ? '_' : c;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned least_ab = a < b ? a : b;

	return least_ab < c ? least_ab : c;
}

/* Edits between a and b, each character inserted, left out, replaced or swapped with its neighbour; both folded. An
 * underscore that only one of them has costs nothing: queueSize is queue_size. */
static unsigned distance(tel_slice a, tel_slice b)
{
	unsigned rows[3][WORD_MAX + 1] = { { 0 } };

	for (size_t i = 0; i <= a.len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		for (size_t j = 0; j <= b.len; j++) {
			char x = i ? fold(a.ptr[i - 1]) : 0, y = j ? fold(b.ptr[j - 1]) : 0;
			unsigned best;

			if (i == 0 || j == 0) {
				row[j] = (unsigned)(i + j);
				continue;
			}
			best = least(above[j] + (x != '_'), row[j - 1] + (y != '_'), above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == fold(b.ptr[j - 2]) && y == fold(a.ptr[i - 2]) && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a.len % 3][b.len];
}

/* Does word stand in candidate, between underscores or ends? */
static bool is_part(tel_slice word, tel_slice candidate)
{
	for (size_t i = 0; word.len >= PART_MIN && i + word.len <= candidate.len; i++) {
		size_t end = i + word.len;

		if ((i == 0 || candidate.ptr[i - 1] == '_') && (end == candidate.len || candidate.ptr[end] == '_') &&
		    tel__slice_eq_nocase(tel__slice_sub(candidate, i, word.len), word))
			return true;
	}
	return false;
}

tel__nearest tel__nearest_to(tel_slice word)
{
	/* One edit in a short word, a third of a long one: more would be guessing. */
	unsigned cost = word.len < 3 ? 1 : word.len < 6 ? 2 : (unsigned)(word.len / 3) + 1;

	return (tel__nearest){ .word = word, .best = { NULL, 0 }, .cost = cost, .limit = cost };
}

void tel__nearest_offer(tel__nearest *n, tel_slice candidate)
{
	unsigned cost;

	if (n->word.len == 0 || n->word.len > WORD_MAX || candidate.len > WORD_MAX)
		return;
	cost = distance(n->word, candidate);
	/* "limit" of "limit_mib", "warn" of "warning": better than nothing. */
	if (cost >= n->limit && (is_part(n->word, candidate) || (candidate.len >= PART_MIN && tel__slice_starts(n->word, candidate))))
		cost = n->limit - 1;
	if (cost < n->cost) {
		n->cost = cost;
		n->best = candidate;
	}
}
