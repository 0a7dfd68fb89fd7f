# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/store/queue.h
