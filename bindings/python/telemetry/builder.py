# SPDX-License-Identifier: Apache-2.0
"""Makes batches by hand."""
from __future__ import annotations

import ctypes
import os
from ctypes import byref, c_void_p
from typing import Any, Mapping, Optional, Sequence, Tuple, TypeVar, Union, cast

from . import _abi
from ._handle import Handle
from ._library import core
from ._values import Attributes, Keep, Value, c_text, i32, i64, pairs, u32, u64
from .errors import check
from .metrics import Metrics
from .views import Buckets, MetricType, Temporality

_Self = TypeVar("_Self", bound="Builder")
Number = Union[int, float]


class PreparedAttributes(Handle):
    """Attributes that are encoded once and used for many points."""

    def __init__(self, attributes: Attributes) -> None:
        handle, keep = c_void_p(), Keep()
        check(core.tel_attrs_new(None, byref(handle)))
        super().__init__(handle.value, core.tel_attrs_free)
        for key, value in pairs(attributes):
            check(core.tel_attrs_put(self._handle, keep.slice(key), byref(keep.value(value))),
                  fallback="the attribute %r was refused" % key)


Given = Union[Attributes, PreparedAttributes, None]


class Builder(Handle):
    """Builds a batch from the outside to the inside: resource, scope, metric, points, exemplars. Calls can be chained:

        batch = (Builder().resource({"service.name": "shop"}).scope("shop.orders", "1.2")
                 .times(start, now).counter("orders", "1").point(42, {"country": "it"}).finish())

    Each call closes what was open at its level. Times hold for the points that follow until they are set again. A call at a
    wrong place (an integer in a histogram) is reported by finish(), which empties the builder for the next batch.
    """

    def __init__(self, *, max_bytes: int = 0) -> None:
        handle = c_void_p()
        check(core.tel_builder_new(None, u64("max_bytes", max_bytes), byref(handle)), fallback="max_bytes is over 1 GiB")
        super().__init__(handle.value, core.tel_builder_free)

    def finish(self) -> Metrics:
        """What was built, as a batch; the builder is empty then, on failure too."""
        handle, err = c_void_p(), _abi.init(_abi.tel_error)
        check(core.tel_builder_finish(self._handle, byref(handle), byref(err)), err)
        return Metrics(handle)

    def resource(self: _Self, attributes: Given = None, *, schema_url: Optional[str] = None,
                 dropped_attributes: int = 0) -> _Self:
        """Begins a resource."""
        core.tel_builder_resource(self._handle, c_text("schema_url", schema_url))
        return self._opened(attributes, dropped_attributes)

    def resource_from_environment(self: _Self, environment: Optional[Mapping[str, str]] = None) -> _Self:
        """Begins the resource that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES describe; environment replaces os.environ."""
        given = os.environ if environment is None else environment
        core.tel_builder_resource_text(self._handle, *[
            c_text(name, given.get(name)) for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES")])
        return self

    def scope(self: _Self, name: Optional[str] = None, version: Optional[str] = None, attributes: Given = None, *,
              schema_url: Optional[str] = None, dropped_attributes: int = 0) -> _Self:
        """Begins an instrumentation scope."""
        core.tel_builder_scope(self._handle, c_text("name", name), c_text("version", version), c_text("schema_url", schema_url))
        return self._opened(attributes, dropped_attributes)

    def _opened(self: _Self, attributes: Given, dropped: int) -> _Self:
        self.attributes(attributes)
        if dropped:
            core.tel_builder_dropped_attributes(self._handle, u32("dropped_attributes", dropped))
        return self

    def times(self: _Self, start_unix_ns: int = 0, time_unix_ns: int = 0) -> _Self:
        """Times of the points that follow, in nanoseconds since 1970; 0 = not set."""
        core.tel_builder_times(self._handle, u64("start_unix_ns", start_unix_ns), u64("time_unix_ns", time_unix_ns))
        return self

    def metric(self: _Self, type: MetricType, name: str, unit: str = "", description: str = "", *,
               temporality: Temporality = Temporality.UNSPECIFIED, monotonic: bool = False) -> _Self:
        """Begins a metric of any type."""
        desc, keep = _abi.init(_abi.tel_metric_desc), Keep()
        desc.type, desc.temporality, desc.monotonic = int(type), int(temporality), monotonic
        desc.name, desc.unit, desc.description = keep.slice(name), keep.slice(unit), keep.slice(description)
        core.tel_builder_metric(self._handle, byref(desc))
        return self

    def gauge(self: _Self, name: str, unit: str = "", description: str = "") -> _Self:
        """Begins a gauge."""
        return self.metric(MetricType.GAUGE, name, unit, description)

    def sum(self: _Self, name: str, unit: str = "", description: str = "", *,
            temporality: Temporality = Temporality.CUMULATIVE, monotonic: bool = False) -> _Self:
        """Begins a sum."""
        return self.metric(MetricType.SUM, name, unit, description, temporality=temporality, monotonic=monotonic)

    def counter(self: _Self, name: str, unit: str = "", description: str = "", *,
                temporality: Temporality = Temporality.CUMULATIVE) -> _Self:
        """Begins a counter: a monotonic sum."""
        return self.sum(name, unit, description, temporality=temporality, monotonic=True)

    def histogram(self: _Self, name: str, unit: str = "", description: str = "", *,
                  temporality: Temporality = Temporality.CUMULATIVE) -> _Self:
        """Begins a histogram with explicit bounds; its points come by histogram_point()."""
        return self.metric(MetricType.HISTOGRAM, name, unit, description, temporality=temporality)

    def exp_histogram(self: _Self, name: str, unit: str = "", description: str = "", *,
                      temporality: Temporality = Temporality.CUMULATIVE) -> _Self:
        """Begins an exponential histogram; its points come by exp_histogram_point()."""
        return self.metric(MetricType.EXP_HISTOGRAM, name, unit, description, temporality=temporality)

    def summary(self: _Self, name: str, unit: str = "", description: str = "") -> _Self:
        """Begins a summary; its points come by summary_point()."""
        return self.metric(MetricType.SUMMARY, name, unit, description)

    def point(self: _Self, value: Number, attributes: Given = None, *, flags: int = 0) -> _Self:
        """A point of a gauge or sum: an int stays an integer, a float a double."""
        if isinstance(value, int) and not isinstance(value, bool):
            core.tel_builder_point_int(self._handle, i64("value", value), None)
        elif isinstance(value, float):
            core.tel_builder_point_double(self._handle, value, None)
        else:
            raise TypeError("the value of a point is a %s, not an int or float" % type(value).__name__)
        return self._point(attributes, flags)

    def stale_point(self: _Self, attributes: Given = None) -> _Self:
        """A point of any type that says that its series ended."""
        core.tel_builder_point_stale(self._handle, None)
        return self._point(attributes, 0)

    def histogram_point(self: _Self, count: int, sum: Optional[float] = None, bounds: Sequence[float] = (),
                        bucket_counts: Sequence[int] = (), attributes: Given = None, *, min: Optional[float] = None,
                        max: Optional[float] = None, flags: int = 0) -> _Self:
        """A point of a histogram; bucket_counts has one more element than bounds, or both are empty."""
        if len(bucket_counts) != (len(bounds) + 1 if bucket_counts or bounds else 0):
            raise ValueError("%d bounds need %d bucket counts, not %d" % (len(bounds), len(bounds) + 1, len(bucket_counts)))
        point = _abi.init(_abi.tel_histogram)
        _numbers(point, count, sum, min, max)
        point.bound_count = len(bounds)
        point.bounds = (ctypes.c_double * len(bounds))(*bounds)
        if bucket_counts:
            point.bucket_counts = _counts(bucket_counts)
        core.tel_builder_point_histogram(self._handle, byref(point), None)
        return self._point(attributes, flags)

    def exp_histogram_point(self: _Self, count: int, sum: Optional[float] = None, scale: int = 0, zero_count: int = 0,
                            positive: Optional[Buckets] = None, negative: Optional[Buckets] = None,
                            attributes: Given = None, *, zero_threshold: float = 0.0, min: Optional[float] = None,
                            max: Optional[float] = None, flags: int = 0) -> _Self:
        """A point of an exponential histogram."""
        point = _abi.init(_abi.tel_exp_histogram)
        _numbers(point, count, sum, min, max)
        point.scale, point.zero_count = i32("scale", scale), u64("zero_count", zero_count)
        point.zero_threshold = zero_threshold
        for side, given in ((point.positive, positive), (point.negative, negative)):
            if given is not None:
                side.counts, side.count, side.offset = _counts(given.counts), len(given.counts), i32("offset", given.offset)
        core.tel_builder_point_exp_histogram(self._handle, byref(point), None)
        return self._point(attributes, flags)

    def summary_point(self: _Self, count: int, sum: float, quantiles: Sequence[Tuple[float, float]] = (),
                      attributes: Given = None, *, flags: int = 0) -> _Self:
        """A point of a summary; quantiles as (quantile, value)."""
        given = (_abi.tel_quantile * len(quantiles))(*[_abi.tel_quantile(q, v) for q, v in quantiles])
        core.tel_builder_point_summary(self._handle, u64("count", count), sum, given, len(quantiles), None)
        return self._point(attributes, flags)

    def _point(self: _Self, attributes: Given, flags: int) -> _Self:
        if flags:
            core.tel_builder_flags(self._handle, u32("flags", flags))
        return self.attributes(attributes)

    def exemplar(self: _Self, value: Number, time_unix_ns: int = 0, attributes: Given = None, *,
                 trace_id: Optional[bytes] = None, span_id: Optional[bytes] = None) -> _Self:
        """An exemplar of the open point."""
        for name, given, length in (("trace_id", trace_id, 16), ("span_id", span_id, 8)):
            if given is not None and len(given) != length:
                raise ValueError("%s has %d bytes, not %d" % (name, len(given), length))
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError("the value of an exemplar is a %s, not an int or float" % type(value).__name__)
        core.tel_builder_exemplar(self._handle, u64("time_unix_ns", time_unix_ns), byref(Keep().value(value)), trace_id, span_id)
        return self.attributes(attributes)

    def attributes(self: _Self, attributes: Given) -> _Self:
        """Adds attributes to the innermost resource, scope, point or exemplar that is open."""
        if isinstance(attributes, PreparedAttributes):
            core.tel_builder_attrs(self._handle, attributes._handle)
        elif attributes:
            keep, handle = Keep(), self._handle
            # All values first: nothing is written when one of them is refused.
            for call, key, value in [_written(keep, key, value) for key, value in attributes.items()]:
                call(handle, key, value)
        return self


def _written(keep: Keep, key: Any, value: Value) -> Tuple[Any, Any, Any]:
    """(call, key, value) that write one attribute. What is common goes a short way: texts without NUL, and numbers."""
    if not isinstance(key, str):
        raise TypeError("the key of an attribute is a %s, not a str" % type(key).__name__)
    name, kind = key.encode("utf-8"), type(value)
    if b"\0" not in name:
        if kind is str:
            text = cast(str, value).encode("utf-8")
            if b"\0" not in text:
                return core.tel_builder_attr_str, name, text
        elif kind is int:
            return core.tel_builder_attr_int, name, i64("an attribute", cast(int, value))
        elif kind is float:
            return core.tel_builder_attr_double, name, value
        elif kind is bool:
            return core.tel_builder_attr_bool, name, value
    return core.tel_builder_attr, keep.slice(name), byref(keep.value(value))


def _counts(given: Sequence[int]) -> "ctypes.Array[ctypes.c_uint64]":
    return (ctypes.c_uint64 * len(given))(*[u64("a bucket count", n) for n in given])


def _numbers(point: Union[_abi.tel_histogram, _abi.tel_exp_histogram], count: int, sum: Optional[float],
             min: Optional[float], max: Optional[float]) -> None:
    point.count = u64("count", count)
    for name, bit, value in (("sum", _abi.TEL_HAS_SUM, sum), ("min", _abi.TEL_HAS_MIN, min), ("max", _abi.TEL_HAS_MAX, max)):
        if value is not None:
            point.has |= bit
            setattr(point, name, value)
