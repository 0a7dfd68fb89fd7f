/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h" /* memmem: before the first system header */
#include <string.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "base/utf8.h"
#include "wire/regex_i.h"

/*
 * A simple expression is a choice of branches, each: [^] text and dots [gap [text]] [$]. Anchors and groups around the
 * whole choice are taken off first; groups inside of a single branch are kept as marks. What does not fit, or cannot be
 * answered by comparing bytes from the ends, goes to the engine.
 */

enum {
	CHOICE_SEARCH = 8, /* from so many literals on, they are sorted */
	PEEL_MAX = 16      /* groups and anchors around the choice */
};

/* What is left of the pieces when anchors and groups around all of it are gone. */
typedef struct core {
	const tel__rx_piece *in;
	size_t lo, hi, branches;
	bool begin, end, loose;
	uint32_t groups[PEEL_MAX]; /* each as long as the match */
	size_t group_count;
} core;

/* Whether an alternative stands outside of all groups of [lo, hi); *ret_match: the CLOSE of a group at lo, or hi. */
static bool outer_choice(const core *c, size_t *ret_match)
{
	size_t i, depth = 0;
	bool choice = false;

	*ret_match = c->hi;
	for (i = c->lo; i < c->hi; i++) {
		if (c->in[i].kind == TEL__RX_OPEN)
			depth++;
		else if (c->in[i].kind == TEL__RX_CLOSE && --depth == 0 && *ret_match == c->hi)
			*ret_match = i;
		else if (c->in[i].kind == TEL__RX_OR && depth == 0)
			choice = true;
	}
	return choice;
}

static void peel(core *c)
{
	size_t rounds, match;
	const tel__rx_piece *first;

	for (rounds = 0; rounds < PEEL_MAX && c->lo < c->hi && !outer_choice(c, &match); rounds++) {
		first = &c->in[c->lo];
		if (first->kind == TEL__RX_BEGIN) {
			c->begin = true;
			c->lo++;
		} else if (c->in[c->hi - 1].kind == TEL__RX_END) {
			c->end = true;
			c->hi--;
		} else if (first->kind == TEL__RX_OPEN && match == c->hi - 1) {
			if (first->group)
				c->groups[c->group_count++] = first->group;
			c->lo++;
			c->hi--;
		} else {
			return;
		}
	}
}

/* ".*x.*" asks for x, also between anchors if its dots match newlines. */
static void peel_gaps(core *c)
{
	const tel__rx_piece *first, *last;

	if (c->hi - c->lo < 2 || c->branches > 1)
		return;
	first = &c->in[c->lo];
	last = &c->in[c->hi - 1];
	if (first->kind != TEL__RX_GAP || last->kind != TEL__RX_GAP)
		return;
	if (first->some || last->some || (c->begin && !first->newline) || (c->end && !last->newline))
		return;
	c->lo++;
	c->hi--;
	c->begin = c->end = false;
	c->loose = true;
}

/* Counts the branches; false: groups stand in a choice. */
static bool count_branches(core *c)
{
	bool groups = false;
	size_t i;

	c->branches = 1;
	for (i = c->lo; i < c->hi; i++) {
		c->branches += c->in[i].kind == TEL__RX_OR;
		groups = groups || c->in[i].kind == TEL__RX_OPEN;
	}
	return c->branches == 1 || !groups;
}

static bool shape_arrays(tel__rx_shape *s, const tel__rx *rx, size_t branches)
{
	s->text_len = rx->texts.len + 1;
	s->piece_count = rx->pieces.len / sizeof(tel__rx_piece) + 1;
	s->branch_count = branches;
	s->mark_count = (size_t)rx->groups * 2 + 1;
	s->text = tel__mem_new(s->alloc, s->text_len, 1);
	s->pieces = tel__mem_zero(s->alloc, s->piece_count, sizeof(*s->pieces));
	s->branches = tel__mem_zero(s->alloc, branches, sizeof(*s->branches));
	s->marks = tel__mem_zero(s->alloc, s->mark_count, sizeof(*s->marks));
	if (!s->text || !s->pieces || !s->branches || !s->marks)
		return false;
	if (rx->texts.len)
		memcpy(s->text, rx->texts.ptr, rx->texts.len);
	return true;
}

void tel__rx_shape_free(tel__rx_shape *s)
{
	const tel_alloc *alloc;

	if (!s)
		return;
	alloc = s->alloc;
	tel__mem_free(alloc, s->text, s->text_len, 1);
	tel__mem_free(alloc, s->pieces, s->piece_count, sizeof(*s->pieces));
	tel__mem_free(alloc, s->branches, s->branch_count, sizeof(*s->branches));
	tel__mem_free(alloc, s->marks, s->mark_count, sizeof(*s->marks));
	tel__mem_free(alloc, s->sorted, s->branch_count, sizeof(*s->sorted));
	tel__mem_free(alloc, s, 1, sizeof(*s));
}

static void add_text(tel__rx_shape *s, tel__rx_branch *b, size_t *used, const tel__rx_piece *piece)
{
	tel__rx_piece *last = b->front_count ? &s->pieces[*used - 1] : NULL;

	if (b->gap) {
		if (!b->back_len)
			b->back_from = piece->from;
		b->back_len += piece->len;
	} else if (last && last->kind == TEL__RX_TEXT && piece->kind == TEL__RX_TEXT) {
		last->len += piece->len; /* texts of neighbours stand side by side */
	} else {
		s->pieces[(*used)++] = *piece;
		b->front_count++;
	}
}

/* Adds one piece to a branch; false: it does not fit. */
static bool add_piece(tel__rx_shape *s, tel__rx_branch *b, size_t *used, const tel__rx_piece *piece)
{
	switch (piece->kind) {
	case TEL__RX_BEGIN:
		if (b->front_count || b->gap)
			return false;
		b->begin = true;
		return true;
	case TEL__RX_END:
		b->end = true;
		return true;
	case TEL__RX_GAP:
		if (b->gap || b->end)
			return false;
		b->gap = true;
		b->some = piece->some;
		b->newline = piece->newline;
		return true;
	default:
		if (b->end || (b->gap && piece->kind == TEL__RX_ANY))
			return false;
		add_text(s, b, used, piece);
		return true;
	}
}

/* The place now reached in a single branch, for a group that begins or ends here. False: not fixed. */
static bool place(const tel__rx_shape *s, const tel__rx_branch *b, tel__rx_mark *ret)
{
	if (b->gap) {
		*ret = (tel__rx_mark){ b->back_len, true };
		return true;
	}
	if (b->front_count > 1 || (b->front_count && s->pieces[b->front].kind != TEL__RX_TEXT))
		return false;
	*ret = (tel__rx_mark){ b->front_count ? s->pieces[b->front].len : 0, false };
	return true;
}

/* A branch as it was written, in a form that can be answered; *ret_loose: only whether it matches. False: it cannot. */
static bool settle_branch(const tel__rx_shape *s, tel__rx_branch *b, size_t *used, bool *ret_loose)
{
	bool text;

	if (b->gap && !b->some && !b->begin && !b->front_count) { /* ".*x" asks for x */
		b->gap = false;
		*ret_loose = true;
		if (b->back_len) {
			b->front = (uint32_t)*used;
			b->front_count = 1;
			s->pieces[(*used)++] = (tel__rx_piece){ .kind = TEL__RX_TEXT, .from = b->back_from, .len = b->back_len };
		}
	} else if (b->gap && !b->some && !b->end && !b->back_len) { /* "x.*" asks for x */
		b->gap = false;
		*ret_loose = true;
	}
	text = b->front_count == 0 || (b->front_count == 1 && s->pieces[b->front].kind == TEL__RX_TEXT);
	if (b->gap && !b->end)
		*ret_loose = true;
	return b->begin || (!b->gap && text);
}

static bool fill_branches(tel__rx_shape *s, const core *c, uint32_t *open)
{
	size_t i, used = 0, depth = 0;
	tel__rx_branch *b = s->branches;
	bool loose = c->loose, marks = true;

	b->begin = c->begin;
	for (i = c->lo; i < c->hi; i++) {
		if (c->in[i].kind == TEL__RX_OPEN) {
			open[depth++] = c->in[i].group;
			if (c->in[i].group)
				marks &= place(s, b, &s->marks[c->in[i].group * 2 - 2]);
		} else if (c->in[i].kind == TEL__RX_CLOSE) {
			if (open[--depth])
				marks &= place(s, b, &s->marks[open[depth] * 2 - 1]);
		} else if (c->in[i].kind == TEL__RX_OR) {
			b->end |= c->end;
			if (!settle_branch(s, b, &used, &loose))
				return false;
			*++b = (tel__rx_branch){ .front = (uint32_t)used, .begin = c->begin };
		} else if (!add_piece(s, b, &used, &c->in[i])) {
			return false;
		}
	}
	b->end |= c->end;
	for (i = 0; i + 1 < s->mark_count; i++) /* counted from the gap so far */
		if (s->marks[i].from_end)
			s->marks[i].offset = b->back_len - s->marks[i].offset;
	for (i = 0; i < c->group_count; i++)
		s->marks[c->groups[i] * 2 - 1] = (tel__rx_mark){ 0, true };
	if (!settle_branch(s, b, &used, &loose))
		return false;
	s->finds = !loose && marks;
	return true;
}

static tel_slice branch_text(const tel__rx_shape *s, const tel__rx_branch *b)
{
	const tel__rx_piece *piece = &s->pieces[b->front];

	return b->front_count ? (tel_slice){ s->text + piece->from, piece->len } : (tel_slice){ "", 0 };
}

static bool is_text(const tel__rx_shape *s, const tel__rx_branch *b)
{
	return !b->gap && (b->front_count == 0 || (b->front_count == 1 && s->pieces[b->front].kind == TEL__RX_TEXT));
}

/* Merge sort of indices: the texts are foreign, so their order must not cost more than that. */
static void sort_branches(const tel__rx_shape *s, uint32_t *items, uint32_t *spare, size_t n)
{
	size_t half = n / 2, i = 0, j = half, k;

	if (n < 2)
		return;
	sort_branches(s, items, spare, half);
	sort_branches(s, items + half, spare, n - half);
	memcpy(spare, items, n * sizeof(*items));
	for (k = 0; k < n; k++) {
		bool left = j >= n || (i < half && tel__slice_cmp(branch_text(s, &s->branches[spare[i]]),
		                                                  branch_text(s, &s->branches[spare[j]])) <= 0);
		items[k] = left ? spare[i++] : spare[j++];
	}
}

static tel_err sort_choice(tel__rx_shape *s)
{
	uint32_t *spare;
	size_t i;

	if (s->branch_count < CHOICE_SEARCH)
		return TEL_OK;
	for (i = 0; i < s->branch_count; i++)
		if (!s->branches[i].begin || !s->branches[i].end || !is_text(s, &s->branches[i]))
			return TEL_OK;
	s->sorted = tel__mem_new(s->alloc, s->branch_count, sizeof(*s->sorted));
	spare = tel__mem_new(s->alloc, s->branch_count, sizeof(*spare));
	if (s->sorted && spare) {
		for (i = 0; i < s->branch_count; i++)
			s->sorted[i] = (uint32_t)i;
		sort_branches(s, s->sorted, spare, s->branch_count);
	}
	tel__mem_free(s->alloc, spare, s->branch_count, sizeof(*spare));
	return s->sorted && spare ? TEL_OK : TEL_ERR_NOMEM;
}

/* Positions are told by a choice only if each branch is all of the subject, by a single branch without a gap also then. */
static void settle_finds(tel__rx_shape *s)
{
	size_t i;

	for (i = 0; i < s->branch_count; i++)
		if (!(s->branches[i].begin && s->branches[i].end) && (s->branch_count > 1 || !is_text(s, &s->branches[i])))
			s->finds = false;
}

tel_err tel__rx_shape_new(const tel__rx *rx, tel__rx_shape **ret_shape)
{
	core c = { .in = (const tel__rx_piece *)(const void *)rx->pieces.ptr, .hi = rx->pieces.len / sizeof(tel__rx_piece) };
	tel__rx_shape *s;
	size_t open_count = c.hi + 1;
	uint32_t *open;
	tel_err rc = TEL_ERR_NOMEM;
	bool fits = false;

	*ret_shape = NULL;
	if (!rx->simple)
		return TEL_OK;
	peel(&c);
	if (!count_branches(&c))
		return TEL_OK;
	peel_gaps(&c);
	s = tel__mem_zero(rx->alloc, 1, sizeof(*s));
	if (!s)
		return TEL_ERR_NOMEM;
	s->alloc = rx->alloc;
	open = tel__mem_new(rx->alloc, open_count, sizeof(*open));
	if (open && shape_arrays(s, rx, c.branches)) {
		fits = fill_branches(s, &c, open);
		rc = fits ? sort_choice(s) : TEL_OK;
		settle_finds(s);
	}
	tel__mem_free(rx->alloc, open, open_count, sizeof(*open));
	if (rc != TEL_OK || !fits) {
		tel__rx_shape_free(s);
		return rc;
	}
	*ret_shape = s;
	return TEL_OK;
}

bool tel__rx_shape_literal(const tel__rx_shape *s, tel_slice *ret_text)
{
	if (s->branch_count != 1 || !is_text(s, s->branches) || s->branches->begin != s->branches->end || !s->finds)
		return false;
	*ret_text = branch_text(s, s->branches);
	return true;
}

/* The front of a branch at the start of the subject; *ret_pos behind it. */
static bool walk_front(const tel__rx_shape *s, const tel__rx_branch *b, tel_slice subject, size_t *ret_pos)
{
	size_t pos = 0, i, step;

	for (i = b->front; i < b->front + b->front_count; i++) {
		const tel__rx_piece *p = &s->pieces[i];
		if (p->kind == TEL__RX_TEXT) {
			if (subject.len - pos < p->len || memcmp(subject.ptr + pos, s->text + p->from, p->len) != 0)
				return false;
			pos += p->len;
			continue;
		}
		if (pos >= subject.len || (!p->newline && subject.ptr[pos] == '\n'))
			return false;
		step = tel__utf8_step((const uint8_t *)subject.ptr + pos, subject.len - pos);
		pos += step ? step : 1;
	}
	*ret_pos = pos;
	return true;
}

/* What is behind the front, of a branch with a gap. */
static bool walk_gap(const tel__rx_shape *s, const tel__rx_branch *b, tel_slice rest)
{
	tel_slice back = { s->text + b->back_from, b->back_len };
	const char *newline = b->newline || !rest.len ? NULL : memchr(rest.ptr, '\n', rest.len);
	size_t reach = newline ? (size_t)(newline - rest.ptr) : rest.len; /* how far the gap may go */

	if (rest.len < back.len || reach < b->some)
		return false;
	if (b->end)
		return tel__slice_ends(rest, back) && rest.len - back.len >= b->some && rest.len - back.len <= reach;
	if (!back.len)
		return true;
	rest = tel__slice_sub(rest, b->some, rest.len - b->some);
	reach = reach - b->some + back.len;
	return memmem(rest.ptr, reach < rest.len ? reach : rest.len, back.ptr, back.len) != NULL;
}

static bool branch_test(const tel__rx_shape *s, const tel__rx_branch *b, tel_slice subject)
{
	tel_slice text;
	size_t pos;

	if (b->begin) {
		if (!walk_front(s, b, subject, &pos))
			return false;
		if (b->gap)
			return walk_gap(s, b, tel__slice_sub(subject, pos, subject.len - pos));
		return !b->end || pos == subject.len;
	}
	text = branch_text(s, b);
	if (b->end)
		return tel__slice_ends(subject, text);
	return !text.len || (subject.len >= text.len && memmem(subject.ptr, subject.len, text.ptr, text.len) != NULL);
}

bool tel__rx_shape_test(const tel__rx_shape *s, tel_slice subject)
{
	size_t lo = 0, hi = s->branch_count, i;

	if (!subject.len)
		subject.ptr = "";
	while (s->sorted && lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = tel__slice_cmp(subject, branch_text(s, &s->branches[s->sorted[mid]]));
		if (order == 0)
			return true;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	for (i = 0; !s->sorted && i < s->branch_count; i++)
		if (branch_test(s, &s->branches[i], subject))
			return true;
	return false;
}

bool tel__rx_shape_find(const tel__rx_shape *s, tel_slice subject, size_t from, size_t *ret_from, size_t *ret_to)
{
	const tel__rx_branch *b = s->branches;
	tel_slice text, rest;
	const char *at;

	if (b->begin && b->end) {
		*ret_from = 0;
		*ret_to = subject.len;
		return from == 0 && tel__rx_shape_test(s, subject);
	}
	if (!subject.len)
		subject.ptr = "";
	text = branch_text(s, b);
	rest = tel__slice_sub(subject, from, subject.len - from);
	if (rest.len < text.len || (b->begin && from))
		return false;
	at = rest.ptr;
	if (b->end)
		at = rest.ptr + (rest.len - text.len);
	else if (!b->begin && text.len)
		at = memmem(rest.ptr, rest.len, text.ptr, text.len);
	if (!at || (text.len && memcmp(at, text.ptr, text.len) != 0))
		return false;
	*ret_from = (size_t)(at - subject.ptr);
	*ret_to = *ret_from + text.len;
	return true;
}
