/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice_i.h"
#include "graph/handmade.h"
#include "process/forward.h"
#include "seams/cm.h"

static const char *const actions[] = { "test/pass", "test/keep_one", "test/drop_all", "test/drop_random", "test/double",
	                               "test/refuse", "test/reject", "test/fault" };

static void component_fill(handmade *h, uint32_t n, tel_slice id, tel__component_kind kind)
{
	tel__config_component *c = &h->components[n];
	c->id = id;
	c->kind = kind;
	c->used = true;
	if (kind == TEL__KIND_CONNECTOR) {
		c->row = &tel__forward;
	} else if (tel__slice_starts(id, TEL_SLICE_LIT("test/"))) {
		c->row = &test_processor;
		c->options = &h->test[n];
		for (unsigned a = 0; a < sizeof(actions) / sizeof(actions[0]); a++)
			if (tel__slice_starts(id, tel__slice_str(actions[a])))
				h->test[n].action = (int32_t)a;
	} else if (tel__slice_starts(id, TEL_SLICE_LIT("batch"))) {
		c->row = &tel__batch;
		c->options = &h->batch;
	} else if (tel__slice_starts(id, TEL_SLICE_LIT("memory_limiter"))) {
		c->row = &tel__memory_limiter;
		c->options = &h->limiter;
	}
}

static uint32_t component_number(handmade *h, tel_slice id, tel__component_kind kind)
{
	if (tel__slice_starts(id, TEL_SLICE_LIT("forward")))
		kind = TEL__KIND_CONNECTOR;
	for (uint32_t i = 0; i < h->config.component_count; i++)
		if (h->components[i].kind == kind && tel__slice_eq(h->components[i].id, id))
			return i;
	assert_true(h->config.component_count < HANDMADE_MAX);
	component_fill(h, (uint32_t)h->config.component_count, id, kind);
	return (uint32_t)h->config.component_count++;
}

static uint32_t list_fill(handmade *h, tel_slice text, tel__component_kind kind, uint32_t *out)
{
	uint32_t count = 0;
	tel_slice rest = tel__slice_trim(text), id;
	while (rest.len && tel__slice_next(&rest, ' ', &id))
		if (id.len)
			out[count++] = component_number(h, id, kind);
	return count;
}

void handmade_init(handmade *h, const char *text)
{
	memset(h, 0, sizeof(*h));
	h->config.refs = 1;
	h->config.components = h->components;
	h->config.pipelines = h->pipelines;
	h->batch = (tel__batch_options){ .timeout_ns = 200000000, .send_batch_size = 1024 };
	h->limiter = (tel__memory_limiter_options){ .check_interval_ns = 1, .limit_mib = 100 };
	tel_slice rest = tel__slice_str(text), line;
	while (tel__slice_next(&rest, ';', &line)) {
		tel__config_pipeline *p = &h->pipelines[h->config.pipeline_count];
		uint32_t(*lists)[HANDMADE_MAX] = &h->lists[3 * h->config.pipeline_count++];
		tel_slice id, part;
		assert_true(tel__slice_next(&line, ':', &id));
		p->id = tel__slice_trim(id);
		assert_true(tel__slice_next(&line, '>', &part));
		p->receiver_count = list_fill(h, part, TEL__KIND_RECEIVER, lists[0]);
		assert_true(tel__slice_next(&line, '>', &part));
		p->processor_count = list_fill(h, part, TEL__KIND_PROCESSOR, lists[1]);
		assert_true(tel__slice_next(&line, '>', &part));
		p->exporter_count = list_fill(h, part, TEL__KIND_EXPORTER, lists[2]);
		p->receivers = lists[0];
		p->processors = lists[1];
		p->exporters = lists[2];
	}
}

uint32_t handmade_find(const handmade *h, const char *id)
{
	for (uint32_t i = 0; i < h->config.component_count; i++)
		if (tel__slice_is(h->components[i].id, id))
			return i;
	fail_msg("there is no component %s", id);
	return 0;
}
