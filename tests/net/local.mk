# SPDX-License-Identifier: Apache-2.0
if TESTS_C
check_PROGRAMS += tests/net/test_address tests/net/test_body tests/net/test_crypto tests/net/test_ctx tests/net/test_http1 tests/net/test_http1_hostile tests/net/test_http_client tests/net/test_proxy tests/net/test_renewals tests/net/test_stream
TESTS += tests/net/test_address tests/net/test_body tests/net/test_crypto tests/net/test_ctx tests/net/test_http1 tests/net/test_http1_hostile tests/net/test_http_client tests/net/test_proxy tests/net/test_renewals tests/net/test_stream

tests_net_test_address_SOURCES = tests/net/test_address.c tests/net/fake_clock.h
tests_net_test_address_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_address_LDADD = $(TEST_IO_LIBS)

check_PROGRAMS += tests/net/test_handover
TESTS += tests/net/test_handover
tests_net_test_handover_SOURCES = tests/net/test_handover.c tests/net/fake_clock.h tests/net/http_world.c tests/net/http_world.h
tests_net_test_handover_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_handover_LDADD = $(TEST_IO_LIBS)

tests_net_test_body_SOURCES = tests/net/test_body.c
tests_net_test_body_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_body_LDADD = $(TEST_IO_LIBS)

tests_net_test_crypto_SOURCES = tests/net/test_crypto.c
tests_net_test_crypto_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_crypto_LDADD = $(TEST_IO_LIBS)

tests_net_test_ctx_SOURCES = tests/net/test_ctx.c tests/net/fake_clock.h
tests_net_test_ctx_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_ctx_LDADD = $(TEST_IO_LIBS)

tests_net_test_http1_SOURCES = tests/net/test_http1.c tests/net/fake_clock.h tests/net/http_world.c tests/net/http_world.h
tests_net_test_http1_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_http1_LDADD = $(TEST_IO_LIBS)

tests_net_test_http1_hostile_SOURCES = tests/net/test_http1_hostile.c tests/net/fake_clock.h tests/net/http_world.c \
	tests/net/http_world.h
tests_net_test_http1_hostile_CPPFLAGS = $(TEST_CPPFLAGS) -D_GNU_SOURCE
tests_net_test_http1_hostile_LDADD = $(TEST_IO_LIBS)

tests_net_test_http_client_SOURCES = tests/net/test_http_client.c tests/net/fake_clock.h tests/net/http_world.c \
	tests/net/http_world.h tests/net/tls_certs.c tests/net/tls_certs.h
tests_net_test_http_client_CPPFLAGS = $(TEST_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_net_test_http_client_LDADD = $(TEST_IO_LIBS) $(OPENSSL_LIBS)

tests_net_test_proxy_SOURCES = tests/net/test_proxy.c
tests_net_test_proxy_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_proxy_LDADD = $(TEST_IO_LIBS)

tests_net_test_renewals_SOURCES = tests/net/test_renewals.c
tests_net_test_renewals_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_renewals_LDADD = $(TEST_IO_LIBS)

tests_net_test_stream_SOURCES = tests/net/test_stream.c tests/net/fake_clock.h
tests_net_test_stream_CPPFLAGS = $(TEST_CPPFLAGS)
tests_net_test_stream_LDADD = $(TEST_IO_LIBS)

h2_fakes = tests/net/fake_clock.h tests/net/h2_peer.c tests/net/h2_peer.h tests/net/h2_world.c tests/net/h2_world.h
check_PROGRAMS += tests/net/test_h2_server
TESTS += tests/net/test_h2_server
tests_net_test_h2_server_SOURCES = tests/net/test_h2_server.c $(h2_fakes)
tests_net_test_h2_server_CPPFLAGS = $(TEST_CPPFLAGS) $(NGHTTP2_CFLAGS) $(ZLIB_CFLAGS)
tests_net_test_h2_server_LDADD = $(TEST_IO_LIBS) $(NGHTTP2_LIBS) $(ZLIB_LIBS)

check_PROGRAMS += tests/net/test_recordings
TESTS += tests/net/test_recordings
tests_net_test_recordings_SOURCES = tests/net/test_recordings.c tests/net/http_world.c tests/net/http_world.h $(h2_fakes)
tests_net_test_recordings_CPPFLAGS = $(TEST_CPPFLAGS) $(NGHTTP2_CFLAGS) $(OPENSSL_CFLAGS)
tests_net_test_recordings_LDADD = $(TEST_IO_LIBS) $(NGHTTP2_LIBS) $(OPENSSL_LIBS)

check_PROGRAMS += tests/net/test_h2_life
TESTS += tests/net/test_h2_life
tests_net_test_h2_life_SOURCES = tests/net/test_h2_life.c $(h2_fakes)
tests_net_test_h2_life_CPPFLAGS = $(TEST_CPPFLAGS) $(NGHTTP2_CFLAGS)
tests_net_test_h2_life_LDADD = $(TEST_IO_LIBS) $(NGHTTP2_LIBS)

check_PROGRAMS += tests/net/test_admission
TESTS += tests/net/test_admission
tests_net_test_admission_SOURCES = tests/net/test_admission.c tests/net/fake_clock.h tests/net/h2_peer.c tests/net/h2_peer.h \
	tests/net/http_world.c tests/net/http_world.h
tests_net_test_admission_CPPFLAGS = $(TEST_CPPFLAGS) $(NGHTTP2_CFLAGS)
tests_net_test_admission_LDADD = $(TEST_IO_LIBS) $(NGHTTP2_LIBS)

check_PROGRAMS += tests/net/test_grpc_client
TESTS += tests/net/test_grpc_client
tests_net_test_grpc_client_SOURCES = tests/net/test_grpc_client.c $(h2_fakes)
tests_net_test_grpc_client_CPPFLAGS = $(TEST_CPPFLAGS) $(NGHTTP2_CFLAGS)
tests_net_test_grpc_client_LDADD = $(TEST_IO_LIBS) $(NGHTTP2_LIBS)

check_PROGRAMS += tests/net/test_certificate
TESTS += tests/net/test_certificate
tests_net_test_certificate_SOURCES = tests/net/test_certificate.c tests/net/tls_certs.c tests/net/tls_certs.h
tests_net_test_certificate_CPPFLAGS = $(TEST_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_net_test_certificate_LDADD = $(TEST_IO_LIBS) $(OPENSSL_LIBS)

check_PROGRAMS += tests/net/test_tls
TESTS += tests/net/test_tls
tests_net_test_tls_SOURCES = tests/net/test_tls.c tests/net/fake_clock.h tests/net/tls_certs.c tests/net/tls_certs.h
tests_net_test_tls_CPPFLAGS = $(TEST_CPPFLAGS) $(OPENSSL_CFLAGS) -D_GNU_SOURCE
tests_net_test_tls_LDADD = $(TEST_IO_LIBS) $(OPENSSL_LIBS)

check_PROGRAMS += tests/net/test_tls_policy
TESTS += tests/net/test_tls_policy
tests_net_test_tls_policy_SOURCES = tests/net/test_tls_policy.c tests/net/fake_clock.h tests/net/tls_certs.c tests/net/tls_certs.h
tests_net_test_tls_policy_CPPFLAGS = $(TEST_CPPFLAGS) $(OPENSSL_CFLAGS) -D_GNU_SOURCE
tests_net_test_tls_policy_LDADD = $(TEST_IO_LIBS) $(OPENSSL_LIBS)
endif
