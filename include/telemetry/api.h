/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_API_H
#define TELEMETRY_API_H
/**
 * @defgroup tel_api Conventions
 * What holds for every call of the library.
 *
 * Functions are named tel_noun_verb(self, inputs, outputs, err). Outputs are called ret_something and are
 * written on success only; err comes last, may be NULL, and is written on failure only.
 * new/free make heap objects, init/fini work in the caller's storage, get borrows, take hands over, ref/unref count
 * references of immutable things. Free functions accept NULL. Times are nanoseconds: unix_ns on the wall clock,
 * mono_ns on the monotonic clock. An object belongs to one thread at a time; immutable objects may be shared.
 * @{
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TEL_BEGIN_DECLS extern "C" {
#define TEL_END_DECLS }
#else
#define TEL_BEGIN_DECLS /**< opens the C linkage block of a header */
#define TEL_END_DECLS   /**< closes the C linkage block of a header */
#endif

#if defined(__GNUC__)
#define TEL_API __attribute__((visibility("default")))  /**< part of the exported interface */
#define TEL_DEPRECATED(hint) __attribute__((deprecated(hint))) /**< kept until the next soname */
#else
#define TEL_API
#define TEL_DEPRECATED(hint)
#endif

#define TEL_VERSION_MAJOR 0 /**< compile-time version, compare with tel_version() */
#define TEL_VERSION_MINOR 1 /**< compile-time version, compare with tel_version() */
#define TEL_VERSION_PATCH 0 /**< compile-time version, compare with tel_version() */

TEL_BEGIN_DECLS

/**
 * Version of the library that is linked at run time.
 *
 * @return a constant string such as "0.1.0"; never NULL.
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    semantic versioning; doc/abi.md.
 */
TEL_API const char *tel_version(void);

TEL_END_DECLS
/** @} */
#endif
