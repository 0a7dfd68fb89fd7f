# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/kube/leader_elector.c \
	lib/kube/leader_elector.h
