# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/store/chunk.c \
	lib/store/chunk.h \
	lib/store/memory.c \
	lib/store/queue.h \
	lib/store/ring.c \
	lib/store/ring.h
