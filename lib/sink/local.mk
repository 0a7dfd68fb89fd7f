# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/sink/exporter.h
