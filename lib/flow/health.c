/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/health.h"

#include <stddef.h>

#include "base/calendar.h"
#include "base/slice_i.h"
#include "config/duration.h"
#include "flow/endpoint_keys.h"

#define SECOND 1000000000ull

static const tel__key body_keys[] = {
	{ .name = "healthy", .type = TEL__KEY_STRING, .offset = offsetof(tel__health_options, response_body.healthy) -
	  offsetof(tel__health_options, response_body), .help = "body while ready" },
	{ .name = "unhealthy", .type = TEL__KEY_STRING, .offset = offsetof(tel__health_options, response_body.unhealthy) -
	  offsetof(tel__health_options, response_body), .help = "body while not ready" },
};
static const tel__key_table body_table = { "healthcheckextension.ResponseBodySettings",
	                                       sizeof(((tel__health_options *)0)->response_body), body_keys,
	                                       TEL__KEY_COUNT(body_keys), NULL };

static const tel__key health_keys[] = {
	{ .name = "endpoint", .type = TEL__KEY_STRING, .offset = offsetof(tel__health_options, endpoint),
	  .def = "localhost:13133", .help = "address to listen on" },
	{ .name = "path", .type = TEL__KEY_STRING, .offset = offsetof(tel__health_options, path), .def = "/",
	  .help = "path that answers; / = every path" },
	{ .name = "response_body", .type = TEL__KEY_SECTION, .offset = offsetof(tel__health_options, response_body),
	  .section = &body_table, .help = "texts instead of the JSON status" },
	{ .name = "tls", .type = TEL__KEY_OPTIONAL, .offset = offsetof(tel__health_options, tls),
	  .section = &tel__tls_server_keys, .help = "server certificate and client CA" },
	{ .name = "check_collector_pipeline", .type = TEL__KEY_IGNORED, .help = "accepted and ignored, as in the Collector" },
	TEL__ENDPOINT_IGNORED_KEYS,
};
static const tel__key_table health_table = { "healthcheckextension.Config", sizeof(tel__health_options), health_keys,
	                                         TEL__KEY_COUNT(health_keys), NULL };

/* The flow runs this extension itself: impl only says that it can be run. */
static const int runs;
const tel__component tel__health_component = {
	.type = "health_check",
	.kind = TEL__KIND_EXTENSION,
	.keys = &health_table,
	.help = "answers whether all pipelines are started",
	.impl = &runs,
};

/* Digits of a fraction of a second without trailing zeros. */
static void put_fraction(uint64_t ns, tel__dynbuf *out)
{
	char digits[10];
	int last = 8;

	if (ns == 0)
		return;
	for (int i = 8; i >= 0; i--, ns /= 10)
		digits[i] = (char)('0' + ns % 10);
	while (digits[last] == '0')
		last--;
	tel__dynbuf_byte(out, '.');
	tel__dynbuf_put(out, digits, (size_t)last + 1);
}

void tel__rfc3339(uint64_t unix_ns, tel__dynbuf *out)
{
	tel__date t = tel__date_of((int64_t)(unix_ns / SECOND));

	tel__dynbuf_fmt(out, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)t.year, t.month, t.day, t.hour, t.minute, t.second);
	put_fraction(unix_ns % SECOND, out);
	tel__dynbuf_byte(out, 'Z');
}

void tel__health_answer(const tel__health_options *o, tel_slice path, uint64_t since_unix_ns, uint64_t up_ns,
                        tel__endpoint_answer *answer)
{
	bool ready = since_unix_ns != 0;
	char uptime[TEL__DURATION_MAX];
	tel_slice text = ready ? o->response_body.healthy : o->response_body.unhealthy;

	if (!tel__slice_is(o->path, "/") && !tel__slice_eq(o->path, path))
		return;
	answer->status = ready ? 200 : 503;
	answer->content_type = text.len ? "text/plain; charset=utf-8" : "application/json";
	if (text.len) {
		tel__dynbuf_slice(answer->body, text);
		return;
	}
	tel__dynbuf_puts(answer->body, ready ? "{\"status\":\"Server available\",\"upSince\":\""
	                                     : "{\"status\":\"Server not available\",\"upSince\":\"");
	if (ready)
		tel__rfc3339(since_unix_ns, answer->body);
	else
		tel__dynbuf_puts(answer->body, "0001-01-01T00:00:00Z");
	tel__dynbuf_puts(answer->body, "\",\"uptime\":\"");
	if (ready)
		tel__dynbuf_put(answer->body, uptime, tel__duration_format((int64_t)up_ns, uptime));
	tel__dynbuf_puts(answer->body, "\"}");
}
