/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/options.h"

#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "config/duration.h"

#define AT(type, field) offsetof(type, field)

/* ---- retry_on_failure: otel-processing.md 9.3 ---- */

static const tel__key retry_keys[] = {
	{ .name = "enabled", .type = TEL__KEY_BOOL, .offset = AT(tel__retry_options, enabled), .def = "true",
	  .help = "try again after a failure that may pass" },
	{ .name = "initial_interval", .type = TEL__KEY_DURATION, .offset = AT(tel__retry_options, initial_interval),
	  .def = "5s", .help = "wait before the second attempt" },
	{ .name = "randomization_factor", .type = TEL__KEY_DOUBLE,
	  .offset = AT(tel__retry_options, randomization_factor), .def = "0.5", .help = "share by which a wait varies" },
	{ .name = "multiplier", .type = TEL__KEY_DOUBLE, .offset = AT(tel__retry_options, multiplier), .def = "1.5",
	  .help = "growth of the wait after each failure" },
	{ .name = "max_interval", .type = TEL__KEY_DURATION, .offset = AT(tel__retry_options, max_interval),
	  .def = "30s", .help = "longest wait" },
	{ .name = "max_elapsed_time", .type = TEL__KEY_DURATION, .offset = AT(tel__retry_options, max_elapsed_time),
	  .def = "5m", .help = "drop a request when it failed for so long; 0 = never" },
};

static void retry_check(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__retry_options *o = options;
	if (!o->enabled)
		return;
	if (o->initial_interval < 0)
		report(user, "|initial_interval", "'initial_interval' must be non-negative");
	if (!(o->randomization_factor >= 0 && o->randomization_factor <= 1))
		report(user, "|randomization_factor", "'randomization_factor' must be within [0, 1]");
	if (!(o->multiplier >= 0))
		report(user, "|multiplier", "'multiplier' must be non-negative");
	if (o->max_interval < 0)
		report(user, "|max_interval", "'max_interval' must be non-negative");
	if (o->max_elapsed_time < 0)
		report(user, "|max_elapsed_time", "'max_elapsed_time' must be non-negative");
	if (o->max_elapsed_time > 0 && o->max_elapsed_time < o->initial_interval)
		report(user, "|max_elapsed_time", "'max_elapsed_time' must not be less than 'initial_interval'");
	if (o->max_elapsed_time > 0 && o->max_elapsed_time < o->max_interval)
		report(user, "|max_elapsed_time", "'max_elapsed_time' must not be less than 'max_interval'");
}

const tel__key_table tel__retry_keys = { "configretry.BackOffConfig", sizeof(tel__retry_options), retry_keys,
	                                 TEL__KEY_COUNT(retry_keys), retry_check };

/* ---- sending_queue ---- */

static const char *const sizer_words[] = { "requests", "items", "bytes", NULL };

static const tel__key partition_keys[] = {
	{ .name = "metadata_keys", .type = TEL__KEY_STRINGS, .offset = AT(struct tel__partition_options, metadata_keys),
	  .help = "request metadata that keep batches apart" },
};
static const tel__key_table partition_table = { "queuebatch.PartitionConfig", sizeof(struct tel__partition_options),
	                                        partition_keys, TEL__KEY_COUNT(partition_keys), NULL };

static const tel__key batch_keys[] = {
	{ .name = "flush_timeout", .type = TEL__KEY_DURATION, .offset = AT(tel__queue_batch_options, flush_timeout),
	  .def = "200ms", .help = "send what is there after this time" },
	{ .name = "sizer", .type = TEL__KEY_ENUM, .offset = AT(tel__queue_batch_options, sizer), .def = "items",
	  .help = "what sizes count", .words = sizer_words, .bad = "invalid sizer: \"{}\"",
	  .seen = TEL__KEY_SEEN(tel__queue_batch_options, sizer_seen) },
	{ .name = "min_size", .type = TEL__KEY_INT, .offset = AT(tel__queue_batch_options, min_size), .def = "8192",
	  .help = "send when this much waits" },
	{ .name = "max_size", .type = TEL__KEY_INT, .offset = AT(tel__queue_batch_options, max_size), .def = "0",
	  .help = "at most this much in one request; 0 = no limit" },
	{ .name = "partition", .type = TEL__KEY_SECTION, .offset = AT(tel__queue_batch_options, partition),
	  .help = "what keeps batches apart", .section = &partition_table },
};

static void batch_check(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__queue_batch_options *o = options;
	char msg[128];
	if (o->flush_timeout == 0) {
		report(user, "|flush_timeout", "`flush_timeout` must be positive, found 0");
	} else if (o->flush_timeout < 0) {
		char text[TEL__DURATION_MAX];
		size_t n = tel__duration_format(o->flush_timeout, text);
		snprintf(msg, sizeof msg, "`flush_timeout` must be positive, found %.*s", (int)n, text);
		report(user, "|flush_timeout", msg);
	}
	if (o->min_size < 0) {
		snprintf(msg, sizeof msg, "`min_size` must be non-negative, found %lld", (long long)o->min_size);
		report(user, "|min_size", msg);
	}
	if (o->max_size < 0) {
		snprintf(msg, sizeof msg, "`max_size` must be non-negative, found %lld", (long long)o->max_size);
		report(user, "|max_size", msg);
	}
	if (o->max_size > 0 && o->max_size < o->min_size) {
		snprintf(msg, sizeof msg, "`max_size` (%lld) must be greater or equal to `min_size` (%lld)",
		         (long long)o->max_size, (long long)o->min_size);
		report(user, "|max_size", msg);
	}
}

static const tel__key_table batch_table = { "queuebatch.BatchConfig", sizeof(tel__queue_batch_options), batch_keys,
	                                    TEL__KEY_COUNT(batch_keys), batch_check };

static const tel__key queue_keys[] = {
	{ .name = "enabled", .type = TEL__KEY_BOOL, .offset = AT(tel__queue_options, enabled), .def = "true",
	  .help = "false: answers of the backend travel back to the sender" },
	{ .name = "num_consumers", .type = TEL__KEY_INT, .offset = AT(tel__queue_options, num_consumers), .def = "10",
	  .help = "requests in flight" },
	{ .name = "queue_size", .type = TEL__KEY_INT, .offset = AT(tel__queue_options, queue_size), .def = "1000",
	  .help = "capacity in units of the sizer, what is in flight included" },
	{ .name = "sizer", .type = TEL__KEY_ENUM, .offset = AT(tel__queue_options, sizer), .def = "requests",
	  .help = "what the capacity counts", .words = sizer_words, .bad = "invalid sizer: \"{}\"",
	  .seen = TEL__KEY_SEEN(tel__queue_options, sizer_seen) },
	{ .name = "block_on_overflow", .type = TEL__KEY_BOOL, .offset = AT(tel__queue_options, block_on_overflow),
	  .def = "false", .help = "wait for room instead of refusing" },
	{ .name = "wait_for_result", .type = TEL__KEY_BOOL, .offset = AT(tel__queue_options, wait_for_result),
	  .def = "false", .help = "answer the sender when the backend has answered" },
	{ .name = "storage", .type = TEL__KEY_STRING, .offset = AT(tel__queue_options, storage), .flags = TEL__KEY_NOT_EMPTY,
	  .help = "id of a storage extension" },
	{ .name = "batch", .type = TEL__KEY_OPTIONAL, .offset = AT(tel__queue_options, batch),
	  .help = "send larger requests", .section = &batch_table },
};

tel__queue_sizer tel__queue_batch_sizer(const tel__queue_options *queue)
{
	bool inherits = !queue->batch->sizer_seen && queue->sizer_seen;
	return (tel__queue_sizer)(inherits ? queue->sizer : queue->batch->sizer);
}

const char *tel__queue_sizer_name(int32_t sizer)
{
	return sizer_words[sizer];
}

static void queue_check(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__queue_options *o = options;
	if (!o->enabled)
		return;
	if (o->num_consumers <= 0)
		report(user, "|num_consumers", "`num_consumers` must be positive");
	if (o->queue_size <= 0)
		report(user, "|queue_size", "`queue_size` must be positive");
	if (o->storage.len && o->wait_for_result)
		report(user, "|wait_for_result",
		       "`wait_for_result` is not supported with a persistent queue configured with `storage`");
	if (!o->batch)
		return;
	tel__queue_sizer sizer = tel__queue_batch_sizer(o);
	if (sizer == TEL__SIZER_REQUESTS)
		report(user, "batch|sizer", "`batch` supports only `items` or `bytes` sizer, found \"requests\"");
	else if ((int32_t)sizer == o->sizer && o->batch->min_size > o->queue_size)
		report(user, "|batch", "`min_size` must be less than or equal to `queue_size`");
}

const tel__key_table tel__queue_keys = { "queuebatch.Config", sizeof(tel__queue_options), queue_keys,
	                                 TEL__KEY_COUNT(queue_keys), queue_check };

/* ---- compression ---- */

const char *const tel__compression_words[] = { "none", "gzip", "snappy", "zstd", "zlib", "deflate", "lz4",
	                                       "x-snappy-framed", "", NULL };

const char *tel__compression_coding(int32_t word)
{
	tel_slice s = tel__slice_str(tel__compression_words[word]);
	return s.len == 0 || tel__slice_is(s, "none") ? NULL : s.ptr;
}
