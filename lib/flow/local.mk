# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/flow/accept.c \
	lib/flow/components.c \
	lib/flow/drain.c \
	lib/flow/endpoint.c \
	lib/flow/endpoint.h \
	lib/flow/flow.c \
	lib/flow/flow_i.h \
	lib/flow/generation.c \
	lib/flow/health.c \
	lib/flow/health.h \
	lib/flow/process_stats.c \
	lib/flow/process_stats.h \
	lib/flow/prom_text.c \
	lib/flow/prom_text.h \
	lib/flow/self_metrics.c
