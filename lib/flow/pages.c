/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/pages.h"

#include "base/slice_i.h"
#include "flow/pages_html_table.h"

typedef struct page {
	const char *path, *zpage; /* ours, and the Collector's path that shows the same, or NULL */
	void (*json)(const tel_flow *flow, tel__dynbuf *out);
	const tel__page_html *html;
} page;

static const page pages[] = {
	{ "/", "/debug/servicez", tel__pages_json_index, &tel__page_html_index },
	{ "/pipelines", "/debug/pipelinez", tel__pages_json_pipelines, &tel__page_html_pipelines },
	{ "/queues", NULL, tel__pages_json_queues, &tel__page_html_queues },
};

static const page *find(tel_slice path)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (tel__slice_is(path, pages[i].path) || (pages[i].zpage && tel__slice_is(path, pages[i].zpage)))
			return &pages[i];
	return NULL;
}

static bool contains(tel_slice text, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i + len <= text.len; i++)
		if (tel__slice_eq_nocase(tel__slice_sub(text, i, len), (tel_slice){ word, len }))
			return true;
	return false;
}

/* The last format in the query decides, else whether the client says that it can show HTML: browsers do, others do not. */
static bool wants_html(const tel__endpoint_request *request)
{
	tel_slice rest = request->query, pair;
	bool html = contains(request->accept, "text/html");

	while (tel__slice_next(&rest, '&', &pair)) {
		if (tel__slice_is(pair, "format=html"))
			html = true;
		else if (tel__slice_is(pair, "format=json"))
			html = false;
	}
	return html;
}

#define HEADER(name, value) { TEL_SLICE_LIT(name), TEL_SLICE_LIT(value) }
/* What both forms say: nobody keeps it, guesses its type, or learns from it who linked here. */
#define COMMON_HEADERS \
	HEADER("cache-control", "no-store"), HEADER("vary", "accept"), HEADER("x-content-type-options", "nosniff"), \
	HEADER("referrer-policy", "no-referrer"), HEADER("cross-origin-resource-policy", "same-origin")

static const tel__http_header json_headers[] = { COMMON_HEADERS,
	HEADER("content-security-policy", "default-src 'none'; frame-ancestors 'none'") };
static const tel__http_header html_headers[] = { COMMON_HEADERS,
	HEADER("content-security-policy", TEL__PAGES_SECURITY_POLICY) };

void tel__pages_serve(const tel_flow *flow, const tel__endpoint_request *request, tel__endpoint_answer *answer)
{
	const page *p = find(request->path);

	if (!p)
		return;
	answer->status = 200;
	if (wants_html(request)) {
		answer->content_type = "text/html; charset=utf-8";
		answer->headers = html_headers;
		answer->header_count = sizeof(html_headers) / sizeof(html_headers[0]);
		tel__dynbuf_put(answer->body, p->html->text, p->html->len);
	} else {
		answer->content_type = "application/json";
		answer->headers = json_headers;
		answer->header_count = sizeof(json_headers) / sizeof(json_headers[0]);
		p->json(flow, answer->body);
	}
}
