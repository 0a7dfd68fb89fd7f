# SPDX-License-Identifier: Apache-2.0
"""Sends batches to an OTLP backend, from asyncio or from plain code."""
from __future__ import annotations

import asyncio
import ctypes
import os
import weakref
from ctypes import byref, c_void_p
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple, TypeVar

from . import _abi
from ._library import core, io
from ._values import Keep, nanoseconds, text, u32, u64
from .context import Context, Core, Part
from .errors import ClosedError, Code, DeadlineError, ExportError, StateError, check, code_of
from .metrics import Metrics
from .views import MetricType, Temporality

_Done = _abi.IO["tel_export_submit"][1][2]  # type: Any
_EnvLookup = _abi.member(_abi.tel_exporter_env, "lookup")
_Self = TypeVar("_Self", bound="Exporter")
PROTOCOLS = {"http/protobuf": _abi.tel_exporter_protocol.TEL_EXPORTER_HTTP_PROTOBUF,
             "grpc": _abi.tel_exporter_protocol.TEL_EXPORTER_GRPC, "http/json": _abi.tel_exporter_protocol.TEL_EXPORTER_HTTP_JSON}


class ExportResult(NamedTuple):
    """What the backend took. With rejected_points it took only a part; the others must not be sent again."""
    rejected_points: int = 0
    message: str = ""

    @property
    def partial(self) -> bool:
        return self.rejected_points > 0


class Preference(NamedTuple):
    """How a program should build its metrics for an exporter."""
    counter: Temporality
    observed_counter: Temporality
    up_down: Temporality
    histogram: Temporality
    histogram_type: MetricType


Settle = Callable[[Optional[ExportResult], Optional[Exception]], None]


class _Part(Part):
    """The exporter of C with the callbacks that wait for it."""

    def __init__(self, core_: Core) -> None:
        super().__init__(core_)
        self.pointer: Optional[int] = None
        self.pending: Dict[int, Tuple[int, Settle]] = {}  # token: (id of the submit, who waits)
        self.tokens = 0
        self.done = _Done(self._done)

    def _done(self, token: int, result: Any) -> None:
        try:
            r = result.contents
            _, settle = self.pending.pop(token or 0)
            code, message = code_of(r.code), text(r.message)
            if code in (Code.TEL_OK, Code.TEL_ERR_PARTIAL):
                settle(ExportResult(r.rejected_points, message), None)
            else:
                settle(None, ExportError(message, code, r.grpc_status))
        except BaseException as error:  # raised by the turn: nothing can be raised through C
            self.core.errors.append(error)

    def submit(self, metrics: Metrics, settle: Settle) -> int:
        self.core.check()
        if not self.alive:
            raise ClosedError("the exporter was closed", Code.TEL_ERR_CLOSED)
        batch, number, err = metrics._share(), ctypes.c_uint64(), _abi.init(_abi.tel_error)
        self.tokens += 1
        code = io.tel_export_submit(self.pointer, batch, self.done, self.tokens, byref(number), byref(err))
        if code:
            core.tel_metrics_free(batch)
            check(code, err, "the batch cannot be queued")
        self.pending[self.tokens] = number.value, settle
        return self.tokens

    def cancel(self, token: int) -> None:
        """The batch is forgotten; nobody is told."""
        entry = self.pending.pop(token, None)
        if entry is None or not self.alive:
            return
        self.core.check()
        io.tel_export_cancel(self.pointer, entry[0])

    def dispose(self) -> None:
        if self.pointer is not None:
            io.tel_exporter_free(self.pointer)
        waiting, self.pending = self.pending, {}
        for _, settle in waiting.values():
            settle(None, ClosedError("the exporter was closed before the batch was answered", Code.TEL_ERR_CLOSED))


class Exporter:
    """Sends batches to one backend: queue, compression, retry. Every batch is answered once.

        async with Exporter("http://127.0.0.1:4318") as exporter:
            await exporter.export(metrics, timeout=5)

    `await export()` gives an ExportResult or raises ExportError; cancelling it, or its timeout, takes the batch back.
    export_sync() does the same without asyncio. Times are in seconds. The exporter and its context belong to the thread that
    made them. Without a context it has its own.
    """

    def __init__(self, endpoint: str = "", *, protocol: str = "http/protobuf", headers: Optional[Mapping[str, str]] = None,
                 compression: str = "", timeout: Optional[float] = None, max_elapsed: Optional[float] = None, retry: bool = True,
                 queue_batches: int = 0, in_flight: int = 0, insecure: bool = False, endpoint_is_whole: bool = False,
                 user_agent: str = "", ca_file: str = "", client_cert_file: str = "", client_key_file: str = "",
                 context: Optional[Context] = None) -> None:
        if protocol not in PROTOCOLS:
            raise ValueError("unknown protocol %r; there are %s" % (protocol, ", ".join(PROTOCOLS)))
        opts, keep = _abi.init(_abi.tel_exporter_opts), Keep()
        opts.protocol = PROTOCOLS[protocol]
        opts.endpoint, opts.compression, opts.user_agent = keep.slice(endpoint), keep.slice(compression), keep.slice(user_agent)
        opts.ca_file, opts.client_cert_file = keep.slice(ca_file), keep.slice(client_cert_file)
        opts.client_key_file = keep.slice(client_key_file)
        opts.endpoint_is_whole, opts.insecure, opts.no_retry = endpoint_is_whole, insecure, not retry
        array = (_abi.tel_exporter_header * len(headers or {}))()
        for slot, (name, value) in zip(array, (headers or {}).items()):
            slot.name, slot.value = keep.slice(name), keep.slice(value)
        opts.headers, opts.header_count = array, len(array)
        opts.timeout_ns, opts.max_elapsed_ns = nanoseconds("timeout", timeout), nanoseconds("max_elapsed", max_elapsed)
        opts.queue_batches, opts.in_flight = u64("queue_batches", queue_batches), u32("in_flight", in_flight)
        self._make(context, lambda ctx, ret, err: io.tel_exporter_new(ctx, byref(opts), ret, err))

    @classmethod
    def from_environment(cls, environment: Optional[Mapping[str, str]] = None, *, context: Optional[Context] = None) -> Exporter:
        """As the OTEL_EXPORTER_OTLP_* variables say; environment replaces os.environ. Without a context it goes by the proxies
        of HTTP_PROXY, HTTPS_PROXY and NO_PROXY."""
        variables = os.environ if environment is None else environment
        proxies = {scheme: variables.get(scheme + "_proxy") or variables.get(scheme.upper() + "_PROXY") or ""
                   for scheme in ("http", "https", "no")}
        answers: List[bytes] = []

        def lookup(_user: Any, name: bytes) -> Optional[int]:
            value = variables.get(name.decode("ascii"))
            if value is None:
                return None
            answers.append(os.fsencode(value))
            return ctypes.cast(ctypes.c_char_p(answers[-1]), c_void_p).value

        env = _abi.tel_exporter_env()
        env.size, env.lookup = ctypes.sizeof(env), _EnvLookup(lookup)
        self = cls.__new__(cls)
        self._make(context, lambda ctx, ret, err: io.tel_exporter_new_env(ctx, byref(env), ret, err), proxies)
        return self

    def _make(self, context: Optional[Context], new: Callable[[Any, Any, Any], int],
              proxies: Optional[Mapping[str, str]] = None) -> None:
        self._owns_context = context is None
        self.context = context or Context(proxies=proxies)
        handle, err = c_void_p(), _abi.init(_abi.tel_error)
        try:
            self.context._core.check()
            check(new(self.context._core.pointer, byref(handle), byref(err)), err)
        except BaseException:
            if self._owns_context:
                self.context.close()
            raise
        self._part = _Part(self.context._core)
        self._part.pointer = handle.value
        self._finalizer = weakref.finalize(self, self._part.release)

    async def export(self, metrics: Metrics, timeout: Optional[float] = None) -> ExportResult:
        """Sends a batch, which stays as it is. ExportError when it was not taken, DeadlineError after so many seconds."""
        self.context.attach()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[ExportResult] = loop.create_future()

        def settle(result: Optional[ExportResult], error: Optional[Exception]) -> None:
            if future.done() or loop.is_closed():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result or ExportResult())

        part = self._part
        token = part.submit(metrics, settle)
        timer = None if timeout is None else loop.call_later(timeout, settle, None, _late(timeout))
        try:
            return await future
        finally:
            if timer is not None:
                timer.cancel()
            part.cancel(token)  # nothing when it was answered

    def export_sync(self, metrics: Metrics, timeout: Optional[float] = None) -> ExportResult:
        """Sends a batch and waits for the answer, as export()."""
        answer: List[Tuple[Optional[ExportResult], Optional[Exception]]] = []
        part = self._part
        token = part.submit(metrics, lambda result, error: answer.append((result, error)))
        try:
            self.context.run(lambda: bool(answer), timeout)
        except DeadlineError:
            raise _late(timeout or 0) from None
        finally:
            part.cancel(token)
        result, error = answer[0]
        if error is not None:
            raise error
        return result or ExportResult()

    def preference(self) -> Preference:
        """How the user wants metrics to be built: OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE and _DEFAULT_HISTOGRAM_..."""
        self._part.core.check()
        if not self._part.alive:
            raise ClosedError("the exporter was closed", Code.TEL_ERR_CLOSED)
        p = _abi.init(_abi.tel_exporter_preference)
        check(io.tel_exporter_preference_get(self._part.pointer, byref(p)))
        return Preference(Temporality(p.counter), Temporality(p.observed_counter), Temporality(p.up_down),
                          Temporality(p.histogram), MetricType(p.histogram_type))

    @property
    def pending(self) -> int:
        """Batches that were not answered yet."""
        return len(self._part.pending)

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return not self._part.alive or self._part.core.closed

    def close(self) -> None:
        """Frees the exporter at once; who waits gets ClosedError. A second call does nothing."""
        if not self.closed and os.getpid() == self._part.core.pid:
            self._part.core.check()
            if self._owns_context and self._part.core.running:
                raise StateError("it has its own context, which cannot be closed inside of its callbacks", Code.TEL_ERR_STATE)
        self._finalizer()
        if self._owns_context:
            self.context.close()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    async def __aenter__(self: _Self) -> _Self:
        self.context.attach()
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.close()


def _late(timeout: float) -> DeadlineError:
    return DeadlineError("no answer within %g s" % timeout, Code.TEL_ERR_TIMEOUT)
