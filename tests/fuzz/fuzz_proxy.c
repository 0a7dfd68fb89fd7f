/* SPDX-License-Identifier: Apache-2.0 */
/* Lines: a proxy, a list of names without one, a URL. What is taken apart reads back as the same; endpoints and shown URLs
 * keep to their bounds. */
#include <string.h>

#include "base/mem.h"
#include "base/url.h"
#include "fuzz/fuzz.h"
#include "net/proxy.h"

static const tel_alloc *const ALLOC = &tel__alloc_libc;

static void check_proxy(tel_slice text)
{
	tel__proxy p, again;

	if (tel__proxy_init(&p, ALLOC, text, NULL) != TEL_OK)
		return;
	if (text.len) {
		fuzz_check(p.host.len && p.port && p.host.ptr[p.host.len] == '\0');
		if (p.kind == TEL__PROXY_HTTP) {
			fuzz_check(tel__proxy_init(&again, ALLOC, tel__slice_str(p.url), NULL) == TEL_OK);
			fuzz_check(tel__slice_eq(again.host, p.host) && again.port == p.port && !again.user.ptr);
			tel__proxy_fini(&again, ALLOC);
		}
	}
	tel__proxy_fini(&p, ALLOC);
}

static void check_shown(tel_slice url)
{
	char out[128];
	tel_slice shown = tel__url_redacted(url, out, sizeof(out));

	fuzz_check(shown.ptr == url.ptr || shown.len <= sizeof(out));
}

static void check_endpoint(tel_slice endpoint)
{
	tel_slice host;
	uint16_t port;
	tel__address a;

	if (tel__address_split(endpoint, &host, &port, NULL) != TEL_OK)
		return;
	fuzz_check(host.len < endpoint.len);
	if (tel__slice_find(host, ':') < host.len) {
		fuzz_check(tel__address_is_v6_text(host));
		fuzz_check(tel__slice_find(host, '%') < host.len || tel__address_literal(host, port, &a));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_slice lines[3] = { { "", 0 }, { "", 0 }, { "", 0 } }, rest = fuzz_slice(data, size);
	tel__proxies *p = NULL;

	for (int i = 0; i < 3 && tel__slice_next(&rest, '\n', &lines[i]); i++)
		;
	for (int i = 0; i < 3; i++) {
		check_shown(lines[i]);
		check_endpoint(lines[i]);
	}
	check_proxy(lines[0]);
	if (tel__proxies_new(ALLOC, &(tel_proxies){ lines[0], lines[0], lines[1] }, &p, NULL) == TEL_OK && p) {
		fuzz_check(!tel__proxies_for_url(p, TEL_SLICE_LIT("http://localhost/")));
		(void)tel__proxies_for_url(p, lines[2]);
		(void)tel__proxies_for(p, true, lines[2], 443);
	}
	tel__proxies_free(p);
	return 0;
}
