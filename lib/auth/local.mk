# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/auth/auth.c \
	lib/auth/auth.h \
	lib/auth/basic.c \
	lib/auth/bearer.c \
	lib/auth/credential.c \
	lib/auth/credential.h \
	lib/auth/htpasswd.c \
	lib/auth/htpasswd.h \
	lib/auth/oauth2.c \
	lib/auth/oauth2_options.c \
	lib/auth/oauth2_options.h \
	lib/auth/password.c \
	lib/auth/password.h \
	lib/auth/secret.c \
	lib/auth/secret.h \
	lib/auth/slow_line.c \
	lib/auth/slow_line.h \
	lib/auth/token_answer.c \
	lib/auth/token_answer.h
