# SPDX-License-Identifier: Apache-2.0
if TESTS_C
FLOW_RIG = tests/flow/flow_rig.c tests/flow/flow_rig.h tests/process/test_processor.c tests/process/test_processor.h \
	$(OTLP_RIG)

check_PROGRAMS += tests/flow/test_flow tests/flow/test_memory
TESTS += tests/flow/test_flow tests/flow/test_memory
tests_flow_test_flow_SOURCES = tests/flow/test_flow.c $(FLOW_RIG)
tests_flow_test_flow_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_flow_LDADD = $(TEST_IO_LIBS)

tests_flow_test_memory_SOURCES = tests/flow/test_memory.c $(FLOW_RIG)
tests_flow_test_memory_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_test_memory_LDADD = $(TEST_IO_LIBS)

check_PROGRAMS += tests/flow/torture_flow
TESTS += tests/flow/torture_flow
tests_flow_torture_flow_SOURCES = tests/flow/torture_flow.c $(FLOW_RIG)
tests_flow_torture_flow_CPPFLAGS = $(TEST_CPPFLAGS)
tests_flow_torture_flow_LDADD = $(TEST_IO_LIBS)
endif
