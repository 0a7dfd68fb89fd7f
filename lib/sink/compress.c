/* SPDX-License-Identifier: Apache-2.0 */
/* The wire body: compressed once per batch, kept until its last attempt. */
#include "base/error_i.h"
#include "base/slice_i.h"
#include "sink/sender_i.h"
#include "wire/gzip.h"

tel_err tel__batch_compress_init(tel__sender *s, tel_error *err)
{
	if (!s->coding)
		return TEL_OK;
	if (!tel__slice_is(tel__slice_str(s->coding), "gzip"))
		return tel__fail(err, TEL_ERR_UNSUPPORTED, "compression %s is not offered by this release", s->coding);
	tel_err e = tel__gzip_new(s->alloc, &s->gzip);
	return e ? tel__fail_nomem(err) : TEL_OK;
}

void tel__batch_compress_fini(tel__sender *s)
{
	tel__gzip_free(s->gzip);
	s->gzip = NULL;
}

/* Without memory for it the plain bytes go: every OTLP server takes them (protocols.md 2.1). */
tel_buf *tel__batch_compress(tel__sender *s, const tel_slice *slices, size_t count)
{
	int level = s->level >= 1 && s->level <= 9 ? s->level : TEL__GZIP_LEVEL_AUTO;
	tel_buf *packed = NULL;
	if (!s->coding || tel__gzip_deflate(s->gzip, tel__ctx_budget(s->ctx), slices, count, level, &packed, NULL) != TEL_OK)
		return NULL;
	return packed;
}
