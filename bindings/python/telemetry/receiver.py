# SPDX-License-Identifier: Apache-2.0
"""Receives OTLP over gRPC and HTTP; each request is answered when its receipt is settled."""
from __future__ import annotations

import asyncio
import inspect
import os
import weakref
from ctypes import byref, c_uint, c_void_p
from dataclasses import dataclass
from enum import Enum
from typing import Any, Awaitable, Callable, Dict, Optional, Set, TypeVar, Union

from . import _abi
from ._library import io
from ._values import Keep, nanoseconds, text, u64
from .context import Context, Core, Part
from .errors import ClosedError, Code, StateError, check, code_of
from .metrics import Metrics

_OnMetrics = _abi.IO["tel_receiver_new"][1][2]  # type: Any
_OnLost = _abi.IO["tel_receipt_watch"][1][1]  # type: Any
_Self = TypeVar("_Self", bound="Receiver")


class Verdict(Enum):
    """What became of a request."""
    OK = _abi.tel_verdict.TEL_VERDICT_OK
    FILTERED = _abi.tel_verdict.TEL_VERDICT_FILTERED
    RETRY = _abi.tel_verdict.TEL_VERDICT_RETRY
    PERMANENT = _abi.tel_verdict.TEL_VERDICT_PERMANENT
    ABORT = _abi.tel_verdict.TEL_VERDICT_ABORT


@dataclass(frozen=True)
class Outcome:
    """The answer to a request; times in seconds. delay is for a Sink: it answers so much later."""
    verdict: Verdict = Verdict.OK
    message: str = ""
    grpc_status: int = 0
    retry_after: Optional[float] = None
    rejected_points: int = 0
    delay: float = 0.0

    @classmethod
    def ok(cls, rejected_points: int = 0, message: str = "", *, delay: float = 0.0) -> Outcome:
        """Taken; with rejected_points in part."""
        return cls(Verdict.OK, message, 0, None, rejected_points, delay)

    @classmethod
    def retry(cls, message: str = "", *, after: Optional[float] = None, grpc_status: int = 0, delay: float = 0.0) -> Outcome:
        """Not taken now; the client may send it again, after so many seconds."""
        return cls(Verdict.RETRY, message, grpc_status, after, 0, delay)

    @classmethod
    def permanent(cls, message: str = "", *, grpc_status: int = 0, delay: float = 0.0) -> Outcome:
        """Never taken."""
        return cls(Verdict.PERMANENT, message, grpc_status, None, 0, delay)

    @classmethod
    def abort(cls, *, delay: float = 0.0) -> Outcome:
        """No answer: the connection, or the stream, is broken."""
        return cls(Verdict.ABORT, delay=delay)

    def _struct(self, keep: Keep) -> _abi.tel_outcome:
        outcome = _abi.init(_abi.tel_outcome)
        outcome.verdict, outcome.grpc_status = self.verdict.value, self.grpc_status
        outcome.retry_after_ns = nanoseconds("retry_after", self.retry_after)
        outcome.rejected_points, outcome.message = u64("rejected_points", self.rejected_points), keep.slice(self.message)
        return outcome


class _Part(Part):
    """The receiver of C with its open receipts."""

    def __init__(self, core: Core, receiver: weakref.ReferenceType[Receiver]) -> None:
        super().__init__(core)
        self.receiver = receiver
        self.pointer: Optional[int] = None
        self.receipts: Dict[int, int] = {}  # token: tel_receipt
        self.tokens = 0
        self.tasks: Set[asyncio.Future[Any]] = set()
        self.watchers: Dict[int, Callable[[Code], Any]] = {}
        self.on_metrics = _OnMetrics(self._on_metrics)
        self.on_lost = _OnLost(self._on_lost)

    def _on_metrics(self, pointer: int, batch: int, _user: Any) -> None:
        self.tokens += 1
        self.receipts[self.tokens] = pointer
        receipt = Receipt(self, self.tokens, pointer)
        metrics = Metrics(c_void_p(batch))
        try:
            receiver = self.receiver()
            if receiver is None:
                return  # collected, not freed yet: the receipt is forgotten
            answer = receiver.handler(metrics, receipt)
            if inspect.isawaitable(answer):
                task = asyncio.ensure_future(_answer_later(answer, receipt))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
            else:
                receipt._finish(answer)
        except BaseException as error:  # raised by the turn: nothing can be raised through C
            self.core.errors.append(error)
            receipt._fail(error)

    def _on_lost(self, token: int, why: int) -> None:
        try:
            watcher = self.watchers.pop(token, None)
            if watcher is not None:
                watcher(code_of(why))
        except BaseException as error:
            self.core.errors.append(error)

    def settle(self, token: int, outcome: Optional[Outcome]) -> bool:
        self.watchers.pop(token, None)
        pointer = self.receipts.pop(token, None)
        if pointer is not None:
            keep = Keep()
            code = io.tel_receipt_settle(pointer, byref(outcome._struct(keep)) if outcome else None)
            if code == Code.TEL_ERR_ARG:  # still open
                io.tel_receipt_settle(pointer, byref(_REFUSED._struct(keep)))
            if code != Code.TEL_ERR_CLOSED:  # settled, and nobody hears it
                check(code, fallback="the outcome was refused")
        return pointer is not None

    def abandon(self, token: int) -> None:
        """The receipt was forgotten by everybody: the client shall come again."""
        if token in self.receipts:
            self.core.when_quiet(lambda: self.forget(token))

    def forget(self, token: int) -> None:
        self.settle(token, _FORGOTTEN)

    def dispose(self) -> None:
        if self.pointer is not None:
            io.tel_receiver_free(self.pointer)
        for token in list(self.receipts):
            self.settle(token, None)
        for task in list(self.tasks):
            if not task.get_loop().is_closed():
                task.cancel()


_REFUSED = Outcome.permanent("the handler gave an outcome that cannot be")
_FORGOTTEN = Outcome.retry("the receiver forgot the request")


class Receipt:
    """One request that waits for its answer. deadline is the client's, on the clock of time.monotonic(), or None."""

    def __init__(self, part: _Part, token: int, pointer: int) -> None:
        origin = io.tel_receipt_origin(pointer).contents
        self.peer, self.transport = text(origin.peer), text(origin.transport)
        self.deadline: Optional[float] = None
        if origin.deadline_mono_ns != 2**64 - 1:
            self.deadline = origin.deadline_mono_ns / 1e9
        self._part, self._token, self._deferred = part, token, False
        self._finalizer = weakref.finalize(self, part.abandon, token)

    @property
    def settled(self) -> bool:
        """Whether the request was answered, or its receiver closed."""
        return self._token not in self._part.receipts

    def watch(self, lost: Callable[[Code], Any]) -> None:
        """lost(why) is called when answering has no point any more: the client went away, or its deadline passed. The receipt is
        still to be settled. ClosedError when the client is gone already."""
        self._part.core.check()
        pointer = self._part.receipts.get(self._token)
        if pointer is None:
            raise StateError("the request was answered already", Code.TEL_ERR_STATE)
        self._part.watchers[self._token] = lost
        check(io.tel_receipt_watch(pointer, self._part.on_lost, self._token), fallback="the client is gone")

    def defer(self) -> None:
        """Keeps the request open after the handler returned, until settle()."""
        self._deferred = True

    def settle(self, outcome: Outcome = Outcome()) -> None:
        """Answers the client, once. Nothing happens when the receiver was closed meanwhile."""
        if not self._part.alive or self._part.core.closed:
            return
        self._part.core.check()
        if not self._part.settle(self._token, outcome):
            raise StateError("the request was answered already", Code.TEL_ERR_STATE)
        self._finalizer.detach()

    def _finish(self, answer: Optional[Outcome]) -> None:
        if answer is not None and not isinstance(answer, Outcome):
            raise TypeError("the handler gave a %s, not an Outcome or None" % type(answer).__name__)
        if answer is not None or not (self._deferred or self.settled):
            self.settle(answer or Outcome())

    def _fail(self, error: BaseException) -> None:
        if not self.settled:
            self.settle(Outcome.permanent("the handler failed: %s" % type(error).__name__))


async def _answer_later(answer: Awaitable[Optional[Outcome]], receipt: Receipt) -> None:
    try:
        receipt._finish(await answer)
    except BaseException as error:
        receipt._fail(error)
        if isinstance(error, Exception):
            asyncio.get_running_loop().call_exception_handler({"message": "the handler of telemetry.Receiver failed",
                                                               "exception": error})
        else:
            raise


Handler = Callable[[Metrics, Receipt], Union[Optional[Outcome], Awaitable[Optional[Outcome]]]]


class Receiver:
    """Listens for OTLP and gives each request to handler(metrics, receipt).

    What the handler returns is the answer: an Outcome, None for OK; an async handler answers when it is done (the context is
    to be attached to the loop: `async with`), and after receipt.defer() receipt.settle() answers. An exception answers
    INTERNAL and is reported. Addresses are "host:port" with port 0 for any; grpc_port and http_port say which.
    """

    def __init__(self, handler: Handler, *, grpc: str = "", http: str = "", grpc_max_bytes: int = 0, http_max_bytes: int = 0,
                 forward_bad_utf8: bool = False, strict_json: bool = False, http_path: str = "", cert_file: str = "", key_file: str = "", client_ca_file: str = "",
                 tls_reload: Optional[float] = None, context: Optional[Context] = None) -> None:
        self.handler = handler
        self._owns_context = context is None
        self.context = context or Context()
        opts, keep = _abi.init(_abi.tel_receiver_opts), Keep()
        opts.grpc_endpoint, opts.http_endpoint = keep.slice(grpc), keep.slice(http)
        opts.grpc_max_bytes, opts.http_max_bytes = u64("grpc_max_bytes", grpc_max_bytes), u64("http_max_bytes", http_max_bytes)
        opts.forward_bad_utf8, opts.strict_json, opts.http_path = forward_bad_utf8, strict_json, keep.slice(http_path)
        opts.cert_file, opts.key_file, opts.client_ca_file = keep.slice(cert_file), keep.slice(key_file), keep.slice(client_ca_file)
        opts.tls_reload_ns = nanoseconds("tls_reload", tls_reload)
        handle, err = c_void_p(), _abi.init(_abi.tel_error)
        try:
            self.context._core.check()
            self._part = _Part(self.context._core, weakref.ref(self))
            try:
                check(io.tel_receiver_new(self.context._core.pointer, byref(opts), self._part.on_metrics, None, byref(handle),
                                          byref(err)), err)
            except BaseException:
                self._part.free()
                raise
        except BaseException:
            if self._owns_context:
                self.context.close()
            raise
        self._part.pointer = handle.value
        self._finalizer = weakref.finalize(self, self._part.release)

    def _check(self) -> None:
        self._part.core.check()
        if not self._part.alive:
            raise ClosedError("the receiver was closed", Code.TEL_ERR_CLOSED)

    def drain(self) -> None:
        """Takes no new connections and finishes what is open; close() when open_requests is 0."""
        self._check()
        io.tel_receiver_drain(self._part.pointer)

    @property
    def open_requests(self) -> int:
        """Requests that were not answered yet."""
        self._check()
        count: int = io.tel_receiver_open_count(self._part.pointer)
        return count

    def _port(self, which: int) -> int:
        self._check()
        ports = (c_uint(), c_uint())
        io.tel_receiver_ports(self._part.pointer, byref(ports[0]), byref(ports[1]))
        port: int = ports[which].value
        return port

    @property
    def grpc_port(self) -> int:
        """Port of OTLP/gRPC; 0 = none."""
        return self._port(0)

    @property
    def http_port(self) -> int:
        """Port of OTLP/HTTP; 0 = none."""
        return self._port(1)

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return not self._part.alive or self._part.core.closed

    def close(self) -> None:
        """Stops listening and breaks what is open. A second call does nothing."""
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
