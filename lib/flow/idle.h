/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_FLOW_IDLE_H
#define TEL_FLOW_IDLE_H
/*
 * Extensions that tune or show the Go runtime. A configuration that names them runs unchanged: they are read and checked, and
 * there is nothing to do. They log once, at the start, what takes their place.
 */
#include "base/keys.h"

TEL_PRIVATE_BEGIN

extern const tel__component tel__pprof_component;          /* type "pprof" */
extern const tel__component tel__cgroup_runtime_component; /* type "cgroup_runtime" */

/* What is said of an extension of this kind at the start; NULL for every other row. */
const char *tel__idle_text(const tel__component *row);

TEL_PRIVATE_END
#endif
