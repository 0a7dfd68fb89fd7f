/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_CTX_H
#define TELEMETRY_CTX_H
/**
 * @defgroup tel_ctx Context and event loop
 * One context belongs to one thread and carries everything that touches the world. It lives in the host's loop by two
 * callbacks (watch this descriptor, wake me at this time), or behind one pollable descriptor, or it waits itself.
 * No call blocks, completion callbacks never run inside a submit, and no thread is started.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/budget.h>
#include <telemetry/clock.h>
#include <telemetry/error.h>
#include <telemetry/log.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** Everything of one thread: loop, timers, sockets, names. */
typedef struct tel_ctx tel_ctx;

/** What a descriptor is watched for, and what it is ready for. */
enum { TEL_WANT_READ = 1, TEL_WANT_WRITE = 2 };

/** The host's loop. */
typedef struct tel_loop_ops {
	size_t size; /**< sizeof of the caller's view */
	/** want: TEL_WANT_*, 0 = forget, always before close; *slot is the host's, kept per descriptor. 0 = done. */
	int (*watch)(void *user, int fd, unsigned want, void **slot);
	/** Absolute monotonic time of the context's clock; 0 = now, UINT64_MAX = none; replaces the previous one. */
	void (*deadline)(void *user, uint64_t mono_ns);
} tel_loop_ops;

/**
 * Proxies of outgoing connections, as the environment variables of these names have them: "http://user:password@host:port"
 * or "host:port", for HTTP also "socks5://host:port". Rules and forms are those of Go's ProxyFromEnvironment; gRPC goes by
 * https whether it is encrypted or not.
 */
typedef struct tel_proxies {
	tel_slice http;  /**< HTTP_PROXY: for http:// URLs; empty = none */
	tel_slice https; /**< HTTPS_PROXY: for https:// URLs and gRPC; empty = none */
	tel_slice none;  /**< NO_PROXY: names, addresses and networks that are reached directly, separated by commas */
} tel_proxies;

/** Options of a context. Zero-initialise through TEL_CTX_OPTS_INIT. */
typedef struct tel_ctx_opts {
	size_t size;              /**< sizeof of the caller's view */
	const tel_loop_ops *loop; /**< NULL: the context polls itself, or the host polls tel_ctx_fd() */
	void *loop_user;          /**< handed to the loop's callbacks */
	tel_alloc alloc;          /**< resize NULL = the C library's */
	tel_clock clock;          /**< mono_ns NULL = the system's */
	tel_random random;        /**< next NULL = the system's */
	tel_log_sink log;         /**< write NULL = discard */
	/** Runs fn(arg) on another thread and calls tel_ctx_wakeup() after it; NULL = blocking work runs inline. */
	int (*offload)(void *user, void (*fn)(void *arg), void *arg);
	void *offload_user;       /**< handed to offload */
	size_t memory_limit_bytes; /**< budget of everything in the context; 0 = none */
	tel_proxies proxies;       /**< of the exporters in it, unless they say otherwise */
	tel_budget *budget;        /**< shared with other contexts instead of memory_limit_bytes; NULL = one of its own */
} tel_ctx_opts;
/** Initial value of tel_ctx_opts. */
#define TEL_CTX_OPTS_INIT { sizeof(tel_ctx_opts), NULL, NULL, { NULL, NULL }, { NULL, NULL, NULL }, { NULL, NULL }, \
	{ NULL, NULL, TEL_LOG_INFO }, NULL, NULL, 0, { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } }, NULL }

/**
 * Make a context.
 *
 * @param[in]  opts     NULL for defaults; read during the call only
 * @param[out] ret_ctx  new context, free with tel_ctx_free() after everything that was made in it
 * @param[out] err      optional
 * @return TEL_OK; TEL_ERR_ARG (options not initialised, half a loop or half a clock, a proxy that is no URL);
 *         TEL_ERR_UNSUPPORTED (scheme of a proxy); TEL_ERR_LIMIT (list of names without a proxy); TEL_ERR_IO (no
 *         descriptor); TEL_ERR_NOMEM.
 *
 * With opts->loop the host watches descriptors and deadlines and calls tel_ctx_on_fd() and tel_ctx_on_deadline().
 * Without, the context is driven by tel_ctx_run_once(), tel_ctx_run_until_idle(), or polled through tel_ctx_fd().
 * With opts->clock the host owns time: the context then never sleeps, it only looks at its descriptors.
 * Cost:    a few allocations and two descriptors.
 * Threads: the new context belongs to the calling thread; it may be moved while nothing runs in it.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    doc/internals/net.md.
 */
TEL_API tel_err tel_ctx_new(const tel_ctx_opts *opts, tel_ctx **ret_ctx, tel_error *err);

/**
 * Free a context. Free what was made in it first. Inside a callback of the context the work is done when it returns.
 *
 * @param[in] ctx  may be NULL
 *
 * With offload, end or join the threads that run handed-over calls first; what they have done is collected here.
 * In a child after fork only memory and the descriptors of this process go; the host's loop is not called.
 * Cost:    constant.
 * Threads: the context's; no other thread may be inside tel_ctx_wakeup() or an offloaded call.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_ctx_free(tel_ctx *ctx);

/**
 * The host's loop tells that a descriptor is ready.
 *
 * @param[in] ctx  context with a host's loop
 * @param[in] fd   descriptor; one that is not watched any more is ignored
 * @param[in] got  TEL_WANT_*; set both on an error or hang-up
 * @return TEL_OK; TEL_ERR_ARG (ctx NULL); TEL_ERR_STATE (inside a callback, or the context has no host's loop);
 *         TEL_ERR_FORKED.
 *
 * Cost:    constant, plus the callbacks that become due.
 * Threads: the context's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_ctx_on_fd(tel_ctx *ctx, int fd, unsigned got);

/**
 * The host's loop tells that the deadline passed. Calling it early is harmless.
 *
 * @param[in] ctx  context with a host's loop
 * @return TEL_OK; TEL_ERR_ARG (ctx NULL); TEL_ERR_STATE (inside a callback, or the context has no host's loop);
 *         TEL_ERR_FORKED.
 *
 * Cost:    O(log timers) for each timer that fires.
 * Threads: the context's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_ctx_on_deadline(tel_ctx *ctx);

/**
 * One descriptor for a host that polls: readable when tel_ctx_run_once(ctx, 0) has something to do, timers included.
 *
 * @param[in] ctx  context without a host's loop
 * @return a descriptor that stays the context's; -1 when ctx is NULL, has a host's loop, was forked, or the system has
 *         no descriptor left.
 *
 * With a clock of the host (tel_ctx_opts.clock) it does not wake for timers: call tel_ctx_run_once() when time moved.
 * Cost:    the first call makes a timer descriptor; deadlines are kept in it from then on.
 * Threads: the context's; any thread may poll the descriptor.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API int tel_ctx_fd(tel_ctx *ctx);

/**
 * Wait for something to do, at most some time, and do it.
 *
 * @param[in] ctx          context without a host's loop
 * @param[in] max_wait_ns  0 = do not wait, UINT64_MAX = no limit; a signal may end the wait early
 * @return TEL_OK; TEL_ERR_ARG (ctx NULL); TEL_ERR_STATE (inside a callback, or the context has a host's loop);
 *         TEL_ERR_IO (the wait failed); TEL_ERR_FORKED.
 *
 * Cost:    one system call, plus the callbacks that became due.
 * Threads: the context's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_ctx_run_once(tel_ctx *ctx, uint64_t max_wait_ns);

/**
 * Run until everything that was submitted has completed.
 *
 * @param[in] ctx         context without a host's loop
 * @param[in] timeout_ns  give up after this time; UINT64_MAX = never
 * @return TEL_OK (nothing is in flight); TEL_ERR_TIMEOUT; TEL_ERR_ARG (ctx NULL); TEL_ERR_STATE (inside a callback, or
 *         the context has a host's loop); TEL_ERR_IO (the wait failed); TEL_ERR_FORKED.
 *
 * With a clock of the host, which may stand still, TEL_ERR_TIMEOUT also means that nothing happened for many turns.
 * Cost:    as tel_ctx_run_once(), repeated.
 * Threads: the context's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_ctx_run_until_idle(tel_ctx *ctx, uint64_t timeout_ns);

/**
 * Make the context's loop turn once more, from any thread: what offload does when its call is done.
 *
 * @param[in] ctx  may be NULL
 *
 * Cost:    one system call.
 * Threads: any, as long as the context lives.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_ctx_wakeup(tel_ctx *ctx);

TEL_END_DECLS
/** @} */
#endif
