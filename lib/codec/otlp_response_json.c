/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/otlp_response_json.h"

#include "base/error_i.h"
#include "base/slice_i.h"
#include "wire/json.h"
#include "wire/json_number.h"
#include "wire/json_text.h"

enum { FRAME_BYTES = 96, ESCAPED_MAX = 6, MESSAGE_MAX = 4096 }; /* all but the message; one byte as \u00XX */

static void put_message(const char *name, tel_slice message, size_t max_bytes, tel__dynbuf *out)
{
	size_t most = max_bytes > FRAME_BYTES ? (max_bytes - FRAME_BYTES) / ESCAPED_MAX : 0;

	tel__dynbuf_puts(out, name);
	tel__json_string(out, tel__slice_cut(message, most));
}

tel_err tel__otlp_response_json_encode(const tel__otlp_response *response, size_t max_bytes, tel__dynbuf *out)
{
	bool rejected = response->partial && response->rejected_points;

	tel__dynbuf_puts(out, "{\"partialSuccess\":{");
	if (rejected) {
		tel__dynbuf_puts(out, "\"rejectedDataPoints\":\"");
		tel__dynbuf_i64(out, response->rejected_points);
		tel__dynbuf_byte(out, '"');
	}
	if (response->partial && response->message.len)
		put_message(rejected ? ",\"errorMessage\":" : "\"errorMessage\":", response->message, max_bytes, out);
	tel__dynbuf_puts(out, "}}");
	return tel__dynbuf_error(out);
}

tel_err tel__rpc_status_json_encode(int32_t code, tel_slice message, size_t max_bytes, tel__dynbuf *out)
{
	tel__dynbuf_puts(out, "{\"code\":");
	tel__dynbuf_i64(out, code);
	if (message.len)
		put_message(",\"message\":", message, max_bytes, out);
	tel__dynbuf_byte(out, '}');
	return tel__dynbuf_error(out);
}

/* ---- reading ---- */

struct answer {
	tel__json json;
	char *text;     /* where the message goes */
	size_t cap;
	tel_slice message;
	int64_t number; /* of the member that is one */
};

/* A string cut to the room that is there, before it is unescaped; false = TEL__JSON_BAD or another type. */
static bool take_message(struct answer *a, tel__json_token t)
{
	tel_slice escaped = a->json.text, plain;
	char whole[MESSAGE_MAX];

	if (t != TEL__JSON_STRING)
		return tel__json_skip(&a->json, t);
	plain = escaped.len <= sizeof whole || !a->json.escaped ? escaped : (tel_slice){ NULL, 0 };
	if (a->json.escaped && plain.len)
		plain = (tel_slice){ whole, tel__json_unescape(escaped, whole) };
	plain = tel__slice_cut(plain, a->cap);
	if (plain.len)
		memcpy(a->text, plain.ptr, plain.len);
	a->message = (tel_slice){ a->text, plain.len };
	return true;
}

static bool take_number(struct answer *a, tel__json_token t)
{
	if (t == TEL__JSON_NUMBER || (t == TEL__JSON_STRING && !a->json.escaped))
		(void)tel__json_i64(a->json.text, &a->number); /* nonsense reads as 0: the answer's status is what counts */
	return tel__json_skip(&a->json, t);
}

/* The members of an object whose brace was read; all others are skipped. */
static bool read_members(struct answer *a, const char *const number[2], const char *const message[2])
{
	tel__json_token t;

	while ((t = tel__json_next(&a->json)) == TEL__JSON_KEY) {
		tel_slice key = a->json.text;
		bool is_number = tel__slice_is(key, number[0]) || tel__slice_is(key, number[1]);
		bool is_message = tel__slice_is(key, message[0]) || tel__slice_is(key, message[1]);
		t = tel__json_next(&a->json);
		if (is_number ? !take_number(a, t) : is_message ? !take_message(a, t) : !tel__json_skip(&a->json, t))
			return false;
	}
	return t == TEL__JSON_OBJECT_END;
}

static const char *const rejected_names[] = { "rejectedDataPoints", "rejected_data_points" };
static const char *const error_names[] = { "errorMessage", "error_message" };
static const char *const code_names[] = { "code", "code" };
static const char *const message_names[] = { "message", "message" };

static bool read_partial(struct answer *a)
{
	tel__json_token t;

	while ((t = tel__json_next(&a->json)) == TEL__JSON_KEY) {
		bool partial = tel__slice_is(a->json.text, "partialSuccess") || tel__slice_is(a->json.text, "partial_success");
		t = tel__json_next(&a->json);
		if (partial && t == TEL__JSON_OBJECT ? !read_members(a, rejected_names, error_names) : !tel__json_skip(&a->json, t))
			return false;
	}
	return t == TEL__JSON_OBJECT_END;
}

static void init_answer(struct answer *a, tel_slice json, char *text, size_t cap)
{
	*a = (struct answer){ .text = text, .cap = cap };
	tel__json_init(&a->json, json);
}

static tel_err failed(const struct answer *a, tel_error *err)
{
	return a->json.code ? tel__json_fail(&a->json, err) : tel__fail(err, TEL_ERR_MALFORMED, "JSON: not an object");
}

tel_err tel__otlp_response_json_decode(tel_slice json, char *text, size_t cap, tel__otlp_response *ret_response,
                                       tel_error *err)
{
	struct answer a;

	init_answer(&a, json, text, cap);
	if (tel__json_next(&a.json) != TEL__JSON_OBJECT || !read_partial(&a) || tel__json_next(&a.json) != TEL__JSON_END)
		return failed(&a, err);
	*ret_response = (tel__otlp_response){ a.number != 0 || a.message.len != 0, a.number, a.message };
	return TEL_OK;
}

tel_err tel__rpc_status_json_decode(tel_slice json, char *text, size_t cap, tel__rpc_status *ret_status, tel_error *err)
{
	struct answer a;

	init_answer(&a, json, text, cap);
	if (tel__json_next(&a.json) != TEL__JSON_OBJECT || !read_members(&a, code_names, message_names) ||
	    tel__json_next(&a.json) != TEL__JSON_END)
		return failed(&a, err);
	*ret_status = (tel__rpc_status){ .code = (int32_t)a.number, .message = a.message };
	return TEL_OK;
}
