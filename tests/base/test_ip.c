/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ip.h"
#include "base/slice_i.h"
#include "seams/cm.h"

static void a_peer_becomes_its_address(void **state)
{
	(void)state;
	const struct {
		const char *peer, *address;
	} rows[] = {
		{ "10.0.0.1", "10.0.0.1" }, { "10.0.0.1:4711", "10.0.0.1" }, { "[::1]:4711", "::1" }, { "::1", "::1" },
		{ "FD00:0:0:0:0:0:0:1", "fd00::1" }, { "[fe80::1%eth0]:1", "fe80::1" }, { "fe80::1%eth0", "fe80::1" },
		{ "[::ffff:10.0.0.1]:1", "10.0.0.1" }, { "::ffff:a00:1", "10.0.0.1" }, { "", "" }, { "host:1", "" }, { "10.0.0", "" },
		{ "010.0.0.1", "" }, { "[::1", "::1" }, { "unix", "" }, { ":1", "" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[TEL__IP_TEXT_MAX];
		size_t len = tel__ip_of_peer(tel__slice_str(rows[i].peer), out);
		assert_slice(((tel_slice){ out, len }), rows[i].address);
	}
}

static void only_a_bare_address_is_one(void **state)
{
	(void)state;
	assert_true(tel__ip_is(TEL_SLICE_LIT("10.0.0.1")));
	assert_true(tel__ip_is(TEL_SLICE_LIT("fd00::1")));
	assert_false(tel__ip_is(TEL_SLICE_LIT("10.0.0.1:1")));
	assert_false(tel__ip_is(TEL_SLICE_LIT("node-0")));
	assert_false(tel__ip_is(TEL_SLICE_LIT("")));
	assert_false(tel__ip_is((tel_slice){ "10.0.0.1\0x", 10 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_becomes_its_address),
		cmocka_unit_test(only_a_bare_address_is_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
