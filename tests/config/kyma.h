/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONFIG_KYMA_H
#define TESTS_CONFIG_KYMA_H
/* Configurations that Kyma's manager and our renderer write, loaded as a program does: all components, variables of a pod. */
#include <telemetry/render.h>

#include "base/dynbuf.h"
#include "config/config_i.h"

#define KYMA_SECRET "a-text-that-nobody-may-see" /* what variables of secrets hold */

typedef struct kyma {
	tel_err rc;
	tel_config *config;
	tel_findings *findings;
	tel__dynbuf text; /* the findings, as corpus.h prints them */
} kyma;

/* alloc may be NULL. more is a second source, such as what a recording leaves open; empty = none. */
void kyma_load(kyma *k, tel_slice text, tel_slice more, const tel_alloc *alloc);
void kyma_fini(kyma *k);
/* What a set of resources renders to; without defaulting when they have it. Fails the test when they are refused. */
tel_buf *kyma_render(tel_render_target target, const char *resources, bool defaulting);
/* The effective configuration. */
tel_buf *kyma_print(const tel_config *config);

#endif
