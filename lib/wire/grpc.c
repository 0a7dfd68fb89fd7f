/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/grpc.h"

#include "base/hex64.h"
#include "base/num.h"
#include "base/slice_i.h"

const char *tel__grpc_status_name(int32_t status)
{
	/* The names of Go's codes.Code.String(), which the Collector prints. */
	static const char *const names[] = { "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound",
		"AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange",
		"Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated" };

	return status >= 0 && status <= TEL__GRPC_UNAUTHENTICATED ? names[status] : "Unknown";
}

int32_t tel__grpc_status_from_http(unsigned http_status)
{
	/* gRPC doc/http-grpc-status-mapping.md; 431 is grpc-go's addition. */
	switch (http_status) {
	case 400:
	case 431:
		return TEL__GRPC_INTERNAL;
	case 401:
		return TEL__GRPC_UNAUTHENTICATED;
	case 403:
		return TEL__GRPC_PERMISSION_DENIED;
	case 404:
		return TEL__GRPC_UNIMPLEMENTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return TEL__GRPC_UNAVAILABLE;
	default:
		return TEL__GRPC_UNKNOWN;
	}
}

int32_t tel__grpc_status_from_reset(uint32_t h2_error)
{
	/* gRPC PROTOCOL-HTTP2.md, "HTTP2 Transport Mapping", Errors; codes of RFC 9113 section 7. */
	switch (h2_error) {
	case 0x7: /* REFUSED_STREAM */
		return TEL__GRPC_UNAVAILABLE;
	case 0x8: /* CANCEL */
		return TEL__GRPC_CANCELLED;
	case 0xb: /* ENHANCE_YOUR_CALM */
		return TEL__GRPC_RESOURCE_EXHAUSTED;
	case 0xc: /* INADEQUATE_SECURITY */
		return TEL__GRPC_PERMISSION_DENIED;
	default:
		return TEL__GRPC_INTERNAL;
	}
}

void tel__grpc_prefix_write(bool compressed, uint32_t len, uint8_t out[TEL__GRPC_PREFIX_LEN])
{
	out[0] = compressed;
	out[1] = (uint8_t)(len >> 24);
	out[2] = (uint8_t)(len >> 16);
	out[3] = (uint8_t)(len >> 8);
	out[4] = (uint8_t)len;
}

tel_err tel__grpc_prefix_read(const uint8_t in[TEL__GRPC_PREFIX_LEN], bool *ret_compressed, uint32_t *ret_len)
{
	if (in[0] > 1)
		return TEL_ERR_MALFORMED;
	*ret_compressed = in[0] == 1;
	*ret_len = (uint32_t)in[1] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 8 | in[4];
	return TEL_OK;
}

void tel__grpc_message_encode(tel_slice text, tel__dynbuf *out)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < text.len; i++) {
		uint8_t c = (uint8_t)text.ptr[i];

		if (c >= 0x20 && c <= 0x7e && c != '%') {
			tel__dynbuf_byte(out, (char)c);
			continue;
		}
		tel__dynbuf_byte(out, '%');
		tel__dynbuf_byte(out, hex[c >> 4]);
		tel__dynbuf_byte(out, hex[c & 15]);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void tel__grpc_message_decode(tel_slice text, tel__dynbuf *out)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		int high = -1, low = -1;

		if (text.ptr[i] == '%' && text.len - i > 2) {
			high = hex_digit(text.ptr[i + 1]);
			low = hex_digit(text.ptr[i + 2]);
		}
		if (high < 0 || low < 0) {
			tel__dynbuf_byte(out, text.ptr[i]);
			continue;
		}
		tel__dynbuf_byte(out, (char)(high << 4 | low));
		i += 2;
	}
}

static const struct {
	char unit;
	uint64_t ns;
} timeout_units[] = {
	{ 'n', 1 },
	{ 'u', 1000 },
	{ 'm', 1000000 },
	{ 'S', 1000000000 },
	{ 'M', 60ull * 1000000000 },
	{ 'H', 3600ull * 1000000000 },
};
enum { UNIT_COUNT = sizeof(timeout_units) / sizeof(timeout_units[0]) };

size_t tel__grpc_timeout_format(uint64_t ns, char *out)
{
	const uint64_t most = 99999999; /* 8 digits */
	char digits[TEL__NUM_INT_MAX];
	size_t i, len;
	uint64_t value = 0;

	/* UINT64_MAX ns are 5124095 hours: the last unit always fits. */
	for (i = 0; i < UNIT_COUNT; i++) {
		value = ns / timeout_units[i].ns + (ns % timeout_units[i].ns != 0);
		if (value <= most)
			break;
	}
	len = tel__num_format_u64(value, digits);
	memcpy(out, digits, len);
	out[len] = timeout_units[i].unit;
	return len + 1;
}

tel_err tel__grpc_timeout_parse(tel_slice text, uint64_t *ret_ns)
{
	uint64_t value;
	size_t i;

	if (text.len < 2 || text.len > TEL__GRPC_TIMEOUT_LEN)
		return TEL_ERR_MALFORMED;
	for (i = 0; i < UNIT_COUNT && timeout_units[i].unit != text.ptr[text.len - 1]; i++)
		;
	if (i == UNIT_COUNT || tel__num_parse_u64(tel__slice_sub(text, 0, text.len - 1), &value) != TEL_OK)
		return TEL_ERR_MALFORMED;
	*ret_ns = value > UINT64_MAX / timeout_units[i].ns ? UINT64_MAX : value * timeout_units[i].ns;
	return TEL_OK;
}

void tel__grpc_bin_encode(tel_slice bytes, tel__dynbuf *out)
{
	size_t before = out->len;

	tel__base64_encode(bytes, out);
	while (tel__dynbuf_error(out) == TEL_OK && out->len > before && out->ptr[out->len - 1] == '=')
		out->len--;
}

tel_err tel__grpc_bin_decode(tel_slice text, tel__dynbuf *out)
{
	text.len = tel__slice_find(text, ',');
	return tel__base64_decode(tel__slice_trim(text), out);
}
