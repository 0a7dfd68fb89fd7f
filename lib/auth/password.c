/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/password.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/hex64.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/slice_i.h"

#define SHA_PREFIX "{SHA}"
#define SSHA_PREFIX "{SSHA}"
enum { SHA_BYTES = 20, MD5_BYTES = 16, MD5_SALT = 8, MD5_TEXT = 22, BCRYPT_TEXT = 60 };

/* The magic words in front of the md5 forms. */
static tel_slice md5_magic(tel_slice stored)
{
	tel_slice apache = TEL_SLICE_LIT("$apr1$");

	return tel__slice_starts(stored, apache) ? apache : TEL_SLICE_LIT("$1$");
}

/* What follows a prefix that is there. */
static tel_slice after(tel_slice stored, const char *prefix)
{
	size_t n = strlen(prefix);

	return tel__slice_sub(stored, n, stored.len - n);
}

/* ---- recognising ---- */

static tel_err decode64(const tel_alloc *alloc, tel_slice text, unsigned char *out, size_t cap, size_t *ret_len)
{
	tel__dynbuf b;
	tel_err rc;

	*ret_len = 0;
	tel__dynbuf_init(&b, alloc, cap);
	rc = tel__base64_decode(text, &b);
	if (rc == TEL_OK && b.len) {
		memcpy(out, b.ptr, b.len);
		*ret_len = b.len;
	}
	tel__dynbuf_fini(&b);
	return rc;
}

static tel_err check_sha(const tel_alloc *alloc, tel_slice text, bool salted, tel_error *err)
{
	unsigned char bytes[TEL__PASSWORD_STORED_BYTES];
	size_t len;
	tel_err rc = decode64(alloc, text, bytes, sizeof(bytes), &len);

	if (rc == TEL_ERR_NOMEM)
		return tel__fail_nomem(err);
	if (rc != TEL_OK)
		return tel__fail(err, TEL_ERR_CONFIG, "the digest is not base64");
	return len == SHA_BYTES || (salted && len > SHA_BYTES) ? TEL_OK
	                                                       : tel__fail(err, TEL_ERR_CONFIG, "the digest has a wrong length");
}

static tel_err check_md5(tel_slice stored, tel_error *err)
{
	tel_slice magic = md5_magic(stored), rest = tel__slice_sub(stored, magic.len, stored.len - magic.len);
	size_t salt = tel__slice_find(rest, '$');

	return salt <= MD5_SALT && rest.len == salt + 1 + MD5_TEXT ? TEL_OK
	                                                           : tel__fail(err, TEL_ERR_CONFIG, "the MD5 digest is damaged");
}

static tel_err check_bcrypt(tel_slice stored, tel_error *err)
{
	uint64_t cost;

	if (stored.len != BCRYPT_TEXT || stored.ptr[6] != '$' || tel__num_parse_u64(tel__slice_sub(stored, 4, 2), &cost) != TEL_OK ||
	    cost < 4)
		return tel__fail(err, TEL_ERR_CONFIG, "the bcrypt digest is damaged");
	return cost <= TEL__PASSWORD_BCRYPT_COST ? TEL_OK
	                                         : tel__fail(err, TEL_ERR_CONFIG, "the bcrypt cost is above %d",
	                                                     TEL__PASSWORD_BCRYPT_COST);
}

/* $5$ or $6$, perhaps rounds=N$, salt, $, digest. */
static tel_err check_sha_crypt(tel_slice stored, tel_error *err)
{
	tel_slice rest = tel__slice_sub(stored, 3, stored.len - 3), part;
	uint64_t rounds;

	if (tel__slice_starts(rest, TEL_SLICE_LIT("rounds="))) {
		tel__slice_next(&rest, '$', &part);
		if (tel__num_parse_u64(tel__slice_sub(part, 7, part.len - 7), &rounds) != TEL_OK || rounds > TEL__PASSWORD_SHA_ROUNDS)
			return tel__fail(err, TEL_ERR_CONFIG, "the rounds of the SHA digest are above %d", TEL__PASSWORD_SHA_ROUNDS);
	}
	if (!tel__slice_next(&rest, '$', &part) || rest.len != (stored.ptr[1] == '5' ? 43u : 86u))
		return tel__fail(err, TEL_ERR_CONFIG, "the SHA digest is damaged");
	return TEL_OK;
}

tel_err tel__password_form_of(const tel_alloc *alloc, tel_slice stored, tel__password_form *ret_form, tel_error *err)
{
	static const char *const bcrypt[] = { "$2a$", "$2b$", "$2x$", "$2y$" };

	if (stored.len >= TEL__PASSWORD_STORED_BYTES)
		return tel__fail(err, TEL_ERR_CONFIG, "longer than %d bytes", TEL__PASSWORD_STORED_BYTES);
	for (size_t i = 0; i < 4; i++)
		if (tel__slice_starts(stored, tel__slice_str(bcrypt[i]))) {
			*ret_form = TEL__PASSWORD_CRYPT;
			return check_bcrypt(stored, err);
		}
	if (tel__slice_starts(stored, TEL_SLICE_LIT("$5$")) || tel__slice_starts(stored, TEL_SLICE_LIT("$6$"))) {
		*ret_form = TEL__PASSWORD_CRYPT;
		return check_sha_crypt(stored, err);
	}
	if (tel__slice_starts(stored, TEL_SLICE_LIT("$apr1$")) || tel__slice_starts(stored, TEL_SLICE_LIT("$1$"))) {
		*ret_form = TEL__PASSWORD_MD5;
		return check_md5(stored, err);
	}
	if (tel__slice_starts(stored, TEL_SLICE_LIT(SHA_PREFIX))) {
		*ret_form = TEL__PASSWORD_SHA;
		return check_sha(alloc, after(stored, SHA_PREFIX), false, err);
	}
	if (tel__slice_starts(stored, TEL_SLICE_LIT(SSHA_PREFIX))) {
		*ret_form = TEL__PASSWORD_SSHA;
		return check_sha(alloc, after(stored, SSHA_PREFIX), true, err);
	}
	/* What looks like a digest of a kind that is not known would otherwise be a password that stands in the file. */
	if (stored.len && (stored.ptr[0] == '$' || stored.ptr[0] == '{'))
		return tel__fail(err, TEL_ERR_CONFIG, "the digest is of an unknown kind");
	*ret_form = TEL__PASSWORD_PLAIN;
	return stored.len ? TEL_OK : tel__fail(err, TEL_ERR_CONFIG, "the password is empty");
}

/* ---- comparing ---- */

static bool digest(const EVP_MD *md, const tel_slice *parts, size_t count, unsigned char *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, md, NULL) == 1;

	for (size_t i = 0; i < count && ok; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].len ? parts[i].ptr : "", parts[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* Lengths of passwords are no secret worth a digest of their own, contents are: both sides become digests first. */
static bool same_text(tel_slice a, tel_slice b)
{
	unsigned char x[EVP_MAX_MD_SIZE], y[EVP_MAX_MD_SIZE];

	return digest(EVP_sha256(), &a, 1, x) && digest(EVP_sha256(), &b, 1, y) && CRYPTO_memcmp(x, y, 32) == 0;
}

static bool sha_matches(const tel_alloc *alloc, tel_slice text, tel_slice password)
{
	unsigned char bytes[TEL__PASSWORD_STORED_BYTES], sum[EVP_MAX_MD_SIZE];
	size_t len;

	if (decode64(alloc, text, bytes, sizeof(bytes), &len) != TEL_OK || len < SHA_BYTES)
		return false;
	const tel_slice parts[] = { password, { (const char *)bytes + SHA_BYTES, len - SHA_BYTES } };
	return digest(EVP_sha1(), parts, 2, sum) && CRYPTO_memcmp(sum, bytes, SHA_BYTES) == 0;
}

static tel_slice bytes_of(const unsigned char *p, size_t n)
{
	return (tel_slice){ (const char *)p, n };
}

/* The first digest of md5crypt: password, magic, salt, as many bytes of digest(password, salt, password) as the password
 * has, then for each bit of its length a zero or its first byte. */
static bool md5_start(tel_slice magic, tel_slice salt, tel_slice pw, unsigned char *sum)
{
	const tel_slice sandwich[] = { pw, salt, pw };
	tel_slice parts[3 + 64 + 64];
	unsigned char inner[EVP_MAX_MD_SIZE];
	size_t n = 0, left;

	if (pw.len > 64 * MD5_BYTES || !digest(EVP_md5(), sandwich, 3, inner))
		return false;
	parts[n++] = pw;
	parts[n++] = magic;
	parts[n++] = salt;
	for (left = pw.len; left > MD5_BYTES; left -= MD5_BYTES)
		parts[n++] = bytes_of(inner, MD5_BYTES);
	if (left)
		parts[n++] = bytes_of(inner, left);
	for (size_t bits = pw.len; bits; bits >>= 1)
		parts[n++] = bits & 1 ? TEL_SLICE_LIT("\0") : tel__slice_sub(pw, 0, 1);
	return digest(EVP_md5(), parts, n, sum);
}

static bool md5_rounds(tel_slice salt, tel_slice pw, unsigned char *sum)
{
	for (unsigned round = 0; round < 1000; round++) {
		tel_slice parts[4], last = bytes_of(sum, MD5_BYTES);
		size_t n = 0;

		parts[n++] = round & 1 ? pw : last;
		if (round % 3)
			parts[n++] = salt;
		if (round % 7)
			parts[n++] = pw;
		parts[n++] = round & 1 ? last : pw;
		if (!digest(EVP_md5(), parts, n, sum))
			return false;
	}
	return true;
}

/* crypt's alphabet, three bytes of the digest at a time, in md5crypt's order. */
static void md5_text(const unsigned char *sum, char *out)
{
	static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const unsigned char order[5][3] = { { 0, 6, 12 }, { 1, 7, 13 }, { 2, 8, 14 }, { 3, 9, 15 }, { 4, 10, 5 } };
	unsigned bits = sum[11];

	for (unsigned i = 0; i < 5; i++) {
		unsigned three = (unsigned)sum[order[i][0]] << 16 | (unsigned)sum[order[i][1]] << 8 | sum[order[i][2]];
		for (unsigned k = 0; k < 4; k++, three >>= 6)
			*out++ = alphabet[three & 63];
	}
	*out++ = alphabet[bits & 63];
	*out = alphabet[bits >> 6];
}

static bool md5_matches(tel_slice stored, tel_slice pw)
{
	tel_slice magic = md5_magic(stored), rest = tel__slice_sub(stored, magic.len, stored.len - magic.len), salt;
	unsigned char sum[EVP_MAX_MD_SIZE];
	char text[MD5_TEXT];

	if (!tel__slice_next(&rest, '$', &salt) || rest.len != MD5_TEXT)
		return false;
	if (!md5_start(magic, salt, pw, sum) || !md5_rounds(salt, pw, sum))
		return false;
	md5_text(sum, text);
	return CRYPTO_memcmp(text, rest.ptr, MD5_TEXT) == 0;
}

static bool crypt_matches(tel_slice stored, const char *pw, struct crypt_data *data)
{
	char setting[TEL__PASSWORD_STORED_BYTES] = "";
	const char *made;
	bool same;

	memcpy(setting, stored.ptr, stored.len);
	memset(data, 0, sizeof(*data));
	made = crypt_r(pw, setting, data);
	same = made && strlen(made) == stored.len && CRYPTO_memcmp(made, stored.ptr, stored.len) == 0;
	OPENSSL_cleanse(data, sizeof(*data));
	return same;
}

static bool has_zero(tel_slice password)
{
	return tel__slice_find(password, '\0') < password.len;
}

size_t tel__password_scratch_bytes(void)
{
	return sizeof(struct crypt_data);
}

bool tel__password_matches_slowly(tel__password_form form, tel_slice stored, tel_slice password, void *scratch)
{
	if (has_zero(password) || stored.len >= TEL__PASSWORD_STORED_BYTES)
		return false;
	return form == TEL__PASSWORD_MD5 ? md5_matches(stored, password) : crypt_matches(stored, password.ptr, scratch);
}

bool tel__password_matches(const tel_alloc *alloc, tel__password_form form, tel_slice stored, tel_slice password)
{
	if (has_zero(password))
		return false;
	switch (form) {
	case TEL__PASSWORD_SHA:
		return sha_matches(alloc, after(stored, SHA_PREFIX), password);
	case TEL__PASSWORD_SSHA:
		return sha_matches(alloc, after(stored, SSHA_PREFIX), password);
	default:
		return same_text(stored, password);
	}
}
