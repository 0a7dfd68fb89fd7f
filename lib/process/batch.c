/* SPDX-License-Identifier: Apache-2.0 */
#include "process/batch.h"

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/slice_i.h"

/* Keys, defaults and checks: otel-processing.md 7.1. */

static const tel__key batch_keys[] = {
	{ .name = "timeout", .type = TEL__KEY_DURATION, .offset = offsetof(tel__batch_options, timeout_ns), .def = "200ms",
	  .help = "a batch is sent at the latest this long after the one before; 0 = every arrival at once" },
	{ .name = "send_batch_size", .type = TEL__KEY_UINT32, .offset = offsetof(tel__batch_options, send_batch_size),
	  .def = "8192", .help = "data points at which a batch is sent" },
	{ .name = "send_batch_max_size", .type = TEL__KEY_UINT32,
	  .offset = offsetof(tel__batch_options, send_batch_max_size), .def = "0",
	  .help = "data points at which a batch is split; 0 = never" },
	{ .name = "metadata_keys", .type = TEL__KEY_STRINGS, .offset = offsetof(tel__batch_options, metadata_keys),
	  .help = "checked, but not used: nothing here sends metadata on" },
	{ .name = "metadata_cardinality_limit", .type = TEL__KEY_UINT32,
	  .offset = offsetof(tel__batch_options, metadata_cardinality_limit), .def = "1000",
	  .help = "how many combinations of metadata there may be" },
};

static void check_metadata_keys(const tel__key_strings *keys,
                                void (*report)(void *user, const char *path, const char *msg), void *user)
{
	char key[128], msg[256];
	for (size_t i = 1; i < keys->count; i++) {
		size_t before = 0;
		while (before < i && !tel__slice_eq_nocase(keys->items[before], keys->items[i]))
			before++;
		if (before == i)
			continue;
		tel_error text = TEL_ERROR_INIT;
		(void)tel__fail(&text, TEL_ERR_CONFIG, "duplicate entry in metadata_keys: \"%s\" (case-insensitive)",
		                tel__slice_printable(keys->items[i], key, sizeof(key)));
		memcpy(msg, text.msg, sizeof(msg));
		report(user, "|metadata_keys", msg);
	}
}

static void check_batch(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__batch_options *o = options;
	if (o->timeout_ns < 0)
		report(user, "|timeout", "timeout must be greater or equal to 0");
	if (o->send_batch_max_size > 0 && o->send_batch_max_size < o->send_batch_size)
		report(user, "|send_batch_max_size", "send_batch_max_size must be greater or equal to send_batch_size");
	check_metadata_keys(&o->metadata_keys, report, user);
}

const tel__key_table tel__batch_keys = {
	.go_name = "batchprocessor.Config",
	.size = sizeof(tel__batch_options),
	.keys = batch_keys,
	.key_count = TEL__KEY_COUNT(batch_keys),
	.check = check_batch,
};

uint64_t tel__batch_points(const tel__batch_options *options)
{
	uint64_t size = options->send_batch_size, max = options->send_batch_max_size;
	uint64_t points = size > max ? size : max;
	return points ? points : 1; /* send_batch_size 0: every arrival is a request */
}

static const tel__batch_options *batch_folds(const void *options)
{
	return options;
}

static const tel__processor_ops batch_ops = { .folds = batch_folds };

const tel__component tel__batch = {
	.type = "batch",
	.kind = TEL__KIND_PROCESSOR,
	.keys = &tel__batch_keys,
	.help = "merges and splits requests by size, behind the exporter's queue",
	.impl = &batch_ops,
};
