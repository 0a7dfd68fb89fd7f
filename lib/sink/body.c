/* SPDX-License-Identifier: Apache-2.0 */
/* The wire body: the queue's bytes as they are, or made of them once per batch and kept until its last attempt. */
#include "base/buf_i.h"
#include "base/budget.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "codec/otlp_json_write.h"
#include "sink/sender_i.h"

enum { JSON_GROWTH = 4 }; /* what protobuf usually becomes in JSON, for the budget */

static void set_wire(tel__flight *f, tel_buf *buf, const char *coding)
{
	f->wire = buf;
	f->wire_slice = tel_buf_get(buf);
	f->wire_coding = coding;
}

static tel_err keep_text(tel__sender *s, tel__flight *f, tel_slice text, tel_error *err)
{
	tel_buf *buf;
	tel_err e = tel__buf_new(s->alloc, text.len, tel__ctx_budget(s->ctx), &buf);
	if (e)
		return tel__fail(err, e, "no memory for a request in JSON");
	memcpy(tel__buf_room(buf), text.ptr, text.len);
	tel__buf_set_len(buf, text.len);
	set_wire(f, buf, NULL);
	return TEL_OK;
}

static tel_err write_json(tel__sender *s, tel__flight *f, tel_error *err)
{
	tel__dynbuf text;
	tel_slice slice;
	tel_buf *packed;
	tel__dynbuf_init(&text, s->alloc, TEL_LIMIT_TEXT_BYTES);
	tel_err e = tel__otlp_json_write_bytes(f->slices, f->slice_count, &text, err);
	if (e == TEL_OK) {
		slice = tel__dynbuf_get(&text);
		packed = tel__batch_compress(s, &slice, 1);
		if (packed)
			set_wire(f, packed, s->rules.coding);
		else
			e = keep_text(s, f, slice, err);
	}
	tel__dynbuf_fini(&text);
	return e;
}

tel_err tel__batch_body(tel__sender *s, tel__flight *f, tel_error *err)
{
	size_t room = f->bytes * JSON_GROWTH;
	if (f->wire && f->body_epoch == s->body_epoch)
		return TEL_OK;
	tel_buf_unref(f->wire); /* of a time with other rules */
	f->wire = NULL;
	f->body_epoch = s->body_epoch;
	if (!s->rules.json) {
		tel_buf *packed = tel__batch_compress(s, f->slices, f->slice_count);
		if (packed)
			set_wire(f, packed, s->rules.coding);
		return TEL_OK;
	}
	if (!tel__budget_reserve(tel__ctx_budget(s->ctx), room))
		return tel__fail(err, TEL_ERR_BUDGET, "no room in the memory budget for a request in JSON");
	tel_err e = write_json(s, f, err);
	tel__budget_release(tel__ctx_budget(s->ctx), room);
	return e;
}
