/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/zpages.h"

#include <stddef.h>

#include "flow/endpoint_keys.h"

static const tel__key zpages_keys[] = {
	{ .name = "endpoint", .type = TEL__KEY_STRING, .offset = offsetof(tel__zpages_options, endpoint),
	  .def = "localhost:55679", .help = "address to listen on" },
	{ .name = "tls", .type = TEL__KEY_OPTIONAL, .offset = offsetof(tel__zpages_options, tls),
	  .section = &tel__tls_server_keys, .help = "server certificate and client CA" },
	{ .name = "expvar", .type = TEL__KEY_IGNORED, .help = "accepted; it shows variables of Go" },
	TEL__ENDPOINT_IGNORED_KEYS,
};
static const tel__key_table zpages_table = { "zpagesextension.Config", sizeof(tel__zpages_options), zpages_keys,
	                                         TEL__KEY_COUNT(zpages_keys), NULL };

/* The flow runs this extension itself: impl only says that it can be run. */
static const int runs;
const tel__component tel__zpages_component = {
	.type = "zpages",
	.kind = TEL__KIND_EXTENSION,
	.keys = &zpages_table,
	.help = "serves pages about pipelines and queues",
	.impl = &runs,
};
