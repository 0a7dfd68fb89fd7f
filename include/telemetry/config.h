/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_CONFIG_H
#define TELEMETRY_CONFIG_H
/**
 * @defgroup tel_config Collector configuration
 * Loads the OpenTelemetry Collector's configuration: several sources, expansion of ${...}, merge, typed decoding by the
 * key tables of the components, validation. All findings are reported, each with source, line and column.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** A loaded configuration. */
typedef struct tel_config tel_config;
/** A table of components. */
typedef struct tel_components tel_components;
/** What a loader complained about. */
typedef struct tel_findings tel_findings;

/** One source of configuration, already read by the caller (the library opens no files). */
typedef struct tel_config_source {
	tel_slice name; /**< how findings call it, such as a file name */
	tel_slice text; /**< YAML */
} tel_config_source;

/** Where ${...} takes its values from. */
typedef struct tel_config_env {
	/**
	 * Look one reference up. scheme is "env", "file" or what else the file says ("yaml" is the library's); name is what
	 * follows the colon. The answer is borrowed until the next call. TEL_OK, TEL_ERR_NOT_FOUND (unset variable),
	 * TEL_ERR_UNSUPPORTED (scheme), TEL_ERR_IO, TEL_ERR_NOMEM.
	 */
	tel_err (*lookup)(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text);
	void *user; /**< handed to lookup */
} tel_config_env;

/** Severity of a finding. */
typedef enum tel_finding_level {
	TEL_FINDING_ERROR = 0,                /**< the configuration is refused */
	TEL_FINDING_WARNING = 1,              /**< it is accepted, but look */
	TEL_FINDING_LEVEL_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_finding_level;

/** One finding; slices are borrowed from the list. */
typedef struct tel_finding {
	tel_finding_level level; /**< severity */
	tel_slice source;        /**< name of the source, or empty */
	uint32_t line;           /**< 1-based; 0 = unknown */
	uint32_t column;         /**< 1-based; 0 = unknown */
	tel_slice path;          /**< "exporters::otlp_http::sending_queue", or empty */
	tel_slice message;       /**< the text, as the Collector words it where it has one */
	tel_slice hint;          /**< what was probably meant or expected, or empty */
} tel_finding;

/** Choices of tel_config_load(). Zero-initialise through TEL_CONFIG_OPTS_INIT. */
typedef struct tel_config_opts {
	size_t size;             /**< sizeof of the caller's view */
	const tel_alloc *alloc;  /**< for the configuration; NULL for the C library's */
	/** Unset variables without a default are errors instead of warnings, as `--validate` wants them. */
	bool strict_env;
	/**
	 * Pipelines of other signals than metrics are left out with a warning, and so are components of unknown type that
	 * only they use. Otherwise they are errors.
	 */
	bool ignore_other_signals;
} tel_config_opts;
/** Initial value of tel_config_opts. */
#define TEL_CONFIG_OPTS_INIT { sizeof(tel_config_opts), NULL, false, false }

/** Kind of a component. */
typedef enum tel_component_kind {
	TEL_COMPONENT_RECEIVER = 0,            /**< takes data in */
	TEL_COMPONENT_PROCESSOR = 1,           /**< changes data */
	TEL_COMPONENT_EXPORTER = 2,            /**< gives data away */
	TEL_COMPONENT_CONNECTOR = 3,           /**< exporter of one pipeline, receiver of another */
	TEL_COMPONENT_EXTENSION = 4,           /**< beside the pipelines */
	TEL_COMPONENT_KIND_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_component_kind;

/** One component that a configuration may use; slices are constant. Zero-initialise through TEL_COMPONENT_INFO_INIT. */
typedef struct tel_component_info {
	size_t size;             /**< sizeof of the caller's view */
	tel_component_kind kind; /**< where it stands in a configuration */
	tel_slice type;          /**< "otlp_http" */
	tel_slice help;          /**< one line */
	bool runs;               /**< false: loads and validates, but this build cannot run it */
} tel_component_info;
/** Initial value of tel_component_info. */
#define TEL_COMPONENT_INFO_INIT { sizeof(tel_component_info), TEL_COMPONENT_RECEIVER, { NULL, 0 }, { NULL, 0 }, false }

/** One configuration key of a component; slices are constant but for path, which is borrowed during the callback. */
typedef struct tel_component_key {
	size_t size;       /**< sizeof as the library knows it */
	tel_slice path;    /**< "sending_queue::queue_size" */
	tel_slice type;    /**< "duration", "string", ... */
	tel_slice def;     /**< default as YAML text, or empty */
	tel_slice help;    /**< one line */
} tel_component_key;

/** How tel_components_print() writes. */
typedef enum tel_components_format {
	TEL_COMPONENTS_TEXT = 0,                   /**< one line per component */
	TEL_COMPONENTS_JSON = 1,                   /**< one JSON document with all keys */
	TEL_COMPONENTS_FORMAT_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_components_format;

/**
 * Make an empty list of findings.
 *
 * @param[in] alloc  NULL for the C library's
 * @param[out] ret_findings  new list, free with tel_findings_free()
 * @return TEL_OK; TEL_ERR_NOMEM.
 *
 * Cost:    one allocation.
 * Threads: reentrant; a list belongs to one thread at a time.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_findings_new(const tel_alloc *alloc, tel_findings **ret_findings);

/**
 * Free a list of findings.
 *
 * @param[in] findings  may be NULL
 *
 * Cost:    constant.
 * Threads: the list's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_findings_free(tel_findings *findings);

/**
 * Number of findings.
 *
 * @param[in] findings  list
 * @return how many; at most 1000 are kept, the last of them then says so.
 *
 * Cost:    constant.
 * Threads: the list's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API size_t tel_findings_count(const tel_findings *findings);

/**
 * One finding, in the order in which they were found.
 *
 * @param[in] findings  list
 * @param[in] index  0 to count - 1
 * @param[out] ret_finding  slices are borrowed from the list
 * @return TEL_OK; TEL_ERR_NOT_FOUND (index).
 *
 * Cost:    constant.
 * Threads: the list's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_findings_get(const tel_findings *findings, size_t index, tel_finding *ret_finding);

/**
 * Write findings as one JSON array, an object each: level ("error", "warning"), file, line, column, path, message, hint.
 *
 * @param[in] findings  list
 * @param[in] alloc  for the text; NULL for the C library's
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_LIMIT (text above 64 MiB); TEL_ERR_NOMEM.
 *
 * Cost:    linear in the text.
 * Threads: the list's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md; conventions.md 4.7.
 */
TEL_API tel_err tel_findings_print(const tel_findings *findings, const tel_alloc *alloc, tel_buf **ret_text);

/**
 * Load a configuration: parse the sources, merge them in their order, expand ${...}, decode, validate.
 *
 * @param[in] sources  read during the call only
 * @param[in] n  number of sources
 * @param[in] components  what may stand in it; NULL checks the shape only. Must outlive the configuration
 * @param[in] env  where ${...} takes values from; NULL leaves references as they are
 * @param[in] opts  NULL for defaults; read during the call only
 * @param[out] ret_config  new configuration with one reference, drop with tel_config_free(); untouched on failure
 * @param[out] findings  gets everything that was found, also warnings on success; may be NULL
 * @return TEL_OK; TEL_ERR_CONFIG (findings say why); TEL_ERR_ARG (n is 0 or above 1000); TEL_ERR_NOMEM.
 *
 * Cost:    one pass over the text; memory within a small multiple of it.
 * Threads: reentrant; the result is immutable.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    otel-processing.md 10.1-10.4; conventions.md 4.1; doc/differences.md.
 */
TEL_API tel_err tel_config_load(const tel_config_source *sources, size_t n, const tel_components *components,
                                const tel_config_env *env, const tel_config_opts *opts, tel_config **ret_config,
                                tel_findings *findings);

/**
 * Take another reference.
 *
 * @param[in] config  may be NULL
 * @return config.
 *
 * Cost:    one atomic increment.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_config *tel_config_ref(tel_config *config);

/**
 * Drop a reference; the last one frees the configuration.
 *
 * @param[in] config  may be NULL
 *
 * Cost:    one atomic decrement.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_config_free(tel_config *config);

/**
 * Write the effective configuration as YAML: merged, expanded, defaults filled in, secrets masked.
 *
 * @param[in] config  configuration
 * @param[in] alloc  for the text; NULL for the C library's
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_LIMIT (text above 64 MiB); TEL_ERR_NOMEM.
 *
 * Loaded again it gives the same configuration, but for the secrets. Without components the file's own keys are
 * printed, and what looks like a secret by its key is masked.
 *
 * Cost:    linear in the text.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md, config.
 */
TEL_API tel_err tel_config_print(const tel_config *config, const tel_alloc *alloc, tel_buf **ret_text);

/**
 * Turn the argument of --set into a source: a.b=c becomes the key a::b with c read as YAML.
 *
 * @param[in] setting  "processors.batch.timeout=2s"
 * @param[in] alloc  for the text; NULL for the C library's
 * @param[out] ret_text  new buffer for the text of a tel_config_source, drop with tel_buf_unref()
 * @param[out] err  optional; code and message on failure
 * @return TEL_OK; TEL_ERR_ARG (no equal sign, or nothing before it); TEL_ERR_NOMEM.
 *
 * Cost:    linear.
 * Threads: reentrant.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    otel-processing.md 10.1.
 */
TEL_API tel_err tel_config_set_source(tel_slice setting, const tel_alloc *alloc, tel_buf **ret_text, tel_error *err);

/**
 * Number of components in a table, parents included.
 *
 * @param[in] components  table, may be NULL
 * @return how many rows.
 *
 * Cost:    O(tables).
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API size_t tel_components_count(const tel_components *components);

/**
 * One component of a table.
 *
 * @param[in] components  table
 * @param[in] index  0 to count - 1
 * @param[out] ret_info  filled up to its size member
 * @return TEL_OK; TEL_ERR_NOT_FOUND (index).
 *
 * Cost:    O(tables).
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_components_get(const tel_components *components, size_t index, tel_component_info *ret_info);

/**
 * Visit the keys of one component, sections depth first.
 *
 * @param[in] components  table
 * @param[in] index  0 to count - 1
 * @param[in] visit  called per key; non-zero stops
 * @param[in] user  handed to visit
 * @return TEL_OK; TEL_ERR_NOT_FOUND (index); TEL_ERR_CANCELLED (visit said so); TEL_ERR_LIMIT (path above 512 bytes);
 *         TEL_ERR_NOMEM.
 *
 * Cost:    linear in the keys.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_components_keys(const tel_components *components, size_t index,
                                    int (*visit)(const tel_component_key *key, void *user), void *user);

/**
 * Write a table for people or programs, as `telemetryctl components` shows it.
 *
 * @param[in] components  table
 * @param[in] format  text or JSON
 * @param[in] alloc  for the text; NULL for the C library's
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_ARG (format); TEL_ERR_NOMEM.
 *
 * Cost:    linear in the keys.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md, components.
 */
TEL_API tel_err tel_components_print(const tel_components *components, tel_components_format format,
                                     const tel_alloc *alloc, tel_buf **ret_text);

TEL_END_DECLS
/** @} */
#endif
