# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/sink/test_retry
TESTS += tests/sink/test_retry
tests_sink_test_retry_SOURCES = tests/sink/test_retry.c
tests_sink_test_retry_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_retry_LDADD = $(TEST_IO_LIBS)
endif
