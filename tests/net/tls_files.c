/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/cm.h"

#include "net/tls_files.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void write_file(char *path, const char *dir, const char *name, const char *text)
{
	snprintf(path, 96, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

void tls_files_make(tls_files *c)
{
	uint64_t now = (uint64_t)time(NULL);
	tls_pair_make(&c->ca, &(tls_spec){ .cn = "ca", .ca = true }, now);
	tls_pair_make(&c->other_ca, &(tls_spec){ .cn = "other", .ca = true }, now);
	tls_pair_make(&c->server, &(tls_spec){ .cn = "server", .san = "DNS:localhost,IP:127.0.0.1", .issuer = &c->ca }, now);
	tls_pair_make(&c->client, &(tls_spec){ .cn = "client", .issuer = &c->ca }, now);
	snprintf(c->dir, sizeof(c->dir), "%s/telcertXXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(c->dir));
	write_file(c->ca_file, c->dir, "ca.pem", c->ca.cert_pem);
	write_file(c->other_file, c->dir, "other.pem", c->other_ca.cert_pem);
	write_file(c->cert_file, c->dir, "server.pem", c->server.cert_pem);
	write_file(c->key_file, c->dir, "server.key", c->server.key_pem);
	write_file(c->client_file, c->dir, "client.pem", c->client.cert_pem);
	write_file(c->client_key_file, c->dir, "client.key", c->client.key_pem);
}

void tls_files_free(tls_files *c)
{
	const char *const files[] = { c->ca_file, c->other_file, c->cert_file, c->key_file, c->client_file, c->client_key_file };
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		assert_int_equal(unlink(files[i]), 0);
	assert_int_equal(rmdir(c->dir), 0);
	tls_pair_free(&c->ca);
	tls_pair_free(&c->other_ca);
	tls_pair_free(&c->server);
	tls_pair_free(&c->client);
}
