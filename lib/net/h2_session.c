/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "net/h2_session.h"

#include <assert.h>

#include "base/error_i.h"

enum {
	FRAME_HEAD = 9,
	READS_PER_TURN = 16,                      /* then the others have their turn */
	SUSPECT_BYTES = 4096,                     /* one read per turn for who has sent odd frames: it waits, not the others */
	SLICES_PER_FRAME = TEL__H2_OUT_PIECES / 2, /* a frame must fit into one batch */
	STALL_S = 30                               /* without progress of a write, security.md S24 */
};
static const uint64_t second_ns = 1000000000;

/* ---- sending ---- */

static ssize_t read_length(nghttp2_session *ng, uint8_t type, int32_t id, int32_t window, int32_t stream_window,
                                 uint32_t max_frame, void *user)
{
	int64_t n = TEL__H2_SEND_BYTES;

	(void)ng, (void)type, (void)id, (void)user;
	if (n > window)
		n = window;
	if (n > stream_window)
		n = stream_window;
	if (n > max_frame)
		n = max_frame;
	return (ssize_t)n;
}

/* How much of source the next frame takes: at most len, in at most SLICES_PER_FRAME pieces. */
static ssize_t source_read(nghttp2_session *ng, int32_t id, uint8_t *buf, size_t len, uint32_t *flags,
                                 nghttp2_data_source *from, void *user)
{
	const tel__h2_source *src = from->ptr;
	size_t n = src->head_len, offset = src->offset, i, pieces;

	(void)ng, (void)id, (void)buf, (void)user;
	if (!src->slices && src->count)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	for (i = src->index, pieces = 0; i < src->count && n < len && pieces < SLICES_PER_FRAME; i++, pieces++) {
		n += src->slices[i].len - offset;
		offset = 0;
	}
	if (n > len)
		n = len;
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (n == src->left)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static void source_take(tel__h2_source *src, tel__h2_batch *batch, size_t len)
{
	size_t head = len < src->head_len ? len : src->head_len;

	tel__h2_batch_copy(batch, src->head, head);
	memmove(src->head, src->head + head, src->head_len - head);
	src->head_len -= (unsigned)head;
	src->left -= len;
	for (len -= head; len; ) {
		tel_slice piece = src->slices[src->index];
		size_t n = piece.len - src->offset;

		if (n > len)
			n = len;
		if (n && n < TEL__H2_OUT_COPY_BELOW)
			tel__h2_batch_copy(batch, piece.ptr + src->offset, n);
		else if (n)
			tel__h2_batch_refer(batch, (tel_slice){ piece.ptr + src->offset, n }, src->owner);
		src->offset += n;
		len -= n;
		if (src->offset == piece.len) {
			src->index++;
			src->offset = 0;
		}
	}
}

static int send_data(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head, size_t len, nghttp2_data_source *from,
                     void *user)
{
	tel__h2 *h = user;
	const tel__h2_source *src = from->ptr;

	(void)ng, (void)frame;
	assert(h->batch);
	if (!src->slices && src->count)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	/* Small slices are copied: a frame takes at most SLICES_PER_FRAME times COPY_BELOW bytes of the scratch, one chunk. */
	if (!tel__h2_batch_room(h->batch, SLICES_PER_FRAME + 2)) {
		h->full = true;
		return NGHTTP2_ERR_WOULDBLOCK;
	}
	tel__h2_batch_copy(h->batch, head, 9);
	source_take(from->ptr, h->batch, len);
	return 0;
}
_Static_assert(SLICES_PER_FRAME * TEL__H2_OUT_COPY_BELOW + 64 <= TEL__H2_OUT_CHUNK, "a frame fits into a batch");

nghttp2_data_provider tel__h2_provider(tel__h2_source *source)
{
	return (nghttp2_data_provider){ { .ptr = source }, source_read };
}

void tel__h2_detach(tel__h2 *h, uint32_t owner)
{
	if (tel__h2_rest_detach(&h->rest, h->alloc, owner) != TEL_OK) {
		tel__h2_rest_fini(&h->rest, h->alloc);
		tel__h2_fail(h, TEL_ERR_NOMEM, "out of memory");
	}
}

/* Gathers what the session has to say until the batch is full. */
static void gather(tel__h2 *h, tel__h2_batch *batch)
{
	h->batch = batch;
	h->full = false;
	while (!h->full) {
		const uint8_t *bytes;
		ssize_t n;

		if (!tel__h2_batch_room(batch, 1)) {
			h->full = true;
			break;
		}
		n = nghttp2_session_mem_send(h->ng, &bytes);
		if (n <= 0) {
			tel__h2_check(h, (int)n);
			break;
		}
		assert(n <= TEL__H2_OUT_CHUNK);
		tel__h2_batch_copy(batch, bytes, (size_t)n);
	}
	h->batch = NULL;
}

static void written(tel__h2 *h, tel_err code)
{
	if (code == TEL_OK)
		tel__ctx_disarm(h->ctx, &h->stall);
	else if (code == TEL_ERR_AGAIN)
		tel__ctx_arm(h->ctx, &h->stall, tel__ctx_mono_ns(h->ctx) + STALL_S * second_ns);
	else
		tel__h2_fail(h, code, code == TEL_ERR_NOMEM ? "out of memory"
		                      : h->stream->error ? h->stream->error : "the connection was lost while writing");
}

static void flush_out(tel__h2 *h)
{
	tel__h2_batch batch;
	tel_err code = TEL_OK;
	size_t n;
	char *scratch;

	if (!tel__h2_rest_empty(&h->rest)) {
		code = tel__h2_rest_write(&h->rest, h->stream, h->alloc, &n);
		if (code != TEL_ERR_AGAIN || n)
			written(h, code);
		if (code != TEL_OK)
			return;
	}
	scratch = tel__ctx_scratch(h->ctx);
	if (!scratch) {
		tel__h2_fail(h, TEL_ERR_NOMEM, "out of memory");
		return;
	}
	tel__h2_batch_init(&batch, scratch, TEL__CTX_SCRATCH_BYTES);
	do {
		gather(h, &batch);
		if (batch.count == 0)
			break;
		code = tel__h2_batch_write(&batch, h->stream, h->alloc, &h->rest);
		written(h, code);
	} while (code == TEL_OK && h->full);
}

/* ---- receiving ---- */

static const char *feed_error(int rv)
{
	switch (rv) {
	case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
		return "the peer does not speak HTTP/2 (no connection preface)";
	case NGHTTP2_ERR_FLOODED:
		return "the peer floods the connection with control frames";
	case NGHTTP2_ERR_NOMEM:
		return "out of memory";
	default:
		return nghttp2_strerror(rv);
	}
}

static bool is_suspect(const tel__h2 *h)
{
	return h->glitches < TEL__H2_GLITCH_BURST - TEL__H2_GLITCH_BURST / 10;
}

static bool take_bytes(tel__h2 *h, const uint8_t *bytes, size_t len)
{
	ssize_t rv = nghttp2_session_mem_recv(h->ng, bytes, len);

	if (rv < 0)
		tel__h2_fail(h, rv == NGHTTP2_ERR_NOMEM ? TEL_ERR_NOMEM : rv == NGHTTP2_ERR_FLOODED ? TEL_ERR_LIMIT : TEL_ERR_MALFORMED,
		             feed_error((int)rv));
	/* After a fatal error the session is never fed again, security.md S26. */
	return h->over == TEL_OK;
}

static uint32_t read_head(const uint8_t *b, uint32_t *ret_id)
{
	*ret_id = (uint32_t)b[5] << 24 | (uint32_t)b[6] << 16 | (uint32_t)b[7] << 8 | b[8];
	return (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
}

/* Frame by frame, for a role that wants to see each head before the session does: the session drops DATA on streams
 * that are over without a word to anybody. */
static void take_frames(tel__h2 *h, const uint8_t *bytes, size_t len)
{
	while (len) {
		size_t n = h->frame_left < len ? h->frame_left : len;

		if (n == 0) {
			uint32_t id;

			n = (size_t)FRAME_HEAD - h->head_len;
			n = n < len ? n : len;
			memcpy(h->head + h->head_len, bytes, n);
			h->head_len += (uint8_t)n;
			bytes += n;
			len -= n;
			if (h->head_len < FRAME_HEAD)
				return;
			h->frame_left = read_head(h->head, &id);
			h->head_len = 0;
			h->on_frame_head(h->user, h->head[3], (int32_t)(id & INT32_MAX));
			if (!take_bytes(h, h->head, FRAME_HEAD))
				return;
			continue;
		}
		if (!take_bytes(h, bytes, n))
			return;
		h->frame_left -= n;
		bytes += n;
		len -= n;
	}
}

/* What the peer sent, as far as the scratch takes it at once. false: nothing more for now. */
static bool read_some(tel__h2 *h, char *scratch)
{
	size_t n = 0;
	size_t cap = is_suspect(h) ? SUSPECT_BYTES : TEL__CTX_SCRATCH_BYTES;
	tel_err code = tel__stream_read(h->stream, scratch, cap, &n);

	if (code == TEL_ERR_AGAIN)
		return false;
	if (code != TEL_OK) {
		tel__h2_fail(h, code, code == TEL_ERR_CLOSED ? "the peer closed the connection"
		                      : h->stream->error ? h->stream->error : "the connection was lost");
		return false;
	}
	h->received_ns = tel__ctx_mono_ns(h->ctx);
	if (h->on_frame_head)
		take_frames(h, (const uint8_t *)scratch, n);
	else
		take_bytes(h, (const uint8_t *)scratch, n);
	return h->over == TEL_OK && n == TEL__CTX_SCRATCH_BYTES && !is_suspect(h) && nghttp2_session_want_read(h->ng);
}

static void read_all(tel__h2 *h)
{
	char *scratch = tel__ctx_scratch(h->ctx);
	int i;

	if (!scratch)
		tel__h2_fail(h, TEL_ERR_NOMEM, "out of memory");
	for (i = 0; scratch && i < READS_PER_TURN && read_some(h, scratch); i++)
		;
}

static int on_begin_frame(nghttp2_session *ng, const nghttp2_frame_hd *hd, void *user)
{
	tel__h2 *h = user;
	unsigned cost = 1;

	(void)ng;
	/* Frames that cost the peer less than us, or that have no use in numbers: security.md S20, S23, S24. */
	switch (hd->type) {
	case NGHTTP2_DATA:
		cost = hd->length == 0 && !(hd->flags & NGHTTP2_FLAG_END_STREAM);
		break;
	case NGHTTP2_HEADERS:
	case NGHTTP2_WINDOW_UPDATE:
		cost = 0;
		break;
	case NGHTTP2_RST_STREAM:
		cost = TEL__H2_RESET_COST;
		break;
	default:
		break;
	}
	return tel__h2_glitch(h, cost) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_invalid_frame(nghttp2_session *ng, const nghttp2_frame *frame, int error, void *user)
{
	(void)ng, (void)frame, (void)error;
	return tel__h2_glitch(user, TEL__H2_RESET_COST) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* ---- turns ---- */

static void update_want(tel__h2 *h)
{
	bool blocked = !tel__h2_rest_empty(&h->rest);
	size_t queued = nghttp2_session_get_outbound_queue_size(h->ng);
	unsigned want = blocked ? TEL_WANT_WRITE : 0;

	if (!blocked || queued < TEL__H2_QUEUE_STOP)
		want |= TEL_WANT_READ;
	if (queued > TEL__H2_QUEUE_MAX)
		tel__h2_fail(h, TEL_ERR_LIMIT, "the peer does not read its answers");
	if (want != h->want && tel__stream_want(h->stream, want) != TEL_OK)
		tel__h2_fail(h, TEL_ERR_TRANSPORT, "the connection cannot be watched");
	h->want = want;
}

static void end(tel__h2 *h)
{
	tel_error why = TEL_ERROR_INIT;

	tel__fail(&why, h->over, "%s", h->why);
	tel__ctx_undefer(h->ctx, &h->turn);
	tel__ctx_disarm(h->ctx, &h->stall);
	h->on_over(h->user, &why);
}

static void turn(tel__h2 *h)
{
	if (h->over == TEL_OK && h->on_turn)
		h->on_turn(h->user);
	if (h->over == TEL_OK || h->over == TEL_ERR_CLOSED)
		flush_out(h);
	if (h->over == TEL_OK && tel__h2_rest_empty(&h->rest) && !nghttp2_session_want_read(h->ng) &&
	    !nghttp2_session_want_write(h->ng)) {
		tel__stream_shutdown(h->stream);
		tel__h2_fail(h, TEL_ERR_CLOSED, "the connection is finished");
	}
	if (h->over == TEL_OK)
		update_want(h);
	if (h->over != TEL_OK)
		end(h);
}

static void turn_from_loop(void *user)
{
	turn(user);
}

static void on_ready(void *user, unsigned got)
{
	tel__h2 *h = user;

	if ((got & TEL_WANT_READ) && h->over == TEL_OK)
		read_all(h);
	tel__ctx_undefer(h->ctx, &h->turn);
	turn(h);
}

static void on_stall(void *user)
{
	tel__h2_fail(user, TEL_ERR_TIMEOUT, "the peer took no bytes for 30 s");
	turn(user);
}

void tel__h2_schedule(tel__h2 *h)
{
	tel__ctx_defer(h->ctx, &h->turn);
}

void tel__h2_fail(tel__h2 *h, tel_err code, const char *why)
{
	size_t len = strlen(why);

	if (h->over != TEL_OK)
		return;
	if (len >= sizeof(h->why))
		len = sizeof(h->why) - 1;
	memcpy(h->why, why, len);
	h->why[len] = '\0';
	h->over = code;
	tel__h2_schedule(h);
}

bool tel__h2_check(tel__h2 *h, int rv)
{
	if (rv == NGHTTP2_ERR_NOMEM)
		tel__h2_fail(h, TEL_ERR_NOMEM, "out of memory");
	else if (nghttp2_is_fatal(rv))
		tel__h2_fail(h, TEL_ERR_TRANSPORT, nghttp2_strerror(rv));
	return rv >= 0;
}

bool tel__h2_glitch(tel__h2 *h, unsigned cost)
{
	uint64_t now = tel__ctx_mono_ns(h->ctx), earned;

	if (h->glitches < cost) {
		earned = (now - h->glitch_at_ns) / (second_ns / TEL__H2_GLITCH_PER_S);
		h->glitches += (uint32_t)(earned < TEL__H2_GLITCH_BURST ? earned : TEL__H2_GLITCH_BURST);
		h->glitch_at_ns = now;
	}
	if (h->glitches < cost) {
		tel__h2_fail(h, TEL_ERR_LIMIT, "the peer floods the connection with useless frames");
		return false;
	}
	h->glitches -= cost;
	return true;
}

bool tel__h2_return_padding(tel__h2 *h, const nghttp2_frame *frame)
{
	if (frame->data.padlen == 0 || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return true;
	return tel__h2_glitch(h, 1) &&
		tel__h2_check(h, nghttp2_submit_window_update(h->ng, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
		                                              (int32_t)frame->data.padlen));
}

void tel__h2_progress(tel__h2 *h)
{
	/* gRPC clients send a PING or two around a message to measure the path. */
	h->glitches = h->glitches + 4 < TEL__H2_GLITCH_BURST ? h->glitches + 4 : TEL__H2_GLITCH_BURST;
}

/* ---- life ---- */

static nghttp2_option *make_options(void)
{
	nghttp2_option *opt;

	if (nghttp2_option_new(&opt) != 0)
		return NULL;
	nghttp2_option_set_no_auto_window_update(opt, 1); /* windows follow the budget, design.md 6 */
	nghttp2_option_set_no_closed_streams(opt, 1);
	nghttp2_option_set_max_settings(opt, 32);
	nghttp2_option_set_max_outbound_ack(opt, 1000);
#ifdef HAVE_NGHTTP2_OPTION_SET_STREAM_RESET_RATE_LIMIT
	nghttp2_option_set_stream_reset_rate_limit(opt, 1000, 33); /* CVE-2023-44487, security.md S20 */
#endif
#ifdef HAVE_NGHTTP2_OPTION_SET_MAX_CONTINUATIONS
	nghttp2_option_set_max_continuations(opt, 8); /* CVE-2024-28182, security.md S22 */
#endif
	return opt;
}

static int open_session(tel__h2 *h, nghttp2_session_callbacks *callbacks, bool server)
{
	nghttp2_option *opt = make_options();
	int rv;

	if (!opt)
		return NGHTTP2_ERR_NOMEM;
	nghttp2_session_callbacks_set_send_data_callback(callbacks, send_data);
	nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, read_length);
	nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
	rv = (server ? nghttp2_session_server_new3 : nghttp2_session_client_new3)(&h->ng, callbacks, h, opt, &h->mem);
	nghttp2_option_del(opt);
	if (rv == 0)
		rv = nghttp2_session_set_local_window_size(h->ng, NGHTTP2_FLAG_NONE, 0, TEL__H2_CONNECTION_WINDOW);
	return rv;
}

tel_err tel__h2_init(tel__h2 *h, tel__stream *s, nghttp2_session_callbacks *callbacks, bool server, tel_error *err)
{
	*h = (tel__h2){ .ctx = s->ctx, .stream = s, .alloc = tel__ctx_alloc(s->ctx), .glitches = TEL__H2_GLITCH_BURST };
	h->frame_left = server ? NGHTTP2_CLIENT_MAGIC_LEN : 0; /* the preface is no frame */
	h->received_ns = h->glitch_at_ns = tel__ctx_mono_ns(s->ctx);
	h->turn.run = turn_from_loop;
	h->turn.user = h;
	tel__h2_mem_init(&h->mem, h->alloc);
	if (tel__ctx_timer_init(h->ctx, &h->stall, on_stall, h) != TEL_OK)
		return tel__fail_nomem(err);
	if (open_session(h, callbacks, server) != 0) {
		nghttp2_session_del(h->ng);
		tel__ctx_timer_fini(h->ctx, &h->stall);
		return tel__fail_nomem(err);
	}
	tel__stream_set_handler(s, on_ready, h);
	tel__h2_schedule(h);
	return TEL_OK;
}

void tel__h2_fini(tel__h2 *h)
{
	tel__ctx_undefer(h->ctx, &h->turn);
	tel__ctx_timer_fini(h->ctx, &h->stall);
	nghttp2_session_del(h->ng);
	tel__h2_rest_fini(&h->rest, h->alloc);
}
