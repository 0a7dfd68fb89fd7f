# SPDX-License-Identifier: Apache-2.0
"""Texts, numbers and attribute values between Python and C."""
from __future__ import annotations

import ctypes
from collections.abc import Mapping as MappingABC
from ctypes import byref, c_void_p
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from . import _abi
from ._abi import tel_value_type as Kind
from ._library import core

# What an attribute may be: OTLP's AnyValue.
Value = Union[None, bool, int, float, str, bytes, "Sequence[Value]", "Mapping[str, Value]"]
Attributes = Mapping[str, Value]
MAX_DEPTH = 64


def u64(name: str, value: int) -> int:
    if not 0 <= value < 2**64:
        raise OverflowError("%s is %d, which is not within 0 and 2^64 - 1" % (name, value))
    return value


def u32(name: str, value: int) -> int:
    if not 0 <= value < 2**32:
        raise OverflowError("%s is %d, which is not within 0 and 2^32 - 1" % (name, value))
    return value


def i32(name: str, value: int) -> int:
    if not -2**31 <= value < 2**31:
        raise OverflowError("%s is %d, which is not a 32-bit integer" % (name, value))
    return value


def i64(name: str, value: int) -> int:
    if not -2**63 <= value < 2**63:
        raise OverflowError("%s is %d, which is not a 64-bit integer" % (name, value))
    return value


def nanoseconds(name: str, seconds: Optional[float], default: int = 0) -> int:
    """A time span in seconds as the library takes it; infinity is its largest number."""
    if seconds is None:
        return default
    if seconds != seconds or seconds < 0:
        raise ValueError("%s is %r, which is no time span" % (name, seconds))
    return min(int(seconds * 1e9), 2**64 - 1) if seconds != float("inf") else 2**64 - 1


def read(slice_: _abi.tel_slice) -> bytes:
    return ctypes.string_at(slice_.ptr, slice_.len) if slice_.len else b""


def text(slice_: _abi.tel_slice) -> str:
    """Texts that are not UTF-8 (forwarded on request) keep their bytes as surrogate escapes."""
    return ctypes.string_at(slice_.ptr, slice_.len).decode("utf-8", "surrogateescape") if slice_.len else ""


def c_text(name: str, value: Optional[str]) -> Optional[bytes]:
    """A text for a parameter that ends with NUL."""
    if value is None:
        return None
    data = value.encode("utf-8")
    if b"\0" in data:
        raise ValueError("%s holds a NUL character" % name)
    return data


class Keep:
    """Slices and arrays for one call, with what they point into."""

    def __init__(self) -> None:
        self.kept: List[Any] = []

    def slice(self, value: Union[str, bytes, None]) -> _abi.tel_slice:
        data = value.encode("utf-8") if isinstance(value, str) else bytes(value or b"")
        self.kept.append(data)
        return _abi.tel_slice(ctypes.cast(ctypes.c_char_p(data), c_void_p), len(data))

    def value(self, value: Value, depth: int = 0) -> _abi.tel_value:
        result = _abi.tel_value()
        self.fill(result, value, depth)
        return result

    def fill(self, into: _abi.tel_value, value: Value, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ValueError("an attribute is nested deeper than %d levels" % MAX_DEPTH)
        if value is None:
            into.type = Kind.TEL_VALUE_EMPTY
        elif isinstance(value, bool):
            into.type, into.u.boolean = Kind.TEL_VALUE_BOOL, value
        elif isinstance(value, int):
            into.type, into.u.integer = Kind.TEL_VALUE_INT, i64("an attribute", value)
        elif isinstance(value, float):
            into.type, into.u.real = Kind.TEL_VALUE_DOUBLE, value
        elif isinstance(value, str):
            into.type, into.u.bytes = Kind.TEL_VALUE_STRING, self.slice(value)
        elif isinstance(value, (bytes, bytearray, memoryview)):
            into.type, into.u.bytes = Kind.TEL_VALUE_BYTES, self.slice(bytes(value))
        elif isinstance(value, MappingABC):
            pairs = (_abi.tel_pair * len(value))()
            for pair, (key, item) in zip(pairs, value.items()):
                pair.key = self.slice(_key(key))
                self.fill(pair.value, item, depth + 1)
            self.kept.append(pairs)
            into.type, into.count = Kind.TEL_VALUE_PAIRS, len(pairs)
            into.u.pairs = ctypes.cast(pairs, ctypes.POINTER(_abi.tel_pair))
        elif isinstance(value, (list, tuple)):
            items = (_abi.tel_value * len(value))()
            for slot, item in zip(items, value):
                self.fill(slot, item, depth + 1)
            self.kept.append(items)
            into.type, into.count = Kind.TEL_VALUE_ITEMS, len(items)
            into.u.items = ctypes.cast(items, ctypes.POINTER(_abi.tel_value))
        else:
            raise TypeError("an attribute cannot be a %s" % type(value).__name__)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError("the key of an attribute is a %s, not a str" % type(key).__name__)
    return key


def pairs(attributes: Optional[Attributes]) -> List[Tuple[str, Value]]:
    return [(_key(key), value) for key, value in attributes.items()] if attributes else []


def from_value(value: _abi.tel_value) -> Any:
    kind = value.type
    if kind == Kind.TEL_VALUE_STRING:
        return text(value.u.bytes)
    if kind == Kind.TEL_VALUE_BOOL:
        return bool(value.u.boolean)
    if kind == Kind.TEL_VALUE_INT:
        return value.u.integer
    if kind == Kind.TEL_VALUE_DOUBLE:
        return value.u.real
    if kind == Kind.TEL_VALUE_BYTES:
        return read(value.u.bytes)
    if kind in (Kind.TEL_VALUE_ARRAY, Kind.TEL_VALUE_KVLIST):
        fields = _abi.tel_fields()
        core.tel_value_fields(byref(value), byref(fields))
        if kind == Kind.TEL_VALUE_KVLIST:
            return from_attributes(fields)
        result, item = [], _abi.tel_value()
        while core.tel_value_next(byref(fields), byref(item)):
            result.append(from_value(item))
        return result
    return None


def from_attributes(fields: _abi.tel_fields) -> Dict[str, Any]:
    """A run of attributes as a dict; of a key that comes twice the first counts, as for every reader of OTLP."""
    result: Dict[str, Any] = {}
    pair = _abi.tel_pair()
    while core.tel_attr_next(byref(fields), byref(pair)):
        result.setdefault(text(pair.key), from_value(pair.value))
    return result
