/* SPDX-License-Identifier: Apache-2.0 */
#include "control/status_schema.h"

/* An object that no struct stands for. */
#define DESCRIBED(fields_) { 0, TEL__FIELDS(fields_), TEL__NO_RULES, false }
#define TEXT(name_, help_) { .name = name_, .type = TEL__FIELD_STRING, .help = help_ }
#define PART(name_, object_, help_) { .name = name_, .type = TEL__FIELD_OBJECT, .object = &object_, .help = help_ }

/* ---- conditions, as every Kubernetes API has them ---- */

static const char *const status_words[] = { "True", "False", "Unknown", NULL };
static const tel__pattern reason_pattern = { "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$", NULL };
static const tel__pattern type_pattern = {
	"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$", NULL
};
static const tel__field condition_fields[] = {
	{ .name = "lastTransitionTime", .type = TEL__FIELD_STRING, .format = "date-time", .required = true,
	  .help = "When the status last became another one." },
	{ .name = "message", .type = TEL__FIELD_STRING, .max_length = 32768, .required = true, .help = "What people should know." },
	{ .name = "observedGeneration", .type = TEL__FIELD_INT, .format = "int64", .has_minimum = true,
	  .help = "Generation of the resource that was judged." },
	{ .name = "reason", .type = TEL__FIELD_STRING, .min_length = 1, .max_length = 1024, .pattern = &reason_pattern,
	  .required = true, .help = "Why, in one word for programs." },
	{ .name = "status", .type = TEL__FIELD_STRING, .words = status_words, .required = true, .help = "True, False or Unknown." },
	{ .name = "type", .type = TEL__FIELD_STRING, .max_length = 316, .pattern = &type_pattern, .required = true,
	  .help = "What is judged." },
};
static const tel__object condition_object = DESCRIBED(condition_fields);
#define CONDITIONS { .name = "conditions", .type = TEL__FIELD_OBJECTS, .object = &condition_object, .help = "What was judged." }

static const tel__field pipeline_status_fields[] = { CONDITIONS };
const tel__object tel__pipeline_status_object = DESCRIBED(pipeline_status_fields);

/* ---- Telemetry ---- */

static const char *const state_words[] = { "Deleting", "Ready", "Warning", NULL };
static const tel__field endpoint_fields[] = {
	TEXT("grpc", "URL for OTLP over gRPC."),
	TEXT("http", "URL for OTLP over HTTP."),
};
static const tel__object endpoint_object = DESCRIBED(endpoint_fields);
static const tel__field endpoints_fields[] = {
	PART("logs", endpoint_object, "Where logs are taken."),
	PART("metrics", endpoint_object, "Where metrics are taken."),
	PART("traces", endpoint_object, "Where traces are taken."),
};
static const tel__object endpoints_object = DESCRIBED(endpoints_fields);
static const tel__field telemetry_status_fields[] = {
	CONDITIONS,
	{ .name = "endpoints", .type = TEL__FIELD_OBJECT, .object = &endpoints_object, .nullable = true,
	  .help = "Where applications push to." },
	{ .name = "state", .type = TEL__FIELD_STRING, .words = state_words, .required = true,
	  .help = "All conditions in one word." },
};
const tel__object tel__telemetry_status_object = DESCRIBED(telemetry_status_fields);
