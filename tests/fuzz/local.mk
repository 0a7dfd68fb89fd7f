# SPDX-License-Identifier: Apache-2.0
# One target per parser: fuzz_<name>.c and seeds in corpus/<name>/. make check replays the seeds, their prefixes and bit
# flips through driver.c; configured with CC=clang --enable-fuzz, fuzz_<name> is a libFuzzer program:
#   make tests/fuzz/fuzz_num && tests/fuzz/fuzz_num tests/fuzz/corpus/num
# To add a target, copy the block of num below and its lines under "if FUZZ" (FUZZ_IO_LIBS for what needs lib/io):
#   check_PROGRAMS, TESTS, _SOURCES, _CPPFLAGS, _LDADD; noinst_PROGRAMS, _SOURCES, _CPPFLAGS, _LDADD, _LDFLAGS; EXTRA_DIST.
FUZZ_CORE_LIBS = lib/libcore.la
FUZZ_IO_LIBS = lib/libio.la lib/libcore.la
FUZZ_LINK = $(AM_LDFLAGS) $(FUZZ_CFLAGS)
check_LTLIBRARIES += tests/fuzz/libreplay.la
tests_fuzz_libreplay_la_SOURCES = tests/fuzz/driver.c tests/fuzz/fuzz.h tests/seams/fakerandom.c
tests_fuzz_libreplay_la_CPPFLAGS = $(TEST_CPPFLAGS)
FUZZ_REPLAY = tests/fuzz/libreplay.la

include tests/fuzz/otlp.mk

check_PROGRAMS += tests/fuzz/replay_num
TESTS += tests/fuzz/replay_num
tests_fuzz_replay_num_SOURCES = tests/fuzz/fuzz_num.c
tests_fuzz_replay_num_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_num_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_num
tests_fuzz_fuzz_num_SOURCES = tests/fuzz/fuzz_num.c
tests_fuzz_fuzz_num_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_num_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_num_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/num

check_PROGRAMS += tests/fuzz/replay_proxy
TESTS += tests/fuzz/replay_proxy
tests_fuzz_replay_proxy_SOURCES = tests/fuzz/fuzz_proxy.c
tests_fuzz_replay_proxy_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_proxy_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_proxy
tests_fuzz_fuzz_proxy_SOURCES = tests/fuzz/fuzz_proxy.c
tests_fuzz_fuzz_proxy_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_proxy_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_proxy_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/proxy

check_PROGRAMS += tests/fuzz/replay_pipeline
TESTS += tests/fuzz/replay_pipeline
tests_fuzz_replay_pipeline_SOURCES = tests/fuzz/fuzz_pipeline.c tests/control/same.c tests/control/same.h tests/seams/fakedigest.c \
	tests/seams/fakedigest.h
tests_fuzz_replay_pipeline_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_pipeline_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_pipeline
tests_fuzz_fuzz_pipeline_SOURCES = tests/fuzz/fuzz_pipeline.c tests/control/same.c tests/control/same.h tests/seams/fakedigest.c \
	tests/seams/fakedigest.h
tests_fuzz_fuzz_pipeline_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_pipeline_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_pipeline_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/pipeline

check_PROGRAMS += tests/fuzz/replay_certificate
TESTS += tests/fuzz/replay_certificate
tests_fuzz_replay_certificate_SOURCES = tests/fuzz/fuzz_certificate.c
tests_fuzz_replay_certificate_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_certificate_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_certificate
tests_fuzz_fuzz_certificate_SOURCES = tests/fuzz/fuzz_certificate.c
tests_fuzz_fuzz_certificate_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_certificate_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_certificate_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/certificate

check_PROGRAMS += tests/fuzz/replay_monitor
TESTS += tests/fuzz/replay_monitor
tests_fuzz_replay_monitor_SOURCES = tests/fuzz/fuzz_monitor.c
tests_fuzz_replay_monitor_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_monitor_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_monitor
tests_fuzz_fuzz_monitor_SOURCES = tests/fuzz/fuzz_monitor.c
tests_fuzz_fuzz_monitor_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_monitor_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_monitor_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/monitor

check_PROGRAMS += tests/fuzz/replay_status
TESTS += tests/fuzz/replay_status
tests_fuzz_replay_status_SOURCES = tests/fuzz/fuzz_status.c
tests_fuzz_replay_status_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_status_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_status
tests_fuzz_fuzz_status_SOURCES = tests/fuzz/fuzz_status.c
tests_fuzz_fuzz_status_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_status_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_status_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/status

check_PROGRAMS += tests/fuzz/replay_ottl
TESTS += tests/fuzz/replay_ottl
tests_fuzz_replay_ottl_SOURCES = tests/fuzz/fuzz_ottl.c
tests_fuzz_replay_ottl_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_ottl_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_ottl
tests_fuzz_fuzz_ottl_SOURCES = tests/fuzz/fuzz_ottl.c
tests_fuzz_fuzz_ottl_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_ottl_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_ottl_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/ottl tests/fuzz/ottl.dict

check_PROGRAMS += tests/fuzz/replay_utf8
TESTS += tests/fuzz/replay_utf8
tests_fuzz_replay_utf8_SOURCES = tests/fuzz/fuzz_utf8.c
tests_fuzz_replay_utf8_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_utf8_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_utf8
tests_fuzz_fuzz_utf8_SOURCES = tests/fuzz/fuzz_utf8.c
tests_fuzz_fuzz_utf8_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_utf8_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_utf8_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/utf8

check_PROGRAMS += tests/fuzz/replay_base64
TESTS += tests/fuzz/replay_base64
tests_fuzz_replay_base64_SOURCES = tests/fuzz/fuzz_base64.c
tests_fuzz_replay_base64_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_base64_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_base64
tests_fuzz_fuzz_base64_SOURCES = tests/fuzz/fuzz_base64.c
tests_fuzz_fuzz_base64_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_base64_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_base64_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/base64

check_PROGRAMS += tests/fuzz/replay_gzip
TESTS += tests/fuzz/replay_gzip
tests_fuzz_replay_gzip_SOURCES = tests/fuzz/fuzz_gzip.c
tests_fuzz_replay_gzip_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_gzip_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_gzip
tests_fuzz_fuzz_gzip_SOURCES = tests/fuzz/fuzz_gzip.c
tests_fuzz_fuzz_gzip_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_gzip_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_gzip_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/gzip

check_PROGRAMS += tests/fuzz/replay_coding
TESTS += tests/fuzz/replay_coding
tests_fuzz_replay_coding_SOURCES = tests/fuzz/fuzz_coding.c
tests_fuzz_replay_coding_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_coding_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_coding
tests_fuzz_fuzz_coding_SOURCES = tests/fuzz/fuzz_coding.c
tests_fuzz_fuzz_coding_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_coding_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_coding_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/coding

check_PROGRAMS += tests/fuzz/replay_yaml
TESTS += tests/fuzz/replay_yaml
tests_fuzz_replay_yaml_SOURCES = tests/fuzz/fuzz_yaml.c
tests_fuzz_replay_yaml_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_yaml_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_yaml
tests_fuzz_fuzz_yaml_SOURCES = tests/fuzz/fuzz_yaml.c
tests_fuzz_fuzz_yaml_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_yaml_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_yaml_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/yaml

check_PROGRAMS += tests/fuzz/replay_config
TESTS += tests/fuzz/replay_config
tests_fuzz_replay_config_SOURCES = tests/fuzz/fuzz_config.c tests/config/table.c
tests_fuzz_replay_config_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_config_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c tests/config/table.c
tests_fuzz_fuzz_config_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_config_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_config_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/config

check_PROGRAMS += tests/fuzz/replay_components
TESTS += tests/fuzz/replay_components
tests_fuzz_replay_components_SOURCES = tests/fuzz/fuzz_components.c
tests_fuzz_replay_components_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_components_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_components
tests_fuzz_fuzz_components_SOURCES = tests/fuzz/fuzz_components.c
tests_fuzz_fuzz_components_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_components_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_components_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/components tests/fuzz/components.dict

check_PROGRAMS += tests/fuzz/replay_http1
TESTS += tests/fuzz/replay_http1
tests_fuzz_replay_http1_SOURCES = tests/fuzz/fuzz_http1.c
tests_fuzz_replay_http1_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_http1_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_http1
tests_fuzz_fuzz_http1_SOURCES = tests/fuzz/fuzz_http1.c
tests_fuzz_fuzz_http1_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_http1_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_http1_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/http1

check_PROGRAMS += tests/fuzz/replay_grpc_frames
TESTS += tests/fuzz/replay_grpc_frames
tests_fuzz_replay_grpc_frames_SOURCES = tests/fuzz/fuzz_grpc_frames.c
tests_fuzz_replay_grpc_frames_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_grpc_frames_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_grpc_frames
tests_fuzz_fuzz_grpc_frames_SOURCES = tests/fuzz/fuzz_grpc_frames.c
tests_fuzz_fuzz_grpc_frames_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_grpc_frames_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_grpc_frames_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/grpc_frames

check_PROGRAMS += tests/fuzz/replay_http2
TESTS += tests/fuzz/replay_http2
tests_fuzz_replay_http2_SOURCES = tests/fuzz/fuzz_http2.c
tests_fuzz_replay_http2_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_http2_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_http2
tests_fuzz_fuzz_http2_SOURCES = tests/fuzz/fuzz_http2.c
tests_fuzz_fuzz_http2_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_http2_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_http2_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/http2

check_PROGRAMS += tests/fuzz/replay_otlp
TESTS += tests/fuzz/replay_otlp
tests_fuzz_replay_otlp_SOURCES = tests/fuzz/fuzz_otlp.c
tests_fuzz_replay_otlp_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_otlp_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_otlp
tests_fuzz_fuzz_otlp_SOURCES = tests/fuzz/fuzz_otlp.c
tests_fuzz_fuzz_otlp_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_otlp_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_otlp_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/otlp

check_PROGRAMS += tests/fuzz/replay_exporter_env
TESTS += tests/fuzz/replay_exporter_env
tests_fuzz_replay_exporter_env_SOURCES = tests/fuzz/fuzz_exporter_env.c
tests_fuzz_replay_exporter_env_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_exporter_env_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_exporter_env
tests_fuzz_fuzz_exporter_env_SOURCES = tests/fuzz/fuzz_exporter_env.c
tests_fuzz_fuzz_exporter_env_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_exporter_env_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_exporter_env_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/exporter_env

check_PROGRAMS += tests/fuzz/replay_retry_after
TESTS += tests/fuzz/replay_retry_after
tests_fuzz_replay_retry_after_SOURCES = tests/fuzz/fuzz_retry_after.c
tests_fuzz_replay_retry_after_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_retry_after_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_retry_after
tests_fuzz_fuzz_retry_after_SOURCES = tests/fuzz/fuzz_retry_after.c
tests_fuzz_fuzz_retry_after_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_retry_after_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_retry_after_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/retry_after

check_PROGRAMS += tests/fuzz/replay_grpc_client
TESTS += tests/fuzz/replay_grpc_client
tests_fuzz_replay_grpc_client_SOURCES = tests/fuzz/fuzz_grpc_client.c
tests_fuzz_replay_grpc_client_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_grpc_client_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_grpc_client
tests_fuzz_fuzz_grpc_client_SOURCES = tests/fuzz/fuzz_grpc_client.c
tests_fuzz_fuzz_grpc_client_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_grpc_client_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_grpc_client_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/grpc_client

check_PROGRAMS += tests/fuzz/replay_htpasswd
TESTS += tests/fuzz/replay_htpasswd
tests_fuzz_replay_htpasswd_SOURCES = tests/fuzz/fuzz_htpasswd.c
tests_fuzz_replay_htpasswd_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_htpasswd_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_htpasswd
tests_fuzz_fuzz_htpasswd_SOURCES = tests/fuzz/fuzz_htpasswd.c
tests_fuzz_fuzz_htpasswd_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_htpasswd_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_htpasswd_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/htpasswd

check_PROGRAMS += tests/fuzz/replay_token_answer
TESTS += tests/fuzz/replay_token_answer
tests_fuzz_replay_token_answer_SOURCES = tests/fuzz/fuzz_token_answer.c
tests_fuzz_replay_token_answer_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_token_answer_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_token_answer
tests_fuzz_fuzz_token_answer_SOURCES = tests/fuzz/fuzz_token_answer.c
tests_fuzz_fuzz_token_answer_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_token_answer_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_token_answer_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/token_answer

check_PROGRAMS += tests/fuzz/replay_log_format
TESTS += tests/fuzz/replay_log_format
tests_fuzz_replay_log_format_SOURCES = tests/fuzz/fuzz_log_format.c tests/base/json_check.h
tests_fuzz_replay_log_format_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_log_format_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_log_format
tests_fuzz_fuzz_log_format_SOURCES = tests/fuzz/fuzz_log_format.c tests/base/json_check.h
tests_fuzz_fuzz_log_format_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_log_format_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_log_format_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/log_format

check_PROGRAMS += tests/fuzz/replay_prom_text
TESTS += tests/fuzz/replay_prom_text
tests_fuzz_replay_prom_text_SOURCES = tests/fuzz/fuzz_prom_text.c
tests_fuzz_replay_prom_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_prom_text_LDADD = $(FUZZ_REPLAY) $(FUZZ_IO_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_prom_text
tests_fuzz_fuzz_prom_text_SOURCES = tests/fuzz/fuzz_prom_text.c
tests_fuzz_fuzz_prom_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_prom_text_LDADD = $(FUZZ_IO_LIBS)
tests_fuzz_fuzz_prom_text_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/prom_text

check_PROGRAMS += tests/fuzz/replay_regex
TESTS += tests/fuzz/replay_regex
tests_fuzz_replay_regex_SOURCES = tests/fuzz/fuzz_regex.c
tests_fuzz_replay_regex_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_regex_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_regex
tests_fuzz_fuzz_regex_SOURCES = tests/fuzz/fuzz_regex.c
tests_fuzz_fuzz_regex_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_regex_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_regex_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/regex
check_PROGRAMS += tests/fuzz/replay_kube_list
TESTS += tests/fuzz/replay_kube_list
tests_fuzz_replay_kube_list_SOURCES = tests/fuzz/fuzz_kube_list.c
tests_fuzz_replay_kube_list_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_kube_list_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_kube_list
tests_fuzz_fuzz_kube_list_SOURCES = tests/fuzz/fuzz_kube_list.c
tests_fuzz_fuzz_kube_list_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_kube_list_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_kube_list_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/kube_list

check_PROGRAMS += tests/fuzz/replay_delta
TESTS += tests/fuzz/replay_delta
tests_fuzz_replay_delta_SOURCES = tests/fuzz/fuzz_delta.c
tests_fuzz_replay_delta_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_replay_delta_LDADD = $(FUZZ_REPLAY) $(FUZZ_CORE_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_delta
tests_fuzz_fuzz_delta_SOURCES = tests/fuzz/fuzz_delta.c
tests_fuzz_fuzz_delta_CPPFLAGS = $(TEST_CPPFLAGS)
tests_fuzz_fuzz_delta_LDADD = $(FUZZ_CORE_LIBS)
tests_fuzz_fuzz_delta_LDFLAGS = $(FUZZ_LINK)
endif
EXTRA_DIST += tests/fuzz/corpus/delta
