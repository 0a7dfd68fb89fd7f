/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CODEC_OTLP_TEXT_H
#define TEL_CODEC_OTLP_TEXT_H
/*
 * A batch as text for people: `telemetryctl decode --to summary`, `telemetryctl sink --print summary` and the debug
 * exporter. Foreign text is quoted and escaped as in JSON, so that one line stays one line and a terminal stays sane.
 * The form is not an interface: it may change in any release.
 */
#include <telemetry/metrics.h>

#include "base/dynbuf.h"

typedef enum tel__text_level {
	TEL__TEXT_BASIC,   /* one line with the counts */
	TEL__TEXT_SUMMARY, /* one line per resource, scope, metric and point, indented */
	TEL__TEXT_NORMAL,  /* a line per resource and scope, and name{attributes} value per point */
	TEL__TEXT_DETAILED /* every field of every message, unknown ones in hex */
} tel__text_level;

TEL_PRIVATE_BEGIN
/* TEL_OK or out's error: TEL_ERR_LIMIT (its ceiling; what fitted is there), TEL_ERR_NOMEM. */
tel_err tel__otlp_text_write(const tel_metrics *metrics, tel__text_level level, tel__dynbuf *out);
TEL_PRIVATE_END
#endif
