/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_BUILDER_H
#define TELEMETRY_BUILDER_H
/**
 * @defgroup tel_builder Builder
 * Makes a batch by hand. Calls go from the outside to the inside (resource, scope, metric, point, exemplar), and each
 * call closes what was open at its level; attributes go to the innermost resource, scope, point or exemplar that is
 * open. OTLP bytes are written directly. The first failure sticks: later calls do nothing, and tel_builder_finish()
 * reports it, so that a caller checks once.
 *
 * Typical use: tel_builder_new(), tel_builder_resource(), tel_builder_attr_str(), tel_builder_scope(),
 * tel_builder_gauge(), tel_builder_point_double(), tel_builder_finish().
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/metrics.h>
#include <telemetry/value.h>

TEL_BEGIN_DECLS

/** Builds one batch. */
typedef struct tel_builder tel_builder;
/** A prepared set of attributes. */
typedef struct tel_attrs tel_attrs;

/** What describes a metric. Zero-initialise through TEL_METRIC_DESC_INIT; texts are copied. */
typedef struct tel_metric_desc {
	size_t size;                 /**< sizeof of the caller's view */
	tel_metric_type type;        /**< which kind of points follow */
	tel_temporality temporality; /**< sums and histograms */
	bool monotonic;              /**< sums */
	tel_slice name;              /**< UTF-8, not empty */
	tel_slice unit;              /**< UCUM code, or empty */
	tel_slice description;       /**< or empty */
} tel_metric_desc;
/** Initial value of tel_metric_desc. */
#define TEL_METRIC_DESC_INIT { sizeof(tel_metric_desc), TEL_METRIC_NONE, TEL_TEMPORALITY_UNSPECIFIED, false, \
	{ NULL, 0 }, { NULL, 0 }, { NULL, 0 } }

/** A histogram point. Zero-initialise through TEL_HISTOGRAM_INIT; arrays are copied. */
typedef struct tel_histogram {
	size_t size;                   /**< sizeof of the caller's view */
	uint64_t count;                /**< number of values */
	uint32_t has;                  /**< TEL_HAS_SUM, TEL_HAS_MIN, TEL_HAS_MAX */
	uint32_t bound_count;          /**< number of bounds */
	double sum;                    /**< with TEL_HAS_SUM */
	double min;                    /**< with TEL_HAS_MIN */
	double max;                    /**< with TEL_HAS_MAX */
	const double *bounds;          /**< upper bounds, strictly increasing */
	const uint64_t *bucket_counts; /**< bound_count + 1 counts; NULL with bound_count 0 = no buckets */
} tel_histogram;
/** Initial value of tel_histogram. */
#define TEL_HISTOGRAM_INIT { sizeof(tel_histogram), 0, 0, 0, 0, 0, 0, NULL, NULL }

/** The buckets of one sign of an exponential histogram. */
typedef struct tel_exp_buckets {
	const uint64_t *counts; /**< first one belongs to index offset; copied */
	uint32_t count;         /**< how many */
	int32_t offset;         /**< index of the first bucket */
} tel_exp_buckets;

/** An exponential histogram point. Zero-initialise through TEL_EXP_HISTOGRAM_INIT. */
typedef struct tel_exp_histogram {
	size_t size;              /**< sizeof of the caller's view */
	uint64_t count;           /**< number of values */
	uint32_t has;             /**< TEL_HAS_SUM, TEL_HAS_MIN, TEL_HAS_MAX */
	int32_t scale;            /**< base = 2^(2^-scale) */
	double sum;               /**< with TEL_HAS_SUM */
	double min;               /**< with TEL_HAS_MIN */
	double max;               /**< with TEL_HAS_MAX */
	uint64_t zero_count;      /**< values in the zero bucket */
	double zero_threshold;    /**< width of the zero bucket */
	tel_exp_buckets positive; /**< buckets of positive values */
	tel_exp_buckets negative; /**< buckets of negative values */
} tel_exp_histogram;
/** Initial value of tel_exp_histogram. */
#define TEL_EXP_HISTOGRAM_INIT { sizeof(tel_exp_histogram), 0, 0, 0, 0, 0, 0, 0, 0, { NULL, 0, 0 }, { NULL, 0, 0 } }

/**
 * Make an empty builder.
 *
 * @param[in]  alloc        NULL for the C library's; copied
 * @param[in]  max_bytes    ceiling of one batch; 0 = 64 MiB, at most 1 GiB
 * @param[out] ret_builder  new builder, free with tel_builder_free()
 * @return TEL_OK; TEL_ERR_NOMEM; TEL_ERR_ARG (max_bytes over 1 GiB).
 *
 * Cost:    one small allocation; the bytes follow with the first call.
 * Threads: any; a builder belongs to one thread at a time.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_builder_new(const tel_alloc *alloc, size_t max_bytes, tel_builder **ret_builder);

/**
 * Free a builder and what was not finished.
 *
 * @param[in] builder  may be NULL
 *
 * Cost:    constant.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_builder_free(tel_builder *builder);

/**
 * Turn what was built into a batch; the builder is empty afterwards, on failure too, and can be used again.
 *
 * @param[in]  builder      builder
 * @param[out] ret_metrics  new batch, free with tel_metrics_free(); untouched on failure
 * @param[out] err          optional; what the first failing call complained about
 * @return TEL_OK; TEL_ERR_ARG (text that is not UTF-8, inconsistent buckets, missing name); TEL_ERR_STATE (a call at the
 *         wrong place, such as an int point in a histogram); TEL_ERR_LIMIT (max_bytes, or value nesting over 64);
 *         TEL_ERR_NOMEM.
 *
 * Cost:    O(metrics): the bytes are not copied.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_builder_finish(tel_builder *builder, tel_metrics **ret_metrics, tel_error *err);

/**
 * Begin a resource. Attributes that follow are the resource's. Without this call metrics go to an empty resource.
 *
 * @param[in] builder     builder
 * @param[in] schema_url  NUL-terminated, or NULL; copied
 *
 * Cost:    constant.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, ResourceMetrics.
 */
TEL_API void tel_builder_resource(tel_builder *builder, const char *schema_url);

/**
 * Begin a resource from texts in the form of OpenTelemetry's environment variables. It gets service.name
 * ("unknown_service" without any), the attributes of the list, and telemetry.sdk.name, .language and .version.
 *
 * @param[in] builder       builder
 * @param[in] service_name  value of OTEL_SERVICE_NAME, which wins over the list; NULL or blank = unset
 * @param[in] attributes    value of OTEL_RESOURCE_ATTRIBUTES: "name=value,name2=value2", percent-encoded, the last of
 *                          equal names counts; NULL or blank = unset
 *
 * A list that cannot be read makes no resource at all: the failure sticks (TEL_ERR_ARG; TEL_ERR_LIMIT over 128
 * attributes).
 * Cost:    O(length of both).
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    OpenTelemetry resource SDK, "Specifying resource information via an environment variable".
 */
TEL_API void tel_builder_resource_text(tel_builder *builder, const char *service_name, const char *attributes);

/**
 * Begin an instrumentation scope in the current resource. Attributes that follow are the scope's.
 *
 * @param[in] builder     builder
 * @param[in] name        NUL-terminated, or NULL; copied
 * @param[in] version     NUL-terminated, or NULL; copied
 * @param[in] schema_url  NUL-terminated, or NULL; copied
 *
 * Cost:    constant.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, ScopeMetrics.
 */
TEL_API void tel_builder_scope(tel_builder *builder, const char *name, const char *version, const char *schema_url);

/**
 * Say how many attributes of the open resource or scope were dropped before.
 *
 * @param[in] builder  builder, with a resource or scope open and no metric in it yet
 * @param[in] count    dropped_attributes_count
 *
 * Cost:    constant.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, resource.proto, common.proto.
 */
TEL_API void tel_builder_dropped_attributes(tel_builder *builder, uint32_t count);

/**
 * Times of the points that follow, until the next call.
 *
 * @param[in] builder        builder
 * @param[in] start_unix_ns  start of the series; 0 = not written
 * @param[in] time_unix_ns   time of the value
 *
 * Cost:    constant.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, "Time".
 */
TEL_API void tel_builder_times(tel_builder *builder, uint64_t start_unix_ns, uint64_t time_unix_ns);

/**
 * Begin a metric of any type.
 *
 * @param[in] builder  builder
 * @param[in] desc     read during the call only
 *
 * Cost:    constant.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, Metric.
 */
TEL_API void tel_builder_metric(tel_builder *builder, const tel_metric_desc *desc);

/**
 * Begin a gauge.
 *
 * @param[in] builder      builder
 * @param[in] name         NUL-terminated, not empty; copied
 * @param[in] unit         NUL-terminated, or NULL; copied
 * @param[in] description  NUL-terminated, or NULL; copied
 *
 * Cost:    constant.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, Gauge.
 */
TEL_API void tel_builder_gauge(tel_builder *builder, const char *name, const char *unit, const char *description);

/**
 * Begin a counter: a monotonic sum.
 *
 * @param[in] builder      builder
 * @param[in] name         NUL-terminated, not empty; copied
 * @param[in] unit         NUL-terminated, or NULL; copied
 * @param[in] description  NUL-terminated, or NULL; copied
 * @param[in] temporality  TEL_DELTA or TEL_CUMULATIVE
 *
 * Cost:    constant.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, Sum.
 */
TEL_API void tel_builder_counter(tel_builder *builder, const char *name, const char *unit, const char *description,
                                 tel_temporality temporality);

/**
 * Begin a histogram with explicit bounds.
 *
 * @param[in] builder      builder
 * @param[in] name         NUL-terminated, not empty; copied
 * @param[in] unit         NUL-terminated, or NULL; copied
 * @param[in] description  NUL-terminated, or NULL; copied
 * @param[in] temporality  TEL_DELTA or TEL_CUMULATIVE
 *
 * Cost:    constant.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, Histogram.
 */
TEL_API void tel_builder_histogram(tel_builder *builder, const char *name, const char *unit, const char *description,
                                   tel_temporality temporality);

/**
 * Add an entry to the metadata of the metric that was begun; must stand before its first point.
 *
 * @param[in] builder  builder
 * @param[in] key      UTF-8; copied
 * @param[in] value    copied
 *
 * Cost:    one copy.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, Metric.metadata.
 */
TEL_API void tel_builder_metadata(tel_builder *builder, tel_slice key, const tel_value *value);

/**
 * Begin an integer point in a gauge or sum.
 *
 * @param[in] builder  builder
 * @param[in] value    value
 * @param[in] attrs    prepared attributes, or NULL; more may follow with tel_builder_attr_str() and its kin
 *
 * Cost:    one copy of the prepared attributes.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, NumberDataPoint.
 */
TEL_API void tel_builder_point_int(tel_builder *builder, int64_t value, const tel_attrs *attrs);

/**
 * Begin a floating-point point in a gauge or sum.
 *
 * @param[in] builder  builder
 * @param[in] value    value; NaN and infinities are written as they are
 * @param[in] attrs    prepared attributes, or NULL
 *
 * Cost:    one copy of the prepared attributes.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, NumberDataPoint.
 */
TEL_API void tel_builder_point_double(tel_builder *builder, double value, const tel_attrs *attrs);

/**
 * Begin a point of any type that says that its series ended: no value, flag TEL_FLAG_NO_RECORDED_VALUE.
 *
 * @param[in] builder  builder
 * @param[in] attrs    prepared attributes, or NULL
 *
 * Cost:    one copy of the prepared attributes.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, DataPointFlags.
 */
TEL_API void tel_builder_point_stale(tel_builder *builder, const tel_attrs *attrs);

/**
 * Begin a point in a histogram.
 *
 * @param[in] builder    builder
 * @param[in] histogram  copied
 * @param[in] attrs      prepared attributes, or NULL
 *
 * Cost:    one copy.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, HistogramDataPoint.
 */
TEL_API void tel_builder_point_histogram(tel_builder *builder, const tel_histogram *histogram, const tel_attrs *attrs);

/**
 * Begin a point in an exponential histogram.
 *
 * @param[in] builder    builder
 * @param[in] histogram  copied
 * @param[in] attrs      prepared attributes, or NULL
 *
 * Cost:    one copy.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, ExponentialHistogramDataPoint.
 */
TEL_API void tel_builder_point_exp_histogram(tel_builder *builder, const tel_exp_histogram *histogram,
                                             const tel_attrs *attrs);

/**
 * Begin a point in a summary.
 *
 * @param[in] builder    builder
 * @param[in] count      number of values
 * @param[in] sum        their sum
 * @param[in] quantiles  copied; may be NULL when n is 0
 * @param[in] n          number of quantiles
 * @param[in] attrs      prepared attributes, or NULL
 *
 * Cost:    one copy.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, SummaryDataPoint.
 */
TEL_API void tel_builder_point_summary(tel_builder *builder, uint64_t count, double sum, const tel_quantile *quantiles,
                                       size_t n, const tel_attrs *attrs);

/**
 * Set the flags of the open point.
 *
 * @param[in] builder  builder
 * @param[in] flags    TEL_FLAG_NO_RECORDED_VALUE or later bits
 *
 * Cost:    constant.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, DataPointFlags.
 */
TEL_API void tel_builder_flags(tel_builder *builder, uint32_t flags);

/**
 * Begin an exemplar in the open point. Attributes that follow are the exemplar's filtered attributes.
 *
 * @param[in] builder       builder, with a point open that is not of a summary
 * @param[in] time_unix_ns  when the value was measured
 * @param[in] value         TEL_VALUE_INT or TEL_VALUE_DOUBLE
 * @param[in] trace_id      16 bytes, or NULL; copied
 * @param[in] span_id       8 bytes, or NULL; copied
 *
 * Cost:    constant.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, metrics.proto, Exemplar.
 */
TEL_API void tel_builder_exemplar(tel_builder *builder, uint64_t time_unix_ns, const tel_value *value,
                                  const uint8_t *trace_id, const uint8_t *span_id);

/**
 * Add an attribute of any type to the open resource, scope, point or exemplar. Keys are not checked for duplicates.
 *
 * @param[in] builder  builder
 * @param[in] key      UTF-8; copied
 * @param[in] value    copied; TEL_VALUE_ARRAY and TEL_VALUE_KVLIST are checked before they are taken over
 *
 * Cost:    one copy.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, KeyValue.
 */
TEL_API void tel_builder_attr(tel_builder *builder, tel_slice key, const tel_value *value);

/**
 * Add a string attribute, as tel_builder_attr().
 *
 * @param[in] builder  builder
 * @param[in] key      NUL-terminated UTF-8; copied
 * @param[in] value    NUL-terminated UTF-8; copied
 *
 * Cost:    one copy.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, KeyValue.
 */
TEL_API void tel_builder_attr_str(tel_builder *builder, const char *key, const char *value);

/**
 * Add an integer attribute, as tel_builder_attr().
 *
 * @param[in] builder  builder
 * @param[in] key      NUL-terminated UTF-8; copied
 * @param[in] value    value
 *
 * Cost:    one copy.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, KeyValue.
 */
TEL_API void tel_builder_attr_int(tel_builder *builder, const char *key, int64_t value);

/**
 * Add a floating-point attribute, as tel_builder_attr().
 *
 * @param[in] builder  builder
 * @param[in] key      NUL-terminated UTF-8; copied
 * @param[in] value    value
 *
 * Cost:    one copy.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, KeyValue.
 */
TEL_API void tel_builder_attr_double(tel_builder *builder, const char *key, double value);

/**
 * Add a boolean attribute, as tel_builder_attr().
 *
 * @param[in] builder  builder
 * @param[in] key      NUL-terminated UTF-8; copied
 * @param[in] value    value
 *
 * Cost:    one copy.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, KeyValue.
 */
TEL_API void tel_builder_attr_bool(tel_builder *builder, const char *key, bool value);

/**
 * Add a prepared set of attributes to the open resource, scope, point or exemplar.
 *
 * @param[in] builder  builder
 * @param[in] attrs    copied; may be NULL
 *
 * Cost:    one copy.
 * Threads: the builder's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_builder_attrs(tel_builder *builder, const tel_attrs *attrs);

/**
 * Make an empty set of prepared attributes: encoded once, used for many points.
 *
 * @param[in]  alloc      NULL for the C library's; copied
 * @param[out] ret_attrs  new set, free with tel_attrs_free()
 * @return TEL_OK; TEL_ERR_NOMEM.
 *
 * Cost:    one small allocation.
 * Threads: any; a set that is no longer changed may be shared between threads.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_attrs_new(const tel_alloc *alloc, tel_attrs **ret_attrs);

/**
 * Free a set of prepared attributes. Points that were built with it keep their copies.
 *
 * @param[in] attrs  may be NULL
 *
 * Cost:    constant.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_attrs_free(tel_attrs *attrs);

/**
 * Add an attribute to a set.
 *
 * @param[in] attrs  set
 * @param[in] key    UTF-8, not in the set yet; copied
 * @param[in] value  copied
 * @return TEL_OK; TEL_ERR_EXISTS (key); TEL_ERR_ARG (not UTF-8, unknown type, damaged TEL_VALUE_ARRAY or _KVLIST);
 *         TEL_ERR_LIMIT (nesting over 64, set over 1 MiB); TEL_ERR_NOMEM. On failure the set is unchanged.
 *
 * Cost:    one copy, and a comparison with each key.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, KeyValue.
 */
TEL_API tel_err tel_attrs_put(tel_attrs *attrs, tel_slice key, const tel_value *value);

/**
 * Add a string attribute to a set.
 *
 * @param[in] attrs  set
 * @param[in] key    NUL-terminated UTF-8, not in the set yet; copied
 * @param[in] value  NUL-terminated UTF-8; copied
 * @return as tel_attrs_put(): TEL_OK; TEL_ERR_EXISTS; TEL_ERR_ARG; TEL_ERR_LIMIT; TEL_ERR_NOMEM.
 *
 * Cost:    one copy, and a comparison with each key.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, common.proto, KeyValue.
 */
TEL_API tel_err tel_attrs_put_str(tel_attrs *attrs, const char *key, const char *value);

TEL_END_DECLS
/** @} */
#endif
