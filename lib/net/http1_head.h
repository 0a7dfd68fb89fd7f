/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_HTTP1_HEAD_H
#define TEL_NET_HTTP1_HEAD_H
/*
 * Finds the end of an HTTP/1 request head and refuses what parsers are known to disagree about (security.md S28): bare
 * CR or LF, control characters, folded lines, anything but token characters before a colon, a request line that is not
 * two single blanks apart. Incremental, one state per connection; llhttp reads the head that passed.
 */
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

typedef struct tel__http1_head {
	uint8_t state;
	uint8_t blanks; /* seen in the request line, or empty lines before it */
	uint32_t lines; /* header lines that began */
} tel__http1_head;

typedef enum tel__http1_scan {
	TEL__HTTP1_MORE, /* everything was taken, the head goes on */
	TEL__HTTP1_END,  /* the head ends after *ret_used bytes */
	TEL__HTTP1_BAD   /* refuse and close */
} tel__http1_scan;

void tel__http1_head_reset(tel__http1_head *h);
tel__http1_scan tel__http1_head_feed(tel__http1_head *h, tel_slice bytes, size_t *ret_used);
/* True while only empty lines before a request line came: the connection is idle. */
bool tel__http1_head_is_empty(const tel__http1_head *h);
/* True until the request line is complete. */
bool tel__http1_head_in_request_line(const tel__http1_head *h);
/* The same for the framing of a chunked body and its trailers; data is skipped. TEL__HTTP1_END: behind the last line. */
typedef struct tel__http1_chunks {
	uint8_t state;
	uint64_t left; /* data bytes of this chunk */
	tel__http1_head trailers;
} tel__http1_chunks;

void tel__http1_chunks_reset(tel__http1_chunks *c);
tel__http1_scan tel__http1_chunks_feed(tel__http1_chunks *c, tel_slice bytes, size_t *ret_used);

TEL_PRIVATE_END
#endif
