/* SPDX-License-Identifier: Apache-2.0 */
#include "process/match.h"

#include <stdio.h>


#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "wire/regex.h"
#include "wire/regex_keys.h"

static const tel__key cache_keys[] = {
	{ .name = "cacheenabled", .type = TEL__KEY_IGNORED, .help = "no effect: nothing is cached" },
	{ .name = "cachemaxnumentries", .type = TEL__KEY_IGNORED, .help = "no effect" },
};

static const tel__key_table cache_table = { .go_name = "regexp.Config", .size = 1, .keys = cache_keys,
	                                        .key_count = TEL__KEY_COUNT(cache_keys) };

static const tel__key match_keys[] = {
	{ .name = "match_type", .type = TEL__KEY_STRING, .offset = offsetof(tel__name_match, match_type),
	  .help = "strict: the whole name; regexp: found anywhere in it" },
	{ .name = "regexp", .type = TEL__KEY_IGNORED, .section = &cache_table, .help = "no effect: expressions need no cache" },
};

const tel__key_table tel__name_match_table = { .go_name = "filterset.Config", .size = sizeof(tel__name_match),
	.keys = match_keys, .key_count = TEL__KEY_COUNT(match_keys) };

static tel_err check_type(const tel__name_match *match, tel_error *err)
{
	char text[80];

	if (tel__slice_is(match->match_type, "strict") || tel__slice_is(match->match_type, "regexp"))
		return TEL_OK;
	return tel__fail(err, TEL_ERR_CONFIG, "unrecognized match_type: '%s', valid types are: [regexp strict]",
	                 tel__slice_printable(match->match_type, text, sizeof(text)));
}

tel_err tel__name_match_check(const tel__name_match *match, tel_error *err)
{
	return match->names.count || match->match_type.len ? check_type(match, err) : TEL_OK;
}

tel_err tel__name_match_verify(const tel__key_check *c, const tel__name_match *match, const char *path)
{
	tel_err rc = TEL_OK;

	for (size_t i = 0; !rc && tel__slice_is(match->match_type, "regexp") && i < match->names.count; i++) {
		char element[64];

		snprintf(element, sizeof(element), "%s::%zu", path, i);
		rc = tel__regex_verify(c, match->names.items[i], 0, element);
	}
	return rc;
}

struct tel__name_matcher {
	tel_alloc alloc;
	tel__key_strings names;
	tel__regex **regexes; /* by name; NULL: strict */
	tel__regex_run *run;
};

tel_err tel__name_matcher_new(const tel_alloc *alloc, const tel__name_match *match, tel__name_matcher **ret_matcher,
                              tel_error *err)
{
	tel__name_matcher *m = tel__mem_zero(alloc, 1, sizeof(*m));
	tel_err e = TEL_OK;

	if (!m)
		return tel__fail_nomem(err);
	m->alloc = *tel__alloc_or_default(alloc);
	m->names = match->names;
	if (tel__slice_is(match->match_type, "regexp")) {
		m->regexes = tel__mem_zero(alloc, m->names.count + 1, sizeof(tel__regex *));
		e = m->regexes ? tel__regex_run_new(&m->alloc, &m->run) : TEL_ERR_NOMEM;
		if (e)
			e = tel__fail_nomem(err);
		for (size_t i = 0; !e && i < m->names.count; i++)
			e = tel__regex_new(&m->alloc, m->names.items[i], 0, &m->regexes[i], err);
	}
	if (e) {
		tel__name_matcher_free(m);
		return e;
	}
	*ret_matcher = m;
	return TEL_OK;
}

void tel__name_matcher_free(tel__name_matcher *matcher)
{
	tel_alloc alloc;

	if (!matcher)
		return;
	for (size_t i = 0; matcher->regexes && i < matcher->names.count; i++)
		tel__regex_free(matcher->regexes[i]);
	if (matcher->regexes)
		tel__mem_free(&matcher->alloc, matcher->regexes, matcher->names.count + 1, sizeof(tel__regex *));
	tel__regex_run_free(matcher->run);
	alloc = matcher->alloc;
	tel__mem_free(&alloc, matcher, 1, sizeof(*matcher));
}

tel_err tel__name_matcher_test(const tel__name_matcher *matcher, tel_slice name, bool *ret_yes, tel_error *err)
{
	bool yes = matcher->names.count == 0;
	tel_err e = TEL_OK;

	for (size_t i = 0; !e && !yes && i < matcher->names.count; i++) {
		if (matcher->regexes)
			e = tel__regex_test(matcher->run, matcher->regexes[i], name, &yes, err);
		else
			yes = tel__slice_eq(matcher->names.items[i], name);
	}
	if (!e)
		*ret_yes = yes;
	return e;
}
