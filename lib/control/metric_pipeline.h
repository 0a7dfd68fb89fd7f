/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_METRIC_PIPELINE_H
#define TEL_CONTROL_METRIC_PIPELINE_H
/* MetricPipeline of telemetry.kyma-project.io (kyma-metrics.md 1): v1beta1 is the form that is worked with; v1alpha1 is
 * read into the same structs and converted. */
#include "control/schema.h"

typedef struct tel__secret_ref {
	TEL__OBJECT_HEAD;
	tel_slice name, space, key; /* space: the namespace */
} tel__secret_ref;

typedef struct tel__value_from {
	TEL__OBJECT_HEAD;
	tel__secret_ref *secret_key_ref;
} tel__value_from;

/* A text, or where in a Secret it stands. */
typedef struct tel__value {
	TEL__OBJECT_HEAD;
	tel_slice value;
	tel__value_from *value_from;
} tel__value;

typedef struct tel__namespaces {
	TEL__OBJECT_HEAD;
	tel__list include, exclude; /* tel_slice */
} tel__namespaces;

/* {enabled: ...}: a switch of its own below an input. */
typedef struct tel__switch {
	TEL__OBJECT_HEAD;
	tel__maybe enabled;
} tel__switch;

typedef struct tel__otlp_input {
	TEL__OBJECT_HEAD;
	tel__maybe enabled, disabled; /* disabled: v1alpha1 only, gone after conversion */
	tel__namespaces *namespaces;
} tel__otlp_input;

typedef struct tel__prometheus_input {
	TEL__OBJECT_HEAD;
	tel__maybe enabled;
	tel__namespaces *namespaces;
	tel__switch *diagnostic_metrics;
} tel__prometheus_input;

typedef struct tel__istio_input {
	TEL__OBJECT_HEAD;
	tel__maybe enabled;
	tel__namespaces *namespaces;
	tel__switch *diagnostic_metrics, *envoy_metrics;
} tel__istio_input;

typedef enum tel__runtime_resource {
	TEL__RUNTIME_POD,
	TEL__RUNTIME_CONTAINER,
	TEL__RUNTIME_NODE,
	TEL__RUNTIME_VOLUME,
	TEL__RUNTIME_DAEMONSET,
	TEL__RUNTIME_DEPLOYMENT,
	TEL__RUNTIME_STATEFULSET,
	TEL__RUNTIME_JOB,
	TEL__RUNTIME_RESOURCES
} tel__runtime_resource;

typedef struct tel__runtime_resources {
	TEL__OBJECT_HEAD;
	tel__switch *of[TEL__RUNTIME_RESOURCES];
} tel__runtime_resources;

typedef struct tel__runtime_input {
	TEL__OBJECT_HEAD;
	tel__maybe enabled;
	tel__namespaces *namespaces;
	tel__runtime_resources *resources;
} tel__runtime_input;

typedef struct tel__pipeline_input {
	TEL__OBJECT_HEAD;
	tel__otlp_input *otlp;
	tel__prometheus_input *prometheus;
	tel__istio_input *istio;
	tel__runtime_input *runtime;
} tel__pipeline_input;

typedef struct tel__basic_auth {
	TEL__OBJECT_HEAD;
	tel__value *user, *password;
} tel__basic_auth;

typedef struct tel__oauth2 {
	TEL__OBJECT_HEAD;
	tel__value *token_url, *client_id, *client_secret;
	tel__list scopes; /* tel_slice */
	tel__list params; /* tel__key_pair */
} tel__oauth2;

typedef struct tel__authentication {
	TEL__OBJECT_HEAD;
	tel__basic_auth *basic;
	tel__oauth2 *oauth2;
} tel__authentication;

typedef struct tel__header {
	TEL__OBJECT_HEAD;
	tel_slice name, prefix;
	tel__value value;
} tel__header;

typedef struct tel__output_tls {
	TEL__OBJECT_HEAD;
	tel__maybe insecure, insecure_skip_verify;
	tel__value *ca, *cert, *key;
} tel__output_tls;

typedef struct tel__otlp_output {
	TEL__OBJECT_HEAD;
	tel_slice protocol, path, compression;
	tel__value *endpoint;
	tel__authentication *authentication;
	tel__list headers; /* tel__header */
	tel__output_tls *tls;
} tel__otlp_output;

typedef struct tel__pipeline_output {
	TEL__OBJECT_HEAD;
	tel__otlp_output *otlp;
} tel__pipeline_output;

/* One entry of spec.transform or spec.filter; filters have no statements. */
typedef struct tel__user_rule {
	TEL__OBJECT_HEAD;
	tel__list conditions, statements; /* tel_slice */
} tel__user_rule;

typedef struct tel__pipeline_spec {
	TEL__OBJECT_HEAD;
	tel__pipeline_input *input;
	tel__pipeline_output *output;
	tel__list transform, filter; /* tel__user_rule */
} tel__pipeline_spec;

/* What is read of metadata; the rest is kept in the document. */
typedef struct tel__metadata {
	TEL__OBJECT_HEAD;
	tel_slice name, space, uid, deletion_timestamp;
	tel__list labels, annotations; /* tel__key_pair */
	int64_t generation;
} tel__metadata;

typedef struct tel__metric_pipeline {
	TEL__OBJECT_HEAD;
	tel_slice api_version, kind;
	tel__metadata *metadata;
	tel__pipeline_spec *spec;
	const tel__node *status; /* kept as it stands */
} tel__metric_pipeline;

TEL_PRIVATE_BEGIN

extern const tel__object tel__metric_pipeline_beta, tel__metric_pipeline_alpha, tel__metadata_object;

/* v1alpha1 -> v1beta1 in place (1.6). */
void tel__metric_pipeline_to_beta(tel__metric_pipeline *p);
/* And back, into a copy that shares what is the same; what v1beta1 alone has is dropped. false: no memory. */
bool tel__metric_pipeline_to_alpha(tel__arena *arena, const tel__metric_pipeline *p, tel__metric_pipeline *ret_alpha);
/* What the mutating webhook fills in (1.7). alpha: by the rules of v1alpha1, before conversion. */
void tel__metric_pipeline_default(tel__schema_reader *r, tel__metric_pipeline *p, bool alpha);

/* What absent values mean (1.8). */
tel_slice tel__pipeline_name(const tel__metric_pipeline *p);
bool tel__pipeline_otlp(const tel__metric_pipeline *p);
bool tel__pipeline_prometheus(const tel__metric_pipeline *p);
bool tel__pipeline_istio(const tel__metric_pipeline *p);
bool tel__pipeline_runtime(const tel__metric_pipeline *p);
bool tel__pipeline_runtime_of(const tel__metric_pipeline *p, tel__runtime_resource resource);
bool tel__pipeline_diagnostics_prometheus(const tel__metric_pipeline *p);
bool tel__pipeline_diagnostics_istio(const tel__metric_pipeline *p);
bool tel__pipeline_envoy(const tel__metric_pipeline *p);
bool tel__pipeline_needs_agent(const tel__metric_pipeline *p);
bool tel__namespaces_filter(const tel__namespaces *n); /* NULL: no */
const tel__otlp_output *tel__pipeline_backend(const tel__metric_pipeline *p); /* NULL: the output is missing */
/* A value that is there: a text that is not empty, or a whole reference. */
bool tel__value_is_set(const tel__value *v);

TEL_PRIVATE_END
#endif
