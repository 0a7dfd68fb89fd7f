# SPDX-License-Identifier: Apache-2.0
"""Batches of OTLP metrics: decode and encode, walk, edit, read in bulk, split, merge, share, compare, print."""
from __future__ import annotations

import ctypes
from contextlib import contextmanager
from ctypes import byref, c_void_p
from functools import wraps
from threading import RLock
from typing import Any, Callable, Iterator, NamedTuple, Optional, Tuple, TypeVar, Union, cast

from . import _abi
from ._handle import Handle
from ._library import core
from ._values import Keep, u64
from .budget import Budget
from .columns import ATTRIBUTES, BUCKETS, NAMES, Columns
from .errors import StateError, check
from .views import Metric, Point, Resource, Scope, walk_resources

_FORMATS = {"basic": 0, "summary": 1, "normal": 2, "detailed": 3, "json": 4}
_F = TypeVar("_F", bound=Callable[..., Any])
Bytes = Union[bytes, bytearray, memoryview]


class Counts(NamedTuple):
    """What a batch holds."""
    resources: int
    scopes: int
    metrics: int
    points: int
    live_bytes: int
    """length of the batch when encoded"""
    pinned_bytes: int
    """memory that the batch keeps alive"""


class Report(NamedTuple):
    """What decoding cut out or normalised."""
    rejected_points: int = 0
    rejected_nodes: int = 0
    merged_nodes: int = 0
    unknown_fields: int = 0
    message: str = ""


class FlatPoint(NamedTuple):
    """A point with everything that it belongs to."""
    resource: Resource
    scope: Scope
    metric: Metric
    point: Point


def take_buffer(buf: c_void_p) -> bytes:
    """The bytes of a tel_buf whose reference is ours."""
    try:
        content = core.tel_buf_get(buf)
        return ctypes.string_at(content.ptr, content.len) if content.len else b""
    finally:
        core.tel_buf_unref(buf)


def _locked(method: _F) -> _F:
    @wraps(method)
    def inside(self: Metrics, *given: Any, **named: Any) -> Any:
        with self._lock:
            return method(self, *given, **named)
    return cast(_F, inside)


@contextmanager
def _both(a: Metrics, b: Metrics) -> Iterator[None]:
    """Two locks in an order that does not depend on who comes first."""
    first, second = (a, b) if id(a) < id(b) else (b, a)
    with first._lock, second._lock:
        yield


class Metrics(Handle):
    """A batch: an index over OTLP bytes. What nobody edits is encoded bit for bit as it came.

    Any thread may use it; calls of several threads wait for each other. report says what decoding cut out because its text is not UTF-8.
    """

    report: Report

    def __init__(self, handle: c_void_p, report: Report = Report()) -> None:
        super().__init__(handle.value, core.tel_metrics_free)
        self.report = report
        self._generation = 0  # views of an older content refuse
        self._editing = False
        self._lock = RLock()  # nothing is changed or freed while another thread is inside a call

    @classmethod
    def decode(cls, data: Bytes, *, forward_bad_utf8: bool = False, max_bytes: int = 0, budget: Optional[Budget] = None) -> Metrics:
        """Reads an ExportMetricsServiceRequest in protobuf; MalformedError says where it is damaged."""
        data = bytes(data)
        buf, keep = c_void_p(), Keep()
        check(core.tel_buf_copy(None, keep.slice(data), byref(buf)))
        try:
            return cls._decode(core.tel_otlp_decode, buf, _abi.TEL_OTLP_FORWARD_BAD_UTF8 if forward_bad_utf8 else 0, max_bytes, budget)
        finally:
            core.tel_buf_unref(buf)

    @classmethod
    def from_json(cls, text: Union[str, Bytes], *, strict: bool = False, max_bytes: int = 0,
                  budget: Optional[Budget] = None) -> Metrics:
        """Reads an ExportMetricsServiceRequest in OTLP/JSON; MalformedError carries line and column. strict refuses what the
        specification forbids and the Collector takes."""
        keep = Keep()
        data = text if isinstance(text, str) else bytes(text)
        return cls._decode(core.tel_otlp_json_decode, keep.slice(data), _abi.TEL_OTLP_STRICT_JSON if strict else 0, max_bytes, budget)

    @classmethod
    def _decode(cls, function: Any, source: Any, flags: int, max_bytes: int, budget: Optional[Budget]) -> Metrics:
        handle, report, err = c_void_p(), _abi.init(_abi.tel_otlp_report), _abi.init(_abi.tel_error)
        opts = _abi.init(_abi.tel_otlp_decode_opts)
        opts.flags, opts.max_bytes = flags, u64("max_bytes", max_bytes)
        opts.budget = budget._handle if budget is not None else None
        check(function(source, byref(opts), byref(handle), byref(report), byref(err)), err)
        return cls(handle, Report(report.rejected_points, report.rejected_nodes, report.merged_nodes,
                                  report.unknown_fields, report.message.decode("utf-8", "replace")))

    @_locked
    def encode(self) -> bytes:
        """The batch as one ExportMetricsServiceRequest in protobuf."""
        buf, err = c_void_p(), _abi.init(_abi.tel_error)
        check(core.tel_otlp_encode(self._whole, byref(buf), byref(err)), err)
        return take_buffer(buf)

    def to_json(self) -> str:
        """The batch as OTLP/JSON on one line."""
        return self.format("json").rstrip("\n")

    @_locked
    def format(self, form: str = "summary") -> str:
        """As text: basic, summary, normal, detailed (for people) or json."""
        if form not in _FORMATS:
            raise ValueError("unknown form %r; there are %s" % (form, ", ".join(_FORMATS)))
        buf, err = c_void_p(), _abi.init(_abi.tel_error)
        check(core.tel_metrics_format(self._handle, _FORMATS[form], byref(buf), byref(err)), err)
        return take_buffer(buf).decode("utf-8", "replace")

    @_locked
    def counts(self) -> Counts:
        """Resources, scopes, metrics, points and bytes."""
        counts = _abi.init(_abi.tel_metrics_counts)
        core.tel_metrics_count(self._handle, byref(counts))
        return Counts(*[getattr(counts, name) for name in Counts._fields])

    def __len__(self) -> int:
        """Data points."""
        return self.counts().points

    def __bool__(self) -> bool:
        return not self.closed

    def __repr__(self) -> str:
        if self.closed:
            return "<telemetry.Metrics, closed>"
        c = self.counts()
        return "<telemetry.Metrics: %d resources, %d scopes, %d metrics, %d points>" % c[:4]

    def resources(self) -> Iterator[Resource]:
        """The resources; each gives its scopes(), they their metrics(), and those their points()."""
        return walk_resources(self)

    __iter__ = resources

    def metrics(self) -> Iterator[Metric]:
        """All metrics of all resources."""
        for resource in self.resources():
            for scope in resource.scopes():
                yield from scope.metrics()

    def points(self) -> Iterator[FlatPoint]:
        """All points, each with its metric, scope and resource. For many points columns() is some hundred times faster."""
        for resource in self.resources():
            for scope in resource.scopes():
                for metric in scope.metrics():
                    for point in metric.points():
                        yield FlatPoint(resource, scope, metric, point)

    @_locked
    def columns(self, mask: int = ATTRIBUTES | BUCKETS | NAMES) -> Columns:
        """The whole batch as arrays, one per column, which numpy.frombuffer() takes without a copy."""
        return Columns.read(self._handle, mask)

    def share(self) -> Metrics:
        """Another handle to the same content; nothing is copied, and neither sees later changes of the other."""
        return Metrics(self._share(), self.report)

    @_locked
    def _share(self) -> c_void_p:
        other = c_void_p()
        check(core.tel_metrics_share(self._whole, byref(other)))
        return other

    @property
    def _whole(self) -> Optional[int]:
        """The handle for calls that would end an editing pass."""
        if self._editing:
            raise StateError("the batch is being edited", _abi.tel_err.TEL_ERR_STATE)
        return self._handle

    @contextmanager
    def edit(self) -> Iterator[Metrics]:
        """An editing pass: what its nodes are told takes effect together when the block ends, and not at all when it raises.

            with batch.edit():
                for resource in batch.resources():
                    resource.set_attribute("cluster", "north")
                for metric in batch.metrics():
                    if metric.name.startswith("debug."):
                        metric.drop()

        Meanwhile the batch reads as before, dropped nodes included. Nodes that were read before the end are void then.
        """
        before = self._begin()
        try:
            yield self
            self._finish()
        except BaseException:
            self._replace(before)
            raise
        else:
            core.tel_metrics_free(before)

    @_locked
    def _begin(self) -> c_void_p:
        before = self._share()
        self._editing = True
        return before

    @_locked
    def close(self) -> None:
        """Frees the batch at once; a second call does nothing."""
        super().close()

    @_locked
    def _finish(self) -> None:
        check(core.tel_edit_finish(self._handle))
        self._editing = False
        self._generation += 1

    @_locked
    def _replace(self, handle: c_void_p) -> None:
        self._editing = False
        self._generation += 1
        if self.closed:
            core.tel_metrics_free(handle)
            return
        self.close()
        Handle.__init__(self, handle.value, core.tel_metrics_free)

    @_locked
    def split(self, max_points: int) -> Metrics:
        """Takes up to so many points off the front, as a batch of its own."""
        head = c_void_p()
        check(core.tel_metrics_split(self._whole, u64("max_points", max_points), byref(head)),
              fallback="max_points must be at least 1")
        self._generation += 1
        return Metrics(head)

    def batches(self, max_points: int) -> Iterator[Metrics]:
        """The content in batches of at most so many points; this batch stays as it is."""
        rest = self.share()
        while len(rest) > max_points:
            yield rest.split(max_points)
        if len(rest):
            yield rest

    def merge(self, other: Metrics) -> None:
        """Moves the content of the other batch to the end of this one; the other is empty afterwards."""
        if other is self:
            raise ValueError("a batch cannot be merged into itself")
        with _both(self, other):
            check(core.tel_metrics_merge(self._whole, other._whole))
            self._generation += 1
            other._generation += 1

    @_locked
    def compact(self) -> None:
        """Copies what is live into one run and lets go of every other byte that it keeps alive."""
        check(core.tel_metrics_compact(self._whole))
        self._generation += 1

    def difference(self, other: Metrics) -> Optional[str]:
        """Where two batches differ first, as a path; None when they are equal."""
        path = ctypes.create_string_buffer(256)
        with _both(self, other):
            if core.tel_metrics_equal(self._handle, other._handle, path):
                return None
        return path.value.decode("utf-8", "replace")

    def __eq__(self, other: object) -> bool:
        return self.difference(other) is None if isinstance(other, Metrics) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def _view(self, generation: int) -> None:
        """Raises when what a view points into is gone."""
        self._handle
        if generation != self._generation:
            raise StateError("the batch was changed since this was read from it", _abi.tel_err.TEL_ERR_STATE)

    def __reduce__(self) -> Tuple[Any, ...]:
        return (Metrics.decode, (self.encode(),))
