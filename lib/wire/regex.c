/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "wire/regex.h"

#include <pcre2.h>
#include <stdatomic.h>
#include <string.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sized.h"
#include "base/slice_i.h"
#include "base/utf8.h"
#include "wire/regex_i.h"
#include "wire/regex_memory.h"

enum {
	COMPILE_NOMEM = 121,       /* of pcre2_compile() */
	DEPTH_MAX = 2 * TEL_LIMIT_REGEX_DEPTH + 8
};

struct tel__regex {
	const tel_alloc *alloc;
	char *pattern;             /* as given, for names */
	size_t pattern_len, lead;
	tel__rx_shape *shape;      /* NULL: the engine */
	pcre2_code *code;          /* NULL: the shape tells all */
	_Atomic(tel__rx_linear *) linear; /* made when the engine does not do; NULL: not yet */
	tel__rx_node *nodes;       /* what it is made from */
	char *classes;
	size_t node_count, classes_len;
	tel__rx_name *names;       /* of named groups */
	size_t name_count, groups; /* groups with the whole */
	bool anchored;             /* it can match at the start alone */
	bool empty_rounds;         /* something that may be empty is repeated: the engine would go about it as Perl does */
};

struct tel__regex_run {
	const tel_alloc *alloc;
	pcre2_general_context *memory;
	pcre2_match_context *options;
	pcre2_match_data *data;
	uint32_t data_pairs;       /* data has room for */
	tel__rx_threads threads;
	size_t *pairs;             /* two per group, of the matcher without backtracking */
	size_t pair_cap;
	/* the match */
	tel_slice subject;         /* as given */
	tel_slice clean;           /* as the engine sees it */
	tel__dynbuf rewritten;     /* clean, when the subject is not UTF-8 */
	tel__dynbuf origin;        /* uint32_t per byte of rewritten and one more: where it stands in subject */
	bool mapped, forced;
	tel__regex_span *spans;
	size_t span_cap, span_count;
	size_t next, last_end;     /* where to go on; end of the match before. Bytes of subject */
};

pcre2_general_context *tel__rx_memory(const tel_alloc *alloc)
{
	return pcre2_general_context_create(tel__sized_malloc, tel__sized_free, (void *)(uintptr_t)alloc);
}

void tel__regex_free(tel__regex *re)
{
	const tel_alloc *alloc;

	if (!re)
		return;
	alloc = re->alloc;
	pcre2_code_free(re->code);
	tel__rx_linear_free(re->linear);
	tel__mem_free(alloc, re->nodes, re->node_count, sizeof(*re->nodes));
	tel__mem_free(alloc, re->classes, re->classes_len + 1, 1);
	tel__rx_shape_free(re->shape);
	tel__mem_free(alloc, re->pattern, re->pattern_len + 1, 1);
	tel__mem_free(alloc, re->names, re->name_count, sizeof(*re->names));
	tel__mem_free(alloc, re, 1, sizeof(*re));
}

/* One pattern of ours for the engine. */
static tel_err engine_compile(const tel__rx *rx, tel_slice text, uint32_t options, pcre2_code **ret_code)
{
	pcre2_general_context *memory = tel__rx_memory(rx->alloc);
	pcre2_compile_context *context = memory ? pcre2_compile_context_create(memory) : NULL;
	size_t offset;
	int problem = PCRE2_ERROR_NOMEMORY;

	if (context) {
		pcre2_set_parens_nest_limit(context, DEPTH_MAX);
		pcre2_set_newline(context, PCRE2_NEWLINE_LF);
		pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
		*ret_code = pcre2_compile((PCRE2_SPTR)text.ptr, text.len,
		                          options | PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C, &problem, &offset,
		                          context);
	}
	pcre2_compile_context_free(context);
	pcre2_general_context_free(memory);
	if (*ret_code)
		return TEL_OK;
	return problem == PCRE2_ERROR_NOMEMORY || problem == COMPILE_NOMEM ? TEL_ERR_NOMEM : TEL_ERR_LIMIT;
}

/* The engine's program, and the tree for the other matcher. */
static tel_err compile_engine(tel__regex *re, tel__rx *rx)
{
	size_t count = rx->nodes.len / sizeof(*re->nodes);
	uint32_t options = 0;
	tel_err rc = engine_compile(rx, tel__dynbuf_get(&rx->out), 0, &re->code);

	if (rc != TEL_OK)
		return rc;
	pcre2_pattern_info(re->code, PCRE2_INFO_ALLOPTIONS, &options);
	re->anchored = options & PCRE2_ANCHORED;
	re->nodes = tel__mem_new(re->alloc, count, sizeof(*re->nodes));
	re->node_count = re->nodes ? count : 0;
	re->classes = tel__mem_new(re->alloc, rx->classes.len + 1, 1);
	re->classes_len = re->classes ? rx->classes.len : 0;
	if (!re->nodes || !re->classes)
		return TEL_ERR_NOMEM;
	memcpy(re->nodes, rx->nodes.ptr, rx->nodes.len);
	for (size_t i = 0; i < count; i++)
		if (re->nodes[i].op == TEL__RX_REPEAT && re->nodes[re->nodes[i].a].nullable)
			re->empty_rounds = true;
	if (rx->classes.len)
		memcpy(re->classes, rx->classes.ptr, rx->classes.len);
	return TEL_OK;
}

static tel_err keep_names(tel__regex *re, const tel__rx *rx, tel_slice pattern)
{
	re->pattern = tel__mem_new(re->alloc, pattern.len + 1, 1);
	if (!re->pattern)
		return TEL_ERR_NOMEM;
	re->pattern_len = pattern.len;
	if (pattern.len)
		memcpy(re->pattern, pattern.ptr, pattern.len);
	re->name_count = rx->names.len / sizeof(*re->names);
	re->lead = rx->lead;
	re->groups = (size_t)rx->groups + 1;
	if (!re->name_count)
		return TEL_OK;
	re->names = tel__mem_new(re->alloc, re->name_count, sizeof(*re->names));
	if (!re->names) {
		re->name_count = 0;
		return TEL_ERR_NOMEM;
	}
	memcpy(re->names, rx->names.ptr, rx->names.len);
	return TEL_OK;
}

/* What was read, as an expression. */
static tel_err finish(tel__rx *rx, tel_slice pattern, tel__regex **ret_re)
{
	tel__regex *re = tel__mem_zero(rx->alloc, 1, sizeof(*re));
	tel_err rc;

	if (!re)
		return tel__fail_nomem(rx->err);
	re->alloc = rx->alloc;
	rc = keep_names(re, rx, pattern);
	if (rc == TEL_OK)
		rc = tel__rx_shape_new(rx, &re->shape);
	if (rc == TEL_OK && !(re->shape && re->shape->finds))
		rc = compile_engine(re, rx);
	if (rc == TEL_OK) {
		*ret_re = re;
		return TEL_OK;
	}
	tel__regex_free(re);
	if (rc == TEL_ERR_NOMEM)
		return tel__fail_nomem(rx->err);
	tel__rx_fail(rx, "expression too large", 0, rx->text.len);
	if (rx->err)
		rx->err->code = rc;
	return rc;
}

/* Pattern and what its flags put around it. */
static tel_err wrap(tel__dynbuf *text, tel_slice pattern, unsigned flags, size_t *ret_lead)
{
	bool around = flags & (TEL__REGEX_PROMETHEUS | TEL__REGEX_WHOLE);

	if (around)
		tel__dynbuf_puts(text, flags & TEL__REGEX_PROMETHEUS ? "^(?s:" : "^(?:");
	*ret_lead = text->len;
	tel__dynbuf_slice(text, pattern);
	if (around)
		tel__dynbuf_puts(text, ")$");
	return tel__dynbuf_error(text);
}

tel_err tel__regex_new(const tel_alloc *alloc, tel_slice pattern, unsigned flags, tel__regex **ret_re, tel_error *err)
{
	tel__dynbuf text;
	tel__rx rx;
	size_t lead;
	tel_err rc;

	alloc = tel__alloc_or_default(alloc);
	if (pattern.len > TEL_LIMIT_REGEX_BYTES)
		return tel__fail(err, TEL_ERR_LIMIT, "error parsing regexp: expression too large: %zu bytes, %d at most", pattern.len,
		                 (int)TEL_LIMIT_REGEX_BYTES);
	tel__dynbuf_init(&text, alloc, pattern.len + 16);
	rc = wrap(&text, pattern, flags, &lead);
	if (rc == TEL_OK) {
		tel__rx_init(&rx, alloc, tel__dynbuf_get(&text), lead, err);
		rc = tel__rx_read(&rx);
		if (rc == TEL_OK)
			rc = finish(&rx, pattern, ret_re);
		tel__rx_fini(&rx);
	} else {
		tel__fail_nomem(err);
	}
	tel__dynbuf_fini(&text);
	return rc;
}

tel_err tel__regex_check(const tel_alloc *alloc, tel_slice pattern, unsigned flags, tel_error *err)
{
	tel__regex *re = NULL;
	tel_err rc = tel__regex_new(alloc, pattern, flags, &re, err);

	tel__regex_free(re);
	return rc;
}

size_t tel__regex_groups(const tel__regex *re)
{
	return re->groups;
}

static tel_slice name_text(const tel__regex *re, const tel__rx_name *name)
{
	return (tel_slice){ re->pattern + (name->from - re->lead), name->len };
}

tel_slice tel__regex_group_name(const tel__regex *re, size_t group)
{
	size_t i;

	for (i = 0; i < re->name_count; i++)
		if (re->names[i].group == group)
			return name_text(re, &re->names[i]);
	return (tel_slice){ "", 0 };
}

bool tel__regex_literal(const tel__regex *re, tel_slice *ret_text)
{
	return re->shape && tel__rx_shape_literal(re->shape, ret_text);
}

const char *tel__regex_method(const tel__regex *re)
{
	tel_slice text;

	if (!re->shape)
		return "engine";
	if (re->shape->branch_count > 1)
		return "choice";
	return tel__regex_literal(re, &text) ? "literal" : "affixes";
}

tel_err tel__regex_run_new(const tel_alloc *alloc, tel__regex_run **ret_run)
{
	tel__regex_run *run;

	alloc = tel__alloc_or_default(alloc);
	run = tel__mem_zero(alloc, 1, sizeof(*run));
	if (!run)
		return TEL_ERR_NOMEM;
	run->alloc = run->threads.alloc = alloc;
	tel__dynbuf_init(&run->rewritten, alloc, (size_t)UINT32_MAX);
	tel__dynbuf_init(&run->origin, alloc, (size_t)UINT32_MAX);
	*ret_run = run;
	return TEL_OK;
}

void tel__regex_run_free(tel__regex_run *run)
{
	if (!run)
		return;
	pcre2_match_data_free(run->data);
	pcre2_match_context_free(run->options);
	pcre2_general_context_free(run->memory);
	tel__rx_threads_fini(&run->threads);
	tel__mem_free(run->alloc, run->pairs, run->pair_cap, sizeof(*run->pairs));
	tel__mem_free(run->alloc, run->spans, run->span_cap, sizeof(*run->spans));
	tel__dynbuf_fini(&run->rewritten);
	tel__dynbuf_fini(&run->origin);
	tel__mem_free(run->alloc, run, 1, sizeof(*run));
}

void tel__regex_run_force_linear(tel__regex_run *run)
{
	run->forced = true;
}

/* Contexts and room for the groups of re. */
static tel_err prepare_engine(tel__regex_run *run, const tel__regex *re)
{
	uint32_t pairs = re->groups < 16 ? 16 : (uint32_t)re->groups;

	if (!run->memory)
		run->memory = tel__rx_memory(run->alloc);
	if (run->memory && !run->options) {
		run->options = pcre2_match_context_create(run->memory);
		if (run->options)
			pcre2_set_heap_limit(run->options, TEL_LIMIT_REGEX_HEAP_KIB);
	}
	if (run->options && run->data_pairs < pairs) {
		pcre2_match_data_free(run->data);
		run->data = pcre2_match_data_create(pairs, run->memory);
		run->data_pairs = run->data ? pairs : 0;
	}
	return run->data && run->options ? TEL_OK : TEL_ERR_NOMEM;
}

/* The subject for the engine: each byte that is not part of UTF-8 becomes U+FFFD, as Go reads it. */
static tel_err rewrite(tel__regex_run *run, size_t valid)
{
	tel_slice s = run->subject;
	size_t pos = 0, step, i;
	uint32_t at;

	tel__dynbuf_reset(&run->rewritten);
	tel__dynbuf_reset(&run->origin);
	while (pos < s.len) {
		step = pos < valid ? 1 : tel__utf8_step((const uint8_t *)s.ptr + pos, s.len - pos);
		if (step)
			tel__dynbuf_put(&run->rewritten, s.ptr + pos, step);
		else
			tel__dynbuf_puts(&run->rewritten, "\xef\xbf\xbd");
		for (i = 0; i < (step ? step : 3); i++) {
			at = (uint32_t)(pos + (step ? i : 0));
			tel__dynbuf_put(&run->origin, &at, sizeof(at));
		}
		pos += step ? step : 1;
	}
	at = (uint32_t)s.len;
	tel__dynbuf_put(&run->origin, &at, sizeof(at));
	run->clean = tel__dynbuf_get(&run->rewritten);
	run->mapped = true;
	return tel__dynbuf_error(&run->rewritten) != TEL_OK ? tel__dynbuf_error(&run->rewritten) : tel__dynbuf_error(&run->origin);
}

static tel_err begin_subject(tel__regex_run *run, tel_slice subject, bool engine)
{
	size_t valid;

	if (!subject.len)
		subject.ptr = "";
	run->subject = run->clean = subject;
	run->mapped = false;
	run->span_count = run->next = run->last_end = 0;
	if (!engine)
		return TEL_OK;
	valid = tel__utf8_error(subject);
	return valid == subject.len ? TEL_OK : rewrite(run, valid);
}

static tel_err fail_match(tel_error *err, tel_err rc)
{
	if (rc == TEL_ERR_NOMEM)
		return tel__fail_nomem(err);
	return tel__fail(err, rc, "matching the regular expression took too many steps or too much memory");
}

/* Steps for each place where a match may begin. One may look at the whole subject, so that is counted too. */
static void limit_steps(tel__regex_run *run, const tel__regex *re)
{
	size_t length = run->clean.len + 1, steps = TEL_LIMIT_REGEX_STEPS / (re->anchored ? length : length * length);

	pcre2_set_match_limit(run->options, steps > TEL_LIMIT_REGEX_PLACE_STEPS ? (uint32_t)steps : TEL_LIMIT_REGEX_PLACE_STEPS);
}

/* One answer of the engine as ours; a match is any result from 0 on. */
static tel_err judge(int result, bool *ret_yes)
{
	switch (result) {
	case PCRE2_ERROR_NOMATCH:
		*ret_yes = false;
		return TEL_OK;
	case PCRE2_ERROR_NOMEMORY:
		return TEL_ERR_NOMEM;
	default:
		*ret_yes = result >= 0;
		return result >= 0 ? TEL_OK : TEL_ERR_LIMIT;
	}
}

/* The other matcher's program. Two threads may both make it; one is kept. */
static tel_err linear_of(const tel__regex *re, tel__rx_linear **ret_linear)
{
	tel__regex *own = (tel__regex *)(uintptr_t)re; /* what it means does not change */
	tel__rx_linear *made, *before = NULL;
	tel_err rc;

	*ret_linear = atomic_load_explicit(&own->linear, memory_order_acquire);
	if (*ret_linear)
		return TEL_OK;
	rc = tel__rx_linear_new(re->alloc, (tel_slice){ (const char *)re->nodes, re->node_count * sizeof(*re->nodes) },
	                        (tel_slice){ re->classes, re->classes_len }, (uint32_t)re->groups - 1, &made);
	if (rc != TEL_OK || !made)
		return rc == TEL_OK ? TEL_ERR_LIMIT : rc;
	*ret_linear = made;
	if (!atomic_compare_exchange_strong(&own->linear, &before, made)) {
		tel__rx_linear_free(made);
		*ret_linear = before;
	}
	return TEL_OK;
}

/* pairs NULL: only whether. */
static tel_err match_linear(tel__regex_run *run, const tel__regex *re, size_t from, size_t *pairs, bool *ret_found)
{
	tel__rx_linear *linear;
	tel_err rc = linear_of(re, &linear);

	return rc == TEL_OK ? tel__rx_linear_find(linear, &run->threads, run->clean, from, pairs, run->data, ret_found) : rc;
}

/* Whether the engine is tried first: where its worst is bearable. */
static bool engine_first(const tel__regex_run *run, const tel__regex *re)
{
	return run->clean.len <= TEL_LIMIT_REGEX_LINEAR_BYTES && !run->forced && !re->empty_rounds;
}

static tel_err match_engine(tel__regex_run *run, const tel__regex *re, size_t from, bool *ret_found)
{
	limit_steps(run, re);
	return judge(pcre2_match(re->code, (PCRE2_SPTR)run->clean.ptr, run->clean.len, from, PCRE2_NO_UTF_CHECK, run->data,
	                         run->options), ret_found);
}

tel_err tel__regex_test(tel__regex_run *run, const tel__regex *re, tel_slice subject, bool *ret_yes, tel_error *err)
{
	tel_err rc = TEL_ERR_LIMIT;

	if (re->shape) {
		*ret_yes = tel__rx_shape_test(re->shape, subject);
		return TEL_OK;
	}
	if (begin_subject(run, subject, true) != TEL_OK || prepare_engine(run, re) != TEL_OK)
		return fail_match(err, TEL_ERR_NOMEM);
	if (engine_first(run, re))
		rc = match_engine(run, re, 0, ret_yes);
	if (rc == TEL_ERR_LIMIT)
		rc = match_linear(run, re, 0, NULL, ret_yes);
	return rc == TEL_OK ? TEL_OK : fail_match(err, rc);
}

static bool room_for_spans(tel__regex_run *run, size_t count)
{
	tel__regex_span *grown;

	if (count <= run->span_cap)
		return true;
	grown = tel__mem_resize(run->alloc, run->spans, run->span_cap, count, sizeof(*grown));
	if (!grown)
		return false;
	run->spans = grown;
	run->span_cap = count;
	return true;
}

static void spans_of_shape(tel__regex_run *run, const tel__regex *re, size_t from, size_t to)
{
	const tel__rx_mark *marks = re->shape->marks;
	size_t i;

	run->spans[0] = (tel__regex_span){ from, to };
	for (i = 1; i < re->groups; i++) {
		const tel__rx_mark *a = &marks[i * 2 - 2], *b = &marks[i * 2 - 1];
		run->spans[i].from = a->from_end ? to - a->offset : from + a->offset;
		run->spans[i].to = b->from_end ? to - b->offset : from + b->offset;
	}
}

/* Where a byte of clean stands in the subject. */
static size_t origin_of(const tel__regex_run *run, size_t at)
{
	uint32_t value;

	if (!run->mapped)
		return at;
	memcpy(&value, run->origin.ptr + at * sizeof(value), sizeof(value));
	return value;
}

/* Where a byte of the subject stands in clean: the first that came from it. */
static size_t clean_of(const tel__regex_run *run, size_t at)
{
	size_t lo = 0, hi = run->clean.len;

	while (run->mapped && lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (origin_of(run, mid) < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return run->mapped ? lo : at;
}

static void spans_of_pairs(tel__regex_run *run, const tel__regex *re, const size_t *pairs)
{
	size_t i;

	for (i = 0; i < re->groups; i++) {
		bool set = pairs[i * 2] != PCRE2_UNSET;
		run->spans[i].from = set ? origin_of(run, pairs[i * 2]) : TEL__REGEX_UNSET;
		run->spans[i].to = set ? origin_of(run, pairs[i * 2 + 1]) : TEL__REGEX_UNSET;
	}
}

static bool room_for_pairs(tel__regex_run *run, size_t count)
{
	size_t *grown;

	if (count <= run->pair_cap)
		return true;
	grown = tel__mem_resize(run->alloc, run->pairs, run->pair_cap, count, sizeof(*grown));
	if (!grown)
		return false;
	run->pairs = grown;
	run->pair_cap = count;
	return true;
}

static tel_err search_engine(tel__regex_run *run, const tel__regex *re, bool *ret_found)
{
	const size_t *pairs = NULL;
	size_t from = clean_of(run, run->next);
	tel_err rc = prepare_engine(run, re);

	if (rc == TEL_OK && engine_first(run, re)) {
		rc = match_engine(run, re, from, ret_found);
		pairs = pcre2_get_ovector_pointer(run->data);
	} else if (rc == TEL_OK) {
		rc = TEL_ERR_LIMIT;
	}
	if (rc == TEL_ERR_LIMIT) {
		rc = room_for_pairs(run, re->groups * 2) ? match_linear(run, re, from, run->pairs, ret_found) : TEL_ERR_NOMEM;
		pairs = run->pairs;
	}
	if (rc == TEL_OK && *ret_found)
		spans_of_pairs(run, re, pairs);
	return rc;
}

/* The leftmost match at or behind run->next. */
static tel_err search(tel__regex_run *run, const tel__regex *re, bool *ret_found, tel_error *err)
{
	bool found = false;
	size_t from, to;
	tel_err rc = TEL_OK;

	run->span_count = 0;
	if (!room_for_spans(run, re->groups))
		return fail_match(err, TEL_ERR_NOMEM);
	if (re->shape && re->shape->finds) {
		found = tel__rx_shape_find(re->shape, run->subject, run->next, &from, &to);
		if (found)
			spans_of_shape(run, re, from, to);
	} else {
		rc = search_engine(run, re, &found);
		if (rc != TEL_OK)
			return fail_match(err, rc);
	}
	run->span_count = found ? re->groups : 0;
	*ret_found = found;
	return TEL_OK;
}

tel_err tel__regex_find(tel__regex_run *run, const tel__regex *re, tel_slice subject, bool *ret_found, tel_error *err)
{
	tel_err rc = begin_subject(run, subject, !(re->shape && re->shape->finds));

	return rc == TEL_OK ? search(run, re, ret_found, err) : fail_match(err, TEL_ERR_NOMEM);
}

/* Length of the character of the subject at pos; 1 for what is not UTF-8 and at the end. */
static size_t step_at(const tel__regex_run *run, size_t pos)
{
	size_t step = 0;

	if (pos < run->subject.len)
		step = tel__utf8_step((const uint8_t *)run->subject.ptr + pos, run->subject.len - pos);
	return step ? step : 1;
}

tel_err tel__regex_find_next(tel__regex_run *run, const tel__regex *re, bool *ret_found, tel_error *err)
{
	tel__regex_span last = tel__regex_span_get(run, 0);
	bool found = run->span_count > 0;
	tel_err rc;

	while (found) {
		/* Behind the match, but by a character at least. */
		run->next = last.to > run->next ? last.to : run->next + step_at(run, run->next);
		run->last_end = last.to;
		found = run->next <= run->subject.len;
		if (!found)
			break;
		rc = search(run, re, &found, err);
		if (rc != TEL_OK)
			return rc;
		last = tel__regex_span_get(run, 0);
		if (found && last.to > run->last_end)
			break;
	}
	if (!found)
		run->span_count = 0;
	*ret_found = found;
	return TEL_OK;
}

tel__regex_span tel__regex_span_get(const tel__regex_run *run, size_t group)
{
	return group < run->span_count ? run->spans[group] : (tel__regex_span){ TEL__REGEX_UNSET, TEL__REGEX_UNSET };
}

tel_slice tel__regex_group(const tel__regex_run *run, size_t group)
{
	tel__regex_span span = tel__regex_span_get(run, group);

	return span.from == TEL__REGEX_UNSET ? (tel_slice){ "", 0 }
	                                     : tel__slice_sub(run->subject, span.from, span.to - span.from);
}

bool tel__regex_template_is_plain(tel_slice template_text)
{
	return tel__slice_find(template_text, '$') == template_text.len;
}

/* Bytes of the letter, digit or '_' at pos; 0: another one. Of what is not ASCII, the blocks of signs are none. */
static size_t name_step(tel_slice text, size_t pos)
{
	const uint8_t *p = (const uint8_t *)text.ptr + pos;
	size_t step = pos < text.len ? tel__utf8_step(p, text.len - pos) : 0;

	if (step == 1)
		return (p[0] >= '0' && p[0] <= '9') || ((p[0] | 0x20) >= 'a' && (p[0] | 0x20) <= 'z') || p[0] == '_';
	if (step == 2 && p[0] == 0xc2)
		return p[1] == 0xaa || p[1] == 0xb5 || p[1] == 0xba ? 2 : 0;
	if (step == 2 && p[0] == 0xc3)
		return p[1] == 0x97 || p[1] == 0xb7 ? 0 : 2;
	if (step == 3 && ((p[0] == 0xe2 && p[1] < 0xb0) || (p[0] == 0xe3 && p[1] == 0x80) || (p[0] == 0xef && p[1] == 0xbf)))
		return 0;
	return step == 4 && p[0] == 0xf0 && p[1] == 0x9f ? 0 : step;
}

/* Appends the group with this name or number; nothing when there is none. */
static void put_named(const tel__regex_run *run, const tel__regex *re, tel_slice name, tel__dynbuf *out)
{
	size_t number = 0, i;
	bool digits = name.len == 1 || name.ptr[0] != '0';

	for (i = 0; i < name.len && digits; i++) {
		digits = name.ptr[i] >= '0' && name.ptr[i] <= '9' && number < 100000000;
		number = number * 10 + (size_t)(name.ptr[i] - '0');
	}
	if (digits) {
		tel__dynbuf_slice(out, tel__regex_group(run, number));
		return;
	}
	for (i = 0; i < re->name_count; i++) /* the first one that took part */
		if (tel__slice_eq(name_text(re, &re->names[i]), name) &&
		    tel__regex_span_get(run, re->names[i].group).from != TEL__REGEX_UNSET) {
			tel__dynbuf_slice(out, tel__regex_group(run, re->names[i].group));
			return;
		}
}

void tel__regex_expand(const tel__regex_run *run, const tel__regex *re, tel_slice text, tel__dynbuf *out)
{
	size_t pos = 0, end, step;
	tel_slice rest;
	bool brace;

	while (pos < text.len) {
		rest = tel__slice_sub(text, pos, text.len - pos);
		end = tel__slice_find(rest, '$');
		tel__dynbuf_slice(out, tel__slice_sub(rest, 0, end));
		pos += end + 1;
		if (end == rest.len)
			return;
		if (pos < text.len && text.ptr[pos] == '$') {
			tel__dynbuf_byte(out, '$');
			pos++;
			continue;
		}
		brace = pos < text.len && text.ptr[pos] == '{';
		for (end = pos + brace; (step = name_step(text, end)) > 0;)
			end += step;
		if (end == pos + brace || (brace && (end >= text.len || text.ptr[end] != '}'))) {
			tel__dynbuf_byte(out, '$');
			continue;
		}
		put_named(run, re, tel__slice_sub(text, pos + brace, end - pos - brace), out);
		pos = end + brace;
	}
}

tel_err tel__regex_replace_all(tel__regex_run *run, const tel__regex *re, tel_slice subject, tel_slice template_text,
                               tel__dynbuf *out, size_t *ret_count, tel_error *err)
{
	size_t done = 0, count = 0;
	tel__regex_span span;
	bool found;
	tel_err rc = tel__regex_find(run, re, subject, &found, err);

	for (; rc == TEL_OK && found; rc = tel__regex_find_next(run, re, &found, err)) {
		span = tel__regex_span_get(run, 0);
		tel__dynbuf_slice(out, tel__slice_sub(run->subject, done, span.from - done));
		tel__regex_expand(run, re, template_text, out);
		done = span.to;
		count++;
		if (tel__dynbuf_error(out) != TEL_OK)
			break;
	}
	if (rc != TEL_OK)
		return rc;
	tel__dynbuf_slice(out, tel__slice_sub(run->subject, done, run->subject.len - done));
	if (tel__dynbuf_error(out) == TEL_ERR_NOMEM)
		return tel__fail_nomem(err);
	if (tel__dynbuf_error(out) != TEL_OK)
		return tel__fail(err, tel__dynbuf_error(out), "the text would be longer than %zu bytes", out->max);
	*ret_count = count;
	return TEL_OK;
}
