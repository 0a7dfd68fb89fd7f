# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/abi/embed_poll
TESTS += tests/abi/embed_poll
tests_abi_embed_poll_SOURCES = tests/abi/embed_poll.c tests/abi/embed_scenario.h
tests_abi_embed_poll_CPPFLAGS = $(TEST_CPPFLAGS)
tests_abi_embed_poll_LDADD = $(TEST_IO_LIBS)
HOST_RIG = tests/abi/host_rig.c tests/abi/host_rig.h tests/net/tls_certs.c tests/net/tls_certs.h tests/net/tls_files.c \
	tests/net/tls_files.h
check_PROGRAMS += tests/abi/test_host
TESTS += tests/abi/test_host
tests_abi_test_host_SOURCES = tests/abi/test_host.c $(HOST_RIG)
tests_abi_test_host_CPPFLAGS = $(TEST_CPPFLAGS) -D_GNU_SOURCE
tests_abi_test_host_LDADD = $(TEST_IO_LIBS)
check_PROGRAMS += tests/abi/test_locale tests/abi/test_threads
TESTS += tests/abi/test_locale tests/abi/test_threads
tests_abi_test_locale_SOURCES = tests/abi/test_locale.c $(HOST_RIG)
tests_abi_test_locale_CPPFLAGS = $(TEST_CPPFLAGS) -D_GNU_SOURCE
tests_abi_test_locale_LDADD = $(TEST_IO_LIBS)
tests_abi_test_threads_SOURCES = tests/abi/test_threads.c $(HOST_RIG)
tests_abi_test_threads_CPPFLAGS = $(TEST_CPPFLAGS) -D_GNU_SOURCE
tests_abi_test_threads_LDADD = $(TEST_IO_LIBS) -lpthread
if DAEMONS
check_PROGRAMS += tests/abi/embed_ev
TESTS += tests/abi/embed_ev
tests_abi_embed_ev_SOURCES = tests/abi/embed_ev.c tests/abi/embed_scenario.h daemons/common/evloop.c daemons/common/evloop.h
tests_abi_embed_ev_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/daemons
tests_abi_embed_ev_LDADD = $(TEST_IO_LIBS) $(LIBEV_LIBS)
endif
endif

# The examples, as a user builds them: public headers, shared libraries. hello sends to a backend of the test.
EXAMPLE_LIBS = libtelemetry-metrics-io.la libtelemetry-metrics.la
EXAMPLE_CPPFLAGS = -I$(top_srcdir)/include
check_PROGRAMS += doc/examples/core doc/examples/counter doc/examples/hello doc/examples/loop doc/examples/proxy \
	doc/examples/receive
doc_examples_core_SOURCES = doc/examples/core.c
doc_examples_core_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
doc_examples_core_LDADD = libtelemetry-metrics.la
doc_examples_hello_SOURCES = doc/examples/hello.c
doc_examples_hello_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
doc_examples_hello_LDADD = $(EXAMPLE_LIBS)
doc_examples_loop_SOURCES = doc/examples/loop.c
doc_examples_loop_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
doc_examples_loop_LDADD = $(EXAMPLE_LIBS)
doc_examples_counter_SOURCES = doc/examples/counter.c
doc_examples_counter_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
doc_examples_counter_LDADD = $(EXAMPLE_LIBS) -lpthread
doc_examples_proxy_SOURCES = doc/examples/proxy.c
doc_examples_proxy_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
doc_examples_proxy_LDADD = $(EXAMPLE_LIBS)
doc_examples_receive_SOURCES = doc/examples/receive.c
doc_examples_receive_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
doc_examples_receive_LDADD = $(EXAMPLE_LIBS)
if DAEMONS
check_PROGRAMS += doc/examples/ev
doc_examples_ev_SOURCES = doc/examples/ev.c
doc_examples_ev_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
doc_examples_ev_LDADD = $(EXAMPLE_LIBS) $(LIBEV_LIBS)
endif

abi_scripts = tests/abi/chain.test tests/abi/examples.test tests/abi/headers_alone.test tests/abi/hello.test tests/abi/house.test \
	tests/abi/symbols.test
check_PROGRAMS += tests/abi/load_cycles
tests_abi_load_cycles_SOURCES = tests/abi/load_cycles.c
tests_abi_load_cycles_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
tests_abi_load_cycles_LDADD = -ldl
TESTS += $(abi_scripts)
EXTRA_DIST += $(abi_scripts) tests/abi/distcheck.sh tests/abi/installcheck.sh \
	tests/check-docs tests/check-evidence tests/check-house tests/check-layers tests/check-metrics
# Doxygen and the symbol tables read what is built.
tests/abi/house.log: libtelemetry-metrics.la libtelemetry-metrics-io.la doc/Doxyfile

installcheck-local:
	$(SHELL) $(srcdir)/tests/abi/installcheck.sh $(builddir)
