# SPDX-License-Identifier: Apache-2.0
# lib_libcore_la_SOURCES += lib/graph/x.c lib/graph/x.h
