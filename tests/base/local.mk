# SPDX-License-Identifier: Apache-2.0
if TESTS_C
base_tests = \
	tests/base/test_arena \
	tests/base/test_budget \
	tests/base/test_buf \
	tests/base/test_calendar \
	tests/base/test_crc32c \
	tests/base/test_dynbuf \
	tests/base/test_error \
	tests/base/test_hex64 \
	tests/base/test_ip \
	tests/base/test_log \
	tests/base/test_log_format \
	tests/base/test_log_sampler \
	tests/base/test_map \
	tests/base/test_mem \
	tests/base/test_num \
	tests/base/test_pool \
	tests/base/test_seams \
	tests/base/test_shared \
	tests/base/test_slice \
	tests/base/test_utf8
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)
tests_base_test_arena_SOURCES = tests/base/test_arena.c
tests_base_test_arena_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_arena_LDADD = $(TEST_CORE_LIBS)
tests_base_test_budget_SOURCES = tests/base/test_budget.c
tests_base_test_budget_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_budget_LDADD = $(TEST_CORE_LIBS)
tests_base_test_buf_SOURCES = tests/base/test_buf.c
tests_base_test_buf_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_buf_LDADD = $(TEST_CORE_LIBS)
tests_base_test_calendar_SOURCES = tests/base/test_calendar.c
tests_base_test_calendar_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_calendar_LDADD = $(TEST_CORE_LIBS)
tests_base_test_crc32c_SOURCES = tests/base/test_crc32c.c
tests_base_test_crc32c_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_crc32c_LDADD = $(TEST_CORE_LIBS)
tests_base_test_dynbuf_SOURCES = tests/base/test_dynbuf.c
tests_base_test_dynbuf_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_dynbuf_LDADD = $(TEST_CORE_LIBS)
tests_base_test_error_SOURCES = tests/base/test_error.c
tests_base_test_error_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_error_LDADD = $(TEST_CORE_LIBS)
tests_base_test_hex64_SOURCES = tests/base/test_hex64.c
tests_base_test_hex64_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_hex64_LDADD = $(TEST_CORE_LIBS)
tests_base_test_ip_SOURCES = tests/base/test_ip.c
tests_base_test_ip_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_ip_LDADD = $(TEST_CORE_LIBS)
tests_base_test_log_format_SOURCES = tests/base/json_check.h tests/base/test_log_format.c
tests_base_test_log_format_CPPFLAGS = $(TEST_CPPFLAGS) -D_GNU_SOURCE
tests_base_test_log_format_LDADD = $(TEST_CORE_LIBS)
tests_base_test_log_sampler_SOURCES = tests/base/test_log_sampler.c
tests_base_test_log_sampler_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_log_sampler_LDADD = $(TEST_CORE_LIBS)
tests_base_test_log_SOURCES = tests/base/test_log.c
tests_base_test_log_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_log_LDADD = $(TEST_CORE_LIBS)
tests_base_test_map_SOURCES = tests/base/test_map.c
tests_base_test_map_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_map_LDADD = $(TEST_CORE_LIBS)
tests_base_test_mem_SOURCES = tests/base/test_mem.c
tests_base_test_mem_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_mem_LDADD = $(TEST_CORE_LIBS)
tests_base_test_pool_SOURCES = tests/base/test_pool.c
tests_base_test_pool_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_pool_LDADD = $(TEST_CORE_LIBS) -lpthread
tests_base_test_num_SOURCES = tests/base/test_num.c
tests_base_test_num_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_num_LDADD = $(TEST_CORE_LIBS)
tests_base_test_seams_SOURCES = tests/base/test_seams.c
tests_base_test_seams_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_seams_LDADD = $(TEST_CORE_LIBS)
tests_base_test_shared_SOURCES = tests/base/test_shared.c
tests_base_test_shared_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_shared_LDADD = $(TEST_CORE_LIBS)
tests_base_test_slice_SOURCES = tests/base/test_slice.c
tests_base_test_slice_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_slice_LDADD = $(TEST_CORE_LIBS)
tests_base_test_utf8_SOURCES = tests/base/test_utf8.c
tests_base_test_utf8_CPPFLAGS = $(TEST_CPPFLAGS)
tests_base_test_utf8_LDADD = $(TEST_CORE_LIBS)
endif
