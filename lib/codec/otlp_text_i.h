/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CODEC_OTLP_TEXT_I_H
#define TEL_CODEC_OTLP_TEXT_I_H
/* Pieces that the forms of text share. */
#include "base/dynbuf.h"
#include "model/walk.h"

/* Starts a line at an indentation of level steps. */
void tel__text_indent(tel__dynbuf *out, unsigned level);
/* A name: bare when it is plain ASCII without blanks, else quoted. */
void tel__text_name(tel__dynbuf *out, tel_slice name);
void tel__text_value(tel__dynbuf *out, const tel_value *value);
/* {key=value, ...}; nothing when there are none. */
void tel__text_attributes(tel__dynbuf *out, tel_fields attributes);
/* RFC 3339 in UTC with nanoseconds; "-" for 0. */
void tel__text_time(tel__dynbuf *out, uint64_t unix_ns);
/* Everything about a batch. */
void tel__text_detailed(tel__dynbuf *out, const tel_metrics *metrics);

#endif
