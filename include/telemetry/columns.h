/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_COLUMNS_H
#define TELEMETRY_COLUMNS_H
/**
 * @defgroup tel_columns Columns
 * Reads a whole batch in one call into arrays of the caller, one array per column, so that a language with slow calls
 * (Python with numpy) or a columnar consumer pays once per batch and not once per point.
 *
 * There are tables for resources, scopes, metrics, points, attributes, bucket counts, bounds and text. Rows of a table
 * stand in the order of the batch. A column first_x of a table says where the rows of x that belong to a row begin; it
 * has one more element than the table has rows, so that row i owns first_x[i] to first_x[i + 1].
 *
 * Typical use: tel_metrics_columns() with all rooms 0 tells how many rows there are; allocate; call again.
 * @{
 */
#include <telemetry/error.h>
#include <telemetry/metrics.h>
#include <telemetry/value.h>

TEL_BEGIN_DECLS

/** Which parts of a batch are read; resources, scopes, metrics and points always are. */
enum {
	TEL_COLUMNS_ATTRIBUTES = 1, /**< attributes of resources, scopes and points */
	TEL_COLUMNS_BUCKETS = 2,    /**< bucket counts and bounds of histograms */
	TEL_COLUMNS_NAMES = 4       /**< names and units of metrics, names and versions of scopes */
};

/** A piece of the text column. */
typedef struct tel_text_ref {
	uint64_t offset; /**< first byte in text */
	uint64_t len;    /**< number of bytes */
} tel_text_ref;

/**
 * The arrays. Zero-initialise through TEL_COLUMNS_INIT. A member x_room says how many rows the arrays of table x have
 * room for (first_* columns: one more); 0 = the table is counted, not written. A NULL array = the column is not wanted.
 * A member x_count is written by the call.
 */
typedef struct tel_columns {
	size_t size; /**< sizeof of the caller's view */

	size_t resource_room;  /**< room */
	size_t resource_count; /**< rows in the batch */
	uint64_t *resource_first_attribute; /**< index in attributes */

	size_t scope_room;        /**< room */
	size_t scope_count;       /**< rows in the batch */
	uint32_t *scope_resource; /**< row of its resource */
	tel_text_ref *scope_name; /**< name */
	tel_text_ref *scope_version; /**< version */
	uint64_t *scope_first_attribute; /**< index in attributes */

	size_t metric_room;          /**< room */
	size_t metric_count;         /**< rows in the batch */
	uint32_t *metric_scope;      /**< row of its scope */
	uint8_t *metric_type;        /**< tel_metric_type */
	uint8_t *metric_temporality; /**< tel_temporality; 255 = a value outside of the enum */
	uint8_t *metric_monotonic;   /**< 0 or 1 */
	tel_text_ref *metric_name;   /**< name */
	tel_text_ref *metric_unit;   /**< unit */
	uint64_t *metric_first_point; /**< index in points */

	size_t point_room;       /**< room */
	size_t point_count;      /**< rows in the batch */
	uint32_t *point_metric;  /**< row of its metric */
	uint32_t *point_has;     /**< TEL_HAS_* */
	uint32_t *point_flags;   /**< TEL_FLAG_* */
	uint64_t *point_start;   /**< start, Unix nanoseconds; 0 = not set */
	uint64_t *point_time;    /**< time, Unix nanoseconds; 0 = not set */
	int64_t *point_int;      /**< number with TEL_HAS_INT, else 0 */
	double *point_double;    /**< number: the double, or the integer as a double; NaN when there is none */
	uint64_t *point_total;   /**< count of histograms and summaries */
	double *point_sum;       /**< sum; NaN when there is none */
	double *point_min;       /**< min; NaN when there is none */
	double *point_max;       /**< max; NaN when there is none */
	uint64_t *point_first_attribute; /**< index in attributes */
	uint64_t *point_first_bucket;    /**< index in bucket_counts; exponential histograms have none here */
	uint64_t *point_first_bound;     /**< index in bounds */

	size_t attribute_room;        /**< room */
	size_t attribute_count;       /**< rows in the batch: of resources, then of scopes, then of points */
	tel_text_ref *attribute_key;  /**< key */
	uint8_t *attribute_type;      /**< tel_value_type */
	int64_t *attribute_int;       /**< TEL_VALUE_INT and TEL_VALUE_BOOL, else 0 */
	double *attribute_double;     /**< TEL_VALUE_DOUBLE, else 0 */
	tel_text_ref *attribute_text; /**< TEL_VALUE_STRING and _BYTES; _ARRAY and _KVLIST as OTLP bytes; else empty */

	size_t bucket_room;      /**< room */
	size_t bucket_count;     /**< rows in the batch */
	uint64_t *bucket_counts; /**< counts of explicit buckets */

	size_t bound_room;  /**< room */
	size_t bound_count; /**< rows in the batch */
	double *bounds;     /**< explicit bounds */

	size_t text_room;  /**< room */
	size_t text_count; /**< bytes */
	char *text;        /**< what tel_text_ref points into; equal texts may share bytes */
} tel_columns;
/** Initial value of tel_columns. */
#define TEL_COLUMNS_INIT { sizeof(tel_columns), 0, 0, NULL, 0, 0, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, \
	NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, \
	NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, 0, 0, NULL, 0, 0, NULL }

/**
 * Read a batch into columns.
 *
 * @param[in]     metrics      batch
 * @param[in]     mask         TEL_COLUMNS_* that are read; columns of the others are not touched, their counts are 0
 * @param[in,out] ret_columns  rooms and arrays in; counts out, on TEL_ERR_LIMIT too
 * @return TEL_OK; TEL_ERR_LIMIT (a table with room has not enough; the counts say what is needed, the arrays hold what
 *         fitted); TEL_ERR_ARG (no batch, or columns not initialised).
 *
 * Cost:    one pass over the batch; text is copied once, nothing is allocated.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_metrics_columns(const tel_metrics *metrics, uint32_t mask, tel_columns *ret_columns);

TEL_END_DECLS
/** @} */
#endif
