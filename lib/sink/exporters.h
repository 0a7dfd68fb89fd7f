/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_EXPORTERS_H
#define TEL_SINK_EXPORTERS_H
/* The rows of this floor, for flow/components.c. Their impl is a tel__exporter_ops. */
#include "base/keys.h"

TEL_PRIVATE_BEGIN

extern const tel__component tel__otlp_http_exporter, tel__otlp_grpc_exporter, tel__debug_exporter, tel__file_exporter,
	tel__nop_exporter;

TEL_PRIVATE_END
#endif
