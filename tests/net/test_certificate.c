/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about certificates that are made while the test runs (kyma-metrics.md 6.4). */
#include "seams/cm.h"

#include <stdio.h>

#include <openssl/pem.h>

#include <telemetry/certificate.h>

#include "base/slice_i.h"
#include "net/tls_certs.h"

#define NOW UINT64_C(1767225600)
#define JUNK "-----BEGIN CERTIFICATE-----\nnot base64 at all!\n-----END CERTIFICATE-----\n"

static tls_pair ca, leaf, other;

static int make_certificates(void **state)
{
	tls_spec authority = { .cn = "an authority", .ca = true, .from_s = -100, .until_s = 5000 };
	tls_spec client = { .cn = "client", .issuer = &ca, .from_s = -50, .until_s = 1000 };
	tls_spec stranger = { .cn = "stranger", .rsa1024 = true };

	(void)state;
	tls_pair_make(&ca, &authority, NOW);
	tls_pair_make(&leaf, &client, NOW);
	tls_pair_make(&other, &stranger, NOW);
	return 0;
}

static int free_certificates(void **state)
{
	(void)state;
	tls_pair_free(&ca);
	tls_pair_free(&leaf);
	tls_pair_free(&other);
	return 0;
}

static tel_slice text(const char *s)
{
	return s ? tel__slice_str(s) : (tel_slice){ NULL, 0 };
}

static tel_certificate_facts read_all(const char *cert, const char *key, const char *authority)
{
	tel_certificate_facts f = TEL_CERTIFICATE_FACTS_INIT;

	assert_ok(tel_certificates_read(NULL, text(cert), text(key), text(authority), &f));
	return f;
}

static void a_pair_and_its_authority_are_known(void **state)
{
	tel_certificate_facts f = read_all(leaf.cert_pem, leaf.key_pem, ca.cert_pem);

	(void)state;
	assert_int_equal(f.cert, TEL_PEM_READ);
	assert_int_equal(f.key, TEL_PEM_READ);
	assert_int_equal(f.ca, TEL_PEM_READ);
	assert_true(f.key_matches);
	assert_true(f.ca_is_ca);
	assert_int_equal(f.cert_not_before_s, NOW - 50);
	assert_int_equal(f.cert_not_after_s, NOW + 1000);
	assert_int_equal(f.ca_not_before_s, NOW - 100);
	assert_int_equal(f.ca_not_after_s, NOW + 5000);
	assert_string_equal(f.cert_subject, "CN=client");
	assert_string_equal(f.ca_subject, "CN=an authority");
}

/* Texts are built of parts: c leaf's certificate, k its key, o and p those of the stranger, a the authority, j a damaged
 * block, x text that is none; "" = an empty text, "-" = absent. */
static const char *build(const char *parts, char *out, size_t cap)
{
	size_t n = 0;

	if (strcmp(parts, "-") == 0)
		return NULL;
	out[0] = 0;
	for (; *parts; parts++) {
		const char *part = *parts == 'c' ? leaf.cert_pem : *parts == 'k' ? leaf.key_pem : *parts == 'o' ? other.cert_pem
		                   : *parts == 'p' ? other.key_pem : *parts == 'a' ? ca.cert_pem : *parts == 'j' ? JUNK : "text\n";

		n += (size_t)snprintf(out + n, cap - n, "%s", part);
		assert_true(n < cap);
	}
	return out;
}

static void texts_are_read_as_go_reads_them(void **state)
{
	enum { NONE = TEL_PEM_NO_BLOCK, ABSENT = TEL_PEM_ABSENT, BAD = TEL_PEM_NOT_PARSED, READ = TEL_PEM_READ };
	static const struct {
		const char *cert, *key, *authority;
		int cert_state, key_state, ca_state;
		bool matches, is_ca;
	} rows[] = {
		{ "-", "-", "-", ABSENT, ABSENT, ABSENT, false, false },
		{ "", "", "", NONE, NONE, NONE, false, false },
		{ "x", "x", "x", NONE, NONE, NONE, false, false },
		{ "j", "j", "j", NONE, NONE, NONE, false, false },
		{ "c", "k", "a", READ, READ, READ, true, true },
		{ "xc", "xk", "xa", READ, READ, READ, true, true },   /* text before a block is nothing */
		{ "jc", "jk", "ja", READ, READ, READ, true, true },   /* nor is a damaged block */
		{ "cao", "kp", "ac", READ, READ, READ, true, true },  /* the first block counts */
		{ "oc", "k", "ca", READ, READ, READ, false, false },
		{ "c", "p", "-", READ, READ, ABSENT, false, false },
		{ "o", "p", "-", READ, READ, ABSENT, true, false },
		{ "k", "k", "k", BAD, READ, BAD, false, false },      /* whatever it is called */
		{ "c", "c", "-", READ, READ, ABSENT, false, false },
		{ "c", "ck", "-", READ, READ, ABSENT, true, false },  /* the first key behind something else */
		{ "-", "-", "c", ABSENT, ABSENT, READ, false, false },
	};
	static char texts[3][8192];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel_certificate_facts f = read_all(build(rows[i].cert, texts[0], sizeof(texts[0])),
		                                   build(rows[i].key, texts[1], sizeof(texts[1])),
		                                   build(rows[i].authority, texts[2], sizeof(texts[2])));

		if ((int)f.cert != rows[i].cert_state || (int)f.key != rows[i].key_state || (int)f.ca != rows[i].ca_state ||
		    f.key_matches != rows[i].matches || f.ca_is_ca != rows[i].is_ca)
			fail_msg("row %zu: %d %d %d, %d, %d", i, (int)f.cert, (int)f.key, (int)f.ca, f.key_matches, f.ca_is_ca);
	}
	print_message("# %zu texts of PEM\n", sizeof(rows) / sizeof(rows[0]));
}

static void a_block_that_is_cut_or_goes_on_is_no_certificate(void **state)
{
	char cut[4096], longer[4096];
	const char *middle = strchr(leaf.cert_pem, '\n') + 66; /* a line of 64 characters: 48 bytes */

	(void)state;
	snprintf(cut, sizeof(cut), "%.*s%s", (int)(middle - leaf.cert_pem), leaf.cert_pem, "-----END CERTIFICATE-----\n");
	assert_int_equal(read_all(cut, NULL, NULL).cert, TEL_PEM_NOT_PARSED);
	/* two in one block: authorities may, a certificate may not */
	{
		unsigned char der[4096], *at = der;
		BIO *out = BIO_new(BIO_s_mem());
		char *data;
		long len;

		i2d_X509(ca.cert, &at);
		i2d_X509(leaf.cert, &at);
		assert_true(PEM_write_bio(out, "CERTIFICATE", "", der, at - der) > 0);
		len = BIO_get_mem_data(out, &data);
		snprintf(longer, sizeof(longer), "%.*s", (int)len, data);
		BIO_free(out);
	}
	assert_int_equal(read_all(longer, NULL, NULL).cert, TEL_PEM_NOT_PARSED);
	assert_int_equal(read_all(longer, NULL, NULL).cert_not_after_s, 0);
	assert_string_equal(read_all(longer, NULL, NULL).cert_subject, "");
	assert_int_equal(read_all(NULL, NULL, longer).ca, TEL_PEM_READ);
	assert_false(read_all(NULL, NULL, longer).ca_is_ca); /* the second is none */
	assert_int_equal(read_all(NULL, NULL, longer).ca_not_after_s, NOW + 1000);
}

static void a_caller_of_an_older_version_gets_what_it_knows(void **state)
{
	struct {
		tel_certificate_facts facts;
		char behind[8];
	} f;

	(void)state;
	memset(&f, 0x5a, sizeof(f));
	f.facts.size = offsetof(tel_certificate_facts, key_matches);
	assert_ok(tel_certificates_read(NULL, text(leaf.cert_pem), text(leaf.key_pem), text(NULL), &f.facts));
	assert_int_equal(f.facts.key, TEL_PEM_READ);
	assert_int_equal(f.facts.size, offsetof(tel_certificate_facts, key_matches));
	assert_int_equal(*(unsigned char *)&f.facts.key_matches, 0x5a);
}

static void hostile_texts_only_cost_time(void **state)
{
	size_t size = (1 << 20) + 1;
	char *big = malloc(size + 1);

	(void)state;
	assert_non_null(big);
	for (size_t i = 0; i < size; i++)
		big[i] = "-----BEGIN \n"[i % 12];
	big[size] = 0;
	assert_int_equal(read_all(big, big, big).cert, TEL_PEM_NO_BLOCK);
	big[size - 1] = 0;
	assert_int_equal(read_all(big, big, big).cert, TEL_PEM_NO_BLOCK);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_and_its_authority_are_known),
		cmocka_unit_test(texts_are_read_as_go_reads_them),
		cmocka_unit_test(a_block_that_is_cut_or_goes_on_is_no_certificate),
		cmocka_unit_test(a_caller_of_an_older_version_gets_what_it_knows),
		cmocka_unit_test(hostile_texts_only_cost_time),
	};

	return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
