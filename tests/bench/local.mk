# SPDX-License-Identifier: Apache-2.0
# Built by make check, run by hand: they take seconds. bench_decode prints rows against protobuf-c.
BENCH_MEASURE = tests/bench/measure.c tests/bench/measure.h
check_PROGRAMS += tests/bench/bench_config tests/bench/bench_filter tests/bench/bench_json tests/bench/bench_pipelines
tests_bench_bench_config_SOURCES = tests/bench/bench_config.c $(BENCH_MEASURE)
tests_bench_bench_config_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_bench_config_LDADD = $(TEST_IO_LIBS)
tests_bench_bench_filter_SOURCES = tests/bench/bench_filter.c $(BENCH_MEASURE)
tests_bench_bench_filter_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_bench_filter_LDADD = lib/libcore.la
tests_bench_bench_json_SOURCES = tests/bench/bench_json.c $(BENCH_MEASURE)
tests_bench_bench_json_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_bench_json_LDADD = lib/libcore.la
tests_bench_bench_pipelines_SOURCES = tests/bench/bench_pipelines.c tests/control/bombs.c tests/control/bombs.h $(BENCH_MEASURE)
tests_bench_bench_pipelines_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_bench_pipelines_LDADD = $(TEST_CORE_LIBS)
if ORACLE
check_PROGRAMS += tests/bench/bench_decode
tests_bench_bench_decode_SOURCES = tests/bench/bench_decode.c $(BENCH_MEASURE)
tests_bench_bench_decode_CPPFLAGS = $(TEST_CPPFLAGS) $(ORACLE_CPPFLAGS)
tests_bench_bench_decode_LDADD = tests/oracle/liboracle.la $(PROTOBUF_C_LIBS) lib/libcore.la
endif
