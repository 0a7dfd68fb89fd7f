/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_LIMITS_H
#define TEL_BASE_LIMITS_H
/* Every ceiling of the library in one table; each has a metric or an error text where it bites. */
enum {
	TEL_LIMIT_REQUEST_BYTES = 0x7fffffff,      /* one OTLP request; offsets within it are 32 bits wide */
	TEL_LIMIT_VALUE_DEPTH = 64,                /* nesting of AnyValue, protocols.md 2.1 */
	TEL_LIMIT_UNKNOWN_GROUP_DEPTH = 0,         /* groups are refused */
	TEL_LIMIT_ENV_ATTRS = 128,                 /* attributes in OTEL_RESOURCE_ATTRIBUTES */
	TEL_LIMIT_ATTRS_BYTES = 1 << 20,           /* one set of prepared attributes */
	TEL_LIMIT_BUILDER_BYTES = 64 << 20,        /* default of a built batch: what a client may send, protocols.md 2.1 */
	TEL_LIMIT_BUILDER_MAX_BYTES = 1 << 30,     /* highest ceiling that a builder's owner may ask for */
	TEL_LIMIT_TEXT_BYTES = 1 << 30,            /* a batch written as text */
	TEL_LIMIT_MAP_BYTES = 64 * 1024,           /* blocks from here on are mapped, not taken from the heap */
	TEL_LIMIT_POOL_BYTES = 4 << 20,            /* large blocks that a context keeps warm, base/pool.h */
	TEL_LIMIT_CHUNK_BYTES = 64 * 1024,         /* chunk into which a queue compacts small records */
	TEL_LIMIT_COMPACT_BYTES = 32 * 1024,       /* records below are always compacted */
	TEL_LIMIT_GRPC_RECV_BYTES = 4 << 20,       /* default of max_recv_msg_size_mib */
	TEL_LIMIT_HTTP_BODY_BYTES = 20 << 20,      /* default of max_request_body_size */
	TEL_LIMIT_EXPORT_BYTES = 64 << 20,         /* what an exporter sends at once, before compression: protocols.md 2.1 */
	TEL_LIMIT_RESPONSE_BYTES = 4 << 20,        /* what a client reads of an answer */
	TEL_LIMIT_HEADER_LIST_BYTES = 16 * 1024,   /* sum of name + value + 32, one request */
	TEL_LIMIT_HEADER_COUNT = 128,              /* header fields of one request */
	TEL_LIMIT_STREAMS_PER_CONNECTION = 100,    /* MAX_CONCURRENT_STREAMS of our servers */
	TEL_LIMIT_CONNECTIONS = 16384,             /* open connections of one listener */
	TEL_LIMIT_RENEWAL_ROWS = 1024,             /* components whose renewed credentials are counted */
	TEL_LIMIT_NO_PROXY_BYTES = 64 * 1024,      /* NO_PROXY */
	TEL_LIMIT_PEM_BYTES = 1 << 20,             /* one file of certificates or a key */
	TEL_LIMIT_SECRET_BYTES = 64 * 1024,        /* one file with a token, a password or an id; one token: security.md S47 */
	TEL_LIMIT_HTPASSWD_BYTES = 1 << 20,        /* one htpasswd file */
	TEL_LIMIT_CONFIG_BYTES = 10 << 20,         /* one configuration source */
	TEL_LIMIT_YAML_DEPTH = 64,                 /* nesting of a YAML document */
	TEL_LIMIT_JSON_DEPTH = 320,                /* nesting of a JSON text: 64 values of 4 levels and what is above */
	TEL_LIMIT_YAML_ALIASES = 100,              /* alias uses in a document */
	TEL_LIMIT_YAML_NODES = 1 << 20,            /* nodes after alias expansion */
	TEL_LIMIT_RESOURCE_NODES = 1 << 15,        /* the same in one source of Kubernetes resources */
	TEL_LIMIT_YAML_KEYS = 16384,               /* keys of one map */
	TEL_LIMIT_EXPAND_ROUNDS = 1000,            /* ${...} rounds of one value, otel-processing.md 10.2 */
	TEL_LIMIT_EXPAND_BYTES = 1 << 20,          /* one expanded value */
	TEL_LIMIT_PIPELINE_CHAIN = 64,             /* pipelines that a batch passes one after the other */
	TEL_LIMIT_EXPAND_WORK = 256 << 20,         /* bytes that all expansions of a configuration may move */
	TEL_LIMIT_MERGE_WORK = 256 << 20,          /* keys that merging the sources of a configuration may look at */
	TEL_LIMIT_FINDINGS = 1000,                 /* findings kept of one configuration */
	TEL_LIMIT_CONFIG_SOURCES = 1000,           /* sources of one configuration */
	TEL_LIMIT_PRINT_BYTES = 64 << 20,          /* a configuration or table as printed */
	TEL_LIMIT_RESOURCE_ATTRS = 128,            /* of the program itself, service.telemetry.resource */
	TEL_LIMIT_LOG_FIELD_BYTES = 1024,          /* one log field as printed */
	TEL_LIMIT_MONITOR_SERIES = 65536,          /* exporters and receivers of all instances whose flow is watched */
	TEL_LIMIT_DELTA_SERIES = 1 << 20,          /* series of one cumulativetodelta; the oldest makes room */
	TEL_LIMIT_OTTL_BYTES = 256 * 1024,         /* one OTTL statement, condition or value */
	TEL_LIMIT_OTTL_DEPTH = 64,                 /* nesting of parentheses, arguments, keys, lists and maps in it */
	TEL_LIMIT_RELABEL_BYTES = 1 << 20,         /* one label on its way through relabeling */
	TEL_LIMIT_REGEX_BYTES = 256 * 1024,        /* one regular expression */
	TEL_LIMIT_REGEX_DEPTH = 1000,              /* nesting of groups in it, as in Go */
	TEL_LIMIT_REGEX_STEPS = 1 << 26,           /* of the engine at all places of a subject, times the length of each step */
	TEL_LIMIT_REGEX_PLACE_STEPS = 100,         /* of the engine at one place, even if there are many */
	TEL_LIMIT_REGEX_PROGRAM = 1 << 17,         /* instructions of the matcher without backtracking */
	TEL_LIMIT_REGEX_WORK = 1 << 27,            /* its steps */
	TEL_LIMIT_REGEX_HEAP_KIB = 16 * 1024,      /* memory of matching it once */
	TEL_LIMIT_REGEX_LINEAR_BYTES = 2048,       /* longer subjects are for the matcher without backtracking alone */
	TEL_LIMIT_OTTL_MEMORY_BYTES = 256 << 20,   /* its tree, or those of one group, and what is tried on the way */
	TEL_LIMIT_OTTL_VALUE_BYTES = 64 << 20,     /* what evaluating it on one item may take, and one text that it makes */
	TEL_LIMIT_OTTL_GROWTH_BYTES = 64 << 20,    /* what statements may add to a small batch; a large one: in proportion */
	TEL_LIMIT_OTTL_STEPS = 1 << 30,            /* parts of statements that may be evaluated for one batch */
	TEL_LIMIT_GLOB_GAPS = 16                   /* stars and alternatives of one glob */
};
#endif
