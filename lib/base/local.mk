# SPDX-License-Identifier: Apache-2.0
lib_libcore_la_SOURCES += \
	lib/base/arena.c \
	lib/base/arena.h \
	lib/base/budget.c \
	lib/base/budget.h \
	lib/base/budget_public.c \
	lib/base/buf.c \
	lib/base/buf_i.h \
	lib/base/crc32c.c \
	lib/base/crc32c.h \
	lib/base/crc32c_table.h \
	lib/base/dynbuf.c \
	lib/base/dynbuf.h \
	lib/base/error.c \
	lib/base/error_i.h \
	lib/base/hex64.c \
	lib/base/hex64.h \
	lib/base/keys.h \
	lib/base/limits.h \
	lib/base/log.c \
	lib/base/log_format.c \
	lib/base/log_i.h \
	lib/base/log_sampler.c \
	lib/base/log_sampler.h \
	lib/base/map.c \
	lib/base/map.h \
	lib/base/mem.c \
	lib/base/mem.h \
	lib/base/num.c \
	lib/base/num.h \
	lib/base/num_shortest.c \
	lib/base/num_table.h \
	lib/base/pairs.c \
	lib/base/pairs.h \
	lib/base/pool.c \
	lib/base/pool.h \
	lib/base/printable.c \
	lib/base/seams.h \
	lib/base/slice.c \
	lib/base/slice_i.h \
	lib/base/url.c \
	lib/base/url.h \
	lib/base/utf8.c \
	lib/base/utf8.h \
	lib/base/visibility.h
EXTRA_DIST += lib/base/crc32c_table.py lib/base/num_table.py
