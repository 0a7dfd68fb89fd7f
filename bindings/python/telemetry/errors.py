# SPDX-License-Identifier: Apache-2.0
"""Exceptions. Each carries the code of the library, and where the library says it, line, column and offset."""
from __future__ import annotations

from typing import Any, Dict, Optional, Sequence, Type

from . import _abi

Code = _abi.tel_err
Code.__doc__ = "Result codes of the library."


class TelemetryError(Exception):
    """A call failed. code is the library's tel_err; detail an errno, HTTP or gRPC status, or 0."""

    def __init__(self, message: str, code: Code = Code.TEL_ERR_FATAL, *, detail: int = 0, line: int = 0, column: int = 0,
                 offset: int = 0) -> None:
        super().__init__(message)
        self.code, self.detail, self.line, self.column, self.offset = code, detail, line, column, offset

    def __str__(self) -> str:
        where = "line %d, column %d: " % (self.line, self.column) if self.line else ""
        return "%s%s (%s)" % (where, self.args[0] or "the call failed", self.code.name)


class ArgumentError(TelemetryError, ValueError):
    """An argument is not acceptable."""


class MalformedError(TelemetryError, ValueError):
    """The data is damaged or not of the format."""


class LimitError(TelemetryError, ValueError):
    """A limit on size, depth or count was exceeded."""


class UnsupportedError(TelemetryError, NotImplementedError):
    """Known, but not offered by this build or release."""


class NotFoundError(TelemetryError, LookupError):
    """The named thing does not exist."""


class StateError(TelemetryError, RuntimeError):
    """The object is in a state that does not allow the call: closed, changed meanwhile, or at the wrong place."""


class ClosedError(StateError):
    """The object was closed."""


class ThreadError(StateError):
    """The object belongs to another thread."""


class ForkedError(StateError):
    """The object was made in another process, before fork."""


class DeadlineError(TelemetryError, TimeoutError):
    """A deadline passed."""


class NoMemoryError(TelemetryError, MemoryError):
    """The allocator or the memory budget had no room."""


class QueueFullError(TelemetryError):
    """The queue has no room: submit again later."""


class TransportError(TelemetryError, OSError):
    """Connecting, sending, receiving, TLS, a name or a file failed."""

    def __str__(self) -> str:
        return TelemetryError.__str__(self)


class ExportError(TelemetryError):
    """A batch was not taken. permanent says that sending it again cannot help; grpc_status is the backend's last word."""

    def __init__(self, message: str, code: Code, grpc_status: int = 0) -> None:
        super().__init__(message, code, detail=grpc_status)
        self.grpc_status = grpc_status
        self.permanent = code == Code.TEL_ERR_REJECTED

    def __str__(self) -> str:
        return "%s (%s%s)" % (self.args[0] or ("refused for good" if self.permanent else "given up"), self.code.name,
                              ", gRPC status %d" % self.grpc_status if self.grpc_status else "")


class RefusedError(TelemetryError):
    """A component of a graph refuses the batch; permanent says that the same batch can never pass."""

    @property
    def permanent(self) -> bool:
        return self.code == Code.TEL_ERR_REJECTED


class ConfigError(TelemetryError, ValueError):
    """A configuration was refused. findings has all of them, in order; line and column are the first error's."""

    def __init__(self, findings: Sequence[Any], message: str = "", code: Code = Code.TEL_ERR_CONFIG) -> None:
        errors = [f for f in findings if f.is_error]
        first = errors[0] if errors else None
        super().__init__(message, code, line=first.line if first else 0, column=first.column if first else 0)
        self.findings = list(findings)
        self.source: Optional[str] = first.source if first else None

    def __str__(self) -> str:
        return "\n".join(str(f) for f in self.findings if f.is_error) or super().__str__()


class LibraryMissingError(TelemetryError, ImportError):
    """A shared library, or a function of it, was not found."""


_BY_CODE: Dict[int, Type[TelemetryError]] = {
    Code.TEL_ERR_ARG: ArgumentError, Code.TEL_ERR_TYPE: ArgumentError, Code.TEL_ERR_RANGE: ArgumentError,
    Code.TEL_ERR_MALFORMED: MalformedError, Code.TEL_ERR_LIMIT: LimitError, Code.TEL_ERR_UNSUPPORTED: UnsupportedError,
    Code.TEL_ERR_NOT_FOUND: NotFoundError, Code.TEL_ERR_STATE: StateError, Code.TEL_ERR_CLOSED: ClosedError,
    Code.TEL_ERR_TIMEOUT: DeadlineError, Code.TEL_ERR_FORKED: ForkedError, Code.TEL_ERR_NOMEM: NoMemoryError,
    Code.TEL_ERR_BUDGET: NoMemoryError, Code.TEL_ERR_FULL: QueueFullError, Code.TEL_ERR_TRANSPORT: TransportError,
    Code.TEL_ERR_TLS: TransportError, Code.TEL_ERR_DNS: TransportError, Code.TEL_ERR_IO: TransportError,
    Code.TEL_ERR_CONFIG: TelemetryError, Code.TEL_ERR_REFUSED: RefusedError, Code.TEL_ERR_REJECTED: RefusedError}


def code_of(number: int) -> Code:
    """The code, also for numbers that a later library may return."""
    try:
        return Code(number)
    except ValueError:
        return Code.TEL_ERR_FATAL


def check(number: int, err: Optional[_abi.tel_error] = None, fallback: str = "") -> None:
    """Raises what a return value stands for; TEL_OK is nothing."""
    if number == Code.TEL_OK:
        return
    code = code_of(number)
    kind = _BY_CODE.get(code, TelemetryError)
    if err is None or not err.msg:
        raise kind(fallback, code)
    raise kind(err.msg.decode("utf-8", "replace"), code, detail=err.detail, line=err.line, column=err.column,
               offset=err.offset)
