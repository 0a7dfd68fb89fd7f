# SPDX-License-Identifier: Apache-2.0
lib_libcore_la_SOURCES += \
	lib/process/batch.c \
	lib/process/batch.h \
	lib/process/components.c \
	lib/process/components.h \
	lib/process/forward.c \
	lib/process/forward.h \
	lib/process/memory_limiter.c \
	lib/process/memory_limiter.h \
	lib/process/processor.h
