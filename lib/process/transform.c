/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and their checks: otel-processing.md 4.1. */
#include "process/transform.h"

#include <stddef.h>
#include <stdio.h>

#include "base/dynbuf.h"
#include "base/limits.h"

#define ENTRY(field) .offset = offsetof(tel__transform_entry, field)
#define FIELD(field) .offset = offsetof(tel__transform_options, field)

static const tel__key entry_keys[] = {
	{ .name = "context", .type = TEL__KEY_ENUM, ENTRY(context), TEL__ENTRY_CONTEXT_WORDS,
	  .seen = TEL__KEY_SEEN(tel__transform_entry, has_context),
	  .help = "what the statements work on; none = inferred from their paths" },
	{ .name = "conditions", .type = TEL__KEY_STRINGS, ENTRY(conditions), .help = "OTTL; the statements run where any is true" },
	{ .name = "statements", .type = TEL__KEY_STRINGS, ENTRY(statements), .help = "OTTL, in their order" },
	{ .name = "error_mode", .type = TEL__KEY_ENUM, ENTRY(error_mode), TEL__ERROR_MODE_WORDS,
	  .seen = TEL__KEY_SEEN(tel__transform_entry, has_error_mode), .help = "of this entry, instead of the processor's" },
};
static const tel__key_table entry_table = { "common.ContextStatements", sizeof(tel__transform_entry), entry_keys,
	                                        TEL__KEY_COUNT(entry_keys), NULL };

/* A word, but no context of metrics. */
static tel_err report_context(const tel__key_check *c, const tel__transform_entry *entry, size_t i)
{
	char path[64];
	tel__dynbuf msg;
	tel_err rc;

	tel__dynbuf_init(&msg, c->alloc, TEL_LIMIT_CONFIG_BYTES * 2);
	tel__dynbuf_fmt(&msg, "unknown context \"%s\" for statements: [", tel__entry_context_words[entry->context]);
	for (size_t k = 0; k < entry->statements.count; k++) {
		tel__dynbuf_puts(&msg, k ? " " : "");
		tel__dynbuf_slice(&msg, entry->statements.items[k]);
	}
	tel__dynbuf_puts(&msg, "]");
	rc = tel__dynbuf_error(&msg);
	snprintf(path, sizeof(path), "|metric_statements::%zu::context", i);
	if (rc != TEL_ERR_NOMEM)
		c->report(c, false, path, tel__dynbuf_get(&msg));
	tel__dynbuf_fini(&msg);
	return rc == TEL_ERR_NOMEM ? rc : TEL_OK;
}

static tel_err verify_entry(const tel__key_check *c, const tel__transform_entry *entry, size_t i)
{
	char path[64];
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
	tel__ottl_entry texts = { path, "statements", "conditions", entry->statements, entry->conditions };

	opts.place = TEL_OTTL_TRANSFORM;
	opts.context = entry->has_context ? tel__entry_context_ottl(entry->context) : TEL_OTTL_INFER;
	if (entry->has_context && opts.context == TEL_OTTL_INFER)
		return report_context(c, entry, i);
	snprintf(path, sizeof(path), "metric_statements::%zu", i);
	return tel__ottl_verify(c, &texts, &opts);
}

static tel_err verify_statements(const tel__key_check *c)
{
	const tel__transform_options *o = c->options;
	const tel__transform_entry *entries = o->metric_statements.items;
	tel_err rc = TEL_OK;

	for (size_t i = 0; i < o->metric_statements.count && rc == TEL_OK; i++)
		rc = verify_entry(c, &entries[i], i);
	return rc;
}

static const tel__key transform_keys[] = {
	{ .name = "error_mode", .type = TEL__KEY_ENUM, FIELD(error_mode), .def = "propagate", TEL__ERROR_MODE_WORDS,
	  .help = "what an error of a statement does: propagate refuses the data, ignore logs it, silent does not" },
	{ .name = "metric_statements", .type = TEL__KEY_SECTIONS, FIELD(metric_statements), .section = &entry_table,
	  .basic = "statements", .bad = "statement cannot be empty", .verify = verify_statements,
	  .help = "statements, or entries of conditions and statements, in their order" },
	{ .name = "log_statements", .type = TEL__KEY_IGNORED, .help = "accepted; logs are not processed" },
	{ .name = "trace_statements", .type = TEL__KEY_IGNORED, .help = "accepted; traces are not processed" },
	{ .name = "profile_statements", .type = TEL__KEY_IGNORED, .help = "accepted; profiles are not processed" },
	{ .name = "flatten_data", .type = TEL__KEY_BOOL, FIELD(flatten_data), .def = "false", .help = "of logs; true is refused" },
};

static void check_transform(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__transform_options *o = options;

	if (o->flatten_data)
		report(user, "|flatten_data", "'flatten_data' requires the 'transform.flatten.logs' feature gate to be enabled");
}

static const tel__key_table transform_table = { "transformprocessor.Config", sizeof(tel__transform_options), transform_keys,
	                                            TEL__KEY_COUNT(transform_keys), check_transform };

const tel__component tel__transform = {
	.type = "transform",
	.kind = TEL__KIND_PROCESSOR,
	.keys = &transform_table,
	.help = "changes metrics by OTTL statements",
	.impl = &tel__transform_ops,
};
