# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/model/test_builder
TESTS += tests/model/test_builder
tests_model_test_builder_SOURCES = tests/model/test_builder.c tests/model/sample.h
tests_model_test_builder_CPPFLAGS = $(TEST_CPPFLAGS)
tests_model_test_builder_LDADD = $(TEST_CORE_LIBS)
check_PROGRAMS += tests/model/test_batch
TESTS += tests/model/test_batch
tests_model_test_batch_SOURCES = tests/model/test_batch.c tests/model/random_otlp.c tests/model/random_otlp.h
tests_model_test_batch_CPPFLAGS = $(TEST_CPPFLAGS)
tests_model_test_batch_LDADD = $(TEST_CORE_LIBS)
check_PROGRAMS += tests/model/test_edit
TESTS += tests/model/test_edit
tests_model_test_edit_SOURCES = tests/model/test_edit.c tests/model/random_otlp.c tests/model/random_otlp.h
tests_model_test_edit_CPPFLAGS = $(TEST_CPPFLAGS)
tests_model_test_edit_LDADD = $(TEST_CORE_LIBS)
check_PROGRAMS += tests/model/test_value_text
TESTS += tests/model/test_value_text
tests_model_test_value_text_SOURCES = tests/model/test_value_text.c
tests_model_test_value_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_model_test_value_text_LDADD = $(TEST_CORE_LIBS)
endif
if TESTS_C
check_PROGRAMS += tests/model/test_cursor
TESTS += tests/model/test_cursor
tests_model_test_cursor_SOURCES = tests/model/test_cursor.c tests/model/sample.h
tests_model_test_cursor_CPPFLAGS = $(TEST_CPPFLAGS)
tests_model_test_cursor_LDADD = $(TEST_CORE_LIBS) -lm
endif
if TESTS_C
check_PROGRAMS += tests/model/test_edit_public
TESTS += tests/model/test_edit_public
tests_model_test_edit_public_SOURCES = tests/model/test_edit_public.c tests/model/random_otlp.c tests/model/random_otlp.h
tests_model_test_edit_public_CPPFLAGS = $(TEST_CPPFLAGS)
tests_model_test_edit_public_LDADD = $(TEST_CORE_LIBS)
endif
