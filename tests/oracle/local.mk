# SPDX-License-Identifier: Apache-2.0
# protobuf-c as an independent second opinion on OTLP bytes. A user of it lists
#   tests_x_y_LDADD = tests/oracle/liboracle.la $(PROTOBUF_C_LIBS) $(TEST_CORE_LIBS), CPPFLAGS += $(ORACLE_CPPFLAGS),
# includes "oracle/otlp.pb-c.h" and stands inside "if ORACLE".
EXTRA_DIST += tests/oracle/otlp.proto
if ORACLE
ORACLE_CPPFLAGS = -I$(builddir)/tests $(PROTOBUF_C_CFLAGS)
check_LTLIBRARIES += tests/oracle/liboracle.la
nodist_tests_oracle_liboracle_la_SOURCES = tests/oracle/otlp.pb-c.c tests/oracle/otlp.pb-c.h
# Generated code is not ours to warn about.
tests_oracle_liboracle_la_CFLAGS = -std=gnu11
tests_oracle_liboracle_la_CPPFLAGS = $(AM_CPPFLAGS) $(ORACLE_CPPFLAGS)
tests_oracle_liboracle_la_LIBADD = $(PROTOBUF_C_LIBS)
BUILT_SOURCES += tests/oracle/otlp.pb-c.h
CLEANFILES += tests/oracle/otlp.pb-c.c tests/oracle/otlp.pb-c.h

tests/oracle/otlp.pb-c.c: $(srcdir)/tests/oracle/otlp.proto
	$(AM_V_GEN)$(MKDIR_P) tests/oracle && $(PROTOC_C) --c_out=tests/oracle -I$(srcdir)/tests/oracle otlp.proto
tests/oracle/otlp.pb-c.h: tests/oracle/otlp.pb-c.c
endif
