# SPDX-License-Identifier: Apache-2.0
"""What a batch holds, as Python sees it: resources, scopes, metrics and points. Values are copies; what is below a
node is read when it is asked for, which raises StateError when the batch was changed meanwhile."""
from __future__ import annotations

import ctypes
from ctypes import byref
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Tuple, TypeVar, Union

from . import _abi
from ._library import core
from ._values import Keep, Value, from_attributes, read, text
from .errors import StateError, check

if TYPE_CHECKING:
    from .metrics import Metrics

_N = TypeVar("_N")
NO_RECORDED_VALUE = _abi.TEL_FLAG_NO_RECORDED_VALUE


class MetricType(IntEnum):
    """Kind of the points of a metric; the numbers are OTLP's."""
    NONE = _abi.tel_metric_type.TEL_METRIC_NONE
    GAUGE = _abi.tel_metric_type.TEL_METRIC_GAUGE
    SUM = _abi.tel_metric_type.TEL_METRIC_SUM
    HISTOGRAM = _abi.tel_metric_type.TEL_METRIC_HISTOGRAM
    EXP_HISTOGRAM = _abi.tel_metric_type.TEL_METRIC_EXP_HISTOGRAM
    SUMMARY = _abi.tel_metric_type.TEL_METRIC_SUMMARY


class Temporality(IntEnum):
    """Aggregation temporality; the numbers are OTLP's."""
    UNSPECIFIED = _abi.tel_temporality.TEL_TEMPORALITY_UNSPECIFIED
    DELTA = _abi.tel_temporality.TEL_DELTA
    CUMULATIVE = _abi.tel_temporality.TEL_CUMULATIVE


@dataclass(frozen=True)
class Exemplar:
    """A measured value behind a point."""
    value: Union[int, float, None]
    time_unix_ns: int = 0
    trace_id: bytes = b""
    span_id: bytes = b""
    attributes: Dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entity:
    """An entity that a resource refers to."""
    type: str
    id_keys: Tuple[str, ...]
    description_keys: Tuple[str, ...]
    schema_url: str = ""


@dataclass(frozen=True)
class Buckets:
    """The buckets of one sign of an exponential histogram; the first count belongs to index offset."""
    offset: int
    counts: Tuple[int, ...]


@dataclass(frozen=True)
class Point:
    """What points of every kind have; times in nanoseconds since 1970, 0 = not set. isinstance() says of which kind one is."""
    attributes: Dict[str, Any]
    start_unix_ns: int
    time_unix_ns: int
    flags: int

    if TYPE_CHECKING:
        def __getattr__(self, name: str) -> Any:
            """Who knows the kind of a metric may read point.value without isinstance()."""

    @property
    def no_recorded_value(self) -> bool:
        """The series ended; the point has no value."""
        return bool(self.flags & NO_RECORDED_VALUE)


@dataclass(frozen=True)
class NumberPoint(Point):
    """A point of a gauge or sum."""
    value: Union[int, float, None]
    exemplars: Tuple[Exemplar, ...]


@dataclass(frozen=True)
class HistogramPoint(Point):
    """A point of a histogram; bucket_counts has one more element than bounds, or both are empty."""
    count: int
    sum: Optional[float]
    min: Optional[float]
    max: Optional[float]
    bounds: Tuple[float, ...]
    bucket_counts: Tuple[int, ...]
    exemplars: Tuple[Exemplar, ...]


@dataclass(frozen=True)
class ExpHistogramPoint(Point):
    """A point of an exponential histogram, base 2^(2^-scale)."""
    count: int
    sum: Optional[float]
    min: Optional[float]
    max: Optional[float]
    scale: int
    zero_count: int
    zero_threshold: float
    positive: Optional[Buckets]
    negative: Optional[Buckets]
    exemplars: Tuple[Exemplar, ...]


@dataclass(frozen=True)
class SummaryPoint(Point):
    """A point of a summary; quantiles as (quantile, value)."""
    count: int
    sum: float
    quantiles: Tuple[Tuple[float, float], ...]


def _walk(batch: Metrics, generation: int, cursor: _abi.tel_cursor, step: Callable[..., bool], view: Any,
          make: Callable[[_abi.tel_cursor, Any], _N]) -> Iterator[_N]:
    """What a cursor passes. Between two steps the batch may change; within one it does not, whatever other threads do."""
    while True:
        with batch._lock:
            batch._view(generation)
            if not step(byref(cursor), byref(view)):
                return
            node = make(cursor, view)
        yield node


class _Node:
    """A place in a batch from which one can go deeper."""

    def __init__(self, batch: Metrics, cursor: _abi.tel_cursor, generation: int) -> None:
        # The batch stays alive as long as somebody may ask for what is below.
        self._batch, self._cursor, self._generation = batch, cursor, generation

    def _node(self, kind: Callable[..., _N]) -> Callable[[_abi.tel_cursor, Any], _N]:
        return lambda cursor, view: kind(self._batch, _abi.tel_cursor.from_buffer_copy(cursor), self._generation, view)

    def _below(self, step: Callable[..., bool], view: Any, make: Callable[[_abi.tel_cursor, Any], _N]) -> Iterator[_N]:
        return _walk(self._batch, self._generation, _abi.tel_cursor.from_buffer_copy(self._cursor), step, view, make)

    def _edit(self, call: str, *arguments: Any) -> None:
        with self._batch._lock:
            self._batch._view(self._generation)
            if not self._batch._editing:
                raise StateError("nodes are edited inside of `with batch.edit():`", _abi.tel_err.TEL_ERR_STATE)
            check(getattr(core, "tel_edit_" + call)(self._batch._handle, byref(self._cursor), *arguments),
                  fallback="tel_edit_%s refused what it was told" % call)


class _Attributed(_Node):
    """A node that has attributes and can be dropped."""
    _what = ""

    def set_attribute(self, key: str, value: Value) -> None:
        """Sets an attribute, in its place where it is there; inside of `with batch.edit():`."""
        keep = Keep()
        self._edit(self._what + "_attr", keep.slice(key), byref(keep.value(value)))

    def remove_attribute(self, key: str) -> None:
        """Removes an attribute; one that is not there is no error."""
        keep = Keep()
        self._edit(self._what + "_attr", keep.slice(key), None)

    def drop(self) -> None:
        """Drops this with everything in it."""
        self._edit("drop_" + self._what)


class Resource(_Attributed):
    """A resource with its attributes."""
    _what = "resource"

    def __init__(self, batch: Metrics, cursor: _abi.tel_cursor, generation: int, view: _abi.tel_resource_view) -> None:
        super().__init__(batch, cursor, generation)
        self.attributes = from_attributes(view.attributes)
        self.entities = _entities(view.entities)
        self.schema_url = text(view.schema_url)
        self.dropped_attributes: int = view.dropped_attributes

    def scopes(self) -> Iterator[Scope]:
        """The instrumentation scopes of this resource."""
        return self._below(core.tel_cursor_next_scope, _abi.tel_scope_view(), self._node(Scope))

    def __repr__(self) -> str:
        return "<telemetry.Resource %r>" % self.attributes


class Scope(_Attributed):
    """An instrumentation scope."""
    _what = "scope"

    def __init__(self, batch: Metrics, cursor: _abi.tel_cursor, generation: int, view: _abi.tel_scope_view) -> None:
        super().__init__(batch, cursor, generation)
        self.name, self.version, self.schema_url = text(view.name), text(view.version), text(view.schema_url)
        self.attributes = from_attributes(view.attributes)
        self.dropped_attributes: int = view.dropped_attributes

    def metrics(self) -> Iterator[Metric]:
        """The metrics of this scope."""
        return self._below(core.tel_cursor_next_metric, _abi.tel_metric_view(), self._node(Metric))

    def __repr__(self) -> str:
        return "<telemetry.Scope %r %r>" % (self.name, self.version)


class Metric(_Node):
    """A metric; len() says how many points it has."""

    def __init__(self, batch: Metrics, cursor: _abi.tel_cursor, generation: int, view: _abi.tel_metric_view) -> None:
        super().__init__(batch, cursor, generation)
        self.name, self.unit, self.description = text(view.name), text(view.unit), text(view.description)
        self.type = MetricType(view.type)
        #: a number outside of the enum stays a number
        self.temporality: Union[Temporality, int] = view.temporality
        if self.temporality in _TEMPORALITIES:
            self.temporality = Temporality(self.temporality)
        self.monotonic = bool(view.monotonic)
        self.metadata = from_attributes(view.metadata)
        self._points: int = view.points

    def __len__(self) -> int:
        return self._points

    def __bool__(self) -> bool:
        return True

    def points(self) -> Iterator[Point]:
        """The data points: NumberPoint, HistogramPoint, ExpHistogramPoint or SummaryPoint by type."""
        return self._below(core.tel_cursor_next_point, _abi.tel_point_view(), lambda cursor, view: _point(view))

    def point_nodes(self) -> Iterator[PointNode]:
        """The data points as nodes that can be edited."""
        return self._below(core.tel_cursor_next_point, _abi.tel_point_view(), self._node(PointNode))

    def rename(self, name: str) -> None:
        """Sets the name; inside of `with batch.edit():`."""
        keep = Keep()
        self._edit("metric_name", keep.slice(name))

    def set_unit(self, unit: str) -> None:
        """Sets the unit; values are not converted."""
        keep = Keep()
        self._edit("metric_unit", keep.slice(unit))

    def set_description(self, description: str) -> None:
        """Sets the description."""
        keep = Keep()
        self._edit("metric_description", keep.slice(description))

    def drop(self) -> None:
        """Drops the metric; a scope or resource that becomes empty by it goes, too."""
        self._edit("drop_metric")

    def __repr__(self) -> str:
        return "<telemetry.Metric %s %s, %d points>" % (self.type.name.lower(), self.name, self._points)


class PointNode(_Attributed):
    """A point in its batch; point is what it holds."""
    _what = "point"

    def __init__(self, batch: Metrics, cursor: _abi.tel_cursor, generation: int, view: _abi.tel_point_view) -> None:
        super().__init__(batch, cursor, generation)
        self.point = _point(view)


_TEMPORALITIES = {int(t) for t in Temporality}


def walk_resources(batch: Metrics) -> Iterator[Resource]:
    with batch._lock:
        generation, cursor = batch._generation, _abi.tel_cursor()
        core.tel_cursor_init(byref(cursor), batch._handle)
    return _walk(batch, generation, cursor, core.tel_cursor_next_resource, _abi.tel_resource_view(),
                 lambda at, view: Resource(batch, _abi.tel_cursor.from_buffer_copy(at), generation, view))


def _strings(fields: _abi.tel_fields) -> Tuple[str, ...]:
    found, one = [], _abi.tel_slice()
    while core.tel_string_next(byref(fields), byref(one)):
        found.append(text(one))
    return tuple(found)


def _entities(fields: _abi.tel_fields) -> List[Entity]:
    found, view = [], _abi.tel_entity_view()
    while core.tel_entity_next(byref(fields), byref(view)):
        found.append(Entity(text(view.type), _strings(view.id_keys), _strings(view.description_keys), text(view.schema_url)))
    return found


def _number(view: Any) -> Union[int, float, None]:
    if view.has & _abi.TEL_HAS_INT:
        return int(view.as_int)
    return float(view.as_double) if view.has & _abi.TEL_HAS_DOUBLE else None


def _exemplars(fields: _abi.tel_fields) -> Tuple[Exemplar, ...]:
    if not fields.count:
        return ()
    found, view = [], _abi.tel_exemplar_view()
    while core.tel_exemplar_next(byref(fields), byref(view)):
        found.append(Exemplar(_number(view), view.time_unix_ns, read(view.trace_id), read(view.span_id),
                              from_attributes(view.attributes)))
    return tuple(found)


def _counts(numbers: _abi.tel_numbers) -> Tuple[int, ...]:
    found, one = [], ctypes.c_uint64()
    while core.tel_number_next_u64(byref(numbers), byref(one)):
        found.append(one.value)
    return tuple(found)


def _doubles(numbers: _abi.tel_numbers) -> Tuple[float, ...]:
    found, one = [], ctypes.c_double()
    while core.tel_number_next_double(byref(numbers), byref(one)):
        found.append(one.value)
    return tuple(found)


def _quantiles(fields: _abi.tel_fields) -> Tuple[Tuple[float, float], ...]:
    found, one = [], _abi.tel_quantile()
    while core.tel_quantile_next(byref(fields), byref(one)):
        found.append((one.quantile, one.value))
    return tuple(found)


def _buckets(view: _abi.tel_buckets_view) -> Optional[Buckets]:
    return Buckets(view.offset, _counts(view.counts)) if view.present else None


def _point(view: _abi.tel_point_view) -> Point:
    common = (from_attributes(view.attributes), view.start_unix_ns, view.time_unix_ns, view.flags)
    kind, has = view.type, view.has
    if kind in (MetricType.GAUGE, MetricType.SUM):
        return NumberPoint(*common, _number(view), _exemplars(view.exemplars))
    if kind == MetricType.SUMMARY:
        return SummaryPoint(*common, view.count, view.sum, _quantiles(view.quantiles))
    numbers = (view.count, view.sum if has & _abi.TEL_HAS_SUM else None, view.min if has & _abi.TEL_HAS_MIN else None,
               view.max if has & _abi.TEL_HAS_MAX else None)
    if kind == MetricType.HISTOGRAM:
        return HistogramPoint(*common, *numbers, _doubles(view.bounds), _counts(view.bucket_counts), _exemplars(view.exemplars))
    return ExpHistogramPoint(*common, *numbers, view.scale, view.zero_count, view.zero_threshold, _buckets(view.positive),
                             _buckets(view.negative), _exemplars(view.exemplars))
