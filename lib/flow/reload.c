/* SPDX-License-Identifier: Apache-2.0 */
/* A reload: the next generation is made whole beside the one that runs, then takes over in one step, or never was. */
#include <string.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "flow/flow_i.h"
#include "net/tls.h"

static void say_failed(tel_flow *flow, const char *why)
{
	tel_log_field field = TEL__LOG_STR("error", tel__slice_str(why));

	flow->history.failed++;
	flow->history.last_failed = true;
	tel__log(tel__ctx_log(flow->ctx), TEL_LOG_ERROR, NULL, "Reload refused: what ran before goes on", &field, 1);
}

/* How much of the old generation goes on as it is: what an operator wants to read after a reload. */
static void say_done(tel_flow *flow, size_t receivers, size_t exporters)
{
	const tel__flow_generation *g = flow->now;
	const tel_log_field fields[] = {
		TEL__LOG_NUM("generation", (double)g->number),
		TEL__LOG_NUM("receivers_kept", (double)receivers),
		TEL__LOG_NUM("receivers", (double)g->receiver_count),
		TEL__LOG_NUM("exporters_kept", (double)exporters),
		TEL__LOG_NUM("exporters", (double)g->outlet_count),
	};

	tel__log(tel__ctx_log(flow->ctx), TEL_LOG_INFO, NULL, "Configuration reloaded", fields, sizeof(fields) / sizeof(fields[0]));
}

static void start(tel_flow *flow, tel__flow_generation *g)
{
	size_t receivers = 0, exporters = 0;

	for (size_t i = 0; i < g->receiver_count; i++)
		receivers += g->receivers[i]->generation != g;
	for (size_t i = 0; i < g->outlet_count; i++)
		exporters += g->outlets[i].change != NULL;
	tel__flow_generation_start(g);
	tel__flow_adjust(flow);
	tel__tls_reload_all(flow->ctx); /* of components that stay, too: what their files hold is not in the configuration */
	flow->history.succeeded++;
	flow->history.last_failed = false;
	flow->history.last_success_unix_ns = tel__ctx_unix_ns(flow->ctx);
	say_done(flow, receivers, exporters);
}

tel_err tel_flow_reload(tel_flow *flow, tel_config *config, const tel_flow_reload_opts *opts, tel_error *err)
{
	tel_flow_reload_opts view = TEL_FLOW_RELOAD_OPTS_INIT;
	tel_error why = TEL_ERROR_INIT;
	tel__flow_generation *g = NULL;
	tel_err rc;

	if (!flow)
		return tel__fail(err, TEL_ERR_ARG, "tel_flow_reload: a flow is needed");
	rc = tel__ctx_check(flow->ctx, err);
	if (rc)
		return rc;
	if (flow->state != TEL__FLOW_READY)
		return tel__fail(err, TEL_ERR_STATE, "the flow is being stopped");
	if (opts)
		memcpy(&view, opts, opts->size < sizeof(view) ? opts->size : sizeof(view));
	if (view.leave_ns)
		flow->history.leave_ns = view.leave_ns;
	rc = config ? tel__flow_generation_new(flow, config, flow->now, &g, &why)
	            : tel__fail(&why, TEL_ERR_CONFIG, "the configuration could not be loaded");
	if (rc) {
		say_failed(flow, why.msg);
		(void)tel__fail(err, rc, "%s", why.msg);
		if (err)
			err->detail = why.detail;
		return rc;
	}
	start(flow, g);
	return TEL_OK;
}
