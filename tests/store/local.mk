# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/store/test_memory
TESTS += tests/store/test_memory
tests_store_test_memory_SOURCES = tests/store/test_memory.c tests/store/late_queue.c tests/store/late_queue.h
tests_store_test_memory_CPPFLAGS = $(TEST_CPPFLAGS)
tests_store_test_memory_LDADD = $(TEST_IO_LIBS)
endif
