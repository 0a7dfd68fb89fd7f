# SPDX-License-Identifier: Apache-2.0
if TESTS_C
SINK_RIG = tests/sink/fake_exporter.c tests/sink/fake_exporter.h tests/sink/sender_rig.c tests/sink/sender_rig.h

sink_tests = tests/sink/test_answers tests/sink/test_exporter tests/sink/test_exporter_env tests/sink/test_keys tests/sink/test_local tests/sink/test_otlp_answer tests/sink/test_proxy tests/sink/test_retry \
	tests/sink/test_renew tests/sink/test_sender tests/sink/test_sender_ledger tests/sink/test_sender_waiting
check_PROGRAMS += $(sink_tests)
TESTS += $(sink_tests)

tests_sink_test_answers_SOURCES = tests/sink/test_answers.c tests/sink/answer_table.c tests/sink/answer_table.h \
	tests/sink/raw_peer.c tests/sink/raw_peer.h tests/sink/otlp_world.c tests/sink/otlp_world.h \
	tests/sink/fake_exporter.c tests/sink/fake_exporter.h
tests_sink_test_answers_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_answers_LDADD = $(TEST_IO_LIBS)
EXTRA_DIST += tests/sink/answers.table

tests_sink_test_exporter_SOURCES = tests/sink/test_exporter.c tests/sink/otlp_world.c tests/sink/otlp_world.h
tests_sink_test_exporter_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_exporter_LDADD = $(TEST_IO_LIBS)

tests_sink_test_exporter_env_SOURCES = tests/sink/test_exporter_env.c tests/sink/otlp_world.c tests/sink/otlp_world.h
tests_sink_test_exporter_env_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_exporter_env_LDADD = $(TEST_IO_LIBS)

tests_sink_test_keys_SOURCES = tests/sink/test_keys.c
tests_sink_test_keys_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_keys_LDADD = $(TEST_IO_LIBS)

tests_sink_test_local_SOURCES = tests/sink/test_local.c tests/sink/fake_exporter.c tests/sink/fake_exporter.h
tests_sink_test_local_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_local_LDADD = $(TEST_IO_LIBS)

tests_sink_test_otlp_answer_SOURCES = tests/sink/test_otlp_answer.c
tests_sink_test_otlp_answer_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_otlp_answer_LDADD = $(TEST_IO_LIBS)

tests_sink_test_proxy_SOURCES = tests/sink/test_proxy.c tests/sink/otlp_world.c tests/sink/otlp_world.h \
	tests/net/connect_proxy.c tests/net/connect_proxy.h
tests_sink_test_proxy_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_proxy_LDADD = $(TEST_IO_LIBS)

tests_sink_test_retry_SOURCES = tests/sink/test_retry.c
tests_sink_test_retry_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_retry_LDADD = $(TEST_IO_LIBS)

tests_sink_test_renew_SOURCES = tests/sink/test_renew.c $(SINK_RIG)
tests_sink_test_renew_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_renew_LDADD = $(TEST_IO_LIBS)

tests_sink_test_sender_SOURCES = tests/sink/test_sender.c $(SINK_RIG)
tests_sink_test_sender_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_sender_LDADD = $(TEST_IO_LIBS)

tests_sink_test_sender_waiting_SOURCES = tests/sink/test_sender_waiting.c $(SINK_RIG)
tests_sink_test_sender_waiting_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_sender_waiting_LDADD = $(TEST_IO_LIBS)

tests_sink_test_sender_ledger_SOURCES = tests/sink/test_sender_ledger.c $(SINK_RIG) \
	tests/store/late_queue.c tests/store/late_queue.h
tests_sink_test_sender_ledger_CPPFLAGS = $(TEST_CPPFLAGS)
tests_sink_test_sender_ledger_LDADD = $(TEST_IO_LIBS)
endif
