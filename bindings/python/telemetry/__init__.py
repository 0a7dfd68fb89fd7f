# SPDX-License-Identifier: Apache-2.0
"""OpenTelemetry metrics with libtelemetry: batches, pipelines, sending and receiving OTLP. Standard library only.

    import telemetry
    batch = telemetry.Metrics.decode(body)
    for point in batch.points():
        print(point.metric.name, point.point)

Metrics, Builder, Columns and Pipelines need the core library alone. Config and Graph know receivers and exporters, and
Exporter, Receiver, Sink and Context touch the world, through libtelemetry-io, which is loaded when one of them is used.
"""
from ._library import core as _core
from ._library import io as _io
from ._values import Attributes, Value
from .budget import Budget, BudgetState
from .builder import Builder, PreparedAttributes
from .columns import ATTRIBUTES, BUCKETS, NAMES, Columns
from .config import Component, Config, Finding, components
from .context import Context, LogEntry
from .errors import (ArgumentError, ClosedError, Code, ConfigError, DeadlineError, ExportError, ForkedError, LibraryMissingError,
                     LimitError, MalformedError, NoMemoryError, NotFoundError, QueueFullError, RefusedError, StateError,
                     TelemetryError, ThreadError, TransportError, UnsupportedError)
from .explanation import Explained, Explanation, Reason, ReasonKind
from .exporter import Exporter, ExportResult, Preference
from .graph import Graph, Plan, PlanOutcome, Share
from .metrics import Counts, FlatPoint, Metrics, Report
from .pipelines import Pipelines, RenderFacts, explain, parse_pipelines, render, validate
from .receiver import Outcome, Receipt, Receiver, Verdict
from .sink import Request, Sink
from .views import (NO_RECORDED_VALUE, Buckets, Entity, Exemplar, ExpHistogramPoint, HistogramPoint, Metric, MetricType,
                    NumberPoint, Point, PointNode, Resource, Scope, SummaryPoint, Temporality)


def version() -> str:
    """Version of the library that was loaded."""
    text: bytes = _core.tel_version()
    return text.decode("ascii")


def libraries() -> "dict[str, str]":
    """Where the libraries were found; LibraryMissingError when one is not there."""
    return {"libtelemetry": _core.load(), "libtelemetry-io": _io.load()}


__all__ = [
    "ATTRIBUTES", "BUCKETS", "NAMES", "NO_RECORDED_VALUE", "ArgumentError", "Attributes", "Buckets", "Budget", "BudgetState",
    "Builder", "ClosedError", "Code", "Columns", "Component", "Config", "ConfigError", "Context", "Counts", "DeadlineError",
    "Entity", "Exemplar", "ExpHistogramPoint", "Explained", "Explanation", "ExportError", "ExportResult", "Exporter",
    "Finding", "FlatPoint", "ForkedError", "Graph", "HistogramPoint", "LibraryMissingError", "LimitError", "LogEntry",
    "MalformedError", "Metric", "MetricType", "Metrics", "NoMemoryError", "NotFoundError", "NumberPoint", "Outcome",
    "Pipelines", "Plan", "PlanOutcome", "Point", "PointNode", "Preference", "PreparedAttributes", "QueueFullError", "Reason",
    "ReasonKind", "Receipt", "Receiver", "RefusedError", "RenderFacts", "Report", "Request", "Resource", "Scope", "Share",
    "Sink", "StateError", "SummaryPoint", "TelemetryError", "Temporality", "ThreadError", "TransportError",
    "UnsupportedError", "Value", "Verdict", "components", "explain", "libraries", "parse_pipelines", "render", "validate",
    "version",
]
