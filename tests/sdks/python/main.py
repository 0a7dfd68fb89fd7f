# SPDX-License-Identifier: Apache-2.0
"""Records what told.py says and exports it twice: through the gateway, and straight to the reference.
main.py PROTOCOL CODING TEMPORALITY ENDPOINT CA REFERENCE"""
import sys

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider, ObservableCounter
from opentelemetry.sdk.metrics.export import (AggregationTemporality, MetricExporter, MetricExportResult,
                                              PeriodicExportingMetricReader)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

protocol, coding, temporality, endpoint, ca, reference = sys.argv[1:7]
certificate = None if ca == "-" else ca
DELTA = {kind: AggregationTemporality.DELTA for kind in (Counter, Histogram, ObservableCounter)}
round_ = 0
failed = False


def exporter():
    if protocol == "grpc":
        import grpc
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
        credentials = None
        if certificate:
            with open(certificate, "rb") as f:
                credentials = grpc.ssl_channel_credentials(f.read())
        compression = grpc.Compression.Gzip if coding == "gzip" else grpc.Compression.NoCompression
        return OTLPMetricExporter(endpoint=endpoint, insecure=not certificate, credentials=credentials, compression=compression)
    compression = Compression.Gzip if coding == "gzip" else Compression.NoCompression
    return HttpExporter(endpoint=endpoint + "/v1/metrics", certificate_file=certificate, compression=compression)


class Tee(MetricExporter):
    def __init__(self, *inner):
        super().__init__(preferred_temporality=DELTA if temporality == "delta" else {})
        self.inner = inner

    def export(self, metrics_data, timeout_millis=10000, **kwargs):
        global failed
        results = [x.export(metrics_data, timeout_millis, **kwargs) for x in self.inner]
        failed = failed or any(r is not MetricExportResult.SUCCESS for r in results)
        return MetricExportResult.FAILURE if failed else MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis=10000):
        return all(x.force_flush(timeout_millis) for x in self.inner)

    def shutdown(self, timeout_millis=30000, **kwargs):
        for x in self.inner:
            x.shutdown(timeout_millis)


def instruments(provider):
    one = provider.get_meter("told.one", "1.2", "https://example.com/schema")
    two = provider.get_meter("told.two")
    two.create_observable_gauge("observed", [lambda _: [
        Observation(7, {"names": ["a", "b"], "numbers": [1, 2, 3], "flags": [True, False]}),
        Observation(9007199254740991, {"empty": ""})]])
    two.create_observable_counter("ticks", [lambda _: [Observation(10 * round_)]])
    two.create_observable_up_down_counter("depth", [lambda _: [Observation(5 - 3 * round_)]])
    return (one.create_counter("requests", unit="1", description="requests so far ✓"), one.create_counter("work"),
            one.create_up_down_counter("balance"),
            one.create_histogram("latency", unit="s", explicit_bucket_boundaries_advisory=[0, 1, 2.5, 5, 10]),
            one.create_histogram("exponential"), two.create_gauge("temperature", unit="Cel"))


def record(requests, work, balance, latency, exponential, temperature):
    for i in range(20):
        requests.add(i + round_, {"index": i, "text": "käse ✓ " + "x" * i, "even": i % 2 == 0, "part": i * 0.25 + 0.125})
    for i in range(5):
        work.add(i * 0.5 + round_, {"index": i})
        balance.add(round_ - i, {"index": i})
        temperature.set(i * 1.5 - 20.25 + round_, {"index": i})
    for i in range(30):
        latency.record(i * 0.75, {"kind": f"k{i % 3}"})
        exponential.record((5 + 4 * i) / 16, {"kind": f"k{i % 2}"})


reader = PeriodicExportingMetricReader(Tee(exporter(), HttpExporter(endpoint=reference)), export_interval_millis=3_600_000)
provider = MeterProvider(
    metric_readers=[reader],
    resource=Resource.create({"service.name": "sdk", "answer": 42, "ratio": 0.5, "flag": True, "names": ["a", "b"],
                              "text": "käse ✓ 日本 😀"}),
    views=[View(instrument_name="exponential", aggregation=ExponentialBucketHistogramAggregation())])
made = instruments(provider)
for round_ in (1, 2, 3):
    record(*made)
    assert provider.force_flush() is not False
provider.shutdown()
sys.exit(1 if failed else 0)
