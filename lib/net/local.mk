# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/net/body.h \
	lib/net/ctx_i.h \
	lib/net/grpc_client.h \
	lib/net/grpc_server.h \
	lib/net/http_client.h \
	lib/net/http_conn.h \
	lib/net/http_server.h \
	lib/net/stream.h \
	lib/net/system.h
