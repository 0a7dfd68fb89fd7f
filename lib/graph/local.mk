# SPDX-License-Identifier: Apache-2.0
lib_libcore_la_SOURCES += \
	lib/graph/compiled.h \
	lib/graph/graph.c \
	lib/graph/graph_i.h \
	lib/graph/inherit.c \
	lib/graph/offline.c \
	lib/graph/plan.c \
	lib/graph/run.c
