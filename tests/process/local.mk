# SPDX-License-Identifier: Apache-2.0
ENDS_SOURCES = tests/process/ends.c tests/process/ends.h
CASES_SOURCES = $(ENDS_SOURCES) tests/process/alike.c tests/process/alike.h tests/process/cases.c tests/process/cases.h
if TESTS_C
check_PROGRAMS += tests/process/test_core
TESTS += tests/process/test_core
tests_process_test_core_SOURCES = tests/process/test_core.c
tests_process_test_core_CPPFLAGS = $(TEST_CPPFLAGS)
tests_process_test_core_LDADD = $(TEST_CORE_LIBS)
check_PROGRAMS += tests/process/ottl/test_parse
TESTS += tests/process/ottl/test_parse
tests_process_ottl_test_parse_SOURCES = tests/process/ottl/test_parse.c
tests_process_ottl_test_parse_CPPFLAGS = $(TEST_CPPFLAGS)
tests_process_ottl_test_parse_LDADD = $(TEST_CORE_LIBS)
check_PROGRAMS += tests/process/ottl/test_check
TESTS += tests/process/ottl/test_check
tests_process_ottl_test_check_SOURCES = tests/process/ottl/test_check.c
tests_process_ottl_test_check_CPPFLAGS = $(TEST_CPPFLAGS)
tests_process_ottl_test_check_LDADD = $(TEST_CORE_LIBS)
check_PROGRAMS += tests/process/test_cases
TESTS += tests/process/test_cases
tests_process_test_cases_SOURCES = tests/process/test_cases.c $(CASES_SOURCES)
tests_process_test_cases_CPPFLAGS = $(TEST_CPPFLAGS)
tests_process_test_cases_LDADD = $(TEST_IO_LIBS) -lm
check_PROGRAMS += tests/process/test_torture
TESTS += tests/process/test_torture
tests_process_test_torture_SOURCES = tests/process/test_torture.c $(ENDS_SOURCES)
tests_process_test_torture_CPPFLAGS = $(TEST_CPPFLAGS)
tests_process_test_torture_LDADD = $(TEST_IO_LIBS)
check_PROGRAMS += tests/process/test_k8s_cases
TESTS += tests/process/test_k8s_cases
tests_process_test_k8s_cases_SOURCES = tests/process/test_k8s_cases.c $(ENDS_SOURCES) tests/process/alike.c tests/process/alike.h
tests_process_test_k8s_cases_CPPFLAGS = $(TEST_CPPFLAGS)
tests_process_test_k8s_cases_LDADD = $(TEST_CORE_LIBS) -lm
endif
