/* SPDX-License-Identifier: Apache-2.0 */
#include "config/kyma.h"

#include "seams/cm.h"

#include <telemetry/flow.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "config/corpus.h"
#include "control/parsed.h"

static tel_err lookup(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text)
{
	static const struct {
		const char *start, *value;
	} variables[] = {
		{ "MY_POD_IP", "10.1.2.3" },        { "MY_NODE_NAME", "node-1" },
		{ "KUBERNETES_SERVICE_", "10.0.0.1" }, { "OTLP_ENDPOINT_", "https://backend.example:4317" },
		{ "OAUTH2_TOKEN_URL_", "https://login.example/token" }, { "OAUTH2_CLIENT_ID_", "client" },
		{ "OAUTH2_CLIENT_SECRET_", KYMA_SECRET }, { "BASIC_AUTH_HEADER_", KYMA_SECRET }, { "HEADER_", KYMA_SECRET },
		{ "OTLP_TLS_", "pem" },
	};

	(void)user;
	if (!tel__slice_is(scheme, "env"))
		return TEL_ERR_UNSUPPORTED;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (tel__slice_starts(name, tel__slice_str(variables[i].start))) {
			*ret_text = tel__slice_str(variables[i].value);
			return TEL_OK;
		}
	return TEL_ERR_NOT_FOUND;
}

void kyma_load(kyma *k, tel_slice text, tel_slice more, const tel_alloc *alloc)
{
	const tel_config_source sources[] = { { TEL_SLICE_LIT("rendered"), text }, { TEL_SLICE_LIT("more"), more } };
	const tel_config_env env = { lookup, NULL };
	tel_config_opts opts = TEL_CONFIG_OPTS_INIT;

	*k = (kyma){ .config = NULL };
	opts.alloc = alloc;
	opts.strict_env = true;
	tel__dynbuf_init(&k->text, tel__alloc_or_default(NULL), 1 << 24);
	k->rc = tel_findings_new(alloc, &k->findings);
	if (k->rc == TEL_OK)
		k->rc = tel_config_load(sources, more.len ? 2 : 1, tel_components_all(), &env, &opts, &k->config, k->findings);
	assert_true((k->rc == TEL_OK) == (k->config != NULL));
	if (k->findings)
		corpus_print_findings(k->findings, &k->text);
	tel__dynbuf_byte(&k->text, 0);
	k->text.len--;
}

void kyma_fini(kyma *k)
{
	tel_config_free(k->config);
	tel_findings_free(k->findings);
	tel__dynbuf_fini(&k->text);
}

tel_buf *kyma_render(tel_render_target target, const char *resources, bool defaulting)
{
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_buf *out = NULL;
	parsed p;

	parsed_init(&p, resources, true);
	parsed_expect(&p, "rendered", "");
	if (defaulting)
		parsed_validate(&p, true);
	assert_ok(p.rc);
	assert_ok(tel_render_facts_of(p.set, &facts));
	assert_ok((target == TEL_RENDER_AGENT ? tel_render_agent : tel_render_gateway)(p.set, &facts, NULL, &out));
	parsed_fini(&p);
	return out;
}

tel_buf *kyma_print(const tel_config *config)
{
	tel_buf *text = NULL;

	assert_ok(tel_config_print(config, NULL, &text));
	return text;
}
