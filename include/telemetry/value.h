/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_VALUE_H
#define TELEMETRY_VALUE_H
/**
 * @defgroup tel_value Values and kinds
 * What the builder writes and the cursor reads: attribute values, metric types, presence of fields.
 * The numbers of the enums are those of OTLP.
 * @{
 */
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** Type of a metric; the number is the field of OTLP's Metric that holds its data. */
typedef enum tel_metric_type {
	TEL_METRIC_NONE = 0,           /**< no data set */
	TEL_METRIC_GAUGE = 5,          /**< gauge */
	TEL_METRIC_SUM = 7,            /**< sum, monotonic (counter) or not */
	TEL_METRIC_HISTOGRAM = 9,      /**< histogram with explicit bounds */
	TEL_METRIC_EXP_HISTOGRAM = 10, /**< exponential histogram */
	TEL_METRIC_SUMMARY = 11,       /**< summary */
	TEL_METRIC_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_metric_type;

/** Aggregation temporality as OTLP numbers it. */
typedef enum tel_temporality {
	TEL_TEMPORALITY_UNSPECIFIED = 0, /**< not set; must not be used for sums and histograms */
	TEL_DELTA = 1,                   /**< since the previous report */
	TEL_CUMULATIVE = 2,              /**< since the start */
	TEL_TEMPORALITY_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_temporality;

/** Bit of a point's flags: the series ended, the point has no value. */
#define TEL_FLAG_NO_RECORDED_VALUE 1u

/** Which optional fields of a point or exemplar are present. */
enum {
	TEL_HAS_INT = 1,    /**< value is an integer */
	TEL_HAS_DOUBLE = 2, /**< value is a double */
	TEL_HAS_SUM = 4,    /**< sum */
	TEL_HAS_MIN = 8,    /**< min */
	TEL_HAS_MAX = 16    /**< max */
};

/** Type of an attribute value; up to TEL_VALUE_BYTES the number is the field of OTLP's AnyValue. */
typedef enum tel_value_type {
	TEL_VALUE_EMPTY = 0,  /**< nothing set */
	TEL_VALUE_STRING = 1, /**< bytes: UTF-8 */
	TEL_VALUE_BOOL = 2,   /**< boolean */
	TEL_VALUE_INT = 3,    /**< integer */
	TEL_VALUE_DOUBLE = 4, /**< real */
	TEL_VALUE_ARRAY = 5,  /**< bytes: an encoded ArrayValue, as a cursor reads it */
	TEL_VALUE_KVLIST = 6, /**< bytes: an encoded KeyValueList, as a cursor reads it */
	TEL_VALUE_BYTES = 7,  /**< bytes */
	TEL_VALUE_ITEMS = 16, /**< items and count: an array for the builder to write */
	TEL_VALUE_PAIRS = 17, /**< pairs and count: a list of keys and values for the builder to write */
	TEL_VALUE_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_value_type;

/** An attribute value. */
typedef struct tel_value {
	tel_value_type type; /**< which member of the union is set */
	uint32_t count;      /**< TEL_VALUE_ITEMS and TEL_VALUE_PAIRS: how many */
	/** by type */
	union {
		bool boolean;                  /**< TEL_VALUE_BOOL */
		int64_t integer;               /**< TEL_VALUE_INT */
		double real;                   /**< TEL_VALUE_DOUBLE */
		tel_slice bytes;               /**< TEL_VALUE_STRING, _BYTES, _ARRAY, _KVLIST */
		const struct tel_value *items; /**< TEL_VALUE_ITEMS */
		const struct tel_pair *pairs;  /**< TEL_VALUE_PAIRS */
	} u;
} tel_value;

/** A key with its value: an attribute. */
typedef struct tel_pair {
	tel_slice key;   /**< UTF-8 */
	tel_value value; /**< its value */
} tel_pair;

/** One quantile of a summary. */
typedef struct tel_quantile {
	double quantile; /**< 0 to 1 */
	double value;    /**< value at that quantile */
} tel_quantile;

TEL_END_DECLS
/** @} */
#endif
