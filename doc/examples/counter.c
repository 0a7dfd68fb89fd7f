/* SPDX-License-Identifier: Apache-2.0 */
/* Counts requests in a server of many threads and reports from one: workers touch only their counters, context, exporter and
 * builder belong to the reporter. Introduces tel_attrs, tel_exporter_env_resource and tel_exporter_preference_get. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <telemetry/builder.h>
#include <telemetry/exporter.h>

enum { WORKERS = 4, REQUESTS = 1000, ROUTES = 2 };
static const char *const names[ROUTES] = { "/", "/login" };
static struct { pthread_mutex_t lock; int64_t value[ROUTES]; } served = { PTHREAD_MUTEX_INITIALIZER, { 0 } };

static void *worker(void *arg)
{
	for (int i = 0; i < REQUESTS; i++)
		pthread_mutex_lock(&served.lock), served.value[i % ROUTES]++, pthread_mutex_unlock(&served.lock);
	return arg;
}
static void on_sent(void *answer, const tel_export_result *r) { *(tel_err *)answer = r->code; }

/* One report: what was counted since the start, or since the last report when the backend's user prefers delta. */
static tel_err report(tel_ctx *ctx, tel_exporter *x, tel_builder *b, tel_attrs *const *routes, uint64_t *since, int64_t *last)
{
	tel_exporter_preference prefer = TEL_EXPORTER_PREFERENCE_INIT;
	tel_err answer = TEL_ERR_TIMEOUT, e = tel_exporter_preference_get(x, &prefer);
	uint64_t now = (uint64_t)time(NULL) * 1000000000u;
	tel_metrics *batch;
	tel_exporter_env_resource(NULL, b);
	tel_builder_times(b, *since, now);
	tel_builder_counter(b, "requests", "{request}", "requests served", prefer.counter);
	pthread_mutex_lock(&served.lock);
	for (int i = 0; i < ROUTES; i++) {
		tel_builder_point_int(b, served.value[i] - last[i], routes[i]);
		if (prefer.counter == TEL_DELTA)
			last[i] = served.value[i], *since = now;
	}
	pthread_mutex_unlock(&served.lock);
	if (e || (e = tel_builder_finish(b, &batch, NULL)) || (e = tel_export_submit(x, batch, on_sent, &answer, NULL, NULL))) return e;
	return tel_ctx_run_until_idle(ctx, 10000000000u) ? TEL_ERR_TIMEOUT : answer;
}
int main(void)
{
	tel_ctx *ctx = NULL; tel_exporter *x = NULL; tel_builder *b = NULL; tel_attrs *routes[ROUTES] = { NULL };
	tel_err e; tel_error err = TEL_ERROR_INIT; int64_t last[ROUTES] = { 0 }; pthread_t threads[WORKERS];
	uint64_t since = (uint64_t)time(NULL) * 1000000000u;
	if (tel_ctx_new(NULL, &ctx, &err) || tel_exporter_new_env(ctx, NULL, &x, &err) || tel_builder_new(NULL, 0, &b))
		return fprintf(stderr, "%s\n", err.msg), 1;
	for (int i = 0; i < ROUTES; i++)
		if (tel_attrs_new(NULL, &routes[i]) || tel_attrs_put_str(routes[i], "route", names[i])) return 1;
	for (int i = 0; i < WORKERS; i++)
		if (pthread_create(&threads[i], NULL, worker, NULL)) return 1;
	e = report(ctx, x, b, routes, &since, last); /* a real server reports every minute */
	for (int i = 0; i < WORKERS; i++) pthread_join(threads[i], NULL);
	e = e ? e : report(ctx, x, b, routes, &since, last);
	for (int i = 0; i < ROUTES; i++)
		tel_attrs_free(routes[i]);
	tel_builder_free(b), tel_exporter_free(x), tel_ctx_free(ctx);
	return printf("%s\n", tel_err_name(e)), e != TEL_OK;
}
