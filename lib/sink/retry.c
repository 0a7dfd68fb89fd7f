/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/retry.h"

#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"

/* Index = gRPC status. Retryable: protocols.md 2.2; RESOURCE_EXHAUSTED only with RetryInfo. */
enum grpc_rule { NO, YES, HINTED };
static const struct {
	const char *name;
	enum grpc_rule rule;
} grpc_table[] = {
	{ "OK", NO },
	{ "Canceled", YES },
	{ "Unknown", NO },
	{ "InvalidArgument", NO },
	{ "DeadlineExceeded", YES },
	{ "NotFound", NO },
	{ "AlreadyExists", NO },
	{ "PermissionDenied", NO },
	{ "ResourceExhausted", HINTED },
	{ "FailedPrecondition", NO },
	{ "Aborted", YES },
	{ "OutOfRange", YES },
	{ "Unimplemented", NO },
	{ "Internal", NO },
	{ "Unavailable", YES },
	{ "DataLoss", YES },
	{ "Unauthenticated", NO },
};
enum { GRPC_COUNT = sizeof(grpc_table) / sizeof(grpc_table[0]), GRPC_UNKNOWN = 2 };

/* HTTP statuses that are not simply permanent: protocols.md 2.3; the gRPC code of each: otel-processing.md 9.3. */
static const struct {
	unsigned status;
	tel__export_verdict verdict;
	bool hint;
	int32_t grpc;
} http_table[] = {
	{ 400, TEL__EXPORT_PERMANENT, false, 3 },
	{ 401, TEL__EXPORT_PERMANENT, false, 16 },
	{ 403, TEL__EXPORT_PERMANENT, false, 7 },
	{ 404, TEL__EXPORT_PERMANENT, false, 12 },
	{ 413, TEL__EXPORT_TOO_BIG, false, 2 },
	{ 429, TEL__EXPORT_RETRY, true, 8 },
	{ 502, TEL__EXPORT_RETRY, false, 14 },
	{ 503, TEL__EXPORT_RETRY, true, 14 },
	{ 504, TEL__EXPORT_RETRY, false, 14 },
};
enum { HTTP_COUNT = sizeof(http_table) / sizeof(http_table[0]) };

static size_t http_row(unsigned status)
{
	size_t i = 0;
	while (i < HTTP_COUNT && http_table[i].status != status)
		i++;
	return i;
}

tel__export_verdict tel__retry_grpc(int32_t status, bool has_retry_info)
{
	if (status == 0)
		return TEL__EXPORT_OK;
	if (status < 0 || status >= GRPC_COUNT)
		return TEL__EXPORT_PERMANENT;
	enum grpc_rule rule = grpc_table[status].rule;
	return rule == YES || (rule == HINTED && has_retry_info) ? TEL__EXPORT_RETRY : TEL__EXPORT_PERMANENT;
}

tel__export_verdict tel__retry_http(unsigned status)
{
	if (status >= 200 && status <= 299)
		return TEL__EXPORT_OK;
	size_t i = http_row(status);
	return i < HTTP_COUNT ? http_table[i].verdict : TEL__EXPORT_PERMANENT;
}

bool tel__retry_http_honours_hint(unsigned status)
{
	size_t i = http_row(status);
	return i < HTTP_COUNT && http_table[i].hint;
}

int32_t tel__retry_grpc_of_http(unsigned status)
{
	size_t i = http_row(status);
	if (status >= 200 && status <= 299)
		return 0;
	return i < HTTP_COUNT ? http_table[i].grpc : GRPC_UNKNOWN;
}

const char *tel__retry_grpc_name(int32_t status)
{
	return grpc_table[status < 0 || status >= GRPC_COUNT ? GRPC_UNKNOWN : status].name;
}

static uint64_t ns_of(int64_t ns)
{
	return ns > 0 ? (uint64_t)ns : 0;
}

static uint64_t ns_of_double(double ns)
{
	return ns >= 9.0e18 ? UINT64_C(9000000000000000000) : ns > 0 ? (uint64_t)ns : 0;
}

uint64_t tel__backoff_next(tel__backoff *b, const tel__retry_options *opts, uint64_t random)
{
	if (!b->started) {
		b->interval_ns = ns_of(opts->initial_interval);
		b->started = true;
	}
	/* The 53 upper bits make a uniform number in [0, 1). */
	double unit = (double)(random >> 11) * 0x1p-53;
	double interval = (double)b->interval_ns, delta = opts->randomization_factor * interval;
	uint64_t delay = ns_of_double(interval - delta + unit * (2 * delta));
	uint64_t max = ns_of(opts->max_interval), grown = ns_of_double(interval * opts->multiplier);
	b->interval_ns = grown > max ? max : grown;
	return delay;
}

bool tel__retry_when(tel__backoff *b, const tel__retry_options *opts, uint64_t hint_ns, uint64_t first_mono_ns,
                     uint64_t now_mono_ns, uint64_t deadline_mono_ns, uint64_t random, uint64_t *ret_mono_ns)
{
	uint64_t delay = tel__backoff_next(b, opts, random);
	if (delay < hint_ns)
		delay = hint_ns;
	uint64_t when = now_mono_ns > UINT64_MAX - delay ? UINT64_MAX : now_mono_ns + delay;
	uint64_t limit = ns_of(opts->max_elapsed_time);
	if (limit && (when < first_mono_ns ? 0 : when - first_mono_ns) > limit)
		return false;
	if (when > deadline_mono_ns)
		return false;
	*ret_mono_ns = when;
	return true;
}

/* Foreign text may be long; 512 bytes of it tell enough in a log line. */
enum { FOREIGN_MAX = 512 };

static tel_slice written(const char *out, size_t cap, int n)
{
	size_t len = n < 0 ? 0 : (size_t)n;
	return (tel_slice){ out, len < cap ? len : cap - 1 };
}

tel_slice tel__retry_text_grpc(char *out, size_t cap, int32_t status, tel_slice message)
{
	char text[FOREIGN_MAX];
	int n = snprintf(out, cap, "rpc error: code = %s desc = %s", tel__retry_grpc_name(status),
	                 tel__slice_printable(message, text, sizeof text));
	return written(out, cap, n);
}

tel_slice tel__retry_text_http(char *out, size_t cap, tel_slice url, unsigned status, bool has_status,
                               tel_slice status_message)
{
	char text[FOREIGN_MAX], where[FOREIGN_MAX];
	int n = snprintf(out, cap,
	                 "rpc error: code = %s desc = error exporting items, request to %s responded with HTTP Status "
	                 "Code %u%s%s%s",
	                 tel__retry_grpc_name(tel__retry_grpc_of_http(status)),
	                 tel__slice_printable(url, where, sizeof where), status, has_status ? ", Message=" : "",
	                 has_status ? tel__slice_printable(status_message, text, sizeof text) : "",
	                 has_status ? ", Details=[]" : "");
	return written(out, cap, n);
}

tel_slice tel__retry_text_network(char *out, size_t cap, tel_slice url, tel_slice cause)
{
	char text[FOREIGN_MAX], where[FOREIGN_MAX];
	int n = snprintf(out, cap, "failed to make an HTTP request: Post \"%s\": %s",
	                 tel__slice_printable(url, where, sizeof where), tel__slice_printable(cause, text, sizeof text));
	return written(out, cap, n);
}
