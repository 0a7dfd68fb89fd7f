# SPDX-License-Identifier: Apache-2.0
"""The context of everything that touches the world, and how it is driven: by itself, or by asyncio."""
from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
import weakref
from collections import deque
from ctypes import byref, c_void_p
from typing import Any, Callable, Deque, Dict, List, Mapping, NamedTuple, Optional, TypeVar, Union

from . import _abi
from ._library import io
from ._values import Keep, nanoseconds, text, u64
from .budget import Budget
from .errors import ClosedError, Code, DeadlineError, ForkedError, StateError, ThreadError, check

_LogWrite = _abi.member(_abi.tel_log_sink, "write")
_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
_Self = TypeVar("_Self", bound="Context")


class LogEntry(NamedTuple):
    """One line of the library's log; level is one of the module logging."""
    level: int
    message: str
    component: str
    fields: Dict[str, Union[str, float]]


class Part:
    """What lives in a context: an exporter or a receiver. free() gives its object of C back, once."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.alive = True
        core.parts[id(self)] = self

    def free(self) -> None:
        if self.alive:
            self.alive = False
            self.core.parts.pop(id(self), None)
            self.dispose()

    def dispose(self) -> None:
        raise NotImplementedError

    def release(self) -> None:
        """What a finalizer calls: from any thread, and perhaps from inside a callback."""
        self.core.when_quiet(self.free)


class Core:
    """The object of C with what must live as long as it does. Holds nothing of the user's, nor the Context: the registry of
    finalizers holds this, so that whatever is reachable from here is never collected."""

    def __init__(self, log: Optional[weakref.ReferenceType[Context]], log_level: int, memory_limit_bytes: int,
                 proxies: Mapping[str, str], budget: Optional[Budget]) -> None:
        self.pid, self.thread = os.getpid(), threading.get_ident()
        self.running = self.closed = False
        self.parts: Dict[int, Part] = {}
        self.doomed: Deque[Callable[[], None]] = deque()
        self.errors: List[BaseException] = []
        self.loop: Optional[asyncio.AbstractEventLoop] = None
        self.fd = -1
        handle, err, opts = c_void_p(), _abi.init(_abi.tel_error), _abi.init(_abi.tel_ctx_opts)
        keep = Keep()
        opts.memory_limit_bytes = u64("memory_limit_bytes", memory_limit_bytes)
        opts.budget = budget._handle if budget is not None else None
        opts.proxies.http, opts.proxies.https = keep.slice(proxies.get("http")), keep.slice(proxies.get("https"))
        opts.proxies.none = keep.slice(proxies.get("no"))
        if log is not None:
            self.log = log
            self.write = _LogWrite(self._write)
            opts.log.write = self.write
            opts.log.min_level = max(i for i, level in enumerate(_LEVELS) if i == 0 or level <= log_level)
        check(io.tel_ctx_new(byref(opts), byref(handle), byref(err)), err)
        self.pointer = handle.value

    def _write(self, _user: Any, entry: Any) -> None:
        try:
            line = entry.contents
            fields = {text(f.key): f.number if f.is_number else text(f.text)
                      for f in [line.fields[i] for i in range(line.field_count)]}
            context = self.log()
            if context is not None and context._log is not None:
                context._log(LogEntry(_LEVELS[line.level], text(line.msg), text(line.component_id), fields))
        except BaseException as error:  # reported by the next turn: nothing can be raised through C
            self.errors.append(error)

    def check(self) -> None:
        if self.closed:
            raise ClosedError("the context was closed", Code.TEL_ERR_CLOSED)
        if os.getpid() != self.pid:
            raise ForkedError("the context was made in process %d, before fork" % self.pid, Code.TEL_ERR_FORKED)
        if threading.get_ident() != self.thread:
            raise ThreadError("the context belongs to another thread", Code.TEL_ERR_STATE)

    def turn(self, wait_ns: int) -> None:
        """Waits at most so long for something to do, and does it. Raises what a callback raised."""
        self.check()
        if self.running:
            raise StateError("called from inside a callback of the context", Code.TEL_ERR_STATE)
        self.running = True
        try:
            self.check()  # a finalizer of another thread sees running, or we see that it closed
            code = io.tel_ctx_run_once(self.pointer, wait_ns)
        finally:
            self.running = False
        self.bury()
        if self.errors:
            raise self.errors.pop(0)
        check(code)

    def when_quiet(self, call: Callable[[], None]) -> None:
        """Runs a call that is allowed on our thread and outside of callbacks only: now, or after the turn."""
        if self.closed:
            return
        if self.running or threading.get_ident() != self.thread:
            self.doomed.append(call)
        else:
            call()

    def bury(self) -> None:
        while self.doomed:
            self.doomed.popleft()()

    def detach(self) -> None:
        loop, self.loop = self.loop, None
        if loop is not None and not loop.is_closed() and os.getpid() == self.pid:
            if threading.get_ident() == self.thread:
                loop.remove_reader(self.fd)
            else:
                loop.call_soon_threadsafe(loop.remove_reader, self.fd)

    def close(self) -> None:
        """Also the finalizer. Whoever is inside of a turn keeps everything."""
        if self.closed:
            return
        self.closed = True
        if self.running:
            return
        self.detach()
        self.bury()
        for part in list(self.parts.values()):
            part.free()
        io.tel_ctx_free(self.pointer)


def _turn(reference: weakref.ReferenceType[Context]) -> None:
    context = reference()
    if context is not None:
        context._turn()


class Context:
    """Everything of one thread. Exporters and receivers that are given none make their own.

    proxies are those of urllib.request.getproxies(): by "http" and "https", "no" for what is reached directly. A budget is a
    memory limit that is shared with others. log takes LogEntry objects, or is a logging.Logger. Drive it with run_once(), run() and run_until_idle(), or hand it to a
    running asyncio loop with attach(), which `await exporter.export()` does by itself. Exceptions of callbacks are raised
    by the call that drives, or given to the exception handler of the loop.
    """

    def __init__(self, *, log: Union[logging.Logger, Callable[[LogEntry], None], None] = None, log_level: int = logging.INFO,
                 memory_limit_bytes: int = 0, budget: Optional[Budget] = None, proxies: Optional[Mapping[str, str]] = None) -> None:
        self._log = _to_logger(log) if isinstance(log, logging.Logger) else log
        self._core = Core(weakref.ref(self) if log is not None else None, log_level,
                          memory_limit_bytes, proxies or {}, budget)
        self._finalizer = weakref.finalize(self, self._core.close)

    def fileno(self) -> int:
        """One descriptor that is readable when run_once(0) has something to do."""
        self._core.check()
        fd: int = io.tel_ctx_fd(self._core.pointer)
        if fd < 0:
            raise StateError("the system has no descriptor left", Code.TEL_ERR_STATE)
        return fd

    def run_once(self, timeout: Optional[float] = None) -> None:
        """Waits at most so many seconds (None = as long as it takes) for something to do, and does it."""
        self._core.turn(nanoseconds("timeout", timeout, 2**64 - 1))

    def run(self, until: Callable[[], bool], timeout: Optional[float] = None) -> None:
        """Runs until the condition holds; DeadlineError after so many seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while not until():
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise DeadlineError("not within %g s" % (timeout or 0), Code.TEL_ERR_TIMEOUT)
            self.run_once(left)

    def run_until_idle(self, timeout: Optional[float] = None) -> None:
        """Runs until everything that was submitted has been answered; DeadlineError after so many seconds."""
        self.run(lambda: not any(getattr(part, "pending", None) for part in self._core.parts.values()), timeout)

    def wakeup(self) -> None:
        """Makes run_once() return, from any thread."""
        if self._core.closed:
            raise ClosedError("the context was closed", Code.TEL_ERR_CLOSED)
        io.tel_ctx_wakeup(self._core.pointer)

    def attach(self) -> None:
        """Lets the running asyncio loop drive the context until close() or detach()."""
        loop = asyncio.get_running_loop()
        if self._core.loop is loop:
            self._core.check()
            return
        fd = self.fileno()
        self._core.detach()
        loop.add_reader(fd, _turn, weakref.ref(self))
        self._core.loop, self._core.fd = loop, fd

    def detach(self) -> None:
        """Takes the context out of its asyncio loop."""
        self._core.detach()

    def _turn(self) -> None:
        try:
            self._core.turn(0)
        except Exception as error:
            loop = self._core.loop
            if loop is None:
                raise
            loop.call_exception_handler({"message": "a callback of telemetry.Context failed", "exception": error})

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._core.closed

    def close(self) -> None:
        """Frees the context and everything in it; what was not answered never is. A second call does nothing."""
        if not self._core.closed and os.getpid() == self._core.pid:
            self._core.check()
            if self._core.running:
                raise StateError("a context cannot be closed inside of its callbacks", Code.TEL_ERR_STATE)
        self._finalizer()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    async def __aenter__(self: _Self) -> _Self:
        self.attach()
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.close()


def _to_logger(logger: logging.Logger) -> Callable[[LogEntry], None]:
    def write(entry: LogEntry) -> None:
        rest = " ".join("%s=%s" % item for item in entry.fields.items())
        logger.log(entry.level, "%s%s%s", entry.component + ": " if entry.component else "", entry.message, " " + rest if rest else "")
    return write
