/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_SLICE_H
#define TELEMETRY_SLICE_H
/**
 * @defgroup tel_slice Slices
 * A borrowed run of bytes, passed by value. Never NUL-terminated; the documentation of each producer says what it
 * points into and how long that lives.
 * @{
 */
#include <telemetry/api.h>

/** A borrowed run of bytes. ptr may be NULL only when len is 0. */
typedef struct tel_slice {
	const char *ptr; /**< first byte */
	size_t len;      /**< number of bytes */
} tel_slice;

/** Slice over a string literal, without its NUL. */
#ifdef __cplusplus
#define TEL_SLICE_LIT(s) (tel_slice{ (s), sizeof(s) - 1 })
#else
#define TEL_SLICE_LIT(s) ((tel_slice){ (s), sizeof(s) - 1 })
#endif
/** printf conversion for a slice, filled by TEL_SLICE_ARG(). */
#define TEL_SLICE_FMT "%.*s"
/** The two arguments that TEL_SLICE_FMT takes. */
#define TEL_SLICE_ARG(s) (int)(s).len, (s).ptr

/** @} */
#endif
