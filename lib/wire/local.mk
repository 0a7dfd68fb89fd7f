# SPDX-License-Identifier: Apache-2.0
# lib_libcore_la_SOURCES += lib/wire/x.c lib/wire/x.h
lib_libcore_la_SOURCES += lib/wire/pb.c lib/wire/pb.h
lib_libcore_la_SOURCES += lib/wire/grpc.c lib/wire/grpc.h
lib_libcore_la_SOURCES += lib/wire/form.c lib/wire/form.h
lib_libcore_la_SOURCES += lib/wire/coding.c lib/wire/coding.h lib/wire/packed.c lib/wire/packed.h
lib_libcore_la_SOURCES += lib/wire/snappy.c lib/wire/snappy.h
lib_libcore_la_SOURCES += lib/wire/zstd.c lib/wire/zstd.h lib/wire/zstd_frame.c lib/wire/zstd_frame.h
lib_libcore_la_SOURCES += lib/wire/gzip.c lib/wire/gzip.h lib/wire/gzip_engine.h lib/wire/gzip_isal.c lib/wire/gzip_zlib.c
lib_libcore_la_SOURCES += lib/wire/node.c lib/wire/yaml.c lib/wire/yaml.h lib/wire/yaml_scalar.c
lib_libcore_la_SOURCES += lib/wire/json.c lib/wire/json.h lib/wire/json_number.c lib/wire/json_number.h
lib_libcore_la_SOURCES += lib/wire/regex.c lib/wire/regex.h lib/wire/regex_i.h lib/wire/regex_memory.h
lib_libcore_la_SOURCES += lib/wire/regex_keys.c lib/wire/regex_keys.h
lib_libcore_la_SOURCES += lib/wire/regex_class.c lib/wire/regex_linear.c lib/wire/regex_shape.c lib/wire/regex_syntax.c
lib_libcore_la_SOURCES += lib/wire/json_text.c lib/wire/json_text.h
