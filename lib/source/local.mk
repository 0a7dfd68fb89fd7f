# SPDX-License-Identifier: Apache-2.0
lib_libio_la_SOURCES += \
	lib/source/k8s_cluster.c \
	lib/source/k8s_cluster.h \
	lib/source/kubeletstats.c \
	lib/source/kubeletstats.h \
	lib/source/kymastats.c \
	lib/source/kymastats.h \
	lib/source/otlp.h \
	lib/source/otlp_gate.c \
	lib/source/otlp_grpc.c \
	lib/source/otlp_http.c \
	lib/source/otlp_i.h \
	lib/source/otlp_options.c \
	lib/source/otlp_receiver.c \
	lib/source/prometheus/discovery_options.c \
	lib/source/prometheus/discovery_options.h \
	lib/source/prometheus/http_options.c \
	lib/source/prometheus/http_options.h \
	lib/source/prometheus/job_options.c \
	lib/source/prometheus/options.c \
	lib/source/prometheus/options.h \
	lib/source/receipt.c \
	lib/source/receiver.h \
	lib/source/receiver_public.c \
	lib/source/scraper_keys.c \
	lib/source/scraper_keys.h
