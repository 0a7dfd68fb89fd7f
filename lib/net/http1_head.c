/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http1_head.h"

enum {
	START,       /* before the request line */
	START_CR,    /* CR of an empty line before it */
	LINE,        /* request line */
	LINE_CR,     /* its CR */
	NAME_FIRST,  /* first byte of a header line, or the CR that ends the head */
	NAME,        /* header name */
	VALUE,       /* header value */
	VALUE_CR,    /* its CR */
	END_CR       /* CR of the empty line */
};

enum { MAX_EMPTY_LINES = 2 }; /* RFC 9112 section 2.2: some clients send one too many after a body */

void tel__http1_head_reset(tel__http1_head *h)
{
	*h = (tel__http1_head){ .state = START };
}

bool tel__http1_head_is_empty(const tel__http1_head *h)
{
	return h->state <= START_CR;
}

bool tel__http1_head_in_request_line(const tel__http1_head *h)
{
	return h->state <= LINE_CR;
}

/* RFC 9110 section 5.6.2 */
static bool is_token(unsigned char c)
{
	static const uint32_t bits[8] = { 0, 0x03ff6cfau, 0xc7fffffeu, 0x57ffffffu, 0, 0, 0, 0 };
	return bits[c >> 5] >> (c & 31) & 1;
}

static bool step_start(tel__http1_head *h, unsigned char c)
{
	if (c == '\r' && h->blanks < MAX_EMPTY_LINES) {
		h->blanks++;
		h->state = START_CR;
		return true;
	}
	h->blanks = 0;
	h->state = LINE;
	return is_token(c);
}

static bool step_line(tel__http1_head *h, unsigned char c)
{
	if (c == ' ')
		return ++h->blanks <= 2;
	if (c != '\r')
		return c > 0x20 && c < 0x7f;
	h->state = LINE_CR;
	return h->blanks == 2;
}

static bool step_name_first(tel__http1_head *h, unsigned char c)
{
	h->state = c == '\r' ? END_CR : NAME;
	h->lines += c != '\r';
	return c == '\r' || is_token(c); /* a blank here would be a folded line */
}

static bool step(tel__http1_head *h, unsigned char c)
{
	switch (h->state) {
	case START:
		return step_start(h, c);
	case START_CR:
		h->state = START;
		return c == '\n';
	case LINE:
		return step_line(h, c);
	case LINE_CR:
	case VALUE_CR:
		h->state = NAME_FIRST;
		return c == '\n';
	case NAME_FIRST:
		return step_name_first(h, c);
	case NAME:
		if (c == ':')
			h->state = VALUE;
		return c == ':' || is_token(c);
	case VALUE:
		if (c == '\r')
			h->state = VALUE_CR;
		return c == '\r' || c == '\t' || (c >= 0x20 && c != 0x7f);
	default: /* END_CR, whose LF the caller handles */
		return false;
	}
}

tel__http1_scan tel__http1_head_feed(tel__http1_head *h, tel_slice bytes, size_t *ret_used)
{
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.ptr[i];
		if (h->state == END_CR && c == '\n') {
			*ret_used = i + 1;
			return TEL__HTTP1_END;
		}
		if (!step(h, c))
			return TEL__HTTP1_BAD;
	}
	*ret_used = bytes.len;
	return TEL__HTTP1_MORE;
}
