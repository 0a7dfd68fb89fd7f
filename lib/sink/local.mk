# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/sink/attempt.c \
	lib/sink/batch.c \
	lib/sink/body.c \
	lib/sink/calls.c lib/sink/calls.h \
	lib/sink/compress.c \
	lib/sink/debug.c \
	lib/sink/door.c \
	lib/sink/exporter.h \
	lib/sink/exporter_env.c lib/sink/exporter_env.h \
	lib/sink/exporter_public.c \
	lib/sink/exporters.h \
	lib/sink/file.c \
	lib/sink/flight.c \
	lib/sink/later.c lib/sink/later.h \
	lib/sink/layout.c \
	lib/sink/nop.c \
	lib/sink/options.c lib/sink/options.h \
	lib/sink/otlp_answer.c lib/sink/otlp_answer.h \
	lib/sink/otlp_grpc.c \
	lib/sink/otlp_http.c \
	lib/sink/otlp_options.c lib/sink/otlp_options.h \
	lib/sink/renew.c \
	lib/sink/retry.c lib/sink/retry.h \
	lib/sink/retry_after.c \
	lib/sink/sender.c lib/sink/sender.h lib/sink/sender_i.h \
	lib/sink/settle.c \
	lib/sink/sign.c lib/sink/sign.h \
	lib/sink/waiters.c
