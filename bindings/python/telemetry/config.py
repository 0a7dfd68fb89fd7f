# SPDX-License-Identifier: Apache-2.0
"""The Collector's configuration: loaded with every finding, each with file, line and column."""
from __future__ import annotations

import ctypes
import os
from ctypes import byref, c_void_p
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from . import _abi
from ._handle import Handle
from ._library import core, io
from ._values import Keep, text
from .errors import Code, ConfigError, LibraryMissingError, check
from .explanation import KINDS as _KINDS
from .explanation import Explanation
from .metrics import take_buffer

_Lookup = _abi.member(_abi.tel_config_env, "lookup")
Source = Tuple[str, Union[str, bytes]]


class Finding(NamedTuple):
    """What the loader says about a place of a configuration; line 0 = unknown."""
    is_error: bool
    source: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = "%s:%d:%d: " % (self.source, self.line, self.column) if self.line else "%s: " % self.source if self.source else ""
        return "%s%s: %s%s" % (where, "error" if self.is_error else "warning", self.path + ": " if self.path else "", self.message) + \
            ("; " + self.hint if self.hint else "")


class Component(NamedTuple):
    """A component that a configuration may use."""
    kind: str
    type: str
    help: str
    runs: bool


def _table(core_only: bool) -> Optional[int]:
    table: Optional[int] = core.tel_components_core() if core_only else io.tel_components_all()
    return table


def components() -> List[Component]:
    """The components of this build: without libtelemetry-io processors and connectors only."""
    try:
        table = _table(False)
    except LibraryMissingError:
        table = _table(True)
    found = []
    for index in range(core.tel_components_count(table)):
        info = _abi.init(_abi.tel_component_info)
        check(core.tel_components_get(table, index, byref(info)))
        found.append(Component(_KINDS[info.kind], text(info.type), text(info.help), bool(info.runs)))
    return found


class Config(Handle):
    """A loaded configuration; immutable. warnings has what the loader said on success."""

    warnings: List[Finding]

    def __init__(self, handle: c_void_p, warnings: List[Finding]) -> None:
        super().__init__(handle.value, core.tel_config_free)
        self.warnings = warnings

    @classmethod
    def load(cls, *paths: Union[str, "os.PathLike[str]"], **choices: Any) -> Config:
        """Reads files, merges them in their order and loads the result; the choices are those of parse()."""
        sources: List[Source] = []
        for path in paths:
            with open(path, "rb") as stream:
                sources.append((os.fspath(path), stream.read()))
        return cls._load(sources, **choices)

    @classmethod
    def parse(cls, yaml: Union[str, bytes], name: str = "<text>", **choices: Any) -> Config:
        """Loads a text. Choices:

        settings              such as ["processors.batch.timeout=2s"], applied last
        environment           where ${env:NAME} is looked up (default: os.environ); a mapping or a function of (scheme, name)
                              that gives a str, or None when there is no such variable
        strict_environment    unset variables without a default are errors
        ignore_other_signals  pipelines of traces and logs are left out with a warning
        shape_only            components are not looked at; such a configuration cannot run
        ConfigError has all findings.
        """
        return cls._load([(name, yaml)], **choices)

    @classmethod
    def _load(cls, sources: Sequence[Source], *, settings: Sequence[str] = (),
              environment: Union[Mapping[str, str], Callable[[str, str], Optional[str]], None] = None,
              strict_environment: bool = False, ignore_other_signals: bool = False, shape_only: bool = False) -> Config:
        keep = Keep()
        given = [*sources, *[("--set " + setting, _setting(setting)) for setting in settings]]
        array = (_abi.tel_config_source * len(given))()
        for slot, (name, content) in zip(array, given):
            slot.name, slot.text = keep.slice(name), keep.slice(content)
        opts, env = _abi.init(_abi.tel_config_opts), _Environment(environment)
        opts.strict_env, opts.ignore_other_signals = strict_environment, ignore_other_signals
        findings, handle = c_void_p(), c_void_p()
        table = None if shape_only else _table(False)
        check(core.tel_findings_new(None, byref(findings)))
        try:
            code = core.tel_config_load(array, len(given), table, byref(env.struct), byref(opts), byref(handle), findings)
            found = _read_findings(findings)
        finally:
            core.tel_findings_free(findings)
        if env.error is not None:
            if code == Code.TEL_OK:
                core.tel_config_free(handle)
            raise env.error
        if code == Code.TEL_ERR_CONFIG:
            raise ConfigError(found)
        check(code, fallback="at least one source is needed" if not given else "")
        return cls(handle, found)

    def to_yaml(self) -> str:
        """The effective configuration: merged, expanded, defaults filled in, secrets masked."""
        buf = c_void_p()
        check(core.tel_config_print(self._handle, None, byref(buf)))
        return take_buffer(buf).decode("utf-8", "replace")

    def explain(self) -> Explanation:
        """Which pipelines run each component, and which of its keys are not as they are by default."""
        handle = c_void_p()
        check(core.tel_config_explain(self._handle, None, byref(handle)))
        return Explanation(handle)


def _setting(setting: str) -> bytes:
    buf, err, keep = c_void_p(), _abi.init(_abi.tel_error), Keep()
    check(core.tel_config_set_source(keep.slice(setting), None, byref(buf), byref(err)), err)
    return take_buffer(buf)


def _read_findings(findings: c_void_p) -> List[Finding]:
    found, one = [], _abi.tel_finding()
    for index in range(core.tel_findings_count(findings)):
        check(core.tel_findings_get(findings, index, byref(one)))
        found.append(Finding(one.level == _abi.tel_finding_level.TEL_FINDING_ERROR, text(one.source), one.line, one.column,
                             text(one.path), text(one.message), text(one.hint)))
    return found


class _Environment:
    """The lookup of one load. The answer lives until the next one; an exception stops nothing in C, so it is kept."""

    def __init__(self, given: Union[Mapping[str, str], Callable[[str, str], Optional[str]], None]) -> None:
        self.error: Optional[BaseException] = None
        self._given = os.environ if given is None else given
        self._answer = b""
        self.struct = _abi.tel_config_env()
        self.struct.lookup = _Lookup(self._lookup)

    def _find(self, scheme: str, name: str) -> Union[str, bytes, None]:
        if callable(self._given):
            return self._given(scheme, name)
        if scheme == "file":
            with open(name, "rb") as stream:
                return stream.read()
        if scheme != "env":
            raise _Scheme
        return self._given.get(name)

    def _lookup(self, _user: Any, scheme: _abi.tel_slice, name: _abi.tel_slice, ret_text: Any) -> int:
        try:
            value = self._find(text(scheme), text(name))
        except _Scheme:
            return int(Code.TEL_ERR_UNSUPPORTED)
        except OSError:
            return int(Code.TEL_ERR_IO)
        except BaseException as error:
            self.error = self.error or error
            return int(Code.TEL_ERR_IO)
        if value is None:
            return int(Code.TEL_ERR_NOT_FOUND)
        self._answer = value.encode("utf-8") if isinstance(value, str) else value
        ret_text.contents.ptr = ctypes.cast(ctypes.c_char_p(self._answer), c_void_p)
        ret_text.contents.len = len(self._answer)
        return 0


class _Scheme(Exception):
    """A scheme that nobody knows."""
