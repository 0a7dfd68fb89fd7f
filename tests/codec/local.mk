# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/codec/test_otlp_response
TESTS += tests/codec/test_otlp_response
tests_codec_test_otlp_response_SOURCES = tests/codec/test_otlp_response.c
tests_codec_test_otlp_response_CPPFLAGS = $(TEST_CPPFLAGS)
tests_codec_test_otlp_response_LDADD = $(TEST_CORE_LIBS)
endif
if TESTS_C
check_PROGRAMS += tests/codec/test_otlp_decode
TESTS += tests/codec/test_otlp_decode
tests_codec_test_otlp_decode_SOURCES = tests/codec/test_otlp_decode.c
tests_codec_test_otlp_decode_CPPFLAGS = $(TEST_CPPFLAGS)
tests_codec_test_otlp_decode_LDADD = $(TEST_CORE_LIBS)
endif
if TESTS_C
check_PROGRAMS += tests/codec/test_otlp_json
TESTS += tests/codec/test_otlp_json
tests_codec_test_otlp_json_SOURCES = tests/codec/test_otlp_json.c
tests_codec_test_otlp_json_CPPFLAGS = $(TEST_CPPFLAGS)
tests_codec_test_otlp_json_LDADD = $(TEST_CORE_LIBS)
endif
if TESTS_C
check_PROGRAMS += tests/codec/test_otlp_text
TESTS += tests/codec/test_otlp_text
tests_codec_test_otlp_text_SOURCES = tests/codec/test_otlp_text.c
tests_codec_test_otlp_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_codec_test_otlp_text_LDADD = $(TEST_CORE_LIBS)
endif
EXTRA_DIST += tests/codec/official.test
check_PROGRAMS += tests/codec/judge
TESTS += tests/codec/official.test
tests_codec_judge_SOURCES = tests/codec/judge.c tests/model/sample.h
tests_codec_judge_CPPFLAGS = $(TEST_CPPFLAGS)
tests_codec_judge_LDADD = lib/libcore.la
if TESTS_C
check_PROGRAMS += tests/codec/test_otlp_json_read
TESTS += tests/codec/test_otlp_json_read
tests_codec_test_otlp_json_read_SOURCES = tests/codec/test_otlp_json_read.c
tests_codec_test_otlp_json_read_CPPFLAGS = $(TEST_CPPFLAGS)
tests_codec_test_otlp_json_read_LDADD = $(TEST_CORE_LIBS)
endif
