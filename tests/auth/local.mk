# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/auth/test_htpasswd tests/auth/test_password
TESTS += tests/auth/test_htpasswd tests/auth/test_password
tests_auth_test_htpasswd_SOURCES = tests/auth/test_htpasswd.c
tests_auth_test_htpasswd_CPPFLAGS = $(TEST_CPPFLAGS)
tests_auth_test_htpasswd_LDADD = $(TEST_IO_LIBS)
tests_auth_test_password_SOURCES = tests/auth/test_password.c
tests_auth_test_password_CPPFLAGS = $(TEST_CPPFLAGS)
tests_auth_test_password_LDADD = $(TEST_IO_LIBS)
endif
