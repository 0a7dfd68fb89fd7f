# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/sink/attempt.c \
	lib/sink/batch.c \
	lib/sink/compress.c \
	lib/sink/door.c \
	lib/sink/exporter.h \
	lib/sink/flight.c \
	lib/sink/options.c lib/sink/options.h \
	lib/sink/retry.c lib/sink/retry.h \
	lib/sink/retry_after.c \
	lib/sink/sender.c lib/sink/sender.h lib/sink/sender_i.h \
	lib/sink/settle.c \
	lib/sink/waiters.c
