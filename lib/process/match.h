/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_MATCH_H
#define TEL_PROCESS_MATCH_H
/* Which metrics are meant, by name: match_type strict or regexp, as attributes and cumulativetodelta have it. */
#include "base/keys.h"

typedef struct tel__name_match {
	tel_slice match_type;
	tel__key_strings names; /* the row for them is the component's: they are called metric_names or metrics */
} tel__name_match;

typedef struct tel__name_matcher tel__name_matcher;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__name_match_table; /* match_type and regexp, to squash; .match is the section's start */

/* TEL_ERR_CONFIG: an unknown type. */
tel_err tel__name_match_check(const tel__name_match *match, tel_error *err);
/* Reports bad expressions; path is that of the names, as in tel__regex_verify(). TEL_OK or TEL_ERR_NOMEM. */
tel_err tel__name_match_verify(const tel__key_check *c, const tel__name_match *match, const char *path);
/* The options must outlive it. TEL_ERR_NOMEM, TEL_ERR_CONFIG. */
tel_err tel__name_matcher_new(const tel_alloc *alloc, const tel__name_match *match, tel__name_matcher **ret_matcher,
                              tel_error *err);
void tel__name_matcher_free(tel__name_matcher *matcher);
/* Whether it says this name; without names it says every one. TEL_ERR_LIMIT, TEL_ERR_NOMEM of an expression. */
tel_err tel__name_matcher_test(const tel__name_matcher *matcher, tel_slice name, bool *ret_yes, tel_error *err);

TEL_PRIVATE_END
#endif
