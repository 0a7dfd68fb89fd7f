/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_LOG_H
#define TELEMETRY_LOG_H
/**
 * @defgroup tel_log Log sink
 * The library never prints. What an operator should read goes to a callback of the host, as a message with fields.
 * @{
 */
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** Severity, the Collector's levels. */
typedef enum tel_log_level {
	TEL_LOG_DEBUG = 0,                /**< for developers */
	TEL_LOG_INFO = 1,                 /**< life cycle */
	TEL_LOG_WARN = 2,                 /**< something is refused or repaired */
	TEL_LOG_ERROR = 3,                /**< data or a component is lost */
	TEL_LOG_LEVEL_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_log_level;

/** One field of a log line. */
typedef struct tel_log_field {
	tel_slice key;   /**< name */
	tel_slice text;  /**< value as text; used when is_number is false */
	double number;   /**< value as a number */
	bool is_number;  /**< which of the two holds */
} tel_log_field;

/** One log line; everything in it is borrowed during the callback. */
typedef struct tel_log_entry {
	size_t size;                 /**< sizeof as the library knows it */
	tel_log_level level;         /**< severity */
	uint64_t unix_ns;            /**< wall clock of the context; 0 = the host stamps */
	tel_slice msg;               /**< constant message */
	tel_slice component_id;      /**< otelcol.component.id, or empty */
	tel_slice component_kind;    /**< otelcol.component.kind, or empty */
	tel_slice pipeline_id;       /**< otelcol.pipeline.id, or empty */
	const tel_log_field *fields; /**< further fields */
	size_t field_count;          /**< number of fields */
} tel_log_entry;

/** Where log lines go. */
typedef struct tel_log_sink {
	void (*write)(void *user, const tel_log_entry *entry); /**< NULL = discard */
	void *user;                                            /**< handed to write */
	tel_log_level min_level;                               /**< lines below are not built */
} tel_log_sink;

/** Forms of a printed log line. */
typedef enum tel_log_encoding {
	TEL_LOG_CONSOLE = 0,                 /**< tab-separated text, for people */
	TEL_LOG_JSON = 1,                    /**< one JSON object with the Collector's field names */
	TEL_LOG_ENCODING_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_log_encoding;

/** How lines are printed and who prints them. Zero-initialise through TEL_LOG_STYLE_INIT. */
typedef struct tel_log_style {
	size_t size;               /**< sizeof of the caller's view */
	tel_log_encoding encoding; /**< form */
	tel_slice service_name;    /**< service.name; ptr NULL = left out, as the next two */
	tel_slice service_version; /**< service.version */
	tel_slice instance_id;     /**< service.instance.id */
	const tel_log_field *resource; /**< further attributes of the resource */
	size_t resource_count;     /**< number of them */
	const tel_log_field *fields; /**< printed in every line, before the resource */
	size_t field_count;        /**< number of them */
} tel_log_style;
/** Initial value of tel_log_style. */
#define TEL_LOG_STYLE_INIT { sizeof(tel_log_style), TEL_LOG_CONSOLE, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, NULL, 0, NULL, 0 }

/**
 * Print one log line the way the Collector does. Control characters and invalid UTF-8 are escaped, long fields are cut.
 *
 * @param[in]  style  form and resource
 * @param[in]  entry  line
 * @param[out] out    text with a final newline, not NUL-terminated
 * @param[in]  cap    size of out; fields that may not fit are left out, 16 KiB hold any line of the library
 * @return number of bytes written, at most cap; 0 when cap is below 64.
 *
 * Cost:    one pass over the entry.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    otel-processing.md 9.5; security.md S65.
 */
TEL_API size_t tel_log_format(const tel_log_style *style, const tel_log_entry *entry, char *out, size_t cap);

TEL_END_DECLS
/** @} */
#endif
