# SPDX-License-Identifier: Apache-2.0
if TESTS_C
control_tests = tests/control/test_certificates tests/control/test_doc tests/control/test_endpoint \
	tests/control/test_explain tests/control/test_format tests/control/test_generated tests/control/test_hostile \
	tests/control/test_interval tests/control/test_judge tests/control/test_manifest tests/control/test_objects \
	tests/control/test_objects_kyma tests/control/test_pipeline tests/control/test_render tests/control/test_vectors
control_rendered = tests/control/rendered.c tests/control/rendered.h
control_parsed = tests/control/parsed.c tests/control/parsed.h
control_judged = tests/control/judged.c tests/control/judged.h $(control_parsed)
control_bombs = tests/control/bombs.c tests/control/bombs.h
control_pipelines = tests/control/pipelines.c tests/control/pipelines.h
check_PROGRAMS += $(control_tests) tests/control/make_pipelines
TESTS += $(control_tests)
tests_control_make_pipelines_SOURCES = tests/control/make_pipelines.c $(control_pipelines)
tests_control_make_pipelines_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_make_pipelines_LDADD = $(TEST_CORE_LIBS)
tests_control_test_certificates_SOURCES = tests/control/test_certificates.c
tests_control_test_certificates_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_certificates_LDADD = $(TEST_CORE_LIBS)
tests_control_test_hostile_SOURCES = tests/control/test_hostile.c $(control_bombs)
tests_control_test_hostile_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_hostile_LDADD = $(TEST_CORE_LIBS)
tests_control_test_interval_SOURCES = tests/control/test_interval.c
tests_control_test_interval_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_interval_LDADD = $(TEST_CORE_LIBS)
tests_control_test_judge_SOURCES = tests/control/test_judge.c $(control_judged)
tests_control_test_judge_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_judge_LDADD = $(TEST_CORE_LIBS)
tests_control_test_doc_SOURCES = tests/control/test_doc.c
tests_control_test_doc_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_doc_LDADD = $(TEST_CORE_LIBS)
tests_control_test_endpoint_SOURCES = tests/control/test_endpoint.c $(control_parsed)
tests_control_test_endpoint_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_endpoint_LDADD = $(TEST_CORE_LIBS)
tests_control_test_format_SOURCES = tests/control/test_format.c tests/control/same.c tests/control/same.h $(control_parsed) $(control_pipelines)
tests_control_test_format_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_format_LDADD = $(TEST_CORE_LIBS)
tests_control_test_explain_SOURCES = tests/control/test_explain.c $(control_parsed) $(control_pipelines)
tests_control_test_explain_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_explain_LDADD = $(TEST_CORE_LIBS)
tests_control_test_generated_SOURCES = tests/control/test_generated.c $(control_parsed) $(control_pipelines)
tests_control_test_generated_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_generated_LDADD = $(TEST_CORE_LIBS)
tests_control_test_manifest_SOURCES = tests/control/test_manifest.c $(control_parsed)
tests_control_test_manifest_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_manifest_LDADD = $(TEST_CORE_LIBS)
tests_control_test_objects_SOURCES = tests/control/test_objects.c $(control_parsed) $(control_rendered)
tests_control_test_objects_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_objects_LDADD = $(TEST_IO_LIBS)
tests_control_test_objects_kyma_SOURCES = tests/control/test_objects_kyma.c $(control_parsed) $(control_rendered)
tests_control_test_objects_kyma_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_objects_kyma_LDADD = $(TEST_IO_LIBS)
tests_control_test_vectors_SOURCES = tests/control/test_vectors.c $(control_parsed)
tests_control_test_vectors_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_vectors_LDADD = $(TEST_CORE_LIBS)
tests_control_test_pipeline_SOURCES = tests/control/test_pipeline.c $(control_parsed)
tests_control_test_pipeline_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_pipeline_LDADD = $(TEST_CORE_LIBS)
tests_control_test_render_SOURCES = tests/control/test_render.c $(control_parsed)
tests_control_test_render_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_render_LDADD = $(TEST_CORE_LIBS)
check_PROGRAMS += tests/control/watch_flow tests/control/test_matrix tests/control/test_monitor tests/control/test_status \
	tests/control/test_workload
TESTS += tests/control/test_matrix tests/control/test_monitor tests/control/test_status \
	tests/control/test_workload
tests_control_test_matrix_SOURCES = tests/control/test_matrix.c $(control_judged)
tests_control_test_matrix_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_matrix_LDADD = $(TEST_CORE_LIBS)
tests_control_test_monitor_SOURCES = tests/control/test_monitor.c tests/control/flow_lines.c tests/control/flow_lines.h
tests_control_test_monitor_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_monitor_LDADD = $(TEST_CORE_LIBS)
tests_control_watch_flow_SOURCES = tests/control/watch_flow.c tests/control/flow_lines.c tests/control/flow_lines.h
tests_control_watch_flow_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_watch_flow_LDADD = $(TEST_CORE_LIBS)
tests_control_test_workload_SOURCES = tests/control/test_workload.c
tests_control_test_workload_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_workload_LDADD = $(TEST_CORE_LIBS)
tests_control_test_status_SOURCES = tests/control/test_status.c $(control_judged)
tests_control_test_status_CPPFLAGS = $(TEST_CPPFLAGS)
tests_control_test_status_LDADD = $(TEST_CORE_LIBS)
endif
