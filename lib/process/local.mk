# SPDX-License-Identifier: Apache-2.0
lib_libcore_la_SOURCES += \
	lib/process/batch.c \
	lib/process/batch.h \
	lib/process/components.c \
	lib/process/components.h \
	lib/process/filter.c \
	lib/process/filter.h \
	lib/process/forward.c \
	lib/process/forward.h \
	lib/process/istio_noise_filter.c \
	lib/process/istio_noise_filter.h \
	lib/process/memory_limiter.c \
	lib/process/memory_limiter.h \
	lib/process/ottl/ast.h \
	lib/process/ottl/check.c \
	lib/process/ottl/functions.c \
	lib/process/ottl/infer.c \
	lib/process/ottl/lexer.c \
	lib/process/ottl/lexer.h \
	lib/process/ottl/names.h \
	lib/process/ottl/parse_token.c \
	lib/process/ottl/parser.c \
	lib/process/ottl/parser.h \
	lib/process/ottl/parser_i.h \
	lib/process/ottl/paths.c \
	lib/process/ottl/print.c \
	lib/process/ottl/resolve.c \
	lib/process/ottl/resolve.h \
	lib/process/ottl_keys.c \
	lib/process/ottl_keys.h \
	lib/process/processor.h \
	lib/process/routing.c \
	lib/process/routing.h \
	lib/process/service_enrichment.c \
	lib/process/service_enrichment.h \
	lib/process/transform.c \
	lib/process/transform.h
