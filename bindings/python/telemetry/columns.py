# SPDX-License-Identifier: Apache-2.0
"""A whole batch in arrays, one per column, read by one call: for numpy, or for loops that must be fast."""
from __future__ import annotations

import ctypes
from array import array
from ctypes import POINTER, byref, c_char, c_double, c_int64, c_uint8, c_uint32, c_uint64, c_void_p
from typing import Any, Dict, Iterator, List, Optional, Tuple

from . import _abi
from ._library import core
from .errors import check

ATTRIBUTES: int = _abi.TEL_COLUMNS_ATTRIBUTES
BUCKETS: int = _abi.TEL_COLUMNS_BUCKETS
NAMES: int = _abi.TEL_COLUMNS_NAMES
_CODES = {c_uint8: "B", c_uint32: "I", c_uint64: "Q", c_int64: "q", c_double: "d", c_char: "B"}
_ONE = {code: array(code, [0]) for code in _CODES.values()}


def _tables() -> List[Tuple[str, str, List[Tuple[str, str, int, int]]]]:
    """(room, count, [(column, code of its numbers, numbers per row, rows that it has more than the table)]) from the members
    of tel_columns."""
    tables: List[Tuple[str, str, List[Tuple[str, str, int, int]]]] = []
    members: List[Tuple[str, Any]] = list(_abi.tel_columns._fields_[1:])  # type: ignore[arg-type]
    for name, kind in members:
        if name.endswith("_room"):
            tables.append((name, name[:-5] + "_count", []))
        elif name != tables[-1][1]:
            element = c_char if kind is c_void_p else kind._type_
            is_text = element is _abi.tel_text_ref
            tables[-1][2].append((name, "Q" if is_text else _CODES[element], 2 if is_text else 1, int("_first_" in name)))
    return tables


class _Struct(ctypes.Structure):
    """tel_columns with plain addresses, which are set faster than typed pointers."""
    _fields_ = [(name, ctypes.c_size_t if kind is ctypes.c_size_t else c_void_p)  # type: ignore[misc]
                for name, kind in _abi.tel_columns._fields_]


_POINTER = POINTER(_abi.tel_columns)
_TABLES = _tables()
_GUESSED = 4 << 20  # bytes of a batch up to which room is guessed
# Tables whose size only the walk knows, with what asks for them; the next batch is mostly like the last ones.
_GUESSED_TABLES = {"attribute_count": ATTRIBUTES, "bucket_count": BUCKETS, "bound_count": BUCKETS, "text_count": ATTRIBUTES | NAMES}
_rows_per_byte = {"attribute_count": 1 / 24, "bucket_count": 1 / 64, "bound_count": 1 / 64, "text_count": 1 / 2}


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
        c = _Struct(ctypes.sizeof(_Struct))
        pointer = ctypes.cast(byref(c), _POINTER)
        rows_of, exact, live_bytes = _guess(handle, mask)
        arrays = _room(c, rows_of, exact)
        code = core.tel_metrics_columns(handle, mask, pointer)
        if code == _abi.tel_err.TEL_ERR_LIMIT:
            arrays = _room(c, {count: getattr(c, count) for _, count, _ in _TABLES})
            code = core.tel_metrics_columns(handle, mask, pointer)
        check(code)
        _learn(c, live_bytes, mask)
        text = memoryview(arrays.pop("text"))[:c.text_count].tobytes()
        columns: Dict[str, memoryview] = {}
        for _, count, members in _TABLES[:-1]:
            rows = getattr(c, count)
            for name, _, width, more in members:
                view = memoryview(arrays[name])[:(rows + more) * width]
                columns[name] = view.cast("B").cast("Q", (rows, 2)) if width == 2 and rows else view
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


def _guess(handle: Optional[int], mask: int) -> Tuple[Dict[str, int], bool, int]:
    """Room for every table, so that one pass over the batch is mostly enough; large batches are counted first. Also whether
    that was counted, and the bytes of the batch."""
    have = _abi.init(_abi.tel_metrics_counts)
    core.tel_metrics_count(handle, byref(have))
    room = {"resource_count": have.resources, "scope_count": have.scopes, "metric_count": have.metrics,
            "point_count": have.points, "attribute_count": 0, "bucket_count": 0, "bound_count": 0, "text_count": 0}
    if have.live_bytes > _GUESSED:
        c = _abi.init(_abi.tel_columns)
        check(core.tel_metrics_columns(handle, mask, byref(c)))
        return {count: getattr(c, count) for count in room}, True, have.live_bytes
    for count, bit in _GUESSED_TABLES.items():
        if mask & bit:
            room[count] = int(have.live_bytes * _rows_per_byte[count] * 1.1) + 16
    return room, False, have.live_bytes


def _learn(c: _Struct, live_bytes: int, mask: int) -> None:
    """What the batch had, or half of what was seen before, is the next guess."""
    for count, bit in _GUESSED_TABLES.items():
        if mask & bit and live_bytes > 256:
            _rows_per_byte[count] = max(getattr(c, count) / live_bytes, _rows_per_byte[count] / 2)


def _room(c: _Struct, rows: Dict[str, int], exact: bool = True) -> "Dict[str, array[Any]]":
    """Makes the arrays. A room of 0 would mean "count only": one row too many is asked for then."""
    arrays: "Dict[str, array[Any]]" = {}
    for room, count, columns in _TABLES:
        wanted = rows[count] if exact else rows[count] or 1
        setattr(c, room, wanted)
        for name, code, width, more in columns:
            arrays[name] = _ONE[code] * ((wanted + more) * width)
            setattr(c, name, arrays[name].buffer_info()[0])
    return arrays
