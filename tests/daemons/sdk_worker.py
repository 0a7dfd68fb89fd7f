# SPDX-License-Identifier: Apache-2.0
"""Runs in an environment with the OpenTelemetry SDK. Sends through the gateway and compares what the backend got with
what the SDK encoded, value by value.   sdk_worker.py PROTOCOL CODING GATEWAY-PORT BACKEND-PORT"""
import gzip
import http.server
import sys
import threading
import time

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

received, sent = [], []


class Backend(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        received.append(ExportMetricsServiceRequest.FromString(body))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def make_exporter(protocol, coding, port):
    if protocol == "grpc":
        import grpc
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
        compression = grpc.Compression.Gzip if coding == "gzip" else grpc.Compression.NoCompression
        return OTLPMetricExporter(endpoint=f"127.0.0.1:{port}", insecure=True, compression=compression)
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    compression = Compression.Gzip if coding == "gzip" else Compression.NoCompression
    return OTLPMetricExporter(endpoint=f"http://127.0.0.1:{port}/v1/metrics", compression=compression)


class Recording(MetricExporter):
    """Keeps what the SDK is about to encode, then lets the real exporter send it."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def export(self, metrics_data, timeout_millis=10000, **kwargs):
        sent.append(encode_metrics(metrics_data))
        return self.inner.export(metrics_data, timeout_millis, **kwargs)

    def force_flush(self, timeout_millis=10000):
        return self.inner.force_flush(timeout_millis)

    def shutdown(self, timeout_millis=30000, **kwargs):
        return self.inner.shutdown(timeout_millis)


def record(meter, round_):
    counter = meter.create_counter("requests", unit="1", description="requests so far")
    gauge = meter.create_gauge("temperature", unit="Cel")
    histogram = meter.create_histogram("latency", unit="s")
    exponential = meter.create_histogram("exponential", unit="s")
    balance = meter.create_up_down_counter("balance")
    for i in range(300):
        attributes = {"index": i, "text": "käse ✓ " + "x" * (i % 50), "flag": i % 2 == 0, "ratio": i / 7,
                      "list": ["a", "b"], "numbers": [1, 2, i]}
        counter.add(i + round_, attributes)
        balance.add(-i, {"index": i})
        gauge.set(i * 1.1 - 100, {"index": i})
        histogram.record(i / 3, {"kind": i % 3})
        exponential.record(1.5 ** (i % 40), {"kind": i % 2})


def main():
    protocol, coding, gateway_port, backend_port = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", backend_port), Backend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    reader = PeriodicExportingMetricReader(Recording(make_exporter(protocol, coding, gateway_port)),
                                           export_interval_millis=3_600_000)
    provider = MeterProvider(metric_readers=[reader], resource=Resource.create({"service.name": "sdk", "answer": 42}),
                             views=[View(instrument_name="exponential", aggregation=ExponentialBucketHistogramAggregation())])
    meter = provider.get_meter("sdk", "1.2", "https://example.com/schema")
    meter.create_observable_gauge("observed", [lambda _: [Observation(7, {"a": "b"}), Observation(2**62, {})]])
    for round_ in range(2):
        record(meter, round_)
        assert provider.force_flush() is not False
    provider.shutdown()
    end = time.monotonic() + 15
    while len(received) < len(sent) and time.monotonic() < end:
        time.sleep(0.05)
    want = sorted(request.SerializeToString() for request in sent)
    have = sorted(request.SerializeToString() for request in received)
    points = sum(len(getattr(m, m.WhichOneof("data")).data_points) for r in received for rm in r.resource_metrics
                 for sm in rm.scope_metrics for m in sm.metrics)
    if want != have:
        print(f"sent {len(want)} requests, the backend got {len(have)}; they differ", file=sys.stderr)
        return 1
    print(f"{points} points in {len(have)} requests, equal value by value")
    return 0


sys.exit(main())
