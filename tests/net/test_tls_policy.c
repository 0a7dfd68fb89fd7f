/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL as the system configures it: properties of algorithms, the FIPS provider. OpenSSL reads its configuration once
 * per process, so each case is a process of its own: this program again, with OPENSSL_CONF.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "net/fake_clock.h"
#include "net/tls.h"
#include "net/tls_certs.h"
#include "seams/cm.h"

/* ---- the child ---- */

typedef struct side {
	tel__tls_ctx *tls;
	tel__stream *s;
	unsigned done;
} side;

static void on_done(void *user, tel__stream *s, unsigned alpn, const tel_error *err)
{
	side *e = user;
	(void)alpn;
	e->done++;
	e->s = s;
	if (err)
		printf("handshake: %s\n", err->msg);
}

static const char *offered(const char *name)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	EVP_MD_free(md);
	return md ? "yes" : "no";
}

static void handshake(tel_ctx *ctx, side *server, side *client)
{
	tel__tls_handshake *h;
	side *sides[] = { server, client };
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	for (int i = 0; i < 2; i++) {
		tel__stream *below;
		assert_ok(tel__stream_from_fd(ctx, fds[i], "peer", &below, NULL));
		assert_ok(tel__tls_start(sides[i]->tls, below, TEL_SLICE_LIT("node.test"), TEL__TLS_H2, on_done, sides[i], &h, NULL));
	}
	for (int i = 0; i < 1000 && !(server->done && client->done); i++)
		(void)tel_ctx_run_once(ctx, 1000000);
	printf("tls %s\n", server->s && client->s ? "yes" : "no");
	tel__stream_free(server->s);
	tel__stream_free(client->s);
}

static int child(void)
{
	tel_ctx *ctx;
	tel_error err = TEL_ERROR_INIT;
	side server = { NULL, NULL, 0 }, client = { NULL, NULL, 0 };
	const char *files = getenv("TEL_POLICY_FILES");
	char cert[256], key[256];
	snprintf(cert, sizeof cert, "%s.crt", files);
	snprintf(key, sizeof key, "%s.key", files);
	tel__tls_options so = { .cert_file = tel__slice_str(cert), .key_file = tel__slice_str(key) };
	tel__tls_options co = { .ca_file = tel__slice_str(cert) };
	assert_ok(tel_ctx_new(NULL, &ctx, NULL));
	printf("md4 %s md5 %s sha256 %s\n", offered("MD4"), offered("MD5"), offered("SHA256"));
	if (tel__tls_server_new(ctx, &so, &server.tls, &err) == TEL_OK && tel__tls_client_new(ctx, &co, &client.tls, &err) == TEL_OK)
		handshake(ctx, &server, &client);
	else
		printf("refused %d: %s\n", (int)err.code, err.msg);
	tel__tls_free(server.tls);
	tel__tls_free(client.tls);
	tel_ctx_free(ctx);
	return 0;
}

/* ---- the cases ---- */

static const char *self; /* this program */
static char files[] = "/tmp/tel-policy-XXXXXX";

static void write_text(const char *suffix, const char *text, char path[256])
{
	snprintf(path, 256, "%s%s", files, suffix);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* What the child says under this configuration. */
static const char *under(const char *providers, const char *properties)
{
	static char out[4096];
	char conf[256], text[1024];
	int fds[2];
	size_t len = 0;
	ssize_t n;
	snprintf(text, sizeof text, "openssl_conf = init\n[init]\nproviders = providers\nalg_section = algorithms\n[providers]\n%s\n"
	                            "[active]\nactivate = 1\n[algorithms]\ndefault_properties = %s\n", providers, properties);
	write_text(".cnf", text, conf);
	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	if (pid == 0) {
		setenv("OPENSSL_CONF", conf, 1);
		setenv("TEL_POLICY_FILES", files, 1);
		dup2(fds[1], STDOUT_FILENO);
		execl(self, self, "child", (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	while (len < sizeof out - 1 && (n = read(fds[0], out + len, sizeof out - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = 0;
	close(fds[0]);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("the child ended with %d: %s", status, out);
	return out;
}

static void properties_of_the_system_decide_about_algorithms_and_tls_works(void **state)
{
	(void)state;
	const char *out = under("default = active\nlegacy = active", "provider=default");
	if (!strstr(out, "md4 no md5 yes sha256 yes\n") || !strstr(out, "tls yes\n"))
		fail_msg("%s", out);
}

static void policy_that_leaves_nothing_is_an_error_that_says_so(void **state)
{
	(void)state;
	const char *out = under("default = active", "fips=yes");
	if (!strstr(out, "md4 no md5 no sha256 no\n") || !strstr(out, "refused") || strstr(out, "tls yes"))
		fail_msg("%s", out);
	assert_null(strstr(out, "memory"));
	assert_non_null(strstr(out, "failed to load TLS config: OpenSSL as this system configures it does not offer "));
}

static void fips_provider_is_enough(void **state)
{
	(void)state;
	OSSL_PROVIDER *fips = OSSL_PROVIDER_try_load(NULL, "fips", 1);
	if (!fips) {
		print_message("no FIPS module on this machine\n");
		skip();
	}
	OSSL_PROVIDER_unload(fips);
	const char *out = under("fips = active\nbase = active", "fips=yes");
	if (!strstr(out, "md4 no md5 no sha256 yes\n") || !strstr(out, "tls yes\n"))
		fail_msg("%s", out);
}

static int set_up(void **state)
{
	char path[256];
	tls_pair pair;
	(void)state;
	close(mkstemp(files));
	tls_pair_make(&pair, &(tls_spec){ "node", "DNS:node.test", .ca = true }, (uint64_t)time(NULL));
	write_text(".crt", pair.cert_pem, path);
	write_text(".key", pair.key_pem, path);
	tls_pair_free(&pair);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const suffixes[] = { "", ".cnf", ".crt", ".key" };
	char path[256];
	(void)state;
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		snprintf(path, sizeof path, "%s%s", files, suffixes[i]);
		unlink(path);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(properties_of_the_system_decide_about_algorithms_and_tls_works),
		cmocka_unit_test(policy_that_leaves_nothing_is_an_error_that_says_so),
		cmocka_unit_test(fips_provider_is_enough),
	};
	self = argv[0];
	if (argc > 1 && strcmp(argv[1], "child") == 0)
		return child();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
