# SPDX-License-Identifier: Apache-2.0
"""Finds the shared libraries and gives their functions with prototypes.

The core is loaded at import; libtelemetry-io when something of it is used first. Where they are looked for, in order:
TELEMETRY_LIBRARY (a folder, or the core's file), beside this package when it was installed under the same prefix, what
the dynamic linker finds, the build folder of the source tree that this package lies in.
"""
from __future__ import annotations

import ctypes
import glob
import os
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from . import _abi
from .errors import LibraryMissingError

CORE_NAME, IO_NAME = "libtelemetry-metrics.so.0", "libtelemetry-metrics-io.so.0"
# These may take long or wait, and touch nothing that another thread can reach: other threads of Python run meanwhile.
# Everything else is called with the interpreter's lock held, so that two threads are never inside one object.
_UNLOCKED = {"tel_otlp_decode", "tel_otlp_json_decode", "tel_ctx_run_once"}


def _candidates(name: str) -> Iterator[str]:
    setting = os.environ.get("TELEMETRY_LIBRARY")
    if setting:
        # Nothing else is tried: who says where it is must not get another one.
        folder = setting if os.path.isdir(setting) else os.path.dirname(setting)
        yield setting if setting != folder and name == CORE_NAME else os.path.join(folder, name)
        return
    package = os.path.dirname(os.path.abspath(__file__))
    prefix = os.path.abspath(os.path.join(package, "..", "..", ".."))  # PREFIX/lib of PREFIX/lib/python3/dist-packages
    yield from [p for p in [os.path.join(prefix, name), *sorted(glob.glob(os.path.join(prefix, "*", name)))] if os.path.exists(p)]
    yield name
    top = os.path.abspath(os.path.join(package, "..", "..", ".."))
    if os.path.exists(os.path.join(top, "configure.ac")):
        for folder in [os.path.join(top, ".libs"), *sorted(glob.glob(os.path.join(top, "build*", ".libs")))]:
            path = os.path.join(folder, name)
            if os.path.exists(path):
                yield path


def _open(name: str) -> Tuple[str, ctypes.CDLL]:
    tried: List[str] = []
    for path in _candidates(name):
        try:
            return path, ctypes.CDLL(path)
        except OSError as error:
            tried.append(str(error))
    raise LibraryMissingError("%s was not found; TELEMETRY_LIBRARY may name its folder. Tried: %s" %
                              (name, "; ".join(tried) or "nothing"))


class _Functions:
    """The functions of one library as attributes; each is looked up when it is used first."""

    def __init__(self, name: str, prototypes: Dict[str, Tuple[Any, List[Any]]], what: str) -> None:
        self._name, self._prototypes, self._what = name, prototypes, what
        self._handles: Optional[Tuple[ctypes.CDLL, ctypes.PyDLL]] = None
        self._path = ""

    def load(self) -> str:
        """Where the library came from."""
        if self._handles is None:
            if self is not core:
                core.load()  # what libtelemetry-io needs, found where we found it
            try:
                path, unlocked = _open(self._name)
            except LibraryMissingError as error:
                raise LibraryMissingError("%s: %s" % (self._what, error.args[0]), error.code) from None
            self._path = path
            self._handles = unlocked, ctypes.PyDLL(path, handle=unlocked._handle)
        return self._path

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self._prototypes:
            raise AttributeError(name)
        self.load()
        assert self._handles is not None
        try:
            function = getattr(self._handles[0 if name in _UNLOCKED else 1], name)
        except AttributeError:
            raise LibraryMissingError("%s has no %s: it is older than this package" % (self._path, name)) from None
        function.restype, function.argtypes = self._prototypes[name]
        setattr(self, name, function)
        result: Callable[..., Any] = function
        return result


core: Any = _Functions(CORE_NAME, _abi.CORE, "the library of this package")
io: Any = _Functions(IO_NAME, _abi.IO, "receiving and sending need libtelemetry-io")
