/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include "base/hex64.h"

typedef tel__ottl_call call;
typedef tel__ottl_compiler compiler;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* Hashes and encodings, otel-processing.md 3.7. */

static bool make_digest(compiler *c, call *made, tel_digest_kind kind)
{
	uint8_t digest[TEL_DIGEST_MAX];
	tel_error err = TEL_ERROR_INIT;

	if (c->only_check)
		return true;
	if (tel__digest(c->crypto, kind, NULL, 0, digest, &err) != TEL_OK)
		return tel__ottl_refuse(c, "%s", err.msg);
	made->data = c->crypto;
	return true;
}

static bool eval_digest(machine *m, const call *c, tel_digest_kind kind, value *ret)
{
	uint8_t digest[TEL_DIGEST_MAX];
	size_t from = m->out.len;
	tel_error err = TEL_ERROR_INIT;
	tel_slice text;
	tel_err rc;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	rc = tel__digest(c->data, kind, &text, 1, digest, &err);
	if (rc != TEL_OK)
		return rc == TEL_ERR_NOMEM ? tel__ottl_fail_nomem(m) : tel__ottl_fail(m, err.msg);
	tel__hex_encode((tel_slice){ (const char *)digest, tel__digest_size(kind) }, &m->out);
	return tel__ottl_end_str(m, from, ret);
}

#define DIGEST(name, kind)                                                                             \
	static bool make_##name(compiler *c, call *made) { return make_digest(c, made, kind); }            \
	static bool eval_##name(machine *m, const call *c, value *ret) { return eval_digest(m, c, kind, ret); }

DIGEST(md5, TEL_DIGEST_MD5)
DIGEST(sha1, TEL_DIGEST_SHA1)
DIGEST(sha256, TEL_DIGEST_SHA256)
DIGEST(sha512, TEL_DIGEST_SHA512)

/* FNV-1a, 64 bits, signed. */
static bool eval_fnv(machine *m, const call *c, value *ret)
{
	uint64_t hash = 0xcbf29ce484222325;
	tel_slice text;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001b3;
	*ret = tel__ottl_int((int64_t)hash);
	return true;
}

/* Base64. */

typedef struct variant {
	const char *name;
	bool raw, url;
} variant;

static const variant variants[] = { { "base64", false, false }, { "base64-raw", true, false }, { "base64-url", false, true },
	                                { "base64-raw-url", true, true } };

static const variant *variant_of(tel_slice name)
{
	for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
		if (tel__slice_is(name, variants[i].name))
			return &variants[i];
	return NULL;
}

static bool bad_base64(machine *m, size_t at)
{
	return tel__ottl_fail_fmt(m, "illegal base64 data at input byte %zu", at);
}

/* With padding or without, as the variant has it: the decoder below takes both. */
static bool decode_base64(machine *m, tel_slice text, const variant *v, value *ret)
{
	size_t from = m->out.len, end = text.len;

	while (end && text.ptr[end - 1] == '=' && text.len - end < 2)
		end--;
	for (size_t i = 0; i < end; i++) {
		bool url = text.ptr[i] == '-' || text.ptr[i] == '_', plain = text.ptr[i] == '+' || text.ptr[i] == '/';

		if ((url && !v->url) || (plain && v->url) || text.ptr[i] == '=')
			return bad_base64(m, i);
	}
	if (v->raw ? end != text.len : text.len % 4 != 0)
		return bad_base64(m, v->raw ? end : text.len / 4 * 4);
	if (tel__base64_decode(text, &m->out) != TEL_OK && tel__dynbuf_error(&m->out) == TEL_OK)
		return bad_base64(m, 0);
	return tel__ottl_end_str(m, from, ret);
}

static bool eval_base64_decode(machine *m, const call *c, value *ret)
{
	tel_slice text;

	return tel__ottl_arg_str(m, c, 0, &text) && decode_base64(m, text, &variants[0], ret);
}

static bool eval_base64_encode(machine *m, const call *c, value *ret)
{
	const variant *v = &variants[0];
	size_t from = m->out.len;
	tel_slice text, name;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	if (c->args[1]) {
		if (!tel__ottl_arg_str(m, c, 1, &name))
			return false;
		v = variant_of(name);
		name = tel__slice_cut(name, 128);
		if (!v)
			return tel__ottl_fail_fmt(m, "unsupported base64 variant: " TEL_SLICE_FMT, TEL_SLICE_ARG(name));
	}
	from = m->out.len;
	tel__base64_encode(text, &m->out);
	for (size_t i = from; v->url && i < m->out.len; i++)
		m->out.ptr[i] = m->out.ptr[i] == '+' ? '-' : m->out.ptr[i] == '/' ? '_' : m->out.ptr[i];
	while (v->raw && m->out.len > from && m->out.ptr[m->out.len - 1] == '=')
		m->out.len--;
	return tel__ottl_end_str(m, from, ret);
}

static bool eval_decode(machine *m, const call *c, value *ret)
{
	tel_slice encoding;
	value v;

	if (!tel__ottl_arg(m, c, 0, &v) || !tel__ottl_arg_str(m, c, 1, &encoding))
		return false;
	if (v.type != TEL__OTTL_V_STR && v.type != TEL__OTTL_V_BYTES)
		return tel__ottl_fail_fmt(m, "unsupported type provided to Decode function: %s", tel__ottl_type_name(&v));
	if (variant_of(encoding))
		return decode_base64(m, v.u.text, variant_of(encoding), ret);
	if (tel__slice_eq_nocase(encoding, TEL_SLICE_LIT("us-ascii")) || tel__slice_eq_nocase(encoding, TEL_SLICE_LIT("utf-8")) ||
	    tel__slice_eq_nocase(encoding, TEL_SLICE_LIT("utf8")) || tel__slice_eq_nocase(encoding, TEL_SLICE_LIT("ascii"))) {
		*ret = tel__ottl_str(v.u.text);
		return true;
	}
	encoding = tel__slice_cut(encoding, 128);
	return tel__ottl_fail_fmt(m, "unsupported encoding '" TEL_SLICE_FMT "'", TEL_SLICE_ARG(encoding));
}

/* Murmur3, Austin Appleby's public domain algorithm: 32 bits and 128 bits for x64, seed 0. */

static uint32_t rotl32(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static uint64_t rotl64(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static uint64_t load_le(const char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return v;
}

static uint32_t murmur32(tel_slice s)
{
	uint32_t h = 0;
	size_t i = 0;

	for (; i < s.len; i += 4) {
		uint32_t k = (uint32_t)load_le(s.ptr + i, s.len - i < 4 ? s.len - i : 4);

		k = rotl32(k * 0xcc9e2d51u, 15) * 0x1b873593u;
		h ^= k;
		if (s.len - i >= 4)
			h = rotl32(h, 13) * 5 + 0xe6546b64u;
	}
	h ^= (uint32_t)s.len;
	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	return h ^ h >> 16;
}

static uint64_t mix64(uint64_t k)
{
	k = (k ^ k >> 33) * 0xff51afd7ed558ccd;
	k = (k ^ k >> 33) * 0xc4ceb9fe1a85ec53;
	return k ^ k >> 33;
}

static void murmur128(tel_slice s, uint64_t ret[2])
{
	static const uint64_t c1 = 0x87c37b91114253d5, c2 = 0x4cf5ad432745937f;
	uint64_t h1 = 0, h2 = 0;
	size_t i = 0;

	for (; i + 16 <= s.len; i += 16) {
		h1 ^= rotl64(load_le(s.ptr + i, 8) * c1, 31) * c2;
		h1 = (rotl64(h1, 27) + h2) * 5 + 0x52dce729;
		h2 ^= rotl64(load_le(s.ptr + i + 8, 8) * c2, 33) * c1;
		h2 = (rotl64(h2, 31) + h1) * 5 + 0x38495ab5;
	}
	if (s.len - i > 8)
		h2 ^= rotl64(load_le(s.ptr + i + 8, s.len - i - 8) * c2, 33) * c1;
	if (s.len > i)
		h1 ^= rotl64(load_le(s.ptr + i, s.len - i < 8 ? s.len - i : 8) * c1, 31) * c2;
	h1 ^= s.len;
	h2 ^= s.len;
	h1 += h2;
	h2 += h1;
	h1 = mix64(h1);
	h2 = mix64(h2);
	ret[0] = h1 + h2;
	ret[1] = h2 + ret[0];
}

static bool little_endian_hex(machine *m, const uint64_t *words, size_t count, size_t size, value *ret)
{
	size_t from = m->out.len;

	for (size_t w = 0; w < count; w++)
		for (size_t i = 0; i < size; i++)
			tel__dynbuf_fmt(&m->out, "%02x", (unsigned)(words[w] >> (8 * i) & 0xff));
	return tel__ottl_end_str(m, from, ret);
}

static bool eval_murmur(machine *m, const call *c, value *ret)
{
	uint64_t word;
	tel_slice text;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	word = murmur32(text);
	return little_endian_hex(m, &word, 1, 4, ret);
}

static bool eval_murmur128(machine *m, const call *c, value *ret)
{
	uint64_t words[2];
	tel_slice text;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	murmur128(text, words);
	return little_endian_hex(m, words, 2, 8, ret);
}

static const tel__ottl_impl rows[] = {
	{ "MD5", eval_md5, make_md5, 0, 0, 0 }, { "SHA1", eval_sha1, make_sha1, 0, 0, 0 }, { "SHA256", eval_sha256, make_sha256, 0, 0, 0 },
	{ "SHA512", eval_sha512, make_sha512, 0, 0, 0 }, { "FNV", eval_fnv, NULL, 0, 0, 0 },
	{ "Base64Decode", eval_base64_decode, NULL, 0, 0, 0 }, { "Base64Encode", eval_base64_encode, NULL, 0, 0, 0 },
	{ "Decode", eval_decode, NULL, 0, 0, 0 }, { "Murmur3Hash", eval_murmur, NULL, 0, 0, 0 },
	{ "Murmur3Hash128", eval_murmur128, NULL, 0, 0, 0 },
};

TEL__OTTL_IMPLS(tel__ottl_hash_converters);
