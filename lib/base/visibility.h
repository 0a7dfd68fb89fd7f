/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_VISIBILITY_H
#define TEL_BASE_VISIBILITY_H
/*
 * Internal symbols are named tel__noun_verb. libtelemetry-io needs some of them from libtelemetry, so they are exported
 * under a private version node (libtelemetry.map) that promises nothing to anybody else. doc/abi.md explains.
 */
#if defined(__GNUC__)
#define TEL_PRIVATE_BEGIN _Pragma("GCC visibility push(default)")
#define TEL_PRIVATE_END _Pragma("GCC visibility pop")
#define TEL_LIKELY(x) __builtin_expect(!!(x), 1)
#define TEL_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define TEL_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define TEL_INLINE static inline __attribute__((always_inline, unused))
#else
#define TEL_PRIVATE_BEGIN
#define TEL_PRIVATE_END
#define TEL_LIKELY(x) (x)
#define TEL_UNLIKELY(x) (x)
#define TEL_PRINTF(f, a)
#define TEL_INLINE static inline
#endif
#endif
