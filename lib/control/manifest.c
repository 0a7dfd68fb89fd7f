/* SPDX-License-Identifier: Apache-2.0 */
#include <telemetry/manifest.h>

#include <string.h>

#include "base/dynbuf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "control/crd.h"
#include "control/manifest_roles.h"
#include "control/rules.h"

enum { MOST = TEL__MANIFEST_ROLES };

/* The objects of one kind of manifest; how many. */
static size_t build(tel__doc *d, tel_manifest which, tel_slice space, tel__node **out)
{
	size_t count = 0;

	switch (which) {
	case TEL_MANIFEST_CRDS:
		for (size_t i = 0; i < TEL__CRDS; i++)
			out[count++] = tel__crd_build(d, &tel__crds[i], space);
		break;
	case TEL_MANIFEST_WEBHOOKS:
		out[count++] = tel__webhooks_build(d, true, space);
		out[count++] = tel__webhooks_build(d, false, space);
		break;
	case TEL_MANIFEST_ROLES:
		tel__manager_roles_build(d, space, out);
		count = TEL__MANIFEST_ROLES;
		break;
	case TEL_MANIFEST_FORCE32: break;
	}
	return count;
}

tel_err tel_manifest_format(tel_manifest which, const tel_manifest_opts *opts, tel_buf **ret_text)
{
	tel_manifest_opts given = TEL_MANIFEST_OPTS_INIT;
	tel__doc d = { NULL, false };
	tel__node *objects[MOST];
	const tel_alloc *alloc;
	tel__dynbuf text;
	size_t count;
	tel_err rc;

	if (opts)
		memcpy(&given, opts, opts->size < sizeof(given) ? opts->size : sizeof(given));
	if (given.target_namespace.len == 0)
		given.target_namespace = TEL_SLICE_LIT("kyma-system");
	if ((unsigned)which > TEL_MANIFEST_ROLES || given.target_namespace.len > 63 || !tel__is_dns_label(given.target_namespace))
		return TEL_ERR_ARG;
	alloc = tel__alloc_or_default(given.alloc);
	rc = tel__arena_new(alloc, 0, NULL, &d.arena);
	if (rc != TEL_OK)
		return rc;
	tel__dynbuf_init(&text, alloc, TEL_LIMIT_PRINT_BYTES);
	count = build(&d, which, given.target_namespace, objects);
	for (size_t i = 0; i < count && !d.failed; i++) {
		tel__dynbuf_puts(&text, "---\n");
		tel__doc_write(objects[i], &text);
	}
	rc = d.failed ? TEL_ERR_NOMEM : tel__dynbuf_take(&text, ret_text);
	tel__dynbuf_fini(&text);
	tel__arena_unref(d.arena);
	return rc;
}
