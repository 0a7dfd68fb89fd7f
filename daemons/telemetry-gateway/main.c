/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one collector configuration: OTLP in, processors, OTLP out. A thin program over <telemetry/flow.h>. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>
#include <telemetry/flow.h>

#include "common/args.h"
#include "common/evloop.h"
#include "common/files.h"
#include "common/logs.h"

#define PROGRAM "telemetry-gateway"

typedef struct program {
	logs log;
	struct ev_loop *loop;
	evloop *adapter;
	tel_ctx *ctx;
	tel_flow *flow;
	tel_flow_opts opts;
	unsigned long long drain_ns;
	int exit_code;
	bool stopping;
} program;

enum { OPT_CONFIG, OPT_SET, OPT_OPTION, OPT_ENV_DIR, OPT_STORAGE, OPT_VALIDATE, OPT_VERSION, OPT_HELP };
static const arg_option options[] = {
	{ "config", "URI", "collector configuration: a path, file:, env: or yaml: (repeatable)" },
	{ "set", "KEY=VALUE", "override one key, such as processors.batch.timeout=2s (repeatable)" },
	{ "option", "NAME=VALUE", "otlp.utf8=cut|forward, fanout=any|all, drain=DURATION" },
	{ "env-dir", "DIR", "one file per variable; wins over the environment" },
	{ "storage", "DIR", "refused: this build has no durable queue" },
	{ "validate", NULL, "check the configuration and exit" },
	{ "version", NULL, "print the version and exit" },
	{ "help", NULL, "print this help and exit" },
	{ NULL, NULL, NULL },
};

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
	tel_flow_drain(p->flow, evloop_mono_ns() + p->drain_ns, on_drained, p);
}

/* NAME=VALUE of --option. */
static bool take_option(program *p, const args *a, const char *setting)
{
	if (strcmp(setting, "otlp.utf8=forward") == 0 || strcmp(setting, "otlp.utf8=cut") == 0)
		p->opts.forward_bad_utf8 = setting[10] == 'f';
	else if (strcmp(setting, "fanout=all") == 0 || strcmp(setting, "fanout=any") == 0)
		p->opts.fanout_all = strcmp(setting + 7, "all") == 0;
	else if (strncmp(setting, "drain=", 6) == 0)
		return args_duration_ns(a, "option drain", setting + 6, &p->drain_ns);
	else
		return fprintf(stderr, "%s: --option: unknown setting '%s'\n", PROGRAM, setting), false;
	return true;
}

static int run(program *p, tel_config *config)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	ev_signal on_term, on_int;

	tel_flow_log_settings(config, &opts.log.min_level, &p->log.style.encoding);
	opts.log.write = logs_write;
	opts.log.user = &p->log;
	p->loop = ev_default_loop(EVFLAG_AUTO);
	p->adapter = evloop_new(p->loop, &opts);
	signal(SIGPIPE, SIG_IGN);
	if (!p->adapter || tel_ctx_new(&opts, &p->ctx, &err) || evloop_attach(p->adapter, p->ctx) ||
	    tel_flow_new(p->ctx, config, &p->opts, &p->flow, &err)) {
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
	ev_loop_destroy(p->loop);
	return p->exit_code;
}

int main(int argc, char **argv)
{
	args a = { PROGRAM, "--config URI [OPTION]...", options, argc, 1, argv, false };
	program p = { .opts = TEL_FLOW_OPTS_INIT, .drain_ns = 25000000000ull };
	const char *value = NULL, *env_dir = NULL;
	sources s = { NULL, 0 };
	bool validate = false, ok = true;
	tel_config *config;
	int o, rc;

	logs_init(&p.log, PROGRAM);
	p.opts.service_name = p.log.style.service_name;
	p.opts.instance_id = p.log.style.instance_id;
	while (ok && (o = args_next(&a, &value)) != ARG_END) {
		switch (o) {
		case OPT_CONFIG: ok = sources_add_config(&s, PROGRAM, value); break;
		case OPT_SET: ok = sources_add_set(&s, PROGRAM, value); break;
		case OPT_OPTION: ok = take_option(&p, &a, value); break;
		case OPT_ENV_DIR: env_dir = value; break;
		case OPT_VALIDATE: validate = true; break;
		case OPT_VERSION: args_version(PROGRAM); return 0;
		case OPT_HELP: args_help(&a); return 0;
		case OPT_STORAGE: ok = fprintf(stderr, PROGRAM ": --storage: this build has no durable queue\n") < 0; break;
		default: ok = o == ARG_OPERAND && fprintf(stderr, PROGRAM ": unexpected operand '%s'\n", value) < 0; break;
		}
	}
	if (ok && s.count == 0)
		ok = fprintf(stderr, PROGRAM ": at least one config flag must be provided\n") < 0;
	config = ok ? config_load(PROGRAM, &s, tel_components_all(), env_dir) : NULL;
	rc = !ok ? EXIT_USAGE : !config ? EXIT_CONFIG : validate ? 0 : run(&p, config);
	tel_config_free(config);
	sources_free(&s);
	return rc;
}
