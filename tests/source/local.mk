# SPDX-License-Identifier: Apache-2.0
if TESTS_C
OTLP_RIG = tests/net/fake_clock.h tests/source/otlp_rig.c tests/source/otlp_rig.h

check_PROGRAMS += tests/source/test_otlp
TESTS += tests/source/test_otlp
tests_source_test_otlp_SOURCES = tests/source/test_otlp.c $(OTLP_RIG)
tests_source_test_otlp_CPPFLAGS = $(TEST_CPPFLAGS) -D_GNU_SOURCE
tests_source_test_otlp_LDADD = $(TEST_IO_LIBS)

check_PROGRAMS += tests/source/test_receiver
TESTS += tests/source/test_receiver
tests_source_test_receiver_SOURCES = tests/source/test_receiver.c $(OTLP_RIG) tests/net/h2_peer.c tests/net/h2_peer.h \
	tests/net/tls_certs.c tests/net/tls_certs.h tests/net/tls_files.c tests/net/tls_files.h
tests_source_test_receiver_CPPFLAGS = $(TEST_CPPFLAGS) -D_GNU_SOURCE
tests_source_test_receiver_LDADD = $(TEST_IO_LIBS)

check_PROGRAMS += tests/source/test_scrape_keys
TESTS += tests/source/test_scrape_keys
tests_source_test_scrape_keys_SOURCES = tests/source/test_scrape_keys.c
tests_source_test_scrape_keys_CPPFLAGS = $(TEST_CPPFLAGS) -D_GNU_SOURCE
tests_source_test_scrape_keys_LDADD = $(TEST_IO_LIBS)

check_PROGRAMS += tests/source/test_relabel
TESTS += tests/source/test_relabel
tests_source_test_relabel_SOURCES = tests/source/test_relabel.c
tests_source_test_relabel_CPPFLAGS = $(TEST_CPPFLAGS) -D_GNU_SOURCE
tests_source_test_relabel_LDADD = $(TEST_IO_LIBS)
endif
