/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rendered configurations with one thing wrong. tests/config/mutations.yaml is rendered for the gateway and the agent; each
 * case of mutations.txt names one of them, lines of it, what stands there instead, and all that is then found. With
 * TEL_MUTATIONS_PRINT set in the environment the program prints the file anew, to be read before it is kept.
 */
#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "config/corpus.h"
#include "config/kyma.h"

enum { MUST = 80 };

static size_t find(tel_slice text, size_t from, tel_slice wanted)
{
	while (from < text.len && !tel__slice_starts(tel__slice_sub(text, from, text.len - from), wanted))
		from++;
	return from;
}

/* The rendered text with the lines replaced, which must stand there once. */
static void mutate(tel_slice rendered, tel_slice old, tel_slice with, tel_slice title, tel__dynbuf *out)
{
	size_t at = find(rendered, 0, old), end = at + old.len;

	if (old.len == 0 || at == rendered.len)
		fail_msg(TEL_SLICE_FMT ": is not there:\n" TEL_SLICE_FMT, TEL_SLICE_ARG(title), TEL_SLICE_ARG(old));
	if (find(rendered, end, old) < rendered.len)
		fail_msg(TEL_SLICE_FMT ": stands there twice:\n" TEL_SLICE_FMT, TEL_SLICE_ARG(title), TEL_SLICE_ARG(old));
	tel__dynbuf_slice(out, tel__slice_sub(rendered, 0, at));
	tel__dynbuf_slice(out, with);
	tel__dynbuf_slice(out, tel__slice_sub(rendered, end, rendered.len - end));
	assert_ok(tel__dynbuf_error(out));
}

typedef struct rendered {
	tel_buf *gateway, *agent;
} rendered;

static void check_case(const rendered *r, tel_slice title, tel_slice body, bool print)
{
	tel_slice which, none, head = corpus_take(&body, "--- ", &which), old = corpus_take(&body, "--- becomes", &none);
	tel_slice with = corpus_take(&body, "--- expected", &none);
	bool agent = tel__slice_is(which, "agent");
	tel__dynbuf text;
	kyma k;

	assert_int_equal(head.len, 0);
	assert_true(agent || tel__slice_is(which, "gateway"));
	tel__dynbuf_init(&text, tel__alloc_or_default(NULL), 1 << 20);
	mutate(tel_buf_get(agent ? r->agent : r->gateway), old, with, title, &text);
	kyma_load(&k, tel__dynbuf_get(&text), (tel_slice){ NULL, 0 }, NULL);
	if (print)
		printf("=== " TEL_SLICE_FMT "\n--- " TEL_SLICE_FMT "\n" TEL_SLICE_FMT "--- becomes\n" TEL_SLICE_FMT
		       "--- expected\n%s", TEL_SLICE_ARG(title), TEL_SLICE_ARG(which), TEL_SLICE_ARG(old), TEL_SLICE_ARG(with), k.text.ptr);
	else if (!tel__slice_eq(tel__dynbuf_get(&k.text), body))
		fail_msg(TEL_SLICE_FMT ": expected\n" TEL_SLICE_FMT "but the findings are\n%s", TEL_SLICE_ARG(title),
		         TEL_SLICE_ARG(body), k.text.ptr);
	if (!print && k.rc != TEL_ERR_CONFIG)
		fail_msg(TEL_SLICE_FMT ": was not refused", TEL_SLICE_ARG(title));
	kyma_fini(&k);
	tel__dynbuf_fini(&text);
}

static void every_mutation_is_refused_where_it_is_and_with_its_reason(void **state)
{
	bool print = getenv("TEL_MUTATIONS_PRINT") != NULL;
	tel_buf *base = corpus_read("mutations.yaml"), *cases = corpus_read("mutations.txt");
	tel_slice rest = tel_buf_get(cases), title, next, head = corpus_take(&rest, "=== ", &title);
	tel__dynbuf resources;
	unsigned count = 0;
	rendered r;

	(void)state;
	tel__dynbuf_init(&resources, tel__alloc_or_default(NULL), 1 << 20);
	tel__dynbuf_slice(&resources, tel_buf_get(base));
	tel__dynbuf_byte(&resources, 0);
	r = (rendered){ kyma_render(TEL_RENDER_GATEWAY, resources.ptr, true), kyma_render(TEL_RENDER_AGENT, resources.ptr, true) };
	if (print)
		printf(TEL_SLICE_FMT, TEL_SLICE_ARG(head));
	for (; title.ptr; title = next, count++) {
		tel_slice body = corpus_take(&rest, "=== ", &next);

		check_case(&r, title, body, print);
	}
	print_message("# %u mutations\n", count);
	assert_true(print || count >= MUST);
	tel__dynbuf_fini(&resources);
	tel_buf_unref(r.gateway);
	tel_buf_unref(r.agent);
	tel_buf_unref(base);
	tel_buf_unref(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mutation_is_refused_where_it_is_and_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
