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
/* The same for a request that stands in slices, one after the other, and was validated before. Memory comes from out's
 * allocator. TEL_OK; TEL_ERR_LIMIT; TEL_ERR_NOMEM; TEL_ERR_MALFORMED when it was not valid after all. */
tel_err tel__otlp_json_write_bytes(const tel_slice *slices, size_t count, tel__dynbuf *out, tel_error *err);
TEL_PRIVATE_END
#endif
