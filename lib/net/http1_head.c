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

enum { SIZE_FIRST, SIZE, EXTENSION, SIZE_CR, DATA, DATA_CR, DATA_LF, TRAILERS };

void tel__http1_chunks_reset(tel__http1_chunks *c)
{
	*c = (tel__http1_chunks){ .state = SIZE_FIRST };
}

static int hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool step_size(tel__http1_chunks *c, unsigned char byte)
{
	int value = hex_value(byte);
	if (value >= 0) {
		c->state = SIZE;
		if (c->left >> 59) /* below 2^63 after this digit */
			return false;
		c->left = c->left << 4 | (unsigned)value;
		return true;
	}
	if (c->state == SIZE_FIRST)
		return false;
	c->state = byte == ';' ? EXTENSION : SIZE_CR;
	return byte == ';' || byte == '\r';
}

static bool step_chunk(tel__http1_chunks *c, unsigned char byte)
{
	switch (c->state) {
	case SIZE_FIRST:
	case SIZE:
		return step_size(c, byte);
	case EXTENSION:
		if (byte == '\r')
			c->state = SIZE_CR;
		return byte == '\r' || byte == '\t' || (byte >= 0x20 && byte != 0x7f);
	case SIZE_CR:
		c->state = c->left ? DATA : TRAILERS;
		c->trailers = (tel__http1_head){ .state = NAME_FIRST };
		return byte == '\n';
	case DATA_CR:
		c->state = DATA_LF;
		return byte == '\r';
	default: /* DATA_LF */
		c->state = SIZE_FIRST;
		return byte == '\n';
	}
}

tel__http1_scan tel__http1_chunks_feed(tel__http1_chunks *c, tel_slice bytes, size_t *ret_used)
{
	size_t at = 0;
	while (at < bytes.len) {
		if (c->state == DATA) {
			size_t n = bytes.len - at < c->left ? bytes.len - at : (size_t)c->left;
			at += n;
			c->left -= n;
			c->state = c->left ? DATA : DATA_CR;
		} else if (c->state == TRAILERS) {
			size_t used;
			tel_slice rest = { bytes.ptr + at, bytes.len - at };
			tel__http1_scan scan = tel__http1_head_feed(&c->trailers, rest, &used);
			*ret_used = at + (scan == TEL__HTTP1_BAD ? 0 : used);
			return scan;
		} else if (!step_chunk(c, (unsigned char)bytes.ptr[at++])) {
			return TEL__HTTP1_BAD;
		}
	}
	*ret_used = at;
	return TEL__HTTP1_MORE;
}
