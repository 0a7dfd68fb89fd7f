# SPDX-License-Identifier: Apache-2.0
lib_libcore_la_SOURCES += lib/model/metrics_i.h
lib_libcore_la_SOURCES += lib/model/check.c lib/model/check.h lib/model/edit.c lib/model/edit.h lib/model/edit_i.h lib/model/edit_public.c \
	lib/model/encode.c lib/model/encode.h lib/model/index.c lib/model/index.h lib/model/metrics.c \
	lib/model/normalise.c lib/model/normalise.h lib/model/shape.c lib/model/shape.h
lib_libcore_la_SOURCES += \
	lib/model/append.c lib/model/append.h \
	lib/model/attrs.c lib/model/attrs.h \
	lib/model/builder.c lib/model/builder_i.h lib/model/builder_points.c lib/model/builder_resource.c \
	lib/model/columns.c lib/model/cursor.c lib/model/equal.c \
	lib/model/fields.c lib/model/fields.h \
	lib/model/otlp_fields.h \
	lib/model/value.c lib/model/value.h \
	lib/model/value_text.c lib/model/value_text.h \
	lib/model/walk.c lib/model/walk.h
lib_libcore_la_SOURCES += lib/model/compact.c lib/model/cut.c lib/model/cut.h lib/model/split.c
lib_libcore_la_SOURCES += lib/model/close.c lib/model/kvs.c lib/model/kvs.h \
	lib/model/open.c lib/model/pick.c lib/model/pick.h lib/model/plain.h lib/model/point.c lib/model/point.h \
	lib/model/point_attrs.c lib/model/point_attrs.h
