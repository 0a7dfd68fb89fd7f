/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <string.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "wire/regex_i.h"
#include "wire/regex_memory.h"

/*
 * The matcher without backtracking (after Pike and Thompson): a set of threads steps over the subject together, best first;
 * a place of the program is in the set once. Slower than the engine by a factor, but never by more. The engine is asked here
 * only whether a character is of a class.
 */

enum { CLASS_COST = 16 };

typedef enum inst_op {
	OP_RUNE,   /* x: character */
	OP_CLASS,  /* x: number of the class */
	OP_DOT,    /* x: a newline counts too */
	OP_ASSERT, /* x: tel__rx_assert */
	OP_SAVE,   /* x: slot */
	OP_SPLIT,  /* x first, y then */
	OP_JUMP,   /* x */
	OP_MATCH
} inst_op;

typedef struct inst {
	uint32_t op, x, y;
} inst;

typedef struct char_class {
	uint32_t ascii[4];
	pcre2_code *code; /* for the others */
} char_class;

struct tel__rx_linear {
	const tel_alloc *alloc;
	pcre2_general_context *memory;
	inst *prog;
	char_class *classes;
	uint32_t prog_len, prog_cap, class_count, class_cap, slots;
};

void tel__rx_linear_free(tel__rx_linear *l)
{
	const tel_alloc *alloc;
	uint32_t i;

	if (!l)
		return;
	alloc = l->alloc;
	for (i = 0; i < l->class_count; i++)
		pcre2_code_free(l->classes[i].code);
	tel__mem_free(alloc, l->classes, l->class_cap, sizeof(*l->classes));
	tel__mem_free(alloc, l->prog, l->prog_cap, sizeof(*l->prog));
	pcre2_general_context_free(l->memory);
	tel__mem_free(alloc, l, 1, sizeof(*l));
}

/* ---- building ---- */

typedef struct maker {
	tel__rx_linear *l;
	const tel__rx_node *nodes;
	tel_slice classes;
	pcre2_match_data *data;
	uint32_t *class_of; /* by node, 0 = none yet: copies of a repetition share one */
	size_t node_count;
	tel_err rc;         /* TEL_ERR_LIMIT: too long */
} maker;

static uint32_t emit(maker *m, inst_op op, uint32_t x, uint32_t y)
{
	tel__rx_linear *l = m->l;
	uint32_t cap = l->prog_cap ? l->prog_cap * 2 : 64;
	inst *grown;

	if (m->rc != TEL_OK)
		return 0;
	if (l->prog_len == TEL_LIMIT_REGEX_PROGRAM) {
		m->rc = TEL_ERR_LIMIT;
		return 0;
	}
	if (l->prog_len == l->prog_cap) {
		grown = tel__mem_resize(l->alloc, l->prog, l->prog_cap, cap, sizeof(*grown));
		if (!grown) {
			m->rc = TEL_ERR_NOMEM;
			return 0;
		}
		l->prog = grown;
		l->prog_cap = cap;
	}
	l->prog[l->prog_len] = (inst){ op, x, y };
	return l->prog_len++;
}

static bool class_has(const char_class *c, pcre2_match_data *data, const uint8_t *text, size_t len)
{
	return pcre2_match(c->code, text, len, 0, PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED, data, NULL) >= 0;
}

static tel_err compile_class(maker *m, const tel__rx_node *node, char_class *ret)
{
	pcre2_compile_context *options = pcre2_compile_context_create(m->l->memory);
	size_t offset;
	int problem = 0;
	uint8_t c;

	if (!options)
		return TEL_ERR_NOMEM;
	pcre2_set_compile_extra_options(options, PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
	*ret = (char_class){ { 0 }, NULL };
	ret->code = pcre2_compile((PCRE2_SPTR)m->classes.ptr + node->a, node->b,
	                          PCRE2_UTF | PCRE2_NO_UTF_CHECK | (node->flag ? PCRE2_CASELESS : 0), &problem, &offset, options);
	pcre2_compile_context_free(options);
	if (!ret->code)
		return TEL_ERR_NOMEM; /* the whole pattern did compile */
	for (c = 0; c < 128; c++)
		if (class_has(ret, m->data, &c, 1))
			ret->ascii[c / 32] |= 1u << c % 32;
	return TEL_OK;
}

static uint32_t class_number(maker *m, const tel__rx_node *node)
{
	tel__rx_linear *l = m->l;
	uint32_t *known = &m->class_of[node - m->nodes], cap = l->class_cap ? l->class_cap * 2 : 8;
	char_class *grown;

	if (*known || m->rc != TEL_OK)
		return *known ? *known - 1 : 0;
	if (l->class_count == l->class_cap) {
		grown = tel__mem_resize(l->alloc, l->classes, l->class_cap, cap, sizeof(*grown));
		if (!grown) {
			m->rc = TEL_ERR_NOMEM;
			return 0;
		}
		l->classes = grown;
		l->class_cap = cap;
	}
	m->rc = compile_class(m, node, &l->classes[l->class_count]);
	if (m->rc != TEL_OK)
		return 0;
	*known = ++l->class_count;
	return *known - 1;
}

static void make_node(maker *m, uint32_t index);

static void make_branches(maker *m, uint32_t branch)
{
	uint32_t item, split, jump, last = 0;

	/* Ends of all branches but the last jump behind it; until that is known they are chained. */
	for (; branch && m->rc == TEL_OK; branch = m->nodes[branch].next) {
		split = m->nodes[branch].next ? emit(m, OP_SPLIT, m->l->prog_len + 1, 0) : 0;
		for (item = m->nodes[branch].a; item && m->rc == TEL_OK; item = m->nodes[item].next)
			make_node(m, item);
		if (!m->nodes[branch].next)
			break;
		jump = emit(m, OP_JUMP, last, 0);
		if (m->rc != TEL_OK)
			return;
		last = jump + 1;
		m->l->prog[split].y = m->l->prog_len;
	}
	while (last && m->rc == TEL_OK) {
		jump = last - 1;
		last = m->l->prog[jump].x;
		m->l->prog[jump].x = m->l->prog_len;
	}
}

/* A split whose preferred way is in front of the other one, or behind when lazy. */
static void set_split(maker *m, uint32_t at, uint32_t inner, uint32_t outer, bool lazy)
{
	if (m->rc == TEL_OK)
		m->l->prog[at] = (inst){ OP_SPLIT, lazy ? outer : inner, lazy ? inner : outer };
}

static void make_plus(maker *m, uint32_t item, bool lazy)
{
	uint32_t start = m->l->prog_len, split;

	make_node(m, item);
	split = emit(m, OP_SPLIT, 0, 0);
	set_split(m, split, start, m->l->prog_len, lazy);
}

static void make_star(maker *m, uint32_t item, bool lazy)
{
	uint32_t split = emit(m, OP_SPLIT, 0, 0), start = m->l->prog_len;

	if (m->nodes[item].nullable) { /* (x+)?, so that an empty x is not preferred to going on: as in Go */
		make_plus(m, item, lazy);
	} else {
		make_node(m, item);
		emit(m, OP_JUMP, split, 0);
	}
	set_split(m, split, start, m->l->prog_len, lazy);
}

/* x{0,count}: x(x(x)?)? */
static void make_optional(maker *m, uint32_t item, int32_t count, bool lazy)
{
	uint32_t split;

	if (count <= 0 || m->rc != TEL_OK)
		return;
	split = emit(m, OP_SPLIT, 0, 0);
	make_node(m, item);
	make_optional(m, item, count - 1, lazy);
	set_split(m, split, split + 1, m->l->prog_len, lazy);
}

static void make_repeat(maker *m, const tel__rx_node *node)
{
	uint32_t i, plain = node->c < 0 && node->b > 0 ? node->b - 1 : node->b;

	for (i = 0; i < plain && m->rc == TEL_OK; i++)
		make_node(m, node->a);
	if (node->c >= 0)
		make_optional(m, node->a, node->c - (int32_t)node->b, node->flag);
	else if (node->b > 0)
		make_plus(m, node->a, node->flag);
	else
		make_star(m, node->a, node->flag);
}

static void make_node(maker *m, uint32_t index)
{
	const tel__rx_node *node = &m->nodes[index];

	if (m->rc != TEL_OK)
		return;
	switch ((tel__rx_op)node->op) {
	case TEL__RX_RUNE:
		emit(m, OP_RUNE, node->a, 0);
		break;
	case TEL__RX_CLASS:
		emit(m, OP_CLASS, class_number(m, node), 0);
		break;
	case TEL__RX_DOT:
		emit(m, OP_DOT, node->flag, 0);
		break;
	case TEL__RX_ASSERT:
		emit(m, OP_ASSERT, node->a, 0);
		break;
	case TEL__RX_GROUP:
		if (node->b)
			emit(m, OP_SAVE, node->b * 2, 0);
		make_branches(m, node->a);
		if (node->b)
			emit(m, OP_SAVE, node->b * 2 + 1, 0);
		break;
	case TEL__RX_REPEAT:
		make_repeat(m, node);
		break;
	default:
		break;
	}
}

tel_err tel__rx_linear_new(const tel_alloc *alloc, tel_slice nodes, tel_slice classes, uint32_t groups,
                           tel__rx_linear **ret_linear)
{
	maker m = { .nodes = (const tel__rx_node *)(const void *)nodes.ptr, .classes = classes,
		    .node_count = nodes.len / sizeof(tel__rx_node), .rc = TEL_ERR_NOMEM };

	*ret_linear = NULL;
	m.l = tel__mem_zero(alloc, 1, sizeof(*m.l));
	m.class_of = tel__mem_zero(alloc, m.node_count + 1, sizeof(*m.class_of));
	if (m.l)
		m.l->alloc = alloc;
	if (m.l && m.class_of) {
		m.l->slots = groups * 2 + 2;
		m.l->memory = tel__rx_memory(alloc);
		m.data = m.l->memory ? pcre2_match_data_create(1, m.l->memory) : NULL;
	}
	if (m.data) {
		m.rc = TEL_OK;
		emit(&m, OP_SAVE, 0, 0);
		make_node(&m, (uint32_t)m.node_count - 1);
		emit(&m, OP_SAVE, 1, 0);
		emit(&m, OP_MATCH, 0, 0);
	}
	pcre2_match_data_free(m.data);
	tel__mem_free(alloc, m.class_of, m.node_count + 1, sizeof(*m.class_of));
	if (m.rc == TEL_OK)
		*ret_linear = m.l;
	else
		tel__rx_linear_free(m.l);
	return m.rc == TEL_ERR_LIMIT ? TEL_OK : m.rc;
}

/* ---- running ---- */

/* Threads in order of preference; each has its slots. */
typedef struct thread_list {
	uint32_t *dense, *sparse; /* the set of places of the program */
	size_t *slots;
	uint32_t count;
} thread_list;

/* What is still to be done while threads follow what takes no character. */
typedef struct todo {
	uint32_t pc;     /* UINT32_MAX: restore slot to value */
	uint32_t slot;
	size_t value;
} todo;

typedef struct machine {
	const tel__rx_linear *l;
	tel_slice subject;
	thread_list now, next;
	todo *stack;
	size_t *current;      /* slots of the thread that is being followed */
	uint32_t slots;       /* kept; 0: only whether */
	uint64_t budget;
	pcre2_match_data *data;
} machine;

void tel__rx_threads_fini(tel__rx_threads *t)
{
	tel__mem_free(t->alloc, t->block, t->size, 1);
	t->block = NULL;
	t->size = 0;
}

static void *carve(char **at, size_t size)
{
	void *p = *at;

	*at += (size + 15) & ~(size_t)15;
	return p;
}

/* Lays the machine out in the memory of the run. */
static tel_err prepare(machine *m, tel__rx_threads *t)
{
	size_t n = m->l->prog_len, list = n * sizeof(uint32_t) + 16, slots = n * m->slots * sizeof(size_t) + 16;
	size_t stack = (n + 1) * 2 * sizeof(todo) + 16, total = 4 * list + 2 * slots + stack + m->slots * sizeof(size_t) + 16;
	void *block;
	char *at;

	if (total > (size_t)TEL_LIMIT_REGEX_HEAP_KIB * 1024)
		return TEL_ERR_LIMIT;
	if (total > t->size) {
		block = tel__mem_resize(t->alloc, t->block, t->size, total, 1);
		if (!block)
			return TEL_ERR_NOMEM;
		t->block = block;
		t->size = total;
	}
	at = t->block;
	m->now.slots = carve(&at, n * m->slots * sizeof(size_t));
	m->next.slots = carve(&at, n * m->slots * sizeof(size_t));
	m->current = carve(&at, m->slots * sizeof(size_t));
	m->stack = carve(&at, (n + 1) * 2 * sizeof(todo));
	m->now.dense = carve(&at, n * sizeof(uint32_t));
	m->now.sparse = carve(&at, n * sizeof(uint32_t));
	m->next.dense = carve(&at, n * sizeof(uint32_t));
	m->next.sparse = carve(&at, n * sizeof(uint32_t));
	memset(m->now.sparse, 0, n * sizeof(uint32_t));
	memset(m->next.sparse, 0, n * sizeof(uint32_t));
	return TEL_OK;
}

static bool is_word(tel_slice s, size_t at)
{
	char c;

	if (at >= s.len)
		return false;
	c = s.ptr[at];
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static bool holds(const machine *m, uint32_t assertion, size_t pos)
{
	tel_slice s = m->subject;
	bool border = is_word(s, pos) != (pos > 0 && is_word(s, pos - 1));

	switch ((tel__rx_assert)assertion) {
	case TEL__RX_AT_BEGIN: return pos == 0;
	case TEL__RX_AT_END: return pos == s.len;
	case TEL__RX_AT_BEGIN_LINE: return pos == 0 || s.ptr[pos - 1] == '\n';
	case TEL__RX_AT_END_LINE: return pos == s.len || s.ptr[pos] == '\n';
	case TEL__RX_AT_WORD: return border;
	default: return !border;
	}
}

/* Adds the thread at pc and all that it becomes without a character. m->current holds its slots. */
static void add_thread(machine *m, thread_list *list, uint32_t pc, size_t pos)
{
	size_t depth = 0;
	const inst *in;

	m->stack[depth++] = (todo){ pc, 0, 0 };
	while (depth > 0) {
		todo t = m->stack[--depth];

		if (t.pc == UINT32_MAX) {
			m->current[t.slot] = t.value;
			continue;
		}
		if (list->sparse[t.pc] < list->count && list->dense[list->sparse[t.pc]] == t.pc)
			continue;
		list->sparse[t.pc] = list->count;
		list->dense[list->count] = t.pc;
		in = &m->l->prog[t.pc];
		if (m->budget > 0)
			m->budget--;
		if (m->slots && (in->op < OP_ASSERT || in->op == OP_MATCH))
			memcpy(list->slots + (size_t)list->count * m->slots, m->current, m->slots * sizeof(size_t));
		list->count++;
		if (in->op == OP_JUMP) {
			m->stack[depth++] = (todo){ in->x, 0, 0 };
		} else if (in->op == OP_SPLIT) {
			m->stack[depth++] = (todo){ in->y, 0, 0 };
			m->stack[depth++] = (todo){ in->x, 0, 0 };
		} else if (in->op == OP_SAVE) {
			if (in->x < m->slots) {
				m->stack[depth++] = (todo){ UINT32_MAX, in->x, m->current[in->x] };
				m->current[in->x] = pos;
			}
			m->stack[depth++] = (todo){ t.pc + 1, 0, 0 };
		} else if (in->op == OP_ASSERT && holds(m, in->x, pos)) {
			m->stack[depth++] = (todo){ t.pc + 1, 0, 0 };
		}
	}
}

static uint32_t rune_at(tel_slice s, size_t pos, size_t *ret_len)
{
	const uint8_t *p = (const uint8_t *)s.ptr + pos;
	size_t n, i;
	uint32_t c = p[0];

	if (c < 0x80) {
		*ret_len = 1;
		return c;
	}
	n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	c &= 0xffu >> (n + 1);
	for (i = 1; i < n && pos + i < s.len; i++)
		c = c << 6 | (p[i] & 0x3fu);
	*ret_len = i;
	return c;
}

static bool takes(const machine *m, const inst *in, uint32_t c, size_t pos, size_t len)
{
	const char_class *set;

	switch ((inst_op)in->op) {
	case OP_RUNE: return in->x == c;
	case OP_DOT: return in->x || c != '\n';
	case OP_CLASS:
		set = &m->l->classes[in->x];
		if (c < 128)
			return set->ascii[c / 32] >> c % 32 & 1;
		return class_has(set, m->data, (const uint8_t *)m->subject.ptr + pos, len);
	default: return false;
	}
}

/* All threads of now take the character at pos; *ret_matched: the best that ended, its slots in pairs. */
static void step(machine *m, size_t pos, size_t *pairs, bool *ret_matched)
{
	size_t len = 0;
	bool end = pos >= m->subject.len;
	uint32_t c = end ? 0 : rune_at(m->subject, pos, &len), i;

	m->next.count = 0;
	for (i = 0; i < m->now.count; i++) {
		const inst *in = &m->l->prog[m->now.dense[i]];

		if (in->op == OP_MATCH) {
			*ret_matched = true;
			if (m->slots)
				memcpy(pairs, m->now.slots + (size_t)i * m->slots, m->slots * sizeof(size_t));
			return; /* what comes behind is worse */
		}
		if (in->op == OP_CLASS && c >= 128) /* asking the engine costs more */
			m->budget -= m->budget < CLASS_COST ? m->budget : CLASS_COST;
		if (end || in->op >= OP_ASSERT || !takes(m, in, c, pos, len))
			continue;
		if (m->slots)
			memcpy(m->current, m->now.slots + (size_t)i * m->slots, m->slots * sizeof(size_t));
		add_thread(m, &m->next, m->now.dense[i] + 1, pos + len);
	}
}

static tel_err run_machine(machine *m, size_t from, size_t *pairs, bool *ret_found)
{
	size_t pos = from, len;
	bool matched = false;
	thread_list swap;
	uint32_t i;

	for (m->now.count = 0;; pos += len) {
		if (!matched) { /* one more place to begin at, worse than all before */
			for (i = 0; i < m->slots; i++)
				m->current[i] = SIZE_MAX;
			add_thread(m, &m->now, 0, pos);
		}
		if (m->now.count == 0 && matched)
			break;
		step(m, pos, pairs, &matched);
		if (m->budget == 0)
			return TEL_ERR_LIMIT;
		if (pos >= m->subject.len || (matched && m->slots == 0))
			break;
		rune_at(m->subject, pos, &len);
		swap = m->now;
		m->now = m->next;
		m->next = swap;
	}
	*ret_found = matched;
	return TEL_OK;
}

tel_err tel__rx_linear_find(const tel__rx_linear *l, tel__rx_threads *threads, tel_slice subject, size_t from, size_t *pairs,
                            void *data, bool *ret_found)
{
	machine m = { .l = l, .subject = subject, .slots = pairs ? l->slots : 0, .budget = TEL_LIMIT_REGEX_WORK, .data = data };
	tel_err rc = prepare(&m, threads);

	return rc == TEL_OK ? run_machine(&m, from, pairs, ret_found) : rc;
}
