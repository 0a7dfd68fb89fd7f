# SPDX-License-Identifier: Apache-2.0
"""Why a configuration is what it is."""
from __future__ import annotations

from ctypes import byref, c_void_p
from enum import Enum
from typing import List, NamedTuple, Tuple

from . import _abi
from ._handle import Handle
from ._library import core
from ._values import Keep, text
from .errors import check
from .metrics import take_buffer

KINDS = ("receiver", "processor", "exporter", "connector", "extension")


class ReasonKind(Enum):
    """What a reason says."""
    ALWAYS = _abi.tel_reason_kind.TEL_REASON_ALWAYS  # every configuration of its kind has the component
    ASKED = _abi.tel_reason_kind.TEL_REASON_ASKED    # without the field the component would not be there
    SHAPED = _abi.tel_reason_kind.TEL_REASON_SHAPED  # the field says what is in the component


class Reason(NamedTuple):
    """A field that asks for a component or says what is in it; line 0 = unknown. resource is "MetricPipeline/x",
    "Telemetry/default", or empty in a collector configuration."""
    kind: ReasonKind
    resource: str
    field: str
    value: str
    default: str
    written: bool
    source: str
    line: int
    column: int


class Explained(NamedTuple):
    """A component: what it does, which pipelines of the configuration run it (none: it is unused), and its reasons."""
    kind: str
    id: str
    help: str
    pipelines: Tuple[str, ...]
    reasons: Tuple[Reason, ...]
    source: str
    line: int
    column: int


class Explanation(Handle):
    """All components of a configuration. str() is the text that telemetryctl prints."""

    def __init__(self, handle: c_void_p) -> None:
        super().__init__(handle.value, core.tel_explanation_free)
        self.components: List[Explained] = [self._component(i) for i in range(core.tel_explanation_count(self._handle))]

    def _component(self, index: int) -> Explained:
        about, one = _abi.init(_abi.tel_explained), _abi.init(_abi.tel_reason)
        check(core.tel_explanation_get(self._handle, index, byref(about)))
        uses = tuple(text(core.tel_explanation_use(self._handle, index, k)) for k in range(about.use_count))
        reasons: List[Reason] = []
        for k in range(about.reason_count):
            check(core.tel_explanation_reason(self._handle, index, k, byref(one)))
            reasons.append(Reason(ReasonKind(one.kind), text(one.resource), text(one.field), text(one.value), text(getattr(one, "def")),
                                  bool(one.written), text(one.source), one.line, one.column))
        return Explained(KINDS[about.kind], text(about.id), text(about.help), uses, tuple(reasons), text(about.source),
                         about.line, about.column)

    def __getitem__(self, id: str) -> Explained:
        """The component of that id; of a connector or extension that is called like another one, the first."""
        for component in self.components:
            if component.id == id:
                return component
        raise KeyError(id)

    def print(self, topic: str = "", *, json: bool = False) -> str:
        """Text or JSON of all, or of a topic: a component's id or type, a pipeline, a resource. NotFoundError."""
        buf, keep = c_void_p(), Keep()
        check(core.tel_explanation_print(self._handle, keep.slice(topic), 1 if json else 0, None, byref(buf)),
              fallback="nothing here is called %r" % topic)
        return take_buffer(buf).decode("utf-8", "replace")

    def __str__(self) -> str:
        return self.print()
