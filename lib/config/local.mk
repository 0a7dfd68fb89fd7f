# SPDX-License-Identifier: Apache-2.0
lib_libcore_la_SOURCES += \
	lib/config/components.c \
	lib/config/config_i.h \
	lib/config/connectors.c \
	lib/config/decode.c \
	lib/config/decode.h \
	lib/config/decode_value.c \
	lib/config/duration.c \
	lib/config/duration.h \
	lib/config/emit.c \
	lib/config/emit.h \
	lib/config/explain.c \
	lib/config/explanation.c \
	lib/config/explanation.h \
	lib/config/explanation_print.c \
	lib/config/findings.c \
	lib/config/findings.h \
	lib/config/forms.c \
	lib/config/hint.c \
	lib/config/hint.h \
	lib/config/ids.c \
	lib/config/load.c \
	lib/config/loader.c \
	lib/config/loader.h \
	lib/config/merge.c \
	lib/config/expand.c \
	lib/config/pipelines.c \
	lib/config/print.c \
	lib/config/prom_units.c \
	lib/config/prom_units.h \
	lib/config/roles.c \
	lib/config/runnable.c \
	lib/config/same.c \
	lib/config/same.h \
	lib/config/service.c \
	lib/config/service.h \
	lib/config/within.c
