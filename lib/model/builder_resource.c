/* SPDX-License-Identifier: Apache-2.0 */
/* A resource from the texts of OpenTelemetry's environment variables. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/pairs.h"
#include "base/slice_i.h"
#include "model/builder_i.h"

typedef struct pairs {
	size_t count;
	struct {
		tel_slice name, value;
	} items[TEL_LIMIT_ENV_ATTRS];
} pairs;

static size_t find(const pairs *p, tel_slice name)
{
	size_t i = 0;

	while (i < p->count && !tel__slice_eq(p->items[i].name, name))
		i++;
	return i;
}

/* The whole list or nothing: what is half understood is not the resource that somebody meant. */
static bool read_pairs(tel_builder *b, tel_slice list, char *out, pairs *ret_pairs)
{
	tel_slice entry, name, value;

	ret_pairs->count = 0;
	while (tel__pairs_next(&list, &entry)) {
		size_t at;

		if (!tel__pairs_read(entry, out, &name, &value)) {
			tel__builder_refuse(b, TEL_ERR_ARG,
			                    "OTEL_RESOURCE_ATTRIBUTES: an entry is not name=value with valid percent-encoding");
			return false;
		}
		out += entry.len;
		at = find(ret_pairs, name);
		if (at == TEL_LIMIT_ENV_ATTRS) {
			tel__builder_refuse(b, TEL_ERR_LIMIT, "OTEL_RESOURCE_ATTRIBUTES: more than 128 attributes");
			return false;
		}
		ret_pairs->items[at].name = name;
		ret_pairs->items[at].value = value;
		ret_pairs->count += at == ret_pairs->count;
	}
	return true;
}

static void add(tel_builder *b, tel_slice name, tel_slice text)
{
	tel_value value = { .type = TEL_VALUE_STRING, .u.bytes = text };

	tel_builder_attr(b, name, &value);
}

static void write_resource(tel_builder *b, tel_slice service_name, const pairs *p)
{
	const tel_slice service = TEL_SLICE_LIT("service.name");
	const struct {
		tel_slice name, value;
	} sdk[] = {
		{ TEL_SLICE_LIT("telemetry.sdk.name"), TEL_SLICE_LIT("libtelemetry") },
		{ TEL_SLICE_LIT("telemetry.sdk.language"), TEL_SLICE_LIT("c") },
		{ TEL_SLICE_LIT("telemetry.sdk.version"), tel__slice_str(tel_version()) },
	};
	size_t at = find(p, service);

	if (service_name.len == 0)
		service_name = at < p->count && p->items[at].value.len ? p->items[at].value : TEL_SLICE_LIT("unknown_service");
	tel_builder_resource(b, NULL);
	add(b, service, service_name);
	for (size_t i = 0; i < p->count; i++)
		if (i != at)
			add(b, p->items[i].name, p->items[i].value);
	for (size_t i = 0; i < sizeof sdk / sizeof sdk[0]; i++)
		if (find(p, sdk[i].name) == p->count)
			add(b, sdk[i].name, sdk[i].value);
}

void tel_builder_resource_text(tel_builder *b, const char *service_name, const char *attributes)
{
	tel_slice list = tel__slice_trim(tel__slice_str(attributes));
	char *out = NULL;
	pairs p;

	if (tel__builder_failed(b))
		return;
	if (list.len && !(out = tel__mem_new(&b->alloc, list.len, 1))) {
		tel__builder_refuse(b, TEL_ERR_NOMEM, "no memory for OTEL_RESOURCE_ATTRIBUTES");
		return;
	}
	if (read_pairs(b, list, out, &p))
		write_resource(b, tel__slice_trim(tel__slice_str(service_name)), &p);
	if (out)
		tel__mem_free(&b->alloc, out, list.len, 1);
}
