# SPDX-License-Identifier: Apache-2.0
"""One owner for each object of C: freed once, by close(), by the collector, or when the interpreter ends."""
from __future__ import annotations

import weakref
from typing import Any, Callable, Optional, TypeVar

from .errors import ClosedError, Code

_Self = TypeVar("_Self", bound="Handle")


class Handle:
    """Base of what owns an object of C that any thread may free. Use after close() raises ClosedError."""

    def __init__(self, pointer: Optional[int], free: Callable[[Any], Any]) -> None:
        self._pointer = pointer
        self._finalizer = weakref.finalize(self, free, pointer)

    @property
    def _handle(self) -> Optional[int]:
        if not self._finalizer.alive:
            raise ClosedError("this %s was closed" % type(self).__name__, Code.TEL_ERR_CLOSED)
        return self._pointer

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return not self._finalizer.alive

    def close(self) -> None:
        """Frees the object at once; a second call does nothing."""
        self._finalizer()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _let_go(self) -> None:
        """The library has taken the object over."""
        self._finalizer.detach()
