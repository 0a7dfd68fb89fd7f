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
#include <telemetry/clock.h>
#include <telemetry/error.h>
#include <telemetry/log.h>

TEL_BEGIN_DECLS

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
} tel_ctx_opts;
/** Initial value of tel_ctx_opts. */
#define TEL_CTX_OPTS_INIT { sizeof(tel_ctx_opts), NULL, NULL, { NULL, NULL }, { NULL, NULL, NULL }, { NULL, NULL }, \
	{ NULL, NULL, TEL_LOG_INFO }, NULL, NULL, 0 }

/* owner NET1 completes the comments of these */
TEL_API tel_err tel_ctx_new(const tel_ctx_opts *opts, tel_ctx **ret_ctx, tel_error *err);
TEL_API void tel_ctx_free(tel_ctx *ctx);
TEL_API tel_err tel_ctx_on_fd(tel_ctx *ctx, int fd, unsigned got);
TEL_API tel_err tel_ctx_on_deadline(tel_ctx *ctx);
TEL_API int tel_ctx_fd(tel_ctx *ctx);
TEL_API tel_err tel_ctx_run_once(tel_ctx *ctx, uint64_t max_wait_ns);
TEL_API tel_err tel_ctx_run_until_idle(tel_ctx *ctx, uint64_t timeout_ns);
TEL_API void tel_ctx_wakeup(tel_ctx *ctx);

TEL_END_DECLS
/** @} */
#endif
