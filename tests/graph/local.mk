# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/graph/test_door tests/graph/test_graph tests/graph/test_loaded
TESTS += tests/graph/test_door tests/graph/test_graph tests/graph/test_loaded
tests_graph_test_door_SOURCES = \
	tests/graph/handmade.c \
	tests/graph/handmade.h \
	tests/graph/test_door.c \
	tests/process/test_processor.c \
	tests/process/test_processor.h
tests_graph_test_door_CPPFLAGS = $(TEST_CPPFLAGS)
tests_graph_test_door_LDADD = $(TEST_IO_LIBS)
tests_graph_test_graph_SOURCES = \
	tests/graph/handmade.c \
	tests/graph/handmade.h \
	tests/graph/test_graph.c \
	tests/process/test_processor.c \
	tests/process/test_processor.h
tests_graph_test_graph_CPPFLAGS = $(TEST_CPPFLAGS)
tests_graph_test_graph_LDADD = $(TEST_CORE_LIBS)
tests_graph_test_loaded_SOURCES = \
	tests/graph/test_loaded.c \
	tests/process/test_processor.c \
	tests/process/test_processor.h
tests_graph_test_loaded_CPPFLAGS = $(TEST_CPPFLAGS)
tests_graph_test_loaded_LDADD = $(TEST_CORE_LIBS)
check_PROGRAMS += tests/graph/test_offline
TESTS += tests/graph/test_offline
tests_graph_test_offline_SOURCES = \
	tests/graph/handmade.c \
	tests/graph/handmade.h \
	tests/graph/test_offline.c \
	tests/process/test_processor.c \
	tests/process/test_processor.h
tests_graph_test_offline_CPPFLAGS = $(TEST_CPPFLAGS)
tests_graph_test_offline_LDADD = $(TEST_CORE_LIBS)
endif
