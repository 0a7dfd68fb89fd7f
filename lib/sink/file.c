/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: each request as a record at the end of a file: JSON lines, or protobuf messages behind a 4-byte big-endian length,
 * as the Collector's file exporter writes them. One write at a time, on the host's other thread when it offers one.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "codec/otlp_json_write.h"
#include "sink/calls.h"
#include "sink/exporters.h"
#include "sink/options.h"

enum { FORMAT_JSON, FORMAT_PROTO };
enum { RECORD_MAX = 1 << 30 };

typedef struct file_options {
	tel_slice path;
	int32_t format, compression;
	int64_t flush_interval;
	bool append, create_directory;
	tel_slice encoding, directory_permissions;
	struct rotation_options {
		int64_t max_megabytes, max_days, max_backups;
		bool localtime;
	} *rotation;
	struct group_options {
		bool enabled;
		tel_slice resource_attribute;
		int64_t max_open_files;
	} *group_by;
} file_options;

/* One request, encoded when it came: the write outlives a cancel. */
typedef struct job {
	struct job *next;
	tel__export_call *call; /* NULL = cancelled */
	tel__dynbuf record;
} job;

struct tel__exporter_impl {
	tel_ctx *ctx;
	const tel_alloc *alloc;
	const tel__fs_ops *fs;
	tel__export_calls calls;
	char *path;
	size_t path_cap;
	int fd;
	int32_t format;
	job *first, *last;         /* first is being written */
	tel__dynbuf torn;          /* the rest of a record that broke off: goes first, so that the file stays readable */
	tel__offload work;
	bool working, freed, damaged;
	size_t written;            /* of the record at work */
	int errnum;
};

/* ---- keys ---- */

#define AT(field) offsetof(file_options, field)
#define ROTATION_AT(field) offsetof(struct rotation_options, field)
#define GROUP_AT(field) offsetof(struct group_options, field)

static const tel__key rotation_keys[] = {
	{ .name = "max_megabytes", .type = TEL__KEY_INT, .offset = ROTATION_AT(max_megabytes), .def = "100",
	  .help = "size at which a file is closed" },
	{ .name = "max_days", .type = TEL__KEY_INT, .offset = ROTATION_AT(max_days), .help = "age at which files go" },
	{ .name = "max_backups", .type = TEL__KEY_INT, .offset = ROTATION_AT(max_backups), .def = "100",
	  .help = "files kept" },
	{ .name = "localtime", .type = TEL__KEY_BOOL, .offset = ROTATION_AT(localtime), .help = "local time in names" },
};
static const tel__key_table rotation_table = { "fileexporter.Rotation", sizeof(struct rotation_options), rotation_keys,
	                                       TEL__KEY_COUNT(rotation_keys), NULL };

static const tel__key group_keys[] = {
	{ .name = "enabled", .type = TEL__KEY_BOOL, .offset = GROUP_AT(enabled), .help = "a file per attribute value" },
	{ .name = "resource_attribute", .type = TEL__KEY_STRING, .offset = GROUP_AT(resource_attribute),
	  .def = "fileexporter.path_segment", .help = "attribute that names the file" },
	{ .name = "max_open_files", .type = TEL__KEY_INT, .offset = GROUP_AT(max_open_files), .def = "100",
	  .help = "files open at once" },
};
static const tel__key_table group_table = { "fileexporter.GroupBy", sizeof(struct group_options), group_keys,
	                                    TEL__KEY_COUNT(group_keys), NULL };

static const char *const format_words[] = { "json", "proto", NULL };
static const char *const compression_words[] = { "", "zstd", NULL };

static const tel__key file_keys[] = {
	{ .name = "path", .type = TEL__KEY_STRING, .offset = AT(path), .help = "file to write" },
	{ .name = "append", .type = TEL__KEY_BOOL, .offset = AT(append), .help = "keep what the file holds" },
	{ .name = "rotation", .type = TEL__KEY_OPTIONAL, .offset = AT(rotation), .section = &rotation_table,
	  .help = "new files by size and age" },
	{ .name = "format", .type = TEL__KEY_ENUM, .offset = AT(format), .def = "json", .words = format_words,
	  .bad = "format type is not supported", .help = "json: lines; proto: messages behind their length" },
	{ .name = "encoding", .type = TEL__KEY_STRING, .offset = AT(encoding), .help = "id of an encoding extension" },
	{ .name = "compression", .type = TEL__KEY_ENUM, .offset = AT(compression), .def = "\"\"",
	  .words = compression_words, .bad = "compression is not supported", .help = "zstd, or nothing" },
	{ .name = "flush_interval", .type = TEL__KEY_DURATION, .offset = AT(flush_interval), .def = "1s",
	  .help = "accepted; every record is written at once" },
	{ .name = "group_by", .type = TEL__KEY_OPTIONAL, .offset = AT(group_by), .section = &group_table,
	  .help = "a file per value of a resource attribute" },
	{ .name = "create_directory", .type = TEL__KEY_BOOL, .offset = AT(create_directory),
	  .help = "make the folder of path" },
	{ .name = "directory_permissions", .type = TEL__KEY_STRING, .offset = AT(directory_permissions), .def = "\"0755\"",
	  .help = "of the folder that is made" },
};

static void file_check(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const file_options *o = options;
	if (o->path.len == 0)
		report(user, "", "path must be non-empty");
	if (o->flush_interval < 0)
		report(user, "|flush_interval", "flush_interval must be larger than zero");
	if (o->append && o->compression)
		report(user, "|append", "append and compression enabled at the same time is not supported");
	if (o->append && o->rotation)
		report(user, "|append", "append and rotation enabled at the same time is not supported");
}

static const tel__key_table file_table = { "fileexporter.Config", sizeof(file_options), file_keys,
	                                   TEL__KEY_COUNT(file_keys), file_check };

/* ---- writing ---- */

static bool write_all(tel__exporter_impl *x, const char *bytes, size_t len, size_t *ret_written)
{
	*ret_written = 0;
	while (*ret_written < len) {
		struct iovec iov = { (void *)(uintptr_t)(bytes + *ret_written), len - *ret_written };
		ssize_t n = x->fs->writev(x->fs->user, x->fd, &iov, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			x->errnum = n < 0 ? errno : EIO;
			return false;
		}
		*ret_written += (size_t)n;
	}
	return true;
}

/* On the other thread: touches the file, torn and the record at work only. */
static void work_run(void *user)
{
	tel__exporter_impl *x = user;
	size_t n;
	x->errnum = 0;
	x->written = 0;
	if (x->torn.len) {
		bool done = write_all(x, x->torn.ptr, x->torn.len, &n);
		memmove(x->torn.ptr, x->torn.ptr + n, x->torn.len - n);
		x->torn.len -= n;
		if (!done)
			return;
	}
	write_all(x, x->first->record.ptr, x->first->record.len, &x->written);
}

static void work_start(tel__exporter_impl *x);

static void job_free(tel__exporter_impl *x, job *j)
{
	tel__dynbuf_fini(&j->record);
	tel__mem_free(x->alloc, j, 1, sizeof *j);
}

static void impl_free(tel__exporter_impl *x)
{
	while (x->first) {
		job *j = x->first;
		x->first = j->next;
		if (j->call)
			tel__export_calls_put(&x->calls, j->call);
		job_free(x, j);
	}
	if (x->fd >= 0)
		x->fs->close(x->fs->user, x->fd);
	tel__dynbuf_fini(&x->torn);
	tel__export_calls_fini(&x->calls);
	tel__mem_free(x->alloc, x->path, x->path_cap, 1);
	tel__mem_free(x->alloc, x, 1, sizeof *x);
}

/* A record that broke off is completed before the next one; its request is tried again, so it may stand there twice. */
static void keep_torn(tel__exporter_impl *x, const job *j)
{
	if (x->written == 0 || x->written == j->record.len)
		return;
	tel__dynbuf_put(&x->torn, j->record.ptr + x->written, j->record.len - x->written);
	x->damaged = tel__dynbuf_error(&x->torn) != TEL_OK;
}

static void work_done(void *user)
{
	tel__exporter_impl *x = user;
	job *j = x->first;
	char text[256];
	tel_error err = TEL_ERROR_INIT;
	tel__export_outcome outcome = { .verdict = TEL__EXPORT_OK };
	x->working = false;
	if (x->freed) {
		impl_free(x);
		return;
	}
	if (x->errnum) {
		keep_torn(x, j);
		(void)tel__fail_errno(&err, TEL_ERR_IO, x->errnum, "cannot write");
		outcome = (tel__export_outcome){ .verdict = TEL__EXPORT_RETRY, .grpc_status = 14 };
		memcpy(text, err.msg, sizeof text);
		outcome.message = tel__slice_str(text);
	}
	tel__export_call *call = j->call, copy = { 0 };
	x->first = j->next;
	if (!x->first)
		x->last = NULL;
	job_free(x, j);
	if (call) {
		copy = *call;
		tel__export_calls_put(&x->calls, call);
	}
	work_start(x);
	if (call)
		copy.done(copy.user, &outcome);
}

static void work_start(tel__exporter_impl *x)
{
	if (x->working || !x->first)
		return;
	x->working = true;
	x->work = (tel__offload){ .run = work_run, .done = work_done, .user = x };
	tel__ctx_offload(x->ctx, &x->work);
}

/* ---- records ---- */

static void encode_proto(const tel__export_batch *batch, tel__dynbuf *out)
{
	char length[4];
	for (size_t i = 0; i < 4; i++)
		length[i] = (char)(unsigned char)(batch->bytes >> (24 - 8 * i));
	tel__dynbuf_put(out, length, sizeof length);
	for (size_t i = 0; i < batch->slice_count; i++)
		tel__dynbuf_slice(out, batch->slices[i]);
}

static tel_err encode_json(const tel__export_batch *batch, tel__dynbuf *out, tel_error *err)
{
	tel_err e = tel__otlp_json_write_bytes(batch->slices, batch->slice_count, out, err);
	tel__dynbuf_byte(out, '\n');
	return e;
}

/* ---- ops ---- */

static tel_err check_offered(const file_options *o, tel_error *err)
{
	const char *missing = o->rotation ? "rotation" : o->compression ? "compression" : o->encoding.len ? "encoding"
	                      : o->group_by && o->group_by->enabled ? "group_by" : o->create_directory ? "create_directory"
	                                                                                               : NULL;
	return missing ? tel__fail(err, TEL_ERR_UNSUPPORTED, "%s is not offered by this release", missing) : TEL_OK;
}

/* What is there goes when the program starts, not when it is reloaded: the one before may still be writing, and goes on if
 * the reload is refused. */
static tel_err open_file(tel__exporter_impl *x, const file_options *o, bool keep, tel_error *err)
{
	x->path_cap = o->path.len + 1;
	x->path = tel__mem_new(x->alloc, x->path_cap, 1);
	if (!x->path)
		return tel__fail_nomem(err);
	memcpy(x->path, o->path.ptr, o->path.len);
	x->path[o->path.len] = '\0';
	x->fd = x->fs->open(x->fs->user, x->path,
	                    O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | (keep ? 0 : O_TRUNC), 0600);
	return x->fd < 0 ? tel__fail_errno(err, TEL_ERR_IO, errno, "open %s", x->path) : TEL_OK;
}

static tel_err file_make(const tel__exporter_env *env, const void *options, tel__exporter_impl **ret_impl, tel_error *err)
{
	const file_options *o = options;
	tel_err e = check_offered(o, err);
	if (e)
		return e;
	tel__exporter_impl *x = tel__mem_zero(tel__ctx_alloc(env->ctx), 1, sizeof *x);
	if (!x)
		return tel__fail_nomem(err);
	x->ctx = env->ctx;
	x->alloc = x->calls.alloc = tel__ctx_alloc(env->ctx);
	x->fs = tel__ctx_fs(env->ctx);
	x->fd = -1;
	x->format = o->format;
	tel__dynbuf_init(&x->torn, x->alloc, RECORD_MAX);
	e = open_file(x, o, o->append || env->beside, err);
	if (e) {
		impl_free(x);
		return e;
	}
	*ret_impl = x;
	return TEL_OK;
}

static tel_err file_send(tel__exporter_impl *x, const tel__export_batch *batch,
                         void (*done)(void *user, const tel__export_outcome *outcome), void *user, uint64_t *ret_id,
                         tel_error *err)
{
	if (x->damaged)
		return tel__fail(err, TEL_ERR_STATE, "the file broke off in a record and there is no memory to mend it");
	tel__export_call *call = tel__export_calls_get(&x->calls);
	job *j = call ? tel__mem_zero(x->alloc, 1, sizeof *j) : NULL;
	tel_err e = TEL_OK;
	if (!j) {
		if (call)
			tel__export_calls_put(&x->calls, call);
		return tel__fail_nomem(err);
	}
	tel__dynbuf_init(&j->record, x->alloc, RECORD_MAX);
	if (x->format == FORMAT_PROTO)
		encode_proto(batch, &j->record);
	else
		e = encode_json(batch, &j->record, err);
	if (e == TEL_OK && (e = tel__dynbuf_error(&j->record)) != TEL_OK)
		(void)tel__fail(err, e, "no memory for a record");
	if (e) {
		tel__export_calls_put(&x->calls, call);
		job_free(x, j);
		return e;
	}
	*call = (tel__export_call){ .exporter = x, .done = done, .user = user };
	j->call = call;
	*(x->last ? &x->last->next : &x->first) = j;
	x->last = j;
	*ret_id = tel__export_call_id(call);
	work_start(x);
	return TEL_OK;
}

static void file_cancel(tel__exporter_impl *x, uint64_t id)
{
	for (job *j = x->first; j; j = j->next)
		if (j->call && tel__export_call_id(j->call) == id) {
			tel__export_calls_put(&x->calls, j->call);
			j->call = NULL;
			return;
		}
}

static void file_free(tel__exporter_impl *x)
{
	x->freed = true;
	if (x->work.inline_done.queued) { /* written already, only not reported */
		tel__ctx_undefer(x->ctx, &x->work.inline_done);
		tel__ctx_busy(x->ctx, -1);
		x->working = false;
	}
	if (!x->working)
		impl_free(x); /* else the other thread still writes: work_done frees */
}

static const tel__exporter_ops file_ops = { file_make, file_send, file_cancel, file_free, NULL };

const tel__component tel__file_exporter = {
	.type = "file",
	.kind = TEL__KIND_EXPORTER,
	.keys = &file_table,
	.help = "writes requests to a file, as JSON lines or length-delimited protobuf",
	.impl = &file_ops,
};
