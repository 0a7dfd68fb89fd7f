# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/flow/accept.c \
	lib/flow/auths.c \
	lib/flow/auths.h \
	lib/flow/components.c \
	lib/flow/drain.c \
	lib/flow/endpoint.c \
	lib/flow/endpoint.h \
	lib/flow/endpoints.c \
	lib/flow/endpoint_keys.h \
	lib/flow/flow.c \
	lib/flow/flow_i.h \
	lib/flow/generation.c \
	lib/flow/health.c \
	lib/flow/health.h \
	lib/flow/idle.c \
	lib/flow/idle.h \
	lib/flow/leave.c \
	lib/flow/outlets.c \
	lib/flow/pages.c \
	lib/flow/pages.h \
	lib/flow/pages_html_table.h \
	lib/flow/pages_json.c \
	lib/flow/options.c \
	lib/flow/process_stats.c \
	lib/flow/process_stats.h \
	lib/flow/prom_text.c \
	lib/flow/prom_text.h \
	lib/flow/receivers.c \
	lib/flow/reload.c \
	lib/flow/self_metrics.c \
	lib/flow/zpages.c \
	lib/flow/zpages.h
EXTRA_DIST += lib/flow/pages_html_table.py lib/flow/pages/page.html lib/flow/pages/style.css lib/flow/pages/common.js \
	lib/flow/pages/index.html lib/flow/pages/index.js lib/flow/pages/pipelines.html lib/flow/pages/pipelines.js \
	lib/flow/pages/queues.html lib/flow/pages/queues.js
