/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_options.h"

#include <stddef.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"

#define AT(type, field) offsetof(type, field)

static const tel__key shared_keys[] = {
	{ .name = "ca_file", .type = TEL__KEY_STRING, .offset = AT(tel__tls_options, ca_file),
	  .help = "file with the authorities to trust" },
	{ .name = "ca_pem", .type = TEL__KEY_SECRET, .offset = AT(tel__tls_options, ca_pem),
	  .help = "the authorities to trust, as PEM text" },
	{ .name = "include_system_ca_certs_pool", .type = TEL__KEY_BOOL,
	  .offset = AT(tel__tls_options, include_system_ca_certs_pool), .help = "trust the system's authorities too" },
	{ .name = "cert_file", .type = TEL__KEY_STRING, .offset = AT(tel__tls_options, cert_file),
	  .help = "file with our certificate" },
	{ .name = "cert_pem", .type = TEL__KEY_SECRET, .offset = AT(tel__tls_options, cert_pem),
	  .help = "our certificate, as PEM text" },
	{ .name = "key_file", .type = TEL__KEY_STRING, .offset = AT(tel__tls_options, key_file),
	  .help = "file with our private key" },
	{ .name = "key_pem", .type = TEL__KEY_SECRET, .offset = AT(tel__tls_options, key_pem),
	  .help = "our private key, as PEM text" },
	{ .name = "min_version", .type = TEL__KEY_STRING, .offset = AT(tel__tls_options, min_version),
	  .help = "oldest TLS version; 1.2 when absent" },
	{ .name = "max_version", .type = TEL__KEY_STRING, .offset = AT(tel__tls_options, max_version),
	  .help = "newest TLS version" },
	{ .name = "cipher_suites", .type = TEL__KEY_STRINGS, .offset = AT(tel__tls_options, cipher_suites),
	  .help = "cipher suites to offer" },
	{ .name = "curve_preferences", .type = TEL__KEY_STRINGS, .offset = AT(tel__tls_options, curve_preferences),
	  .help = "curves to offer" },
	{ .name = "reload_interval", .type = TEL__KEY_DURATION, .offset = AT(tel__tls_options, reload_interval),
	  .help = "read certificate files again after this time" },
};

/* "" stands for the default; -1 = unknown. */
static int version_rank(tel_slice v, int absent)
{
	static const char *const names[] = { "1.0", "1.1", "1.2", "1.3" };
	if (v.len == 0)
		return absent;
	for (int i = 0; i < 4; i++)
		if (tel__slice_is(v, names[i]))
			return i;
	return -1;
}

static void check_version(const char *key, tel_slice v, void (*report)(void *, const char *, const char *), void *user)
{
	char msg[160], word[64], path[32];
	if (version_rank(v, 0) >= 0)
		return;
	snprintf(msg, sizeof msg, "invalid TLS %s: unsupported TLS version: \"%s\"", key,
	         tel__slice_printable(v, word, sizeof word));
	snprintf(path, sizeof path, "|%s", key);
	report(user, path, msg);
}

static void shared_check(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__tls_options *o = options;
	bool cert = o->cert_file.len || o->cert_pem.len, key = o->key_file.len || o->key_pem.len;
	if (o->ca_file.len && o->ca_pem.len)
		report(user, "|ca_pem", "provide either a CA file or the PEM-encoded string, but not both");
	if (o->cert_file.len && o->cert_pem.len)
		report(user, "|cert_pem", "provide either certificate file or PEM, but not both");
	if (o->key_file.len && o->key_pem.len)
		report(user, "|key_pem", "provide either key file or PEM, but not both");
	if (cert != key)
		report(user, cert ? "|cert_file" : "|key_file", "TLS configuration must include both certificate and key "
		                                                "(CertFile/CertPem and KeyFile/KeyPem)");
	check_version("min_version", o->min_version, report, user);
	check_version("max_version", o->max_version, report, user);
	int min = version_rank(o->min_version, 2), max = version_rank(o->max_version, 3);
	if (min >= 0 && max >= 0 && min > max)
		report(user, "|min_version", "invalid TLS configuration: min_version cannot be greater than max_version");
}

const tel__key_table tel__tls_shared_keys = { "configtls.Config", sizeof(tel__tls_options), shared_keys,
	                                     TEL__KEY_COUNT(shared_keys), shared_check };

static const tel__key client_keys[] = {
	{ .name = NULL, .type = TEL__KEY_SQUASH, .offset = 0, .section = &tel__tls_shared_keys },
	{ .name = "insecure", .type = TEL__KEY_BOOL, .offset = AT(tel__tls_options, insecure), .help = "no TLS" },
	{ .name = "insecure_skip_verify", .type = TEL__KEY_BOOL, .offset = AT(tel__tls_options, insecure_skip_verify),
	  .help = "do not verify the peer's certificate" },
	{ .name = "server_name_override", .type = TEL__KEY_STRING, .offset = AT(tel__tls_options, server_name_override),
	  .help = "name that the peer's certificate must carry" },
	{ .name = "tpm", .type = TEL__KEY_IGNORED, .help = "keys in a TPM are not offered" },
};
const tel__key_table tel__tls_keys = { "configtls.ClientConfig", sizeof(tel__tls_options), client_keys,
	                               TEL__KEY_COUNT(client_keys), NULL };

static const tel__key server_keys[] = {
	{ .name = NULL, .type = TEL__KEY_SQUASH, .offset = 0, .section = &tel__tls_shared_keys },
	{ .name = "client_ca_file", .type = TEL__KEY_STRING, .offset = AT(tel__tls_options, client_ca_file),
	  .help = "file with the authorities whose clients are let in; a client certificate becomes mandatory" },
	{ .name = "client_ca_file_reload", .type = TEL__KEY_BOOL, .offset = AT(tel__tls_options, client_ca_file_reload),
	  .help = "read client_ca_file again when it changes" },
	{ .name = "tpm", .type = TEL__KEY_IGNORED, .help = "keys in a TPM are not offered" },
};
const tel__key_table tel__tls_server_keys = { "configtls.ServerConfig", sizeof(tel__tls_options), server_keys,
	                                      TEL__KEY_COUNT(server_keys), NULL };
