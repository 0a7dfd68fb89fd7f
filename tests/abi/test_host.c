/* SPDX-License-Identifier: Apache-2.0 */
/* What a host may do to the library (faults J6): fork, keep SIGPIPE as it is, interrupt, destroy at any moment, re-enter from
 * callbacks, open a thousand of everything, move its clock. */
#include "abi/host_rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/fake_clock.h"

static tls_files FILES;

static int make_files(void **state)
{
	(void)state;
	tls_files_make(&FILES);
	return 0;
}

static int drop_files(void **state)
{
	(void)state;
	tls_files_free(&FILES);
	return 0;
}

/* ---- fork ---- */

/* Number of the first line that does not hold, for the exit status of a child; 0 = all hold. */
#define HOLDS(condition) do { if (!(condition)) return __LINE__ % 250 + 1; } while (0)

static int in_the_child(host *h, const host_kind *kind)
{
	tel_metrics *m = host_batch(1);
	tel_exporter *x = NULL;
	tel_receiver *r = NULL;
	tel_receiver_opts ro = TEL_RECEIVER_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;

	(void)kind;
	ro.http_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	HOLDS(tel_ctx_run_once(h->ctx, 0) == TEL_ERR_FORKED);
	HOLDS(tel_ctx_run_until_idle(h->ctx, 1000000) == TEL_ERR_FORKED);
	HOLDS(tel_ctx_fd(h->ctx) == -1);
	HOLDS(tel_export_submit(h->exporter, m, NULL, NULL, NULL, &err) == TEL_ERR_FORKED);
	HOLDS(strstr(err.msg, "before fork") != NULL);
	HOLDS(tel_exporter_new(h->ctx, NULL, &x, NULL) == TEL_ERR_FORKED);
	HOLDS(tel_exporter_new_env(h->ctx, NULL, &x, NULL) == TEL_ERR_FORKED);
	HOLDS(tel_receiver_new(h->ctx, &ro, NULL, NULL, &r, NULL) == TEL_ERR_ARG);
	HOLDS(h->held_count == 1);
	HOLDS(tel_receipt_settle(h->held[0], NULL) == TEL_ERR_FORKED);
	HOLDS(tel_receipt_watch(h->held[0], NULL, NULL) == TEL_ERR_FORKED);
	tel_ctx_wakeup(h->ctx);
	tel_receiver_drain(h->receiver);
	tel_metrics_free(m);
	/* what belongs to no context works */
	m = host_batch(3);
	HOLDS(m != NULL);
	tel_metrics_free(m);
	/* and everything may be freed */
	tel_exporter_free(h->exporter);
	tel_receiver_free(h->receiver);
	HOLDS(tel_receipt_settle(h->held[0], NULL) == TEL_ERR_CLOSED);
	tel_ctx_free(h->ctx);
	HOLDS(failalloc_is_clean(&h->mem));
	return 0;
}

static void a_forked_child_gets_errors_and_the_parent_notices_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOST_KINDS; i++) {
		host h;
		int status;
		host_open(&h, &host_kinds[i], &FILES, NULL);
		assert_ok(host_send(&h, 3));
		host_submit(&h, 3);
		host_wait_held(&h, 1); /* a request is on its way when the host forks */
		assert_int_equal(h.peers, 1);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(in_the_child(&h, &host_kinds[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status)
			fail_msg("%s: the child ended with %d (line modulo 250, plus 1)", host_kinds[i].name, status >> 8);
		h.hold = false;
		assert_ok(tel_receipt_settle(h.held[--h.held_count], NULL));
		assert_ok(tel_ctx_run_until_idle(h.ctx, 60000000000u));
		assert_int_equal(h.answers, 2);
		assert_ok(h.answer);
		assert_ok(host_send(&h, 3));
		if (h.peers != 1) /* the same connection all the time */
			fail_msg("%s: the connection was lost", host_kinds[i].name);
		host_close(&h);
	}
}

static void a_child_may_make_a_context_of_its_own(void **state)
{
	(void)state;
	host h;
	int status;
	host_open(&h, &host_kinds[0], NULL, NULL);
	assert_ok(host_send(&h, 1));
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		static host own;
		host_open(&own, &host_kinds[1], NULL, NULL);
		if (host_send(&own, 5) != TEL_OK)
			_exit(1);
		host_close(&own);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_ok(host_send(&h, 1));
	assert_int_equal(h.peers, 1);
	host_close(&h);
}

/* ---- the end at any moment, with SIGPIPE as the system has it ---- */

static void run_turns(host *h, unsigned turns)
{
	for (unsigned i = 0; i < turns; i++)
		assert_ok(tel_ctx_run_once(h->ctx, 0));
}

static void either_end_may_go_at_any_moment(void **state)
{
	(void)state;
	assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	for (size_t i = 0; i < HOST_KINDS; i++)
		for (unsigned turns = 0; turns < 28; turns += 1 + turns / 3)
			for (unsigned what = 0; what < 4; what++) {
				host h;
				host_open(&h, &host_kinds[i], &FILES, NULL);
				h.hold = what & 1; /* in the receiver's hands, or answered at once */
				host_submit(&h, 30000); /* more than a socket takes at once */
				host_submit(&h, 1);
				run_turns(&h, turns);
				if (what & 2) {
					tel_receiver_free(h.receiver);
					h.receiver = NULL;
				} else {
					tel_exporter_free(h.exporter);
					h.exporter = NULL;
					while (h.held_count)
						(void)tel_receipt_settle(h.held[--h.held_count], NULL); /* an answer to nobody */
				}
				unsigned answers = h.answers;
				run_turns(&h, 30);
				if (!h.exporter)
					assert_int_equal(h.answers, answers); /* silent after the end */
				host_close(&h);
			}
}

static void a_backend_that_resets_is_an_error_not_a_signal(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOST_KINDS; i++) {
		host h;
		host_open(&h, &host_kinds[i], &FILES, NULL);
		assert_ok(host_send(&h, 10)); /* the connection is warm */
		tel_receiver_free(h.receiver);
		h.receiver = NULL;
		assert_int_equal(host_send(&h, 30000), TEL_ERR_REFUSED);
		host_close(&h);
	}
}

/* ---- callbacks ---- */

typedef struct reentry {
	host *h;
	unsigned left, done;
	uint64_t self, other;
	tel_err inner;
} reentry;

static void submit_again(void *user, const tel_export_result *r)
{
	reentry *e = user;
	assert_ok(r->code);
	e->done++;
	if (e->left--)
		assert_ok(tel_export_submit(e->h->exporter, host_batch(e->left % 3), submit_again, e, NULL, NULL));
}

static void never(void *user, const tel_export_result *r)
{
	(void)user, (void)r;
	fail_msg("a cancelled batch was answered");
}

static void cancel_others(void *user, const tel_export_result *r)
{
	reentry *e = user;
	(void)r;
	e->done++;
	tel_export_cancel(e->h->exporter, e->self); /* answered already: ignored */
	tel_export_cancel(e->h->exporter, e->other);
}

static void run_inside(void *user, const tel_export_result *r)
{
	reentry *e = user;
	(void)r;
	e->done++;
	e->inner = tel_ctx_run_once(e->h->ctx, 0);
	assert_int_equal(tel_ctx_run_until_idle(e->h->ctx, 0), TEL_ERR_STATE);
}

static void free_all_inside(void *user, const tel_export_result *r)
{
	reentry *e = user;
	(void)r;
	e->done++;
	tel_exporter_free(e->h->exporter);
	tel_receiver_free(e->h->receiver);
	tel_ctx_free(e->h->ctx);
	e->h->exporter = NULL;
	e->h->receiver = NULL;
	e->h->ctx = NULL;
}

static void done_may_submit(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOST_KINDS; i++) {
		host h;
		host_open(&h, &host_kinds[i], &FILES, NULL);
		reentry e = { .h = &h, .left = 50 };
		assert_ok(tel_export_submit(h.exporter, host_batch(1), submit_again, &e, NULL, NULL));
		assert_ok(tel_ctx_run_until_idle(h.ctx, 60000000000u));
		assert_int_equal(e.done, 51);
		host_close(&h);
	}
}

static void done_may_cancel(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOST_KINDS; i++) {
		host h;
		host_open(&h, &host_kinds[i], &FILES, NULL);
		reentry e = { .h = &h };
		assert_ok(host_send(&h, 1));
		h.hold = true;
		assert_ok(tel_export_submit(h.exporter, host_batch(2), cancel_others, &e, &e.self, NULL));
		assert_ok(tel_export_submit(h.exporter, host_batch(3), never, NULL, &e.other, NULL));
		host_wait_held(&h, 2);
		h.hold = false;
		host_settle(&h, 2);
		for (int turn = 0; turn < 100000 && !e.done; turn++)
			assert_ok(tel_ctx_run_once(h.ctx, 100000000u));
		assert_int_equal(e.done, 1);
		host_settle(&h, 3); /* the backend answers what nobody waits for any more */
		assert_ok(tel_ctx_run_until_idle(h.ctx, 60000000000u));
		assert_ok(host_send(&h, 1));
		host_close(&h);
	}
}

static void a_turn_inside_a_turn_is_refused(void **state)
{
	(void)state;
	host h;
	host_open(&h, &host_kinds[0], NULL, NULL);
	reentry e = { .h = &h };
	assert_ok(tel_export_submit(h.exporter, host_batch(1), run_inside, &e, NULL, NULL));
	assert_ok(tel_ctx_run_until_idle(h.ctx, 60000000000u));
	assert_int_equal(e.done, 1);
	assert_int_equal(e.inner, TEL_ERR_STATE);
	host_close(&h);
}

static void everything_may_be_freed_inside_a_callback(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOST_KINDS; i++)
		for (unsigned points = 0; points < 2; points++) { /* without points it is answered unsent */
			host h;
			host_open(&h, &host_kinds[i], &FILES, NULL);
			tel_ctx *ctx = h.ctx;
			reentry e = { .h = &h };
			assert_ok(tel_export_submit(h.exporter, host_batch(points), free_all_inside, &e, NULL, NULL));
			for (int n = 0; n < 3; n++)
				assert_ok(tel_export_submit(h.exporter, host_batch(2), free_all_inside, &e, NULL, NULL));
			for (int turn = 0; turn < 100000 && h.ctx; turn++)
				assert_ok(tel_ctx_run_once(ctx, 100000000u));
			assert_int_equal(e.done, 1);
			host_close(&h);
		}
}

static void send_by_another(void *user, const tel_export_result *r)
{
	reentry *e = user;
	assert_ok(r->code);
	e->done++;
	e->inner = host_send(e->h, 1);
}

static void one_context_may_run_inside_a_callback_of_another(void **state)
{
	(void)state;
	host outer, inner;
	host_open(&outer, &host_kinds[0], NULL, NULL);
	host_open(&inner, &host_kinds[1], NULL, NULL);
	reentry e = { .h = &inner, .inner = TEL_ERR_AGAIN };
	assert_ok(tel_export_submit(outer.exporter, host_batch(1), send_by_another, &e, NULL, NULL));
	assert_ok(tel_ctx_run_until_idle(outer.ctx, 60000000000u));
	assert_int_equal(e.done, 1);
	assert_ok(e.inner);
	host_close(&inner);
	host_close(&outer);
}

/* ---- interruptions ---- */

static volatile sig_atomic_t alarms;
static tel_ctx *woken;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
	if (woken)
		tel_ctx_wakeup(woken); /* allowed there */
}

static void signals_interrupt_nothing(void **state)
{
	(void)state;
	struct sigaction act = { .sa_handler = on_alarm }, old; /* no SA_RESTART */
	struct itimerval often = { { 0, 300 }, { 0, 300 } }, off = { { 0, 0 }, { 0, 0 } };
	assert_int_equal(sigaction(SIGALRM, &act, &old), 0);
	for (size_t i = 0; i < HOST_KINDS; i++) {
		host h;
		host_open(&h, &host_kinds[i], &FILES, NULL);
		alarms = 0;
		woken = h.ctx;
		assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
		for (int n = 0; n < 20 || (alarms < 20 && n < 100000); n++)
			assert_ok(host_send(&h, n % 10 ? 1 : 5000));
		assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
		woken = NULL;
		assert_true(alarms >= 20);
		host_close(&h);
	}
	assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
}

static void errno_is_the_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOST_KINDS; i++) {
		host h;
		host_open(&h, &host_kinds[i], &FILES, NULL);
		host_submit(&h, 100);
		while (!h.answers) {
			errno = 4711;
			tel_err e = tel_ctx_run_once(h.ctx, 1000000000u);
			int after = errno;
			assert_ok(e);
			assert_int_equal(after, 4711);
		}
		errno = 4712;
		tel_ctx_wakeup(h.ctx);
		assert_int_equal(errno, 4712);
		host_close(&h);
	}
}

/* ---- time ---- */

static void a_clock_that_jumps_back_delays_at_most(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOST_KINDS; i++) {
		fake_clock clock;
		tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
		host h;
		opts.clock = fake_clock_ops(&clock);
		clock.mono_ns += 3600000000000u;
		clock.unix_ns = (uint64_t)time(NULL) * 1000000000u;
		host_open(&h, &host_kinds[i], &FILES, &opts);
		for (int n = 0; n < 5; n++) {
			unsigned before = h.answers;
			host_submit(&h, 10);
			for (int turn = 0; turn < 5; turn++)
				assert_ok(tel_ctx_run_once(h.ctx, 0));
			clock.unix_ns -= 60000000000u;       /* somebody set the date */
			clock.mono_ns -= (uint64_t)n * 1000000000u;    /* which no monotonic clock does */
			for (int turn = 0; turn < 100000 && h.answers == before; turn++) {
				assert_ok(tel_ctx_run_once(h.ctx, 0));
				fake_clock_advance(&clock, 1000000u);
			}
			assert_int_equal(h.answers, before + 1);
			assert_ok(h.answer);
		}
		host_close(&h);
	}
}

/* ---- a thousand ---- */

static unsigned open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* libcurl wakes itself up through a pair of Unix sockets, which it makes without the flag; nothing but a byte goes there. */
static bool survives_exec(int fd)
{
	int flags = fcntl(fd, F_GETFD);
	struct sockaddr_storage name = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(name);
	if (flags < 0 || (flags & FD_CLOEXEC))
		return false;
	return getsockname(fd, (struct sockaddr *)&name, &len) != 0 || name.ss_family != AF_UNIX;
}

static void no_descriptor_survives_exec(void **state)
{
	(void)state;
	bool before[256];
	for (int fd = 0; fd < 256; fd++)
		before[fd] = survives_exec(fd);
	for (size_t i = 0; i < HOST_KINDS; i++) {
		host h;
		host_open(&h, &host_kinds[i], &FILES, NULL);
		assert_true(tel_ctx_fd(h.ctx) >= 0);
		assert_ok(host_send(&h, 3));
		for (int fd = 0; fd < 256; fd++)
			if (survives_exec(fd) && !before[fd]) {
				char name[64], what[128] = "";
				snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
				(void)!readlink(name, what, sizeof what - 1);
				fail_msg("%s: descriptor %d, %s", host_kinds[i].name, fd, what);
			}
		host_close(&h);
	}
}

static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long total, resident;
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld", &total, &resident), 2);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* A context has 2 descriptors, libcurl 2 more for a client. Memory: bounds at about four times what was measured. */
static void a_thousand_contexts_with_exporters_cost_little(void **state)
{
	(void)state;
	enum { MANY = 1000, FDS_EACH = 4, OURS_EACH = 32 * 1024, RESIDENT_EACH_KIB = 80 };
	static tel_ctx *ctx[MANY];
	static tel_exporter *x[MANY];
	struct rlimit limit, more;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	more = limit;
	if (more.rlim_cur < MANY * FDS_EACH + 200)
		more.rlim_cur = MANY * FDS_EACH + 200 < more.rlim_max ? MANY * FDS_EACH + 200 : more.rlim_max;
	if (more.rlim_cur < MANY * FDS_EACH + 200 || setrlimit(RLIMIT_NOFILE, &more) != 0)
		skip(); /* the system does not allow so many descriptors */
	for (int grpc = 0; grpc < 2; grpc++) {
		failalloc mem;
		tel_ctx_opts co = TEL_CTX_OPTS_INIT;
		tel_exporter_opts eo = TEL_EXPORTER_OPTS_INIT;
		unsigned fds = open_fds();
		failalloc_init(&mem);
		co.alloc = mem.alloc;
		eo.protocol = grpc ? TEL_EXPORTER_GRPC : TEL_EXPORTER_HTTP_PROTOBUF;
		long before = resident_kib();
		for (int i = 0; i < MANY; i++) {
			assert_ok(tel_ctx_new(&co, &ctx[i], NULL));
			assert_ok(tel_exporter_new(ctx[i], &eo, &x[i], NULL));
		}
		size_t ours = mem.live_bytes / MANY;
		long resident = (resident_kib() - before) / MANY;
		unsigned each = (open_fds() - fds) / MANY;
		print_message("%s: %u descriptors, %zu bytes of ours, %ld KiB resident each\n", grpc ? "gRPC" : "HTTP", each, ours,
		              resident);
		assert_true(each <= FDS_EACH);
		assert_true(ours <= OURS_EACH);
#ifndef __SANITIZE_ADDRESS__
		assert_true(resident <= RESIDENT_EACH_KIB);
#endif
		for (int i = 0; i < MANY; i++) {
			tel_exporter_free(x[i]);
			tel_ctx_free(ctx[i]);
		}
		assert_true(failalloc_is_clean(&mem));
		assert_int_equal(open_fds(), fds);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void a_thousand_exporters_share_a_context(void **state)
{
	(void)state;
	enum { MANY = 1000 };
	static tel_exporter *x[MANY];
	host h;
	unsigned done = 0;
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < 2 * MANY + 200)
		skip();
	const rlim_t soft = limit.rlim_cur;
	limit.rlim_cur = soft < 2 * MANY + 200 ? 2 * MANY + 200 : soft;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	host_open(&h, &host_kinds[0], NULL, NULL);
	tel_exporter_free(h.exporter);
	unsigned fds = open_fds();
	for (int i = 0; i < MANY; i++) {
		host_open_exporter(&h, &host_kinds[0], NULL);
		x[i] = h.exporter;
	}
	assert_true(open_fds() <= fds + 2 * MANY); /* libcurl's */
	for (int i = 0; i < MANY; i += 50) {
		h.exporter = x[i];
		assert_ok(host_send(&h, 2));
		done++;
	}
	assert_int_equal(h.batches, done);
	h.exporter = NULL;
	for (int i = 0; i < MANY; i++)
		tel_exporter_free(x[i]);
	host_close(&h);
	limit.rlim_cur = soft;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_forked_child_gets_errors_and_the_parent_notices_nothing),
		cmocka_unit_test(a_child_may_make_a_context_of_its_own),
		cmocka_unit_test(either_end_may_go_at_any_moment),
		cmocka_unit_test(a_backend_that_resets_is_an_error_not_a_signal),
		cmocka_unit_test(done_may_submit),
		cmocka_unit_test(done_may_cancel),
		cmocka_unit_test(a_turn_inside_a_turn_is_refused),
		cmocka_unit_test(everything_may_be_freed_inside_a_callback),
		cmocka_unit_test(one_context_may_run_inside_a_callback_of_another),
		cmocka_unit_test(signals_interrupt_nothing),
		cmocka_unit_test(errno_is_the_hosts),
		cmocka_unit_test(a_clock_that_jumps_back_delays_at_most),
		cmocka_unit_test(no_descriptor_survives_exec),
		cmocka_unit_test(a_thousand_contexts_with_exporters_cost_little),
		cmocka_unit_test(a_thousand_exporters_share_a_context),
	};
	return cmocka_run_group_tests_name("abi/host", tests, make_files, drop_files);
}
