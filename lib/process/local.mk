# SPDX-License-Identifier: Apache-2.0
lib_libcore_la_SOURCES += \
	lib/process/batch.h \
	lib/process/memory_limiter.h \
	lib/process/processor.h
