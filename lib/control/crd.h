/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_CRD_H
#define TEL_CONTROL_CRD_H
/* Our kinds as the API server is told of them: CustomResourceDefinitions and the webhooks that it asks (kyma-metrics.md 1.1,
 * 1.7, 2.1). */
#include "control/schema.h"

enum { TEL__CRD_VERSIONS = 2, TEL__CRD_COLUMNS = 5, TEL__CRD_CATEGORIES = 2 };

/* A column of kubectl get. */
typedef struct tel__crd_column {
	const char *name, *type, *path;
} tel__crd_column;

typedef struct tel__crd_version {
	const char *name;
	const tel__object *object;
	bool deprecated;
} tel__crd_version;

typedef struct tel__crd {
	const char *group, *kind, *plural, *singular, *help;
	const char *categories[TEL__CRD_CATEGORIES];
	tel__crd_version versions[TEL__CRD_VERSIONS]; /* the last one is stored */
	tel__crd_column columns[TEL__CRD_COLUMNS];    /* name NULL: none */
	bool namespaced, converted;                   /* converted: versions differ, a webhook turns one into the other */
} tel__crd;

enum { TEL__CRDS = 2, TEL__WEBHOOKS = 4 };

/* A webhook of admission: what its name and path say. */
typedef struct tel__webhook {
	const char *name, *path, *version;
	bool mutating;
} tel__webhook;

#define TEL__WEBHOOK_SERVICE "telemetry-manager-webhook"
#define TEL__WEBHOOK_CONVERT "/convert"
#define TEL__WEBHOOKS_MUTATING "telemetry-mutating-webhook.kyma-project.io"
#define TEL__WEBHOOKS_VALIDATING "telemetry-validating-webhook.kyma-project.io"

TEL_PRIVATE_BEGIN

extern const tel__crd tel__crds[TEL__CRDS];             /* MetricPipeline, Telemetry */
extern const tel__webhook tel__webhooks[TEL__WEBHOOKS]; /* all of them about MetricPipelines */

/* The labels that all our objects carry. */
void tel__doc_module_labels(tel__doc *d, tel__node *metadata);
tel__node *tel__crd_build(tel__doc *d, const tel__crd *crd, tel_slice space);
tel__node *tel__webhooks_build(tel__doc *d, bool mutating, tel_slice space);

TEL_PRIVATE_END
#endif
