/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/otlp_response.h"

#include "base/error_i.h"
#include "base/slice_i.h"
#include "wire/pb.h"

enum { RESPONSE_PARTIAL = 1, PARTIAL_REJECTED = 1, PARTIAL_MESSAGE = 2 };
enum { STATUS_CODE = 1, STATUS_MESSAGE = 2, STATUS_DETAILS = 3, ANY_TYPE = 1, ANY_VALUE = 2 };
enum { RETRY_DELAY = 1, DURATION_SECONDS = 1, DURATION_NANOS = 2 };
enum { BAD_VIOLATIONS = 1, VIOLATION_FIELD = 1, VIOLATION_DESCRIPTION = 2 };

#define NS_PER_S 1000000000ll
#define RETRY_INFO_URL "type.googleapis.com/google.rpc.RetryInfo"
#define BAD_REQUEST_URL "type.googleapis.com/google.rpc.BadRequest"

/* Where decoding stands: base is the first byte of the whole answer, for offsets in messages. */
struct at {
	const char *base;
	const char *what;
	tel_error *err;
};

static bool is(const tel__pb_field *f, uint32_t number, uint32_t wire)
{
	return f->number == number && f->wire == wire;
}

static tel_err ended(const tel__pb_reader *r, const struct at *at)
{
	if (!r->bad)
		return TEL_OK;
	return tel__fail_at(at->err, TEL_ERR_MALFORMED, (uint64_t)((const char *)r->p - at->base), "%s: %s", at->what,
	                    tel__pb_why(r->p, r->end));
}

static tel_err read_partial(tel_slice bytes, tel__otlp_response *response, const struct at *at)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		if (is(&f, PARTIAL_REJECTED, TEL__PB_VARINT))
			response->rejected_points = (int64_t)f.value;
		else if (is(&f, PARTIAL_MESSAGE, TEL__PB_LEN))
			response->message = f.bytes;
	}
	return ended(&r, at);
}

tel_err tel__otlp_response_decode(tel_slice bytes, tel__otlp_response *ret_response, tel_error *err)
{
	struct at at = { bytes.ptr, "export response", err };
	tel__pb_reader r = tel__pb_read(bytes);
	tel__otlp_response response = { 0 };
	tel__pb_field f;
	tel_err code;

	while (tel__pb_next(&r, &f)) {
		if (!is(&f, RESPONSE_PARTIAL, TEL__PB_LEN))
			continue;
		code = read_partial(f.bytes, &response, &at);
		if (code)
			return code;
	}
	code = ended(&r, &at);
	if (code)
		return code;
	/* A server may set partial_success with nothing in it; that is full success (OTLP specification, "Partial
	 * success": rejected 0 and an empty message is the same as unset). */
	response.partial = response.rejected_points != 0 || response.message.len != 0;
	*ret_response = response;
	return TEL_OK;
}

/* What the encoders below write for a given text. */
typedef void write_fn(const void *value, tel_slice message, tel__dynbuf *out);

/* Writes with the whole message, and once more with a shorter one when that is too long. */
static tel_err write_within(write_fn *write, const void *value, tel_slice message, size_t max_bytes, tel__dynbuf *out)
{
	size_t start = out->len, size, over;

	write(value, message, out);
	if (tel__dynbuf_error(out))
		return tel__dynbuf_error(out);
	size = out->len - start;
	if (size <= max_bytes)
		return TEL_OK;
	out->len = start;
	over = size - max_bytes; /* a shorter text has a shorter length prefix too: never less than needed */
	write(value, tel__slice_cut(message, over < message.len ? message.len - over : 0), out);
	if (out->len - start <= max_bytes)
		return tel__dynbuf_error(out);
	out->len = start;
	return TEL_ERR_LIMIT;
}

static void write_response(const void *value, tel_slice message, tel__dynbuf *out)
{
	const tel__otlp_response *response = value;
	size_t partial = tel__pb_add_open(out, RESPONSE_PARTIAL);

	if (response->rejected_points)
		tel__pb_add_uint(out, PARTIAL_REJECTED, (uint64_t)response->rejected_points);
	if (message.len)
		tel__pb_add_bytes(out, PARTIAL_MESSAGE, message);
	tel__pb_add_close(out, partial);
}

tel_err tel__otlp_response_encode(const tel__otlp_response *response, size_t max_bytes, tel__dynbuf *out)
{
	if (!response->partial)
		return tel__dynbuf_error(out);
	return write_within(write_response, response, response->message, max_bytes, out);
}

/* google.protobuf.Duration as nanoseconds: never negative, saturated. */
static uint64_t duration_ns(int64_t seconds, int32_t nanos)
{
	int64_t ns;

	if (__builtin_mul_overflow(seconds, NS_PER_S, &ns) || __builtin_add_overflow(ns, (int64_t)nanos, &ns))
		return seconds > 0 ? UINT64_MAX : 0;
	return ns > 0 ? (uint64_t)ns : 0;
}

static tel_err read_duration(tel_slice bytes, int64_t *seconds, int32_t *nanos, const struct at *at)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		if (is(&f, DURATION_SECONDS, TEL__PB_VARINT))
			*seconds = (int64_t)f.value;
		else if (is(&f, DURATION_NANOS, TEL__PB_VARINT))
			*nanos = (int32_t)f.value;
	}
	return ended(&r, at);
}

static tel_err read_retry_info(tel_slice bytes, tel__rpc_status *status, const struct at *at)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;
	int64_t seconds = 0;
	int32_t nanos = 0;
	tel_err code;

	while (tel__pb_next(&r, &f)) {
		if (!is(&f, RETRY_DELAY, TEL__PB_LEN))
			continue;
		code = read_duration(f.bytes, &seconds, &nanos, at);
		if (code)
			return code;
	}
	status->has_retry = true;
	status->retry_delay_ns = duration_ns(seconds, nanos);
	return ended(&r, at);
}

static tel_err read_bad_request(tel_slice bytes, tel__rpc_status *status, const struct at *at)
{
	tel__pb_reader r = tel__pb_read(bytes), violation;
	tel__pb_field f, member;
	tel_err code = TEL_OK;

	while (!code && tel__pb_next(&r, &f)) {
		if (!is(&f, BAD_VIOLATIONS, TEL__PB_LEN) || status->bad_field.len || status->bad_reason.len)
			continue;
		violation = tel__pb_read(f.bytes);
		while (tel__pb_next(&violation, &member)) {
			if (is(&member, VIOLATION_FIELD, TEL__PB_LEN))
				status->bad_field = member.bytes;
			else if (is(&member, VIOLATION_DESCRIPTION, TEL__PB_LEN))
				status->bad_reason = member.bytes;
		}
		code = ended(&violation, at);
	}
	return code ? code : ended(&r, at);
}

/* The message name of a type URL is what follows its last slash (any.proto). */
static bool names(tel_slice url, const char *message)
{
	size_t n = strlen(message);

	return tel__slice_ends(url, (tel_slice){ message, n }) && url.len > n && url.ptr[url.len - n - 1] == '/';
}

static tel_err read_detail(tel_slice bytes, tel__rpc_status *status, const struct at *at)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel_slice url = { NULL, 0 }, value = { NULL, 0 };
	tel__pb_field f;
	tel_err code;

	while (tel__pb_next(&r, &f)) {
		if (is(&f, ANY_TYPE, TEL__PB_LEN))
			url = f.bytes;
		else if (is(&f, ANY_VALUE, TEL__PB_LEN))
			value = f.bytes;
	}
	code = ended(&r, at);
	if (code)
		return code;
	if (names(url, "google.rpc.RetryInfo"))
		return read_retry_info(value, status, at);
	if (names(url, "google.rpc.BadRequest"))
		return read_bad_request(value, status, at);
	return TEL_OK;
}

tel_err tel__rpc_status_decode(tel_slice bytes, tel__rpc_status *ret_status, tel_error *err)
{
	struct at at = { bytes.ptr, "google.rpc.Status", err };
	tel__pb_reader r = tel__pb_read(bytes);
	tel__rpc_status status = { 0 };
	tel__pb_field f;
	tel_err code;

	while (tel__pb_next(&r, &f)) {
		if (is(&f, STATUS_CODE, TEL__PB_VARINT)) {
			status.code = (int32_t)f.value;
		} else if (is(&f, STATUS_MESSAGE, TEL__PB_LEN)) {
			status.message = f.bytes;
		} else if (is(&f, STATUS_DETAILS, TEL__PB_LEN)) {
			code = read_detail(f.bytes, &status, &at);
			if (code)
				return code;
		}
	}
	code = ended(&r, &at);
	if (!code)
		*ret_status = status;
	return code;
}

static void write_retry_info(uint64_t delay_ns, tel__dynbuf *out)
{
	size_t detail = tel__pb_add_open(out, STATUS_DETAILS), info, duration;

	tel__pb_add_bytes(out, ANY_TYPE, TEL_SLICE_LIT(RETRY_INFO_URL));
	info = tel__pb_add_open(out, ANY_VALUE);
	duration = tel__pb_add_open(out, RETRY_DELAY);
	if (delay_ns / NS_PER_S)
		tel__pb_add_uint(out, DURATION_SECONDS, delay_ns / NS_PER_S);
	if (delay_ns % NS_PER_S)
		tel__pb_add_uint(out, DURATION_NANOS, delay_ns % NS_PER_S);
	tel__pb_add_close(out, duration);
	tel__pb_add_close(out, info);
	tel__pb_add_close(out, detail);
}

static void write_bad_request(const tel__rpc_status *status, tel__dynbuf *out)
{
	size_t detail = tel__pb_add_open(out, STATUS_DETAILS), request, violation;

	tel__pb_add_bytes(out, ANY_TYPE, TEL_SLICE_LIT(BAD_REQUEST_URL));
	request = tel__pb_add_open(out, ANY_VALUE);
	violation = tel__pb_add_open(out, BAD_VIOLATIONS);
	if (status->bad_field.len)
		tel__pb_add_bytes(out, VIOLATION_FIELD, status->bad_field);
	if (status->bad_reason.len)
		tel__pb_add_bytes(out, VIOLATION_DESCRIPTION, status->bad_reason);
	tel__pb_add_close(out, violation);
	tel__pb_add_close(out, request);
	tel__pb_add_close(out, detail);
}

static void write_status(const void *value, tel_slice message, tel__dynbuf *out)
{
	const tel__rpc_status *status = value;

	if (status->code)
		tel__pb_add_uint(out, STATUS_CODE, (uint64_t)(int64_t)status->code);
	if (message.len)
		tel__pb_add_bytes(out, STATUS_MESSAGE, message);
	if (status->has_retry)
		write_retry_info(status->retry_delay_ns, out);
	if (status->bad_field.len || status->bad_reason.len)
		write_bad_request(status, out);
}

tel_err tel__rpc_status_encode(const tel__rpc_status *status, size_t max_bytes, tel__dynbuf *out)
{
	return write_within(write_status, status, status->message, max_bytes, out);
}
