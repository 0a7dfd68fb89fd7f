/* SPDX-License-Identifier: Apache-2.0 */
#include "process/cases.h"

#include <dirent.h>
#include <stdio.h>

#include <telemetry/buf.h>
#include <telemetry/format.h>
#include <telemetry/offline.h>
#include <telemetry/otlp.h>

#include "base/dynbuf.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "model/metrics_i.h"
#include "process/alike.h"
#include "process/ends.h"
#include "process/processor.h"
#include "seams/cm.h"
#include "seams/conformance.h"
#include "wire/yaml.h"

enum { MAX_OUT = 64, NOW_S = 1780000000 };

/* What came out: after which input, of which pipeline. */
typedef struct output {
	size_t input;
	char pipeline[128];
	tel_metrics *metrics;
} output;

typedef struct test_case {
	conformance dir;
	const char *name;
	conformance_file text;
	tel__arena *arena;
	tel__node *yaml;
	tel_slice lacking;                /* type of a component that has no code here */
	unsigned flags;
	bool connector, batches;
	size_t files_seen, inputs, input; /* input: the one that is running, from 1 */
	output outs[MAX_OUT];
	size_t out_count;
	bool refused_config;              /* what happened */
	tel_err refused_input;
	char message[4096];
	char why[8192];                   /* first failure of the test */
} test_case;

static bool fails(test_case *t, const char *what, const char *detail)
{
	if (!t->why[0])
		snprintf(t->why, sizeof t->why, "%s%s%s", what, *detail ? ": " : "", detail);
	return false;
}

/* A file of the case; false = there is none of that name. */
static bool read_file(test_case *t, const char *name, conformance_file *ret_file)
{
	return conformance_beside(&t->dir, name, strlen(name), "", ret_file) && ++t->files_seen;
}

static bool has_file(const test_case *t, const char *name)
{
	for (size_t i = 0; i < t->dir.count; i++)
		if (strcmp(t->dir.names[i], name) == 0)
			return true;
	return false;
}

/* The lines of one section at the top of the text, its key included. */
static tel_slice section_of(tel_slice text, const char *key)
{
	tel_slice rest = text, line, section = { NULL, 0 };

	while (tel__slice_next(&rest, '\n', &line)) {
		bool top = line.len && line.ptr[0] != ' ' && line.ptr[0] != '-' && line.ptr[0] != '#';

		if (!section.ptr && tel__slice_starts(line, tel__slice_str(key)))
			section = line;
		else if (section.ptr && top)
			break;
		else if (section.ptr)
			section.len = (size_t)(line.ptr + line.len - section.ptr);
	}
	return section;
}

static void add_ids(tel__dynbuf *b, const tel__node *list)
{
	for (uint32_t i = 0; list && list->type == TEL__NODE_LIST && i < list->v.list.count; i++)
		tel__dynbuf_fmt(b, "%s\"" TEL_SLICE_FMT "\"", i ? ", " : "", TEL_SLICE_ARG(list->v.list.items[i]->text));
}

/* The sections of the case as they stand, between a receiver and an exporter. */
static void write_config(const test_case *t, tel__dynbuf *b)
{
	tel_slice text = { t->text.ptr, t->text.len };
	const tel__node *outputs = tel__node_get(t->yaml, "outputs"), *id = tel__node_get(t->yaml, "connector");

	tel__dynbuf_puts(b, "receivers: {in: {}}\nexporters: {out: {}}\n");
	tel__dynbuf_slice(b, section_of(text, t->connector ? "connectors:" : "processors:"));
	tel__dynbuf_puts(b, "\nservice:\n  pipelines:\n");
	if (!t->connector) {
		tel__dynbuf_puts(b, "    metrics: {receivers: [in], exporters: [out], processors: [");
		add_ids(b, tel__node_get(t->yaml, "pipeline"));
		tel__dynbuf_puts(b, "]}\n");
		return;
	}
	tel__dynbuf_fmt(b, "    metrics/in: {receivers: [in], exporters: [\"" TEL_SLICE_FMT "\"]}\n", TEL_SLICE_ARG(id->text));
	for (uint32_t i = 0; outputs && i < outputs->v.list.count; i++)
		tel__dynbuf_fmt(b, "    \"" TEL_SLICE_FMT "\": {receivers: [\"" TEL_SLICE_FMT "\"], exporters: [out]}\n",
		                TEL_SLICE_ARG(outputs->v.list.items[i]->text), TEL_SLICE_ARG(id->text));
}

static const tel__component *row_of(tel_slice id)
{
	tel_slice type = { id.ptr, tel__slice_find(id, '/') };

	for (const tel_components *table = tel_components_core(); table; table = table->parent)
		for (size_t i = 0; i < table->count; i++)
			if (tel__slice_is(type, table->rows[i]->type))
				return table->rows[i];
	return NULL;
}

static bool has_code(const tel__component *row)
{
	const tel__processor_ops *ops = row ? row->impl : NULL;

	return row && row->impl && (row->kind != TEL__KIND_PROCESSOR || ops->run || ops->folds);
}

static bool lacks(test_case *t, tel_slice id)
{
	t->lacking = (tel_slice){ id.ptr, tel__slice_find(id, '/') };
	return true;
}

static bool is_missing(test_case *t)
{
	const tel__node *ids = tel__node_get(t->yaml, "pipeline");

	if (t->connector)
		return !has_code(row_of(tel__node_get(t->yaml, "connector")->text)) &&
		       lacks(t, tel__node_get(t->yaml, "connector")->text);
	for (uint32_t i = 0; ids && i < ids->v.list.count; i++) {
		const tel__component *row = row_of(ids->v.list.items[i]->text);

		if (!has_code(row))
			return lacks(t, ids->v.list.items[i]->text);
		t->batches |= ((const tel__processor_ops *)row->impl)->folds != NULL;
	}
	return false;
}

static int keep(const tel_plan_entry *entry, void *user)
{
	test_case *t = user;
	output *o = &t->outs[t->out_count];

	if (t->out_count++ == MAX_OUT)
		return 1;
	o->input = t->input;
	snprintf(o->pipeline, sizeof o->pipeline, TEL_SLICE_FMT, TEL_SLICE_ARG(entry->pipeline));
	return tel_metrics_share(entry->metrics, &o->metrics) != TEL_OK;
}

static tel_offline *load(test_case *t)
{
	tel_offline *offline = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
	tel_config *config;

	opts.crypto = tel_crypto_openssl();
	opts.unix_ns = NOW_S * 1000000000ULL;
	tel__dynbuf text;

	tel__dynbuf_init(&text, &tel__alloc_libc, 1 << 20);
	write_config(t, &text);
	config = ends_load(text.ptr, text.len, t->message, sizeof t->message);
	t->refused_config = !config;
	if (config && tel_offline_new(config, &opts, keep, t, &offline, &err)) {
		t->refused_config = true;
		snprintf(t->message, sizeof t->message, "%s", err.msg);
	}
	tel_config_free(config);
	tel__dynbuf_fini(&text);
	return offline;
}

static tel_metrics *decode(conformance_file *file)
{
	tel_metrics *m = NULL;
	tel_error err = TEL_ERROR_INIT;

	if (tel_otlp_json_decode((tel_slice){ file->ptr, file->len }, NULL, &m, NULL, &err))
		fail_msg("%s", err.msg);
	free(file->ptr);
	return m;
}

/* In time order, in one moment, as they were recorded; what batches hold comes at the end. */
static void run(test_case *t, tel_offline *offline)
{
	conformance_file file;
	tel_error err = TEL_ERROR_INIT;
	char name[64] = "input.json";

	for (t->input = 1;; t->input++) {
		if (!(t->input == 1 && read_file(t, name, &file))) {
			snprintf(name, sizeof name, "input.%zu.json", t->input);
			if (!read_file(t, name, &file))
				break;
		}
		tel_err e = tel_offline_run(offline, (tel_slice){ NULL, 0 }, decode(&file), NULL,
		                            NOW_S * 1000000000ULL + t->input, &err);
		if (e && !t->refused_input) {
			t->refused_input = e;
			snprintf(t->message, sizeof t->message, "%s", err.msg);
		}
		if (strcmp(name, "input.json") == 0)
			break;
	}
	t->inputs = t->input;
	assert_ok(tel_offline_flush(offline, NULL));
}

static void print_batch(const char *what, const tel_metrics *m)
{
	tel_buf *text = NULL;

	if (!m)
		return;
	assert_ok(tel_metrics_format(m, TEL_FORMAT_JSON, &text, NULL));
	print_message("  %s %.*s\n", what, (int)tel_buf_get(text).len, tel_buf_get(text).ptr);
	tel_buf_unref(text);
}

/* What came of an input (0 = of any) and a pipeline (NULL = of any), as one batch; each is taken once. */
static tel_metrics *taken(test_case *t, size_t input, const char *pipeline, bool one)
{
	tel_metrics *all = NULL;

	for (size_t i = 0; i < t->out_count; i++) {
		output *o = &t->outs[i];

		if (!o->metrics || (input && o->input != input) || (pipeline && strcmp(o->pipeline, pipeline) != 0))
			continue;
		if (!all) {
			all = o->metrics;
		} else {
			assert_ok(tel_metrics_merge(all, o->metrics));
			tel_metrics_free(o->metrics);
		}
		o->metrics = NULL;
		if (one)
			break;
	}
	return all;
}

static uint64_t points_of(const tel_metrics *m)
{
	return m ? m->points : 0;
}

/* A request without points is neither counted nor forwarded here (trap 22), so nothing equals it. */
static bool check_batch(test_case *t, const char *name, tel_metrics *got, tel_metrics *want, unsigned flags)
{
	char where[256] = "";
	bool same = points_of(got) == 0 && points_of(want) == 0;

	if (!same && (!got || !alike(got, want, t->flags | flags, where))) {
		fails(t, name, got ? where : "nothing came out");
		print_batch("got ", got);
		print_batch("want", want);
	}
	tel_metrics_free(got);
	tel_metrics_free(want);
	return !t->why[0];
}

/* expected.json, expected.N.json; N counts batches where the last processor is a batch, else inputs. */
static void check_payloads(test_case *t)
{
	conformance_file file;
	char name[64] = "expected.json";
	size_t most = t->inputs > t->out_count ? t->inputs : t->out_count;

	if (read_file(t, name, &file)) {
		(void)check_batch(t, name, taken(t, 0, NULL, false), decode(&file), 0);
		return;
	}
	for (size_t n = 1; n <= most; n++) {
		snprintf(name, sizeof name, "expected.%zu.json", n);
		if (read_file(t, name, &file))
			(void)check_batch(t, name, t->batches ? taken(t, 0, NULL, true) : taken(t, n, NULL, false), decode(&file), 0);
	}
}

/* expected.[N.]PIPELINE[.partN].json */
static void check_pipeline(test_case *t, tel_slice id, size_t input)
{
	char stem[256], name[300], pipeline[128];
	conformance_file file;
	tel_metrics *want = NULL;
	unsigned flags = 0;

	snprintf(pipeline, sizeof pipeline, TEL_SLICE_FMT, TEL_SLICE_ARG(id));
	if (input)
		snprintf(stem, sizeof stem, "expected.%zu.%s", input, pipeline);
	else
		snprintf(stem, sizeof stem, "expected.%s", pipeline);
	for (char *p = stem; *p; p++)
		*p = *p == '/' ? '_' : *p;
	snprintf(name, sizeof name, "%s.json", stem);
	if (read_file(t, name, &file))
		want = decode(&file);
	for (size_t part = 1;; part++) {
		snprintf(name, sizeof name, "%s.part%zu.json", stem, part);
		if (!read_file(t, name, &file))
			break;
		flags = ALIKE_ANY_RESOURCES;
		tel_metrics *more = decode(&file);
		if (want) {
			assert_ok(tel_metrics_merge(want, more));
			tel_metrics_free(more);
		} else {
			want = more;
		}
	}
	if (want)
		(void)check_batch(t, stem, taken(t, input, pipeline, false), want, flags);
}

static void check_pipelines(test_case *t)
{
	const tel__node *outputs = tel__node_get(t->yaml, "outputs");

	for (uint32_t i = 0; outputs && i < outputs->v.list.count; i++) {
		tel_slice id = outputs->v.list.items[i]->text;

		if (has_file(t, "input.json"))
			check_pipeline(t, id, 0);
		for (size_t n = 1; !has_file(t, "input.json") && n <= t->inputs; n++)
			check_pipeline(t, id, n);
	}
}

/* Whether the configuration or an input should have been refused, and how. */
static void check_refusal(test_case *t)
{
	conformance_file file;
	bool config = false, process = false, permanent = false;

	if (read_file(t, "expected.error.txt", &file)) {
		config = strncmp(file.ptr, "config", 6) == 0;
		process = !config;
		permanent = strstr(file.ptr, "\npermanent") != NULL;
		free(file.ptr);
	}
	if (t->refused_config != config)
		(void)fails(t, config ? "the configuration is taken" : "the configuration is refused", t->message);
	else if ((t->refused_input != TEL_OK) != process)
		(void)fails(t, process ? "the input is taken" : "the input is refused", t->message);
	else if (process && (t->refused_input == TEL_ERR_REJECTED) != permanent)
		(void)fails(t, permanent ? "refused, but not for good" : "refused for good", t->message);
}

static void check(test_case *t)
{
	conformance_file file;

	check_refusal(t);
	if (read_file(t, "expected.log.txt", &file))
		free(file.ptr);
	if (read_file(t, "expected.nothing", &file))
		free(file.ptr);
	if (t->connector)
		check_pipelines(t);
	else
		check_payloads(t);
	for (size_t i = 0; i < t->out_count; i++)
		if (t->outs[i].metrics && points_of(t->outs[i].metrics)) {
			if (!t->why[0])
				print_batch("more", t->outs[i].metrics);
			(void)fails(t, "more comes out than is wanted", t->outs[i].pipeline);
		}
	if (t->refused_config) /* nobody reads its inputs */
		for (size_t i = 0; i < t->dir.count; i++)
			t->files_seen += strncmp(t->dir.names[i], "input", 5) == 0;
	if (t->files_seen + 1 != t->dir.count)
		(void)fails(t, "not all files of the case were looked at", "");
}

static void choose_flags(test_case *t, const char *name)
{
	const tel__node *compare = tel__node_get(t->yaml, "compare");

	if (compare && tel__slice_is(compare->text, "unordered"))
		t->flags |= ALIKE_ANY_ORDER;
	if (strstr(name, "duplicate-attribute-keys"))
		t->flags |= ALIKE_LISTS;
	if (strstr(t->text.ptr, "Log(") || strstr(t->text.ptr, "aggregate"))
		t->flags |= ALIKE_LAST_PLACE;
}

/* Components that are refused on purpose: doc/differences.md. */
static bool is_left_out(tel_slice type)
{
	return tel__slice_is(type, "groupbyattrs") || tel__slice_is(type, "metricstransform");
}

static void name_missing(cases_result *result, tel_slice type)
{
	char name[80];

	snprintf(name, sizeof name, " " TEL_SLICE_FMT, TEL_SLICE_ARG(type));
	if (!strstr(result->lacking, name) && strlen(result->lacking) + strlen(name) < sizeof result->lacking)
		strcat(result->lacking, name);
}

/* Where the Collector loses data and we do not, doc/differences.md. */
static bool differs_on_purpose(const char *name, cases_result *result)
{
	static const char *const names[] = { "aggregate-on-value-no-hit" /* the points of a summary vanish there */ };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0) {
			name_missing(result, tel__slice_str(name));
			return true;
		}
	return false;
}

/* A function of OTTL that is refused on purpose, by its name. */
static bool needs_more(const test_case *t, cases_result *result)
{
	const char *end = strstr(t->message, "\" is not supported in this build"), *start = end;

	if (t->refused_config && strstr(t->message, "match_type expr is not supported")) {
		name_missing(result, TEL_SLICE_LIT("expr"));
		return true;
	}
	if (!t->refused_config || !end)
		return strstr(t->message, "not supported in this build") != NULL;
	while (start > t->message && start[-1] != '"')
		start--;
	name_missing(result, (tel_slice){ start, (size_t)(end - start) });
	return true;
}

static void run_case(const char *folder, const char *name, cases_result *result)
{
	char path[300];
	test_case t = { .name = name };
	tel_error err = TEL_ERROR_INIT;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_true(conformance_open(&t.dir, path));
	t.text = conformance_read(&t.dir, "case.yaml");
	assert_ok(tel__arena_new(NULL, 0, NULL, &t.arena));
	assert_ok(tel__yaml_parse(t.arena, NULL, (tel_slice){ t.text.ptr, t.text.len }, 0, &t.yaml, &err));
	t.connector = tel__node_get(t.yaml, "connector") != NULL;
	choose_flags(&t, name);
	result->seen++;
	if (is_missing(&t)) {
		if (is_left_out(t.lacking)) {
			assert_null(load(&t));
			assert_true(t.refused_config);
			result->refused++;
		} else {
			result->missing++;
			name_missing(result, t.lacking);
		}
	} else {
		tel_offline *offline = load(&t);
		if (offline)
			run(&t, offline);
		tel_offline_free(offline);
		check(&t);
		if (t.why[0] && (differs_on_purpose(name, result) || needs_more(&t, result)))
			result->missing++;
		else if (t.why[0])
			print_message("%s/%s: %s\n", folder, name, t.why);
		result->passed += t.why[0] == 0;
		result->failed = result->seen - result->missing - result->passed;
	}
	for (size_t i = 0; i < t.out_count && i < MAX_OUT; i++)
		tel_metrics_free(t.outs[i].metrics);
	tel__arena_unref(t.arena);
	free(t.text.ptr);
	conformance_close(&t.dir);
}

bool cases_run(const char *folder, cases_result *ret_result)
{
	conformance c;

	*ret_result = (cases_result){ .seen = 0 };
	if (!conformance_open(&c, folder))
		return false;
	for (size_t i = 0; i < c.count; i++)
		run_case(folder, c.names[i], ret_result);
	assert_int_equal(ret_result->seen, c.count);
	conformance_close(&c);
	return true;
}
