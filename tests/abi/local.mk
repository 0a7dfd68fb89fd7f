# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/abi/embed_poll
TESTS += tests/abi/embed_poll
tests_abi_embed_poll_SOURCES = tests/abi/embed_poll.c tests/abi/embed_scenario.h
tests_abi_embed_poll_CPPFLAGS = $(TEST_CPPFLAGS)
tests_abi_embed_poll_LDADD = $(TEST_IO_LIBS)
if DAEMONS
check_PROGRAMS += tests/abi/embed_ev
TESTS += tests/abi/embed_ev
tests_abi_embed_ev_SOURCES = tests/abi/embed_ev.c tests/abi/embed_scenario.h daemons/common/evloop.c daemons/common/evloop.h
tests_abi_embed_ev_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/daemons
tests_abi_embed_ev_LDADD = $(TEST_IO_LIBS) $(LIBEV_LIBS)
endif
endif
check_PROGRAMS += doc/examples/hello
TESTS += tests/abi/hello.test
EXTRA_DIST += tests/abi/hello.test
doc_examples_hello_SOURCES = doc/examples/hello.c
doc_examples_hello_CPPFLAGS = -I$(top_srcdir)/include
doc_examples_hello_LDADD = libtelemetry-metrics-io.la libtelemetry-metrics.la
check_PROGRAMS += tests/abi/layout
TESTS += tests/abi/python.test
EXTRA_DIST += tests/abi/python.test bindings/python/libtelemetry.py
tests_abi_layout_SOURCES = tests/abi/layout.c
tests_abi_layout_CPPFLAGS = -I$(top_srcdir)/include
