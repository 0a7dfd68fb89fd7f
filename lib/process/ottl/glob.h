/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_GLOB_H
#define TEL_PROCESS_OTTL_GLOB_H
/* Globs over whole texts, otel-processing.md 3.11: * ? [abc] [a-z] [!x] {a,b} and \. */
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* What is wrong with a glob; NULL: nothing. */
const char *tel__ottl_glob_check(tel_slice glob);
/* Whether it matches the whole text; each attempt takes one of *steps, without which nothing matches. */
bool tel__ottl_glob(tel_slice glob, tel_slice text, uint64_t *steps);

TEL_PRIVATE_END
#endif
