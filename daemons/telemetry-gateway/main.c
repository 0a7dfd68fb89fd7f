/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one collector configuration: OTLP in, processors, OTLP out. A thin program over <telemetry/flow.h>. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <ev.h>
#include <telemetry/api.h>
#include <telemetry/flow.h>

#include "common/args.h"
#include "common/command_line.h"
#include "common/evloop.h"
#include "common/files.h"
#include "common/logs.h"
#include "common/proxies.h"

#define PROGRAM "telemetry-gateway"

typedef struct program {
	logs log;
	struct ev_loop *loop;
	evloop *adapter;
	tel_ctx *ctx;
	tel_flow *flow;
	command_line cli;
	proxies proxies;
	int exit_code;
	bool stopping;
} program;

static void on_drained(void *user, uint64_t unsent)
{
	program *p = user;
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)unsent);
	if (unsent)
		logs_say(&p->log, TEL_LOG_WARN, "Points were not sent before the deadline", "dropped_points", text);
	ev_break(p->loop, EVBREAK_ALL);
}

static void on_stop(struct ev_loop *loop, ev_signal *w, int events)
{
	program *p = w->data;

	(void)events;
	logs_say(&p->log, TEL_LOG_INFO, "Received signal from OS", "signal", w->signum == SIGINT ? "interrupt" : "terminated");
	if (p->stopping) { /* the second one stops at once */
		p->exit_code = EXIT_FAILURE;
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	p->stopping = true;
	logs_say(&p->log, TEL_LOG_INFO, "Starting shutdown...", NULL, NULL);
	tel_flow_drain(p->flow, evloop_mono_ns() + p->cli.drain_ns, on_drained, p);
}

static int run(program *p, tel_config *config)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	ev_signal on_term, on_int;

	tel_flow_log_settings(config, &p->log.min_level, &p->log.style);
	opts.log.min_level = p->log.min_level;
	logs_say(&p->log, TEL_LOG_INFO, "Starting " PROGRAM "...", "Version", tel_version());
	opts.log.write = logs_write;
	opts.log.user = &p->log;
	p->loop = ev_default_loop(EVFLAG_AUTO);
	p->adapter = evloop_new(p->loop, &opts);
	signal(SIGPIPE, SIG_IGN);
	if (!p->adapter || proxies_read(&p->proxies, p->cli.env_dir, &opts.proxies) || tel_ctx_new(&opts, &p->ctx, &err) ||
	    evloop_attach(p->adapter, p->ctx) || tel_flow_new(p->ctx, config, &p->cli.opts, &p->flow, &err)) {
		logs_say(&p->log, TEL_LOG_ERROR, "cannot start pipelines", "error", err.msg);
		p->exit_code = EXIT_FAILURE;
	} else {
		ev_signal_init(&on_term, on_stop, SIGTERM);
		ev_signal_init(&on_int, on_stop, SIGINT);
		on_term.data = on_int.data = p;
		ev_signal_start(p->loop, &on_term);
		ev_signal_start(p->loop, &on_int);
		ev_run(p->loop, 0);
		logs_say(&p->log, TEL_LOG_INFO, "Shutdown complete.", NULL, NULL);
	}
	tel_flow_free(p->flow);
	tel_ctx_free(p->ctx);
	evloop_free(p->adapter);
	proxies_fini(&p->proxies);
	ev_loop_destroy(p->loop);
	return p->exit_code;
}

int main(int argc, char **argv)
{
	program p = { .cli = COMMAND_LINE_INIT };
	tel_config *config = NULL;
	int rc;

	logs_init(&p.log, PROGRAM);
	p.cli.opts.service_name = p.log.style.service_name;
	p.cli.opts.instance_id = p.log.style.instance_id;
	rc = command_line_read(&p.cli, PROGRAM, argc, argv);
	if (rc == 0) {
		config = config_load(PROGRAM, &p.cli.sources, tel_components_all(), p.cli.env_dir);
		rc = !config ? EXIT_CONFIG : p.cli.validate ? 0 : run(&p, config);
	}
	tel_config_free(config);
	sources_free(&p.cli.sources);
	return rc < 0 ? 0 : rc;
}
