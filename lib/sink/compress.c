/* SPDX-License-Identifier: Apache-2.0 */
/* The wire body: compressed once per batch, kept until its last attempt. */
#include "base/error_i.h"
#include "sink/sender_i.h"

tel_err tel__batch_compress_init(tel__sender *s, tel_error *err)
{
	if (!s->coding)
		return TEL_OK;
	return tel__fail(err, TEL_ERR_UNSUPPORTED, "compression %s is not offered by this release", s->coding);
}

void tel__batch_compress_fini(tel__sender *s)
{
	(void)s;
}

void tel__batch_compress(tel__sender *s, tel__flight *f)
{
	(void)s;
	(void)f;
}
