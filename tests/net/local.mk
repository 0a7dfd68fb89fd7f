# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/net/test_ctx tests/net/test_http1 tests/net/test_stream
TESTS += tests/net/test_ctx tests/net/test_http1 tests/net/test_stream

tests_net_test_ctx_SOURCES = tests/net/test_ctx.c tests/net/fake_clock.h
tests_net_test_ctx_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_ctx_LDADD = $(TEST_IO_LIBS)

tests_net_test_http1_SOURCES = tests/net/test_http1.c tests/net/fake_clock.h tests/net/http_world.c tests/net/http_world.h
tests_net_test_http1_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_http1_LDADD = $(TEST_IO_LIBS)

tests_net_test_stream_SOURCES = tests/net/test_stream.c tests/net/fake_clock.h
tests_net_test_stream_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_stream_LDADD = $(TEST_IO_LIBS)
endif
