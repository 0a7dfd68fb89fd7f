/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_FILTER_MATCH_H
#define TEL_PROCESS_FILTER_MATCH_H
/* The oldest way to filter: include and exclude by names and resource attributes. otel-processing.md 5.4. */
#include "process/filter.h"
#include "process/ottl/value.h"
#include "process/processor.h"
#include "wire/regex.h"

typedef struct tel__filter_matcher tel__filter_matcher;

TEL_PRIVATE_BEGIN

/* What match says; match outlives it. TEL_ERR_CONFIG (a pattern), TEL_ERR_NOMEM. */
tel_err tel__filter_matcher_new(const tel_alloc *alloc, const tel__filter_match *match, tel__filter_matcher **ret_matcher,
                                tel_error *err);
void tel__filter_matcher_free(tel__filter_matcher *m);
/* Whether it says anything of resources, or of metrics. */
bool tel__filter_matcher_has_attributes(const tel__filter_matcher *m);
bool tel__filter_matcher_has_names(const tel__filter_matcher *m);
/* TEL_OK, TEL_ERR_LIMIT (a pattern took too many steps), TEL_ERR_NOMEM. */
tel_err tel__filter_matcher_resource(tel__filter_matcher *m, const tel__ottl_value *attributes, bool *ret_yes, tel_error *err);
tel_err tel__filter_matcher_name(tel__filter_matcher *m, tel_slice name, bool *ret_yes, tel_error *err);

TEL_PRIVATE_END
#endif
