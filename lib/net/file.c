/* SPDX-License-Identifier: Apache-2.0 */
#include "net/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error_i.h"
#include "base/mem.h"

enum { WHERE = 192 };

void tel__file_free(tel_ctx *ctx, tel__file *file)
{
	if (!file->bytes)
		return;
	OPENSSL_cleanse(file->bytes, file->size);
	tel__mem_free(tel__ctx_alloc(ctx), file->bytes, file->size, 1);
	*file = (tel__file){ NULL, 0, 0 };
}

/* One byte of room is more than may be used, so that a file of exactly the limit is told from a longer one. */
static tel_err read_all(const tel__fs_ops *fs, int fd, tel__file *f, const char *path, tel_error *err)
{
	for (;;) {
		ssize_t n;
		if (f->len == f->size)
			return tel__fail(err, TEL_ERR_LIMIT, "read %s: larger than %zu bytes", path, f->size - 1);
		do
			n = fs->read(fs->user, fd, f->bytes + f->len, f->size - f->len);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return tel__fail(err, TEL_ERR_CONFIG, "read %s: %s", path, strerror(errno));
		if (n == 0)
			return TEL_OK;
		f->len += (size_t)n;
	}
}

/* Go's words for the two failures that happen. */
static const char *open_error(int errnum)
{
	return errnum == ENOENT ? "no such file or directory" : errnum == EACCES ? "permission denied" : strerror(errnum);
}

static int open_path(tel_ctx *ctx, tel_slice path, int *ret_errno)
{
	const tel__fs_ops *fs = tel__ctx_fs(ctx);
	const tel_alloc *alloc = tel__ctx_alloc(ctx);
	char *name = tel__mem_new(alloc, path.len + 1, 1);

	if (!name) {
		*ret_errno = ENOMEM;
		return -1;
	}
	memcpy(name, path.ptr, path.len);
	name[path.len] = '\0';
	int fd = fs->open(fs->user, name, O_RDONLY | O_CLOEXEC, 0);
	*ret_errno = errno;
	tel__mem_free(alloc, name, path.len + 1, 1);
	return fd;
}

tel_err tel__file_read(tel_ctx *ctx, tel_slice path, size_t max, tel__file *ret_file, tel_error *err)
{
	const tel__fs_ops *fs = tel__ctx_fs(ctx);
	char shown[WHERE];
	int errnum, fd = open_path(ctx, path, &errnum);
	tel__file f = { NULL, 0, max + 1 };

	if (fd < 0 && errnum == ENOMEM)
		return tel__fail_nomem(err);
	tel__slice_printable(path, shown, sizeof(shown));
	if (fd < 0)
		return tel__fail(err, TEL_ERR_CONFIG, "open %s: %s", shown, open_error(errnum));
	f.bytes = tel__mem_new(tel__ctx_alloc(ctx), f.size, 1);
	tel_err rc = f.bytes ? read_all(fs, fd, &f, shown, err) : tel__fail_nomem(err);
	fs->close(fs->user, fd);
	if (rc != TEL_OK) {
		tel__file_free(ctx, &f);
		return rc;
	}
	*ret_file = f;
	return TEL_OK;
}
