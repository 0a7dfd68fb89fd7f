# SPDX-License-Identifier: Apache-2.0
# lib_libio_la_SOURCES += lib/source/x.c lib/source/x.h
