# SPDX-License-Identifier: Apache-2.0
"""Made by bindings/python/generate.py from include/telemetry; not to be edited."""
from ctypes import CFUNCTYPE, POINTER, Structure, Union, c_bool, c_char, c_char_p, c_double, c_int, c_int32, c_int64, \
    c_size_t, c_uint, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p, sizeof
from enum import IntEnum
from typing import Any, Dict, List, Tuple, Type, TypeVar

TEL_COLUMNS_ATTRIBUTES = 1
TEL_COLUMNS_BUCKETS = 2
TEL_COLUMNS_NAMES = 4
TEL_DIGEST_MAX = 64
TEL_FLAG_NO_RECORDED_VALUE = 1
TEL_HAS_DOUBLE = 2
TEL_HAS_INT = 1
TEL_HAS_MAX = 16
TEL_HAS_MIN = 8
TEL_HAS_SUM = 4
TEL_OTLP_FORWARD_BAD_UTF8 = 1
TEL_OTLP_STRICT_JSON = 4
TEL_OTLP_TRUSTED = 2
TEL_VERSION_MAJOR = 0
TEL_VERSION_MINOR = 1
TEL_VERSION_PATCH = 0
TEL_WANT_READ = 1
TEL_WANT_WRITE = 2


class tel_err(IntEnum):
    TEL_OK = 0
    TEL_ERR_ARG = 1
    TEL_ERR_MALFORMED = 2
    TEL_ERR_LIMIT = 3
    TEL_ERR_UNSUPPORTED = 4
    TEL_ERR_NOT_FOUND = 5
    TEL_ERR_EXISTS = 6
    TEL_ERR_STATE = 7
    TEL_ERR_CONFIG = 8
    TEL_ERR_TYPE = 9
    TEL_ERR_RANGE = 10
    TEL_ERR_AGAIN = 100
    TEL_ERR_CLOSED = 101
    TEL_ERR_TIMEOUT = 102
    TEL_ERR_TRANSPORT = 103
    TEL_ERR_TLS = 104
    TEL_ERR_DNS = 105
    TEL_ERR_IO = 106
    TEL_ERR_CANCELLED = 107
    TEL_ERR_FORKED = 108
    TEL_ERR_NOMEM = 109
    TEL_ERR_FULL = 110
    TEL_ERR_BUDGET = 111
    TEL_ERR_REFUSED = 200
    TEL_ERR_REJECTED = 201
    TEL_ERR_PARTIAL = 202
    TEL_ERR_FATAL = 900


class tel_metric_type(IntEnum):
    TEL_METRIC_NONE = 0
    TEL_METRIC_GAUGE = 5
    TEL_METRIC_SUM = 7
    TEL_METRIC_HISTOGRAM = 9
    TEL_METRIC_EXP_HISTOGRAM = 10
    TEL_METRIC_SUMMARY = 11


class tel_temporality(IntEnum):
    TEL_TEMPORALITY_UNSPECIFIED = 0
    TEL_DELTA = 1
    TEL_CUMULATIVE = 2


class tel_value_type(IntEnum):
    TEL_VALUE_EMPTY = 0
    TEL_VALUE_STRING = 1
    TEL_VALUE_BOOL = 2
    TEL_VALUE_INT = 3
    TEL_VALUE_DOUBLE = 4
    TEL_VALUE_ARRAY = 5
    TEL_VALUE_KVLIST = 6
    TEL_VALUE_BYTES = 7
    TEL_VALUE_ITEMS = 16
    TEL_VALUE_PAIRS = 17


class tel_finding_level(IntEnum):
    TEL_FINDING_ERROR = 0
    TEL_FINDING_WARNING = 1


class tel_component_kind(IntEnum):
    TEL_COMPONENT_RECEIVER = 0
    TEL_COMPONENT_PROCESSOR = 1
    TEL_COMPONENT_EXPORTER = 2
    TEL_COMPONENT_CONNECTOR = 3
    TEL_COMPONENT_EXTENSION = 4


class tel_components_format(IntEnum):
    TEL_COMPONENTS_TEXT = 0
    TEL_COMPONENTS_JSON = 1


class tel_pipeline_version(IntEnum):
    TEL_PIPELINE_V1BETA1 = 0
    TEL_PIPELINE_V1ALPHA1 = 1


class tel_pipeline_form(IntEnum):
    TEL_PIPELINE_YAML = 0
    TEL_PIPELINE_JSON = 1


class tel_pem_state(IntEnum):
    TEL_PEM_ABSENT = 0
    TEL_PEM_UNRESOLVED = 1
    TEL_PEM_NO_BLOCK = 2
    TEL_PEM_NOT_PARSED = 3
    TEL_PEM_READ = 4


class tel_pipeline_verdict(IntEnum):
    TEL_PIPELINE_VERDICT_OK = 0
    TEL_PIPELINE_VERDICT_EXPIRING = 1
    TEL_PIPELINE_VERDICT_LIMIT = 2
    TEL_PIPELINE_VERDICT_SECRET = 3
    TEL_PIPELINE_VERDICT_ENDPOINT = 4
    TEL_PIPELINE_VERDICT_OTTL = 5
    TEL_PIPELINE_VERDICT_API = 6
    TEL_PIPELINE_VERDICT_EXPIRED = 7
    TEL_PIPELINE_VERDICT_TLS = 8


class tel_lock_state(IntEnum):
    TEL_LOCK_BY_AGE = 0
    TEL_LOCK_OWNED = 1
    TEL_LOCK_UNREADABLE = 2


class tel_workload_state(IntEnum):
    TEL_WORKLOAD_FOUND = 0
    TEL_WORKLOAD_MISSING = 1
    TEL_WORKLOAD_UNREADABLE = 2
    TEL_WORKLOAD_NO_REVISION = 3
    TEL_WORKLOAD_ERROR = 4


class tel_flow_problem(IntEnum):
    TEL_FLOW_ALL_DROPPED = 1
    TEL_FLOW_SOME_DROPPED = 2
    TEL_FLOW_THROTTLING = 4
    TEL_FLOW_STALLED = 8
    TEL_FLOW_FILLING = 16


class tel_workload_action(IntEnum):
    TEL_WORKLOAD_LEAVE = 0
    TEL_WORKLOAD_APPLY = 1
    TEL_WORKLOAD_DELETE = 2


class tel_status_part(IntEnum):
    TEL_STATUS_ALL = 0
    TEL_STATUS_PIPELINE = 1
    TEL_STATUS_TELEMETRY = 2


class tel_status_format(IntEnum):
    TEL_STATUS_YAML = 0
    TEL_STATUS_JSON = 1


class tel_digest_kind(IntEnum):
    TEL_DIGEST_MD5 = 0
    TEL_DIGEST_SHA1 = 1
    TEL_DIGEST_SHA256 = 2
    TEL_DIGEST_SHA512 = 3


class tel_log_level(IntEnum):
    TEL_LOG_DEBUG = 0
    TEL_LOG_INFO = 1
    TEL_LOG_WARN = 2
    TEL_LOG_ERROR = 3


class tel_log_encoding(IntEnum):
    TEL_LOG_CONSOLE = 0
    TEL_LOG_JSON = 1


class tel_reason_kind(IntEnum):
    TEL_REASON_ALWAYS = 0
    TEL_REASON_ASKED = 1
    TEL_REASON_SHAPED = 2


class tel_explanation_format(IntEnum):
    TEL_EXPLANATION_TEXT = 0
    TEL_EXPLANATION_JSON = 1


class tel_exporter_protocol(IntEnum):
    TEL_EXPORTER_HTTP_PROTOBUF = 0
    TEL_EXPORTER_GRPC = 1
    TEL_EXPORTER_HTTP_JSON = 2


class tel_temporality_preference(IntEnum):
    TEL_PREFER_CUMULATIVE = 0
    TEL_PREFER_DELTA = 1
    TEL_PREFER_LOW_MEMORY = 2


class tel_format(IntEnum):
    TEL_FORMAT_BASIC = 0
    TEL_FORMAT_SUMMARY = 1
    TEL_FORMAT_NORMAL = 2
    TEL_FORMAT_DETAILED = 3
    TEL_FORMAT_JSON = 4


class tel_plan_outcome(IntEnum):
    TEL_PLAN_OK = 0
    TEL_PLAN_FILTERED = 1
    TEL_PLAN_RETRY = 2
    TEL_PLAN_PERMANENT = 3


class tel_manifest(IntEnum):
    TEL_MANIFEST_CRDS = 0
    TEL_MANIFEST_WEBHOOKS = 1
    TEL_MANIFEST_ROLES = 2


class tel_ottl_kind(IntEnum):
    TEL_OTTL_STATEMENT = 0
    TEL_OTTL_CONDITION = 1
    TEL_OTTL_VALUE = 2


class tel_ottl_context(IntEnum):
    TEL_OTTL_INFER = 0
    TEL_OTTL_RESOURCE = 1
    TEL_OTTL_SCOPE = 2
    TEL_OTTL_METRIC = 3
    TEL_OTTL_DATAPOINT = 4


class tel_ottl_place(IntEnum):
    TEL_OTTL_TRANSFORM = 0
    TEL_OTTL_FILTER = 1
    TEL_OTTL_PIPELINE_FILTER = 2
    TEL_OTTL_ROUTING = 3


class tel_ottl_error_mode(IntEnum):
    TEL_OTTL_PROPAGATE = 0
    TEL_OTTL_IGNORE = 1
    TEL_OTTL_SILENT = 2


class tel_verdict(IntEnum):
    TEL_VERDICT_OK = 0
    TEL_VERDICT_FILTERED = 1
    TEL_VERDICT_RETRY = 2
    TEL_VERDICT_PERMANENT = 3
    TEL_VERDICT_ABORT = 4


class tel_object_form(IntEnum):
    TEL_OBJECTS_OWN = 0
    TEL_OBJECTS_KYMA = 1


class tel_render_target(IntEnum):
    TEL_RENDER_GATEWAY = 0
    TEL_RENDER_AGENT = 1


class tel_alloc(Structure):
    pass


class tel_error(Structure):
    pass


class tel_budget_state(Structure):
    pass


class tel_slice(Structure):
    pass


class tel_metrics_counts(Structure):
    pass


class tel_value_u(Union):
    pass


class tel_value(Structure):
    pass


class tel_pair(Structure):
    pass


class tel_quantile(Structure):
    pass


class tel_metric_desc(Structure):
    pass


class tel_histogram(Structure):
    pass


class tel_exp_buckets(Structure):
    pass


class tel_exp_histogram(Structure):
    pass


class tel_config_source(Structure):
    pass


class tel_config_env(Structure):
    pass


class tel_finding(Structure):
    pass


class tel_config_opts(Structure):
    pass


class tel_component_info(Structure):
    pass


class tel_component_key(Structure):
    pass


class tel_pipeline_opts(Structure):
    pass


class tel_pipeline_format_opts(Structure):
    pass


class tel_certificate_facts(Structure):
    pass


class tel_lock_owner(Structure):
    pass


class tel_secret_failure(Structure):
    pass


class tel_container_facts(Structure):
    pass


class tel_pod_facts(Structure):
    pass


class tel_workload_facts(Structure):
    pass


class tel_flow_finding(Structure):
    pass


class tel_flow_facts(Structure):
    pass


class tel_status_facts(Structure):
    pass


class tel_condition(Structure):
    pass


class tel_pipeline_status(Structure):
    pass


class tel_telemetry_status(Structure):
    pass


class tel_status_actions(Structure):
    pass


class tel_clock(Structure):
    pass


class tel_random(Structure):
    pass


class tel_text_ref(Structure):
    pass


class tel_columns(Structure):
    pass


class tel_crypto_ops(Structure):
    pass


class tel_log_field(Structure):
    pass


class tel_log_entry(Structure):
    pass


class tel_log_sink(Structure):
    pass


class tel_log_style(Structure):
    pass


class tel_loop_ops(Structure):
    pass


class tel_proxies(Structure):
    pass


class tel_ctx_opts(Structure):
    pass


class tel_fields(Structure):
    pass


class tel_numbers(Structure):
    pass


class tel_cursor(Structure):
    pass


class tel_resource_view(Structure):
    pass


class tel_entity_view(Structure):
    pass


class tel_scope_view(Structure):
    pass


class tel_metric_view(Structure):
    pass


class tel_buckets_view(Structure):
    pass


class tel_point_view(Structure):
    pass


class tel_exemplar_view(Structure):
    pass


class tel_explained(Structure):
    pass


class tel_reason(Structure):
    pass


class tel_exporter_header(Structure):
    pass


class tel_exporter_opts(Structure):
    pass


class tel_exporter_preference(Structure):
    pass


class tel_exporter_env(Structure):
    pass


class tel_export_result(Structure):
    pass


class tel_flow_opts(Structure):
    pass


class tel_flow_option(Structure):
    pass


class tel_flow_reload_opts(Structure):
    pass


class tel_origin(Structure):
    pass


class tel_plan_entry(Structure):
    pass


class tel_graph_opts(Structure):
    pass


class tel_manifest_opts(Structure):
    pass


class tel_otlp_decode_opts(Structure):
    pass


class tel_otlp_report(Structure):
    pass


class tel_ottl_opts(Structure):
    pass


class tel_ottl_eval_opts(Structure):
    pass


class tel_ottl_result(Structure):
    pass


class tel_outcome(Structure):
    pass


class tel_receiver_opts(Structure):
    pass


class tel_render_pod_label(Structure):
    pass


class tel_render_pair(Structure):
    pass


class tel_object_facts(Structure):
    pass


class tel_render_facts(Structure):
    pass


class tel_object_id(Structure):
    pass


tel_alloc._fields_ = [
    ("resize", CFUNCTYPE(c_void_p, c_void_p, c_void_p, c_size_t, c_size_t)),
    ("user", c_void_p),
]
tel_error._fields_ = [
    ("size", c_size_t),
    ("code", c_int32),
    ("detail", c_int32),
    ("line", c_uint32),
    ("column", c_uint32),
    ("offset", c_uint64),
    ("msg", c_char * 256),
]
tel_budget_state._fields_ = [
    ("size", c_size_t),
    ("limit_bytes", c_size_t),
    ("reserved_bytes", c_size_t),
    ("peak_bytes", c_size_t),
    ("refused", c_uint64),
]
tel_slice._fields_ = [
    ("ptr", c_void_p),
    ("len", c_size_t),
]
tel_metrics_counts._fields_ = [
    ("size", c_size_t),
    ("resources", c_uint64),
    ("scopes", c_uint64),
    ("metrics", c_uint64),
    ("points", c_uint64),
    ("live_bytes", c_uint64),
    ("pinned_bytes", c_uint64),
]
tel_value_u._fields_ = [
    ("boolean", c_bool),
    ("integer", c_int64),
    ("real", c_double),
    ("bytes", tel_slice),
    ("items", POINTER(tel_value)),
    ("pairs", POINTER(tel_pair)),
]
tel_value._fields_ = [
    ("type", c_int32),
    ("count", c_uint32),
    ("u", tel_value_u),
]
tel_pair._fields_ = [
    ("key", tel_slice),
    ("value", tel_value),
]
tel_quantile._fields_ = [
    ("quantile", c_double),
    ("value", c_double),
]
tel_metric_desc._fields_ = [
    ("size", c_size_t),
    ("type", c_int32),
    ("temporality", c_int32),
    ("monotonic", c_bool),
    ("name", tel_slice),
    ("unit", tel_slice),
    ("description", tel_slice),
]
tel_histogram._fields_ = [
    ("size", c_size_t),
    ("count", c_uint64),
    ("has", c_uint32),
    ("bound_count", c_uint32),
    ("sum", c_double),
    ("min", c_double),
    ("max", c_double),
    ("bounds", POINTER(c_double)),
    ("bucket_counts", POINTER(c_uint64)),
]
tel_exp_buckets._fields_ = [
    ("counts", POINTER(c_uint64)),
    ("count", c_uint32),
    ("offset", c_int32),
]
tel_exp_histogram._fields_ = [
    ("size", c_size_t),
    ("count", c_uint64),
    ("has", c_uint32),
    ("scale", c_int32),
    ("sum", c_double),
    ("min", c_double),
    ("max", c_double),
    ("zero_count", c_uint64),
    ("zero_threshold", c_double),
    ("positive", tel_exp_buckets),
    ("negative", tel_exp_buckets),
]
tel_config_source._fields_ = [
    ("name", tel_slice),
    ("text", tel_slice),
]
tel_config_env._fields_ = [
    ("lookup", CFUNCTYPE(c_int32, c_void_p, tel_slice, tel_slice, POINTER(tel_slice))),
    ("user", c_void_p),
]
tel_finding._fields_ = [
    ("level", c_int32),
    ("source", tel_slice),
    ("line", c_uint32),
    ("column", c_uint32),
    ("path", tel_slice),
    ("message", tel_slice),
    ("hint", tel_slice),
]
tel_config_opts._fields_ = [
    ("size", c_size_t),
    ("alloc", POINTER(tel_alloc)),
    ("strict_env", c_bool),
    ("ignore_other_signals", c_bool),
]
tel_component_info._fields_ = [
    ("size", c_size_t),
    ("kind", c_int32),
    ("type", tel_slice),
    ("help", tel_slice),
    ("runs", c_bool),
]
tel_component_key._fields_ = [
    ("size", c_size_t),
    ("path", tel_slice),
    ("type", tel_slice),
    ("def", tel_slice),
    ("help", tel_slice),
]
tel_pipeline_opts._fields_ = [
    ("size", c_size_t),
    ("alloc", POINTER(tel_alloc)),
    ("strict", c_bool),
]
tel_pipeline_format_opts._fields_ = [
    ("size", c_size_t),
    ("alloc", POINTER(tel_alloc)),
    ("version", c_int32),
    ("form", c_int32),
]
tel_certificate_facts._fields_ = [
    ("size", c_size_t),
    ("cert", c_int32),
    ("key", c_int32),
    ("ca", c_int32),
    ("key_matches", c_bool),
    ("ca_is_ca", c_bool),
    ("cert_not_before_s", c_int64),
    ("cert_not_after_s", c_int64),
    ("ca_not_before_s", c_int64),
    ("ca_not_after_s", c_int64),
    ("cert_subject", c_char * 256),
    ("ca_subject", c_char * 256),
]
tel_lock_owner._fields_ = [
    ("name", tel_slice),
    ("uid", tel_slice),
]
tel_secret_failure._fields_ = [
    ("name", tel_slice),
    ("space", tel_slice),
]
tel_container_facts._fields_ = [
    ("name", tel_slice),
    ("waiting", c_bool),
    ("terminated_before", c_bool),
    ("waiting_reason", tel_slice),
    ("waiting_message", tel_slice),
    ("terminated_reason", tel_slice),
]
tel_pod_facts._fields_ = [
    ("name", tel_slice),
    ("phase", tel_slice),
    ("message", tel_slice),
    ("unscheduled_message", tel_slice),
    ("ready", c_bool),
    ("unscheduled", c_bool),
    ("containers", POINTER(tel_container_facts)),
    ("container_count", c_size_t),
]
tel_workload_facts._fields_ = [
    ("size", c_size_t),
    ("state", c_int32),
    ("error", tel_slice),
    ("desired", c_int64),
    ("ready", c_int64),
    ("updated", c_int64),
    ("pods", POINTER(tel_pod_facts)),
    ("pod_count", c_size_t),
]
tel_flow_finding._fields_ = [
    ("pipeline", tel_slice),
    ("problems", c_uint32),
    ("waiting_points", c_uint64),
    ("where", tel_slice),
]
tel_flow_facts._fields_ = [
    ("size", c_size_t),
    ("failed", c_bool),
    ("findings", POINTER(tel_flow_finding)),
    ("count", c_size_t),
]
tel_status_facts._fields_ = [
    ("size", c_size_t),
    ("now_unix_ns", c_uint64),
    ("read_certificates", CFUNCTYPE(c_int32, c_void_p, tel_slice, tel_slice, tel_slice, POINTER(tel_certificate_facts))),
    ("read_certificates_user", c_void_p),
    ("lock", c_int32),
    ("max_pipelines", c_int32),
    ("owners", POINTER(tel_lock_owner)),
    ("owner_count", c_size_t),
    ("secret_failures", POINTER(tel_secret_failure)),
    ("secret_failure_count", c_size_t),
    ("gateway", POINTER(tel_workload_facts)),
    ("agent", POINTER(tel_workload_facts)),
    ("gateway_flow", POINTER(tel_flow_facts)),
    ("agent_flow", POINTER(tel_flow_facts)),
    ("target_namespace", tel_slice),
    ("has_service", c_bool),
    ("grpc_endpoint", tel_slice),
    ("http_endpoint", tel_slice),
    ("paused", c_bool),
    ("cluster_unreadable", c_bool),
]
tel_condition._fields_ = [
    ("type", tel_slice),
    ("status", tel_slice),
    ("reason", tel_slice),
    ("message", tel_slice),
    ("last_transition_time", tel_slice),
    ("observed_generation", c_int64),
]
tel_pipeline_status._fields_ = [
    ("size", c_size_t),
    ("name", tel_slice),
    ("verdict", c_int32),
    ("reason", tel_slice),
    ("active", c_bool),
    ("needs_agent", c_bool),
    ("untouched", c_bool),
    ("changed", c_bool),
    ("recheck_s", c_int64),
    ("condition_count", c_size_t),
]
tel_telemetry_status._fields_ = [
    ("size", c_size_t),
    ("name", tel_slice),
    ("state", tel_slice),
    ("grpc_endpoint", tel_slice),
    ("http_endpoint", tel_slice),
    ("changed", c_bool),
    ("condition_count", c_size_t),
]
tel_status_actions._fields_ = [
    ("size", c_size_t),
    ("gateway", c_int32),
    ("agent", c_int32),
    ("retry", c_bool),
    ("recheck_s", c_int64),
]
tel_clock._fields_ = [
    ("mono_ns", CFUNCTYPE(c_uint64, c_void_p)),
    ("unix_ns", CFUNCTYPE(c_uint64, c_void_p)),
    ("user", c_void_p),
]
tel_random._fields_ = [
    ("next", CFUNCTYPE(c_uint64, c_void_p)),
    ("user", c_void_p),
]
tel_text_ref._fields_ = [
    ("offset", c_uint64),
    ("len", c_uint64),
]
tel_columns._fields_ = [
    ("size", c_size_t),
    ("resource_room", c_size_t),
    ("resource_count", c_size_t),
    ("resource_first_attribute", POINTER(c_uint64)),
    ("scope_room", c_size_t),
    ("scope_count", c_size_t),
    ("scope_resource", POINTER(c_uint32)),
    ("scope_name", POINTER(tel_text_ref)),
    ("scope_version", POINTER(tel_text_ref)),
    ("scope_first_attribute", POINTER(c_uint64)),
    ("metric_room", c_size_t),
    ("metric_count", c_size_t),
    ("metric_scope", POINTER(c_uint32)),
    ("metric_type", POINTER(c_uint8)),
    ("metric_temporality", POINTER(c_uint8)),
    ("metric_monotonic", POINTER(c_uint8)),
    ("metric_name", POINTER(tel_text_ref)),
    ("metric_unit", POINTER(tel_text_ref)),
    ("metric_first_point", POINTER(c_uint64)),
    ("point_room", c_size_t),
    ("point_count", c_size_t),
    ("point_metric", POINTER(c_uint32)),
    ("point_has", POINTER(c_uint32)),
    ("point_flags", POINTER(c_uint32)),
    ("point_start", POINTER(c_uint64)),
    ("point_time", POINTER(c_uint64)),
    ("point_int", POINTER(c_int64)),
    ("point_double", POINTER(c_double)),
    ("point_total", POINTER(c_uint64)),
    ("point_sum", POINTER(c_double)),
    ("point_min", POINTER(c_double)),
    ("point_max", POINTER(c_double)),
    ("point_first_attribute", POINTER(c_uint64)),
    ("point_first_bucket", POINTER(c_uint64)),
    ("point_first_bound", POINTER(c_uint64)),
    ("attribute_room", c_size_t),
    ("attribute_count", c_size_t),
    ("attribute_key", POINTER(tel_text_ref)),
    ("attribute_type", POINTER(c_uint8)),
    ("attribute_int", POINTER(c_int64)),
    ("attribute_double", POINTER(c_double)),
    ("attribute_text", POINTER(tel_text_ref)),
    ("bucket_room", c_size_t),
    ("bucket_count", c_size_t),
    ("bucket_counts", POINTER(c_uint64)),
    ("bound_room", c_size_t),
    ("bound_count", c_size_t),
    ("bounds", POINTER(c_double)),
    ("text_room", c_size_t),
    ("text_count", c_size_t),
    ("text", c_void_p),
]
tel_crypto_ops._fields_ = [
    ("size", c_size_t),
    ("digest", CFUNCTYPE(c_int32, c_void_p, c_int32, POINTER(tel_slice), c_size_t, POINTER(c_uint8))),
    ("user", c_void_p),
]
tel_log_field._fields_ = [
    ("key", tel_slice),
    ("text", tel_slice),
    ("number", c_double),
    ("is_number", c_bool),
]
tel_log_entry._fields_ = [
    ("size", c_size_t),
    ("level", c_int32),
    ("unix_ns", c_uint64),
    ("msg", tel_slice),
    ("component_id", tel_slice),
    ("component_kind", tel_slice),
    ("pipeline_id", tel_slice),
    ("fields", POINTER(tel_log_field)),
    ("field_count", c_size_t),
]
tel_log_sink._fields_ = [
    ("write", CFUNCTYPE(None, c_void_p, POINTER(tel_log_entry))),
    ("user", c_void_p),
    ("min_level", c_int32),
]
tel_log_style._fields_ = [
    ("size", c_size_t),
    ("encoding", c_int32),
    ("service_name", tel_slice),
    ("service_version", tel_slice),
    ("instance_id", tel_slice),
    ("resource", POINTER(tel_log_field)),
    ("resource_count", c_size_t),
    ("fields", POINTER(tel_log_field)),
    ("field_count", c_size_t),
]
tel_loop_ops._fields_ = [
    ("size", c_size_t),
    ("watch", CFUNCTYPE(c_int, c_void_p, c_int, c_uint, POINTER(c_void_p))),
    ("deadline", CFUNCTYPE(None, c_void_p, c_uint64)),
]
tel_proxies._fields_ = [
    ("http", tel_slice),
    ("https", tel_slice),
    ("none", tel_slice),
]
tel_ctx_opts._fields_ = [
    ("size", c_size_t),
    ("loop", POINTER(tel_loop_ops)),
    ("loop_user", c_void_p),
    ("alloc", tel_alloc),
    ("clock", tel_clock),
    ("random", tel_random),
    ("log", tel_log_sink),
    ("offload", CFUNCTYPE(c_int, c_void_p, CFUNCTYPE(None, c_void_p), c_void_p)),
    ("offload_user", c_void_p),
    ("memory_limit_bytes", c_size_t),
    ("proxies", tel_proxies),
    ("budget", c_void_p),
]
tel_fields._fields_ = [
    ("next", c_void_p),
    ("end", c_void_p),
    ("field", c_uint32),
    ("count", c_uint32),
]
tel_numbers._fields_ = [
    ("next", c_void_p),
    ("run_end", c_void_p),
    ("end", c_void_p),
    ("field", c_uint32),
    ("count", c_uint32),
]
tel_cursor._fields_ = [
    ("metrics", c_void_p),
    ("resource", c_uint32),
    ("scope", c_uint32),
    ("metric", c_uint32),
    ("point", c_uint32),
    ("type", c_uint32),
    ("points", tel_fields),
]
tel_resource_view._fields_ = [
    ("attributes", tel_fields),
    ("entities", tel_fields),
    ("schema_url", tel_slice),
    ("dropped_attributes", c_uint32),
    ("scopes", c_uint32),
]
tel_entity_view._fields_ = [
    ("schema_url", tel_slice),
    ("type", tel_slice),
    ("id_keys", tel_fields),
    ("description_keys", tel_fields),
]
tel_scope_view._fields_ = [
    ("name", tel_slice),
    ("version", tel_slice),
    ("schema_url", tel_slice),
    ("attributes", tel_fields),
    ("dropped_attributes", c_uint32),
    ("metrics", c_uint32),
]
tel_metric_view._fields_ = [
    ("type", c_int32),
    ("temporality", c_int32),
    ("monotonic", c_bool),
    ("name", tel_slice),
    ("unit", tel_slice),
    ("description", tel_slice),
    ("metadata", tel_fields),
    ("points", c_uint32),
]
tel_buckets_view._fields_ = [
    ("counts", tel_numbers),
    ("offset", c_int32),
    ("present", c_bool),
]
tel_point_view._fields_ = [
    ("type", c_int32),
    ("has", c_uint32),
    ("flags", c_uint32),
    ("scale", c_int32),
    ("start_unix_ns", c_uint64),
    ("time_unix_ns", c_uint64),
    ("as_int", c_int64),
    ("as_double", c_double),
    ("attributes", tel_fields),
    ("exemplars", tel_fields),
    ("count", c_uint64),
    ("sum", c_double),
    ("min", c_double),
    ("max", c_double),
    ("bucket_counts", tel_numbers),
    ("bounds", tel_numbers),
    ("quantiles", tel_fields),
    ("zero_count", c_uint64),
    ("zero_threshold", c_double),
    ("positive", tel_buckets_view),
    ("negative", tel_buckets_view),
    ("raw", tel_slice),
]
tel_exemplar_view._fields_ = [
    ("time_unix_ns", c_uint64),
    ("has", c_uint32),
    ("as_int", c_int64),
    ("as_double", c_double),
    ("trace_id", tel_slice),
    ("span_id", tel_slice),
    ("attributes", tel_fields),
]
tel_explained._fields_ = [
    ("size", c_size_t),
    ("kind", c_int32),
    ("id", tel_slice),
    ("help", tel_slice),
    ("use_count", c_size_t),
    ("reason_count", c_size_t),
    ("source", tel_slice),
    ("line", c_uint32),
    ("column", c_uint32),
]
tel_reason._fields_ = [
    ("size", c_size_t),
    ("kind", c_int32),
    ("resource", tel_slice),
    ("field", tel_slice),
    ("value", tel_slice),
    ("def", tel_slice),
    ("written", c_bool),
    ("source", tel_slice),
    ("line", c_uint32),
    ("column", c_uint32),
]
tel_exporter_header._fields_ = [
    ("name", tel_slice),
    ("value", tel_slice),
]
tel_exporter_opts._fields_ = [
    ("size", c_size_t),
    ("protocol", c_int32),
    ("endpoint", tel_slice),
    ("endpoint_is_whole", c_bool),
    ("insecure", c_bool),
    ("no_retry", c_bool),
    ("headers", POINTER(tel_exporter_header)),
    ("header_count", c_size_t),
    ("compression", tel_slice),
    ("timeout_ns", c_uint64),
    ("max_elapsed_ns", c_uint64),
    ("queue_batches", c_uint64),
    ("in_flight", c_uint32),
    ("user_agent", tel_slice),
    ("ca_file", tel_slice),
    ("client_cert_file", tel_slice),
    ("client_key_file", tel_slice),
    ("temporality", c_int32),
    ("exponential_histograms", c_bool),
    ("disabled", c_bool),
    ("proxies", tel_proxies),
    ("server_name", tel_slice),
    ("insecure_skip_verify", c_bool),
]
tel_exporter_preference._fields_ = [
    ("size", c_size_t),
    ("counter", c_int32),
    ("observed_counter", c_int32),
    ("up_down", c_int32),
    ("histogram", c_int32),
    ("histogram_type", c_int32),
]
tel_exporter_env._fields_ = [
    ("size", c_size_t),
    ("lookup", CFUNCTYPE(c_void_p, c_void_p, c_char_p)),
    ("user", c_void_p),
]
tel_export_result._fields_ = [
    ("size", c_size_t),
    ("code", c_int32),
    ("rejected_points", c_uint64),
    ("grpc_status", c_int32),
    ("message", tel_slice),
]
tel_flow_opts._fields_ = [
    ("size", c_size_t),
    ("service_name", tel_slice),
    ("service_version", tel_slice),
    ("instance_id", tel_slice),
    ("forward_bad_utf8", c_bool),
    ("fanout_all", c_bool),
    ("connections_per_peer", c_uint32),
    ("pages_endpoint", tel_slice),
    ("strict_json", c_bool),
    ("drop_auth_failures", c_bool),
    ("drain_ns", c_uint64),
]
tel_flow_option._fields_ = [
    ("size", c_size_t),
    ("name", tel_slice),
    ("values", tel_slice),
    ("def", tel_slice),
    ("help", tel_slice),
    ("value", c_char * 160),
]
tel_flow_reload_opts._fields_ = [
    ("size", c_size_t),
    ("leave_ns", c_uint64),
]
tel_origin._fields_ = [
    ("size", c_size_t),
    ("peer", tel_slice),
    ("transport", tel_slice),
    ("deadline_mono_ns", c_uint64),
]
tel_plan_entry._fields_ = [
    ("exporter", tel_slice),
    ("pipeline", tel_slice),
    ("exporter_index", c_uint32),
    ("group", c_uint32),
    ("metrics", c_void_p),
    ("points", c_uint64),
]
tel_graph_opts._fields_ = [
    ("size", c_size_t),
    ("alloc", POINTER(tel_alloc)),
    ("log", POINTER(tel_log_sink)),
    ("total_memory_bytes", c_size_t),
    ("crypto", POINTER(tel_crypto_ops)),
    ("unix_ns", c_uint64),
    ("kube", c_void_p),
]
tel_manifest_opts._fields_ = [
    ("size", c_size_t),
    ("alloc", POINTER(tel_alloc)),
    ("target_namespace", tel_slice),
]
tel_otlp_decode_opts._fields_ = [
    ("size", c_size_t),
    ("flags", c_uint32),
    ("max_depth", c_uint32),
    ("max_bytes", c_size_t),
    ("alloc", POINTER(tel_alloc)),
    ("budget", c_void_p),
]
tel_otlp_report._fields_ = [
    ("size", c_size_t),
    ("rejected_points", c_uint64),
    ("rejected_nodes", c_uint64),
    ("merged_nodes", c_uint64),
    ("unknown_fields", c_uint64),
    ("message", c_char * 256),
]
tel_ottl_opts._fields_ = [
    ("size", c_size_t),
    ("alloc", POINTER(tel_alloc)),
    ("place", c_int32),
    ("context", c_int32),
    ("prefix_optional", c_bool),
    ("crypto", POINTER(tel_crypto_ops)),
]
tel_ottl_eval_opts._fields_ = [
    ("size", c_size_t),
    ("alloc", POINTER(tel_alloc)),
    ("error_mode", c_int32),
    ("unix_ns", c_uint64),
]
tel_ottl_result._fields_ = [
    ("size", c_size_t),
    ("items", c_uint64),
    ("matched", c_uint64),
    ("failed", c_uint64),
    ("created", c_uint64),
]
tel_outcome._fields_ = [
    ("size", c_size_t),
    ("verdict", c_int32),
    ("grpc_status", c_int32),
    ("retry_after_ns", c_uint64),
    ("rejected_points", c_uint64),
    ("message", tel_slice),
]
tel_receiver_opts._fields_ = [
    ("size", c_size_t),
    ("grpc_endpoint", tel_slice),
    ("http_endpoint", tel_slice),
    ("grpc_max_bytes", c_size_t),
    ("http_max_bytes", c_size_t),
    ("forward_bad_utf8", c_bool),
    ("http_path", tel_slice),
    ("cert_file", tel_slice),
    ("key_file", tel_slice),
    ("client_ca_file", tel_slice),
    ("tls_reload_ns", c_uint64),
    ("strict_json", c_bool),
]
tel_render_pod_label._fields_ = [
    ("key", tel_slice),
    ("key_prefix", tel_slice),
]
tel_render_pair._fields_ = [
    ("key", tel_slice),
    ("value", tel_slice),
]
tel_object_facts._fields_ = [
    ("size", c_size_t),
    ("crypto", POINTER(tel_crypto_ops)),
    ("form", c_int32),
    ("gateway_image", tel_slice),
    ("agent_image", tel_slice),
    ("replicas", c_uint32),
    ("resource_multiplier", c_uint32),
    ("fips", c_bool),
    ("vpa_installed", c_bool),
    ("node_memory_bytes", c_uint64),
    ("image_pull_secret", tel_slice),
    ("priority_class", tel_slice),
    ("high_priority_class", tel_slice),
    ("cluster_trust_bundle", tel_slice),
    ("storage_size", tel_slice),
    ("storage_claim", tel_slice),
    ("labels", POINTER(tel_render_pair)),
    ("label_count", c_size_t),
    ("annotations", POINTER(tel_render_pair)),
    ("annotation_count", c_size_t),
    ("pod_labels", POINTER(tel_render_pair)),
    ("pod_label_count", c_size_t),
    ("pod_annotations", POINTER(tel_render_pair)),
    ("pod_annotation_count", c_size_t),
    ("backend_ports", POINTER(c_uint16)),
    ("backend_port_count", c_size_t),
    ("config_text", tel_slice),
    ("env", POINTER(tel_render_pair)),
    ("env_count", c_size_t),
]
tel_render_facts._fields_ = [
    ("size", c_size_t),
    ("cluster_name", tel_slice),
    ("cluster_uid", tel_slice),
    ("cloud_provider", tel_slice),
    ("scope_version", tel_slice),
    ("target_namespace", tel_slice),
    ("istio_cert_path", tel_slice),
    ("otel_service_enrichment", c_bool),
    ("istio_active", c_bool),
    ("vpa_active", c_bool),
    ("runtime_interval_ns", c_int64),
    ("prometheus_interval_ns", c_int64),
    ("istio_interval_ns", c_int64),
    ("pod_labels", POINTER(tel_render_pod_label)),
    ("pod_label_count", c_size_t),
    ("status", c_void_p),
    ("objects", POINTER(tel_object_facts)),
]
tel_object_id._fields_ = [
    ("size", c_size_t),
    ("api_version", tel_slice),
    ("kind", tel_slice),
    ("resource", tel_slice),
    ("target_namespace", tel_slice),
    ("name", tel_slice),
]

STRUCTS: List[Any] = [
    tel_alloc,
    tel_error,
    tel_budget_state,
    tel_slice,
    tel_metrics_counts,
    tel_value_u,
    tel_value,
    tel_pair,
    tel_quantile,
    tel_metric_desc,
    tel_histogram,
    tel_exp_buckets,
    tel_exp_histogram,
    tel_config_source,
    tel_config_env,
    tel_finding,
    tel_config_opts,
    tel_component_info,
    tel_component_key,
    tel_pipeline_opts,
    tel_pipeline_format_opts,
    tel_certificate_facts,
    tel_lock_owner,
    tel_secret_failure,
    tel_container_facts,
    tel_pod_facts,
    tel_workload_facts,
    tel_flow_finding,
    tel_flow_facts,
    tel_status_facts,
    tel_condition,
    tel_pipeline_status,
    tel_telemetry_status,
    tel_status_actions,
    tel_clock,
    tel_random,
    tel_text_ref,
    tel_columns,
    tel_crypto_ops,
    tel_log_field,
    tel_log_entry,
    tel_log_sink,
    tel_log_style,
    tel_loop_ops,
    tel_proxies,
    tel_ctx_opts,
    tel_fields,
    tel_numbers,
    tel_cursor,
    tel_resource_view,
    tel_entity_view,
    tel_scope_view,
    tel_metric_view,
    tel_buckets_view,
    tel_point_view,
    tel_exemplar_view,
    tel_explained,
    tel_reason,
    tel_exporter_header,
    tel_exporter_opts,
    tel_exporter_preference,
    tel_exporter_env,
    tel_export_result,
    tel_flow_opts,
    tel_flow_option,
    tel_flow_reload_opts,
    tel_origin,
    tel_plan_entry,
    tel_graph_opts,
    tel_manifest_opts,
    tel_otlp_decode_opts,
    tel_otlp_report,
    tel_ottl_opts,
    tel_ottl_eval_opts,
    tel_ottl_result,
    tel_outcome,
    tel_receiver_opts,
    tel_render_pod_label,
    tel_render_pair,
    tel_object_facts,
    tel_render_facts,
    tel_object_id,
]
INITIAL: Dict[str, Dict[str, Any]] = {
    "tel_budget_state": {},
    "tel_certificate_facts": {},
    "tel_columns": {},
    "tel_component_info": {},
    "tel_config_opts": {},
    "tel_crypto_ops": {},
    "tel_ctx_opts": {"log": {"min_level": 1}},
    "tel_error": {},
    "tel_exp_histogram": {},
    "tel_explained": {},
    "tel_exporter_opts": {},
    "tel_exporter_preference": {"counter": 2, "observed_counter": 2, "up_down": 2, "histogram": 2, "histogram_type": 9},
    "tel_flow_facts": {},
    "tel_flow_option": {},
    "tel_flow_opts": {},
    "tel_flow_reload_opts": {},
    "tel_graph_opts": {},
    "tel_histogram": {},
    "tel_log_style": {},
    "tel_manifest_opts": {},
    "tel_metric_desc": {},
    "tel_metrics_counts": {},
    "tel_object_facts": {"resource_multiplier": 4294967295},
    "tel_object_id": {},
    "tel_origin": {"deadline_mono_ns": 18446744073709551615},
    "tel_otlp_decode_opts": {},
    "tel_otlp_report": {},
    "tel_ottl_eval_opts": {},
    "tel_ottl_opts": {},
    "tel_ottl_result": {},
    "tel_outcome": {},
    "tel_pipeline_format_opts": {},
    "tel_pipeline_opts": {},
    "tel_pipeline_status": {},
    "tel_reason": {},
    "tel_receiver_opts": {},
    "tel_render_facts": {},
    "tel_status_actions": {},
    "tel_status_facts": {},
    "tel_telemetry_status": {},
    "tel_workload_facts": {},
}
_S = TypeVar("_S", bound=Structure)


def init(kind: Type[_S]) -> _S:
    """A struct as its TEL_..._INIT macro makes it."""
    value = kind()
    for name, initial in INITIAL[kind.__name__].items():
        if isinstance(initial, dict):
            for member, number in initial.items():
                setattr(getattr(value, name), member, number)
        else:
            setattr(value, name, initial)
    setattr(value, "size", sizeof(kind))
    return value


def member(kind: Any, name: str) -> Any:
    """The type of a member."""
    return dict(kind._fields_)[name]


CORE: Dict[str, Tuple[Any, List[Any]]] = {
    "tel_attr_find": (c_bool, [POINTER(tel_fields), tel_slice, POINTER(tel_value)]),
    "tel_attr_next": (c_bool, [POINTER(tel_fields), POINTER(tel_pair)]),
    "tel_attrs_free": (None, [c_void_p]),
    "tel_attrs_new": (c_int32, [POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_attrs_put": (c_int32, [c_void_p, tel_slice, POINTER(tel_value)]),
    "tel_attrs_put_str": (c_int32, [c_void_p, c_char_p, c_char_p]),
    "tel_budget_get": (c_int32, [c_void_p, POINTER(tel_budget_state)]),
    "tel_budget_new": (c_int32, [POINTER(tel_alloc), c_size_t, POINTER(c_void_p)]),
    "tel_budget_ref": (c_void_p, [c_void_p]),
    "tel_budget_unref": (None, [c_void_p]),
    "tel_buf_copy": (c_int32, [POINTER(tel_alloc), tel_slice, POINTER(c_void_p)]),
    "tel_buf_get": (tel_slice, [c_void_p]),
    "tel_buf_ref": (c_void_p, [c_void_p]),
    "tel_buf_unref": (None, [c_void_p]),
    "tel_buf_wrap": (c_int32, [POINTER(tel_alloc), c_void_p, c_size_t, CFUNCTYPE(None, c_void_p, c_void_p, c_size_t), c_void_p, POINTER(c_void_p)]),
    "tel_builder_attr": (None, [c_void_p, tel_slice, POINTER(tel_value)]),
    "tel_builder_attr_bool": (None, [c_void_p, c_char_p, c_bool]),
    "tel_builder_attr_double": (None, [c_void_p, c_char_p, c_double]),
    "tel_builder_attr_int": (None, [c_void_p, c_char_p, c_int64]),
    "tel_builder_attr_str": (None, [c_void_p, c_char_p, c_char_p]),
    "tel_builder_attrs": (None, [c_void_p, c_void_p]),
    "tel_builder_counter": (None, [c_void_p, c_char_p, c_char_p, c_char_p, c_int32]),
    "tel_builder_dropped_attributes": (None, [c_void_p, c_uint32]),
    "tel_builder_exemplar": (None, [c_void_p, c_uint64, POINTER(tel_value), c_char_p, c_char_p]),
    "tel_builder_finish": (c_int32, [c_void_p, POINTER(c_void_p), POINTER(tel_error)]),
    "tel_builder_flags": (None, [c_void_p, c_uint32]),
    "tel_builder_free": (None, [c_void_p]),
    "tel_builder_gauge": (None, [c_void_p, c_char_p, c_char_p, c_char_p]),
    "tel_builder_histogram": (None, [c_void_p, c_char_p, c_char_p, c_char_p, c_int32]),
    "tel_builder_metadata": (None, [c_void_p, tel_slice, POINTER(tel_value)]),
    "tel_builder_metric": (None, [c_void_p, POINTER(tel_metric_desc)]),
    "tel_builder_new": (c_int32, [POINTER(tel_alloc), c_size_t, POINTER(c_void_p)]),
    "tel_builder_point_double": (None, [c_void_p, c_double, c_void_p]),
    "tel_builder_point_exp_histogram": (None, [c_void_p, POINTER(tel_exp_histogram), c_void_p]),
    "tel_builder_point_histogram": (None, [c_void_p, POINTER(tel_histogram), c_void_p]),
    "tel_builder_point_int": (None, [c_void_p, c_int64, c_void_p]),
    "tel_builder_point_stale": (None, [c_void_p, c_void_p]),
    "tel_builder_point_summary": (None, [c_void_p, c_uint64, c_double, POINTER(tel_quantile), c_size_t, c_void_p]),
    "tel_builder_resource": (None, [c_void_p, c_char_p]),
    "tel_builder_resource_text": (None, [c_void_p, c_char_p, c_char_p]),
    "tel_builder_scope": (None, [c_void_p, c_char_p, c_char_p, c_char_p]),
    "tel_builder_times": (None, [c_void_p, c_uint64, c_uint64]),
    "tel_components_core": (c_void_p, []),
    "tel_components_count": (c_size_t, [c_void_p]),
    "tel_components_get": (c_int32, [c_void_p, c_size_t, POINTER(tel_component_info)]),
    "tel_components_keys": (c_int32, [c_void_p, c_size_t, CFUNCTYPE(c_int, POINTER(tel_component_key), c_void_p), c_void_p]),
    "tel_components_print": (c_int32, [c_void_p, c_int32, POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_config_explain": (c_int32, [c_void_p, POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_config_free": (None, [c_void_p]),
    "tel_config_load": (c_int32, [POINTER(tel_config_source), c_size_t, c_void_p, POINTER(tel_config_env), POINTER(tel_config_opts), POINTER(c_void_p), c_void_p]),
    "tel_config_print": (c_int32, [c_void_p, POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_config_ref": (c_void_p, [c_void_p]),
    "tel_config_set_source": (c_int32, [tel_slice, POINTER(tel_alloc), POINTER(c_void_p), POINTER(tel_error)]),
    "tel_cursor_init": (None, [POINTER(tel_cursor), c_void_p]),
    "tel_cursor_next_metric": (c_bool, [POINTER(tel_cursor), POINTER(tel_metric_view)]),
    "tel_cursor_next_point": (c_bool, [POINTER(tel_cursor), POINTER(tel_point_view)]),
    "tel_cursor_next_resource": (c_bool, [POINTER(tel_cursor), POINTER(tel_resource_view)]),
    "tel_cursor_next_scope": (c_bool, [POINTER(tel_cursor), POINTER(tel_scope_view)]),
    "tel_edit_drop_metric": (c_int32, [c_void_p, POINTER(tel_cursor)]),
    "tel_edit_drop_point": (c_int32, [c_void_p, POINTER(tel_cursor)]),
    "tel_edit_drop_resource": (c_int32, [c_void_p, POINTER(tel_cursor)]),
    "tel_edit_drop_scope": (c_int32, [c_void_p, POINTER(tel_cursor)]),
    "tel_edit_finish": (c_int32, [c_void_p]),
    "tel_edit_metric_description": (c_int32, [c_void_p, POINTER(tel_cursor), tel_slice]),
    "tel_edit_metric_name": (c_int32, [c_void_p, POINTER(tel_cursor), tel_slice]),
    "tel_edit_metric_unit": (c_int32, [c_void_p, POINTER(tel_cursor), tel_slice]),
    "tel_edit_point_attr": (c_int32, [c_void_p, POINTER(tel_cursor), tel_slice, POINTER(tel_value)]),
    "tel_edit_resource_attr": (c_int32, [c_void_p, POINTER(tel_cursor), tel_slice, POINTER(tel_value)]),
    "tel_edit_scope_attr": (c_int32, [c_void_p, POINTER(tel_cursor), tel_slice, POINTER(tel_value)]),
    "tel_entity_next": (c_bool, [POINTER(tel_fields), POINTER(tel_entity_view)]),
    "tel_err_name": (c_char_p, [c_int32]),
    "tel_exemplar_next": (c_bool, [POINTER(tel_fields), POINTER(tel_exemplar_view)]),
    "tel_explanation_count": (c_size_t, [c_void_p]),
    "tel_explanation_free": (None, [c_void_p]),
    "tel_explanation_get": (c_int32, [c_void_p, c_size_t, POINTER(tel_explained)]),
    "tel_explanation_print": (c_int32, [c_void_p, tel_slice, c_int32, POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_explanation_reason": (c_int32, [c_void_p, c_size_t, c_size_t, POINTER(tel_reason)]),
    "tel_explanation_use": (tel_slice, [c_void_p, c_size_t, c_size_t]),
    "tel_findings_count": (c_size_t, [c_void_p]),
    "tel_findings_free": (None, [c_void_p]),
    "tel_findings_get": (c_int32, [c_void_p, c_size_t, POINTER(tel_finding)]),
    "tel_findings_new": (c_int32, [POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_findings_print": (c_int32, [c_void_p, POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_graph_exporter": (tel_slice, [c_void_p, c_size_t]),
    "tel_graph_exporter_count": (c_size_t, [c_void_p]),
    "tel_graph_free": (None, [c_void_p]),
    "tel_graph_new": (c_int32, [c_void_p, POINTER(tel_graph_opts), POINTER(c_void_p), POINTER(tel_error)]),
    "tel_graph_run": (c_int32, [c_void_p, tel_slice, c_void_p, POINTER(tel_origin), c_uint64, c_uint64, c_void_p, POINTER(tel_error)]),
    "tel_kube_free": (None, [c_void_p]),
    "tel_kube_new": (c_int32, [POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_kube_read": (c_int32, [c_void_p, tel_slice, POINTER(tel_error)]),
    "tel_log_format": (c_size_t, [POINTER(tel_log_style), POINTER(tel_log_entry), c_char_p, c_size_t]),
    "tel_manifest_format": (c_int32, [c_int32, POINTER(tel_manifest_opts), POINTER(c_void_p)]),
    "tel_metrics_columns": (c_int32, [c_void_p, c_uint32, POINTER(tel_columns)]),
    "tel_metrics_compact": (c_int32, [c_void_p]),
    "tel_metrics_count": (None, [c_void_p, POINTER(tel_metrics_counts)]),
    "tel_metrics_equal": (c_bool, [c_void_p, c_void_p, c_char_p]),
    "tel_metrics_format": (c_int32, [c_void_p, c_int32, POINTER(c_void_p), POINTER(tel_error)]),
    "tel_metrics_free": (None, [c_void_p]),
    "tel_metrics_merge": (c_int32, [c_void_p, c_void_p]),
    "tel_metrics_share": (c_int32, [c_void_p, POINTER(c_void_p)]),
    "tel_metrics_split": (c_int32, [c_void_p, c_uint64, POINTER(c_void_p)]),
    "tel_number_next_double": (c_bool, [POINTER(tel_numbers), POINTER(c_double)]),
    "tel_number_next_u64": (c_bool, [POINTER(tel_numbers), POINTER(c_uint64)]),
    "tel_objects_count": (c_size_t, [c_void_p]),
    "tel_objects_free": (None, [c_void_p]),
    "tel_objects_get": (c_int32, [c_void_p, c_size_t, POINTER(tel_object_id)]),
    "tel_objects_json": (c_int32, [c_void_p, c_size_t, POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_objects_yaml": (c_int32, [c_void_p, POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_offline_component": (tel_slice, [c_void_p]),
    "tel_offline_flush": (c_int32, [c_void_p, POINTER(tel_error)]),
    "tel_offline_free": (None, [c_void_p]),
    "tel_offline_new": (c_int32, [c_void_p, POINTER(tel_graph_opts), CFUNCTYPE(c_int, POINTER(tel_plan_entry), c_void_p), c_void_p, POINTER(c_void_p), POINTER(tel_error)]),
    "tel_offline_run": (c_int32, [c_void_p, tel_slice, c_void_p, POINTER(tel_origin), c_uint64, POINTER(tel_error)]),
    "tel_otlp_decode": (c_int32, [c_void_p, POINTER(tel_otlp_decode_opts), POINTER(c_void_p), POINTER(tel_otlp_report), POINTER(tel_error)]),
    "tel_otlp_encode": (c_int32, [c_void_p, POINTER(c_void_p), POINTER(tel_error)]),
    "tel_otlp_json_decode": (c_int32, [tel_slice, POINTER(tel_otlp_decode_opts), POINTER(c_void_p), POINTER(tel_otlp_report), POINTER(tel_error)]),
    "tel_ottl_check": (c_int32, [tel_slice, c_int32, POINTER(tel_ottl_opts), POINTER(tel_error)]),
    "tel_ottl_check_group": (c_int32, [POINTER(tel_slice), c_size_t, POINTER(tel_slice), c_size_t, POINTER(tel_ottl_opts), POINTER(c_int32), POINTER(c_void_p), POINTER(tel_error)]),
    "tel_ottl_compile": (c_int32, [POINTER(tel_slice), c_size_t, POINTER(tel_slice), c_size_t, POINTER(tel_ottl_opts), POINTER(c_void_p), POINTER(c_void_p), POINTER(tel_error)]),
    "tel_ottl_eval": (c_int32, [c_void_p, c_void_p, POINTER(tel_ottl_eval_opts), POINTER(tel_ottl_result), POINTER(tel_error)]),
    "tel_ottl_program_context": (c_int32, [c_void_p]),
    "tel_ottl_program_ref": (c_void_p, [c_void_p]),
    "tel_ottl_program_unref": (None, [c_void_p]),
    "tel_pipeline_count": (c_size_t, [c_void_p]),
    "tel_pipeline_default": (c_int32, [c_void_p]),
    "tel_pipeline_format": (c_int32, [c_void_p, c_size_t, POINTER(tel_pipeline_format_opts), POINTER(c_void_p)]),
    "tel_pipeline_free": (None, [c_void_p]),
    "tel_pipeline_name": (tel_slice, [c_void_p, c_size_t]),
    "tel_pipeline_parse": (c_int32, [POINTER(tel_config_source), c_size_t, POINTER(tel_pipeline_opts), POINTER(c_void_p), c_void_p]),
    "tel_pipeline_recognise": (c_int32, [tel_slice, POINTER(tel_alloc), POINTER(c_bool)]),
    "tel_pipeline_validate": (c_int32, [c_void_p, c_void_p]),
    "tel_plan_commit": (None, [c_void_p]),
    "tel_plan_component": (tel_slice, [c_void_p]),
    "tel_plan_count": (c_size_t, [c_void_p]),
    "tel_plan_free": (None, [c_void_p]),
    "tel_plan_get": (POINTER(tel_plan_entry), [c_void_p, c_size_t]),
    "tel_plan_new": (c_int32, [c_void_p, POINTER(c_void_p), POINTER(tel_error)]),
    "tel_plan_outcome_get": (c_int32, [c_void_p]),
    "tel_plan_reset": (None, [c_void_p]),
    "tel_quantile_next": (c_bool, [POINTER(tel_fields), POINTER(tel_quantile)]),
    "tel_render_agent": (c_int32, [c_void_p, POINTER(tel_render_facts), POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_render_explain": (c_int32, [c_void_p, POINTER(tel_render_facts), c_int32, POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_render_facts_of": (c_int32, [c_void_p, POINTER(tel_render_facts)]),
    "tel_render_gateway": (c_int32, [c_void_p, POINTER(tel_render_facts), POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_render_objects": (c_int32, [c_void_p, POINTER(tel_render_facts), POINTER(tel_alloc), POINTER(c_void_p), POINTER(tel_error)]),
    "tel_render_unwanted": (c_int32, [c_void_p, POINTER(tel_render_facts), POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_status_check": (c_int32, [c_void_p, POINTER(tel_status_facts), c_void_p]),
    "tel_status_condition": (c_int32, [c_void_p, c_size_t, c_size_t, POINTER(tel_condition)]),
    "tel_status_free": (None, [c_void_p]),
    "tel_status_judge": (c_int32, [c_void_p, POINTER(tel_status_facts), POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_status_pipeline": (c_int32, [c_void_p, c_size_t, POINTER(tel_pipeline_status)]),
    "tel_status_plan": (c_int32, [c_void_p, POINTER(tel_status_actions)]),
    "tel_status_telemetry": (c_int32, [c_void_p, c_size_t, POINTER(tel_telemetry_status)]),
    "tel_status_telemetry_condition": (c_int32, [c_void_p, c_size_t, c_size_t, POINTER(tel_condition)]),
    "tel_status_write": (c_int32, [c_void_p, c_int32, c_size_t, c_int32, POINTER(tel_alloc), POINTER(c_void_p)]),
    "tel_string_next": (c_bool, [POINTER(tel_fields), POINTER(tel_slice)]),
    "tel_telemetry_count": (c_size_t, [c_void_p]),
    "tel_telemetry_format": (c_int32, [c_void_p, c_size_t, POINTER(tel_pipeline_format_opts), POINTER(c_void_p)]),
    "tel_value_fields": (None, [POINTER(tel_value), POINTER(tel_fields)]),
    "tel_value_next": (c_bool, [POINTER(tel_fields), POINTER(tel_value)]),
    "tel_version": (c_char_p, []),
}
IO: Dict[str, Tuple[Any, List[Any]]] = {
    "tel_certificates_read": (c_int32, [c_void_p, tel_slice, tel_slice, tel_slice, POINTER(tel_certificate_facts)]),
    "tel_components_all": (c_void_p, []),
    "tel_crypto_openssl": (POINTER(tel_crypto_ops), []),
    "tel_ctx_fd": (c_int, [c_void_p]),
    "tel_ctx_free": (None, [c_void_p]),
    "tel_ctx_new": (c_int32, [POINTER(tel_ctx_opts), POINTER(c_void_p), POINTER(tel_error)]),
    "tel_ctx_on_deadline": (c_int32, [c_void_p]),
    "tel_ctx_on_fd": (c_int32, [c_void_p, c_int, c_uint]),
    "tel_ctx_run_once": (c_int32, [c_void_p, c_uint64]),
    "tel_ctx_run_until_idle": (c_int32, [c_void_p, c_uint64]),
    "tel_ctx_wakeup": (None, [c_void_p]),
    "tel_export_cancel": (None, [c_void_p, c_uint64]),
    "tel_export_submit": (c_int32, [c_void_p, c_void_p, CFUNCTYPE(None, c_void_p, POINTER(tel_export_result)), c_void_p, POINTER(c_uint64), POINTER(tel_error)]),
    "tel_exporter_env_resource": (None, [POINTER(tel_exporter_env), c_void_p]),
    "tel_exporter_free": (None, [c_void_p]),
    "tel_exporter_new": (c_int32, [c_void_p, POINTER(tel_exporter_opts), POINTER(c_void_p), POINTER(tel_error)]),
    "tel_exporter_new_env": (c_int32, [c_void_p, POINTER(tel_exporter_env), POINTER(c_void_p), POINTER(tel_error)]),
    "tel_exporter_preference_get": (c_int32, [c_void_p, POINTER(tel_exporter_preference)]),
    "tel_flow_drain": (None, [c_void_p, c_uint64, CFUNCTYPE(None, c_void_p, c_uint64), c_void_p]),
    "tel_flow_free": (None, [c_void_p]),
    "tel_flow_log_settings": (None, [c_void_p, POINTER(c_int32), POINTER(tel_log_style)]),
    "tel_flow_metrics": (c_int32, [c_void_p, POINTER(c_void_p)]),
    "tel_flow_new": (c_int32, [c_void_p, c_void_p, POINTER(tel_flow_opts), POINTER(c_void_p), POINTER(tel_error)]),
    "tel_flow_option_get": (c_int32, [POINTER(tel_flow_opts), c_size_t, POINTER(tel_flow_option)]),
    "tel_flow_option_set": (c_int32, [POINTER(tel_flow_opts), tel_slice, POINTER(tel_error)]),
    "tel_flow_port": (c_uint, [c_void_p, tel_slice]),
    "tel_flow_reload": (c_int32, [c_void_p, c_void_p, POINTER(tel_flow_reload_opts), POINTER(tel_error)]),
    "tel_receipt_origin": (POINTER(tel_origin), [c_void_p]),
    "tel_receipt_settle": (c_int32, [c_void_p, POINTER(tel_outcome)]),
    "tel_receipt_watch": (c_int32, [c_void_p, CFUNCTYPE(None, c_void_p, c_int32), c_void_p]),
    "tel_receiver_drain": (None, [c_void_p]),
    "tel_receiver_free": (None, [c_void_p]),
    "tel_receiver_new": (c_int32, [c_void_p, POINTER(tel_receiver_opts), CFUNCTYPE(None, c_void_p, c_void_p, c_void_p), c_void_p, POINTER(c_void_p), POINTER(tel_error)]),
    "tel_receiver_open_count": (c_size_t, [c_void_p]),
    "tel_receiver_ports": (None, [c_void_p, POINTER(c_uint), POINTER(c_uint)]),
}
