/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of MetricPipeline (kyma-metrics.md 1.2, 1.4, 1.5), both versions. */
#include "control/metric_pipeline.h"

#include "base/slice_i.h"
#include "control/rules.h"
#include "control/status_schema.h"

#define AT(type_, field_) .offset = offsetof(type_, field_)
#define FIELD_OBJECT(name_, type_, field_, object_, help_) \
	{ .name = name_, .type = TEL__FIELD_OBJECT, AT(type_, field_), .object = &object_, .help = help_ }
#define FIELD_BOOL(name_, type_, field_, help_) { .name = name_, .type = TEL__FIELD_BOOL, AT(type_, field_), .help = help_ }

/* ---- values ---- */

static const tel__field secret_ref_fields[] = {
	{ .name = "key", .type = TEL__FIELD_STRING, AT(tel__secret_ref, key), .required = true, .min_length = 1,
	  .help = "Key of the Secret's data that holds the value." },
	{ .name = "name", .type = TEL__FIELD_STRING, AT(tel__secret_ref, name), .required = true, .min_length = 1,
	  .help = "Name of the Secret." },
	{ .name = "namespace", .type = TEL__FIELD_STRING, AT(tel__secret_ref, space), .required = true, .min_length = 1,
	  .help = "Namespace of the Secret." },
};
static const tel__object secret_ref_object = TEL__PLAIN_OBJECT(tel__secret_ref, secret_ref_fields);

static const tel__field value_from_fields[] = {
	{ .name = "secretKeyRef", .type = TEL__FIELD_OBJECT, AT(tel__value_from, secret_key_ref), .object = &secret_ref_object,
	  .required = true, .help = "The key of a Secret." },
};
static const tel__object value_from_object = TEL__PLAIN_OBJECT(tel__value_from, value_from_fields);

static const tel__field value_fields[] = {
	{ .name = "value", .type = TEL__FIELD_STRING, AT(tel__value, value), .help = "The value as plain text." },
	FIELD_OBJECT("valueFrom", tel__value, value_from, value_from_object, "Where the value is taken from."),
};
static const tel__rule value_rules[] = {
	{ "has(self.value) != has(self.valueFrom)", "Exactly one of 'value' or 'valueFrom' must be set", tel__rule_one_value },
};
static const tel__rule value_rules_alpha[] = {
	{ "!(has(self.value) && size(self.value) > 0 && has(self.valueFrom))", "Only one of 'value' or 'valueFrom' can be set",
	  tel__rule_not_both_values },
};
static const tel__rule token_url_rules[] = {
	{ "has(self.value) != has(self.valueFrom)", "Exactly one of 'value' or 'valueFrom' must be set", tel__rule_one_value },
	{ "!has(self.value) || self.value == '' || isURL(self.value)", "'tokenURL' must be a valid URL", tel__rule_url },
};
static const tel__rule token_url_rules_alpha[] = {
	{ "!(has(self.value) && size(self.value) > 0 && has(self.valueFrom))", "Only one of 'value' or 'valueFrom' can be set",
	  tel__rule_not_both_values },
	{ "(has(self.value) && self.value != '') || has(self.valueFrom)", "tokenURL' missing", tel__rule_some_value },
	{ "!has(self.value) || self.value == '' || isURL(self.value)", "'tokenURL' must be a valid URL", tel__rule_url },
};
static const tel__rule client_id_rules_alpha[] = {
	{ "!(has(self.value) && size(self.value) > 0 && has(self.valueFrom))", "Only one of 'value' or 'valueFrom' can be set",
	  tel__rule_not_both_values },
	{ "(has(self.value) && self.value != '') || has(self.valueFrom)", "'clientID' missing", tel__rule_some_value },
};
static const tel__rule client_secret_rules_alpha[] = {
	{ "!(has(self.value) && size(self.value) > 0 && has(self.valueFrom))", "Only one of 'value' or 'valueFrom' can be set",
	  tel__rule_not_both_values },
	{ "(has(self.value) && self.value != '') || has(self.valueFrom)", "clientSecret' missing", tel__rule_some_value },
};
#define VALUE_OBJECT(rules) TEL__RULED_OBJECT(tel__value, value_fields, rules)
static const tel__object value_object = VALUE_OBJECT(value_rules);
static const tel__object value_object_alpha = VALUE_OBJECT(value_rules_alpha);
static const tel__object token_url_object = VALUE_OBJECT(token_url_rules);
static const tel__object token_url_object_alpha = VALUE_OBJECT(token_url_rules_alpha);
static const tel__object client_id_object_alpha = VALUE_OBJECT(client_id_rules_alpha);
static const tel__object client_secret_object_alpha = VALUE_OBJECT(client_secret_rules_alpha);

/* ---- input ---- */

static const tel__pattern label_pattern = { "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", tel__is_dns_label };
static const tel__field namespaces_fields[] = {
	{ .name = "exclude", .type = TEL__FIELD_STRINGS, AT(tel__namespaces, exclude), .max_length = 63,
	  .pattern = &label_pattern, .help = "Namespaces whose metrics are left out." },
	{ .name = "include", .type = TEL__FIELD_STRINGS, AT(tel__namespaces, include), .max_length = 63,
	  .pattern = &label_pattern, .help = "The only namespaces whose metrics are taken." },
};
static const tel__rule namespaces_rules[] = {
	{ "!(has(self.include) && has(self.exclude))", "Only one of 'include' or 'exclude' can be defined",
	  tel__rule_one_selector },
};
static const tel__object namespaces_object = TEL__RULED_OBJECT(tel__namespaces, namespaces_fields, namespaces_rules);

static const tel__field switch_fields[] = {
	FIELD_BOOL("enabled", tel__switch, enabled, "Whether it is on."),
};
static const tel__object switch_object = TEL__PLAIN_OBJECT(tel__switch, switch_fields);

#define NAMESPACES(type_) FIELD_OBJECT("namespaces", type_, namespaces, namespaces_object, "From which namespaces.")

static const tel__field otlp_input_fields[] = {
	FIELD_BOOL("enabled", tel__otlp_input, enabled, "Whether pushed metrics are taken. True where it is absent."),
	NAMESPACES(tel__otlp_input),
};
static const tel__object otlp_input_object = TEL__PLAIN_OBJECT(tel__otlp_input, otlp_input_fields);
static const tel__field otlp_input_fields_alpha[] = {
	FIELD_BOOL("disabled", tel__otlp_input, disabled, "Whether pushed metrics are refused. False where it is absent."),
	NAMESPACES(tel__otlp_input),
};
static const tel__object otlp_input_object_alpha = TEL__PLAIN_OBJECT(tel__otlp_input, otlp_input_fields_alpha);

static const tel__field prometheus_input_fields[] = {
	FIELD_OBJECT("diagnosticMetrics", tel__prometheus_input, diagnostic_metrics, switch_object,
	             "Metrics about the scrape itself, such as up."),
	FIELD_BOOL("enabled", tel__prometheus_input, enabled, "Whether annotated pods and services are scraped."),
	NAMESPACES(tel__prometheus_input),
};
static const tel__object prometheus_input_object = TEL__PLAIN_OBJECT(tel__prometheus_input, prometheus_input_fields);

static const tel__field istio_input_fields[] = {
	FIELD_OBJECT("diagnosticMetrics", tel__istio_input, diagnostic_metrics, switch_object,
	             "Metrics about the scrape itself, such as up."),
	FIELD_BOOL("enabled", tel__istio_input, enabled, "Whether Istio's sidecars are scraped."),
	FIELD_OBJECT("envoyMetrics", tel__istio_input, envoy_metrics, switch_object, "Envoy's own metrics beside Istio's."),
	NAMESPACES(tel__istio_input),
};
static const tel__object istio_input_object = TEL__PLAIN_OBJECT(tel__istio_input, istio_input_fields);

#define RESOURCE(name_, resource_) \
	FIELD_OBJECT(name_, tel__runtime_resources, of[resource_], switch_object, "Metrics of this kind. On where it is absent.")
static const tel__field runtime_resources_fields[] = {
	RESOURCE("container", TEL__RUNTIME_CONTAINER), RESOURCE("daemonset", TEL__RUNTIME_DAEMONSET),
	RESOURCE("deployment", TEL__RUNTIME_DEPLOYMENT), RESOURCE("job", TEL__RUNTIME_JOB),
	RESOURCE("node", TEL__RUNTIME_NODE), RESOURCE("pod", TEL__RUNTIME_POD),
	RESOURCE("statefulset", TEL__RUNTIME_STATEFULSET), RESOURCE("volume", TEL__RUNTIME_VOLUME),
};
static const tel__object runtime_resources_object = TEL__PLAIN_OBJECT(tel__runtime_resources, runtime_resources_fields);
static const tel__field runtime_input_fields[] = {
	FIELD_BOOL("enabled", tel__runtime_input, enabled, "Whether kubelet and API server are asked."),
	NAMESPACES(tel__runtime_input),
	FIELD_OBJECT("resources", tel__runtime_input, resources, runtime_resources_object, "Of which kinds of resources."),
};
static const tel__object runtime_input_object = TEL__PLAIN_OBJECT(tel__runtime_input, runtime_input_fields);

#define INPUT_FIELDS(otlp_object_) \
	FIELD_OBJECT("istio", tel__pipeline_input, istio, istio_input_object, "Metrics of Istio's sidecars."), \
	FIELD_OBJECT("otlp", tel__pipeline_input, otlp, otlp_object_, "Metrics that applications push."), \
	FIELD_OBJECT("prometheus", tel__pipeline_input, prometheus, prometheus_input_object, \
	  "Metrics of annotated pods and services."), \
	FIELD_OBJECT("runtime", tel__pipeline_input, runtime, runtime_input_object, "Metrics of the cluster's resources.")
static const tel__field input_fields[] = { INPUT_FIELDS(otlp_input_object) };
static const tel__object input_object = TEL__PLAIN_OBJECT(tel__pipeline_input, input_fields);
static const tel__field input_fields_alpha[] = { INPUT_FIELDS(otlp_input_object_alpha) };
static const tel__object input_object_alpha = TEL__PLAIN_OBJECT(tel__pipeline_input, input_fields_alpha);

/* ---- output ---- */

/* A required value of the given object. */
#define VALUE(name_, type_, field_, object_, help_) \
	{ .name = name_, .type = TEL__FIELD_OBJECT, AT(type_, field_), .object = &object_, .required = true, .help = help_ }

#define BASIC_FIELDS(value_) \
	VALUE("password", tel__basic_auth, password, value_, "The password."), \
	VALUE("user", tel__basic_auth, user, value_, "The user.")
#define OAUTH2_FIELDS(id_, secret_, url_) \
	VALUE("clientID", tel__oauth2, client_id, id_, "Identifies the client."), \
	VALUE("clientSecret", tel__oauth2, client_secret, secret_, "Proves who the client is."), \
	{ .name = "params", .type = TEL__FIELD_STRING_MAP, AT(tel__oauth2, params), \
	  .help = "Further parameters of the token request." }, \
	{ .name = "scopes", .type = TEL__FIELD_STRINGS, AT(tel__oauth2, scopes), .help = "Scopes that are asked for." }, \
	VALUE("tokenURL", tel__oauth2, token_url, url_, "Where tokens are fetched.")
#define AUTH_FIELDS(basic_, oauth2_) \
	FIELD_OBJECT("basic", tel__authentication, basic, basic_, "User and password."), \
	FIELD_OBJECT("oauth2", tel__authentication, oauth2, oauth2_, "Client credentials of OAuth 2.0.")
#define TLS_FIELDS(value_) \
	FIELD_OBJECT("ca", tel__output_tls, ca, value_, "Certificates of authorities that are trusted, PEM."), \
	FIELD_OBJECT("cert", tel__output_tls, cert, value_, "The client's certificate, PEM."), \
	FIELD_BOOL("insecure", tel__output_tls, insecure, "Plaintext instead of TLS."), \
	FIELD_BOOL("insecureSkipVerify", tel__output_tls, insecure_skip_verify, "Any certificate of the server will do."), \
	FIELD_OBJECT("key", tel__output_tls, key, value_, "The client's key, PEM.")
#define HEADER_FIELDS(value_) \
	{ .name = "name", .type = TEL__FIELD_STRING, AT(tel__header, name), .required = true, .min_length = 1, \
	  .help = "Name of the header." }, \
	{ .name = "prefix", .type = TEL__FIELD_STRING, AT(tel__header, prefix), \
	  .help = "Stands before the value, with a blank between them." }, \
	{ .name = "", .type = TEL__FIELD_INLINE, AT(tel__header, value), .object = &value_ }

static const char *const protocol_words[] = { "grpc", "http", NULL };
static const char *const compression_words[] = { "none", "gzip", "snappy", "zstd", NULL };
#define OUTPUT_FIELDS(value_, auth_, header_, tls_) \
	FIELD_OBJECT("authentication", tel__otlp_output, authentication, auth_, "How we prove who we are."), \
	VALUE("endpoint", tel__otlp_output, endpoint, value_, "Host and port, or the URL, of the backend."), \
	{ .name = "headers", .type = TEL__FIELD_OBJECTS, AT(tel__otlp_output, headers), .object = &header_, \
	  .help = "Headers of each request." }, \
	{ .name = "path", .type = TEL__FIELD_STRING, AT(tel__otlp_output, path), \
	  .help = "Path of the URL, with protocol http only." }, \
	{ .name = "protocol", .type = TEL__FIELD_STRING, AT(tel__otlp_output, protocol), .words = protocol_words, \
	  .help = "grpc or http." }, \
	FIELD_OBJECT("tls", tel__otlp_output, tls, tls_, "TLS of the connection.")

static const tel__rule auth_rules[] = {
	{ "!(has(self.basic) && has(self.oauth2))", "Only one authentication method can be specified", tel__rule_one_method },
};
static const tel__rule tls_rules[] = {
	{ "has(self.cert) == has(self.key)", "Can define either both 'cert' and 'key', or neither", tel__rule_cert_and_key },
};
static const tel__rule output_rules[] = {
	{ "(has(self.path) && size(self.path) > 0) ? (has(self.protocol) && self.protocol == 'http') : true",
	  "Path is only available with HTTP protocol", tel__rule_path },
	{ "(has(self.authentication) && has(self.authentication.oauth2) && (!has(self.protocol) || self.protocol == 'grpc') && "
	  "has(self.tls)) ? !(has(self.tls.insecure) && self.tls.insecure == true) : true",
	  "OAuth2 authentication requires TLS when using gRPC protocol", tel__rule_oauth2_tls },
};

static const tel__field basic_fields[] = { BASIC_FIELDS(value_object) };
static const tel__field oauth2_fields[] = { OAUTH2_FIELDS(value_object, value_object, token_url_object) };
static const tel__object basic_object = TEL__PLAIN_OBJECT(tel__basic_auth, basic_fields);
static const tel__object oauth2_object = TEL__PLAIN_OBJECT(tel__oauth2, oauth2_fields);
static const tel__field auth_fields[] = { AUTH_FIELDS(basic_object, oauth2_object) };
static const tel__object auth_object = TEL__RULED_OBJECT(tel__authentication, auth_fields, auth_rules);
static const tel__field tls_fields[] = { TLS_FIELDS(value_object) };
static const tel__object tls_object = TEL__RULED_OBJECT(tel__output_tls, tls_fields, tls_rules);
static const tel__field header_fields[] = { HEADER_FIELDS(value_object) };
static const tel__object header_object = TEL__PLAIN_OBJECT(tel__header, header_fields);
static const tel__field otlp_output_fields[] = {
	OUTPUT_FIELDS(value_object, auth_object, header_object, tls_object),
	{ .name = "compression", .type = TEL__FIELD_STRING, AT(tel__otlp_output, compression), .words = compression_words,
	  .help = "How requests are packed. gzip where it is absent." },
};
static const tel__object otlp_output_object = TEL__RULED_OBJECT(tel__otlp_output, otlp_output_fields, output_rules);

static const tel__field basic_fields_alpha[] = { BASIC_FIELDS(value_object_alpha) };
static const tel__field oauth2_fields_alpha[] = {
	OAUTH2_FIELDS(client_id_object_alpha, client_secret_object_alpha, token_url_object_alpha)
};
static const tel__object basic_object_alpha = TEL__PLAIN_OBJECT(tel__basic_auth, basic_fields_alpha);
static const tel__object oauth2_object_alpha = TEL__PLAIN_OBJECT(tel__oauth2, oauth2_fields_alpha);
static const tel__field auth_fields_alpha[] = { AUTH_FIELDS(basic_object_alpha, oauth2_object_alpha) };
static const tel__object auth_object_alpha = TEL__RULED_OBJECT(tel__authentication, auth_fields_alpha, auth_rules);
static const tel__field tls_fields_alpha[] = { TLS_FIELDS(value_object_alpha) };
static const tel__object tls_object_alpha = TEL__RULED_OBJECT(tel__output_tls, tls_fields_alpha, tls_rules);
static const tel__field header_fields_alpha[] = { HEADER_FIELDS(value_object_alpha) };
static const tel__object header_object_alpha = TEL__PLAIN_OBJECT(tel__header, header_fields_alpha);
static const tel__field otlp_output_fields_alpha[] = {
	OUTPUT_FIELDS(value_object_alpha, auth_object_alpha, header_object_alpha, tls_object_alpha)
};
static const tel__object otlp_output_object_alpha = TEL__RULED_OBJECT(tel__otlp_output, otlp_output_fields_alpha, output_rules);

/* ---- the whole ---- */

static const tel__field filter_fields[] = {
	{ .name = "conditions", .type = TEL__FIELD_STRINGS, AT(tel__user_rule, conditions),
	  .help = "OTTL conditions: metrics for which one of them holds are dropped." },
};
static const tel__object filter_object = TEL__PLAIN_OBJECT(tel__user_rule, filter_fields);
static const tel__field transform_fields[] = {
	{ .name = "conditions", .type = TEL__FIELD_STRINGS, AT(tel__user_rule, conditions),
	  .help = "OTTL conditions: the statements run where one of them holds." },
	{ .name = "statements", .type = TEL__FIELD_STRINGS, AT(tel__user_rule, statements),
	  .help = "OTTL statements, run in their order." },
};
static const tel__object transform_object = TEL__PLAIN_OBJECT(tel__user_rule, transform_fields);

#define SPEC_FIELDS(input_, output_) \
	{ .name = "filter", .type = TEL__FIELD_OBJECTS, AT(tel__pipeline_spec, filter), .object = &filter_object, \
	  .help = "What is dropped, after the transformations." }, \
	FIELD_OBJECT("input", tel__pipeline_spec, input, input_, "Where metrics come from."), \
	{ .name = "output", .type = TEL__FIELD_OBJECT, AT(tel__pipeline_spec, output), .object = &output_, .required = true, \
	  .help = "Where metrics go." }, \
	{ .name = "transform", .type = TEL__FIELD_OBJECTS, AT(tel__pipeline_spec, transform), .object = &transform_object, \
	  .help = "What is changed on the way." }
#define OUTPUT(otlp_) \
	{ .name = "otlp", .type = TEL__FIELD_OBJECT, AT(tel__pipeline_output, otlp), .object = &otlp_, .required = true, \
	  .help = "A backend that speaks OTLP." }
#define PIPELINE_FIELDS(spec_) \
	{ .name = "apiVersion", .type = TEL__FIELD_STRING, AT(tel__metric_pipeline, api_version), .help = "Group and version." }, \
	{ .name = "kind", .type = TEL__FIELD_STRING, AT(tel__metric_pipeline, kind), .help = "MetricPipeline." }, \
	FIELD_OBJECT("metadata", tel__metric_pipeline, metadata, tel__metadata_object, "Name, labels, annotations."), \
	FIELD_OBJECT("spec", tel__metric_pipeline, spec, spec_, "What is wanted."), \
	{ .name = "status", .type = TEL__FIELD_ANY, AT(tel__metric_pipeline, status), \
	  .object = &tel__pipeline_status_object, .help = "What is." }

static const tel__field metadata_fields[] = {
	{ .name = "name", .type = TEL__FIELD_STRING, AT(tel__metadata, name) },
	{ .name = "namespace", .type = TEL__FIELD_STRING, AT(tel__metadata, space) },
	{ .name = "uid", .type = TEL__FIELD_STRING, AT(tel__metadata, uid) },
	{ .name = "deletionTimestamp", .type = TEL__FIELD_STRING, AT(tel__metadata, deletion_timestamp) },
	{ .name = "labels", .type = TEL__FIELD_STRING_MAP, AT(tel__metadata, labels) },
	{ .name = "annotations", .type = TEL__FIELD_STRING_MAP, AT(tel__metadata, annotations) },
	{ .name = "generation", .type = TEL__FIELD_INT, AT(tel__metadata, generation) },
};
const tel__object tel__metadata_object = { sizeof(tel__metadata), TEL__FIELDS(metadata_fields), TEL__NO_RULES, true };

static const tel__field output_fields[] = { OUTPUT(otlp_output_object) };
static const tel__object output_object = TEL__PLAIN_OBJECT(tel__pipeline_output, output_fields);
static const tel__field spec_fields[] = { SPEC_FIELDS(input_object, output_object) };
static const tel__object spec_object = TEL__PLAIN_OBJECT(tel__pipeline_spec, spec_fields);
static const tel__field pipeline_fields[] = { PIPELINE_FIELDS(spec_object) };
const tel__object tel__metric_pipeline_beta = TEL__PLAIN_OBJECT(tel__metric_pipeline, pipeline_fields);

static const tel__field output_fields_alpha[] = { OUTPUT(otlp_output_object_alpha) };
static const tel__object output_object_alpha = TEL__PLAIN_OBJECT(tel__pipeline_output, output_fields_alpha);
static const tel__field spec_fields_alpha[] = { SPEC_FIELDS(input_object_alpha, output_object_alpha) };
static const tel__object spec_object_alpha = TEL__PLAIN_OBJECT(tel__pipeline_spec, spec_fields_alpha);
static const tel__field pipeline_fields_alpha[] = { PIPELINE_FIELDS(spec_object_alpha) };
const tel__object tel__metric_pipeline_alpha = TEL__PLAIN_OBJECT(tel__metric_pipeline, pipeline_fields_alpha);
