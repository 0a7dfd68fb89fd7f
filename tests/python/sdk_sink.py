# SPDX-License-Identifier: Apache-2.0
"""telemetry.Sink under the real SDK, by pytest: what an application's own tests look like."""
import time

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExportResult, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

import telemetry


@pytest.fixture
def sink():
    with telemetry.Sink() as running:
        yield running


def exporter_for(sink, protocol, coding):
    if protocol == "grpc":
        import grpc
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
        return OTLPMetricExporter(endpoint=sink.endpoint_grpc, insecure=True,
                                  compression=grpc.Compression.Gzip if coding == "gzip" else grpc.Compression.NoCompression)
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    return OTLPMetricExporter(endpoint=sink.endpoint_http + "/v1/metrics",
                              compression=Compression.Gzip if coding == "gzip" else Compression.NoCompression)


class Recording:
    """Notes what the SDK was told about each export."""

    def __init__(self, exporter):
        self.results, inner = [], exporter.export

        def export(*given, **more):
            self.results.append(inner(*given, **more))
            return self.results[-1]
        exporter.export = export


def application(exporter):
    """An application that counts, measures and ends."""
    provider = MeterProvider([PeriodicExportingMetricReader(exporter, export_interval_millis=1e9)],
                             resource=Resource({"service.name": "shop", "numbers": [1, 2]}))
    meter = provider.get_meter("shop.orders", "1.2")
    counter = meter.create_counter("orders", unit="1", description="orders so far")
    histogram = meter.create_histogram("latency", unit="s")
    for i in range(100):
        counter.add(i, {"index": i, "text": "käse", "ratio": i / 7, "flag": i % 2 == 0})
        histogram.record(i / 3, {"kind": i % 3})
    provider.shutdown()


@pytest.mark.parametrize("coding", ["none", "gzip"])
@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_every_value_arrives(sink, protocol, coding):
    begun = time.time_ns()
    application(exporter_for(sink, protocol, coding))
    sink.wait(points=103, timeout=30)
    points = sink.points
    orders = {p.point.attributes["index"]: p for p in points if p.metric.name == "orders"}
    assert len(points) == 103 and len(orders) == 100
    for i, p in orders.items():
        assert p.point.value == i
        assert p.point.attributes == {"index": i, "text": "käse", "ratio": i / 7, "flag": i % 2 == 0}
        assert begun <= p.point.start_unix_ns <= p.point.time_unix_ns <= time.time_ns()
    p = orders[0]
    assert (p.metric.unit, p.metric.description, p.metric.monotonic) == ("1", "orders so far", True)
    assert (p.scope.name, p.scope.version) == ("shop.orders", "1.2")
    assert (p.resource.attributes["service.name"], p.resource.attributes["numbers"]) == ("shop", [1, 2])
    latency = {p.point.attributes["kind"]: p.point for p in points if p.metric.name == "latency"}
    for kind in range(3):
        values = [i / 3 for i in range(100) if i % 3 == kind]
        assert (latency[kind].count, sum(latency[kind].bucket_counts)) == (len(values), len(values))
        assert latency[kind].sum == pytest.approx(sum(values))
        assert (latency[kind].min, latency[kind].max) == (min(values), max(values))
    assert {r.transport for r in sink.requests} == {"grpc" if protocol == "grpc" else "http"}


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_busy_backend_is_tried_again(sink, protocol):
    sink.answer(telemetry.Outcome.retry("busy"))
    exporter = exporter_for(sink, protocol, "none")
    told = Recording(exporter)
    application(exporter)
    assert told.results == [MetricExportResult.SUCCESS]
    assert [r.outcome.verdict for r in sink.requests] == [telemetry.Verdict.RETRY, telemetry.Verdict.OK]


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_refusal_for_good_is_told(sink, protocol):
    sink.answer(telemetry.Outcome.permanent("never", grpc_status=3))
    exporter = exporter_for(sink, protocol, "none")
    told = Recording(exporter)
    application(exporter)
    assert told.results == [MetricExportResult.FAILURE]
    assert (len(sink.requests), sink.point_count) == (1, 0)
