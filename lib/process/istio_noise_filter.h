/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_ISTIO_NOISE_FILTER_H
#define TEL_PROCESS_ISTIO_NOISE_FILTER_H
/* Processor istio_noise_filter (Kyma's): drops what Istio measures of the telemetry module's own traffic.
 * otel-scraping.md 9.3. */
#include "process/processor.h"

TEL_PRIVATE_BEGIN
extern const tel__component tel__istio_noise_filter;
TEL_PRIVATE_END
#endif
