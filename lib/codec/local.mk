# SPDX-License-Identifier: Apache-2.0
lib_libcore_la_SOURCES += lib/codec/otlp_response.c lib/codec/otlp_response.h
lib_libcore_la_SOURCES += lib/codec/otlp_response_json.c lib/codec/otlp_response_json.h
lib_libcore_la_SOURCES += lib/codec/otlp_decode.c lib/codec/otlp_decode.h lib/codec/otlp_encode.c
lib_libcore_la_SOURCES += lib/codec/otlp_json_write.c lib/codec/otlp_json_write.h
lib_libcore_la_SOURCES += lib/codec/otlp_text.c lib/codec/otlp_text.h lib/codec/otlp_text_detailed.c lib/codec/otlp_text_i.h
lib_libcore_la_SOURCES += lib/codec/format.c
lib_libcore_la_SOURCES += lib/codec/otlp_json_fields.c lib/codec/otlp_json_fields.h
lib_libcore_la_SOURCES += lib/codec/otlp_json_read.c lib/codec/otlp_json_read.h lib/codec/otlp_json_decode.c
