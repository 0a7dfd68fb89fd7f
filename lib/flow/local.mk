# SPDX-License-Identifier: Apache-2.0
# lib_libio_la_SOURCES += lib/flow/x.c lib/flow/x.h
