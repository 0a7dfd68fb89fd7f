/* SPDX-License-Identifier: Apache-2.0 */
/* The wire body: compressed once per batch, kept until its last attempt. */
#include "base/error_i.h"
#include "base/slice_i.h"
#include "sink/sender_i.h"
#include "wire/coding.h"

tel_err tel__batch_compress_init(tel__sender *s, const char *name, tel_error *err)
{
	tel__coding coding;
	if (!name)
		return TEL_OK;
	if (!tel__coding_find(tel__slice_str(name), &coding))
		return tel__fail(err, TEL_ERR_ARG, "unsupported compression type \"%s\"", name);
	tel_err e = s->coder ? TEL_OK : tel__coder_new(s->alloc, &s->coder);
	return e ? tel__fail_nomem(err) : tel__coder_prepare(s->coder, coding, err);
}

void tel__batch_compress_fini(tel__sender *s)
{
	tel__coder_free(s->coder);
	s->coder = NULL;
}

/* Without memory for it the plain bytes go: every OTLP server takes them (protocols.md 2.1). */
tel_buf *tel__batch_compress(tel__sender *s, const tel_slice *slices, size_t count)
{
	tel__coding coding;
	tel_buf *packed = NULL;
	if (!s->rules.coding || !tel__coding_find(tel__slice_str(s->rules.coding), &coding) ||
	    tel__coder_deflate(s->coder, coding, tel__ctx_budget(s->ctx), slices, count, s->rules.level, &packed, NULL) != TEL_OK)
		return NULL;
	return packed;
}
