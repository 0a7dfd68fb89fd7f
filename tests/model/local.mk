# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/model/test_builder
TESTS += tests/model/test_builder
tests_model_test_builder_SOURCES = tests/model/test_builder.c tests/model/sample.h
tests_model_test_builder_CPPFLAGS = $(TEST_CPPFLAGS)
tests_model_test_builder_LDADD = $(TEST_CORE_LIBS)
endif
