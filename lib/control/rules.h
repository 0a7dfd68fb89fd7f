/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_RULES_H
#define TEL_CONTROL_RULES_H
/* The rules that MetricPipeline's schema states in CEL (kyma-metrics.md 1.4, 1.5), in C. Each takes the object that its
 * row belongs to; presence counts, not content, wherever the rule says has(). */
#include <stdbool.h>

#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

bool tel__rule_one_selector(const void *namespaces);
bool tel__rule_one_value(const void *value);
bool tel__rule_not_both_values(const void *value);
bool tel__rule_some_value(const void *value);
bool tel__rule_url(const void *value);       /* none, or what CEL's isURL() takes: with a scheme, or a path from the root */
bool tel__rule_one_method(const void *authentication);
bool tel__rule_cert_and_key(const void *tls);
bool tel__rule_path(const void *otlp_output);
bool tel__rule_oauth2_tls(const void *otlp_output);

/* ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ */
bool tel__is_dns_label(tel_slice text);

TEL_PRIVATE_END
#endif
