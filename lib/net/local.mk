# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/net/address.c \
	lib/net/address.h \
	lib/net/admission.c \
	lib/net/admission.h \
	lib/net/body.c \
	lib/net/body.h \
	lib/net/ctx.c \
	lib/net/ctx_i.h \
	lib/net/ctx_offload.c \
	lib/net/ctx_poll.c \
	lib/net/ctx_state.h \
	lib/net/ctx_timer.c \
	lib/net/dial.c \
	lib/net/grpc_call.c \
	lib/net/grpc_call.h \
	lib/net/grpc_client.c \
	lib/net/grpc_client.h \
	lib/net/grpc_conn.c \
	lib/net/grpc_conn.h \
	lib/net/grpc_server.c \
	lib/net/grpc_server.h \
	lib/net/h2_mem.c \
	lib/net/h2_mem.h \
	lib/net/h2_out.c \
	lib/net/h2_out.h \
	lib/net/h2_server.c \
	lib/net/h2_session.c \
	lib/net/h2_session.h \
	lib/net/h2_stream.c \
	lib/net/h2_stream.h \
	lib/net/http1_conn.h \
	lib/net/http1_head.c \
	lib/net/http1_head.h \
	lib/net/http1_parse.c \
	lib/net/http1_server.c \
	lib/net/http1_write.c \
	lib/net/http_call.c \
	lib/net/http_call.h \
	lib/net/http_client.c \
	lib/net/http_client.h \
	lib/net/http_conn.h \
	lib/net/http_server.c \
	lib/net/http_server.h \
	lib/net/http_tls.c \
	lib/net/keepalive.c \
	lib/net/keepalive.h \
	lib/net/listener.c \
	lib/net/resolver.c \
	lib/net/resolver.h \
	lib/net/stream.c \
	lib/net/stream.h \
	lib/net/system.c \
	lib/net/system.h \
	lib/net/tls.c \
	lib/net/tls.h \
	lib/net/tls_i.h \
	lib/net/tls_material.c \
	lib/net/tls_options.c \
	lib/net/tls_options.h \
	lib/net/tls_stream.c
if LLHTTP_SOURCE
lib_libio_la_SOURCES += lib/net/llhttp_api.c lib/net/llhttp_http.c lib/net/llhttp_machine.c
lib_libio_la_CPPFLAGS += -isystem $(LLHTTP_SRCDIR)
endif
