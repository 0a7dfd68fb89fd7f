/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_ROUTING_H
#define TEL_PROCESS_ROUTING_H
/* Connector routing: sends metrics to pipelines by OTTL conditions. otel-processing.md 6. */
#include "process/ottl_keys.h"

typedef enum tel__route_context {
	TEL__ROUTE_UNSET, /* as resource */
	TEL__ROUTE_RESOURCE,
	TEL__ROUTE_METRIC,
	TEL__ROUTE_DATAPOINT,
	TEL__ROUTE_REQUEST, /* metadata of the client's request */
	TEL__ROUTE_SPAN,    /* these two never match metrics */
	TEL__ROUTE_LOG
} tel__route_context;

typedef enum tel__route_action { TEL__ROUTE_MOVE, TEL__ROUTE_COPY } tel__route_action;

typedef struct tel__route {
	int32_t context;                /* tel__route_context */
	int32_t action;                 /* tel__route_action */
	tel_slice statement, condition; /* one of them; condition C is the statement "route() where C" */
	tel__key_strings pipelines;
} tel__route;

typedef struct tel__routing_options {
	int32_t error_mode;              /* tel__error_mode */
	tel__key_strings default_pipelines; /* of what no route matched; none = it is dropped */
	tel__key_list table;             /* of tel__route */
} tel__routing_options;

/* The parts of a condition on the request: request["name"] == "value". */
typedef struct tel__request_condition {
	tel_slice name, value;
	bool differs; /* != */
} tel__request_condition;

struct tel__dynbuf;

TEL_PRIVATE_BEGIN

extern const struct tel__connector_ops tel__routing_ops;
extern const tel__component tel__routing; /* type "routing" */

/* What makes two routes the same: the first one takes everything. */
void tel__route_identity(struct tel__dynbuf *out, const tel__route *route);
/* NULL, or what is wrong with the text. */
const char *tel__request_condition_parse(tel_slice text, tel__request_condition *ret_condition);

TEL_PRIVATE_END
#endif
