/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CODEC_OTLP_DECODE_H
#define TEL_CODEC_OTLP_DECODE_H
/* Decoding on the memory budget of a process, for whoever reads from the network. */
#include <telemetry/otlp.h>

#include "base/budget.h"
#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* tel_otlp_decode() with the index, and what later edits take, charged to budget until the batch goes (security.md S7).
 * Also TEL_ERR_BUDGET. budget may be NULL. */
tel_err tel__otlp_decode(tel_buf *payload, const tel_otlp_decode_opts *opts, tel__budget *budget,
                         tel_metrics **ret_metrics, tel_otlp_report *ret_report, tel_error *err);

TEL_PRIVATE_END
#endif
