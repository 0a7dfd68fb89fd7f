# SPDX-License-Identifier: Apache-2.0
"""The pipelines of a configuration without their world: what would each exporter get?"""
from __future__ import annotations

import time
from ctypes import byref, c_void_p
from enum import Enum
from functools import partial
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Union

from . import _abi
from ._handle import Handle
from ._library import core, io
from ._values import Keep, nanoseconds, text, u64
from .config import Config
from .errors import check
from .metrics import Metrics


class PlanOutcome(Enum):
    """What a run came to."""
    OK = _abi.tel_plan_outcome.TEL_PLAN_OK
    FILTERED = _abi.tel_plan_outcome.TEL_PLAN_FILTERED


class Share(NamedTuple):
    """What one exporter gets from one pipeline."""
    exporter: str
    pipeline: str
    group: int
    metrics: Metrics
    points: int


class Plan:
    """What a run would do. commit() makes real what the components counted and changed; without it nothing has happened."""

    def __init__(self, graph: Graph, outcome: PlanOutcome, shares: List[Share], run: int) -> None:
        self._graph, self._run = graph, run
        self.outcome, self.shares = outcome, shares

    def __iter__(self) -> Iterator[Share]:
        return iter(self.shares)

    def __len__(self) -> int:
        return len(self.shares)

    def __getitem__(self, exporter: str) -> Metrics:
        """All that one exporter gets, as one batch."""
        mine = [share.metrics for share in self.shares if share.exporter == exporter]
        if not mine:
            raise KeyError(exporter)
        result = mine[0].share()
        for other in mine[1:]:
            result.merge(other.share())
        return result

    def points(self) -> Dict[str, int]:
        """Data points per exporter."""
        sums: Dict[str, int] = {}
        for share in self.shares:
            sums[share.exporter] = sums.get(share.exporter, 0) + share.points
        return sums

    def commit(self) -> None:
        """Only the graph's last plan can be committed; a second call does nothing."""
        self._graph._commit(self._run)


def _free(plan: Optional[int], graph: Optional[int]) -> None:
    core.tel_plan_free(plan)
    core.tel_graph_free(graph)


def _cluster(lists: Sequence[Union[str, bytes]]) -> c_void_p:
    cluster, keep, err = c_void_p(), Keep(), _abi.init(_abi.tel_error)
    if lists:
        check(core.tel_kube_new(None, byref(cluster)))
    for text_of_list in lists:
        code = core.tel_kube_read(cluster, keep.slice(text_of_list), byref(err))
        if code:
            core.tel_kube_free(cluster)
            check(code, err)
    return cluster


class Graph(Handle):
    """Compiled pipelines: processors and connectors between receivers and exporters, which are names only here.

        with Graph(Config.parse(yaml)) as graph:
            for share in graph.run(metrics):
                print(share.exporter, share.points)
    """

    def __init__(self, config: Config, *, total_memory_bytes: int = 0, kube: Sequence[Union[str, bytes]] = (),
                 hashes: bool = False) -> None:
        """kube: the cluster that k8s_attributes sees, as JSON lists of kubectl. hashes: statements and actions may hash, for
        which libtelemetry-io is loaded."""
        graph, plan, err = c_void_p(), c_void_p(), _abi.init(_abi.tel_error)
        opts = _abi.init(_abi.tel_graph_opts)
        opts.total_memory_bytes = u64("total_memory_bytes", total_memory_bytes)
        opts.unix_ns = time.time_ns()
        if hashes:
            opts.crypto = io.tel_crypto_openssl()
        cluster = _cluster(kube)
        opts.kube = cluster.value
        code = core.tel_graph_new(config._handle, byref(opts), byref(graph), byref(err))
        core.tel_kube_free(cluster)  # the graph keeps it
        check(code, err)
        code = core.tel_plan_new(graph, byref(plan), byref(err))
        if code:
            core.tel_graph_free(graph)
            check(code, err)
        super().__init__(graph.value, partial(_free, plan.value))
        self._graph, self._plan, self._runs = graph.value, plan.value, 0

    @property
    def exporters(self) -> List[str]:
        """Ids of the exporters that pipelines lead to, in the order of the configuration."""
        self._handle
        return [text(core.tel_graph_exporter(self._graph, i)) for i in range(core.tel_graph_exporter_count(self._graph))]

    def run(self, metrics: Metrics, receiver: str = "otlp", *, peer: str = "", transport: str = "",
            deadline: Optional[float] = None, unix_ns: Optional[int] = None, mono_ns: Optional[int] = None) -> Plan:
        """Runs a batch through all pipelines that the receiver leads to (or through the one pipeline of that id); the batch stays
        as it is.

        deadline is in seconds from now; the times are those of this moment unless given. RefusedError when a component
        refuses the batch, NotFoundError when no pipeline has that receiver, or that id.
        """
        self._handle
        keep, origin, err = Keep(), _abi.init(_abi.tel_origin), _abi.init(_abi.tel_error)
        mono = time.monotonic_ns() if mono_ns is None else u64("mono_ns", mono_ns)
        origin.peer, origin.transport = keep.slice(peer), keep.slice(transport)
        if deadline is not None:
            origin.deadline_mono_ns = min(mono + nanoseconds("deadline", deadline), 2**64 - 1)
        batch = metrics._share()
        self._runs += 1
        check(core.tel_graph_run(self._graph, keep.slice(receiver), batch, byref(origin),
                                 time.time_ns() if unix_ns is None else u64("unix_ns", unix_ns), mono, self._plan, byref(err)), err,
              fallback="no pipeline has the receiver %r" % receiver)
        shares = [self._share(i) for i in range(core.tel_plan_count(self._plan))]
        return Plan(self, PlanOutcome(core.tel_plan_outcome_get(self._plan)), shares, self._runs)

    def _share(self, index: int) -> Share:
        entry = core.tel_plan_get(self._plan, index).contents
        copy = c_void_p()
        check(core.tel_metrics_share(entry.metrics, byref(copy)))
        return Share(text(entry.exporter), text(entry.pipeline), entry.group, Metrics(copy), entry.points)

    def _commit(self, run: int) -> None:
        self._handle
        if run != self._runs:
            check(_abi.tel_err.TEL_ERR_STATE, fallback="another batch was run meanwhile")
        core.tel_plan_commit(self._plan)
