/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CODEC_OTLP_RESPONSE_JSON_H
#define TEL_CODEC_OTLP_RESPONSE_JSON_H
/* The answers of codec/otlp_response.h in JSON, for requests that came or went in JSON (OTLP specification, "OTLP/HTTP
 * Response"). A wait that the server asks for stands in Retry-After; details are neither written nor read. */
#include "codec/otlp_response.h"

TEL_PRIVATE_BEGIN

/* Full success is {"partialSuccess":{}}, as the Collector writes it. A message that would carry the answer over max_bytes
 * is shortened. out's error, or TEL_OK. */
tel_err tel__otlp_response_json_encode(const tel__otlp_response *response, size_t max_bytes, tel__dynbuf *out);
tel_err tel__rpc_status_json_encode(int32_t code, tel_slice message, size_t max_bytes, tel__dynbuf *out);

/* message points into text, which has cap bytes, and is cut to them. TEL_OK; TEL_ERR_MALFORMED, TEL_ERR_LIMIT (err tells
 * where). */
tel_err tel__otlp_response_json_decode(tel_slice json, char *text, size_t cap, tel__otlp_response *ret_response,
                                       tel_error *err);
tel_err tel__rpc_status_json_decode(tel_slice json, char *text, size_t cap, tel__rpc_status *ret_status, tel_error *err);

TEL_PRIVATE_END
#endif
