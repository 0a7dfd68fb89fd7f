/* SPDX-License-Identifier: Apache-2.0 */
/* What pods are given to read: ConfigMap, Secret, and the checksum over them (kyma-metrics.md 3.7, 5.8). */
#include "control/objects.h"

#include "base/crypto.h"
#include "base/hex64.h"
#include "base/slice_i.h"

#define CONFIG_KEY "relay.conf"

enum { DATA_MAX = 96 << 20 };

/*
 * OpenSSL does nothing but FIPS: the demand stands in front of the provider, so that where the provider is missing nothing is
 * offered. It is mounted, and not a file of the image, because OpenSSL passes over a file that is not there.
 */
static const char fips_only[] = "config_diagnostics = 1\nopenssl_conf = openssl_init\n.include = /etc/ssl/fipsmodule.cnf\n"
	"[openssl_init]\nalg_section = algorithms\nproviders = providers\n[algorithms]\ndefault_properties = fips=yes\n"
	"[providers]\nfips = fips_sect\nbase = base\n[base]\nactivate = 1\n";

void tel__fill_config_map(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	tel__node *data = tel__doc_map(&r->base.doc, object, "data");

	(void)metadata;
	tel__doc_slice(&r->base.doc, data, CONFIG_KEY, r->config);
	if (r->ours && r->of->fips)
		tel__doc_text(&r->base.doc, data, "openssl.cnf", fips_only);
}

static tel_slice encode(tel__object_render *r, tel_slice bytes)
{
	tel_slice text;
	tel__dynbuf out;

	tel__dynbuf_init(&out, r->alloc, DATA_MAX);
	tel__base64_encode(bytes, &out);
	text = tel__doc_copy(&r->base.doc, tel__dynbuf_get(&out));
	r->base.doc.failed = r->base.doc.failed || tel__dynbuf_error(&out) != TEL_OK;
	if (out.ptr)
		explicit_bzero(out.ptr, out.cap);
	tel__dynbuf_fini(&out);
	return text;
}

void tel__fill_secret(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	tel__node *data = tel__doc_map(&r->base.doc, object, "data");

	(void)metadata;
	for (uint32_t i = 0; r->variables && i < r->variables->v.map.count; i++) {
		const tel__node_entry *entry = &r->variables->v.map.entries[i];

		tel__doc_add_slice(&r->base.doc, data, entry->key, tel__doc_new_text(&r->base.doc, encode(r, entry->value->text)));
	}
}

/* ---- checksum ---- */

typedef struct digest_parts {
	tel_slice *items;
	size_t count;
} digest_parts;

static bool parts_init(tel__object_render *r, digest_parts *p, size_t most)
{
	*p = (digest_parts){ tel__arena_array(r->base.doc.arena, most, sizeof(*p->items)), 0 };
	r->base.doc.failed = r->base.doc.failed || !p->items;
	return p->items != NULL;
}

/* Kyma's: keys and values of the ConfigMap, then of the Secret, keys sorted, nothing between them. */
static bool parts_of_data(tel__object_render *r, digest_parts *p)
{
	uint32_t count = r->variables ? r->variables->v.map.count : 0;

	if (!parts_init(r, p, 2 + 2 * (size_t)count))
		return false;
	p->items[p->count++] = TEL_SLICE_LIT(CONFIG_KEY);
	p->items[p->count++] = r->config;
	for (uint32_t i = 0; i < count; i++) {
		p->items[p->count++] = r->variables->v.map.entries[i].key;
		p->items[p->count++] = r->variables->v.map.entries[i].value->text;
	}
	return true;
}

/* Ours: what a running pod cannot take up. Configuration and variables are read again while it runs. */
static bool parts_of_pod(tel__object_render *r, digest_parts *p, tel_slice image, const tel__node *args)
{
	uint32_t count = args ? args->v.list.count : 0;

	if (!parts_init(r, p, 1 + 2 * (size_t)count))
		return false;
	p->items[p->count++] = image;
	for (uint32_t i = 0; i < count; i++) {
		p->items[p->count++] = TEL_SLICE_LIT("\n");
		p->items[p->count++] = args->v.list.items[i]->text;
	}
	return true;
}

tel_slice tel__object_checksum(tel__object_render *r, tel_slice image, const tel__node *args)
{
	uint8_t digest[TEL_DIGEST_MAX];
	tel_slice text = TEL_SLICE_LIT("");
	tel__dynbuf hex;
	digest_parts parts;
	tel_err rc;

	if (!(r->ours ? parts_of_pod(r, &parts, image, args) : parts_of_data(r, &parts)))
		return text;
	rc = tel__digest(r->of->crypto, TEL_DIGEST_SHA256, parts.items, parts.count, digest, r->err);
	if (rc != TEL_OK) {
		r->rc = r->rc == TEL_OK ? rc : r->rc;
		return text;
	}
	tel__dynbuf_init(&hex, r->alloc, 2 * TEL_DIGEST_MAX);
	tel__hex_encode((tel_slice){ (const char *)digest, tel__digest_size(TEL_DIGEST_SHA256) }, &hex);
	text = tel__doc_copy(&r->base.doc, tel__dynbuf_get(&hex));
	r->base.doc.failed = r->base.doc.failed || tel__dynbuf_error(&hex) != TEL_OK;
	tel__dynbuf_fini(&hex);
	return text;
}
