# SPDX-License-Identifier: Apache-2.0
if TESTS_C
config_tests = tests/config/test_explain tests/config/test_forms tests/config/test_load tests/config/test_pipelines \
	tests/config/test_print \
	tests/config/test_same
config_fakes = tests/config/loaded.c tests/config/loaded.h tests/config/table.c tests/config/table.h
check_PROGRAMS += $(config_tests)
TESTS += $(config_tests)
tests_config_test_forms_SOURCES = tests/config/test_forms.c $(config_fakes)
tests_config_test_forms_CPPFLAGS = $(TEST_CPPFLAGS)
tests_config_test_forms_LDADD = $(TEST_CORE_LIBS)
tests_config_test_explain_SOURCES = tests/config/test_explain.c $(config_fakes)
tests_config_test_explain_CPPFLAGS = $(TEST_CPPFLAGS)
tests_config_test_explain_LDADD = $(TEST_CORE_LIBS)
tests_config_test_load_SOURCES = tests/config/test_load.c $(config_fakes)
tests_config_test_load_CPPFLAGS = $(TEST_CPPFLAGS)
tests_config_test_load_LDADD = $(TEST_CORE_LIBS)
tests_config_test_pipelines_SOURCES = tests/config/test_pipelines.c $(config_fakes)
tests_config_test_pipelines_CPPFLAGS = $(TEST_CPPFLAGS)
tests_config_test_pipelines_LDADD = $(TEST_CORE_LIBS)
tests_config_test_print_SOURCES = tests/config/test_print.c $(config_fakes)
tests_config_test_print_CPPFLAGS = $(TEST_CPPFLAGS)
tests_config_test_print_LDADD = $(TEST_CORE_LIBS)
tests_config_test_same_SOURCES = tests/config/test_same.c $(config_fakes)
tests_config_test_same_CPPFLAGS = $(TEST_CPPFLAGS)
tests_config_test_same_LDADD = $(TEST_CORE_LIBS)
config_corpus = tests/config/corpus.c tests/config/corpus.h
check_PROGRAMS += tests/config/test_prom_units
TESTS += tests/config/test_prom_units
tests_config_test_prom_units_SOURCES = tests/config/test_prom_units.c
tests_config_test_prom_units_CPPFLAGS = $(TEST_CPPFLAGS)
tests_config_test_prom_units_LDADD = $(TEST_CORE_LIBS)
config_corpora = tests/config/test_broken tests/config/test_components tests/config/test_kyma tests/config/test_mutations
config_kyma = tests/config/kyma.c tests/config/kyma.h tests/control/parsed.c tests/control/parsed.h $(config_corpus)
check_PROGRAMS += $(config_corpora)
TESTS += $(config_corpora)
tests_config_test_components_SOURCES = tests/config/test_components.c $(config_kyma)
tests_config_test_components_CPPFLAGS = $(TEST_CPPFLAGS)
tests_config_test_components_LDADD = $(TEST_IO_LIBS)
tests_config_test_kyma_SOURCES = tests/config/test_kyma.c tests/control/pipelines.c tests/control/pipelines.h $(config_kyma)
tests_config_test_kyma_CPPFLAGS = $(TEST_CPPFLAGS)
tests_config_test_kyma_LDADD = $(TEST_IO_LIBS)
tests_config_test_mutations_SOURCES = tests/config/test_mutations.c $(config_kyma)
tests_config_test_mutations_CPPFLAGS = $(TEST_CPPFLAGS)
tests_config_test_mutations_LDADD = $(TEST_IO_LIBS)
tests_config_test_broken_SOURCES = tests/config/test_broken.c $(config_corpus)
tests_config_test_broken_CPPFLAGS = $(TEST_CPPFLAGS)
tests_config_test_broken_LDADD = $(TEST_IO_LIBS)
EXTRA_DIST += $(wildcard $(srcdir)/tests/config/broken/*.txt) tests/config/mutations.txt tests/config/mutations.yaml
endif
