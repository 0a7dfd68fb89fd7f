/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_BUF_H
#define TELEMETRY_BUF_H
/**
 * @defgroup tel_buf Byte buffers
 * Immutable, reference-counted bytes. Everything that the library reads arrives in one, so that results may point
 * into it without a copy. The count is atomic; the bytes never change after creation.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** Reference-counted bytes. */
typedef struct tel_buf tel_buf;

/**
 * Adopt memory of the host.
 *
 * @param[in]  alloc    for the small header; NULL for the C library's
 * @param[in]  ptr      first byte; must stay unchanged until release runs
 * @param[in]  len      number of bytes
 * @param[in]  release  called once with user, ptr and len when the last reference goes; may be NULL
 * @param[in]  user     handed to release
 * @param[out] ret_buf  new buffer with one reference, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_ARG (ptr NULL with len > 0, or ret_buf NULL); TEL_ERR_NOMEM. On failure release is not called.
 *
 * Cost:    one small allocation.
 * Threads: any; release runs on the thread that drops the last reference.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_buf_wrap(const tel_alloc *alloc, const void *ptr, size_t len,
                             void (*release)(void *user, const void *ptr, size_t len), void *user, tel_buf **ret_buf);

/**
 * Copy bytes into a new buffer.
 *
 * @param[in]  alloc    NULL for the C library's
 * @param[in]  bytes    copied during the call
 * @param[out] ret_buf  new buffer with one reference, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_ARG (ptr NULL with len > 0, or ret_buf NULL); TEL_ERR_NOMEM.
 *
 * Cost:    one allocation and one copy.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_buf_copy(const tel_alloc *alloc, tel_slice bytes, tel_buf **ret_buf);

/**
 * Take another reference.
 *
 * @param[in] buf  may be NULL
 * @return buf.
 *
 * Cost:    one atomic increment.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_buf *tel_buf_ref(tel_buf *buf);

/**
 * Drop a reference; the last one releases the bytes and returns what they were charged to a budget.
 *
 * @param[in] buf  may be NULL
 *
 * Cost:    one atomic decrement.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_buf_unref(tel_buf *buf);

/**
 * The bytes of a buffer.
 *
 * @param[in] buf  not NULL
 * @return slice over all bytes, valid while a reference is held.
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_slice tel_buf_get(const tel_buf *buf);

TEL_END_DECLS
/** @} */
#endif
