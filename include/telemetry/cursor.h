/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_CURSOR_H
#define TELEMETRY_CURSOR_H
/**
 * @defgroup tel_cursor Cursor
 * Reads a batch from the outside to the inside, in place: nothing is allocated or copied, slices point into the batch.
 * All structs are the caller's. What is read stays valid until the batch is edited or freed.
 *
 * Typical use: tel_cursor_init(), then four nested loops over tel_cursor_next_resource(), tel_cursor_next_scope(),
 * tel_cursor_next_metric() and tel_cursor_next_point(), and tel_attr_next() over the attributes of each.
 * To get at a whole batch in one call, see tel_metrics_columns().
 * @{
 */
#include <telemetry/metrics.h>
#include <telemetry/value.h>

TEL_BEGIN_DECLS

/** A run of one repeated field: attributes, exemplars, quantiles, strings. Copy the struct to run over it again. */
typedef struct tel_fields {
	const char *next; /**< where the next element is looked for */
	const char *end;  /**< where the run ends */
	uint32_t field;   /**< field number of the elements */
	uint32_t count;   /**< elements of the whole run */
} tel_fields;

/** A run of numbers: bucket counts or bounds. Copy the struct to run over it again. */
typedef struct tel_numbers {
	const char *next;    /**< next number, or next field */
	const char *run_end; /**< end of the packed run that next is in; NULL outside of one */
	const char *end;     /**< where the last field ends */
	uint32_t field;      /**< field number */
	uint32_t count;      /**< numbers of the whole run */
} tel_numbers;

/** Position in a batch. The members are private. */
typedef struct tel_cursor {
	const tel_metrics *metrics; /**< batch */
	uint32_t resource;          /**< 1 + index of the current resource; 0 = none yet */
	uint32_t scope;             /**< the same in that resource */
	uint32_t metric;            /**< the same in that scope */
	uint32_t point;             /**< the same in that metric */
	uint32_t type;              /**< tel_metric_type of the current metric */
	tel_fields points;          /**< what is left of its points */
} tel_cursor;

/** A resource as the cursor reads it. */
typedef struct tel_resource_view {
	tel_fields attributes;       /**< for tel_attr_next() */
	tel_fields entities;         /**< for tel_entity_next() */
	tel_slice schema_url;        /**< of ResourceMetrics */
	uint32_t dropped_attributes; /**< dropped_attributes_count */
	uint32_t scopes;             /**< scopes in this resource */
} tel_resource_view;

/** An entity reference of a resource. */
typedef struct tel_entity_view {
	tel_slice schema_url;        /**< or empty */
	tel_slice type;              /**< such as "service" */
	tel_fields id_keys;          /**< for tel_string_next() */
	tel_fields description_keys; /**< for tel_string_next() */
} tel_entity_view;

/** An instrumentation scope as the cursor reads it. */
typedef struct tel_scope_view {
	tel_slice name;              /**< or empty */
	tel_slice version;           /**< or empty */
	tel_slice schema_url;        /**< of ScopeMetrics */
	tel_fields attributes;       /**< for tel_attr_next() */
	uint32_t dropped_attributes; /**< dropped_attributes_count */
	uint32_t metrics;            /**< metrics in this scope */
} tel_scope_view;

/** A metric as the cursor reads it. */
typedef struct tel_metric_view {
	tel_metric_type type;        /**< kind of its points */
	tel_temporality temporality; /**< sums and histograms; other values as received */
	bool monotonic;              /**< sums */
	tel_slice name;              /**< name */
	tel_slice unit;              /**< or empty */
	tel_slice description;       /**< or empty */
	tel_fields metadata;         /**< for tel_attr_next() */
	uint32_t points;             /**< data points */
} tel_metric_view;

/** The buckets of one sign of an exponential histogram. */
typedef struct tel_buckets_view {
	tel_numbers counts; /**< for tel_number_next_u64() */
	int32_t offset;     /**< index of the first bucket */
	bool present;       /**< the message is there, be it empty */
} tel_buckets_view;

/** A data point of any type; members that its type does not have are zero. */
typedef struct tel_point_view {
	tel_metric_type type;       /**< which members below are meant */
	uint32_t has;               /**< TEL_HAS_* */
	uint32_t flags;             /**< TEL_FLAG_* */
	int32_t scale;              /**< exponential histogram */
	uint64_t start_unix_ns;     /**< 0 = not set */
	uint64_t time_unix_ns;      /**< 0 = not set */
	int64_t as_int;             /**< number, with TEL_HAS_INT */
	double as_double;           /**< number, with TEL_HAS_DOUBLE */
	tel_fields attributes;      /**< for tel_attr_next() */
	tel_fields exemplars;       /**< for tel_exemplar_next() */
	uint64_t count;             /**< histograms and summary */
	double sum;                 /**< histograms with TEL_HAS_SUM, and summary */
	double min;                 /**< with TEL_HAS_MIN */
	double max;                 /**< with TEL_HAS_MAX */
	tel_numbers bucket_counts;  /**< histogram, for tel_number_next_u64() */
	tel_numbers bounds;         /**< histogram, for tel_number_next_double() */
	tel_fields quantiles;       /**< summary, for tel_quantile_next() */
	uint64_t zero_count;        /**< exponential histogram */
	double zero_threshold;      /**< exponential histogram */
	tel_buckets_view positive;  /**< exponential histogram */
	tel_buckets_view negative;  /**< exponential histogram */
	tel_slice raw;              /**< the encoded point, without tag and length */
} tel_point_view;

/** An exemplar as the cursor reads it. */
typedef struct tel_exemplar_view {
	uint64_t time_unix_ns; /**< when it was measured */
	uint32_t has;          /**< TEL_HAS_INT or TEL_HAS_DOUBLE, or 0 */
	int64_t as_int;        /**< with TEL_HAS_INT */
	double as_double;      /**< with TEL_HAS_DOUBLE */
	tel_slice trace_id;    /**< 16 bytes, or empty; other lengths as received */
	tel_slice span_id;     /**< 8 bytes, or empty; other lengths as received */
	tel_fields attributes; /**< filtered attributes, for tel_attr_next() */
} tel_exemplar_view;

/**
 * Stand before the first resource of a batch.
 *
 * @param[out] cursor   the caller's; needs no cleaning up
 * @param[in]  metrics  batch; must not be freed while the cursor is used, nor an editing pass be ended (telemetry/edit.h)
 *
 * Cost:    constant.
 * Threads: the batch's; a frozen batch may be read through several handles on several threads.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_cursor_init(tel_cursor *cursor, const tel_metrics *metrics);

/**
 * Go to the next resource.
 *
 * @param[in]  cursor    position; stands before the first scope of the resource afterwards
 * @param[out] ret_view  optional; what the resource says
 * @return false when there is none; the cursor then stays at the end.
 *
 * Cost:    one pass over the resource's own bytes.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, ResourceMetrics.
 */
TEL_API bool tel_cursor_next_resource(tel_cursor *cursor, tel_resource_view *ret_view);

/**
 * Go to the next scope of the current resource.
 *
 * @param[in]  cursor    position; stands before the first metric of the scope afterwards
 * @param[out] ret_view  optional; what the scope says
 * @return false when there is none, or no resource.
 *
 * Cost:    one pass over the scope's own bytes.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, ScopeMetrics.
 */
TEL_API bool tel_cursor_next_scope(tel_cursor *cursor, tel_scope_view *ret_view);

/**
 * Go to the next metric of the current scope.
 *
 * @param[in]  cursor    position; stands before the first point of the metric afterwards
 * @param[out] ret_view  optional; what the metric says
 * @return false when there is none, or no scope.
 *
 * Cost:    constant; with ret_view one pass over the metric in which points are skipped by length.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, Metric.
 */
TEL_API bool tel_cursor_next_metric(tel_cursor *cursor, tel_metric_view *ret_view);

/**
 * Read the next point of the current metric.
 *
 * @param[in]  cursor    position
 * @param[out] ret_view  optional; what the point says
 * @return false when there is none, or no metric.
 *
 * Cost:    one pass over the point; attributes are skipped by length until tel_attr_next() reads them.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, NumberDataPoint and its kin.
 */
TEL_API bool tel_cursor_next_point(tel_cursor *cursor, tel_point_view *ret_view);

/**
 * Read the next attribute of a run.
 *
 * @param[in]  attributes  run; moves on
 * @param[out] ret_attr    key and value, borrowed from the batch; lists as TEL_VALUE_ARRAY or TEL_VALUE_KVLIST
 * @return false at the end.
 *
 * Cost:    one pass over the attribute.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, KeyValue.
 */
TEL_API bool tel_attr_next(tel_fields *attributes, tel_pair *ret_attr);

/**
 * Find an attribute by its key.
 *
 * @param[in]  attributes  run; not moved
 * @param[in]  key         key
 * @param[out] ret_value   optional; value of the first attribute with that key
 * @return false when there is none.
 *
 * Cost:    one pass over the attributes up to the one that is found.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, KeyValue.
 */
TEL_API bool tel_attr_find(const tel_fields *attributes, tel_slice key, tel_value *ret_value);

/**
 * The elements of a list value.
 *
 * @param[in]  list        TEL_VALUE_ARRAY, for tel_value_next(), or TEL_VALUE_KVLIST, for tel_attr_next()
 * @param[out] ret_fields  run over its elements; empty for values of other types
 *
 * Cost:    one pass over the list in which elements are skipped by length.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, ArrayValue and KeyValueList.
 */
TEL_API void tel_value_fields(const tel_value *list, tel_fields *ret_fields);

/**
 * Read the next value of an array.
 *
 * @param[in]  values     run of tel_value_fields(); moves on
 * @param[out] ret_value  value, borrowed from the batch
 * @return false at the end.
 *
 * Cost:    one pass over the value.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, ArrayValue.
 */
TEL_API bool tel_value_next(tel_fields *values, tel_value *ret_value);

/**
 * Read the next exemplar of a point.
 *
 * @param[in]  exemplars  run; moves on
 * @param[out] ret_view   what the exemplar says
 * @return false at the end.
 *
 * Cost:    one pass over the exemplar.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, Exemplar.
 */
TEL_API bool tel_exemplar_next(tel_fields *exemplars, tel_exemplar_view *ret_view);

/**
 * Read the next quantile of a summary.
 *
 * @param[in]  quantiles     run; moves on
 * @param[out] ret_quantile  quantile and its value
 * @return false at the end.
 *
 * Cost:    constant.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, SummaryDataPoint.ValueAtQuantile.
 */
TEL_API bool tel_quantile_next(tel_fields *quantiles, tel_quantile *ret_quantile);

/**
 * Read the next entity reference of a resource.
 *
 * @param[in]  entities  run; moves on
 * @param[out] ret_view  what the reference says
 * @return false at the end.
 *
 * Cost:    one pass over the reference.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, resource.proto, common.proto, EntityRef.
 */
TEL_API bool tel_entity_next(tel_fields *entities, tel_entity_view *ret_view);

/**
 * Read the next string of a run of strings.
 *
 * @param[in]  strings     run; moves on
 * @param[out] ret_string  borrowed from the batch
 * @return false at the end.
 *
 * Cost:    constant.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, EntityRef.
 */
TEL_API bool tel_string_next(tel_fields *strings, tel_slice *ret_string);

/**
 * Read the next bucket count.
 *
 * @param[in]  numbers    bucket counts of a histogram or of an exponential histogram; moves on
 * @param[out] ret_value  count
 * @return false at the end.
 *
 * Cost:    constant.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, bucket_counts; packed or not.
 */
TEL_API bool tel_number_next_u64(tel_numbers *numbers, uint64_t *ret_value);

/**
 * Read the next bound.
 *
 * @param[in]  numbers    bounds of a histogram; moves on
 * @param[out] ret_value  bound
 * @return false at the end.
 *
 * Cost:    constant.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, explicit_bounds; packed or not.
 */
TEL_API bool tel_number_next_double(tel_numbers *numbers, double *ret_value);

TEL_END_DECLS
/** @} */
#endif
