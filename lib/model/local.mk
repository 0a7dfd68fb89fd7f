# SPDX-License-Identifier: Apache-2.0
# lib_libcore_la_SOURCES += lib/model/x.c lib/model/x.h
