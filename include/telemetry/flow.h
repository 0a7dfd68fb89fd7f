/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_FLOW_H
#define TELEMETRY_FLOW_H
/**
 * @defgroup tel_flow Flow
 * Everything at once: the receivers, graph, queues, exporters, self-metrics and health endpoint of one collector
 * configuration, in one context.
 * @{
 */
#include <telemetry/buf.h>
#include <telemetry/config.h>
#include <telemetry/ctx.h>

TEL_BEGIN_DECLS

/** One configuration, running. */
typedef struct tel_flow tel_flow;

/** Options of a flow that the Collector's configuration does not know. Zero-initialise through TEL_FLOW_OPTS_INIT. */
typedef struct tel_flow_opts {
	size_t size;                /**< sizeof of the caller's view */
	tel_slice service_name;     /**< service.name of the own telemetry; empty = "telemetry-gateway" */
	tel_slice service_version;  /**< service.version; empty = tel_version() */
	tel_slice instance_id;      /**< service.instance.id; empty = a random UUID */
	bool forward_bad_utf8;      /**< option otlp.utf8=forward */
	bool fanout_all;            /**< option fanout=all: any full branch refuses the request */
	uint32_t connections_per_peer; /**< option connections.per_peer: of one address to one port (IPv6: one /64); 0 = any */
	tel_slice pages_endpoint;   /**< address of the pages without extension zpages; empty = none, in use = a warning */
	bool strict_json;           /**< option otlp.json=strict */
	bool drop_auth_failures;    /**< option auth_failure=drop: a durable queue does not hold what a backend refuses for its
	                                 credentials */
	uint64_t drain_ns;          /**< option drain: how long a host lets tel_flow_drain() work; the library does not read it */
} tel_flow_opts;
/** Initial value of tel_flow_opts. */
#define TEL_FLOW_OPTS_INIT { sizeof(tel_flow_opts), { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, false, false, 0, \
	{ NULL, 0 }, false, false, 0 }

/** One setting that the Collector's configuration does not know. Zero-initialise through TEL_FLOW_OPTION_INIT. */
typedef struct tel_flow_option {
	size_t size;      /**< sizeof of the caller's view */
	tel_slice name;   /**< such as "otlp.utf8" */
	tel_slice values; /**< what it may be: words as "cut|forward", else NUMBER, DURATION or ADDRESS */
	tel_slice def;    /**< what the programs start with */
	tel_slice help;   /**< one line */
	char value[160];  /**< what it is now, as text */
} tel_flow_option;
/** Initial value of tel_flow_option. */
#define TEL_FLOW_OPTION_INIT { sizeof(tel_flow_option), { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { 0 } }

/**
 * The table of options: `--option` of the programs, `telemetryctl components`.
 *
 * @param[in]  opts        what the values are read from; NULL = the defaults of the programs
 * @param[in]  index       0, 1, ...
 * @param[out] ret_option  the option; untouched on failure
 * @return TEL_OK; TEL_ERR_NOT_FOUND behind the last one; TEL_ERR_ARG (no ret_option).
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    design.md 10.
 */
TEL_API tel_err tel_flow_option_get(const tel_flow_opts *opts, size_t index, tel_flow_option *ret_option);

/**
 * Set one option by its name.
 *
 * @param[in,out] opts     options; untouched on failure
 * @param[in]     setting  "NAME=VALUE"; an address is kept by reference, so the text must outlive opts
 * @param[out]    err      optional; names what there is, and what was probably meant
 * @return TEL_OK; TEL_ERR_ARG (no opts, no such option, or not a value of it).
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    design.md 10; commands.md, "Daemons".
 */
TEL_API tel_err tel_flow_option_set(tel_flow_opts *opts, tel_slice setting, tel_error *err);

/**
 * Every component of the library: processors, connectors, receivers, exporters and extensions.
 *
 * @return a constant table for tel_config_load().
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    doc/architecture.md.
 */
TEL_API const tel_components *tel_components_all(void);

/**
 * What service.telemetry.logs and .resource of a configuration ask for, so that the host can print accordingly. Sampling is
 * done before the host sees a line.
 *
 * @param[in]     config     loaded configuration; lends texts to the style
 * @param[out]    ret_level  lowest level to print
 * @param[in,out] style      names of the program, which the configuration may replace; gets encoding, further attributes of the
 *                           resource, and initial fields
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    otel-processing.md 9.5.
 */
TEL_API void tel_flow_log_settings(const tel_config *config, tel_log_level *ret_level, tel_log_style *style);

/**
 * Start everything that a configuration describes.
 *
 * @param[in]  ctx       context; outlives the flow
 * @param[in]  config    loaded with tel_components_all(); the flow keeps a reference
 * @param[in]  opts      NULL for defaults; read during the call only
 * @param[out] ret_flow  new flow, free with tel_flow_free()
 * @param[out] err       optional
 * @return TEL_OK; TEL_ERR_ARG (also an endpoint or header that is none); TEL_ERR_UNSUPPORTED (a component of this release
 *         loads but cannot run); TEL_ERR_IO (an address cannot be opened, detail holds errno); TEL_ERR_NOMEM.
 *         On failure nothing stays open.
 *
 * Cost:    a few hundred KiB; opens the listeners.
 * Threads: the context's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    otel-processing.md 9, 10.5.
 */
TEL_API tel_err tel_flow_new(tel_ctx *ctx, tel_config *config, const tel_flow_opts *opts, tel_flow **ret_flow,
                             tel_error *err);

/** Options of a reload. Zero-initialise through TEL_FLOW_RELOAD_OPTS_INIT. */
typedef struct tel_flow_reload_opts {
	size_t size;                /**< sizeof of the caller's view */
	uint64_t leave_ns;          /**< time that connections and queues which are not needed any more have to end; 0 = as before, at first 25 s */
} tel_flow_reload_opts;
/** Initial value of tel_flow_reload_opts. */
#define TEL_FLOW_RELOAD_OPTS_INIT { sizeof(tel_flow_reload_opts), 0 }

/**
 * Change a running flow to another configuration, by difference: what is told the same goes on untouched.
 *
 * @param[in]  flow    flow; not one that drains
 * @param[in]  config  loaded with the table of components that the flow was made with; the flow keeps a reference. NULL: the
 *                     host could not load one, which counts as a reload that failed
 * @param[in]  opts    NULL for defaults; read during the call only
 * @param[out] err     optional
 * @return TEL_OK; TEL_ERR_CONFIG (config is NULL, or the graph cannot be built); TEL_ERR_STATE (the flow drains); and all
 *         of tel_flow_new(). On failure nothing has changed.
 *
 * Everything that can fail is done beside the configuration that runs, then the new one takes over in one step. Components
 * are the same by kind, id and effective options. A receiver that is the same keeps its connections; one that listens on the same
 * address takes the listening socket over, another address is opened before the old one is closed. An exporter of the same
 * id keeps queue, requests and counters, whatever else changes. What is not needed any more ends in the background.
 *
 * Cost:    as tel_flow_new().
 * Threads: the context's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    doc/internals/reload.md; design.md 4, 10.
 */
TEL_API tel_err tel_flow_reload(tel_flow *flow, tel_config *config, const tel_flow_reload_opts *opts, tel_error *err);

/**
 * Stop receiving, send what is queued, then call back. At the deadline the rest is counted as dropped.
 *
 * @param[in] flow              flow
 * @param[in] deadline_mono_ns  on the context's clock; 0 = at once
 * @param[in] done              called once from the loop when nothing is queued or the deadline passed; unsent is the
 *                              number of points that were dropped
 * @param[in] user              handed to done
 *
 * Cost:    none by itself.
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    design.md 5; delivery.md issues 14, 15.
 */
TEL_API void tel_flow_drain(tel_flow *flow, uint64_t deadline_mono_ns, void (*done)(void *user, uint64_t unsent), void *user);

/**
 * Port of a listener, for endpoints with port 0.
 *
 * @param[in] flow  flow
 * @param[in] what  "otlp/grpc" and "otlp/http" (first otlp receiver), "metrics", "health", "pages"
 * @return the port; 0 when there is no such listener.
 *
 * Cost:    constant.
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API unsigned tel_flow_port(const tel_flow *flow, tel_slice what);

/**
 * The flow's own metrics, as the telemetry endpoint serves them.
 *
 * @param[in]  flow     flow
 * @param[out] ret_buf  Prometheus text 0.0.4, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_NOMEM; TEL_ERR_LIMIT.
 *
 * Cost:    O(components).
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    otel-processing.md 9.6.
 */
TEL_API tel_err tel_flow_metrics(const tel_flow *flow, tel_buf **ret_buf);

/**
 * Stop at once and free. What is queued in memory is lost; drain first to send it.
 *
 * @param[in] flow  may be NULL
 *
 * Cost:    O(components).
 * Threads: the context's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_flow_free(tel_flow *flow);

TEL_END_DECLS
/** @} */
#endif
