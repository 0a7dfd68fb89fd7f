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
#include <telemetry/error.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

typedef struct tel_config tel_config;
typedef struct tel_components tel_components;
typedef struct tel_findings tel_findings;

/** One source of configuration, already read by the caller (the library opens no files). */
typedef struct tel_config_source {
	tel_slice name; /**< how findings call it, such as a file name */
	tel_slice text; /**< YAML */
} tel_config_source;

/** Where ${...} takes its values from. */
typedef struct tel_config_env {
	/**
	 * Look one reference up. scheme is "env", "file" or "yaml"; name is what follows. The answer is borrowed until the
	 * next call. TEL_OK, TEL_ERR_NOT_FOUND (unset variable), TEL_ERR_UNSUPPORTED (scheme), TEL_ERR_IO.
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
	uint32_t line, column;   /**< 1-based; 0 = unknown */
	tel_slice path;          /**< "exporters::otlp_http::sending_queue", or empty */
	tel_slice message;       /**< the text, as the Collector words it where it has one */
} tel_finding;

TEL_END_DECLS
/** @} */
#endif
