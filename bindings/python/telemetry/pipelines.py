# SPDX-License-Identifier: Apache-2.0
"""MetricPipelines and Telemetry resources: read, defaulted, checked, rendered to collector configurations, explained.
The core library is enough."""
from __future__ import annotations

import os
from ctypes import byref, c_void_p
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Tuple, Union

from . import _abi
from ._handle import Handle
from ._library import core
from ._values import Keep, nanoseconds, text
from .config import Finding, Source, _read_findings
from .errors import Code, ConfigError, check
from .explanation import Explanation
from .metrics import take_buffer

PipelineSource = Union[str, bytes, "os.PathLike[str]", Source]
_TARGETS = {"gateway": _abi.tel_render_target.TEL_RENDER_GATEWAY, "agent": _abi.tel_render_target.TEL_RENDER_AGENT}


@dataclass
class RenderFacts:
    """What rendering must know of the cluster; None is what the resources say (Telemetry "default", RenderFacts), else the
    default. Intervals are seconds."""
    cluster_name: Optional[str] = None
    cluster_uid: Optional[str] = None
    cloud_provider: Optional[str] = None
    scope_version: Optional[str] = None
    target_namespace: Optional[str] = None
    istio_cert_path: Optional[str] = None
    otel_service_enrichment: Optional[bool] = None
    istio_active: Optional[bool] = None
    vpa_active: Optional[bool] = None
    runtime_interval: Optional[float] = None
    prometheus_interval: Optional[float] = None
    istio_interval: Optional[float] = None

    def _put(self, struct: Any, keep: Keep) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                continue
            if field.name.endswith("_interval"):
                setattr(struct, field.name + "_ns", min(nanoseconds(field.name, value), 2**63 - 1))
            else:
                setattr(struct, field.name, keep.slice(value) if isinstance(value, str) else value)


def _read(source: PipelineSource) -> Tuple[str, bytes]:
    """A text, a path, or a pair of name and text."""
    if isinstance(source, tuple):
        name, content = source
    elif isinstance(source, (str, bytes)):
        name, content = "<text>", source
    else:
        name = os.fspath(source)
        with open(source, "rb") as stream:
            content = stream.read()
    return name, content.encode("utf-8") if isinstance(content, str) else content


class Pipelines(Handle):
    """Resources that were read together, by parse_pipelines() or load(). warnings has what was said on success."""

    warnings: List[Finding]

    def __init__(self, handle: c_void_p, warnings: List[Finding]) -> None:
        super().__init__(handle.value, core.tel_pipeline_free)
        self.warnings = warnings

    @classmethod
    def load(cls, *paths: Union[str, "os.PathLike[str]"], **choices: Any) -> Pipelines:
        """Reads files; the choices are those of parse_pipelines()."""
        return parse_pipelines(*map(Path, paths), **choices)

    @property
    def names(self) -> List[str]:
        """Names of the MetricPipelines, sorted."""
        return [text(core.tel_pipeline_name(self._handle, i)) for i in range(len(self))]

    def __len__(self) -> int:
        return int(core.tel_pipeline_count(self._handle))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def validate(self) -> List[Finding]:
        """All that is wrong beyond single fields: the schema's rules, OTTL, endpoints, keys of Secrets; empty when nothing is."""
        return _findings(lambda findings: core.tel_pipeline_validate(self._handle, findings))[1] + \
            _findings(lambda findings: core.tel_status_check(self._handle, None, findings))[1]

    def render(self, target: str = "gateway", facts: Optional[RenderFacts] = None) -> str:
        """The collector configuration of "gateway" or "agent", byte for byte as Kyma's manager writes it."""
        buf, keep = c_void_p(), Keep()
        call = core.tel_render_agent if _target(target) else core.tel_render_gateway
        check(call(self._handle, byref(self._facts(facts, keep)), None, byref(buf)))
        return take_buffer(buf).decode("utf-8", "replace")

    def explain(self, target: str = "gateway", facts: Optional[RenderFacts] = None) -> Explanation:
        """Why each component is in what render() gives: the field that asked for it, with its place."""
        handle, keep = c_void_p(), Keep()
        check(core.tel_render_explain(self._handle, byref(self._facts(facts, keep)), _target(target), None, byref(handle)))
        return Explanation(handle)

    def _facts(self, given: Optional[RenderFacts], keep: Keep) -> Any:
        struct = _abi.init(_abi.tel_render_facts)
        check(core.tel_render_facts_of(self._handle, byref(struct)))
        if given is not None:
            given._put(struct, keep)
        return struct


def _target(name: str) -> int:
    if name not in _TARGETS:
        raise ValueError("%r is neither gateway nor agent" % name)
    return int(_TARGETS[name])


def _findings(call: Callable[[c_void_p], int]) -> Tuple[int, List[Finding]]:
    """Code and findings of a call that takes a list of findings."""
    findings = c_void_p()
    check(core.tel_findings_new(None, byref(findings)))
    try:
        code = call(findings)
        found = _read_findings(findings)
    finally:
        core.tel_findings_free(findings)
    if code != Code.TEL_ERR_CONFIG:
        check(code)
    return code, found


def parse_pipelines(*sources: PipelineSource, strict: bool = False, defaulting: bool = True) -> Pipelines:
    """Reads MetricPipelines (v1alpha1, v1beta1), Telemetry resources and Secrets from YAML or JSON. A source is a text, a path
    object, or a pair of name and text.

    strict       unknown fields are errors, not warnings
    defaulting   what the mutating webhook fills in is filled in
    ConfigError has all findings of the schema; what goes beyond it says validate().
    """
    if not sources:
        raise ValueError("at least one source is needed")
    keep, handle, opts = Keep(), c_void_p(), _abi.init(_abi.tel_pipeline_opts)
    array = (_abi.tel_config_source * len(sources))()
    opts.strict = strict
    for slot, (name, content) in zip(array, map(_read, sources)):
        slot.name, slot.text = keep.slice(name), keep.slice(content)
    code, found = _findings(lambda findings: core.tel_pipeline_parse(array, len(sources), byref(opts), byref(handle), findings))
    if code:
        raise ConfigError(found)
    result = Pipelines(handle, found)
    if defaulting:
        check(core.tel_pipeline_default(result._handle))
    return result


def validate(*sources: PipelineSource, strict: bool = False) -> List[Finding]:
    """All that is wrong with resources, warnings included; empty when nothing is. Sources are those of parse_pipelines()."""
    try:
        with parse_pipelines(*sources, strict=strict) as pipelines:
            return pipelines.warnings + pipelines.validate()
    except ConfigError as error:
        return list(error.findings)


def render(*sources: PipelineSource, target: str = "gateway", facts: Optional[RenderFacts] = None) -> str:
    """The collector configuration that valid resources stand for; ConfigError has the findings of others."""
    with _valid(*sources) as pipelines:
        return pipelines.render(target, facts)


def explain(*sources: PipelineSource, target: str = "gateway", facts: Optional[RenderFacts] = None) -> Explanation:
    """Why each component is in what render() gives."""
    with _valid(*sources) as pipelines:
        return pipelines.explain(target, facts)


def _valid(*sources: PipelineSource) -> Pipelines:
    pipelines = parse_pipelines(*sources)
    found = pipelines.validate()
    if any(f.is_error for f in found):
        pipelines.close()
        raise ConfigError(found)
    return pipelines
