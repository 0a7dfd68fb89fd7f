# SPDX-License-Identifier: Apache-2.0
lib_libcore_la_SOURCES += \
	lib/control/doc.c \
	lib/control/doc.h \
	lib/control/doc_json.c \
	lib/control/doc_write.c \
	lib/control/endpoint.c \
	lib/control/endpoint.h \
	lib/control/go_url.c \
	lib/control/go_url.h \
	lib/control/metric_pipeline.c \
	lib/control/metric_pipeline.h \
	lib/control/pipeline_format.c \
	lib/control/pipeline_meaning.c \
	lib/control/pipeline_set.c \
	lib/control/pipeline_set.h \
	lib/control/render.c \
	lib/control/render.h \
	lib/control/render_agent.c \
	lib/control/render_exporter.c \
	lib/control/render_gateway.c \
	lib/control/render_parts.c \
	lib/control/render_public.c \
	lib/control/render_scrape.c \
	lib/control/rules.c \
	lib/control/rules.h \
	lib/control/schema.c \
	lib/control/schema.h \
	lib/control/schema_write.c \
	lib/control/telemetry.c \
	lib/control/telemetry.h \
	lib/control/variables.c
