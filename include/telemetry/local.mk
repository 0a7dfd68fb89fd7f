# SPDX-License-Identifier: Apache-2.0
telemetryinclude_HEADERS += \
	include/telemetry/alloc.h \
	include/telemetry/api.h \
	include/telemetry/budget.h \
	include/telemetry/buf.h \
	include/telemetry/builder.h \
	include/telemetry/certificate.h \
	include/telemetry/clock.h \
	include/telemetry/columns.h \
	include/telemetry/config.h \
	include/telemetry/crypto.h \
	include/telemetry/ctx.h \
	include/telemetry/cursor.h \
	include/telemetry/edit.h \
	include/telemetry/error.h \
	include/telemetry/explain.h \
	include/telemetry/exporter.h \
	include/telemetry/flow.h \
	include/telemetry/format.h \
	include/telemetry/graph.h \
	include/telemetry/kube.h \
	include/telemetry/log.h \
	include/telemetry/manifest.h \
	include/telemetry/metrics.h \
	include/telemetry/offline.h \
	include/telemetry/otlp.h \
	include/telemetry/ottl.h \
	include/telemetry/pipeline.h \
	include/telemetry/receiver.h \
	include/telemetry/render.h \
	include/telemetry/slice.h \
	include/telemetry/status.h \
	include/telemetry/value.h
