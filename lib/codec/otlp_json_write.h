/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CODEC_OTLP_JSON_WRITE_H
#define TEL_CODEC_OTLP_JSON_WRITE_H
/*
 * A batch as OTLP/JSON in its canonical form: lowerCamelCase, 64-bit integers as strings, enums as numbers, ids in hex,
 * other bytes in base64, shortest doubles, a field without presence left out when it has its default value
 * (OTLP specification, "JSON Protobuf Encoding"; protocols.md 2.4). Unknown fields have no JSON form and are left out.
 */
#include <telemetry/metrics.h>

#include "base/dynbuf.h"

TEL_PRIVATE_BEGIN
/* TEL_OK or out's error: TEL_ERR_LIMIT (its ceiling), TEL_ERR_NOMEM. */
tel_err tel__otlp_json_write(const tel_metrics *metrics, tel__dynbuf *out);
TEL_PRIVATE_END
#endif
