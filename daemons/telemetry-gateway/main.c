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
#include "common/env_dir.h"
#include "common/evloop.h"
#include "common/files.h"
#include "common/logs.h"
#include "common/proxies.h"
#include "common/worker.h"

#define PROGRAM "telemetry-gateway"

typedef struct program {
	logs log;
	struct ev_loop *loop;
	evloop *adapter;
	worker *worker; /* NULL: slow work runs in the loop */
	tel_ctx *ctx;
	tel_flow *flow;
	command_line cli;
	proxies proxies;
	tel_config *logged;  /* the style of the log borrows from it */
	tel_log_style style; /* before any configuration */
	env_dir *env;
	uint64_t env_print;  /* of the directory when the configuration was loaded */
	int exit_code;
	bool stopping;
} program;

/* ---- the end ---- */

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
	tel_flow_drain(p->flow, evloop_mono_ns() + p->cli.opts.drain_ns, on_drained, p);
}

/* ---- reload ---- */

static void set_logs(program *p, tel_config *config)
{
	tel_config *old = p->logged;

	p->logged = tel_config_ref(config);
	p->log.style = p->style;
	tel_flow_log_settings(config, &p->log.min_level, &p->log.style);
	tel_config_free(old);
}

static void say_finding(void *user, tel_finding_level level, const char *line)
{
	program *p = user;

	logs_say(&p->log, level == TEL_FINDING_ERROR ? TEL_LOG_ERROR : TEL_LOG_WARN, "Configuration finding", "finding", line);
}

/* Before anything of it is read: what changes meanwhile is seen later. */
static void look_at_env(program *p)
{
	p->env_print = p->cli.env_dir ? env_dir_print(p->cli.env_dir) : 0;
	env_dir_seen(p->env, p->env_print);
}

/* The sources are those of the command line, or what they are now. */
static tel_config *load(program *p, const sources *s)
{
	return config_load_saying(PROGRAM, s, tel_components_all(), p->cli.env_dir, say_finding, p);
}

static void reload(program *p, const sources *s)
{
	tel_flow_reload_opts opts = TEL_FLOW_RELOAD_OPTS_INIT;
	tel_config *config = s ? load(p, s) : NULL;

	opts.leave_ns = p->cli.opts.drain_ns;
	if (tel_flow_reload(p->flow, config, &opts, NULL) == TEL_OK) /* it says itself what became of it */
		set_logs(p, config);
	tel_config_free(config);
}

/* The files of the command line as they are now. 0 = done, else the exit code, and why says why. */
static int read_files(program *p, char *why, size_t why_cap)
{
	sources fresh = { NULL, NULL, 0 };
	int rc = sources_read_again(&p->cli.sources, &fresh, why, why_cap);

	if (rc)
		return rc;
	sources_free(&p->cli.sources);
	p->cli.sources = fresh; /* also when it is refused: the next change of a variable may be what makes it right */
	return 0;
}

static void read_again(program *p)
{
	char why[4352];

	if (read_files(p, why, sizeof(why))) {
		logs_say(&p->log, TEL_LOG_ERROR, "Configuration finding", "finding", why);
		reload(p, NULL);
	} else {
		reload(p, &p->cli.sources);
	}
}

static void on_hangup(struct ev_loop *loop, ev_signal *w, int events)
{
	program *p = w->data;

	(void)loop;
	(void)events;
	logs_say(&p->log, TEL_LOG_INFO, "Received signal from OS", "signal", "hangup");
	if (p->stopping)
		return;
	look_at_env(p);
	read_again(p);
}

/* A mounted directory may hold the configuration beside its variables: both change in one step. */
static void on_env_change(void *user)
{
	program *p = user;

	if (p->stopping)
		return;
	logs_say(&p->log, TEL_LOG_INFO, "The directory of variables has changed", "env_dir", p->cli.env_dir);
	look_at_env(p);
	if (sources_lie_in(&p->cli.sources, p->cli.env_dir))
		read_again(p);
	else
		reload(p, &p->cli.sources);
}

/* ---- the beginning ---- */

static void watch_signals(program *p, ev_signal *signals)
{
	ev_signal_init(&signals[0], on_stop, SIGTERM);
	ev_signal_init(&signals[1], on_stop, SIGINT);
	ev_signal_init(&signals[2], on_hangup, SIGHUP);
	for (int i = 0; i < 3; i++) {
		signals[i].data = p;
		ev_signal_start(p->loop, &signals[i]);
	}
}

/* Takes config over. */
static int run(program *p, tel_config *config)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	ev_signal signals[3];

	p->style = p->log.style;
	set_logs(p, config);
	opts.log.min_level = TEL_LOG_DEBUG; /* logs_write() knows the level, which a reload may change */
	logs_say(&p->log, TEL_LOG_INFO, "Starting " PROGRAM "...", "Version", tel_version());
	opts.log.write = logs_write;
	opts.log.user = &p->log;
	p->loop = ev_default_loop(EVFLAG_AUTO);
	p->adapter = evloop_new(p->loop, &opts);
	p->worker = worker_new(&opts);
	signal(SIGPIPE, SIG_IGN);
	if (p->cli.env_dir && (p->env = env_dir_new(p->loop, p->cli.env_dir, on_env_change, p)))
		env_dir_seen(p->env, p->env_print);
	if (!p->adapter || proxies_read(&p->proxies, p->cli.env_dir, &opts.proxies) || tel_ctx_new(&opts, &p->ctx, &err) ||
	    evloop_attach(p->adapter, p->ctx) || tel_flow_new(p->ctx, config, &p->cli.opts, &p->flow, &err)) {
		logs_say(&p->log, TEL_LOG_ERROR, "cannot start pipelines", "error", err.msg);
		p->exit_code = EXIT_FAILURE;
	} else {
		worker_attach(p->worker, p->ctx);
		watch_signals(p, signals);
		tel_config_free(config); /* the flow keeps what it needs, which reloads may end */
		config = NULL;
		ev_run(p->loop, 0);
		logs_say(&p->log, TEL_LOG_INFO, "Shutdown complete.", NULL, NULL);
	}
	tel_config_free(config);
	env_dir_free(p->env);
	tel_flow_free(p->flow);
	worker_free(p->worker);
	tel_ctx_free(p->ctx);
	evloop_free(p->adapter);
	proxies_fini(&p->proxies);
	ev_loop_destroy(p->loop);
	tel_config_free(p->logged);
	return p->exit_code;
}

int main(int argc, char **argv)
{
	program p = { .cli = COMMAND_LINE_INIT };
	tel_config *config;
	char why[4352];
	int rc;

	signal(SIGHUP, SIG_IGN); /* until it can be answered: what it asks for is under way */
	logs_init(&p.log, PROGRAM);
	p.cli.opts.service_name = p.log.style.service_name;
	p.cli.opts.instance_id = p.log.style.instance_id;
	rc = command_line_read(&p.cli, PROGRAM, argc, argv);
	if (rc == 0) {
		look_at_env(&p);
		if (p.cli.env_dir && sources_lie_in(&p.cli.sources, p.cli.env_dir))
			rc = read_files(&p, why, sizeof(why));
		if (rc) {
			fprintf(stderr, PROGRAM ": %s\n", why);
			command_line_free(&p.cli);
			return rc;
		}
		config = config_load(PROGRAM, &p.cli.sources, tel_components_all(), p.cli.env_dir);
		if (!config)
			rc = EXIT_CONFIG;
		else if (p.cli.validate)
			tel_config_free(config);
		else
			rc = run(&p, config);
	}
	command_line_free(&p.cli);
	return rc < 0 ? 0 : rc;
}
