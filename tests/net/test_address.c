/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints as people write them, for listeners and for clients. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/address.h"
#include "net/fake_clock.h"
#include "net/stream.h"
#include "seams/cm.h"
#include "sink/otlp_options.h"

typedef struct row {
	const char *endpoint;
	const char *host; /* NULL: refused, */
	unsigned port;
	const char *why;  /* in these words, */
	const char *grpc; /* and by the gRPC exporter in Go's; NULL = it is taken there too */
} row;

static const row rows[] = {
	{ "127.0.0.1:4317", "127.0.0.1", 4317, NULL, NULL },
	{ ":4317", "", 4317, NULL, NULL },
	{ "localhost:4317", "localhost", 4317, NULL, NULL },
	{ "otel-gateway.kyma-system:4317", "otel-gateway.kyma-system", 4317, NULL, NULL },
	{ "[::]:4317", "::", 4317, NULL, NULL },
	{ "[::1]:4317", "::1", 4317, NULL, NULL },
	{ "[fd00::1]:4317", "fd00::1", 4317, NULL, NULL },
	{ "[fe80::1%eth0]:4317", "fe80::1%eth0", 4317, NULL, NULL },
	{ "[fe80::1%7]:4317", "fe80::1%7", 4317, NULL, NULL },
	{ "[::ffff:10.0.0.1]:4317", "::ffff:10.0.0.1", 4317, NULL, NULL },
	/* ${MY_POD_IP}:4317 */
	{ "fd00::1:4317", "fd00::1", 4317, NULL, NULL },
	{ "2001:db8:1:2:3:4:5:6:4317", "2001:db8:1:2:3:4:5:6", 4317, NULL, NULL },
	{ ":::4317", "::", 4317, NULL, NULL },
	{ "::1:4317", "::1", 4317, NULL, NULL },
	{ "fe80::1%eth0:4317", "fe80::1%eth0", 4317, NULL, NULL },
	{ "::ffff:10.0.0.1:4317", "::ffff:10.0.0.1", 4317, NULL, NULL },
	{ "0.0.0.0:0", "0.0.0.0", 0, NULL, NULL },
	/* refused */
	{ "", NULL, 0, "has no port", "address : missing port in address" },
	{ "localhost", NULL, 0, "has no port", "address localhost: missing port in address" },
	{ "4317", NULL, 0, "has no port", "address 4317: missing port in address" },
	{ "[::1]", NULL, 0, "the port must be a number from 0 to 65535", "address [::1]: missing port in address" },
	{ "[::1", NULL, 0, "\"host:port\" or \"[IPv6 address]:port\" is needed", "address [::1: missing ']' in address" },
	{ "localhost:", NULL, 0, "the port must be a number from 0 to 65535", "invalid port \"\"" },
	{ "localhost:65536", NULL, 0, "the port must be a number from 0 to 65535", "invalid port \"65536\"" },
	{ "localhost:-1", NULL, 0, "the port must be a number from 0 to 65535", "invalid port \"-1\"" },
	{ "localhost:http", NULL, 0, "the port must be a number from 0 to 65535", "invalid port \"http\"" },
	{ "a:b:4317", NULL, 0, "\"host:port\" or \"[IPv6 address]:port\" is needed", "address a:b:4317: too many colons in address" },
	{ "fd00::1", NULL, 0, "\"host:port\" or \"[IPv6 address]:port\" is needed", "address fd00::1: too many colons in address" },
	{ "fd00::1::4317", NULL, 0, "\"host:port\" or \"[IPv6 address]:port\" is needed",
	  "address fd00::1::4317: too many colons in address" },
	{ "1:2:3:4:5:6:7:8:9:4317", NULL, 0, "\"host:port\" or \"[IPv6 address]:port\" is needed",
	  "address 1:2:3:4:5:6:7:8:9:4317: too many colons in address" },
	{ "fe80::1%:4317", NULL, 0, "\"host:port\" or \"[IPv6 address]:port\" is needed",
	  "address fe80::1%:4317: too many colons in address" },
	{ "[::1]]:4317", NULL, 0, "what stands in the brackets is no IPv6 address", "" },
	{ "[localhost]:4317", NULL, 0, "what stands in the brackets is no IPv6 address", "" },
	{ "[127.0.0.1]:4317", NULL, 0, "what stands in the brackets is no IPv6 address", "" },
	{ "[]:4317", NULL, 0, "what stands in the brackets is no IPv6 address", "" },
	{ "127.0.0.1%eth0:4317", "127.0.0.1%eth0", 4317, NULL, NULL }, /* a name, which no resolver knows */
};

static void endpoint_is_cut_or_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const row *r = &rows[i];
		tel_error err = TEL_ERROR_INIT;
		tel_slice host = { NULL, 0 };
		uint16_t port = 0;
		tel_err rc = tel__address_split(tel__slice_str(r->endpoint), &host, &port, &err);
		if (!r->host && (rc != TEL_ERR_ARG || !strstr(err.msg, r->why)))
			fail_msg("\"%s\": %d, %s", r->endpoint, (int)rc, err.msg);
		if (r->host && (rc != TEL_OK || !tel__slice_is(host, r->host) || port != r->port))
			fail_msg("\"%s\": %d, %s, host \"" TEL_SLICE_FMT "\"", r->endpoint, (int)rc, err.msg, TEL_SLICE_ARG(host));
	}
}

static void grpc_endpoint_follows_with_the_words_of_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const row *r = &rows[i];
		tel_error err = TEL_ERROR_INIT;
		tel_slice host = { NULL, 0 };
		uint16_t port = 0;
		tel_err rc = tel__grpc_endpoint_split(tel__slice_str(r->endpoint), &host, &port, &err);
		if (r->grpc && r->grpc[0] && (rc != TEL_ERR_ARG || strcmp(err.msg, r->grpc) != 0))
			fail_msg("\"%s\": %d, %s", r->endpoint, (int)rc, err.msg);
		if (!r->grpc && (rc != TEL_OK || !tel__slice_is(host, r->host) || port != r->port))
			fail_msg("\"%s\": %d, %s", r->endpoint, (int)rc, err.msg);
	}
}

static void literal_is_an_address_with_its_zone(void **state)
{
	char text[128];
	tel__address a;
	(void)state;
	assert_true(tel__address_literal(TEL_SLICE_LIT("fe80::1%1"), 80, &a));
	assert_int_equal(a.u.in6.sin6_scope_id, 1);
	assert_int_equal(a.u.in6.sin6_port, htons(80));
	assert_non_null(if_indextoname(1, text));
	char zoned[160];
	snprintf(zoned, sizeof zoned, "fe80::1%%%s", text);
	assert_true(tel__address_literal(tel__slice_str(zoned), 80, &a));
	assert_int_equal(a.u.in6.sin6_scope_id, 1);
	assert_false(tel__address_literal(TEL_SLICE_LIT("fe80::1%nosuchif0"), 80, &a));
	assert_true(tel__address_is_v6_text(TEL_SLICE_LIT("fe80::1%nosuchif0"))); /* the form only */
	assert_false(tel__address_literal(TEL_SLICE_LIT("fe80::1%"), 80, &a));
	assert_false(tel__address_literal(TEL_SLICE_LIT("fe80::1%99999999999"), 80, &a));
	assert_false(tel__address_literal(TEL_SLICE_LIT("10.0.0.1%1"), 80, &a));
	assert_false(tel__address_literal(TEL_SLICE_LIT("localhost"), 80, &a));
	assert_false(tel__address_literal((tel_slice){ "10.0.0.1\0", 9 }, 80, &a));
	memset(text, '1', sizeof text);
	assert_false(tel__address_literal((tel_slice){ text, sizeof text }, 80, &a));
	assert_false(tel__address_is_v6_text(TEL_SLICE_LIT("10.0.0.1")));
}

/* ---- who reaches whom ---- */

static void on_accept(void *user, tel__stream *s)
{
	(*(unsigned *)user)++;
	tel__stream_free(s);
}

static bool reaches(tel_ctx *ctx, const char *to, unsigned port, const unsigned *accepted)
{
	unsigned before = *accepted;
	tel__address a;
	assert_true(tel__address_literal(tel__slice_str(to), (uint16_t)port, &a));
	int fd = socket(a.u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool connected = connect(fd, &a.u.sa, a.len) == 0;
	for (int i = 0; i < 5; i++)
		(void)tel_ctx_run_once(ctx, 0);
	close(fd);
	assert_int_equal(*accepted, before + connected);
	return connected;
}

static void listener_serves_the_families_that_its_endpoint_names(void **state)
{
	static const struct {
		const char *endpoint;
		bool v4, v6;
	} doors[] = {
		{ ":0", true, true },
		{ "[::]:0", true, true },
		{ ":::0", true, true },
		{ "0.0.0.0:0", true, true }, /* as Go: an unspecified address is all of them */
		{ "localhost:0", true, true },
		{ "127.0.0.1:0", true, false },
		{ "[::1]:0", false, true },
		{ "::1:0", false, true },
		{ "[::1%1]:0", false, true },
	};
	int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	tel__address any;
	tel_ctx *ctx;
	(void)state;
	assert_true(tel__address_literal(TEL_SLICE_LIT("::1"), 0, &any));
	bool has_v6 = probe >= 0 && bind(probe, &any.u.sa, any.len) == 0;
	if (probe >= 0)
		close(probe);
	assert_ok(tel_ctx_new(NULL, &ctx, NULL));
	for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++) {
		tel_error err = TEL_ERROR_INIT;
		tel__listener *l;
		unsigned accepted = 0;
		if (!has_v6 && !doors[i].v4)
			continue;
		if (tel__listener_new(ctx, tel__slice_str(doors[i].endpoint), on_accept, &accepted, &l, &err) != TEL_OK)
			fail_msg("%s: %s", doors[i].endpoint, err.msg);
		if (reaches(ctx, "127.0.0.1", tel__listener_port(l), &accepted) != doors[i].v4 ||
		    reaches(ctx, "::1", tel__listener_port(l), &accepted) != (doors[i].v6 && has_v6))
			fail_msg("%s serves other families", doors[i].endpoint);
		tel__listener_free(l);
	}
	tel_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoint_is_cut_or_refused_with_a_reason),
		cmocka_unit_test(grpc_endpoint_follows_with_the_words_of_go),
		cmocka_unit_test(literal_is_an_address_with_its_zone),
		cmocka_unit_test(listener_serves_the_families_that_its_endpoint_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
