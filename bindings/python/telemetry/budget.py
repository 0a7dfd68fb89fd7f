# SPDX-License-Identifier: Apache-2.0
"""One limit for the memory of many things."""
from __future__ import annotations

from ctypes import byref, c_void_p
from typing import NamedTuple

from . import _abi
from ._handle import Handle
from ._library import core
from ._values import u64
from .errors import check


class BudgetState(NamedTuple):
    """State of a budget; refused counts reservations for which there was no room."""
    limit_bytes: int
    reserved_bytes: int
    peak_bytes: int
    refused: int


class Budget(Handle):
    """A memory limit for contexts and batches that are decoded; 0 counts without a limit. Where there is no room a call raises
    NoMemoryError and keeps nothing. What is charged keeps the budget alive, also after close()."""

    def __init__(self, limit_bytes: int = 0) -> None:
        handle = c_void_p()
        check(core.tel_budget_new(None, u64("limit_bytes", limit_bytes), byref(handle)))
        super().__init__(handle.value, core.tel_budget_unref)

    def state(self) -> BudgetState:
        """What is reserved now."""
        state = _abi.init(_abi.tel_budget_state)
        check(core.tel_budget_get(self._handle, byref(state)))
        return BudgetState(state.limit_bytes, state.reserved_bytes, state.peak_bytes, state.refused)
