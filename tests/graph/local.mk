# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/graph/test_graph
TESTS += tests/graph/test_graph
tests_graph_test_graph_SOURCES = \
	tests/graph/handmade.c \
	tests/graph/handmade.h \
	tests/graph/test_graph.c \
	tests/process/test_processor.c \
	tests/process/test_processor.h
tests_graph_test_graph_CPPFLAGS = $(TEST_CPPFLAGS)
tests_graph_test_graph_LDADD = $(TEST_CORE_LIBS)
endif
