# SPDX-License-Identifier: Apache-2.0
# Fakes and torture helpers; every test program links them through TEST_CORE_LIBS or TEST_IO_LIBS.
if TESTS_C
check_LTLIBRARIES += tests/seams/libseams.la
tests_seams_libseams_la_CPPFLAGS = $(TEST_CPPFLAGS)
tests_seams_libseams_la_SOURCES = \
	tests/seams/cm.h \
	tests/seams/conformance.c \
	tests/seams/conformance.h \
	tests/seams/crashpoint.c \
	tests/seams/crashpoint.h \
	tests/seams/failalloc.c \
	tests/seams/failalloc.h \
	tests/seams/fakeclock.c \
	tests/seams/fakeclock.h \
	tests/seams/fakedigest.c \
	tests/seams/fakedigest.h \
	tests/seams/fakefs.c \
	tests/seams/fakefs.h \
	tests/seams/fakerandom.c \
	tests/seams/fakerandom.h \
	tests/seams/fakesock.c \
	tests/seams/fakesock.h \
	tests/seams/faultplan.c \
	tests/seams/faultplan.h \
	tests/torture/torture.c \
	tests/torture/torture.h
endif
