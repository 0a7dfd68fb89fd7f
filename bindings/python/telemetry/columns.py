# SPDX-License-Identifier: Apache-2.0
"""A whole batch in arrays, one per column, read by one call: for numpy, or for loops that must be fast."""
from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_char, c_double, c_int64, c_uint8, c_uint32, c_uint64, c_void_p
from typing import Any, Dict, Iterator, List, Optional, Tuple

from . import _abi
from ._library import core
from .errors import check

ATTRIBUTES: int = _abi.TEL_COLUMNS_ATTRIBUTES
BUCKETS: int = _abi.TEL_COLUMNS_BUCKETS
NAMES: int = _abi.TEL_COLUMNS_NAMES
# Native format codes: a memoryview of a ctypes array has another one, which it cannot index.
_CODES = {c_uint8: "B", c_uint32: "I", c_uint64: "Q", c_int64: "q", c_double: "d"}


def _tables() -> List[Tuple[str, str, List[Tuple[str, Any, int]]]]:
    """(room, count, [(column, element, rows that it has more than the table)]) from the members of tel_columns."""
    tables: List[Tuple[str, str, List[Tuple[str, Any, int]]]] = []
    members: List[Tuple[str, Any]] = list(_abi.tel_columns._fields_[1:])  # type: ignore[arg-type]
    for name, kind in members:
        if name.endswith("_room"):
            tables.append((name, name[:-5] + "_count", []))
        elif name != tables[-1][1]:
            tables[-1][2].append((name, c_char if kind is c_void_p else kind._type_, int("_first_" in name)))
    return tables


_TABLES = _tables()
_GUESSED = 4 << 20  # bytes of a batch up to which room is guessed


class Columns:
    """The columns by name: columns["point_double"] is a memoryview of doubles, also columns.point_double.

    There are tables of resources, scopes, metrics, points, attributes, bucket_counts, bounds. A column first_x has one row
    more than its table: row i owns first_x[i] to first_x[i + 1] of x. point_double is NaN where a point has no number.
    Texts (metric_name, metric_unit, scope_name, scope_version, attribute_key, attribute_text) are columns of two numbers
    per row, offset and length in the bytes of text; string() and strings() read them. doc of the members: columns.h.
    """

    text: bytes

    def __init__(self, columns: Dict[str, memoryview], text: bytes) -> None:
        self._columns, self.text = columns, text

    @classmethod
    def read(cls, handle: Optional[int], mask: int) -> Columns:
        """What Metrics.columns() does."""
        c = _abi.init(_abi.tel_columns)
        arrays = _room(c, *_guess(handle, mask))
        code = core.tel_metrics_columns(handle, mask, byref(c))
        if code == _abi.tel_err.TEL_ERR_LIMIT:
            arrays = _room(c, {count: getattr(c, count) for _, count, _ in _TABLES})
            code = core.tel_metrics_columns(handle, mask, byref(c))
        check(code)
        text = ctypes.string_at(arrays.pop("text"), c.text_count) if c.text_count else b""
        columns: Dict[str, memoryview] = {}
        for _, count, members in _TABLES[:-1]:
            rows = getattr(c, count)
            for name, _, more in members:
                columns[name] = _view(arrays[name], rows + more)
        return cls(columns, text)

    def __getitem__(self, name: str) -> memoryview:
        return self._columns[name]

    def __getattr__(self, name: str) -> memoryview:
        try:
            return self.__dict__["_columns"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError("there is no column %s" % name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """Data points."""
        return len(self._columns["point_time"])

    def string(self, name: str, row: int) -> str:
        """One text of a column of texts."""
        return self.raw(name, row).decode("utf-8", "surrogateescape")

    def raw(self, name: str, row: int) -> bytes:
        """The bytes of one text: for attributes of other types than strings."""
        column = self._columns[name]
        if column.ndim != 2:
            raise IndexError("%s has no rows, or no texts" % name)
        at = column[row, 0]
        return self.text[at:at + column[row, 1]]

    def strings(self, name: str) -> List[str]:
        """A whole column of texts."""
        return [self.string(name, row) for row in range(len(self._columns[name]))]

    def attributes(self, first: str, row: int) -> Dict[str, Any]:
        """The attributes of one row; first is point_first_attribute or its kin. Lists come as their OTLP bytes."""
        index = self._columns[first]
        found: Dict[str, Any] = {}
        for at in range(index[row], index[row + 1]):
            found.setdefault(self.string("attribute_key", at), self._attribute(at))
        return found

    def _attribute(self, at: int) -> Any:
        kind = self._columns["attribute_type"][at]
        if kind == _abi.tel_value_type.TEL_VALUE_STRING:
            return self.string("attribute_text", at)
        if kind == _abi.tel_value_type.TEL_VALUE_INT:
            return self._columns["attribute_int"][at]
        if kind == _abi.tel_value_type.TEL_VALUE_BOOL:
            return bool(self._columns["attribute_int"][at])
        if kind == _abi.tel_value_type.TEL_VALUE_DOUBLE:
            return self._columns["attribute_double"][at]
        return None if kind == _abi.tel_value_type.TEL_VALUE_EMPTY else self.raw("attribute_text", at)


def _guess(handle: Optional[int], mask: int) -> Tuple[Dict[str, int], bool]:
    """Room for every table, so that one pass over the batch is mostly enough; large batches are counted first."""
    have = _abi.init(_abi.tel_metrics_counts)
    core.tel_metrics_count(handle, byref(have))
    room = {"resource_count": have.resources, "scope_count": have.scopes, "metric_count": have.metrics,
            "point_count": have.points, "attribute_count": 0, "bucket_count": 0, "bound_count": 0, "text_count": 0}
    if have.live_bytes > _GUESSED:
        c = _abi.init(_abi.tel_columns)
        check(core.tel_metrics_columns(handle, mask, byref(c)))
        return {count: getattr(c, count) for count in room}, True
    if mask & BUCKETS:  # 8 bytes each
        room["bucket_count"] = room["bound_count"] = have.live_bytes // 8
    if mask & ATTRIBUTES:
        room["attribute_count"] = have.live_bytes // 14
    if mask & (ATTRIBUTES | NAMES):
        room["text_count"] = have.live_bytes
    return room, False


def _room(c: _abi.tel_columns, rows: Dict[str, int], exact: bool = True) -> Dict[str, Any]:
    """Makes the arrays. A room of 0 would mean "count only": one row too many is asked for then."""
    arrays: Dict[str, Any] = {}
    for room, count, columns in _TABLES:
        wanted = rows[count] if exact else rows[count] or 1
        setattr(c, room, wanted)
        for name, kind, more in columns:
            arrays[name] = (kind * (wanted + more))()
            setattr(c, name, ctypes.cast(arrays[name], c_void_p if kind is c_char else POINTER(kind)))
    return arrays


def _view(array: Any, rows: int) -> memoryview:
    """A memoryview that can be indexed; texts are rows of two numbers. Empty ones have their type, too."""
    kind = array._type_
    texts = kind is _abi.tel_text_ref
    code: Any = "Q" if texts else _CODES[kind]
    view = memoryview(array).cast("B")[:rows * ctypes.sizeof(kind)] if rows else memoryview(bytearray())
    result: memoryview = view.cast(code, (rows, 2)) if texts and rows else view.cast(code)
    return result
