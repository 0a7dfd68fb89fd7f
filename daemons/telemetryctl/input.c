/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetryctl/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <telemetry/buf.h>
#include <telemetry/certificate.h>
#include <telemetry/flow.h>

#include "common/args.h"

int input_add(input *in, const char *program, const char *uri)
{
	return sources_add_config(&in->all, program, uri);
}

/* Room for every source on either side. */
static bool make_room(const input *in, sources *part)
{
	part->items = calloc(in->all.count, sizeof(*part->items));
	part->uris = calloc(in->all.count, sizeof(*part->uris));
	return part->items && part->uris;
}

int input_sort(input *in, const char *program)
{
	tel_err err = make_room(in, &in->resources) && make_room(in, &in->configs) ? TEL_OK : TEL_ERR_NOMEM;

	for (size_t i = 0; i < in->all.count && err == TEL_OK; i++) {
		bool is_resource = false;
		sources *part;

		err = tel_pipeline_recognise(in->all.items[i].text, NULL, &is_resource);
		part = is_resource ? &in->resources : &in->configs;
		part->items[part->count] = in->all.items[i];
		part->uris[part->count++] = in->all.uris[i];
	}
	if (err)
		fprintf(stderr, "%s: %s\n", program, tel_err_name(err));
	return err ? 1 : 0;
}

static void free_part(sources *part)
{
	free(part->items);
	free(part->uris);
}

void input_free(input *in)
{
	free_part(&in->resources);
	free_part(&in->configs);
	sources_free(&in->all);
}

void status_facts(tel_status_facts *ret_facts)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	*ret_facts = (tel_status_facts)TEL_STATUS_FACTS_INIT;
	ret_facts->now_unix_ns = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
	ret_facts->read_certificates = tel_certificates_read;
}

static tel_err load_resources(const sources *s, bool strict, loaded *l)
{
	tel_pipeline_opts opts = TEL_PIPELINE_OPTS_INIT;
	tel_status_facts facts;
	tel_err err;

	status_facts(&facts);
	opts.strict = strict;
	err = tel_pipeline_parse(s->items, s->count, &opts, &l->set, l->findings);
	if (err == TEL_OK)
		err = tel_pipeline_default(l->set);
	if (err)
		return err;
	err = tel_pipeline_validate(l->set, l->findings);
	l->refused = err == TEL_OK || err == TEL_ERR_CONFIG ? tel_status_check(l->set, &facts, l->findings) : TEL_OK;
	return err;
}

int input_load(const input *in, const char *program, const char *env_dir, bool strict, loaded *ret_loaded)
{
	loaded l = { NULL, NULL, NULL, false, TEL_OK, { env_dir, NULL } };
	tel_config_env env = { environment_lookup, &l.env };
	tel_err resources = TEL_OK, config = TEL_OK, err = tel_findings_new(NULL, &l.findings);

	if (err == TEL_OK && in->resources.count)
		resources = load_resources(&in->resources, strict, &l);
	if (err == TEL_OK && in->configs.count)
		config = tel_config_load(in->configs.items, in->configs.count, tel_components_all(), &env, NULL, &l.config, l.findings);
	environment_fini(&l.env);
	l.accepted = resources == TEL_OK;
	*ret_loaded = l;
	err = err ? err : resources && resources != TEL_ERR_CONFIG ? resources : config != TEL_ERR_CONFIG ? config : TEL_OK;
	err = err ? err : l.refused != TEL_ERR_CONFIG ? l.refused : TEL_OK;
	if (err)
		fprintf(stderr, "%s: %s\n", program, tel_err_name(err));
	return err ? 1 : resources || l.refused || config ? EXIT_CONFIG : 0;
}

void loaded_free(loaded *l)
{
	tel_findings_free(l->findings);
	tel_pipeline_free(l->set);
	tel_config_free(l->config);
}
