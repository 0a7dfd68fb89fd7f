# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/wire/test_grpc
TESTS += tests/wire/test_grpc
tests_wire_test_grpc_SOURCES = tests/wire/test_grpc.c
tests_wire_test_grpc_CPPFLAGS = $(TEST_CPPFLAGS)
tests_wire_test_grpc_LDADD = $(TEST_CORE_LIBS)
check_PROGRAMS += tests/wire/test_yaml
TESTS += tests/wire/test_yaml
tests_wire_test_yaml_SOURCES = tests/wire/test_yaml.c
tests_wire_test_yaml_CPPFLAGS = $(TEST_CPPFLAGS)
tests_wire_test_yaml_LDADD = $(TEST_CORE_LIBS)
endif
if TESTS_C
check_PROGRAMS += tests/wire/test_gzip
TESTS += tests/wire/test_gzip
tests_wire_test_gzip_SOURCES = tests/wire/test_gzip.c
tests_wire_test_gzip_CPPFLAGS = $(TEST_CPPFLAGS)
tests_wire_test_gzip_LDADD = $(TEST_CORE_LIBS)
endif
if TESTS_C
check_PROGRAMS += tests/wire/test_pb
TESTS += tests/wire/test_pb
tests_wire_test_pb_SOURCES = tests/wire/test_pb.c
tests_wire_test_pb_CPPFLAGS = $(TEST_CPPFLAGS)
tests_wire_test_pb_LDADD = $(TEST_CORE_LIBS)
endif
if TESTS_C
check_PROGRAMS += tests/wire/test_json
TESTS += tests/wire/test_json
tests_wire_test_json_SOURCES = tests/wire/test_json.c
tests_wire_test_json_CPPFLAGS = $(TEST_CPPFLAGS)
tests_wire_test_json_LDADD = $(TEST_CORE_LIBS)
endif
if TESTS_C
check_PROGRAMS += tests/wire/test_coding
TESTS += tests/wire/test_coding
tests_wire_test_coding_SOURCES = tests/wire/test_coding.c tests/wire/coding_fixtures.c tests/wire/coding_fixtures.h
tests_wire_test_coding_CPPFLAGS = $(TEST_CPPFLAGS)
tests_wire_test_coding_LDADD = $(TEST_CORE_LIBS)
endif
if TESTS_C
check_PROGRAMS += tests/wire/test_form
TESTS += tests/wire/test_form
tests_wire_test_form_SOURCES = tests/wire/test_form.c
tests_wire_test_form_CPPFLAGS = $(TEST_CPPFLAGS)
tests_wire_test_form_LDADD = $(TEST_CORE_LIBS)
endif
if TESTS_C
check_PROGRAMS += tests/wire/test_regex
TESTS += tests/wire/test_regex
tests_wire_test_regex_SOURCES = tests/wire/test_regex.c
tests_wire_test_regex_CPPFLAGS = $(TEST_CPPFLAGS)
tests_wire_test_regex_LDADD = $(TEST_CORE_LIBS)
endif
