# SPDX-License-Identifier: Apache-2.0
# The programs, over <telemetry/...> only.
EXTRA_DIST += daemons/gateway.yaml daemons/quickstart.sh daemons/quickstart.py daemons/deploy
if DAEMONS
bin_PROGRAMS += telemetry-gateway telemetryctl
DAEMON_CPPFLAGS = -I$(top_srcdir)/include -I$(top_srcdir)/daemons
DAEMON_LIBS = libtelemetry-metrics-io.la libtelemetry-metrics.la

telemetry_gateway_SOURCES = \
	daemons/common/args.c \
	daemons/common/args.h \
	daemons/common/command_line.c \
	daemons/common/command_line.h \
	daemons/common/env_dir.c \
	daemons/common/env_dir.h \
	daemons/common/evloop.c \
	daemons/common/evloop.h \
	daemons/common/files.c \
	daemons/common/files.h \
	daemons/common/logs.c \
	daemons/common/logs.h \
	daemons/common/proxies.c \
	daemons/common/proxies.h \
	daemons/common/options.c \
	daemons/common/options.h \
	daemons/common/worker.c \
	daemons/common/worker.h \
	daemons/telemetry-gateway/main.c
telemetry_gateway_CPPFLAGS = $(DAEMON_CPPFLAGS)
telemetry_gateway_CFLAGS = $(AM_CFLAGS) -pthread
telemetry_gateway_LDADD = $(DAEMON_LIBS) $(LIBEV_LIBS)

telemetryctl_SOURCES = \
	daemons/common/args.c \
	daemons/common/args.h \
	daemons/common/files.c \
	daemons/common/files.h \
	daemons/common/format.c \
	daemons/common/format.h \
	daemons/common/logs.c \
	daemons/common/logs.h \
	daemons/common/options.c \
	daemons/common/options.h \
	daemons/common/proxies.c \
	daemons/common/proxies.h \
	daemons/telemetryctl/cmd.h \
	daemons/telemetryctl/config.c \
	daemons/telemetryctl/decode.c \
	daemons/telemetryctl/explain.c \
	daemons/telemetryctl/generate.c \
	daemons/telemetryctl/generate.h \
	daemons/telemetryctl/input.c \
	daemons/telemetryctl/input.h \
	daemons/telemetryctl/ledger.c \
	daemons/telemetryctl/ledger.h \
	daemons/telemetryctl/main.c \
	daemons/telemetryctl/manifests.c \
	daemons/telemetryctl/process.c \
	daemons/telemetryctl/render.c \
	daemons/telemetryctl/script.c \
	daemons/telemetryctl/script.h \
	daemons/telemetryctl/send.c \
	daemons/telemetryctl/sink.c \
	daemons/telemetryctl/validate.c
telemetryctl_CPPFLAGS = $(DAEMON_CPPFLAGS)
telemetryctl_LDADD = $(DAEMON_LIBS)
endif
