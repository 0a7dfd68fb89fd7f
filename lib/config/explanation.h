/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONFIG_EXPLANATION_H
#define TEL_CONFIG_EXPLANATION_H
/* Building an explanation. Texts that are handed in are copied; a refused allocation sticks, so that who builds checks once
 * at the end. */
#include <telemetry/explain.h>

#include "base/arena.h"
#include "base/visibility.h"

/* One component while it is built; the public struct is what is known of it. */
typedef struct tel__explained {
	tel_explained about;
	tel_slice *uses;
	tel_reason *reasons;
	size_t use_cap, reason_cap;
} tel__explained;

TEL_PRIVATE_BEGIN

tel_err tel__explanation_new(const tel_alloc *alloc, tel_explanation **ret_explanation);
tel__arena *tel__explanation_arena(tel_explanation *e);
/* The component of that kind and id, made when there is none yet; NULL: no memory. */
tel__explained *tel__explain(tel_explanation *e, tel_component_kind kind, tel_slice id, tel_slice help);
/* c may be NULL. Each pipeline is told once; equal reasons become one. */
void tel__explain_use(tel_explanation *e, tel__explained *c, tel_slice pipeline);
void tel__explain_reason(tel_explanation *e, tel__explained *c, const tel_reason *reason);
/* Sorts. On failure the explanation is freed. */
tel_err tel__explanation_finish(tel_explanation *e, tel_explanation **ret_explanation);

TEL_PRIVATE_END
#endif
