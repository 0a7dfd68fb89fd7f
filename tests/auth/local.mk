# SPDX-License-Identifier: Apache-2.0
if TESTS_C
auth_tests = tests/auth/test_htpasswd tests/auth/test_oauth2 tests/auth/test_password tests/auth/test_token_answer
check_PROGRAMS += $(auth_tests)
TESTS += $(auth_tests)

tests_auth_test_htpasswd_SOURCES = tests/auth/test_htpasswd.c
tests_auth_test_htpasswd_CPPFLAGS = $(TEST_CPPFLAGS)
tests_auth_test_htpasswd_LDADD = $(TEST_IO_LIBS)

tests_auth_test_oauth2_SOURCES = tests/auth/test_oauth2.c
tests_auth_test_oauth2_CPPFLAGS = $(TEST_CPPFLAGS)
tests_auth_test_oauth2_LDADD = $(TEST_IO_LIBS)

tests_auth_test_password_SOURCES = tests/auth/test_password.c
tests_auth_test_password_CPPFLAGS = $(TEST_CPPFLAGS)
tests_auth_test_password_LDADD = $(TEST_IO_LIBS)

tests_auth_test_token_answer_SOURCES = tests/auth/test_token_answer.c
tests_auth_test_token_answer_CPPFLAGS = $(TEST_CPPFLAGS)
tests_auth_test_token_answer_LDADD = $(TEST_IO_LIBS)
endif
