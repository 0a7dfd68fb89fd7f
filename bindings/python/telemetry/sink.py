# SPDX-License-Identifier: Apache-2.0
"""An OTLP backend for tests: receives on loopback in a thread of its own and keeps what it got."""
from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Deque, Dict, Iterable, List, Optional, Tuple, TypeVar

from .context import Context
from .errors import Code, DeadlineError, StateError
from .metrics import FlatPoint, Metrics
from .receiver import Outcome, Receipt, Receiver, Verdict

_Self = TypeVar("_Self", bound="Sink")


@dataclass(frozen=True)
class Request:
    """One request as it was answered."""
    metrics: Metrics
    transport: str
    peer: str
    outcome: Outcome


class Sink:
    """A backend that a test looks into:

        with Sink() as sink:
            run_the_application(OTEL_EXPORTER_OTLP_ENDPOINT=sink.endpoint_http)
            sink.wait(points=10)
            assert "requests" in {p.metric.name for p in sink.points}

    answers are given in their order, each once; then everything is taken. With a certificate it speaks TLS. metrics, points and the counts are of requests that
    were answered with success; requests has all. With pytest: a fixture that yields `with Sink() as sink`.
    """

    def __init__(self, *, answers: Iterable[Outcome] = (), grpc: bool = True, http: bool = True, host: str = "127.0.0.1",
                 max_bytes: int = 64 << 20, cert_file: str = "", key_file: str = "", client_ca_file: str = "") -> None:
        self._answers: Deque[Outcome] = deque(answers)
        self._choices: Dict[str, Any] = {"grpc": host + ":0" if grpc else "", "http": host + ":0" if http else "",
                                         "grpc_max_bytes": max_bytes, "http_max_bytes": max_bytes, "cert_file": cert_file,
                                         "key_file": key_file, "client_ca_file": client_ca_file}
        self._host, self._scheme = host, "https" if cert_file else "http"
        self._changed = threading.Condition()
        self._requests: List[Request] = []
        self._taken = 0  # points of requests that were answered with success
        self._due: List[Tuple[float, int, Receipt, Metrics, Outcome]] = []
        self._context: Optional[Context] = None
        self._thread: Optional[threading.Thread] = None
        self._ready, self._stop = threading.Event(), False
        self._error: Optional[BaseException] = None
        self.grpc_port = self.http_port = 0

    # ---- the thread ----

    def _serve(self) -> None:
        try:
            with Context() as context, Receiver(self._on_metrics, context=context, **self._choices) as receiver:
                self.grpc_port, self.http_port = receiver.grpc_port, receiver.http_port
                with self._changed:
                    self._context = context
                self._ready.set()
                try:
                    while not self._stop:
                        context.run_once(self._answer_due())
                    end = time.monotonic() + 0.02
                    while time.monotonic() < end:  # lets answers leave
                        context.run_once(0.001)
                finally:
                    with self._changed:
                        self._context = None
        except BaseException as error:
            self._error = error
        finally:
            self._due.clear()
            self._ready.set()
            with self._changed:
                self._changed.notify_all()

    def _on_metrics(self, metrics: Metrics, receipt: Receipt) -> Optional[Outcome]:
        outcome = self._answers.popleft() if self._answers else Outcome()
        if outcome.delay <= 0:
            self._record(metrics, receipt, outcome)
            return outcome
        receipt.defer()
        heapq.heappush(self._due, (time.monotonic() + outcome.delay, id(receipt), receipt, metrics, outcome))
        return None

    def _answer_due(self) -> Optional[float]:
        while self._due and self._due[0][0] <= time.monotonic():
            _, _, receipt, metrics, outcome = heapq.heappop(self._due)
            self._record(metrics, receipt, outcome)
            receipt.settle(outcome)
        return max(0.0, self._due[0][0] - time.monotonic()) if self._due else None

    def _record(self, metrics: Metrics, receipt: Receipt, outcome: Outcome) -> None:
        with self._changed:
            self._requests.append(Request(metrics, receipt.transport, receipt.peer, outcome))
            self._taken += len(metrics) if outcome.verdict is Verdict.OK else 0
            self._changed.notify_all()

    # ---- the test ----

    def start(self: _Self) -> _Self:
        """Listens; `with` does it."""
        if self._thread is not None:
            raise StateError("the sink was started already", Code.TEL_ERR_STATE)
        self._thread = threading.Thread(target=self._serve, name="telemetry.Sink", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error
        return self

    def close(self) -> None:
        """Stops listening; what arrived can still be read. A second call does nothing."""
        self._stop = True
        with self._changed:
            if self._context is not None:
                self._context.wakeup()
        if self._thread is not None:
            self._thread.join()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def __enter__(self: _Self) -> _Self:
        return self.start()

    def __exit__(self, *_: Any) -> None:
        self.close()

    @property
    def endpoint_http(self) -> str:
        """For OTLP/HTTP clients, which append /v1/metrics."""
        return "%s://%s:%d" % (self._scheme, self._host, self.http_port)

    @property
    def endpoint_grpc(self) -> str:
        """For OTLP/gRPC clients."""
        return "%s://%s:%d" % (self._scheme, self._host, self.grpc_port)

    def environment(self, protocol: str = "http/protobuf") -> Dict[str, str]:
        """The variables that send an SDK here."""
        endpoint = self.endpoint_grpc if protocol == "grpc" else self.endpoint_http
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
                "OTEL_EXPORTER_OTLP_INSECURE": "false" if self._scheme == "https" else "true"}

    def answer(self, *outcomes: Outcome) -> None:
        """More answers, after those that are left."""
        self._answers.extend(outcomes)

    @property
    def requests(self) -> List[Request]:
        """All requests that were answered, in order."""
        with self._changed:
            return list(self._requests)

    @property
    def metrics(self) -> List[Metrics]:
        """The batches that were taken, in order."""
        return [r.metrics for r in self.requests if r.outcome.verdict is Verdict.OK]

    @property
    def points(self) -> List[FlatPoint]:
        """The points that were taken, each with its metric, scope and resource."""
        return [point for batch in self.metrics for point in batch.points()]

    @property
    def point_count(self) -> int:
        """How many points were taken."""
        return self._taken

    def clear(self) -> None:
        """Forgets what arrived."""
        with self._changed:
            self._requests.clear()
            self._taken = 0

    def wait(self, points: int = 0, requests: int = 0, timeout: float = 10.0) -> None:
        """Waits until so many points were taken and so many requests answered; DeadlineError says what there is."""
        end = time.monotonic() + timeout
        with self._changed:
            while len(self._requests) < requests or self._taken < points:
                if self._error is not None:
                    error, self._error = self._error, None
                    raise error
                left = end - time.monotonic()
                if left <= 0 or (self._thread is not None and not self._thread.is_alive()):
                    raise DeadlineError("the sink has %d points of %d requests, not %d points of %d" %
                                        (self._taken, len(self._requests), points, requests), Code.TEL_ERR_TIMEOUT)
                self._changed.wait(left)
