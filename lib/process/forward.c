/* SPDX-License-Identifier: Apache-2.0 */
#include "process/forward.h"

/* There is nothing to set, so there is nothing to fill. */
typedef struct forward_options {
	char none;
} forward_options;

static const tel__key_table forward_keys = { .go_name = "forwardconnector.Config", .size = sizeof(forward_options) };
static const tel__connector_ops forward_ops = { .forwards = true };

const tel__component tel__forward = {
	.type = "forward",
	.kind = TEL__KIND_CONNECTOR,
	.keys = &forward_keys,
	.help = "passes everything to each pipeline that lists it as a receiver",
	.impl = &forward_ops,
};
