/* SPDX-License-Identifier: Apache-2.0 */
#include "control/certificates.h"

#include "base/calendar.h"
#include "base/slice_i.h"

enum { SECOND = 1000000000, NOTICE_S = 14 * 86400 };

static tel__judgement refuse(const char *reason)
{
	return (tel__judgement){ TEL_PIPELINE_VERDICT_TLS, tel__slice_str(reason), 0 };
}

static tel__judgement accept(void)
{
	return (tel__judgement){ TEL_PIPELINE_VERDICT_OK, { "", 0 }, 0 };
}

/* Is something configured that leads to no text? */
static bool is_unresolved(const tel_certificate_facts *f)
{
	return f->cert == TEL_PEM_UNRESOLVED || f->key == TEL_PEM_UNRESOLVED || f->ca == TEL_PEM_UNRESOLVED;
}

static tel__judgement judge_shape(const tel_certificate_facts *f)
{
	if ((f->cert == TEL_PEM_ABSENT) != (f->key == TEL_PEM_ABSENT))
		return refuse("a certificate and private key must either both be provided or both be missing");
	if (is_unresolved(f))
		return refuse("failed to resolve value");
	if (f->cert == TEL_PEM_NO_BLOCK)
		return refuse("failed to decode PEM block containing certificate");
	if (f->cert == TEL_PEM_NOT_PARSED)
		return refuse("failed to parse certificate");
	if (f->key == TEL_PEM_NO_BLOCK)
		return refuse("failed to decode PEM block containing private key");
	if (f->ca == TEL_PEM_NO_BLOCK)
		return refuse("failed to decode PEM block containing CA certificate");
	if (f->ca == TEL_PEM_NOT_PARSED)
		return refuse("failed to parse CA certificate");
	return accept();
}

/* subject: "TLS certificate" or "TLS CA certificate". */
static tel__judgement judge_time(tel__doc *d, const char *subject, int64_t not_after_s, uint64_t now_unix_ns)
{
	int64_t now_s = (int64_t)(now_unix_ns / SECOND);
	bool over = now_s > not_after_s || (now_s == not_after_s && now_unix_ns % SECOND != 0);
	tel__judgement j = accept();
	tel__date date;

	if (!over && not_after_s > now_s + NOTICE_S) {
		j.recheck_s = not_after_s - NOTICE_S;
		return j;
	}
	date = tel__date_of(not_after_s);
	j.verdict = over ? TEL_PIPELINE_VERDICT_EXPIRED : TEL_PIPELINE_VERDICT_EXPIRING;
	j.recheck_s = over ? 0 : not_after_s + 1;
	j.reason = tel__doc_fmt(d, "%s %s %04lld-%02u-%02u", subject,
	                        over ? "expired on" : "is about to expire, configured certificate is valid until",
	                        (long long)date.year, date.month, date.day);
	return j;
}

/* The certificate goes before the authority, so that one which is about to expire hides an authority that did. */
tel__judgement tel__certificates_judge(tel__doc *d, const tel_certificate_facts *facts, uint64_t now_unix_ns)
{
	tel__judgement j = judge_shape(facts), ca;

	if (j.verdict == TEL_PIPELINE_VERDICT_OK && facts->cert == TEL_PEM_READ) {
		if (!facts->key_matches)
			return refuse("certificate and private key do not match");
		j = judge_time(d, "TLS certificate", facts->cert_not_after_s, now_unix_ns);
	}
	if (j.verdict != TEL_PIPELINE_VERDICT_OK || facts->ca != TEL_PEM_READ)
		return j;
	if (!facts->ca_is_ca)
		return refuse("not a CA certificate");
	ca = judge_time(d, "TLS CA certificate", facts->ca_not_after_s, now_unix_ns);
	if (ca.verdict == TEL_PIPELINE_VERDICT_OK && j.recheck_s && j.recheck_s < ca.recheck_s)
		ca.recheck_s = j.recheck_s;
	return ca;
}
