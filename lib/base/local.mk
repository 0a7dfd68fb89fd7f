# SPDX-License-Identifier: Apache-2.0
lib_libcore_la_SOURCES += \
	lib/base/arena.h \
	lib/base/budget.h \
	lib/base/buf_i.h \
	lib/base/crc32c.h \
	lib/base/dynbuf.h \
	lib/base/error_i.h \
	lib/base/hex64.h \
	lib/base/keys.h \
	lib/base/limits.h \
	lib/base/log_i.h \
	lib/base/map.h \
	lib/base/mem.h \
	lib/base/num.h \
	lib/base/seams.h \
	lib/base/slice_i.h \
	lib/base/utf8.h \
	lib/base/visibility.h
