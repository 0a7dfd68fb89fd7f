# SPDX-License-Identifier: Apache-2.0
if TESTS_C
FLOW_RIG = tests/flow/flow_rig.c tests/flow/flow_rig.h tests/process/test_processor.c tests/process/test_processor.h \
	$(OTLP_RIG)

check_PROGRAMS += tests/flow/test_flow tests/flow/test_health tests/flow/test_memory tests/flow/test_process_stats \
	tests/flow/test_prom_text
TESTS += tests/flow/test_flow tests/flow/test_health tests/flow/test_memory tests/flow/test_process_stats \
	tests/flow/test_prom_text
tests_flow_test_flow_SOURCES = tests/flow/test_flow.c $(FLOW_RIG)
tests_flow_test_flow_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_flow_LDADD = $(TEST_IO_LIBS)

tests_flow_test_memory_SOURCES = tests/flow/test_memory.c $(FLOW_RIG)
tests_flow_test_memory_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_memory_LDADD = $(TEST_IO_LIBS)

check_PROGRAMS += tests/flow/test_auth
TESTS += tests/flow/test_auth
tests_flow_test_auth_SOURCES = tests/flow/test_auth.c $(FLOW_RIG)
tests_flow_test_auth_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_auth_LDADD = $(TEST_IO_LIBS)

check_PROGRAMS += tests/flow/test_extensions
TESTS += tests/flow/test_extensions
tests_flow_test_extensions_SOURCES = tests/flow/test_extensions.c $(FLOW_RIG)
tests_flow_test_extensions_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_extensions_LDADD = $(TEST_IO_LIBS)

check_PROGRAMS += tests/flow/test_options
TESTS += tests/flow/test_options
tests_flow_test_options_SOURCES = tests/flow/test_options.c
tests_flow_test_options_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_options_LDADD = $(TEST_IO_LIBS)

check_PROGRAMS += tests/flow/test_pages
TESTS += tests/flow/test_pages tests/flow/pages_table.test
EXTRA_DIST += tests/flow/pages_table.test
tests_flow_test_pages_SOURCES = tests/flow/test_pages.c $(FLOW_RIG)
tests_flow_test_pages_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_pages_LDADD = $(TEST_IO_LIBS)

check_PROGRAMS += tests/flow/test_reload tests/flow/test_reload_random
TESTS += tests/flow/test_reload tests/flow/test_reload_random
tests_flow_test_reload_random_SOURCES = tests/flow/test_reload_random.c $(FLOW_RIG)
tests_flow_test_reload_random_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_reload_random_LDADD = $(TEST_IO_LIBS)
tests_flow_test_reload_SOURCES = tests/flow/test_reload.c $(FLOW_RIG)
tests_flow_test_reload_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_reload_LDADD = $(TEST_IO_LIBS)

check_PROGRAMS += tests/flow/torture_flow
TESTS += tests/flow/torture_flow
tests_flow_torture_flow_SOURCES = tests/flow/torture_flow.c $(FLOW_RIG)
tests_flow_torture_flow_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_torture_flow_LDADD = $(TEST_IO_LIBS)
tests_flow_test_health_SOURCES = tests/flow/test_health.c
tests_flow_test_health_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_health_LDADD = $(TEST_IO_LIBS)

tests_flow_test_process_stats_SOURCES = tests/flow/test_process_stats.c
tests_flow_test_process_stats_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_process_stats_LDADD = $(TEST_IO_LIBS)

tests_flow_test_prom_text_SOURCES = tests/flow/test_prom_text.c
tests_flow_test_prom_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_prom_text_LDADD = $(TEST_IO_LIBS)
endif
