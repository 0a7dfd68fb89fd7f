/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/cm.h"

#include <dirent.h>
#include <stdio.h>

#include "base/slice_i.h"
#include "config/loaded.h"
#include "torture/torture.h"

#define HEAD "receivers: {in: }\nprocessors: {proc: , batch: }\nexporters: {out: , full: }\n" \
	"connectors: {forward: , forward/2: }\nextensions: {ext: }\n"
#define PIPES HEAD "service:\n  pipelines:\n"

static void pipelines_become_indexes(void **state)
{
	const tel__config_pipeline *p;
	loaded l;

	(void)state;
	loaded_one(&l, PIPES "    metrics/a: {receivers: [in], processors: [batch, proc], exporters: [forward]}\n"
	                     "    metrics/b: {receivers: [forward], exporters: [out, full]}\n  extensions: [ext]\n");

	assert_string_equal(l.text, "");
	assert_int_equal(l.config->pipeline_count, 2);
	p = &l.config->pipelines[0];
	assert_slice(p->id, "metrics/a");
	assert_int_equal(p->line, 8);
	assert_int_equal(p->processor_count, 2);
	assert_slice(l.config->components[p->processors[0]].id, "batch");
	assert_slice(l.config->components[p->processors[1]].id, "proc");
	assert_int_equal(l.config->components[p->exporters[0]].kind, TEL__KIND_CONNECTOR);
	assert_int_equal(l.config->pipelines[1].receivers[0], p->exporters[0]);
	assert_int_equal(l.config->extension_count, 1);
	assert_slice(l.config->components[l.config->extensions[0]].id, "ext");
	assert_true(l.config->components[p->exporters[0]].used);
	assert_false(tel__config_find(l.config, TEL__KIND_CONNECTOR, TEL_SLICE_LIT("forward/2"))->used);
	loaded_fini(&l);
}

static void rows_without_code_load_and_are_named_by_who_wants_to_run_them(void **state)
{
	tel_error err = TEL_ERROR_INIT;
	loaded l;

	(void)state;
	loaded_one(&l, HEAD "service:\n  pipelines:\n    metrics/a: {receivers: [in], processors: [proc], exporters: [out]}\n");
	assert_ok(tel__config_runnable(l.config, TEL__RUNS_ALL, &err));
	loaded_fini(&l);
	loaded_one(&l, "receivers: {in: }\nexporters: {out: }\nprocessors:\n  batch/a-name-that-takes-room:\n  batch/unused:\n"
	               "  batch/a-name-that-takes-more-room:\n  batch/c:\n  batch/d:\nservice:\n  pipelines:\n"
	               "    metrics/a: {receivers: [in], processors: [batch/a-name-that-takes-room], exporters: [out]}\n"
	               "    metrics/b: {receivers: [in], processors: [batch/a-name-that-takes-room, batch/d,"
	               " batch/a-name-that-takes-more-room, batch/c], exporters: [out]}\n");
	assert_string_equal(l.text, "");
	assert_ok(tel__config_runnable(l.config, TEL__RUNS_ALL & ~TEL__RUNS(TEL__KIND_PROCESSOR), &err));
	assert_err(tel__config_runnable(l.config, TEL__RUNS(TEL__KIND_PROCESSOR), &err), TEL_ERR_UNSUPPORTED);
	assert_string_equal(err.msg, "this build loads but cannot run processor \"batch/a-name-that-takes-room\" in pipeline "
	                    "\"metrics/a\", processor \"batch/a-name-that-takes-more-room\" in pipeline \"metrics/b\" and 2 more");
	assert_int_equal(err.line, 4);
	assert_int_equal(err.column, 3);
	loaded_fini(&l);
	loaded_init(&l, (const char *const[]){ "receivers: {in: }\nexporters: {out: }\nservice: {pipelines: {metrics: {receivers: "
	            "[in], exporters: [out]}}}\n" }, 1, NULL, NULL);
	assert_err(tel__config_runnable(l.config, TEL__RUNS_ALL, &err), TEL_ERR_CONFIG);
	assert_string_equal(err.msg, "the configuration was loaded without components");
	loaded_fini(&l);
}

static void ids_are_checked(void **state)
{
	static const loaded_case cases[] = {
		CASE("receivers: {in: , '': , batch/: , /x: , in-x/y: , 'in/a b': , other: }\nexporters: {out: }\nservice: {pipelines: "
		     "{metrics: {receivers: [in], exporters: [out]}}}\n",
		     "E a:1:19 receivers: 'receivers' id must not be empty\n"
		     "E a:1:25 receivers: 'receivers' in \"batch/\" id: the part after / should not be empty\n"
		     "E a:1:35 receivers: 'receivers' in \"/x\" id: the part before / should not be empty\n"
		     "E a:1:41 receivers: 'receivers' in \"in-x/y\" id: invalid character(s) in type \"in-x\"\n"
		     "E a:1:51 receivers: 'receivers' in \"in/a b\" id: invalid character(s) in name \"a b\"\n"
		     "E a:1:63 receivers: 'receivers' unknown type: \"other\" for id: \"other\" (valid values: [in])\n"),
		CASE("receivers: {in/x: , ' in / x ': }\nexporters: {out: }\nservice: {pipelines: {metrics: {receivers: [in/x], "
		     "exporters: [out]}}}\n", "E a:1:21 receivers::in/x: duplicate name \" in / x \" after unmarshaling in/x\n"),
		CASE("receivers: {' in / x ': }\nexporters: {out: }\nservice: {pipelines: {metrics: {receivers: ['in/ x'], "
		     "exporters: [' out ']}}}\n", ""),
		CASE("receivers: {in: , ' in ': }\nexporters: {out: }\nservice: {pipelines: {metrics: {receivers: [in], "
		     "exporters: [out]}}}\n", "E a:1:19 receivers::in: duplicate name \" in \" after unmarshaling in\n"),
		CASE("receivers: {in: }\nexporters: {fullold/x: }\nservice: {pipelines: {metrics: {receivers: [in], "
		     "exporters: [fullold/x]}}}\n", ""),
		CASE(HEAD "service: {pipelines: {foo: , m-x: , metrics: {receivers: [in], exporters: [out]}}}\n",
		     "E a:6:23 service::pipelines: in \"foo\" id: unknown pipeline signal: \"foo\"\n"
		     "E a:6:30 service::pipelines: in \"m-x\" id: invalid character(s) in type \"m-x\"\n"),
	};

	(void)state;
	LOADED_RUN(cases);
}

static void missing_parts_are_reported(void **state)
{
	static const loaded_case cases[] = {
		CASE("", "E a:1:1 : empty configuration file\n"),
		CASE("receivers: {in: }\n", "E a:1:1 : no exporter configuration specified in config\n"
		     "E a:1:1 service::pipelines: service must have at least one pipeline\n"),
		CASE("service: 5\nfoo: 1\n", "E a:2:1 : 'otelcol.configSettings' has invalid keys: foo\n"
		     "E a:1:1 : no receiver configuration specified in config\n"
		     "E a:1:1 : no exporter configuration specified in config\n"
		     "E a:1:10 service: 'service' expected a map or struct, got \"int\"\n"
		     "E a:1:1 service::pipelines: service must have at least one pipeline\n"),
		CASE("receivers: x\nexporters: {out: }\n", "E a:1:12 receivers: 'receivers' expected a map or struct, got \"string\"\n"
		     "E a:1:1 service::pipelines: service must have at least one pipeline\n"),
		CASE(PIPES "    metrics: \n", "E a:8:5 service::pipelines::metrics: must have at least one receiver\n"
		     "E a:8:5 service::pipelines::metrics: must have at least one exporter\n"),
		CASE(PIPES "    metrics: {receivers: [in], exporters: [out], x: 1}\n",
		     "E a:8:50 service::pipelines::metrics: 'pipelines.PipelineConfig' has invalid keys: x\n"),
		CASE(HEAD "service: {x: 1, pipelines: {metrics: {receivers: [in], exporters: [out]}}}\n",
		     "E a:6:11 service: 'service' has invalid keys: x\n"),
	};

	(void)state;
	LOADED_RUN(cases);
}

static void references_are_checked(void **state)
{
	static const loaded_case cases[] = {
		CASE(PIPES "    metrics:\n      receivers: [in, gone]\n      processors: [batch, x, batch]\n      exporters:\n"
		     "        - out\n        - in\n  extensions: [ext, no]\n",
		     "E a:14:21 service::extensions: references extension \"no\" which is not configured\n"
		     "E a:9:23 service::pipelines::metrics: references receiver \"gone\" which is not configured\n"
		     "E a:10:27 service::pipelines::metrics: references processor \"x\" which is not configured\n"
		     "E a:10:30 service::pipelines::metrics: references processor \"batch\" multiple times\n"
		     "E a:13:11 service::pipelines::metrics: references exporter \"in\" which is not configured\n"),
		CASE(PIPES "    metrics: {receivers: [in, in], exporters: [out]}\n",
		     "W a:8:31 service::pipelines::metrics: references receiver \"in\" multiple times\n"),
		CASE(PIPES "    metrics: {receivers: [in/], exporters: [out]}\n", "E a:8:27 service::pipelines::metrics: 'receivers[0]' "
		     "in \"in/\" id: the part after / should not be empty\n"),
		CASE("receivers: {in: }\nexporters: {out: , forward: }\nconnectors: {forward: }\nservice: {pipelines: {metrics: "
		     "{receivers: [in], exporters: [out]}}}\n",
		     "E a:2:20 exporters: 'exporters' unknown type: \"forward\" for id: \"forward\" (valid values: [full out])\n"
		     "E a:3:14 connectors::forward: ambiguous ID: Found both \"forward\" exporter and \"forward\" connector. Change "
		     "one of the components' IDs to eliminate ambiguity (e.g. rename \"forward\" connector to "
		     "\"forward/connector\")\n"),
	};

	(void)state;
	LOADED_RUN(cases);
}

static void connectors_need_both_sides_and_no_way_back(void **state)
{
	static const loaded_case cases[] = {
		CASE(PIPES "    metrics: {receivers: [in], exporters: [forward]}\n",
		     "E a:4:14 : failed to build pipelines: connector \"forward\" used as exporter in [metrics] pipeline but not used "
		     "in any supported receiver pipeline\n"),
		CASE(PIPES "    metrics: {receivers: [forward], exporters: [out]}\n",
		     "E a:4:14 : failed to build pipelines: connector \"forward\" used as receiver in [metrics] pipeline but not used "
		     "in any supported exporter pipeline\n"),
		CASE(PIPES "    metrics: {receivers: [forward], processors: [batch], exporters: [forward]}\n",
		     "E a:4:14 : failed to build pipelines: cycle detected: connector \"forward\" (metrics to metrics) -> processor "
		     "\"batch\" in pipeline \"metrics\" -> connector \"forward\" (metrics to metrics)\n"),
		CASE(PIPES "    metrics/0: {receivers: [in], exporters: [forward]}\n"
		     "    metrics/1: {receivers: [forward], processors: [proc], exporters: [out, forward/2]}\n"
		     "    metrics/2: {receivers: [forward/2], exporters: [forward]}\n",
		     "E a:4:14 : failed to build pipelines: cycle detected: connector \"forward\" (metrics to metrics) -> processor "
		     "\"proc\" in pipeline \"metrics/1\" -> connector \"forward/2\" (metrics to metrics) -> connector \"forward\" "
		     "(metrics to metrics)\n"),
		CASE(PIPES "    metrics/0: {receivers: [in], exporters: [forward, forward/2]}\n"
		     "    metrics/1: {receivers: [forward], exporters: [forward/2]}\n"
		     "    metrics/2: {receivers: [forward/2], exporters: [out]}\n", ""),
	};

	(void)state;
	LOADED_RUN(cases);
}

static void other_signals_are_refused_or_left_out(void **state)
{
	static const char *const texts[] = {
		"receivers: {in: , filelog: , only: }\nexporters: {out: }\nservice:\n  pipelines:\n"
		"    metrics: {receivers: [in], exporters: [out]}\n    logs/x: {receivers: [filelog], exporters: [out]}\n",
		"service::pipelines::metrics::receivers: [in, filelog]\n",
	};
	tel_config_opts opts = TEL_CONFIG_OPTS_INIT;
	loaded l;

	(void)state;
	loaded_one(&l, texts[0]);
	assert_string_equal(l.text,
	                    "E a:1:19 receivers: 'receivers' unknown type: \"filelog\" for id: \"filelog\" (valid values: [in])\n"
	                    "E a:1:30 receivers: 'receivers' unknown type: \"only\" for id: \"only\" (valid values: [in])\n"
	                    "E a:6:5 service::pipelines::logs/x: pipeline of logs cannot run: only metrics pipelines do\n");
	loaded_fini(&l);
	opts.ignore_other_signals = true;
	loaded_init(&l, texts, 1, &table_components, &opts);
	assert_ok(l.rc);
	assert_int_equal(l.config->pipeline_count, 1);
	assert_string_equal(l.text,
	                    "W a:1:19 receivers::filelog: component of unknown type is left out: no metrics pipeline uses it\n"
	                    "W a:1:30 receivers::only: component of unknown type is left out: no metrics pipeline uses it\n"
	                    "W a:6:5 service::pipelines::logs/x: pipeline of logs is left out: only metrics pipelines run here\n");
	loaded_fini(&l);
	loaded_init(&l, texts, 2, &table_components, &opts);
	assert_err(l.rc, TEL_ERR_CONFIG);
	loaded_fini(&l);
}

#define TELEMETRY(body) HEAD "service:\n  pipelines: {metrics: {receivers: [in], exporters: [out]}}\n  telemetry: " body "\n"

static void telemetry_has_the_collectors_defaults(void **state)
{
	const tel__config_telemetry *t;
	loaded l;

	(void)state;
	loaded_one(&l, TELEMETRY(""));

	t = &l.config->telemetry;
	assert_int_equal(t->metrics_level, TEL__METRICS_NORMAL);
	assert_int_equal(t->reader_count, 1);
	assert_slice(t->readers[0].host, "localhost");
	assert_int_equal(t->readers[0].port, 8888);
	assert_true(t->readers[0].without_units && t->readers[0].without_type_suffix && t->readers[0].without_scope_info);
	assert_int_equal(t->logs_level, TEL__LOGS_INFO);
	assert_int_equal(t->logs_encoding, TEL__LOGS_CONSOLE);
	assert_true(t->sampling && t->sampling_initial == 10 && t->sampling_thereafter == 100);
	assert_int_equal(t->sampling_tick_ns, 10000000000);
	loaded_fini(&l);
}

static void telemetry_takes_what_is_written(void **state)
{
	const tel__config_telemetry *t;
	loaded l;

	(void)state;
	loaded_one(&l, TELEMETRY("{metrics: {level: detailed, readers: [{pull: {exporter: {prometheus: {host: 10.0.0.1, port: 9}}}}, "
	                         "{periodic: {interval: 5}}]}, logs: {level: Warning, encoding: json, sampling: {enabled: false, "
	                         "tick: 1s}, initial_fields: {a: b}}, resource: {x: y, service.name: }}"));

	t = &l.config->telemetry;
	assert_int_equal(t->metrics_level, TEL__METRICS_DETAILED);
	assert_int_equal(t->reader_count, 1);
	assert_slice(t->readers[0].host, "10.0.0.1");
	assert_int_equal(t->readers[0].port, 9);
	assert_false(t->readers[0].without_units);
	assert_int_equal(t->logs_level, TEL__LOGS_WARN);
	assert_int_equal(t->logs_encoding, TEL__LOGS_JSON);
	assert_false(t->sampling);
	assert_int_equal(t->sampling_tick_ns, 1000000000);
	assert_int_equal(t->log_field_count, 1);
	assert_int_equal(t->resource.count, 2);
	assert_slice(t->resource.items[0].key, "service.name");
	assert_null(t->resource.items[0].value.ptr);
	assert_slice(t->resource.items[1].value, "y");
	assert_non_null(strstr(l.text, "W a:8:42 : service::telemetry::metrics::readers: reader 1 is not used"));
	loaded_fini(&l);
}

#define T "service::telemetry"
static void telemetry_is_checked(void **state)
{
	static const loaded_case cases[] = {
		CASE(TELEMETRY("{metrics: {readers: []}}"), "E a:8:25 " T "::metrics: collector telemetry metrics reader should exist "
		     "when metric level is not none\n"),
		CASE(TELEMETRY("{metrics: {level: none, readers: []}}"), ""),
		CASE(TELEMETRY("{metrics: {views: [{x: 1}]}}"), "E a:8:25 " T "::metrics: service::telemetry::metrics::views can "
		     "only be set when service::telemetry::metrics::level is detailed\n"),
		CASE(TELEMETRY("{metrics: {level: x}}"),
		     "E a:8:32 " T "::metrics::level: 'telemetry.metrics.level' unknown metrics level \"x\"\n"),
		CASE(TELEMETRY("{logs: {level: x, encoding: y}}"),
		     "E a:8:29 " T "::logs::level: 'telemetry.logs.level' unrecognized level: \"x\"\n"
		     "E a:8:42 " T "::logs::encoding: 'telemetry.logs.encoding' no encoder registered for name \"y\"\n"),
		CASE(TELEMETRY("{resource: [1]}"), "E a:8:25 " T "::resource: expected a map, got '[]interface {}'\n"),
		CASE(TELEMETRY("{resource: {a: [1]}}"), "E a:8:26 " T "::resource::a: expected type 'string', got unconvertible type "
		     "'[]interface {}'\n"),
		CASE(TELEMETRY("{resource: {n: 5}}"), "E a:8:26 " T "::resource::n: expected type 'string', got unconvertible type 'int'\n"),
		CASE(TELEMETRY("{resource: {n: \"5\", empty: \"\", gone: null}}"), ""),
		CASE(TELEMETRY("{logs: {initial_fields: {a: 1, b: {c: d}}}}"), "W a:8:45 " T "::logs::initial_fields::b: not printed: "
		     "only scalars are, this is a 'map[string]interface {}'\n"),
	};

	(void)state;
	LOADED_RUN(cases);
}

static const char *read_file(const char *path, char *out, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(out, 1, cap - 1, f);
	fclose(f);
	out[n] = 0;
	return out;
}

static void every_rendered_configuration_loads_in(const char *folder)
{
	static char text[65536];
	const char *shared = getenv("TEL_SHARED");
	char path[1024];
	unsigned count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/conformance/kyma-config/%s", shared ? shared : "", folder);
	dir = opendir(path);
	if (!dir) {
		print_message("# %s is not there\n", path);
		skip();
	}
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		const char *texts[1] = { text };
		char file[2048];
		loaded l;

		if (!strstr(e->d_name, ".yaml") || strstr(e->d_name, ".input.yaml"))
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		read_file(file, text, sizeof(text));
		loaded_init(&l, texts, 1, NULL, NULL);
		/* No receivers and an empty routing table: the Collector refuses it too (observed.md). */
		if (strcmp(folder, "agent") == 0 && strcmp(e->d_name, "oauth2-authentication.yaml") == 0) {
			assert_err(l.rc, TEL_ERR_CONFIG);
			assert_non_null(strstr(l.text, "E a:1:1 : no receiver configuration specified in config\n"));
			loaded_fini(&l);
			continue;
		}
		if (l.rc != TEL_OK)
			print_error("%s:\n%s", e->d_name, l.text);
		assert_ok(l.rc);
		assert_true(l.config->pipeline_count > 0);
		for (size_t i = 0; i < l.config->component_count; i++) {
			const tel__config_component *c = &l.config->components[i];
			const char *at = text;

			for (uint32_t line = 1; line < c->line; line++)
				at = strchr(at, '\n') + 1;
			assert_memory_equal(at + c->column - 1, c->id.ptr, c->id.len);
		}
		loaded_fini(&l);
		count++;
	}
	closedir(dir);
	assert_true(count > 0);
}

static void gateway_configurations_of_kyma_load(void **state)
{
	(void)state;
	every_rendered_configuration_loads_in("gateway");
}

static void agent_configurations_of_kyma_load(void **state)
{
	(void)state;
	every_rendered_configuration_loads_in("agent");
}

static tel_err load_scenario(const tel_alloc *alloc, void *user)
{
	static const char text[] = PIPES "    metrics/a: {receivers: [in], processors: [batch], exporters: [forward]}\n"
		"    metrics/b: {receivers: [forward], exporters: [out, full]}\n";
	tel_config_source sources[2] = { { TEL_SLICE_LIT("a"), TEL_SLICE_LIT(text) },
		{ TEL_SLICE_LIT("b"), { user, strlen(user) } } };
	tel_config_opts opts = TEL_CONFIG_OPTS_INIT;
	tel_findings *findings = NULL;
	tel_config *config = NULL;
	tel_err rc = tel_findings_new(alloc, &findings);

	opts.alloc = alloc;
	if (rc == TEL_OK)
		rc = tel_config_load(sources, 2, &table_components, &loaded_env, &opts, &config, findings);
	if (rc == TEL_OK)
		assert_int_equal(config->pipeline_count, 2);
	else
		assert_null(config);
	tel_config_free(config);
	tel_findings_free(findings);
	return rc;
}

static void loading_survives_every_failed_allocation(void **state)
{
	static char good[] = "exporters: {full: {s: '${LISTREF} $$', any: '${LISTREF}', maybe: {min_size: 3}, headers: {a: b}, "
		"rules: [{}, {weight: 4}], strings: 'a,b', i: '${OCTAL}', map: {x: '${UNSET}'}}}\n";

	(void)state;
	torture_alloc(load_scenario, good);
}

/* The same text with findings: what is refused stays refused, or memory was short. */
static tel_err refuse_scenario(const tel_alloc *alloc, void *user)
{
	tel_err rc = load_scenario(alloc, user);

	assert_true(rc == TEL_ERR_CONFIG || rc == TEL_ERR_NOMEM);
	return rc == TEL_ERR_CONFIG ? TEL_OK : rc;
}

static void refusing_survives_every_failed_allocation(void **state)
{
	static char bad[] = "exporters: {full: {s: 5, x: 1, y: 2, e: z, rules: 4}, gone: }\nservice: {pipelines: {metrics/a: "
		"{receivers: [forward]}, logs: }}\n";

	(void)state;
	torture_alloc(refuse_scenario, bad);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipelines_become_indexes),
		cmocka_unit_test(rows_without_code_load_and_are_named_by_who_wants_to_run_them),
		cmocka_unit_test(ids_are_checked),
		cmocka_unit_test(missing_parts_are_reported),
		cmocka_unit_test(references_are_checked),
		cmocka_unit_test(connectors_need_both_sides_and_no_way_back),
		cmocka_unit_test(other_signals_are_refused_or_left_out),
		cmocka_unit_test(telemetry_has_the_collectors_defaults),
		cmocka_unit_test(telemetry_takes_what_is_written),
		cmocka_unit_test(telemetry_is_checked),
		cmocka_unit_test(gateway_configurations_of_kyma_load),
		cmocka_unit_test(agent_configurations_of_kyma_load),
		cmocka_unit_test(loading_survives_every_failed_allocation),
		cmocka_unit_test(refusing_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
