# SPDX-License-Identifier: Apache-2.0
# Targets of the OTLP codec.
check_PROGRAMS += tests/fuzz/replay_otlp_response
TESTS += tests/fuzz/replay_otlp_response
tests_fuzz_replay_otlp_response_SOURCES = tests/fuzz/fuzz_otlp_response.c
tests_fuzz_replay_otlp_response_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_otlp_response_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_otlp_response
tests_fuzz_fuzz_otlp_response_SOURCES = tests/fuzz/fuzz_otlp_response.c
tests_fuzz_fuzz_otlp_response_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_otlp_response_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_otlp_response_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/otlp_response

check_PROGRAMS += tests/fuzz/replay_otlp_read
TESTS += tests/fuzz/replay_otlp_read
tests_fuzz_replay_otlp_read_SOURCES = tests/fuzz/fuzz_otlp_read.c
tests_fuzz_replay_otlp_read_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_otlp_read_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_otlp_read
tests_fuzz_fuzz_otlp_read_SOURCES = tests/fuzz/fuzz_otlp_read.c
tests_fuzz_fuzz_otlp_read_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_otlp_read_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_otlp_read_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/otlp_read

if ORACLE
check_PROGRAMS += tests/fuzz/replay_otlp_oracle
TESTS += tests/fuzz/replay_otlp_oracle
tests_fuzz_replay_otlp_oracle_SOURCES = tests/fuzz/fuzz_otlp_oracle.c
tests_fuzz_replay_otlp_oracle_CPPFLAGS = $(TEST_CPPFLAGS) $(ORACLE_CPPFLAGS)
tests_fuzz_replay_otlp_oracle_LDADD = $(FUZZ_REPLAY) tests/oracle/liboracle.la $(PROTOBUF_C_LIBS) $(FUZZ_CORE_LIBS)
tests/fuzz/replay_otlp_oracle-fuzz_otlp_oracle.$(OBJEXT): tests/oracle/otlp.pb-c.h
endif
EXTRA_DIST += tests/fuzz/corpus/otlp_oracle

check_PROGRAMS += tests/fuzz/replay_json
TESTS += tests/fuzz/replay_json
tests_fuzz_replay_json_SOURCES = tests/fuzz/fuzz_json.c
tests_fuzz_replay_json_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_json_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_json
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c
tests_fuzz_fuzz_json_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_json_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_json_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/json

check_PROGRAMS += tests/fuzz/replay_otlp_json
TESTS += tests/fuzz/replay_otlp_json
tests_fuzz_replay_otlp_json_SOURCES = tests/fuzz/fuzz_otlp_json.c
tests_fuzz_replay_otlp_json_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_otlp_json_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_otlp_json
tests_fuzz_fuzz_otlp_json_SOURCES = tests/fuzz/fuzz_otlp_json.c
tests_fuzz_fuzz_otlp_json_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_otlp_json_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_otlp_json_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/otlp_json
