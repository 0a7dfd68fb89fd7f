/* SPDX-License-Identifier: Apache-2.0 */
/* Digests: OpenSSL's, those of who offers none, and none at all. */
#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/slice_i.h"

static void hex(const uint8_t *bytes, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* RFC 1321 A.5, FIPS 180-4's examples: "abc", in one part, in several, and nothing. */
static void known_texts_have_their_known_digests(void **state)
{
	static const struct {
		tel_digest_kind kind;
		const char *abc, *nothing;
	} rows[] = {
		{ TEL_DIGEST_MD5, "900150983cd24fb0d6963f7d28e17f72", "d41d8cd98f00b204e9800998ecf8427e" },
		{ TEL_DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
		{ TEL_DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ TEL_DIGEST_SHA512,
		  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
		  "454d4423643ce80e2a9ac94fa54ca49f",
		  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f"
		  "63b931bd47417a81a538327af927da3e" },
	};
	const tel_slice whole[] = { TEL_SLICE_LIT("abc") };
	const tel_slice parts[] = { TEL_SLICE_LIT("a"), { NULL, 0 }, TEL_SLICE_LIT("bc") };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = tel__digest_size(rows[i].kind);
		uint8_t digest[TEL_DIGEST_MAX];
		char text[2 * TEL_DIGEST_MAX + 1];

		assert_ok(tel__digest(tel_crypto_openssl(), rows[i].kind, whole, 1, digest, NULL));
		hex(digest, size, text);
		assert_string_equal(text, rows[i].abc);
		assert_ok(tel__digest(tel_crypto_openssl(), rows[i].kind, parts, 3, digest, NULL));
		hex(digest, size, text);
		assert_string_equal(text, rows[i].abc);
		assert_ok(tel__digest(tel_crypto_openssl(), rows[i].kind, NULL, 0, digest, NULL));
		hex(digest, size, text);
		assert_string_equal(text, rows[i].nothing);
	}
}

static tel_err refuse(void *user, tel_digest_kind kind, const tel_slice *parts, size_t count, uint8_t *ret_digest)
{
	const tel_err *answer = user;

	(void)kind;
	(void)parts;
	(void)count;
	ret_digest[0] = 1;
	return *answer;
}

static void who_has_none_is_told_which(void **state)
{
	tel_err unsupported = TEL_ERR_UNSUPPORTED, nomem = TEL_ERR_NOMEM;
	const tel_crypto_ops empty = TEL_CRYPTO_OPS_INIT, small = { sizeof(size_t), refuse, NULL };
	const tel_crypto_ops policy = { sizeof(policy), refuse, &unsupported }, full = { sizeof(full), refuse, &nomem };
	const struct {
		const tel_crypto_ops *ops;
		tel_digest_kind kind;
		tel_err rc;
		const char *message;
	} rows[] = {
		{ NULL, TEL_DIGEST_SHA256, TEL_ERR_UNSUPPORTED, "SHA-256 is needed, and no cryptography was given (tel_crypto_ops)" },
		{ &empty, TEL_DIGEST_MD5, TEL_ERR_UNSUPPORTED, "MD5 is needed, and no cryptography was given (tel_crypto_ops)" },
		{ &small, TEL_DIGEST_SHA1, TEL_ERR_UNSUPPORTED, "SHA-1 is needed, and no cryptography was given (tel_crypto_ops)" },
		{ &policy, TEL_DIGEST_MD5, TEL_ERR_UNSUPPORTED, "MD5 is not offered here" },
		{ &policy, TEL_DIGEST_SHA512, TEL_ERR_UNSUPPORTED, "SHA-512 is not offered here" },
		{ tel_crypto_openssl(), (tel_digest_kind)77, TEL_ERR_UNSUPPORTED, "unknown is not offered here" },
		{ &full, TEL_DIGEST_SHA256, TEL_ERR_NOMEM, "out of memory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t digest[TEL_DIGEST_MAX] = { 0 };
		tel_error err = TEL_ERROR_INIT;

		assert_int_equal(tel__digest(rows[i].ops, rows[i].kind, NULL, 0, digest, &err), rows[i].rc);
		assert_string_equal(err.msg, rows[i].message);
		assert_int_equal(err.code, rows[i].rc);
		assert_int_equal(digest[0], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_texts_have_their_known_digests),
		cmocka_unit_test(who_has_none_is_told_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
