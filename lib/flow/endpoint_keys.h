/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_FLOW_ENDPOINT_KEYS_H
#define TEL_FLOW_ENDPOINT_KEYS_H
/*
 * Rows of the Collector's HTTP server settings that change nothing on an endpoint that reads no body and answers at once.
 * auth is not among them: a lock that is ignored would be an open door, so asking for it is an error.
 */
#include "base/keys.h"

#define TEL__ENDPOINT_IGNORED_KEYS \
	{ .name = "transport", .type = TEL__KEY_IGNORED, .help = "accepted; it is tcp" }, \
	{ .name = "cors", .type = TEL__KEY_IGNORED, .help = "accepted; other sites are not served" }, \
	{ .name = "max_request_body_size", .type = TEL__KEY_IGNORED, .help = "accepted; no body is read" }, \
	{ .name = "include_metadata", .type = TEL__KEY_IGNORED, .help = "accepted, not used" }, \
	{ .name = "response_headers", .type = TEL__KEY_IGNORED, .help = "accepted, not used" }, \
	{ .name = "compression_algorithms", .type = TEL__KEY_IGNORED, .help = "accepted; no body is read" }, \
	{ .name = "read_timeout", .type = TEL__KEY_IGNORED, .help = "accepted; a head has 10 s" }, \
	{ .name = "read_header_timeout", .type = TEL__KEY_IGNORED, .help = "accepted; a head has 10 s" }, \
	{ .name = "write_timeout", .type = TEL__KEY_IGNORED, .help = "accepted, not used" }, \
	{ .name = "idle_timeout", .type = TEL__KEY_IGNORED, .help = "accepted; a connection may idle 60 s" }, \
	{ .name = "keep_alives_enabled", .type = TEL__KEY_IGNORED, .help = "accepted; connections are kept" }, \
	{ .name = "middlewares", .type = TEL__KEY_IGNORED, .help = "accepted; there are none" }

#endif
