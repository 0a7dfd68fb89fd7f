# SPDX-License-Identifier: Apache-2.0
# One cmocka program per module: tests/<floor>/test_<noun>.c, run under the TAP driver.
# Scripts end in .test, programs in nothing; both speak TAP.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TEST_LOG_DRIVER = $(LOG_DRIVER)
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/tap-run
EXTRA_DIST += tests/tap-run
AM_TESTS_ENVIRONMENT = CC='$(CC)'; export CC; CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	TEL_SHARED=$${TEL_SHARED:-$(abs_top_srcdir)/../shared}; export TEL_SHARED; \
	TEL_SRCDIR=$(abs_top_srcdir); export TEL_SRCDIR; TEL_BUILDDIR=$(abs_top_builddir); export TEL_BUILDDIR;
TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CMOCKA_CFLAGS)
TEST_CORE_LIBS = tests/seams/libseams.la lib/libcore.la $(CMOCKA_LIBS)
TEST_IO_LIBS = tests/seams/libseams.la lib/libio.la lib/libcore.la $(CMOCKA_LIBS)

include tests/seams/local.mk
include tests/base/local.mk
include tests/wire/local.mk
include tests/model/local.mk
include tests/codec/local.mk
include tests/process/local.mk
include tests/config/local.mk
include tests/control/local.mk
include tests/graph/local.mk
include tests/net/local.mk
include tests/auth/local.mk
include tests/store/local.mk
include tests/source/local.mk
include tests/sink/local.mk
include tests/flow/local.mk
include tests/daemons/local.mk
include tests/abi/local.mk
include tests/oracle/local.mk
include tests/python/local.mk
include tests/fuzz/local.mk
include tests/torture/local.mk
include tests/bench/local.mk

# Everything that is run from the source tree and compiled by nobody.
EXTRA_DIST += tests/install-deps tests/run.sh $(wildcard $(srcdir)/tests/evidence/*.txt) $(wildcard $(srcdir)/tests/*/*.py) $(wildcard $(srcdir)/tests/*/*.yaml) \
	tests/bench/run tests/peers/peers tests/sdks/README.md $(wildcard $(srcdir)/tests/sdks/*/*.*)

# The programs that tests/bench/run runs: by name, so that no list is kept.
named = $(foreach p,$(check_PROGRAMS),$(if $(findstring /$(1)_,$(p)),$(p)))
.PHONY: bench-programs
bench-programs: all
	@set -e; for p in '' $(call named,bench); do test -z "$$p" || $(MAKE) $(AM_MAKEFLAGS) $$p; done
