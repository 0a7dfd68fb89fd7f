/* SPDX-License-Identifier: Apache-2.0 */
/* Between the library's log lines and the host: the context's wall clock stamps them, its sampler thins them. */
#include "net/ctx_state.h"

static void write_entry(void *user, const tel_log_entry *entry)
{
	tel_ctx *ctx = user;
	tel_log_entry stamped = *entry;

	if (!tel__log_sampler_pass(&ctx->sampler, entry, tel__ctx_mono_ns(ctx)))
		return;
	if (stamped.unix_ns == 0)
		stamped.unix_ns = tel__ctx_unix_ns(ctx);
	ctx->host_log.write(ctx->host_log.user, &stamped);
}

tel_log_sink tel__ctx_log_sink(tel_ctx *ctx)
{
	return (tel_log_sink){ ctx->host_log.write ? write_entry : NULL, ctx, ctx->host_log.min_level };
}

void tel__ctx_log_sampling(tel_ctx *ctx, uint64_t initial, uint64_t thereafter, uint64_t tick_ns)
{
	tel__log_sampler_set(&ctx->sampler, initial, thereafter, tick_ns);
}

uint64_t tel__ctx_log_suppressed(const tel_ctx *ctx)
{
	return ctx->sampler.suppressed;
}
