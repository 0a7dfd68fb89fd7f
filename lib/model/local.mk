# SPDX-License-Identifier: Apache-2.0
lib_libcore_la_SOURCES += lib/model/metrics_i.h
lib_libcore_la_SOURCES += \
	lib/model/attrs.c lib/model/attrs.h \
	lib/model/builder.c lib/model/builder_i.h lib/model/builder_points.c \
	lib/model/otlp_fields.h \
	lib/model/value.c lib/model/value.h
