/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/otlp_answer.h"

#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "codec/otlp_response_json.h"
#include "sink/retry.h"

enum { GRPC_UNAVAILABLE = 14 };

/* What a body is in: the backend answers in the type of the request, whichever it was. */
typedef enum body_type { BODY_UNKNOWN, BODY_PROTOBUF, BODY_JSON } body_type;

/* Why the body of a success was not kept. */
static tel_slice unread_text(tel_err why)
{
	return why == TEL_ERR_LIMIT ? TEL_SLICE_LIT("the backend accepted the data, but its answer is too long")
		: TEL_SLICE_LIT("the backend accepted the data, but there is no memory for its answer");
}

static void unreadable_text(const char *why, char *text, tel__export_outcome *o)
{
	snprintf(text, TEL__ANSWER_TEXT, "the backend accepted the data, but its answer cannot be read: %s", why);
	o->message = tel__slice_str(text);
}

/* The body of a success. The data was accepted, so a body that cannot be read is a warning (protocols.md 2.3). */
static void read_success(tel_slice body, body_type type, char *text, tel__export_outcome *o)
{
	char message[TEL__ANSWER_TEXT];
	tel__otlp_response rsp;
	tel_error err = TEL_ERROR_INIT;
	o->verdict = TEL__EXPORT_OK;
	if (body.len == 0 || type == BODY_UNKNOWN)
		return;
	if (type == BODY_JSON ? tel__otlp_response_json_decode(body, message, sizeof message, &rsp, &err)
	                      : tel__otlp_response_decode(body, &rsp, &err)) {
		unreadable_text(err.msg, text, o);
		return;
	}
	if (!rsp.partial)
		return;
	o->rejected_points = rsp.rejected_points > 0 ? (uint64_t)rsp.rejected_points : 0;
	o->message = tel__slice_str(tel__slice_printable(rsp.message, text, TEL__ANSWER_TEXT));
	if (o->message.len == 0 && o->rejected_points)
		o->message = TEL_SLICE_LIT("the backend rejected data points without saying why");
}

static body_type type_of(const tel__http_answer *a)
{
	tel_slice type;
	if (!tel__http_answer_header(a, "content-type", &type))
		return BODY_UNKNOWN;
	type = tel__slice_trim(tel__slice_sub(type, 0, tel__slice_find(type, ';')));
	if (tel__slice_eq_nocase(type, TEL_SLICE_LIT("application/json")))
		return BODY_JSON;
	return tel__slice_eq_nocase(type, TEL_SLICE_LIT("application/x-protobuf")) ? BODY_PROTOBUF : BODY_UNKNOWN;
}

/* The google.rpc.Status of a refusal; false = there is none. */
static bool read_status(tel_slice body, body_type type, char *text, size_t cap, tel__rpc_status *ret_status)
{
	if (body.len == 0 || type == BODY_UNKNOWN)
		return false;
	if (type == BODY_JSON)
		return tel__rpc_status_json_decode(body, text, cap, ret_status, NULL) == TEL_OK;
	return tel__rpc_status_decode(body, ret_status, NULL) == TEL_OK;
}

void tel__otlp_answer_http(const tel__http_answer *answer, tel_slice url, uint64_t unix_ns, char text[TEL__ANSWER_TEXT],
                           tel__export_outcome *ret_outcome)
{
	tel__export_outcome o = { .verdict = TEL__EXPORT_RETRY, .grpc_status = GRPC_UNAVAILABLE };
	/* An answer that we have no room for still has a status; without one it is a failure of the network. */
	bool unread = answer->err == TEL_ERR_LIMIT || answer->err == TEL_ERR_BUDGET || answer->err == TEL_ERR_NOMEM;
	bool answered = answer->err == TEL_OK || (unread && answer->status);
	body_type type = answer->err == TEL_OK ? type_of(answer) : BODY_UNKNOWN;
	char message[TEL__ANSWER_TEXT];
	tel__rpc_status status = { 0 };
	tel_slice retry_after;
	if (!answered) {
		o.message = tel__retry_text_network(text, TEL__ANSWER_TEXT, url, tel__slice_str(answer->message));
		*ret_outcome = o;
		return;
	}
	o.verdict = tel__retry_http(answer->status);
	o.grpc_status = tel__retry_grpc_of_http(answer->status);
	if (o.verdict == TEL__EXPORT_OK) {
		if (unread)
			o.message = unread_text(answer->err);
		else
			read_success(answer->body, type, text, &o);
		*ret_outcome = o;
		return;
	}
	if (tel__retry_http_honours_hint(answer->status) && tel__http_answer_header(answer, "retry-after", &retry_after))
		tel__retry_after_parse(retry_after, unix_ns, &o.retry_after_ns);
	bool has_status = read_status(answer->body, type, message, sizeof message, &status);
	o.message = tel__retry_text_http(text, TEL__ANSWER_TEXT, url, answer->status, has_status, status.message);
	*ret_outcome = o;
}

void tel__otlp_answer_grpc(const tel__grpc_answer *answer, char text[TEL__ANSWER_TEXT], tel__export_outcome *ret_outcome)
{
	tel__export_outcome o = { .grpc_status = answer->status };
	tel__rpc_status status = { 0 };
	if (answer->status == 0) {
		char why[TEL__ANSWER_TEXT];
		if (answer->body_err == TEL_ERR_MALFORMED)
			unreadable_text(tel__slice_printable(answer->message, why, sizeof why / 2), text, &o);
		else if (answer->body_err != TEL_OK)
			o.message = unread_text(answer->body_err);
		else if (answer->body_compressed)
			o.message = TEL_SLICE_LIT("the backend accepted the data, but its answer is compressed unasked");
		else
			read_success(answer->body, BODY_PROTOBUF, text, &o);
		*ret_outcome = o;
		return;
	}
	if (answer->details.len && tel__rpc_status_decode(answer->details, &status, NULL) != TEL_OK)
		status = (tel__rpc_status){ 0 };
	o.verdict = tel__retry_grpc(answer->status, status.has_retry);
	o.retry_after_ns = status.has_retry ? status.retry_delay_ns : 0;
	if (o.retry_after_ns > TEL__RETRY_HINT_MAX_NS)
		o.retry_after_ns = TEL__RETRY_HINT_MAX_NS;
	o.message = tel__retry_text_grpc(text, TEL__ANSWER_TEXT, answer->status, answer->message);
	*ret_outcome = o;
}
