/* SPDX-License-Identifier: Apache-2.0 */
/* Which proxy a connection takes. The rows of rules follow golang.org/x/net/http/httpproxy. */
#include <stdio.h>

#include "base/url.h"
#include "net/proxy.h"
#include "seams/cm.h"
#include "seams/failalloc.h"
#include "torture/torture.h"

static const struct {
	const char *url;
	tel__proxy_kind kind;
	const char *host;
	unsigned port;
	const char *user, *password; /* NULL: none */
	const char *curl;
} good[] = {
	{ "http://gate.test:3128", TEL__PROXY_HTTP, "gate.test", 3128, NULL, NULL, "http://gate.test:3128" },
	{ "gate.test:3128", TEL__PROXY_HTTP, "gate.test", 3128, NULL, NULL, "http://gate.test:3128" },
	{ "gate.test", TEL__PROXY_HTTP, "gate.test", 80, NULL, NULL, "http://gate.test:80" },
	{ "HTTP://gate.test/", TEL__PROXY_HTTP, "gate.test", 80, NULL, NULL, "http://gate.test:80" },
	{ "http://10.0.0.1:1/some/path", TEL__PROXY_HTTP, "10.0.0.1", 1, NULL, NULL, "http://10.0.0.1:1" },
	{ "http://[fd00::1]:8080", TEL__PROXY_HTTP, "fd00::1", 8080, NULL, NULL, "http://[fd00::1]:8080" },
	{ "http://[fd00::1]", TEL__PROXY_HTTP, "fd00::1", 80, NULL, NULL, "http://[fd00::1]:80" },
	{ "http://fd00::1:8080", TEL__PROXY_HTTP, "fd00::1", 8080, NULL, NULL, "http://[fd00::1]:8080" },
	{ "socks5://gate.test", TEL__PROXY_SOCKS5, "gate.test", 1080, NULL, NULL, "socks5h://gate.test:1080" },
	{ "socks5h://gate.test:9", TEL__PROXY_SOCKS5, "gate.test", 9, NULL, NULL, "socks5h://gate.test:9" },
	{ "http://me:secret@gate.test:1", TEL__PROXY_HTTP, "gate.test", 1, "me", "secret", "http://gate.test:1" },
	{ "http://me@gate.test:1", TEL__PROXY_HTTP, "gate.test", 1, "me", "", "http://gate.test:1" },
	{ "http://a%40b:p%3a%2F%25@gate.test:1", TEL__PROXY_HTTP, "gate.test", 1, "a@b", "p:/%", "http://gate.test:1" },
	{ "http://me:a@b@gate.test:1", TEL__PROXY_HTTP, "gate.test", 1, "me", "a@b", "http://gate.test:1" },
	{ "me:s3@gate.test:1", TEL__PROXY_HTTP, "gate.test", 1, "me", "s3", "http://gate.test:1" },
};

static void url_of_a_proxy_is_taken_apart(void **state)
{
	(void)state;
	failalloc mem;
	failalloc_init(&mem);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		tel_error err = TEL_ERROR_INIT;
		tel__proxy p;
		if (tel__proxy_init(&p, &mem.alloc, tel__slice_str(good[i].url), &err) != TEL_OK)
			fail_msg("%s: %s", good[i].url, err.msg);
		assert_int_equal(p.kind, good[i].kind);
		assert_slice(p.host, good[i].host);
		assert_int_equal(p.port, good[i].port);
		assert_string_equal(p.url, good[i].curl);
		assert_int_equal(p.user.ptr != NULL, good[i].user != NULL);
		if (good[i].user) {
			assert_string_equal(p.user.ptr, good[i].user);
			assert_string_equal(p.password.ptr, good[i].password);
		}
		tel__proxy_fini(&p, &mem.alloc);
	}
	assert_true(failalloc_is_clean(&mem));
}

static void what_is_no_proxy_is_refused_without_its_password(void **state)
{
	static const struct {
		const char *url;
		tel_err code;
		const char *why;
	} bad[] = {
		{ "https://me:canary@gate.test", TEL_ERR_UNSUPPORTED,
		  "proxy \"https://me:xxxxx@gate.test\": its scheme is none of http, socks5 and socks5h" },
		{ "ftp://gate.test", TEL_ERR_UNSUPPORTED, "proxy \"ftp://gate.test\": its scheme is none of http, socks5 and socks5h" },
		{ "http://", TEL_ERR_ARG, "proxy \"http://\": there is no host" },
		{ "http://me:canary@", TEL_ERR_ARG, "proxy \"http://me:xxxxx@\": there is no host" },
		{ "http://me:canary@gate.test:0", TEL_ERR_ARG, "proxy \"http://me:xxxxx@gate.test:0\": the address is not host:port" },
		{ "http://gate.test:70000", TEL_ERR_ARG, "proxy \"http://gate.test:70000\": the address is not host:port" },
		{ "http://[::1", TEL_ERR_ARG, "proxy \"http://[::1\": the address is not host:port" },
		{ "http://[gate.test]", TEL_ERR_ARG, "proxy \"http://[gate.test]\": there is no host" },
		{ "http://pro xy", TEL_ERR_ARG, "proxy \"http://pro xy\": the host holds characters that a host may not hold" },
		{ "http://me:can%0aary@gate.test", TEL_ERR_ARG,
		  "proxy \"http://me:xxxxx@gate.test\": user or password are not percent-encoded text" },
		{ "http://me:canary%2@gate.test", TEL_ERR_ARG,
		  "proxy \"http://me:xxxxx@gate.test\": user or password are not percent-encoded text" },
		{ "http://a%3ab:canary@gate.test", TEL_ERR_ARG, "proxy \"http://a%3ab:xxxxx@gate.test\": the user holds a colon" },
	};
	(void)state;
	failalloc mem;
	failalloc_init(&mem);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		tel_error err = TEL_ERROR_INIT;
		tel__proxy p;
		tel_err rc = tel__proxy_init(&p, &mem.alloc, tel__slice_str(bad[i].url), &err);
		if (rc != bad[i].code || strcmp(err.msg, bad[i].why) != 0)
			fail_msg("%s: %d, %s", bad[i].url, (int)rc, err.msg);
		assert_null(strstr(err.msg, "canary"));
	}
	assert_true(failalloc_is_clean(&mem));
}

static void shown_url_has_no_password(void **state)
{
	static const char *const rows[][2] = {
		{ "http://me:canary@h/", "http://me:xxxxx@h/" },
		{ "http://me:c@nary@h:1", "http://me:xxxxx@h:1" },
		{ "me:canary@h:1", "me:xxxxx@h:1" },
		{ "http://:canary@h", "http://:xxxxx@h" },
		{ "http://me:@h", "http://me:@h" },
		{ "http://me@h:1", "http://me@h:1" },
		{ "http://h:1/a:b@c", "http://h:1/a:b@c" },
		{ "http://h", "http://h" },
		{ "http://h?key=canary", "http://h" },
		{ "http://me:canary@h/p?a@b", "http://me:xxxxx@h/p" },
		{ "", "" },
		{ "@", "@" },
		{ ":@", ":@" },
		{ "://", "://" },
	};
	char out[64];
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_slice(tel__url_redacted(tel__slice_str(rows[i][0]), out, sizeof out), rows[i][1]);
	assert_slice(tel__url_redacted(TEL_SLICE_LIT("http://me:canary@host.test"), out, 20), "...");
}

/* D = directly, H = by HTTP_PROXY, S = by HTTPS_PROXY. */
static const struct {
	const char *none, *url;
	char way;
} ways[] = {
	{ "", "http://example.test/", 'H' },
	{ "", "https://example.test/", 'S' },
	{ "", "HTTPS://example.test/", 'S' },
	{ "", "ftp://example.test/", 'D' },
	{ "", "http://localhost/", 'D' },
	{ "", "http://LocalHost:4318/", 'D' },
	{ "", "http://127.0.0.1/", 'D' },
	{ "", "http://127.9.9.9:1/", 'D' },
	{ "", "http://[::1]:4318/", 'D' },
	{ "", "http://[::ffff:127.0.0.1]/", 'D' },
	{ "", "http://128.0.0.1/", 'H' },
	{ "", "http://localhost.test/", 'H' },
	{ "*", "http://example.test/", 'D' },
	{ "a, * ,b", "https://example.test/", 'D' },
	{ "example.test", "http://example.test/", 'D' },
	{ "example.test", "http://www.example.test:8080/x", 'D' },
	{ "example.test", "http://notexample.test/", 'H' },
	{ "example.test", "http://example.test.org/", 'H' },
	{ "EXAMPLE.test", "http://Example.TEST/", 'D' },
	{ ".example.test", "http://example.test/", 'H' },
	{ ".example.test", "http://a.example.test/", 'D' },
	{ "*.example.test", "http://a.example.test/", 'D' },
	{ "*.example.test", "http://example.test/", 'H' },
	{ "example.test:4318", "http://example.test:4318/", 'D' },
	{ "example.test:4318", "http://example.test/", 'H' },
	{ "example.test:80", "http://example.test/", 'D' },
	{ "example.test:443", "https://a.example.test/", 'D' },
	{ "example.test:443", "http://a.example.test/", 'H' },
	{ "10.0.0.0/8", "http://10.1.2.3/", 'D' },
	{ "10.0.0.0/8", "http://11.1.2.3/", 'H' },
	{ "10.0.0.0/8", "http://10.test/", 'H' },
	{ "10.128.0.0/9", "http://10.127.255.255/", 'H' },
	{ "10.128.0.0/9", "http://10.128.0.1/", 'D' },
	{ "0.0.0.0/0", "http://8.8.8.8/", 'D' },
	{ "0.0.0.0/0", "http://[fd00::1]/", 'H' },
	{ "::/0", "http://8.8.8.8/", 'H' },
	{ "fd00::/8", "http://[fd12::1]:4318/", 'D' },
	{ "fd00::/8", "http://[fe80::1]/", 'H' },
	{ "10.0.0.1", "http://10.0.0.1:1/", 'D' },
	{ "10.0.0.1:2", "http://10.0.0.1:1/", 'H' },
	{ "10.0.0.1:1", "http://10.0.0.1:1/", 'D' },
	{ "[fd00::1]:1", "http://[fd00::1]:1/", 'D' },
	{ "[fd00::1]:2", "http://[fd00::1]:1/", 'H' },
	{ "fd00::1", "http://[fd00::1]:1/", 'D' },
	{ "::ffff:10.0.0.1", "http://10.0.0.1/", 'D' },
	{ " a.test ,, b.test ", "http://b.test/", 'D' },
	{ ":80,.,10.0.0.0/33,x/y,[", "http://b.test/", 'H' },
	{ "example.test", "http://user:pass@example.test/", 'D' },
	{ "example.test", "http://example.test?x", 'D' },
	{ "example.test", "http://other.test?@example.test/", 'H' },
};

static void rules_are_those_of_go(void **state)
{
	(void)state;
	failalloc mem;
	failalloc_init(&mem);
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		const tel_proxies texts = { TEL_SLICE_LIT("plain.test:1"), TEL_SLICE_LIT("http://secure.test:2"), tel__slice_str(ways[i].none) };
		tel__proxies *p;
		assert_ok(tel__proxies_new(&mem.alloc, &texts, &p, NULL));
		const tel__proxy *to = tel__proxies_for_url(p, tel__slice_str(ways[i].url));
		char way = !to ? 'D' : to->port == 1 ? 'H' : 'S';
		if (way != ways[i].way)
			fail_msg("NO_PROXY=%s, %s: %c", ways[i].none, ways[i].url, way);
		tel__proxies_free(p);
	}
	assert_true(failalloc_is_clean(&mem));
}

static void without_a_proxy_there_are_no_rules(void **state)
{
	tel_proxies texts = { { NULL, 0 }, { NULL, 0 }, TEL_SLICE_LIT("a,b") };
	tel__proxies *p;
	tel_error err = TEL_ERROR_INIT;
	failalloc mem;
	(void)state;
	failalloc_init(&mem);
	assert_ok(tel__proxies_new(&mem.alloc, &texts, &p, NULL));
	assert_null(p);
	assert_null(tel__proxies_for(p, true, TEL_SLICE_LIT("a"), 1));
	texts.http = TEL_SLICE_LIT("gate.test");
	assert_ok(tel__proxies_new(&mem.alloc, &texts, &p, NULL));
	assert_null(tel__proxies_for(p, true, TEL_SLICE_LIT("c"), 1)); /* no HTTPS_PROXY */
	assert_non_null(tel__proxies_for(p, false, TEL_SLICE_LIT("c"), 1));
	tel__proxies_free(p);
	texts.https = TEL_SLICE_LIT("https://x:canary@gate.test");
	assert_err(tel__proxies_new(&mem.alloc, &texts, &p, &err), TEL_ERR_UNSUPPORTED);
	assert_string_equal(err.msg, "HTTPS_PROXY: proxy \"https://x:xxxxx@gate.test\": its scheme is none of http, socks5 and "
	                             "socks5h");
	assert_true(failalloc_is_clean(&mem));
}

static tel_err all_of_it(const tel_alloc *alloc, void *user)
{
	const tel_proxies texts = { TEL_SLICE_LIT("http://a:b@plain.test:1"), TEL_SLICE_LIT("secure.test:2"), TEL_SLICE_LIT("x,10.0.0.0/8") };
	tel__proxies *p = NULL;
	(void)user;
	tel_err rc = tel__proxies_new(alloc, &texts, &p, NULL);
	if (rc == TEL_OK)
		assert_non_null(tel__proxies_for_url(p, TEL_SLICE_LIT("http://y/")));
	tel__proxies_free(p);
	return rc;
}

static void rules_survive_the_loss_of_any_allocation(void **state)
{
	(void)state;
	torture_alloc(all_of_it, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(url_of_a_proxy_is_taken_apart),
		cmocka_unit_test(what_is_no_proxy_is_refused_without_its_password),
		cmocka_unit_test(shown_url_has_no_password),
		cmocka_unit_test(rules_are_those_of_go),
		cmocka_unit_test(without_a_proxy_there_are_no_rules),
		cmocka_unit_test(rules_survive_the_loss_of_any_allocation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
