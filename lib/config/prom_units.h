/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONFIG_PROM_UNITS_H
#define TEL_CONFIG_PROM_UNITS_H
/* Durations and sizes as Prometheus writes them. otel-scraping.md 1.3. */
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

enum { TEL__PROM_DURATION_MAX = 48 };

TEL_PRIVATE_BEGIN

/* "1h30m", "15s", "0": units y, w, d, h, m, s, ms, falling, each at most once. TEL_ERR_MALFORMED, TEL_ERR_RANGE with
 * Prometheus' text: "not a valid duration string: \"30\"". */
tel_err tel__prom_duration_parse(tel_slice text, int64_t *ret_ns, tel_error *err);
/* The same back, as on __scrape_interval__: "1m30s", "0s". out has TEL__PROM_DURATION_MAX bytes; returns the length.
 * ns is not negative; what is below a millisecond is cut. */
size_t tel__prom_duration_format(int64_t ns, char *out);
/* "20MB", "1.5MiB", "0": powers of 1024 in both spellings. TEL_ERR_MALFORMED with the text of Prometheus' library,
 * TEL_ERR_RANGE. Fractions of a byte are cut. */
tel_err tel__prom_size_parse(tel_slice text, int64_t *ret_bytes, tel_error *err);

TEL_PRIVATE_END
#endif
