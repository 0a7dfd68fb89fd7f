/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/coding.h"

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config.h"
#include "wire/gzip.h"
#include "wire/snappy.h"
#include "wire/zstd.h"

struct tel__coder {
	tel_alloc alloc;
	tel__gzip_ctx *gzip; /* zlib, too; NULL until first used, as the rest */
	tel__zstd_ctx *zstd;
	tel__snappy_ctx *snappy;
};

static const char *const names[TEL__CODING_COUNT] = { "none",   "gzip",            "zlib", "deflate", "zstd",
	                                              "snappy", "x-snappy-framed", "lz4" };

bool tel__coding_find(tel_slice name, tel__coding *ret_coding)
{
	int i;

	if (name.len == 0 || tel__slice_is(name, "identity")) {
		*ret_coding = TEL__CODING_NONE;
		return true;
	}
	for (i = 0; i < TEL__CODING_COUNT; i++) {
		if (tel__slice_is(name, names[i])) {
			*ret_coding = (tel__coding)i;
			return true;
		}
	}
	return false;
}

const char *tel__coding_name(tel__coding coding)
{
	return names[coding];
}

static bool is_snappy(tel__coding coding)
{
	return coding == TEL__CODING_SNAPPY || coding == TEL__CODING_SNAPPY_FRAMED;
}

bool tel__coding_is_offered(tel__coding coding)
{
#ifdef HAVE_SNAPPY
	return coding != TEL__CODING_LZ4;
#else
	return coding != TEL__CODING_LZ4 && !is_snappy(coding);
#endif
}

tel_err tel__coding_check(tel__coding coding, tel_error *err)
{
	if (tel__coding_is_offered(coding))
		return TEL_OK;
	if (is_snappy(coding))
		return tel__fail(err, TEL_ERR_UNSUPPORTED, "compression %s needs libsnappy, which this build is without",
		                 names[coding]);
	return tel__fail(err, TEL_ERR_ARG, "unsupported compression type \"%s\"", names[coding]);
}

tel_err tel__coder_new(const tel_alloc *alloc, tel__coder **ret_coder)
{
	tel__coder *c = tel__mem_zero(alloc, 1, sizeof(*c));

	if (!c)
		return TEL_ERR_NOMEM;
	c->alloc = *tel__alloc_or_default(alloc);
	*ret_coder = c;
	return TEL_OK;
}

void tel__coder_free(tel__coder *coder)
{
	tel_alloc alloc;

	if (!coder)
		return;
	tel__gzip_free(coder->gzip);
	tel__zstd_free(coder->zstd);
#ifdef HAVE_SNAPPY
	tel__snappy_free(coder->snappy);
#endif
	alloc = coder->alloc;
	tel__mem_free(&alloc, coder, 1, sizeof(*coder));
}

static tel__gzip_frame frame_of(tel__coding coding)
{
	return coding == TEL__CODING_GZIP ? TEL__GZIP_FRAME_GZIP : TEL__GZIP_FRAME_ZLIB;
}

tel_err tel__coder_prepare(tel__coder *c, tel__coding coding, tel_error *err)
{
	tel_err rc = tel__coding_check(coding, err);

	if (rc != TEL_OK)
		return rc;
	if (coding == TEL__CODING_ZSTD)
		rc = c->zstd ? TEL_OK : tel__zstd_new(&c->alloc, &c->zstd);
#ifdef HAVE_SNAPPY
	else if (is_snappy(coding))
		return c->snappy ? TEL_OK : tel__snappy_new(&c->alloc, &c->snappy, err);
#endif
	else
		rc = c->gzip ? TEL_OK : tel__gzip_new(&c->alloc, &c->gzip);
	return rc == TEL_OK ? rc : tel__fail_nomem(err);
}

tel_err tel__coder_inflate(tel__coder *coder, tel__coding coding, struct tel_budget *budget, tel_slice in,
                           size_t max_out, tel_buf **ret_buf, tel_error *err)
{
	tel_err rc = tel__coder_prepare(coder, coding, err);

	if (rc != TEL_OK)
		return rc;
	if (coding == TEL__CODING_ZSTD)
		return tel__zstd_inflate(coder->zstd, budget, in, max_out, ret_buf, err);
#ifdef HAVE_SNAPPY
	if (is_snappy(coding))
		return tel__snappy_inflate(coder->snappy, coding == TEL__CODING_SNAPPY_FRAMED, budget, in, max_out, ret_buf,
		                           err);
#endif
	return tel__gzip_inflate_frame(coder->gzip, frame_of(coding), budget, in, max_out, ret_buf, err);
}

tel_err tel__coder_deflate(tel__coder *coder, tel__coding coding, struct tel_budget *budget, const tel_slice *in,
                           size_t count, int level, tel_buf **ret_buf, tel_error *err)
{
	tel_err rc = tel__coder_prepare(coder, coding, err);

	if (rc != TEL_OK)
		return rc;
	if (level < 0)
		level = TEL__CODING_LEVEL_AUTO;
	if (coding == TEL__CODING_ZSTD)
		return tel__zstd_deflate(coder->zstd, budget, in, count, level, ret_buf, err);
#ifdef HAVE_SNAPPY
	if (is_snappy(coding))
		return tel__snappy_deflate(coder->snappy, coding == TEL__CODING_SNAPPY_FRAMED, budget, in, count, ret_buf, err);
#endif
	return tel__gzip_deflate_frame(coder->gzip, frame_of(coding), budget, in, count, level < 9 ? level : 9, ret_buf,
	                               err);
}
