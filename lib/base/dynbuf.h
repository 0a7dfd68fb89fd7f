/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_DYNBUF_H
#define TEL_BASE_DYNBUF_H
/*
 * Growable byte buffer with a ceiling that is fixed at init (base/limits.h lists the ceilings). The first failure
 * sticks: later writes do nothing, and tel__dynbuf_error() tells at the end, so that a writer checks once.
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

typedef struct tel__dynbuf {
	char *ptr;              /* storage, owned */
	size_t len, cap, max;   /* used, allocated, ceiling */
	const tel_alloc *alloc; /* never NULL after init; must outlive the buffer */
	tel_err error;          /* first failure, sticky */
} tel__dynbuf;

void tel__dynbuf_init(tel__dynbuf *b, const tel_alloc *alloc, size_t max);
void tel__dynbuf_fini(tel__dynbuf *b);
void tel__dynbuf_reset(tel__dynbuf *b); /* length 0, error cleared, storage kept */
/* Makes room for extra bytes after len; NULL = sticky failure. Commit with tel__dynbuf_advance(). */
char *tel__dynbuf_room(tel__dynbuf *b, size_t extra);
void tel__dynbuf_advance(tel__dynbuf *b, size_t written);
void tel__dynbuf_put(tel__dynbuf *b, const void *bytes, size_t len);
void tel__dynbuf_puts(tel__dynbuf *b, const char *text);
void tel__dynbuf_slice(tel__dynbuf *b, tel_slice s);
void tel__dynbuf_byte(tel__dynbuf *b, char c);
void tel__dynbuf_fmt(tel__dynbuf *b, const char *fmt, ...) TEL_PRINTF(2, 3); /* no %f/%g: numbers through base/num.h */
void tel__dynbuf_u64(tel__dynbuf *b, uint64_t v);
void tel__dynbuf_i64(tel__dynbuf *b, int64_t v);
void tel__dynbuf_double(tel__dynbuf *b, double v); /* shortest round-trip text */
tel_slice tel__dynbuf_get(const tel__dynbuf *b);
tel_err tel__dynbuf_error(const tel__dynbuf *b);
/* Turns the content into a tel_buf without copying; b is empty afterwards. */
tel_err tel__dynbuf_take(tel__dynbuf *b, tel_buf **ret_buf);

TEL_PRIVATE_END
#endif
