# SPDX-License-Identifier: Apache-2.0
"""Batches of OTLP metrics in Python: decode, read in bulk, encode, write as text. Needs the standard library alone.

    import libtelemetry
    batch = libtelemetry.Metrics.decode(body)
    print(batch.format("summary"))
    columns = batch.columns()          # one call for the whole batch
    columns["point_double"]            # memoryview of doubles; numpy.asarray() takes it without a copy

The shared library is found as LIBTELEMETRY_CORE says, else by the dynamic linker.
"""
import array
import ctypes
import os
from ctypes import POINTER, Structure, byref, c_bool, c_char, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint8, \
    c_uint32, c_uint64, c_void_p

FORMATS = {"basic": 0, "summary": 1, "normal": 2, "detailed": 3, "json": 4}
ATTRIBUTES, BUCKETS, NAMES = 1, 2, 4
FORWARD_BAD_UTF8 = 1


class tel_slice(Structure):
    _fields_ = [("ptr", c_void_p), ("len", c_size_t)]


class tel_error(Structure):
    _fields_ = [("size", c_size_t), ("code", c_int32), ("detail", c_int32), ("line", c_uint32), ("column", c_uint32),
                ("offset", c_uint64), ("msg", c_char * 256)]


class tel_metrics_counts(Structure):
    _fields_ = [("size", c_size_t), ("resources", c_uint64), ("scopes", c_uint64), ("metrics", c_uint64),
                ("points", c_uint64), ("live_bytes", c_uint64), ("pinned_bytes", c_uint64)]


class tel_otlp_decode_opts(Structure):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("max_depth", c_uint32), ("max_bytes", c_size_t),
                ("alloc", c_void_p)]


class tel_otlp_report(Structure):
    _fields_ = [("size", c_size_t), ("rejected_points", c_uint64), ("rejected_nodes", c_uint64),
                ("merged_nodes", c_uint64), ("unknown_fields", c_uint64), ("message", c_char * 256)]


class tel_text_ref(Structure):
    _fields_ = [("offset", c_uint64), ("len", c_uint64)]


# table: (name of its room, name of its count, [(column, element, one more than the table has rows)])
_TABLES = [
    ("resource_room", "resource_count", [("resource_first_attribute", c_uint64, True)]),
    ("scope_room", "scope_count", [
        ("scope_resource", c_uint32, False), ("scope_name", tel_text_ref, False), ("scope_version", tel_text_ref, False),
        ("scope_first_attribute", c_uint64, True)]),
    ("metric_room", "metric_count", [
        ("metric_scope", c_uint32, False), ("metric_type", c_uint8, False), ("metric_temporality", c_uint8, False),
        ("metric_monotonic", c_uint8, False), ("metric_name", tel_text_ref, False), ("metric_unit", tel_text_ref, False),
        ("metric_first_point", c_uint64, True)]),
    ("point_room", "point_count", [
        ("point_metric", c_uint32, False), ("point_has", c_uint32, False), ("point_flags", c_uint32, False),
        ("point_start", c_uint64, False), ("point_time", c_uint64, False), ("point_int", c_int64, False),
        ("point_double", c_double, False), ("point_total", c_uint64, False), ("point_sum", c_double, False),
        ("point_min", c_double, False), ("point_max", c_double, False), ("point_first_attribute", c_uint64, True),
        ("point_first_bucket", c_uint64, True), ("point_first_bound", c_uint64, True)]),
    ("attribute_room", "attribute_count", [
        ("attribute_key", tel_text_ref, False), ("attribute_type", c_uint8, False), ("attribute_int", c_int64, False),
        ("attribute_double", c_double, False), ("attribute_text", tel_text_ref, False)]),
    ("bucket_room", "bucket_count", [("bucket_counts", c_uint64, False)]),
    ("bound_room", "bound_count", [("bounds", c_double, False)]),
    ("text_room", "text_count", [("text", c_char, False)]),
]


# Native format codes: a memoryview of a ctypes array has another one, which it cannot index.
_CODES = {c_uint8: "B", c_uint32: "I", c_uint64: "Q", c_int64: "q", c_double: "d"}


def _view(numbers):
    code = _CODES[numbers._type_]
    return memoryview(numbers).cast("B").cast(code) if len(numbers) else memoryview(array.array(code))


class tel_columns(Structure):
    _fields_ = [("size", c_size_t)] + [
        field for room, count, columns in _TABLES
        for field in [(room, c_size_t), (count, c_size_t)] + [(name, POINTER(kind)) for name, kind, _ in columns]]


STRUCTS = [tel_slice, tel_error, tel_metrics_counts, tel_otlp_decode_opts, tel_otlp_report, tel_text_ref, tel_columns]


class Error(Exception):
    """A call failed; code is the name of the tel_err."""

    def __init__(self, code, message, offset=0):
        super().__init__("%s: %s" % (code, message))
        self.code, self.offset = code, offset


def _load():
    library = ctypes.CDLL(os.environ.get("LIBTELEMETRY_CORE", "libtelemetry-metrics.so.0"))
    err = POINTER(tel_error)
    for name, result, arguments in [
            ("tel_version", c_char_p, []),
            ("tel_err_name", c_char_p, [c_int32]),
            ("tel_buf_copy", c_int32, [c_void_p, tel_slice, POINTER(c_void_p)]),
            ("tel_buf_get", tel_slice, [c_void_p]),
            ("tel_buf_unref", None, [c_void_p]),
            ("tel_metrics_free", None, [c_void_p]),
            ("tel_metrics_count", None, [c_void_p, POINTER(tel_metrics_counts)]),
            ("tel_metrics_merge", c_int32, [c_void_p, c_void_p]),
            ("tel_metrics_split", c_int32, [c_void_p, c_uint64, POINTER(c_void_p)]),
            ("tel_metrics_equal", c_bool, [c_void_p, c_void_p, c_char_p]),
            ("tel_metrics_columns", c_int32, [c_void_p, c_uint32, POINTER(tel_columns)]),
            ("tel_metrics_format", c_int32, [c_void_p, c_int32, POINTER(c_void_p), err]),
            ("tel_otlp_decode", c_int32, [c_void_p, POINTER(tel_otlp_decode_opts), POINTER(c_void_p),
                                          POINTER(tel_otlp_report), err]),
            ("tel_otlp_encode", c_int32, [c_void_p, POINTER(c_void_p), err])]:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


_lib = _load()


def version():
    return _lib.tel_version().decode()


def _check(code, err=None):
    if code:
        message = err.msg.decode("utf-8", "replace") if err is not None else ""
        raise Error(_lib.tel_err_name(code).decode(), message, err.offset if err is not None else 0)


def _sized(kind):
    value = kind()
    value.size = ctypes.sizeof(kind)
    return value


def _take(buf):
    """The bytes of a tel_buf whose reference is ours."""
    try:
        content = _lib.tel_buf_get(buf)
        return ctypes.string_at(content.ptr, content.len) if content.len else b""
    finally:
        _lib.tel_buf_unref(buf)


class Metrics:
    """A batch. Belongs to one thread at a time."""

    def __init__(self, handle, report=None):
        self._handle, self.report = handle, report

    def __del__(self):
        handle, self._handle = getattr(self, "_handle", None), None
        if handle:
            _lib.tel_metrics_free(handle)

    @classmethod
    def decode(cls, data, flags=0):
        """Reads an ExportMetricsServiceRequest. report says what was cut out because its text is not UTF-8."""
        buf, handle, data = c_void_p(), c_void_p(), bytes(data)
        opts, report, err = _sized(tel_otlp_decode_opts), _sized(tel_otlp_report), _sized(tel_error)
        opts.flags = flags
        content = tel_slice(ctypes.cast(c_char_p(data), c_void_p), len(data))
        _check(_lib.tel_buf_copy(None, content, byref(buf)))
        try:
            _check(_lib.tel_otlp_decode(buf, byref(opts), byref(handle), byref(report), byref(err)), err)
        finally:
            _lib.tel_buf_unref(buf)
        return cls(handle, report)

    def encode(self):
        buf, err = c_void_p(), _sized(tel_error)
        _check(_lib.tel_otlp_encode(self._handle, byref(buf), byref(err)), err)
        return _take(buf)

    def counts(self):
        counts = _sized(tel_metrics_counts)
        _lib.tel_metrics_count(self._handle, byref(counts))
        return {name: getattr(counts, name) for name, _ in tel_metrics_counts._fields_[1:]}

    def merge(self, other):
        """Moves the content of the other batch to the end of this one."""
        if other is self:
            raise ValueError("a batch cannot be merged into itself")
        _check(_lib.tel_metrics_merge(self._handle, other._handle))

    def split(self, max_points):
        """Takes up to so many points off the front, as a batch of its own."""
        head = c_void_p()
        _check(_lib.tel_metrics_split(self._handle, max_points, byref(head)))
        return Metrics(head)

    def difference(self, other):
        """Where two batches differ first, as a path; None when they are equal."""
        path = ctypes.create_string_buffer(256)
        if _lib.tel_metrics_equal(self._handle, other._handle, path):
            return None
        return path.value.decode("utf-8", "replace")

    def __eq__(self, other):
        return self.difference(other) is None if isinstance(other, Metrics) else NotImplemented

    __hash__ = None

    def format(self, name="summary"):
        """basic, summary, normal, detailed or json."""
        buf, err = c_void_p(), _sized(tel_error)
        _check(_lib.tel_metrics_format(self._handle, FORMATS[name], byref(buf), byref(err)), err)
        return _take(buf).decode("utf-8", "replace")

    def columns(self, mask=ATTRIBUTES | BUCKETS | NAMES):
        """The whole batch as a dict: a memoryview per column of tel_columns, an array of tel_text_ref per column of texts
        (see text()), and text as bytes."""
        c, arrays = _sized(tel_columns), {}
        _check(_lib.tel_metrics_columns(self._handle, mask, byref(c)))
        for room, count, columns in _TABLES:
            rows = getattr(c, count)
            setattr(c, room, rows)
            for name, kind, extra in columns:
                arrays[name] = (kind * (rows + extra))()
                setattr(c, name, ctypes.cast(arrays[name], POINTER(kind)))
        _check(_lib.tel_metrics_columns(self._handle, mask, byref(c)))
        text = arrays.pop("text").raw
        result = {name: column if column._type_ is tel_text_ref else _view(column) for name, column in arrays.items()}
        result["text"] = text
        return result


def text(columns, name, row):
    """One text of a column of texts."""
    ref = columns[name][row]
    return columns["text"][ref.offset:ref.offset + ref.len]
