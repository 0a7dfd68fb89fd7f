/* SPDX-License-Identifier: Apache-2.0 */
#include "net/auth.h"

#include <stddef.h>

#include "base/error_i.h"
#include "base/slice_i.h"

/* ---- keys ---- */

#define AUTHENTICATOR(wanted, text, words) \
	{ .name = "authenticator", .type = TEL__KEY_STRING, .offset = offsetof(tel__auth_options, authenticator), \
	  .role = (wanted), .bad = (text), .help = (words) }
#define NOT_HTTP_CLIENT "requested authenticator is not a HTTP client authenticator"
#define NOT_GRPC_CLIENT "requested authenticator is not a gRPC client authenticator"
#define NOT_SERVER "requested authenticator is not a server authenticator"
#define SIGNS "id of the extension that signs requests"
#define CHECKS "id of the extension that checks requests"

static const tel__key http_client_keys[] = { AUTHENTICATOR(TEL__ROLE_AUTH_CLIENT, NOT_HTTP_CLIENT, SIGNS) };
static const tel__key grpc_client_keys[] = { AUTHENTICATOR(TEL__ROLE_AUTH_CLIENT, NOT_GRPC_CLIENT, SIGNS) };
static const tel__key grpc_server_keys[] = { AUTHENTICATOR(TEL__ROLE_AUTH_SERVER, NOT_SERVER, CHECKS) };
static const tel__key http_server_keys[] = {
	AUTHENTICATOR(TEL__ROLE_AUTH_SERVER, NOT_SERVER, CHECKS),
	{ .name = "request_params", .type = TEL__KEY_IGNORED, .help = "accepted; credentials in a query are not looked at" },
};

#define TABLE(name, keys) \
	const tel__key_table name = { "configauth.Config", sizeof(tel__auth_options), keys, TEL__KEY_COUNT(keys), NULL }
TABLE(tel__auth_http_client_keys, http_client_keys);
TABLE(tel__auth_grpc_client_keys, grpc_client_keys);
TABLE(tel__auth_grpc_server_keys, grpc_server_keys);
const tel__key_table tel__auth_http_server_keys = { "confighttp.AuthConfig", sizeof(tel__auth_options), http_server_keys,
	                                            TEL__KEY_COUNT(http_server_keys), NULL };

/* ---- finding ---- */

static tel_err find(const tel__auth_book *book, tel_slice id, const tel__auth **ret_auth, tel_error *err)
{
	char shown[128];

	*ret_auth = book && book->find ? book->find(book->user, id) : NULL;
	return *ret_auth ? TEL_OK : tel__fail(err, TEL_ERR_CONFIG, "failed to resolve authenticator \"%s\": authenticator not found",
	                                      tel__slice_printable(id, shown, sizeof(shown)));
}

tel_err tel__auth_for_client(const tel__auth_book *book, const tel__auth_options *o, bool grpc, bool encrypted,
                             const tel__auth **ret_auth, tel_error *err)
{
	const tel__auth *auth;
	tel_err rc;

	*ret_auth = NULL;
	if (!o)
		return TEL_OK;
	rc = find(book, o->authenticator, &auth, err);
	if (rc != TEL_OK)
		return rc;
	if (!auth->client)
		return tel__fail(err, TEL_ERR_CONFIG, "%s", grpc ? NOT_GRPC_CLIENT : NOT_HTTP_CLIENT);
	if (grpc && !encrypted)
		return tel__fail(err, TEL_ERR_CONFIG, "grpc: the credentials require transport level security");
	*ret_auth = auth;
	return TEL_OK;
}

tel_err tel__auth_for_server(const tel__auth_book *book, const tel__auth_options *o, const tel__auth **ret_auth,
                             tel_error *err)
{
	const tel__auth *auth;
	tel_err rc;

	*ret_auth = NULL;
	if (!o)
		return TEL_OK;
	rc = find(book, o->authenticator, &auth, err);
	if (rc == TEL_OK && !auth->server)
		rc = tel__fail(err, TEL_ERR_CONFIG, NOT_SERVER);
	if (rc == TEL_OK)
		*ret_auth = auth;
	return rc;
}

/* ---- header values ---- */

/* tchar of RFC 9110, 5.6.2. */
static bool is_token(tel_slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!alnum && (c == 0 || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return name.len > 0;
}

tel_err tel__header_clean(tel_slice name, tel_slice *value, bool *ret_trimmed, tel_error *err)
{
	size_t len = value->len;
	char shown[80];

	tel__slice_printable(name, shown, sizeof(shown));
	if (!is_token(name))
		return tel__fail(err, TEL_ERR_ARG, "\"%s\" is not the name of a header", shown);
	if (len && value->ptr[len - 1] == '\n')
		len -= len > 1 && value->ptr[len - 2] == '\r' ? 2 : 1;
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)value->ptr[i] < ' ' && value->ptr[i] != '\t') || value->ptr[i] == 0x7f)
			return tel__fail(err, TEL_ERR_ARG, "the value of header \"%s\" holds a control character at byte %zu", shown, i);
	*ret_trimmed = len < value->len;
	value->len = len;
	return TEL_OK;
}

void tel__text_mask(char *text, size_t len, tel_slice secret)
{
	if (secret.len < TEL__MASKED_BYTES)
		return;
	for (size_t i = 0; i + secret.len <= len; i++)
		if (memcmp(text + i, secret.ptr, secret.len) == 0)
			memset(text + i, '*', secret.len);
}

void tel__text_mask_header(char *text, size_t len, tel_slice value)
{
	size_t blank = tel__slice_find(value, ' ');

	tel__text_mask(text, len, value);
	if (blank < value.len)
		tel__text_mask(text, len, tel__slice_sub(value, blank + 1, value.len - blank - 1));
}
